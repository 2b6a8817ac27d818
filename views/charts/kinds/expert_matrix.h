// SPDX-License-Identifier: GPL-3.0-or-later
//
// A kind of chart: a metric's matrix of experts of one site by experts of the same or of another, in an order that
// shows its groups.
#pragma once

#include "views/charts/kinds/matrix_map.h"

namespace expertscope {

struct ExpertMatrix final : ChartData
{
    RoutingShape shape;
    SiteIndex from, to; ///< of the rows, of the columns
    QByteArray trace;
    std::string tokens;
    ResultsPtr results;
    const ResultMatrix* matrix = nullptr; ///< of `results`: [experts of `from`, experts of `to`]
    std::vector<std::size_t> rowOrder, columnOrder; ///< empty: by id

    std::size_t rows() const { return matrix->axes[0].keys.size(); }
    std::size_t columns() const { return matrix->axes[1].keys.size(); }
    double value(std::size_t row, std::size_t column) const { return matrix->values[row * columns() + column]; }
    int layer(SiteIndex site) const { return shape.sites[std::size_t(site)].layer; }
};
using ExpertMatrixPtr = std::shared_ptr<const ExpertMatrix>;

/// id, load or seriation.
ChartOption expertOrderOption();
/// share or ratio.
ChartOption shareOption();

/// The matrix `name` of `metric` of the sites `from` and `to`, and the order that the question's option asks for.
/// `base`: a value that ties nobody, for the seriation. Errors: those of the study; a trace or a scope without it.
Expected<ChartDataPtr> computeExpertMatrix(const Study& study, const ChartQuestion& question,
    const MetricRequest& metric, const std::string& name, SiteIndex from, SiteIndex to, const Progress& progress,
    double base = 0);

/// Experts of a site, those that were chosen most first; equal ones by id.
std::vector<std::size_t> expertsByLoad(const LoadTable& load, SiteIndex site, std::size_t experts);

/// Titles of an axis of experts, with the order they are drawn in.
Axis orderedExpertAxis(const QString& title, std::size_t count, const Parameters& params);

/// What a chart says of a share of the tokens of a row's expert.
struct ShareWords
{
    const char* chart; ///< in the head of the table
    QString columnTitle; ///< of the axis
    QString whose; ///< "the expert's": of the colour bar
    std::vector<QString> csvLines; ///< about the place and the share
    QByteArray csvOther; ///< names of the columns that say which is the column's expert, without its last comma
    std::function<QByteArray(std::size_t column)> csvOfColumn; ///< their fields, with a comma each
    std::function<QString(std::size_t column)> columnText; ///< in the readout
    bool alwaysRatio = false; ///< the readout has the ratio to uniform whatever is drawn
};
/// Errors: a ratio where uniform routing has nothing to compare with.
Expected<ChartPtr> drawShares(
    const ExpertMatrixPtr& data, const ShareWords& words, const Parameters& params, Look& look);

}
