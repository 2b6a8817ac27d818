// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands/shared_options.h"

#include "analysis/metrics/registry.h"

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
    arguments.option("--bootstrap", options.bootstrap,
        "95 % intervals from so many draws of the sequences, such as 1000; default: none");
    addStudy(arguments, study);
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
