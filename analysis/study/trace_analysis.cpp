// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/study/trace_analysis.h"

#include "analysis/study/sampling.h"
#include "io/base/text.h"
#include "io/base/version.h"

#include <set>
#include <sstream>

namespace expertscope {

using namespace results;

namespace {

Results together(const std::vector<ResultsPtr>& each)
{
    Results all;
    for (const ResultsPtr& results : each) {
        all.rows.insert(all.rows.end(), results->rows.begin(), results->rows.end());
        all.matrices.insert(all.matrices.end(), results->matrices.begin(), results->matrices.end());
    }
    return all;
}

}

Expected<Results> analyseTrace(
    const Study& study, std::size_t trace, const MetricQuestion& question, const Progress& progress, bool exact)
{
    ES_ASSIGN(const auto each,
        exact ? study.metrics(trace, question, progress) : sampledMetrics(study, trace, question, progress));
    return together(each);
}

Expected<Results> analyseSeries(const Study& study, const CheckedRequest& checked, const Progress& progress)
{
    MetricQuestion question = checked.question;
    question.metrics = checked.series;
    ES_ASSIGN(const auto each, study.series(question, progress));
    return together(each);
}

Expected<Results> analyseTraces(const Study& study, const CheckedRequest& checked, const Progress& progress)
{
    const auto& traces = study.traces();
    if (traces.size() == 1)
        return analyseTrace(study, 0, checked.question, progress, checked.exact);
    Results all;
    const auto add = [&](Results results) {
        std::ranges::move(results.rows, std::back_inserter(all.rows));
        std::ranges::move(results.matrices, std::back_inserter(all.matrices));
    };
    for (std::size_t t = 0; t < traces.size() && !checked.question.metrics.empty(); ++t) {
        ES_ASSIGN(Results results, analyseTrace(study, t, checked.question, progress, checked.exact));
        for (ResultRow& row : results.rows)
            row.other["trace"] = traces[t].name;
        for (ResultMatrix& matrix : results.matrices)
            matrix.other["trace"] = traces[t].name;
        add(std::move(results));
    }
    if (!checked.series.empty()) {
        ES_ASSIGN(Results results, analyseSeries(study, checked, progress));
        add(std::move(results));
    }
    return all;
}

NamedValues describe(const NamedTrace& trace)
{
    const TraceSummary& summary = trace.summary;
    return {{"path", trace.path.string()}, {"uuid", summary.uuid}, {"created", summary.created},
        {"model", summary.provenance.modelId}, {"model_type", summary.provenance.modelType},
        {"complete", summary.complete ? "true" : "false"}, {"tokens", std::to_string(summary.numTokens)},
        {"sequences", std::to_string(summary.numSequences)}};
}

ResultOrigin originOf(const Study& study, const CheckedRequest& checked, const std::string& command)
{
    ResultOrigin origin;
    for (const NamedTrace& trace : study.traces()) {
        origin.traces.push_back(describe(trace));
        if (study.traces().size() > 1)
            origin.traces.back().insert(origin.traces.back().begin(), {"name", trace.name});
    }
    origin.tool = {{"name", "expertscope " + command}, {"version", kVersion}};
    origin.options = describe(checked);
    origin.layers = layersBySite(study.shape(0));
    for (std::size_t t = 1; t < study.traces().size(); ++t) {
        if (layersBySite(study.shape(t)) != origin.layers)
            origin.layers.clear();
    }
    return origin;
}

std::string headingOf(const Study& study, std::size_t trace, const Scope& scope)
{
    const RoutingShape& shape = study.shape(trace);
    const Study::Extent extent = study.extentOf(trace, scope).value_or(Study::Extent{});
    std::ostringstream text;
    const std::string tokens = printable(describeTokens(scope, shape));
    text << printable(study.traces()[trace].path.filename().string()) << ": " << extent.tokens << " tokens in "
         << extent.sequences << " sequences";
    if (extent.tokens != shape.numTokens || !tokens.empty())
        text << " (of " << shape.numTokens << " in " << shape.sequences.size() << (tokens.empty() ? "" : ": ") << tokens
             << ')';
    text << ", " << sitesOf(scope, shape).value_or(std::vector<SiteIndex>()).size() << " sites";
    std::set<std::pair<unsigned, unsigned>> kinds;
    for (const Site& site : shape.sites)
        kinds.emplace(site.topK, site.numExperts);
    for (const auto& [k, E] : kinds)
        text << ", top-" << k << " of " << E;
    return text.str() + ".";
}

std::map<SiteIndex, std::uint16_t> layersBySite(const RoutingShape& shape)
{
    std::map<SiteIndex, std::uint16_t> layers;
    for (std::size_t i = 0; i < shape.sites.size(); ++i)
        layers.emplace(std::uint16_t(i), shape.sites[i].layer);
    return layers;
}

std::vector<std::uint16_t> layersOf(const RoutingShape& shape)
{
    std::vector<std::uint16_t> layers;
    for (const Site& site : shape.sites)
        layers.push_back(site.layer);
    return layers;
}

}
