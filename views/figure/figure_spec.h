// SPDX-License-Identifier: GPL-3.0-or-later
//
// The JSON that fully determines a figure: the same spec and trace give the same bytes.
#pragma once

#include "io/base/error.h"
#include "io/trace/routing.h"
#include "views/paint/colour_table.h"
#include "views/paint/pyramid.h"

#include <QByteArray>
#include <QString>

#include <optional>
#include <utility>

namespace expertscope {

/// What a load figure shows of a cell.
enum class LoadMetric
{
    Relative, ///< c / (mean c of the layer): 1 = uniform
    Share, ///< c / (sum of c of the layer), in percent
    Ratio, ///< share in the selection over share in what it is compared with, on a log2 scale
};
enum class Against
{
    Uniform,
    All
};
enum class SortExperts
{
    ById,
    ByLoad
};

struct FigureSpec
{
    QString tool; ///< what made it: "expertscope 0.1.0"
    QString view = "load";
    QString tracePath;
    QString traceUuid; ///< empty: any trace will do
    std::vector<LabelFilter> where;
    LoadMetric metric = LoadMetric::Relative;
    Against against = Against::Uniform;
    SortExperts sort = SortExperts::ById;
    std::optional<Reducer> reducer; ///< none: max, for ratios extreme
    QString colours; ///< empty: viridis, for ratios vik
    std::optional<ScaleKind> scale; ///< none: linear, for ratios log2
    std::optional<std::pair<double, double>> limits; ///< none: from the data
    double widthMm = 89;
    double heightMm = 0; ///< 0: from the number of layers
    QString fontFamily = "Liberation Sans";
    int fontSizePt = 7; ///< whole points: Qt rounds others
    QString xTitle, yTitle, valueTitle, title; ///< empty: the view's own (no title)
    int dpi = 600; ///< of PNG files, and of images in PDF and SVG when there are more cells than that

    bool operator==(const FigureSpec& other) const;
};

/// Error: where = "`source`: key" of the first thing wrong. Nothing unknown, mistyped or out of range passes.
Expected<FigureSpec> parseFigureSpec(const QByteArray& json, const QString& source);
/// Every key; parses back to an equal spec.
QByteArray writeFigureSpec(const FigureSpec& spec);
/// The checks of parseFigureSpec() on a spec made otherwise.
Expected<void> checkFigureSpec(const FigureSpec& spec, const QString& source);

/// "89mm", "3.5in", "252pt", "8.9 cm", or a bare number of millimetres. Error: not a length, or not in 10 mm to 2 m.
Expected<double> parseLengthMm(const QString& text);

inline constexpr double kPointsPerMm = 72.0 / 25.4;

}
