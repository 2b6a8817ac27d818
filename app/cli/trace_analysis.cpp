// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/trace_analysis.h"

#include "analysis/spine/selection.h"
#include "app/cli/result_cache.h"
#include "app/cli/table.h"
#include "app/cli/trace_series.h"
#include "io/base/version.h"

#include <algorithm>
#include <set>
#include <sstream>

namespace expertscope {

Error inFile(Error error, const std::filesystem::path& path)
{
    if (!error.where.starts_with(path.string()))
        error.where = path.string() + (error.where.empty() ? "" : ": " + error.where);
    return error;
}

Expected<std::vector<NamedTrace>> openTraces(const std::vector<std::filesystem::path>& paths)
{
    std::vector<NamedTrace> traces;
    std::multiset<std::string> stems;
    for (const std::filesystem::path& path : paths) {
        NamedTrace trace;
        trace.path = path;
        trace.name = path.stem().string();
        ES_ASSIGN(trace.file, TraceFile::open(path));
        stems.insert(trace.name);
        traces.push_back(std::move(trace));
    }
    for (NamedTrace& trace : traces) {
        if (stems.count(trace.name) > 1)
            trace.name = trace.path.string();
    }
    return traces;
}

Expected<Results> analyseTrace(const NamedTrace& trace, const AnalysisRequest& request, const ResultCache& cache)
{
    const std::string key = cache.keyOf({trace.path}, request);
    if (auto found = cache.find(key))
        return std::move(*found);
    auto results = analyse(*trace.file, request);
    if (!results)
        return tl::unexpected(inFile(std::move(results).error(), trace.path));
    makeFinite(*results);
    cache.store(key, *results);
    return results;
}

Expected<Results> analyseTraces(
    const std::vector<NamedTrace>& traces, const CheckedRequest& checked, const ResultCache& cache)
{
    if (traces.size() == 1)
        return analyseTrace(traces.front(), checked.request, cache);
    Results all;
    for (const NamedTrace& trace : traces) {
        if (checked.request.metrics.empty())
            break;
        ES_ASSIGN(Results results, analyseTrace(trace, checked.request, cache));
        for (ResultRow& row : results.rows) {
            row.other["trace"] = trace.name;
            all.rows.push_back(std::move(row));
        }
        for (ResultMatrix& matrix : results.matrices) {
            matrix.other["trace"] = trace.name;
            all.matrices.push_back(std::move(matrix));
        }
    }
    if (!checked.series.empty()) {
        AnalysisRequest request = checked.request;
        request.metrics = checked.series;
        ES_ASSIGN(Results results, seriesResults(traces, std::move(request), cache));
        std::ranges::move(results.rows, std::back_inserter(all.rows));
        std::ranges::move(results.matrices, std::back_inserter(all.matrices));
    }
    return all;
}

NamedValues describe(const std::filesystem::path& path, const TraceSummary& summary)
{
    return {{"path", path.string()}, {"uuid", summary.uuid}, {"created", summary.created},
        {"model", summary.provenance.modelId}, {"model_type", summary.provenance.modelType},
        {"complete", summary.complete ? "true" : "false"}, {"tokens", std::to_string(summary.numTokens)},
        {"sequences", std::to_string(summary.numSequences)}};
}

ResultOrigin originOf(const std::vector<NamedTrace>& traces, const CheckedRequest& checked, const std::string& command)
{
    ResultOrigin origin;
    for (const NamedTrace& trace : traces) {
        origin.traces.push_back(describe(trace.path, trace.file->summary()));
        if (traces.size() > 1)
            origin.traces.back().insert(origin.traces.back().begin(), {"name", trace.name});
    }
    origin.tool = {{"name", "expertscope " + command}, {"version", kVersion}};
    origin.options = describe(checked.request, checked.series);
    return origin;
}

std::string headingOf(const NamedTrace& trace, const PassOptions& pass)
{
    const RoutingShape& shape = trace.file->shape();
    std::uint64_t tokens = 0, sequences = 0;
    if (const auto selected = selectSequences(shape, pass)) {
        sequences = selected->size();
        for (const SequenceIndex s : *selected)
            tokens += shape.sequences[std::size_t(s)].length - pass.skipFirst;
    }
    std::ostringstream text;
    text << printable(trace.path.filename().string()) << ": " << tokens << " tokens in " << sequences << " sequences";
    if (tokens != shape.numTokens)
        text << " (of " << shape.numTokens << " in " << shape.sequences.size() << ")";
    text << ", " << (pass.sites.empty() ? shape.sites.size() : pass.sites.size()) << " sites";
    std::set<std::pair<unsigned, unsigned>> kinds;
    for (const Site& site : shape.sites)
        kinds.emplace(site.topK, site.numExperts);
    for (const auto& [k, E] : kinds)
        text << ", top-" << k << " of " << E;
    return text.str() + ".";
}

std::vector<std::uint16_t> layersOf(const RoutingShape& shape)
{
    std::vector<std::uint16_t> layers;
    for (const Site& site : shape.sites)
        layers.push_back(site.layer);
    return layers;
}

}
