// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands/shared_options.h"

#include "analysis/metrics/registry.h"
#include "analysis/study/sampling.h"

#include <cstdio>
#include <set>

namespace expertscope {

Expected<std::shared_ptr<const Study>> openStudy(
    const std::vector<std::filesystem::path>& traces, const StudyOptions& options)
{
    return Study::open(traces, options.noCache ? ResultCache() : ResultCache::standard(), options.threads);
}

void addThreads(Arguments& arguments, unsigned& threads)
{
    arguments.option("--threads", threads, "Worker threads; default: all cores").range(0, 1024);
}

void addAnalysis(Arguments& arguments, AnalysisOptions& options, StudyOptions& study)
{
    arguments
        .option("--metric", options.metrics,
            "NAME[:KEY=VALUE,...], may be repeated; lists with '/': srp:m=4/16; all: every metric; default: all but "
            "the slow ones")
        .repeated()
        .value("NAME")
        .choices([] {
            std::vector<std::string> names{"all"};
            for (const MetricSpec& metric : metricRegistry())
                names.push_back(metric.name);
            return names;
        });
    arguments.option("--by", options.by, "Compare the values of this label").value("LABEL");
    addSelection(arguments, options);
    arguments.flag("--exact", options.exact,
        "All sequences also for metrics that take long; default: those look at a sample that takes about 10 s, and say so");
    arguments.option("--bootstrap", options.bootstrap,
        "95 % intervals from so many draws of the sequences, such as 1000; default: none");
    addStudy(arguments, study);
}

Expected<void> tellCosts(const Study& study, const CheckedRequest& checked)
{
    const std::vector<MetricRequest>& metrics = checked.question.metrics;
    std::set<std::string> told; // traces may be many, and alike
    for (std::size_t t = 0; t < study.traces().size(); ++t) {
        ES_ASSIGN(const auto costs, costsOf(study, t, checked.question));
        for (const std::string& line : describeCosts(metrics, costs, checked.exact)) {
            if (told.insert(line).second)
                std::fprintf(stderr, "expertscope: %s\n", line.c_str());
        }
    }
    return {};
}

void addForce(Arguments& arguments, bool& force)
{
    arguments.flag("--force", force, "Replace what is at the output, whatever it is; never what the command reads");
}

void addOutput(Arguments& arguments, OutputOptions& options)
{
    arguments.flag("--json", options.json, "Write JSON");
    arguments.flag("--csv", options.csv, "Write CSV");
    arguments.flag("--latex", options.latex, "Write LaTeX tables (package booktabs)");
    arguments.flag("--hdf5", options.hdf5, "Write HDF5, with -o");
    arguments.option(
        "-o,--output", options.output, "Write to this file (.json, .csv, .tex and .h5 choose the format); -: standard output");
    addForce(arguments, options.force);
    arguments.flag("--plain", options.plain, "Also on a terminal: no pager, no bold, no colours");
}

void addFull(Arguments& arguments, OutputOptions& options)
{
    arguments.flag("--full", options.full, "Tables whole, however long; default: those of metrics named with --metric");
}

}
