// SPDX-License-Identifier: GPL-3.0-or-later
//
// Metrics that take long on a large trace: about how long, and of how many sequences they are computed when nobody asks
// for all.
#pragma once

#include "analysis/results/result_document.h"
#include "analysis/study/study.h"

namespace expertscope {

/// Of a metric that would take longer on one core, so many sequences are looked at that it takes about this long.
inline constexpr double kSampledSeconds = 10;
/// But never fewer.
inline constexpr std::uint32_t kLeastSampled = 32;

/// What a metric of a question costs: by MetricSpec::cost, so only about.
struct MetricCost
{
    std::uint32_t sample = 0; ///< sequences to look at instead of all; 0: all
    double seconds = 0; ///< of one core, for these
    double allSeconds = 0; ///< for all selected sequences
    std::uint64_t sequences = 0; ///< selected
};
/// [metric of the question]. A scope that is a sample already is taken as it is. Errors: those of Study::passOf().
Expected<std::vector<MetricCost>> costsOf(const Study& study, std::size_t trace, const MetricQuestion& question);

/// An answer that takes longer on one core is worth one of a sample before it.
inline constexpr double kPatienceSeconds = 1;
/// Of how many sequences something can be shown before these metrics of all are there, in about a fifth of `patience`; 0:
/// they do not take longer than that, or there are too few sequences, or the scope splits them or is a sample already. Errors: those of
/// Study::extentOf().
Expected<std::uint32_t> firstSample(
    const Study& study, std::size_t trace, const MetricQuestion& question, double patience = kPatienceSeconds);

/// Study::metrics(), of metrics that would take long of a sample.
Expected<std::vector<ResultsPtr>> sampledMetrics(
    const Study& study, std::size_t trace, const MetricQuestion& question, const Progress& progress = {});

/// "sequence_cache: a sample of 280 of 977 sequences, about 10 s of a core; --exact: 35 s", a metric a line; with
/// `exact` of those that take longer than a sample would. Empty: none does.
std::vector<std::string> describeCosts(
    const std::vector<MetricRequest>& metrics, const std::vector<MetricCost>& costs, bool exact);
/// "sch (60 s)": metrics that are computed on request only, and about how long they would take on one core.
std::string onRequestText(const Study& study, std::size_t trace, const Scope& scope);

}
