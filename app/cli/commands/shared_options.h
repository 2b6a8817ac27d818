// SPDX-License-Identifier: GPL-3.0-or-later
//
// Options that several commands have: each is told here and nowhere else.
#pragma once

#include "analysis/study/request_text.h"
#include "app/cli/arguments.h"
#include "app/cli/terminal/result_output.h"

namespace expertscope {

/// How traces are read and results kept.
struct StudyOptions
{
    unsigned threads = 0;
    bool noCache = false;
};
/// The study of traces. Errors: those of Study::open().
Expected<std::shared_ptr<const Study>> openStudy(
    const std::vector<std::filesystem::path>& traces, const StudyOptions& options);

/// --where, --sites, --skip-first: of SelectionOptions and all that names its members like it.
template <class Options> void addSelection(Arguments& arguments, Options& options)
{
    arguments.option("--where", options.where, "LABEL=VALUE: only these sequences, may be repeated").repeated();
    arguments.option("--sites", options.sites, "Router sites, such as 0-3,7; default: all");
    arguments.option("--skip-first", options.skipFirst, "Leading tokens of each sequence to leave out");
}
/// --threads
void addThreads(Arguments& arguments, unsigned& threads);
/// --threads, --no-cache: of StudyOptions and its like.
template <class Options> void addStudy(Arguments& arguments, Options& options)
{
    addThreads(arguments, options.threads);
    arguments.flag("--no-cache", options.noCache, "Neither use nor keep results computed before");
}
/// All that says what is analysed: --metric, --by, a selection, --bootstrap; --threads, --no-cache.
void addAnalysis(Arguments& arguments, AnalysisOptions& options, StudyOptions& study);
/// --json, --csv, --latex, --hdf5, -o, --plain
void addOutput(Arguments& arguments, OutputOptions& options);
/// --full
void addFull(Arguments& arguments, OutputOptions& options);

}
