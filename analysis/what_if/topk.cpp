// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/topk.h"

#include "analysis/spine/selection.h"
#include "analysis/study/trace_analysis.h"
#include "analysis/topk/cut_source.h"
#include "analysis/what_if/byte_sizes.h"
#include "analysis/what_if/named_params.h"
#include "io/base/text.h"
#include "io/base/version.h"

#include <algorithm>

namespace expertscope {

using namespace results;
using namespace topk;

namespace {

constexpr const char* kNone = "none";
const std::vector<double> kStandardShares{0.5, 0.7, 0.8, 0.9, 0.95};

Expected<std::vector<std::pair<std::uint32_t, std::uint32_t>>> parseKeep(const std::string& text)
{
    std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges;
    if (text == kNone)
        return ranges;
    for (const std::string& part : splitAt(text, ',')) {
        const auto dash = part.find('-');
        std::uint32_t first = 0, last = 0;
        bool fine = readWhole(part.substr(0, dash), first);
        last = first;
        fine = fine && (dash == std::string::npos || readWhole(part.substr(dash + 1), last));
        if (!fine || first < 1 || last < first)
            return fail("'" + part + "' is no number of experts", "--keep", "such as 6, 1-7 or 2,4; none");
        ranges.emplace_back(first, last);
    }
    return ranges;
}

Expected<std::vector<double>> parseShares(const std::string& text, const char* option)
{
    std::vector<double> shares;
    if (text == kNone)
        return shares;
    for (const std::string& part : splitAt(text, ',')) {
        double share = 0;
        if (!readWhole(part, share) || !(share > 0 && share <= 1))
            return fail("'" + part + "' is no share", option, "above 0 and at most 1, such as 0.5,0.9; none");
        shares.push_back(share);
    }
    std::ranges::sort(shares);
    shares.erase(std::unique(shares.begin(), shares.end()), shares.end());
    return shares;
}

/// What was asked for, of this trace.
Expected<std::vector<Cut>> cutsOf(const TopkQuestion& question, const RoutingShape& shape)
{
    std::vector<Cut> cuts{{}};
    std::vector<std::uint32_t> numbers;
    if (!question.keep) {
        for (std::uint32_t k = 1; k < shape.numSlots; ++k)
            numbers.push_back(k);
    }
    for (const auto& [first, last] : question.keep.value_or(std::vector<std::pair<std::uint32_t, std::uint32_t>>())) {
        if (last > shape.numSlots)
            return fail("tokens choose at most " + std::to_string(shape.numSlots) + " experts here, not "
                    + std::to_string(last),
                "--keep");
        for (std::uint32_t k = first; k <= last; ++k)
            numbers.push_back(k);
    }
    std::ranges::sort(numbers);
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
    for (const std::uint32_t k : numbers)
        cuts.push_back({Cut::By::Keep, double(k)});
    if (question.shares && !question.shares->empty() && !shape.columns.weights)
        return fail("the trace has no weights, and no shares of them", "--share", "--keep needs none");
    for (const double share : question.shares.value_or(shape.columns.weights ? kStandardShares : std::vector<double>()))
        cuts.push_back({Cut::By::Share, share});
    if (!question.probabilities.empty() && !shape.columns.logits)
        return fail("the trace has no router logits, and the router's probability cannot be known without them",
            "--probability", "capture with logits; --share goes by the weights");
    for (const double share : question.probabilities)
        cuts.push_back({Cut::By::Probability, share});
    return cuts;
}

/// The trace as each cut leaves it, before a cache of each size.
Expected<void> addCaches(TopkAnswer& answer, const Study& study, std::size_t trace, const CacheQuestion& question,
    unsigned threads, const Progress& progress)
{
    for (std::size_t c = 0; c < answer.cuts.size(); ++c) {
        NamedTrace cut = study.traces()[trace];
        if (answer.cuts[c].by != Cut::By::None) {
            cut.source = std::make_shared<CutSource>(cut.source, answer.cuts[c]);
            cut.file = -1;
        }
        const Study alone({cut}, {}, threads);
        const double share = 1.0 / double(answer.cuts.size());
        ES_ASSIGN(const CacheAnswer caches,
            simulateCaches(alone, 0, question, partOf(progress, double(c) * share, double(c + 1) * share)));
        answer.caches.push_back(resultsOf(question, caches));
        if (c > 0)
            continue;
        answer.run = describeRun(caches.events, question.steps);
        answer.capacities = caches.capacities;
        answer.poolSize = caches.poolSize;
        answer.cutCapacities = caches.cut;
        answer.unequal = caches.unequal;
    }
    return {};
}

std::map<std::string, ParameterValue> paramsOf(const Cut& cut)
{
    std::map<std::string, ParameterValue> params{{"cut", nameOf(cut.by)}};
    if (cut.by != Cut::By::None)
        params[nameOf(cut.by)] = cut.amount;
    return params;
}

void addRows(std::vector<ResultRow>& rows, const SiteCounts& counts, std::size_t c, const std::optional<SiteIndex>& site,
    std::uint64_t tokens, const TopkAnswer& answer)
{
    const auto add = [&](const char* name, const char* unit, double sum, std::uint64_t n, const char* without) {
        ResultRow row;
        row.metric = std::string("topk.") + name;
        row.params = paramsOf(answer.cuts[c]);
        row.site = site;
        row.unit = unit;
        row.n = n;
        if (n)
            row.value = sum / double(n);
        else
            row.undefined = without;
        rows.push_back(std::move(row));
    };
    const CutCounts& cut = counts.cuts[c];
    constexpr const char* kNothing = "no token chose an expert";
    add("experts", "experts", double(cut.kept), counts.tokens, "no tokens");
    add("same", "1", double(cut.same), counts.choosing, kNothing);
    add("lost_weight", "1", cut.lostWeight.sum(), counts.weighed,
        !answer.weights ? "the trace has no weights"
            : counts.choosing ? "no token has weights that are finite, not negative and not all 0" : kNothing);
    add("lost_probability", "1", cut.lostProbability.sum(), counts.scored,
        !answer.logits ? "the trace has no router logits" : counts.choosing ? "no token has finite logits" : kNothing);
    if (answer.expertBytes)
        add("bytes_saved", "bytes/token", double(counts.choices - cut.kept) * *answer.expertBytes, tokens, "no tokens");
}

}

TopkOptions standardTopk()
{
    TopkOptions options;
    options.cache.policies = "lru";
    options.cache.capacities = "25%,50%,75%";
    return options;
}

Expected<TopkQuestion> checkTopk(const TopkOptions& options)
{
    TopkQuestion question;
    question.asked = options;
    if (!options.keep.empty()) {
        ES_ASSIGN(question.keep, parseKeep(options.keep));
    }
    if (!options.shares.empty()) {
        ES_ASSIGN(question.shares, parseShares(options.shares, "--share"));
    }
    if (!options.probabilities.empty()) {
        ES_ASSIGN(question.probabilities, parseShares(options.probabilities, "--probability"));
    }
    CacheOptions cache = options.cache;
    const bool caches = cache.capacities != kNone;
    if (!caches)
        cache.capacities.clear();
    ES_ASSIGN(CacheQuestion checked, checkCaches(cache));
    question.scope = checked.scope;
    question.time = checked.time;
    question.expertBytes = checked.expertBytes;
    if (caches)
        question.cache = std::move(checked);
    return question;
}

Expected<TopkAnswer> simulateTopk(
    const Study& study, std::size_t trace, const TopkQuestion& question, const Progress& progress)
{
    const NamedTrace& of = study.traces()[trace];
    const auto count = [&]() -> Expected<std::pair<TopkAnswer, unsigned>> {
        TopkAnswer answer;
        const RoutingShape& shape = of.source->shape();
        ES_ASSIGN(answer.cuts, cutsOf(question, shape));
        answer.weights = shape.columns.weights;
        answer.logits = shape.columns.logits;
        ES_ASSIGN(const ModelSizes sizes, sizesOf(question.time, question.expertBytes, of.summary.provenance));
        answer.expertBytes = sizes.noExpertBytes.empty() ? sizes.model.expertBytes : question.expertBytes;
        ES_ASSIGN(PassOptions selection, study.passOf(trace, question.scope, progress));
        selection.progress = partOf(progress, 0, question.cache ? 0.2 : 1);
        ES_ASSIGN(answer.sites, selectSites(shape, selection));
        if (answer.sites.empty())
            return fail("the trace has no sites");
        ES_ASSIGN(answer.counts, countCuts(*of.source, answer.cuts, selection));
        return std::pair(std::move(answer), selection.threads);
    };
    auto counted = count();
    if (!counted)
        return tl::unexpected(inFile(std::move(counted).error(), of.path));
    auto& [answer, threads] = *counted;
    if (!question.cache) {
        answer.noCaches = "no caches were asked for";
    } else if (question.scope.splitsSequences()) {
        answer.noCaches = "a cache serves whole sequences, and tokens are picked out of them by expert, value or place";
    } else {
        CacheQuestion cache = *question.cache;
        cache.scope = question.scope;
        ES_TRY(addCaches(answer, study, trace, cache, threads, partOf(progress, 0.2, 1)));
    }
    return std::move(answer);
}

SiteCounts wholeModel(const TopkAnswer& answer)
{
    SiteCounts all;
    all.cuts.resize(answer.cuts.size());
    for (const SiteCounts& site : answer.counts)
        all.add(site);
    return all;
}

Results resultsOf(const TopkAnswer& answer)
{
    Results results;
    const SiteCounts all = wholeModel(answer);
    for (std::size_t c = 0; c < answer.cuts.size(); ++c) {
        for (std::size_t s = 0; s < answer.sites.size(); ++s)
            addRows(results.rows, answer.counts[s], c, answer.sites[s], answer.counts[s].tokens, answer);
        addRows(results.rows, all, c, {}, answer.counts.front().tokens, answer);
        if (answer.caches.empty())
            continue;
        const auto params = paramsOf(answer.cuts[c]);
        for (ResultRow row : answer.caches[c].rows) {
            row.params.insert(params.begin(), params.end());
            results.rows.push_back(std::move(row));
        }
        for (ResultMatrix matrix : answer.caches[c].matrices) {
            matrix.params.insert(params.begin(), params.end());
            results.matrices.push_back(std::move(matrix));
        }
    }
    return results;
}

ResultOrigin originOf(const TopkQuestion& question, const TopkAnswer& answer, const NamedTrace& trace)
{
    const CacheOptions& asked = question.asked.cache;
    ResultOrigin origin;
    origin.traces.push_back(describe(trace));
    origin.layers = layersBySite(trace.source->shape());
    origin.tool = {{"name", "expertscope simulate topk"}, {"version", kVersion}};
    origin.options = {{"keep", question.asked.keep}, {"share", question.asked.shares},
        {"probability", question.asked.probabilities}, {"capacity", asked.capacities},
        {"expert_bytes", asked.expertBytes}};
    if (answer.caches.empty()) {
        origin.options.emplace_back("no_caches", answer.noCaches);
    } else {
        origin.options.insert(origin.options.begin(),
            {{"contract", describe(question.cache->contract)}, {"run", answer.run}, {"policy", asked.policies},
                {"batch", std::to_string(asked.batch)}, {"prefill_chunk", std::to_string(asked.prefillChunk)},
                {"seed", std::to_string(asked.seed)}, {"shuffle", std::to_string(asked.shuffle)}});
        if (const std::string leftOut = leftOutText(question.cache->choice); !leftOut.empty())
            origin.options.emplace_back("left_out", leftOut);
    }
    std::ranges::move(describe(question.scope), std::back_inserter(origin.options));
    return origin;
}

}
