// SPDX-License-Identifier: GPL-3.0-or-later
//
// The metric "flow" of a few routers in a row, and the order in which their experts are drawn.
#pragma once

#include "views/charts/chart.h"

namespace expertscope {

/// Tokens that chose expert `from` at a site and `to` at the next.
struct FlowCell
{
    std::size_t from = 0, to = 0;
    double count = 0, tokens = 0, expected = 0, z = 0; ///< tokens: that chose `from`

    double lift() const { return expected > 0 ? count / expected : 0; }
    double excess() const { return count - expected; }
};

/// What lies between two columns; the matrices are those of the metric.
struct FlowGap
{
    const ResultMatrix *count = nullptr, *expected = nullptr, *z = nullptr, *from = nullptr, *to = nullptr;
    double pairs = 0; ///< all of them
    double excess = 0, floor = 0; ///< "flow.excess", "flow.floor"
    std::uint64_t tokens = 0;
    std::vector<double> sharesFrom, sharesTo; ///< of the pairs, by expert

    std::size_t rows() const { return count->axes[0].keys.size(); }
    std::size_t columns() const { return count->axes[1].keys.size(); }
    FlowCell cell(std::size_t i, std::size_t j) const;
};

struct FlowBlockCount
{
    double share = 0; ///< of the choices
    std::uint64_t tokens = 0, of = 0;
};

struct FlowWindow final : ChartData
{
    std::shared_ptr<const Results> results; ///< holds the matrices
    RoutingShape shape; ///< its sites alone
    std::vector<SiteIndex> sites; ///< of the columns
    std::vector<FlowGap> gaps; ///< between them
    std::vector<std::vector<std::size_t>> orders, places; ///< [columns] experts from the top down; where each stands
    QByteArray trace;
    std::string tokens;

    std::size_t columns() const { return sites.size(); }
    int layer(std::size_t column) const { return shape.sites[std::size_t(sites[column])].layer; }
    /// The larger of the shares that come in and go on: they differ only where tokens choose differently many.
    FlowBlockCount block(std::size_t column, std::size_t expert) const;
};
using FlowWindowPtr = std::shared_ptr<const FlowWindow>;

/// Of the options "site" (first), "columns" and "distance". The order is that of all tokens, whatever the scope's: a
/// filter moves nothing. Errors: those of the study; too few routers, or not all of them kept.
Expected<ChartDataPtr> computeFlowWindow(const Study& study, const ChartQuestion& question, const Progress& progress);

}
