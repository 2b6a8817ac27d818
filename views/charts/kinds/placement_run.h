// SPDX-License-Identifier: GPL-3.0-or-later
//
// Plans and what they cost, and the pictures of one of them: what the chart and the what-if of placement share.
#pragma once

#include "analysis/what_if/placement.h"
#include "views/charts/chart.h"

namespace expertscope {

/// Plans of one planner or several, scored on tokens that they were not learnt from.
struct PlacementRun final : ChartData
{
    RoutingShape shape; ///< its sites
    QByteArray trace;
    std::string tokens, contract;
    placement::Cluster cluster;
    std::vector<SiteIndex> sites;
    std::vector<std::string> planners;
    std::vector<placement::Score> scores; ///< [planner] with who sends to whom
    Results results;
    double bytes = 0; ///< of a hidden state on its way there; 0: not known

    double relative(std::size_t plan, std::size_t site, std::size_t gpu) const; ///< 1: the mean
    /// Its value at a site, or of the mean over them, where its params have this one; NaN: none.
    double value(std::size_t plan, const char* metric, std::optional<SiteIndex> site, const char* param = nullptr,
        const char* word = nullptr) const;
    double maxOverMean(std::size_t plan, std::optional<SiteIndex> site) const; ///< over all tokens

    /// The pair of GPUs of which one sends the other most; none: nothing is sent.
    struct Link
    {
        std::size_t from = 0, to = 0;
        std::uint64_t states = 0;
        double overMean = 0; ///< over the mean of all pairs
        bool betweenNodes = false;
    };
    std::optional<Link> hottestLink(std::size_t plan) const;
    /// Hidden states between GPUs of different nodes / all that are sent; NaN: nothing is.
    double shareBetweenNodes(std::size_t plan) const;
};
using PlacementRunPtr = std::shared_ptr<const PlacementRun>;

/// Errors: those of checkPlacement() and comparePlacements(); no choices.
Expected<std::shared_ptr<PlacementRun>> runPlacement(const Study& study, std::size_t trace, const Scope& scope,
    const PlacementOptions& options, const Progress& progress);

Expected<ChartPtr> drawPlacementLoad(const PlacementRunPtr& run, std::size_t plan, Look& look);
/// Error: one GPU sends to nobody.
Expected<ChartPtr> drawPlacementTraffic(const PlacementRunPtr& run, std::size_t plan, Look& look);

}
