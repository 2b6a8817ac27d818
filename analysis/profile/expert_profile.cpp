// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/profile/expert_profile.h"

#include "analysis/profile/expert_counts.h"
#include "analysis/profile/scope_tokens.h"
#include "analysis/spine/pass.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

constexpr double kQuantiles[] = {1, 0.75, 0.5, 0.25, 0};

/// Parts of the work, for the progress: the expert's site, a neighbour each, losses, the rest.
constexpr double kOwn = 0.5, kPrevious = 0.65, kNext = 0.8, kLosses = 0.95;

Expected<void> checkExpert(const RoutingShape& shape, ExpertAt expert)
{
    if (expert.site.value >= shape.sites.size())
        return fail("the trace has no site " + std::to_string(expert.site.value), {},
            shape.sites.empty() ? "it has no routers" : "its sites: 0-" + std::to_string(shape.sites.size() - 1));
    const std::uint16_t experts = shape.sites[std::size_t(expert.site)].numExperts;
    if (expert.expert.value >= experts)
        return fail("layer " + std::to_string(shape.sites[std::size_t(expert.site)].layer) + " has no expert "
                + std::to_string(expert.expert.value),
            {}, "its experts: 0-" + std::to_string(experts - 1));
    return {};
}

std::uint16_t rankOf(std::span<const std::uint64_t> load, std::size_t expert)
{
    std::uint16_t rank = 1;
    for (std::size_t e = 0; e < load.size(); ++e)
        rank += load[e] > load[expert] || (load[e] == load[expert] && e < expert);
    return rank;
}

std::optional<MeanOf> meanOf(const FixedSum& sum, bool recorded)
{
    if (!recorded || sum.n() == 0)
        return std::nullopt;
    return MeanOf{sum.n(), sum.mean()};
}

/// The largest lifts first; of equal ones the commoner, then the lower id.
template <class Lift, class Count, class Id>
void keepLargest(std::vector<Lift>& lifts, std::size_t most, Count count, Id id)
{
    std::ranges::sort(lifts, [&](const Lift& a, const Lift& b) {
        if (a.lift != b.lift)
            return a.lift > b.lift;
        return count(a) != count(b) ? count(a) > count(b) : id(a) < id(b);
    });
    if (lifts.size() > most)
        lifts.resize(most);
}

Expected<void> fillTokens(
    const NamedTrace& trace, const ExpertCounts& counts, const ExpertQuestion& question, ExpertProfile& profile)
{
    profile.tokenIds = trace.source->shape().columns.tokenIds;
    const double rate = profile.rate();
    counts.ids.forEach([&](std::int32_t id, const IdCounts::Count& count) {
        if (count.occurrences < question.least)
            return;
        ++profile.judgedIds;
        const double n = double(count.occurrences), chosen = double(count.chosen);
        if (rate == 0 || chosen <= rate * n)
            return;
        TokenLift lift{id, {}, count.occurrences, count.chosen, chosen / n / rate};
        const double sd = std::sqrt(n * rate * (1 - rate));
        lift.z = sd > 0 ? (chosen - n * rate) / sd : 0;
        profile.tokenLifts.push_back(std::move(lift));
    });
    profile.idsAbove = profile.tokenLifts.size();
    keepLargest(profile.tokenLifts, question.most, [](const auto& l) { return l.chosen; },
        [](const auto& l) { return l.id; });
    for (TokenLift& lift : profile.tokenLifts) {
        ES_ASSIGN(lift.bytes, bytesOf(trace, lift.id));
    }
    return {};
}

/// `tokens` by falling weight.
Expected<void> fillContexts(const NamedTrace& trace, const std::vector<WeightedToken>& tokens,
    const ExpertQuestion& question, ExpertProfile& profile)
{
    const std::size_t n = tokens.size();
    const std::size_t each = std::min<std::size_t>(question.perQuantile, std::max<std::size_t>(1, n / std::size(kQuantiles)));
    std::size_t next = 0; // each token is shown once
    for (const double quantile : kQuantiles) {
        if (next + each > n)
            break;
        const auto middle = std::size_t(std::lround((1 - quantile) * double(n - 1)));
        const std::size_t first = std::clamp(middle < each / 2 ? 0 : middle - each / 2, next, n - each);
        ContextsAt at{quantile, {}};
        for (std::size_t i = first; i < first + each; ++i) {
            ES_ASSIGN(TokenContext context, contextOf(trace, tokens[i].token, question.around));
            context.rank = std::uint16_t(tokens[i].rank + 1);
            if (profile.byWeight)
                context.weight = tokens[i].weight;
            at.contexts.push_back(std::move(context));
        }
        next = first + each;
        profile.contexts.push_back(std::move(at));
    }
    return {};
}

void fillPositions(const ExpertCounts& counts, ExpertProfile& profile)
{
    for (std::size_t b = 0; b < ExpertCounts::kBins; ++b) {
        const ExpertCounts::Bin& bin = counts.bins[b];
        if (bin.tokens == 0)
            continue;
        const auto begin = std::uint32_t(b == 0 ? 0 : std::uint64_t(1) << (b - 1));
        const auto end = std::uint32_t(std::min<std::uint64_t>(UINT32_MAX, std::uint64_t(1) << b));
        PositionShare share{begin, end, bin.tokens, bin.chosen};
        if (profile.rate() > 0)
            share.lift = double(bin.chosen) / double(bin.tokens) / profile.rate();
        profile.positions.push_back(share);
    }
}

void fillLifts(ExpertLifts& lifts, SiteIndex site, std::span<const std::uint64_t> load,
    std::span<const std::uint64_t> together, const ExpertQuestion& question)
{
    lifts.site = site;
    if (lifts.chosen == 0)
        return;
    for (std::size_t e = 0; e < load.size(); ++e) {
        const ExpertAt at{site, ExpertIndex(std::uint16_t(e))};
        if (at == question.expert || load[e] < question.least || together[e] == 0)
            continue;
        ExpertLift lift{at, together[e], load[e]};
        lift.share = double(together[e]) / double(lifts.chosen);
        lift.lift = lift.share / (double(load[e]) / double(lifts.tokens));
        lifts.experts.push_back(lift);
    }
    lifts.listed = lifts.experts.size();
    keepLargest(lifts.experts, question.most, [](const auto& l) { return l.together; },
        [](const auto& l) { return l.expert.expert; });
}

Expected<ExpertLifts> liftsAt(BlockSource& source, const PassOptions& scope, int site, const ExpertCounts& counts,
    const ExpertQuestion& question, const Progress& progress)
{
    const RoutingShape& shape = source.shape();
    ExpertLifts lifts;
    const auto own = std::size_t(question.expert.site);
    // What routes for something else is no layer before or behind.
    if (site < 0 || std::size_t(site) >= shape.sites.size() || shape.sites[std::size_t(site)].kind != shape.sites[own].kind)
        return lifts;
    const SiteIndex at{std::uint16_t(site)};
    PassOptions pass = scope;
    pass.sites = {at};
    pass.progress = progress;
    ES_ASSIGN(const NeighbourCounts found,
        runPassOf(
            source, {},
            [&] { return NeighbourCounts(shape.sites[std::size_t(site)].numExperts, counts.choosing, counts.those); },
            pass));
    lifts.tokens = found.tokens;
    lifts.chosen = found.chosen;
    lifts.uniform = 1;
    fillLifts(lifts, at, found.load, found.together, question);
    return lifts;
}

ExpertLifts liftsAmong(const ExpertCounts& counts, const ExpertQuestion& question)
{
    ExpertLifts lifts;
    lifts.tokens = counts.tokens;
    lifts.chosen = counts.chosen;
    const double E = double(counts.load.size()), n = double(counts.tokens), choices = double(counts.filled);
    if (E > 1 && choices > 0) // of sets of k: (k - 1) / (E - 1) over k / E
        lifts.uniform = (double(counts.squares) - choices) / choices / (E - 1) / (choices / n / E);
    fillLifts(lifts, question.expert.site, counts.load, counts.together, question);
    return lifts;
}

/// Of a study of several traces, each: the series of a training.
Expected<std::vector<ExpertInTrace>> lifeOf(const Study& study, const ExpertQuestion& question, const Progress& progress)
{
    std::vector<ExpertInTrace> life;
    const auto site = std::size_t(question.expert.site), expert = std::size_t(question.expert.expert);
    for (std::size_t t = 0; study.traces().size() > 1 && t < study.traces().size(); ++t) {
        ExpertInTrace at{study.traces()[t].name};
        const RoutingShape& shape = study.shape(t);
        if (auto checked = checkExpert(shape, question.expert); !checked) {
            at.undefined = checked.error().what;
            life.push_back(std::move(at));
            continue;
        }
        Scope scope = question.scope;
        scope.layers.clear();
        scope.sites = {question.expert.site};
        const auto load = study.load(t, scope, progress);
        if (!load && load.error().what == kCancelled)
            return tl::unexpected(load.error());
        if (!load) { // it lacks a label, or the tokens
            at.undefined = load.error().what;
        } else {
            const std::span counts = std::span((*load)->counts).subspan(site * (*load)->numExperts, shape.sites[site].numExperts);
            at.choices = (*load)->choices[site];
            at.chosen = counts[expert];
            at.rank = rankOf(counts, expert);
        }
        life.push_back(std::move(at));
    }
    return life;
}

}

Expected<ExpertProfile> expertProfile(
    const Study& study, std::size_t trace, const ExpertQuestion& question, const Progress& progress)
{
    const NamedTrace& named = study.traces()[trace];
    BlockSource& source = *named.source;
    const RoutingShape& shape = source.shape();
    const auto inThis = [&](Error error) {
        return error.what == kCancelled ? std::move(error) : inFile(std::move(error), named.path);
    };
    if (auto checked = checkExpert(shape, question.expert); !checked)
        return tl::unexpected(inThis(checked.error()));
    Scope scope = question.scope;
    scope.sites = {question.expert.site};
    scope.layers.clear();
    ES_ASSIGN(PassOptions pass, study.passOf(trace, scope, progress));
    pass.progress = partOf(progress, 0, kOwn);

    PassNeeds needs;
    needs.columns = shape.columns;
    needs.columns.logits = needs.columns.predictedIds = needs.columns.loss = false;
    SequenceCounts sequences(shape.sequences.size());
    auto counted = runPassOf(source, needs, [&] { return ExpertCounts(shape, question.expert, sequences); }, pass);
    if (!counted)
        return tl::unexpected(inThis(counted.error()));
    ExpertCounts& counts = *counted;

    ExpertProfile profile;
    profile.expert = question.expert;
    profile.numExperts = shape.sites[std::size_t(question.expert.site)].numExperts;
    profile.tokens = counts.tokens;
    profile.sequences = std::uint64_t(std::ranges::count_if(sequences.tokens, [](auto n) { return n > 0; }));
    profile.choices = counts.filled;
    profile.chosen = counts.chosen;
    profile.chosenSequences = std::uint64_t(std::ranges::count_if(sequences.chosen, [](auto n) { return n > 0; }));
    profile.rank = rankOf(counts.load, std::size_t(question.expert.expert));
    profile.bySlot = counts.bySlot;
    profile.bySlot.resize(std::min<std::size_t>(profile.bySlot.size(), shape.sites[std::size_t(question.expert.site)].topK));
    profile.weight = meanOf(counts.weight, shape.columns.weights);
    profile.entropy = meanOf(counts.entropy, shape.columns.entropy);
    profile.entropyOfAll = meanOf(counts.entropyOfAll, shape.columns.entropy);
    profile.margin = meanOf(counts.margin, shape.columns.margin);
    profile.marginOfAll = meanOf(counts.marginOfAll, shape.columns.margin);
    profile.labels = labelShares(shape, sequences.tokens, sequences.chosen);
    fillPositions(counts, profile);
    profile.neighbours = liftsAmong(counts, question);

    const int site = question.expert.site.value;
    auto before = liftsAt(source, pass, site - 1, counts, question, partOf(progress, kOwn, kPrevious));
    auto after = before ? liftsAt(source, pass, site + 1, counts, question, partOf(progress, kPrevious, kNext)) : before;
    if (!after)
        return tl::unexpected(inThis(after.error()));
    profile.predecessors = std::move(*before);
    profile.successors = std::move(*after);

    ES_ASSIGN(const auto losses, lossOf(named, {&counts.those, &counts.choosing}, partOf(progress, kNext, kLosses)));
    if (losses) {
        profile.loss = (*losses)[0];
        profile.lossOfAll = (*losses)[1];
    }
    profile.byWeight = shape.columns.weights;
    profile.contextsOneIn = counts.sample.oneIn();
    auto told = fillTokens(named, counts, question, profile);
    if (told)
        told = fillContexts(named, std::move(counts.sample).byWeight(), question, profile);
    if (!told)
        return tl::unexpected(inThis(told.error()));
    ES_ASSIGN(profile.life, lifeOf(study, question, partOf(progress, kLosses, 1)));
    return profile;
}

}
