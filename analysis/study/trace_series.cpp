// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/study/trace_series.h"

#include "analysis/metrics/series.h"
#include "analysis/study/result_cache.h"

namespace expertscope {

namespace {

Expected<Results> compute(const std::vector<NamedTrace>& traces, AnalysisRequest request)
{
    std::vector<BlockSource*> sources;
    std::vector<std::string> names;
    for (const NamedTrace& trace : traces) {
        sources.push_back(trace.file.get());
        names.push_back(trace.name);
    }
    return analyseSeries(sources, names, std::move(request));
}

}

Expected<Results> seriesResults(
    const std::vector<NamedTrace>& traces, AnalysisRequest request, const ResultCache& cache)
{
    std::vector<std::filesystem::path> paths;
    for (const NamedTrace& trace : traces) {
        paths.push_back(trace.path);
        request.series.push_back(trace.name);
    }
    const std::string key = cache.keyOf(paths, request);
    if (auto found = cache.find(key))
        return std::move(*found);
    auto results = compute(traces, request);
    if (!results) {
        if (results.error().what == kCancelled)
            return tl::unexpected(std::move(results).error());
        Results undefined;
        for (const MetricRequest& metric : request.metrics) {
            ResultRow row;
            row.metric = metric.name;
            row.undefined = results.error().message();
            undefined.rows.push_back(std::move(row));
        }
        return undefined;
    }
    makeFinite(*results);
    cache.store(key, *results);
    return results;
}

}
