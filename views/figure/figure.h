// SPDX-License-Identifier: GPL-3.0-or-later
//
// A figure ready to be written: its spec with nothing left open, and the picture. PDF, SVG, PNG, EPS.
#pragma once

#include "views/charts/chart.h"
#include "views/figure/figure_spec.h"

#include <QByteArray>
#include <QDateTime>

namespace expertscope {

struct Figure
{
    FigureSpec spec; ///< resolved: options, look, height and titles are set
    PicturePtr picture; ///< the chart's, with the titles of the spec
    ChartPtr chart; ///< as it was drawn
    QDateTime created; ///< the date in the file's metadata: SOURCE_DATE_EPOCH, else that of the first trace

    /// The plotted numbers. Written when they are asked for: of a map of millions of cells they take longer than the picture.
    QByteArray csv() const { return chart->csv(); }
};

/// Computes and draws what `spec` asks of the traces of a study (those that the spec names, opened by the caller).
/// Needs a QGuiApplication. Errors: those of the chart; of checkFigureSpec().
Expected<Figure> makeFigure(const Study& study, const FigureSpec& spec, const Progress& progress = {});
/// Of a chart that was drawn already, with `spec.look` as draw() left it.
Expected<Figure> makeFigure(ChartPtr chart, const FigureSpec& spec, const QDateTime& created);

/// Below these numbers of cells a cell is a rectangle of its own, above they are one image.
inline constexpr std::size_t kMaxPdfRectangles = 20000;
inline constexpr std::size_t kMaxSvgRectangles = 5000;

/// All need a QApplication (offscreen will do). The same figure gives the same bytes on every platform plug-in, scale
/// factor and locale. Error: font not available, or lacks a character of a title; a title that does not fit.
Expected<QByteArray> renderPdf(const Figure& figure);
Expected<QByteArray> renderSvg(const Figure& figure);
Expected<QByteArray> renderPng(const Figure& figure);
/// Of the PDF, by Poppler (convert_pdf.h), with its errors. Fonts are embedded as Type 42.
Expected<QByteArray> renderEps(const Figure& figure);
/// Text as outlines, for those who do not have the font: of the PDF, as renderEps().
Expected<QByteArray> renderOutlinedSvg(const Figure& figure);

/// SOURCE_DATE_EPOCH, else `traceCreated` (ISO 8601), else 1970.
QDateTime figureDate(const QString& traceCreated);

}
