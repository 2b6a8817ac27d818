// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope: every headless command but capture. Parses, calls, reports. The only file that includes CLI11.
#include "app/cli/analyze_command.h"
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

    expertscope::AnalyzeOptions analyze;
    {
        auto* command = app.add_subcommand("analyze", "Compute routing metrics of a trace");
        command->add_option("trace", analyze.trace, "The trace")->required();
        command->add_option("--metric", analyze.metrics, "A metric, may be repeated; default: all")
            ->allow_extra_args(false);
        command->add_option("--by", analyze.by, "Compare the values of this label");
        command->add_option("--where", analyze.where, "LABEL=VALUE: only these sequences, may be repeated")
            ->allow_extra_args(false);
        command->add_option("--sites", analyze.sites, "Router sites, such as 0-3,7; default: all");
        command->add_option("--skip-first", analyze.skipFirst, "Leading tokens of each sequence to leave out");
        command->add_option("--threads", analyze.threads, "Worker threads; default: all cores")
            ->check(CLI::Range(0, 1024));
        command->add_flag("--json", analyze.json, "Write JSON");
        command->add_flag("--csv", analyze.csv, "Write CSV");
        command->add_option("-o,--output", analyze.output, "Write to this file (.json and .csv choose the format)");
        command->callback([&] { status = expertscope::runAnalyze(analyze); });
    }
    bool metricsJson = false;
    {
        auto* command = app.add_subcommand("metrics", "List the metrics: definition, source, needs");
        command->add_flag("--json", metricsJson, "Write JSON");
        command->callback([&] { status = expertscope::runMetrics(metricsJson); });
    }

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    return status;
}
