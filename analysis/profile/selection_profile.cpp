// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/profile/selection_profile.h"

#include "analysis/profile/scope_tokens.h"
#include "analysis/spine/fixed_sum.h"
#include "analysis/spine/row_query.h"

#include <algorithm>
#include <numeric>

namespace expertscope {

namespace {

/// The very metrics that `analyze` computes: the panel and the command line cannot differ.
const std::vector<MetricRequest>& metrics()
{
    static const std::vector<MetricRequest> metrics{{"load"}, {"router_entropy"}, {"margin"}, {"top_k_mass"}};
    return metrics;
}

class FirstWeight
{
public:
    void observe(const Tile& tile)
    {
        const Block& block = tile.blocks.front();
        for (const SequenceRun& run : block.runs) {
            for (std::size_t t = run.begin; t < run.begin + run.length; ++t)
                weight.add(block.weights[t * block.numSlots]); // of no choice NaN, which is not added
        }
    }
    void merge(const FirstWeight& other) { weight.add(other.weight); }

    FixedSum weight;
};

ScoreValue scoreOf(const Results& results, SiteIndex site, const std::string& metric, const std::string& missing)
{
    RowQuery query;
    query.metric = metric;
    query.site = site;
    const ResultRow* row = findRow(results.rows, query);
    if (!row) // one that needs a column has a single row, without a site, that says so
        row = findRow(results.rows, RowQuery{.metric = missing});
    if (!row)
        return {{}, "not computed", 0};
    return {row->value, row->undefined, row->n};
}

std::vector<ExpertLoad> loadOf(const Results& results, SiteIndex site, std::uint16_t numExperts)
{
    std::vector<ExpertLoad> load;
    for (std::uint16_t e = 0; e < numExperts; ++e)
        load.push_back({{site, ExpertIndex(e)}, numExperts});
    std::uint64_t choices = 0;
    for (const ResultRow& row : results.rows) {
        if (row.metric != "load.count" || row.site != site || !row.expert || !row.value)
            continue;
        load[std::size_t(*row.expert)].chosen = std::uint64_t(*row.value);
        choices += std::uint64_t(*row.value);
    }
    std::vector<std::uint16_t> order(numExperts);
    std::iota(order.begin(), order.end(), std::uint16_t(0));
    std::ranges::stable_sort(order, std::greater(), [&](std::uint16_t e) { return load[e].chosen; });
    for (std::size_t i = 0; i < order.size(); ++i)
        load[order[i]].rank = std::uint16_t(i + 1);
    for (ExpertLoad& expert : load)
        expert.choices = choices;
    return load;
}

/// The numbers of all tokens of a pass at its one site.
Expected<void> measure(BlockSource& source, const AnalysisRequest& request, SiteIndex site, RouterScores& scores,
    std::vector<ExpertLoad>& load)
{
    const RoutingShape& shape = source.shape();
    ES_ASSIGN(Analysis analysis, Analysis::prepare(shape, request));
    ES_TRY(analysis.run(source));
    ES_ASSIGN(const auto each, analysis.resultsOfEach(source));
    load = loadOf(each[0], site, shape.sites[std::size_t(site)].numExperts);
    scores.entropy = scoreOf(each[1], site, "router_entropy.mean", "router_entropy");
    scores.margin = scoreOf(each[2], site, "margin.mean", "margin");
    scores.mass = scoreOf(each[3], site, "top_k_mass", "top_k_mass");
    if (!shape.columns.weights) {
        scores.firstWeight.undefined = "weights are not recorded";
        return {};
    }
    PassNeeds needs;
    needs.columns.weights = true;
    ES_ASSIGN(const FirstWeight first, runPassOf(source, needs, [] { return FirstWeight(); }, request.pass));
    scores.firstWeight.n = first.weight.n();
    if (first.weight.n() > 0)
        scores.firstWeight.value = first.weight.mean();
    else
        scores.firstWeight.undefined = "no tokens with a first choice and a recorded weight";
    return {};
}

Study::Extent extentOf(const std::vector<std::uint32_t>& counts)
{
    Study::Extent extent;
    for (const std::uint32_t n : counts) {
        extent.tokens += n;
        extent.sequences += n > 0;
    }
    return extent;
}

/// Loads of experts of any sites.
Expected<std::vector<ExpertLoad>> loadsOf(
    const Study& study, std::size_t trace, const SelectionQuestion& question, const Progress& progress)
{
    std::vector<ExpertLoad> loads;
    const RoutingShape& shape = study.shape(trace);
    for (const ExpertAt& at : question.experts) {
        const auto site = std::size_t(at.site), expert = std::size_t(at.expert);
        if (site >= shape.sites.size() || expert >= shape.sites[site].numExperts)
            return fail("there is no such expert", "expert " + std::to_string(expert) + " of site " + std::to_string(site));
        Scope scope = question.scope;
        scope.layers.clear();
        scope.sites = {at.site};
        ES_ASSIGN(const LoadTablePtr table, study.load(trace, scope, progress));
        const std::span counts = std::span(table->counts).subspan(site * table->numExperts, shape.sites[site].numExperts);
        ExpertLoad load{at, shape.sites[site].numExperts, counts[expert], table->choices[site], 1};
        for (std::size_t e = 0; e < counts.size(); ++e)
            load.rank += counts[e] > counts[expert] || (counts[e] == counts[expert] && e < expert);
        loads.push_back(load);
    }
    return loads;
}

}

Expected<SelectionProfile> selectionProfile(
    const Study& study, std::size_t trace, const SelectionQuestion& question, const Progress& progress)
{
    const NamedTrace& named = study.traces()[trace];
    const RoutingShape& shape = named.source->shape();
    SelectionProfile profile;
    Scope scope = question.scope;
    scope.layers.clear();
    scope.sites = {question.site};
    ES_ASSIGN(const TokenSet all, tokensOf(study, trace, scope, partOf(progress, 0, 0.1)));
    TokenSet some(shape.numTokens);
    for (std::size_t i = 0; i < question.parts.size(); ++i) {
        Scope part = question.parts[i];
        part.layers.clear();
        part.sites.clear();
        ES_ASSIGN(TokenSet tokens, tokensOf(study, trace, part, partOf(progress, 0.1, 0.2)));
        tokens.intersect(all);
        profile.parts.push_back(extentOf(countsBySequence(shape, tokens)));
        some.unite(tokens);
    }
    const bool whole = question.parts.empty();
    const auto countsOfAll = countsBySequence(shape, all);
    const auto counts = whole ? countsOfAll : countsBySequence(shape, some);
    const Study::Extent extent = extentOf(counts), extentOfAll = extentOf(countsOfAll);
    profile.tokens = extent.tokens;
    profile.sequences = extent.sequences;
    profile.tokensOfAll = extentOfAll.tokens;
    profile.sequencesOfAll = extentOfAll.sequences;
    profile.labels = labelShares(shape, countsOfAll, counts);
    ES_ASSIGN(profile.experts, loadsOf(study, trace, question, partOf(progress, 0.2, 0.4)));

    MetricQuestion asked;
    asked.metrics = metrics();
    asked.scope = scope;
    ES_ASSIGN(AnalysisRequest request, study.requestOf(trace, asked, partOf(progress, 0.4, 0.5)));
    const auto inThis = [&](Error error) {
        return error.what == kCancelled ? std::move(error) : inFile(std::move(error), named.path);
    };
    request.pass.progress = partOf(progress, 0.5, 0.7);
    auto measured = measure(*named.source, request, question.site, profile.scoresOfAll, profile.loadOfAll);
    if (measured && whole) {
        profile.scores = profile.scoresOfAll;
        profile.load = profile.loadOfAll;
    } else if (measured && profile.tokens > 0) {
        request.pass.tokens = std::make_shared<const TokenSet>(some);
        request.pass.progress = partOf(progress, 0.7, 0.9);
        measured = measure(*named.source, request, question.site, profile.scores, profile.load);
    }
    if (!measured)
        return tl::unexpected(inThis(measured.error()));
    ES_ASSIGN(const auto losses, lossOf(named, {whole ? &all : &some, &all}, partOf(progress, 0.9, 1)));
    if (losses) {
        profile.loss = (*losses)[0];
        profile.lossOfAll = (*losses)[1];
    }
    return profile;
}

}
