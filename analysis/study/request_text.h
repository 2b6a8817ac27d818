// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a user asks of an analysis, as text, and what it means. Errors here are wrong uses.
#pragma once

#include "analysis/study/condition.h"
#include "analysis/study/study.h"

#include <cstdint>
#include <string>
#include <vector>

namespace expertscope {

using NamedTexts = std::vector<std::pair<std::string, std::string>>;

/// Which part of a trace.
struct SelectionOptions
{
    std::vector<std::string> where; ///< parseCondition() each; sequences must satisfy all of them
    std::string sites, layers; ///< "0-3,7"; both empty: all
    std::uint32_t skipFirst = 0;
    std::string phase; ///< "prompt", "decode"; empty: both
    std::uint32_t sample = 0; ///< sequences; 0: all
    /// parseExperts() each: tokens must have chosen one of each of `chose`, and none of `spared`.
    std::vector<std::string> chose = {}, spared = {};
    std::vector<std::string> having = {}; ///< parseValueCondition() each; all must hold
};
Expected<Scope> checkSelection(const SelectionOptions& options);
/// The same as name-value pairs that tell a reader.
NamedTexts describe(const Scope& scope);
/// "prompt", "decode"; empty: both.
std::string phaseText(Phase phase);
Expected<Phase> parsePhase(const std::string& text);

/// What analyses of one and of several traces have in common.
struct AnalysisOptions : SelectionOptions
{
    std::vector<std::string> metrics; ///< "NAME[:key=value,…]" each, "all"; empty: those that cost little
    std::string by;
    std::uint32_t bootstrap = 0;
    bool exact = false; ///< all sequences, however long that takes
};

/// What the options mean, checked as far as it can be without a trace.
struct CheckedRequest
{
    MetricQuestion question; ///< metrics of one trace
    std::vector<MetricRequest> series; ///< metrics that compare several
    bool exact = false; ///< AnalysisOptions::exact, or a sample was asked for
    bool named = false; ///< the user chose the metrics: show all of them
    std::vector<std::string> leftOut; ///< metrics that cannot be computed in parts
};

/// Errors: unknown metric, parameter, value; no list of sites; …
/// `numTraces`: how many traces are analysed together. `sharded`: without metrics that need two passes, unless named.
Expected<CheckedRequest> checkOptions(const AnalysisOptions& options, std::size_t numTraces, bool sharded = false);
/// The other way round, metrics one by one.
AnalysisOptions asOptions(const CheckedRequest& checked);
/// Name-value pairs that tell a reader, and the same request again, what was asked for.
NamedTexts describe(const CheckedRequest& checked);

/// "NAME[:key=value,…]"; a comma in a value is written "\,". Errors: no such metric, no such parameter or value.
Expected<MetricRequest> parseMetric(const std::string& text);
/// The other way round.
std::string metricText(const MetricRequest& metric);
/// "0-3,7" -> 0, 1, 2, 3, 7.
Expected<std::vector<SiteIndex>> parseSites(const std::string& text);
Expected<std::vector<std::uint16_t>> parseLayers(const std::string& text);
std::string sitesText(const std::vector<SiteIndex>& sites);
/// "3/16": the third of 16 parts.
Expected<Shard> parseShard(const std::string& text);

}
