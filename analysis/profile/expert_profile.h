// SPDX-License-Identifier: GPL-3.0-or-later
//
// What one expert does: how often it is chosen, for which tokens and texts, for which label values, where in a
// sequence, and together with which experts. All of tokens of a scope that chose anything at the expert's site.
#pragma once

#include "analysis/profile/contexts.h"
#include "analysis/profile/label_shares.h"
#include "analysis/profile/loss_stats.h"

namespace expertscope {

struct ExpertQuestion
{
    ExpertAt expert;
    Scope scope; ///< which tokens; its sites do not matter
    std::uint64_t least = 10; ///< occurrences of a token, and tokens of another expert, below which it is not listed
    std::size_t most = 20; ///< entries of each list
    std::uint32_t perQuantile = 3; ///< contexts
    std::uint32_t around = 8; ///< tokens of a context on either side
};

/// Mean of a number that the router gave each token.
struct MeanOf
{
    std::uint64_t n = 0; ///< tokens that have it
    double mean = 0;
};

/// Of a token id: how much likelier the expert is chosen there.
struct TokenLift
{
    std::int32_t id = -1;
    std::string bytes; ///< empty: not known
    std::uint64_t occurrences = 0, chosen = 0;
    double lift = 0; ///< (chosen / occurrences) / (share of all tokens that choose the expert)
    double z = 0; ///< chosen above what independent tokens would give, in standard deviations of a binomial
};

/// Of another expert, of tokens that chose something at both sites.
struct ExpertLift
{
    ExpertAt expert;
    std::uint64_t together = 0; ///< tokens that chose both
    std::uint64_t of = 0; ///< that chose the other one
    double share = 0; ///< of the expert's tokens that chose the other one too: together / the expert's
    double lift = 0; ///< share / (of / tokens)
};
struct ExpertLifts
{
    std::optional<SiteIndex> site; ///< none: there is no such site
    std::uint64_t tokens = 0, chosen = 0; ///< that chose at both sites; of these, that chose the expert
    std::optional<double> uniform; ///< lift under uniform random routing of sets of the same sizes; none: one expert
    std::size_t listed = 0; ///< experts that are common enough
    std::vector<ExpertLift> experts; ///< of these the largest lifts, the largest first
};

/// How often tokens at some distance from the beginning of their sequence choose the expert.
struct PositionShare
{
    std::uint32_t begin = 0, end = 0; ///< positions [begin, end); bins double in width
    std::uint64_t tokens = 0, chosen = 0;
    double lift = 0; ///< (chosen / tokens) / (share of all tokens that choose it)
};

struct ContextsAt
{
    double quantile = 1; ///< of the weight: 1 the largest
    std::vector<TokenContext> contexts;
};

/// The expert in one trace of a series.
struct ExpertInTrace
{
    std::string trace;
    std::uint64_t choices = 0, chosen = 0;
    std::optional<std::uint16_t> rank = {}; ///< none: see `undefined`
    std::string undefined = {};
};

struct ExpertProfile
{
    ExpertAt expert;
    std::uint16_t numExperts = 0;
    std::uint64_t tokens = 0, sequences = 0; ///< that chose anything at the site
    std::uint64_t choices = 0; ///< of all experts
    std::uint64_t chosen = 0; ///< tokens that chose it
    std::uint64_t chosenSequences = 0;
    std::uint16_t rank = 0; ///< by `chosen` among the site's experts, 1 = most; of equal ones the lower id first
    std::vector<std::uint64_t> bySlot; ///< [k] tokens that chose it first, second, …
    std::optional<MeanOf> weight; ///< that its tokens gave it; none: not recorded
    std::optional<MeanOf> entropy, entropyOfAll, margin, marginOfAll;
    std::optional<LossStats> loss, lossOfAll;

    bool tokenIds = false; ///< recorded
    std::uint64_t judgedIds = 0; ///< that occur often enough
    std::size_t idsAbove = 0; ///< of these, with a lift above 1
    std::vector<TokenLift> tokenLifts; ///< of these the largest, the largest first
    bool byWeight = false; ///< else weights are not recorded, and contexts follow their place in the trace
    std::uint64_t contextsOneIn = 1; ///< contexts are of one in so many of its tokens
    std::vector<ContextsAt> contexts; ///< largest quantile first
    std::vector<LabelShare> labels;
    std::vector<PositionShare> positions;
    ExpertLifts neighbours, predecessors, successors;
    std::vector<ExpertInTrace> life; ///< of several traces; else empty

    double share() const { return choices ? double(chosen) / double(choices) : 0; }
    double relative() const { return share() * numExperts; } ///< to uniform
    double rate() const { return tokens ? double(chosen) / double(tokens) : 0; } ///< of tokens that choose it
};

/// Two passes, of the expert's site and of those before and after it. Errors: no such site or expert; those of
/// Study::passOf(); of reading; kCancelled.
Expected<ExpertProfile> expertProfile(
    const Study& study, std::size_t trace, const ExpertQuestion& question, const Progress& progress = {});

}
