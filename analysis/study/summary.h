// SPDX-License-Identifier: GPL-3.0-or-later
//
// A trace in a few megabytes: what its charts and tables ask, answered where the trace lies, so that it can be looked at
// elsewhere (resources/docs/summary.md). Study::open() takes a summary as it takes a trace; what was not answered is an error
// that says so.
#pragma once

#include "analysis/study/study.h"
#include "io/base/output.h"
#include "io/trace/summary_file.h"

namespace expertscope {

struct SummaryOptions
{
    std::vector<std::string> labels; ///< whose values are answered apart; empty: all that have few values
    bool noLabels = false; ///< answers about all tokens alone
    bool exact = false; ///< also what takes long is computed of all sequences
};

struct SummaryReport
{
    std::size_t answers = 0, selections = 0; ///< selections: all tokens, and values of labels
    std::uint64_t bytes = 0;
    std::vector<std::string> leftOut; ///< labels with too many values to answer each
};

/// Of the study's trace `trace`. Errors: a label that it does not have; a summary; those of metrics and of an output;
/// kCancelled.
Expected<SummaryReport> writeSummary(const Study& study, std::size_t trace, const SummaryOptions& options,
    const Output& output, const Progress& progress = {});

/// The trace that a summary is of, without choices: reading some is an error. `answers` of it is the summary.
Expected<NamedTrace> openSummary(const std::filesystem::path& path);

/// An answer of the summary as Study::metrics() gives it; null: it is not there. Error: the summary is damaged.
Expected<ResultsPtr> summarisedAnswer(
    const NamedTrace& trace, const MetricQuestion& question, const MetricRequest& metric);
/// Whether the answer about all sites tells that about some, but for rows that speak of all of them.
bool isToldBySite(const MetricRequest& metric);
/// What an answer about all sites says of these.
Results answerOfSites(Results all, const std::vector<SiteIndex>& sites);

/// What a summary answers about all tokens (`label` empty) or about each value of a label; one pass a question.
std::vector<MetricQuestion> summaryQuestions(const RoutingShape& shape, const std::string& label);

}
