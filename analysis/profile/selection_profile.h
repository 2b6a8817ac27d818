// SPDX-License-Identifier: GPL-3.0-or-later
//
// What some tokens of a scope are, at one site, against all tokens of that scope: those of several parts (experts,
// sequences, label values, tokens) together.
#pragma once

#include "analysis/profile/label_shares.h"
#include "analysis/profile/loss_stats.h"

namespace expertscope {

struct SelectionQuestion
{
    Scope scope;
    std::vector<Scope> parts; ///< within it: the tokens of any of them; none: all of it
    std::vector<ExpertAt> experts; ///< whose load among all tokens of the scope is asked for
    SiteIndex site; ///< where the router's numbers and the experts are looked at
};

/// How often an expert is chosen, among the choices of its site.
struct ExpertLoad
{
    ExpertAt expert;
    std::uint16_t numExperts = 0;
    std::uint64_t chosen = 0, choices = 0; ///< choices of the expert; of all
    std::uint16_t rank = 0; ///< 1 = most; of equal ones the lower id first

    double share() const { return choices ? double(chosen) / double(choices) : 0; }
};

/// A row of a metric without its name; none of both: the trace does not record it.
struct ScoreValue
{
    std::optional<double> value;
    std::string undefined; ///< why there is none
    std::uint64_t n = 0;
};

/// The router's scores of tokens at the site: router_entropy.mean, margin.mean, top_k_mass, and the mean weight of the
/// first choice.
struct RouterScores
{
    ScoreValue entropy, margin, mass, firstWeight;
};

struct SelectionProfile
{
    std::uint64_t tokens = 0, sequences = 0; ///< of the parts together
    std::uint64_t tokensOfAll = 0, sequencesOfAll = 0; ///< of the scope
    std::vector<Study::Extent> parts; ///< each by itself
    std::vector<ExpertLoad> experts; ///< of the question, in its order, among all tokens of the scope
    RouterScores scores, scoresOfAll;
    std::vector<ExpertLoad> load, loadOfAll; ///< [E] of the site, by id
    std::optional<LossStats> loss, lossOfAll;
    std::vector<LabelShare> labels;
};

/// Errors: those of Study::passOf() and metrics(); of reading; kCancelled. Parts without a token are no error.
Expected<SelectionProfile> selectionProfile(
    const Study& study, std::size_t trace, const SelectionQuestion& question, const Progress& progress = {});

}
