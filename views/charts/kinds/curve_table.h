// SPDX-License-Identifier: GPL-3.0-or-later
//
// From a list of quantities to a chart: which rows of which metrics are drawn over the layers, or over a parameter of
// the metric, a curve a trace, a value of a label, a value of a parameter or a layer.
#pragma once

#include "views/charts/kinds/row_curves.h"

#include <functional>

namespace expertscope {

/// What can be chosen to be drawn.
struct CurveQuantity
{
    const char *name, *row; ///< word of the option; ResultRow::metric, which begins with the name of its metric
    const char *title, *meaning;
    const char* unit = "";
    bool counted = false; ///< whole numbers
    const char* quantiles = nullptr; ///< the family whose rows .q05 and .q95 are the ends of a band
    std::optional<RowBeside> beside = {}; ///< its column is the end of its row's name
};

/// A parameter of the metrics that is an option of the chart.
struct CurveParameter
{
    const char *name, *title;
    const char* standard = nullptr; ///< else the metric's
    const char* symbol = nullptr; ///< in legends, else its name
};

/// What may stand below instead of layers: a parameter or a part of `other`, of which there are rows of the whole
/// model; or another row of the metric, against which layers are dots.
struct CurveAxis
{
    const char *name, *title;
    const char* row = nullptr;
};

/// Rows of a trace, or of several that are compared.
struct CurveRows
{
    QString name; ///< in legend and table
    RoutingShape shape; ///< its sites
    std::vector<ResultRow> rows;
};

/// What an axis is called, how many of its units one on paper is, and what it holds, in its units.
struct AxisScale
{
    QString title;
    double units = 1;
    double low = 0, high = 0; ///< in panels one above the other; equal: what there are rows of
};

struct CurveAnswer
{
    std::vector<CurveRows> traces;
    std::string by; ///< the label whose values have rows, or empty
    std::map<std::string, AxisScale> axes = {}; ///< by name, instead of those of the table
    bool someLayers = false; ///< of which they are, not of the whole model
};

struct CurveTable
{
    /// Who takes the values of a label apart.
    enum class By
    {
        Never,
        Asked,
        Always ///< the metric compares them
    };

    const char *name, *title, *definition;
    std::vector<CurveQuantity> quantities;
    std::vector<CurveParameter> parameters = {};
    std::vector<CurveAxis> axes = {};
    const char* over = "layer"; ///< one of the axes, or layers, unless another is asked for
    By by = By::Asked;
    /// Rows for metrics of a question; null: of each trace.
    std::function<Expected<CurveAnswer>(const Study&, const MetricQuestion&, const Progress&)> answer = {};
};

/// Of a table without an answer of its own the chart also has the options of addAgainst(): with them the curves are those
/// of the two sides, not of all traces.
ChartSpec curvesChart(CurveTable table);

}
