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

/// --where, --chose, --spared, --having, --skip-first, --phase, --sample: of SelectionOptions and all that names its members like
/// it.
template <class Options> void addTokens(Arguments& arguments, Options& options)
{
    arguments
        .option("--where", options.where,
            "Only sequences with LABEL=VALUE, LABEL=ONE|OTHER or LABEL!=VALUE; names and values may stand in double "
            "quotes; named again: all must hold")
        .repeated();
    arguments
        .option("--chose", options.chose,
            "Only tokens that chose an expert: LAYER:EXPERT, A:B|C:D for either, set:FILE#NAME for any of a named set; "
            "named again: all must hold")
        .repeated()
        .value("EXPERTS");
    arguments.option("--spared", options.spared, "Only tokens that chose none of these; named again: none of those too")
        .repeated()
        .value("EXPERTS");
    arguments
        .option("--having", options.having,
            "Only tokens whose recorded value is so: entropy@LAYER>=X, margin@LAYER<X, loss>=X (nats); named again: all must hold")
        .repeated()
        .value("CONDITION");
    arguments.option("--skip-first", options.skipFirst, "Leading tokens of each sequence to leave out");
    arguments
        .option("--phase", options.phase, "prompt: only tokens that were given; decode: only those the model generated")
        .choices([] { return std::vector<std::string>{"prompt", "decode"}; });
    arguments.option("--sample", options.sample, "Only so many of these sequences, drawn at random, always the same; default: all");
}
/// addTokens(), --sites, --layers: of the same.
template <class Options> void addSelection(Arguments& arguments, Options& options)
{
    addTokens(arguments, options);
    arguments.option("--sites", options.sites, "Routers by their place in the trace, from 0, such as 0-3,7; default: all");
    arguments.option("--layers", options.layers, "Routers by the model's own layer numbers, as `info` says them");
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
/// Says on stderr, before they are computed, which metrics take long, and what of them is computed.
Expected<void> tellCosts(const Study& study, const CheckedRequest& checked);
/// --force
void addForce(Arguments& arguments, bool& force);
/// --json, --csv, --latex, --hdf5, -o, --force, --plain
void addOutput(Arguments& arguments, OutputOptions& options);
/// --full
void addFull(Arguments& arguments, OutputOptions& options);

}
