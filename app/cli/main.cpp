// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope: every headless command but capture. Parses, calls, reports. The only file that includes CLI11.
#include "app/cli/analyze_command.h"
#include "app/cli/compare_command.h"
#include "app/cli/figure_command.h"
#include "app/cli/info_command.h"
#include "app/cli/metrics_command.h"
#include "app/cli/repair_command.h"
#include "app/cli/shard_command.h"
#include "app/cli/simulate_cache_command.h"
#include "app/cli/simulate_placement_command.h"
#include "app/cli/simulate_reroute_command.h"
#include "app/cli/synth_command.h"
#include "io/base/version.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

/// `expertscope capture …` and `expertscope desktop …` start the executable of the family that lies beside this one.
int startSibling(const std::string& name, char** arguments)
{
    std::error_code ignored;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", ignored);
    const auto sibling = self.parent_path() / ("expertscope-" + name);
    std::vector<char*> argv(arguments, arguments + 1);
    for (char** a = arguments + 2; *a; ++a)
        argv.push_back(*a);
    std::string program = sibling.string();
    argv[0] = program.data();
    argv.push_back(nullptr);
    execv(program.c_str(), argv.data());
    std::fprintf(stderr, "expertscope: %s: %s (this build may lack it: see README, --no-torch and --no-gui)\n",
        program.c_str(), std::strerror(errno));
    return 1;
}

void addAnalysisOptions(CLI::App& command, expertscope::AnalysisOptions& options)
{
    command
        .add_option("--metric", options.metrics,
            "NAME[:KEY=VALUE,...], may be repeated; lists with '/': srp:m=4/16; all: every metric; default: all but "
            "the slow ones")
        ->allow_extra_args(false);
    command.add_option("--by", options.by, "Compare the values of this label");
    command.add_option("--where", options.where, "LABEL=VALUE: only these sequences, may be repeated")
        ->allow_extra_args(false);
    command.add_option("--sites", options.sites, "Router sites, such as 0-3,7; default: all");
    command.add_option("--skip-first", options.skipFirst, "Leading tokens of each sequence to leave out");
    command.add_option("--bootstrap", options.bootstrap,
        "95 % intervals from so many draws of the sequences, such as 1000; default: none");
    command.add_option("--threads", options.threads, "Worker threads; default: all cores")->check(CLI::Range(0, 1024));
    command.add_flag("--no-cache", options.noCache, "Neither use nor keep results computed before");
}

void addSelectionOptions(CLI::App& command, expertscope::SelectionOptions& options)
{
    command.add_option("--where", options.where, "LABEL=VALUE: only these sequences, may be repeated")
        ->allow_extra_args(false);
    command.add_option("--sites", options.sites, "Router sites, such as 0-3,7; default: all");
    command.add_option("--skip-first", options.skipFirst, "Leading tokens of each sequence to leave out");
    command.add_option("--threads", options.threads, "Worker threads; default: all cores")->check(CLI::Range(0, 1024));
}

void addOutputOptions(CLI::App& command, expertscope::OutputOptions& options)
{
    command.add_flag("--json", options.json, "Write JSON");
    command.add_flag("--csv", options.csv, "Write CSV");
    command.add_flag("--latex", options.latex, "Write LaTeX tables (package booktabs)");
    command.add_flag("--hdf5", options.hdf5, "Write HDF5, with -o");
    command.add_option(
        "-o,--output", options.output, "Write to this file (.json, .csv, .tex and .h5 choose the format)");
}

}

int main(int argc, char** argv)
{
    if (argc > 1 && (std::strcmp(argv[1], "capture") == 0 || std::strcmp(argv[1], "desktop") == 0))
        return startSibling(argv[1], argv);

    CLI::App app{"Expertscope: capture, analyse, simulate and draw MoE routing", "expertscope"};
    app.set_version_flag("--version", std::string("expertscope ") + expertscope::kVersion);
    app.require_subcommand(1);
    int status = 0;

    // One block a command: options into its struct, callback into its run function.
    expertscope::InfoCommand info;
    auto* infoOptions = app.add_subcommand("info", "Describe a trace: model, sites, tokens, labels, provenance");
    infoOptions->add_option("FILE", info.file, "the trace")->required();
    infoOptions->add_flag("--json", info.json, "for programs");
    infoOptions->callback([&] { status = expertscope::runInfo(info); });

    expertscope::RepairCommand repair;
    auto* repairOptions = app.add_subcommand("repair", "Make a readable trace of what a killed capture left");
    repairOptions->add_option("FILE", repair.file, "the trace that was to be written (FILE.part lies beside it)")
        ->required();
    repairOptions->add_flag("--json", repair.json, "for programs");
    repairOptions->callback([&] { status = expertscope::runRepair(repair); });

    expertscope::AnalyzeOptions analyze;
    {
        auto* command = app.add_subcommand("analyze", "Compute routing metrics of traces");
        command
            ->add_option("trace", analyze.traces,
                "The trace; several of the same tokens are compared, the last is the final one")
            ->required();
        addAnalysisOptions(*command, analyze.analysis);
        addOutputOptions(*command, analyze.output);
        command->add_option("--shard", analyze.shard,
            "I/N: analyse the I-th of N parts (from 1) and write its state to -o PART.esp, for merge");
        command->callback([&] { status = expertscope::runAnalyze(analyze); });
    }
    expertscope::CompareOptions compare;
    {
        auto* command = app.add_subcommand("compare", "The same metrics of two traces, side by side");
        command->add_option("A", compare.a, "The first trace")->required();
        command->add_option("B", compare.b, "The second one; differences are B - A")->required();
        addAnalysisOptions(*command, compare.analysis);
        addOutputOptions(*command, compare.output);
        command->callback([&] { status = expertscope::runCompare(compare); });
    }
    expertscope::MergeOptions merge;
    {
        auto* command = app.add_subcommand("merge", "Make results of all parts that analyze --shard wrote");
        command->add_option("part", merge.parts, "The parts, in any order")->required();
        command->add_option("--trace", merge.trace, "The trace; default: where it was for the first part");
        addOutputOptions(*command, merge.output);
        command->callback([&] { status = expertscope::runMerge(merge); });
    }
    expertscope::FigureRequest figure;
    {
        auto* command =
            app.add_subcommand("figure", "Draw a figure of a trace: PDF, SVG or PNG, with its data and spec");
        command->add_option("view", figure.chart, "What to draw: load, balance, coactivation, cache_curves")->required();
        command->add_option("trace", figure.traces, "The trace; default: the one the --spec names");
        command->add_option("-o,--output", figure.output, "NAME.pdf, .svg or .png")->required();
        command->add_option("--spec", figure.spec, "Start from this figure spec; other options override it");
        command->add_option("--width", figure.width, "89mm, 3.5in, 252pt; default 89mm");
        command->add_option("--height", figure.height, "Default: from the number of layers");
        command->add_option("--where", figure.where, "LABEL=VALUE: only these sequences, may be repeated")
            ->allow_extra_args(false);
        for (const char* name : {"metric", "against", "sort", "quantity", "site", "measure", "policy", "contract"})
            command->add_option_function<std::string>(std::string("--") + name,
                [&figure, name](const std::string& value) { figure.options[name] = value; }, "Of the chart");
        command->add_option("--sites", figure.sites, "Only these");
        command->add_option("--skip-first", figure.skipFirst, "Tokens of each sequence");
        command->add_option("--colour,--color", figure.colour, "viridis, cividis, batlow or vik");
        command->add_option("--scale", figure.scale, "linear or log2");
        command->add_option("--limits", figure.limits, "LOW,HIGH: ends of the colour bar; default: from the data");
        command->add_option("--reducer", figure.reducer, "max, mean or extreme, when cells outnumber pixels");
        command->add_option("--font", figure.font, "Family; default Liberation Sans, which is built in");
        command->add_option("--font-size", figure.fontSize, "Whole points; default 7");
        command->add_option("--dpi", figure.dpi, "Of PNG, and of large images in PDF and SVG; default 600");
        command->add_option("--title", figure.title, "Above the figure; default none");
        command->add_option("--x-label", figure.xLabel, "Instead of 'Expert'");
        command->add_option("--y-label", figure.yLabel, "Instead of 'Layer'");
        command->add_option("--value-label", figure.valueLabel, "Beside the colour bar");
        command->add_option("--threads", figure.threads, "Worker threads; default: all cores")
            ->check(CLI::Range(0, 1024));
        command->add_flag("--alone", figure.alone, "Do not write NAME.csv and NAME.json beside it");
        command->add_flag("--json", figure.json, "Say as JSON what was written");
        command->callback([&] { status = expertscope::runFigureCommand(figure); });
    }
    std::vector<std::string> metricNames;
    bool metricsJson = false;
    {
        auto* command = app.add_subcommand("metrics", "List the metrics: definition, source, parameters, needs");
        command->add_option("metric", metricNames, "Names; default: all");
        command->add_flag("--json", metricsJson, "Write JSON");
        command->callback([&] { status = expertscope::runMetrics(metricNames, metricsJson); });
    }

    auto* simulate = app.add_subcommand("simulate", "What if: expert caches, and experts spread over GPUs");
    simulate->require_subcommand(1);
    expertscope::SimulateCacheOptions cache;
    {
        auto* command = simulate->add_subcommand("cache", "Hit rates of replacement policies at many capacities");
        command->add_option("trace", cache.trace, "The trace")->required();
        command->add_option("--policy", cache.policies,
            "all, or NAME[:KEY=VALUE] with commas between: lru,ema:halflife=8; default: all");
        command->add_option("--capacity", cache.capacities,
            "Slots of a pool: 1-64, 8,16,32 or 50%; or 8GiB: all pools; default: each sixteenth");
        command->add_option("--scope", cache.scope,
            "What shares a pool: per-site (default), global, groups:N consecutive sites, or groups:0-3/4-11");
        command->add_option("--contract", cache.service,
            "atomic, or sequential[:router, :ascending, :resident, :random]; default: atomic");
        command->add_option("--admission", cache.admission, "forced (default: what is loaded stays) or bypass");
        command->add_option("--cold", cache.cold,
            "empty (default); first-free: filling free slots is no miss; preload:FILE.json: lists of experts, "
            "[[3,0],...]");
        command->add_option("--batch", cache.batch, "Sequences that decode side by side; default: 1")
            ->check(CLI::Range(1u, 1u << 20));
        command->add_option("--prefill-chunk", cache.prefillChunk, "Prompts come in chunks of so many tokens");
        command->add_flag("--per-site-histograms", cache.siteHistograms,
            "In files, misses per event of each site too, not only of the whole model");
        command->add_flag("--quotas", cache.quotas, "Also the best division of as many slots among the pools");
        command->add_flag("--flush", cache.flush, "Empty the cache between sequences");
        command->add_option("--warm-up", cache.warmUp, "Leading steps that are served but not counted");
        command->add_option("--expert-bytes", cache.expertBytes,
            "Weights of one expert, such as 27MiB; default: as the model's config.json says");
        command->add_option("--expert-bits", cache.time.expertBits, "Bits of an element of an expert, such as 4.5");
        command->add_option("--model", cache.time.model, "config.json that gives sizes; default: the trace's own");
        command->add_option("--hardware", cache.time.hardware,
            "Model time on this machine: NAME or FILE.json, parts joined with +; see below");
        command->add_option("--level", cache.time.level, "Of the cost model: 0 to 3; default: 2, with prefetches 3");
        command->add_option(
            "--dense-ms", cache.time.denseMs, "Time of a step outside the experts; default: from the model's sizes");
        command
            ->add_option("--prefetch", cache.prefetch,
                "Replay with prefetches too: NAME[:KEY=VALUE] with commas between, may be repeated; see below")
            ->allow_extra_args(false);
        command->add_option("--chunks", cache.chunks,
            "A load interrupts a prefetch between so many chunks of an expert; default: 1, not at all");
        command->add_option("--seed", cache.seed, "Of random orders and random policies; default: 1");
        command->add_option(
            "--shuffle", cache.shuffle, "Sequences enter in an order of this seed; default: as recorded");
        command->add_option("--reroute", cache.reroute,
            "[RULE:]KEY=VALUE,...: a router that prefers residents, such as lambda=0.1/0.3,keep=2; --policy: lru");
        command->footer([] {
            return expertscope::policyHelp() + '\n' + expertscope::predictorHelp() + '\n' + expertscope::ruleHelp()
                + '\n' + expertscope::hardwareHelp();
        });
        addSelectionOptions(*command, cache.selection);
        addOutputOptions(*command, cache.output);
        command->callback([&, command] {
            if (command->count("--reroute") == 0) {
                status = expertscope::runSimulateCache(cache);
                return;
            }
            if (command->count("--policy") == 0)
                cache.policies = "lru";
            status = expertscope::runSimulateReroute(cache);
        });
    }
    expertscope::SimulatePlacementOptions placement;
    {
        auto* command = simulate->add_subcommand("placement", "Plans of which GPU holds which expert, and their cost");
        command->add_option("trace", placement.trace, "The trace")->required();
        command->add_option("--gpus", placement.gpus, "GPUs that the experts are spread over")->required();
        command->add_option("--nodes", placement.nodes, "Nodes that share the GPUs equally; default: 1");
        command->add_option("--replicas", placement.replicas, "Slots a site beyond one an expert; default: 0");
        command->add_option("--groups", placement.groups, "Expert groups of the model, for eplb; default: 1");
        command->add_option("--planner", placement.planners, "all, or names with commas between; default: all");
        command->add_option("--dispatch", placement.dispatch, "Which copy: round-robin (default) or local-first");
        command->add_option("--home", placement.home, "Where tokens live: token (default: scattered) or sequence");
        command->add_option("--windows", placement.windows, "Balance also over so many tokens; default: 256");
        command
            ->add_option(
                "--batch", placement.batch, "Balance also within decode steps of so many sequences side by side")
            ->check(CLI::Range(1u, 1u << 20));
        command->add_option("--expert-bytes", placement.expertBytes, "Weights of one expert, such as 27MiB");
        command->add_option("--load-cap", placement.loadCap, "coactivation: largest load over the mean; default: 1.05");
        command->add_option("--weights", placement.weights, "joint: of load, fan-out, cross-site; default: 1,1,1");
        command
            ->add_option("--plan", placement.plans, "Score this plan too, JSON as --export writes it, may be repeated")
            ->allow_extra_args(false);
        command->add_flag("--per-site", placement.perSite, "Rows of each site too, in files");
        command->add_flag("--score-learning", placement.scoreLearning, "Score also on the tokens learnt from");
        command->add_option("--export", placement.exportTo, "Write the plan of the one --planner as JSON");
        command->add_option("--export-form", placement.exportForm, "full, sglang or list; default: full");
        command->footer(expertscope::plannerHelp);
        addSelectionOptions(*command, placement.selection);
        addOutputOptions(*command, placement.output);
        command->callback([&] { status = expertscope::runSimulatePlacement(placement); });
    }

    expertscope::SynthCommand synth;
    {
        auto* command = app.add_subcommand("synth", "Write a synthetic trace of any size, to test and measure with");
        command->require_subcommand(0, 1);
        command->footer("`expertscope synth KIND --help` shows the options of a kind.");
        command->callback([&status, command] {
            if (!command->get_subcommands().empty())
                return;
            const auto rest = command->remaining();
            std::fprintf(stderr, "%s\n%s",
                rest.empty() || rest[0].starts_with('-') ? "Which kind?" : ("There is no kind " + rest[0]).c_str(),
                command->help("expertscope").c_str());
            status = 2;
        });
        for (const auto& kind : expertscope::synthKinds()) {
            auto* sub = command->add_subcommand(kind.name, kind.title)->ignore_case();
            sub->add_option("-o,--output", synth.output, "The trace to write")->required()->type_name("FILE");
            for (const auto& parameter : kind.parameters) {
                const auto set = [&synth, name = parameter.name](
                                     const std::string& text) { synth.values[name] = text; };
                if (parameter.type == expertscope::SynthParameter::Type::Flag) {
                    sub->add_flag_callback(
                        "--" + parameter.name, [set] { set("yes"); }, parameter.help);
                } else {
                    sub->add_option_function<std::string>("--" + parameter.name, set, parameter.help)
                        ->default_str(parameter.otherwise)
                        ->type_name(parameter.type == expertscope::SynthParameter::Type::Count ? "N" : "X");
                }
            }
            sub->add_flag("--force", synth.force, "Replace what is at the output");
            sub->add_option("--threads", synth.threads, "Threads that pack; default: all cores")
                ->check(CLI::Range(0, 1024))
                ->type_name("N");
            sub->add_flag("--json", synth.json, "Progress and result as JSON lines");
            sub->callback([&, name = kind.name] {
                synth.kind = name;
                for (int i = 0; i < argc; ++i)
                    synth.commandLine += (i > 0 ? " " : "") + std::string(argv[i]);
                status = expertscope::runSynth(synth);
            });
        }
        command->allow_extras(); // after the kinds, which would inherit it: an unknown kind gets the list
    }

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    return status;
}
