// SPDX-License-Identifier: GPL-3.0-or-later
//
// A kind of chart: the rows that a metric has of each expert of each site, as a map of experts.
#pragma once

#include "views/charts/kinds/cell_colours.h"
#include "views/charts/kinds/expert_map.h"

namespace expertscope {

struct ExpertRows final : ChartData
{
    RoutingShape shape;
    std::vector<SiteIndex> sites;
    QByteArray trace;
    std::string tokens;
    std::vector<ResultsPtr> results; ///< keep the rows alive

    /// The rows of `metric` with `label` (of every row, or of none): [site of `sites`][expert], null where there is
    /// none.
    std::vector<std::vector<const ResultRow*>> rowsOf(
        const std::string& metric, const std::optional<std::pair<std::string, std::string>>& label = {}) const;
};
using ExpertRowsPtr = std::shared_ptr<const ExpertRows>;

/// Errors: those of the study; a trace without routers.
Expected<std::shared_ptr<ExpertRows>> computeExpertRows(const Study& study, const ChartQuestion& question,
    const std::vector<MetricRequest>& metrics, const std::string& by, const Progress& progress);

struct ExpertRowWords
{
    const char* chart; ///< in the head of the table
    QString title; ///< of the colour bar, quantity and unit
    CellMeaning meaning = CellMeaning::Amount;
    bool ratio = false; ///< value / uniform is drawn, else
    double factor = 1; ///< times the value
    double centre = 0; ///< as drawn
    QString what; ///< in the readout, before the value
    std::function<QString(double)> said; ///< a value of a row in the readout
    QString counted; ///< in the readout, after n: "tokens"
    std::vector<QString> csvLines = {}; ///< before the one about the value
    std::vector<std::vector<std::uint8_t>> members = {}; ///< [site][expert] or empty: said in readout and table
    QString memberTitle = {};
    QString note = {}; ///< below the picture
};
/// Error: no cell has a value (what the rows say of that).
Expected<ChartPtr> drawExpertRows(const ExpertRowsPtr& data, std::vector<std::vector<const ResultRow*>> rows,
    const ExpertRowWords& words, Look& look);

}
