// SPDX-License-Identifier: GPL-3.0-or-later
//
// A kind of chart: which share of a router's choices its experts get, over positions or checkpoints; a curve an expert.
#pragma once

#include "views/charts/kinds/row_curves.h"

namespace expertscope {

struct ExpertCurvesData final : ChartData
{
    /// A place on the axis.
    struct Step
    {
        double x = 0;
        QString where; ///< in the readout
        QByteArray fields; ///< of the table, for `columns`
        std::vector<double> shares = {}; ///< [expert] of the choices there
        std::uint64_t n = 0; ///< choices
    };
    const char* chart = "";
    RoutingShape shape;
    SiteIndex site;
    std::vector<QByteArray> names; ///< of traces, as tables name them
    std::string tokens, metric; ///< ResultRow::metric of the shares
    Axis x;
    QByteArray columns; ///< names of Step::fields
    std::vector<Step> steps;

    std::size_t experts() const { return shape.sites[std::size_t(site)].numExperts; }
};

/// A chart whose `compute` gives ExpertCurvesData: with the options "site", "experts" (which of them are drawn) and
/// "measure". Draws as many experts as can be told apart: those whose share changes most, or those chosen most.
ChartSpec expertCurvesChart(const char* name, const char* title, const char* definition,
    Expected<ChartDataPtr> (*compute)(const Study&, const ChartQuestion&, const Progress&));

}
