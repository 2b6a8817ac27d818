// SPDX-License-Identifier: GPL-3.0-or-later
//
// How tokens flow through a few routers in a row, of one trace or of two that are compared, and the order in which
// their experts are drawn.
#pragma once

#include "views/charts/chart.h"

namespace expertscope {

/// Tokens, or their weight, with expert `from` at a site and `to` at the next.
struct FlowCell
{
    std::size_t from = 0, to = 0;
    double count = 0, tokens = 0, expected = 0, z = 0; ///< tokens: that chose `from`

    double lift() const { return expected > 0 ? count / expected : 0; }
    double excess() const { return count - expected; }
};

/// What lies between two columns.
struct FlowGap
{
    std::size_t rows = 0, columns = 0; ///< experts of the one column, of the next
    std::vector<double> count, expected, z; ///< [rows, columns]
    std::vector<double> from, to; ///< of an expert alone
    std::vector<double> sharesFrom, sharesTo; ///< of the pairs, by expert
    double pairs = 0; ///< all of them
    double excess = 0, floor = 0; ///< dependence, and what sampling alone makes of it
    std::uint64_t tokens = 0;

    FlowCell cell(std::size_t i, std::size_t j) const
    {
        const std::size_t at = i * columns + j;
        return {i, j, count[at], from[i], expected[at], z[at]};
    }
    double share(std::size_t i, std::size_t j) const { return pairs > 0 ? count[i * columns + j] / pairs : 0; }
};

struct FlowBlockCount
{
    double share = 0; ///< of the choices
    double tokens = 0;
    std::uint64_t of = 0;
};

struct FlowWindow final : ChartData
{
    enum class Level
    {
        Window, ///< a few columns
        Spine, ///< all of them
        Paths ///< a few, of the tokens alone that chose an expert; `expected`: as all tokens go
    };
    Level level = Level::Window;
    std::string choices; ///< of the option
    std::optional<ExpertAt> focus; ///< whose ribbons, or paths, are drawn
    RoutingShape shape; ///< its sites alone
    std::vector<SiteIndex> sites; ///< of the columns
    std::vector<FlowGap> gaps; ///< between them
    std::vector<FlowGap> against; ///< of the other side; or empty
    std::vector<std::vector<std::size_t>> orders, places; ///< [columns] experts from the top down; where each stands
    QByteArray trace, againstTrace;
    std::string name, againstName; ///< of the trace, or of the sides
    std::string tokens;

    std::size_t columns() const { return sites.size(); }
    int layer(std::size_t column) const { return shape.sites[std::size_t(sites[column])].layer; }
    bool weighted() const { return choices == "weights"; }
    /// The larger of the shares that come in and go on: they differ only where tokens choose differently many.
    FlowBlockCount block(std::size_t column, std::size_t expert) const { return block(gaps, column, expert); }
    static FlowBlockCount block(const std::vector<FlowGap>& gaps, std::size_t column, std::size_t expert);
};
using FlowWindowPtr = std::shared_ptr<const FlowWindow>;

/// "SITE:EXPERT" of the option "focus"; empty: none. Error: not of that form.
Expected<std::optional<ExpertAt>> flowFocus(const Parameters& params);

/// Without a focus paths are of the expert that is chosen most at the site of the option. Of the options "level",
/// "site" (first), "columns", "distance", "choices", "focus" and "against_trace". The order is that of all tokens,
/// whatever the scope's: a filter moves nothing; of two traces it is that of both together. Errors: those of the study;
/// too few routers, or not all of them kept; no such trace, or of another shape.
Expected<ChartDataPtr> computeFlowWindow(const Study& study, const ChartQuestion& question, const Progress& progress);

}
