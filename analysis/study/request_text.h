// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a user asks of an analysis, as text, and the request it means.
#pragma once

#include "analysis/metrics/analyse.h"

#include <cstdint>
#include <string>
#include <vector>

namespace expertscope {

/// Options that analyze and compare share.
struct AnalysisOptions
{
    std::vector<std::string> metrics; ///< "NAME[:key=value,…]" each, "all"; empty: those that cost little
    std::string by;
    std::vector<std::string> where; ///< "label=value" each
    std::string sites; ///< "0-3,7" or empty
    std::uint32_t skipFirst = 0;
    std::uint32_t bootstrap = 0;
    unsigned threads = 0;
    bool noCache = false;
};

/// What the options mean, checked as far as it can be without a trace.
struct CheckedRequest
{
    AnalysisRequest request; ///< metrics of one trace
    std::vector<MetricRequest> series; ///< metrics that compare several
    bool named = false; ///< the user chose the metrics: show all of them
    std::vector<std::string> leftOut; ///< metrics that cannot be computed in parts
};

/// Errors are wrong uses: unknown metric, parameter, value; no list of sites; …
/// `numTraces`: how many traces are analysed together. `sharded`: without metrics that need two passes, unless named.
Expected<CheckedRequest> checkOptions(const AnalysisOptions& options, std::size_t numTraces, bool sharded = false);

/// "NAME[:key=value,…]"; a comma in a value is written "\,". Errors: no such metric, no such parameter or value.
Expected<MetricRequest> parseMetric(const std::string& text);
/// The other way round.
std::string metricText(const MetricRequest& metric);
/// "0-3,7" -> 0, 1, 2, 3, 7.
Expected<std::vector<SiteIndex>> parseSites(const std::string& text);
std::string sitesText(const std::vector<SiteIndex>& sites);
/// "label=value"; the value may hold '=' and may be empty.
Expected<LabelFilter> parseFilter(const std::string& text);
/// "3/16": the third of 16 parts.
Expected<Shard> parseShard(const std::string& text);

/// The registered metric, or null.
const MetricSpec* findMetricSpec(const std::string& name);

/// Name-value pairs that tell a reader, and the same request again, what was asked for.
std::vector<std::pair<std::string, std::string>> describe(
    const AnalysisRequest& request, const std::vector<MetricRequest>& series);

}
