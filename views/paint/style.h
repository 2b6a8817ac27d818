// SPDX-License-Identifier: GPL-3.0-or-later
//
// How pictures are drawn, apart from what they show: one for the window's themes, one for paper.
#pragma once

#include <QColor>
#include <QFont>

#include <cstddef>
#include <vector>

namespace expertscope {

/// Lengths are pixels of a widget that ignore its scale, or points of a page.
struct Style
{
    QFont font; ///< of ticks, titles of axes, legend and note
    QFont titleFont; ///< of panels
    double axisLine = 1, tickLength = 4, curveLine = 1.5, dot = 5; ///< widths, and the diameter of a dot
    double gap = 6; ///< between a panel and what stands beside it; half of it at the edges
    QColor background, text, axis, grid;
    QColor reference; ///< curves that others are compared with
    QColor accent, halo; ///< of pinned marks and brushes, and what sets them off from what lies below
    std::vector<QColor> series; ///< Okabe-Ito, so that readers with any colour vision tell them apart
    std::vector<QColor> categories; ///< the same for areas: eight, yellow among them
    QColor rest; ///< areas of what has no colour of its own
    bool gridLines = true; ///< behind curves
    bool paper = false; ///< vectors and exact colours instead of pixels; nothing that follows the mouse
    /// On paper: up to so many cells of a heat map are rectangles, more are an image of at most so many pixels an inch.
    std::size_t maxRectangles = 0;
    int dpi = 600;
};

/// What a theme says of colours.
struct ScreenColours
{
    QColor background, text, faintText, line, accent;
};
/// `font` is that of the widget: charts read like the rest of the window.
Style screenStyle(const ScreenColours& colours, const QFont& font);

/// Black on white; `font` comes from figureFont(), so that one pixel is one point.
Style paperStyle(const QFont& font, std::size_t maxRectangles, int dpi);

/// Colour and pattern of the line of a curve: past the last colour they are greys, solid, dashed, then dotted.
struct SeriesPen
{
    QColor colour;
    std::vector<double> dashes = {}; ///< as QPen::setDashPattern() takes them; empty: solid
};
/// `colour` and `dashed` as in Curve.
SeriesPen seriesPen(const Style& style, int colour, bool dashed);
/// Of an area; `category` < 0 or past the last: the grey of the rest.
QColor categoryColour(const Style& style, int category);

}
