// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope simulate placement TRACE --gpus N: which GPU holds which expert.
#include "analysis/study/trace_analysis.h"
#include "analysis/what_if/placement.h"
#include "app/cli/commands/shared_options.h"
#include "app/cli/terminal/help.h"
#include "app/cli/terminal/placement_tables.h"
#include "app/cli/terminal/progress.h"
#include "app/cli/terminal/table.h"

#include <array>

namespace expertscope {

using namespace results;

namespace {

struct Options
{
    std::filesystem::path trace;
    PlacementOptions placement;
    unsigned threads = 0;
    OutputOptions output;
};

std::vector<std::filesystem::path> inputsOf(const Options& options)
{
    std::vector<std::filesystem::path> inputs = options.placement.plans;
    inputs.push_back(options.trace);
    return inputs;
}

Expected<void> simulate(const Options& options, const ResultOutput& output, const PlacementQuestion& question)
{
    const bool exports = !question.asked.exportTo.empty();
    const Output plan{question.asked.exportTo, planKind(question.form), inputsOf(options), options.output.force};
    if (exports)
        ES_TRY(checkOutputs(std::array{output.output, plan}));
    ES_ASSIGN(const auto study, Study::open({options.trace}, {}, options.threads));
    const NamedTrace& trace = study->traces().front();
    auto answer = [&] {
        const TerminalProgress progress;
        return comparePlacements(*study, 0, question, progress.callback());
    }();
    if (!answer)
        return tl::unexpected(std::move(answer).error());
    if (exports) {
        ES_ASSIGN(const std::string json, exportedPlan(question, *answer, trace));
        ES_TRY(writeOutput(plan, json));
    }
    const std::size_t width = pageOf(output).width;
    if (output.format == OutputFormat::Tables) {
        ES_TRY(writeTableText(output,
            wrapped(comparisonContract(answer->compare, answer->comparison), width, 2)
                + wrapped(headingOf(*study, 0, question.scope), width, 2)
                + placementTables(answer->compare, answer->comparison, width)));
        return checkComputed(answer->comparison.results);
    }
    ResultOrigin origin = originOf(question, *answer, trace);
    return writeResults(output, {std::move(origin), std::move(answer->comparison.results)},
        question.asked.planners != "all", {}, layersOf(study->shape()));
}

Run declare(Arguments& arguments)
{
    const auto options = std::make_shared<Options>();
    PlacementOptions& placement = options->placement;
    arguments.option("trace", options->trace, "The trace").required();
    arguments.option("--gpus", placement.gpus, "GPUs that the experts are spread over").required();
    arguments.option("--nodes", placement.nodes, "Nodes that share the GPUs equally; default: 1");
    arguments.option("--replicas", placement.replicas, "Slots a site beyond one an expert; default: 0");
    arguments.option("--groups", placement.groups, "Expert groups of the model, for eplb; default: 1");
    arguments.option("--planner", placement.planners, "all, or names with commas between; default: all");
    arguments.option("--dispatch", placement.dispatch, "Which copy: round-robin (default) or local-first");
    arguments.option("--home", placement.home, "Where tokens live: token (default: scattered) or sequence");
    arguments.option("--windows", placement.windows, "Balance also over so many tokens; default: 256");
    arguments.option("--batch", placement.batch, "Balance also within decode steps of so many sequences side by side")
        .range(1u, 1u << 20);
    arguments.option("--expert-bytes", placement.expertBytes, "Weights of one expert, such as 27MiB");
    arguments.option("--load-cap", placement.loadCap, "coactivation: largest load over the mean; default: 1.05");
    arguments.option("--weights", placement.weights, "joint: of load, fan-out, cross-site; default: 1,1,1");
    arguments.option("--plan", placement.plans, "Score this plan too, JSON as --export writes it, may be repeated")
        .repeated();
    arguments.flag("--per-site", placement.perSite, "Rows of each site too, in files");
    arguments.flag("--score-learning", placement.scoreLearning, "Score also on the tokens learnt from");
    arguments.option("--export", placement.exportTo, "Write the plan of the one --planner as JSON");
    arguments.option("--export-form", placement.exportForm, "full, sglang or list; default: full");
    arguments.footer(plannerHelp);
    addSelection(arguments, placement.selection);
    addThreads(arguments, options->threads);
    addOutput(arguments, options->output);
    return [options] {
        return runCommand(
            *options, inputsOf(*options), [](const Options& o) { return checkPlacement(o.placement); }, simulate);
    };
}

}

Command simulatePlacementCommand()
{
    return {"placement", "Plans of which GPU holds which expert, and their cost", declare};
}

}
