// SPDX-License-Identifier: GPL-3.0-or-later
//
// The JSON that fully determines a figure (resources/docs/figure-spec.md): the same spec and traces give the same
// bytes.
#pragma once

#include "analysis/study/scope.h"
#include "io/base/error.h"
#include "views/paint/picture.h"

#include <QByteArray>
#include <QString>
#include <QStringList>

#include <map>
#include <string>
#include <vector>

namespace expertscope {

struct TraceRef
{
    QString path;
    QString uuid = {}; ///< empty: any trace will do

    bool operator==(const TraceRef&) const = default;
};

struct PageSpec
{
    double widthMm = 89;
    double heightMm = 0; ///< 0: from what is drawn
    QString fontFamily = "Liberation Sans";
    int fontSizePt = 7; ///< whole points: Qt rounds others
    int dpi = 600; ///< of PNG files, and of images in PDF and SVG when there are more cells than that
    QStringList fontFallbacks = {}; ///< families for characters that `fontFamily` lacks; makeFigure() adds those that it takes

    QStringList families() const { return QStringList(fontFamily) + fontFallbacks; }
    bool operator==(const PageSpec&) const = default;
};

struct Labels
{
    QString x, y, colour; ///< empty: the chart's own
    QString title; ///< above; empty: none

    bool operator==(const Labels&) const = default;
};

struct FigureSpec
{
    QString tool; ///< what made it: "expertscope 0.1.0"
    std::string chart = "load";
    std::vector<TraceRef> traces;
    Scope scope;
    std::map<std::string, std::string> options; ///< of the chart; those left out take their defaults
    Look look;
    PageSpec page;
    Labels labels;

    bool operator==(const FigureSpec&) const = default;
};

/// Version 2; version 1 (heat maps of loads) is read as what it means now. Error: where = "`source`: key" of the first
/// thing wrong. Nothing unknown, mistyped or out of range passes.
Expected<FigureSpec> parseFigureSpec(const QByteArray& json, const QString& source);
/// Every key, version 2; parses back to an equal spec.
QByteArray writeFigureSpec(const FigureSpec& spec);
/// The checks of parseFigureSpec() on a spec made otherwise.
Expected<void> checkFigureSpec(const FigureSpec& spec, const QString& source);

/// "89mm", "3.5in", "252pt", "8.9 cm", or a bare number of millimetres. Error: not a length, or not in 10 mm to 2 m.
Expected<double> parseLengthMm(const QString& text);

inline constexpr double kPointsPerMm = 72.0 / 25.4;

}
