// SPDX-License-Identifier: GPL-3.0-or-later
//
// The page of a heat map figure: axes, colour bar, titles, note. Units are points.
#pragma once

#include "views/figure/figure.h"

#include <QFont>

#include <memory>

class QCustomPlot;
class QCPPainter;

namespace expertscope {

class HeatMapPlottable;

class HeatFigure
{
public:
    HeatFigure(const Figure& figure, const QFont& font, std::size_t maxRectangles);
    ~HeatFigure();

    /// Size in whole points, the box that is painted.
    int width() const { return m_width; }
    int height() const { return m_height; }
    /// `painter` measures in points.
    void paint(QCPPainter* painter);

    /// Where the cells are on the page, in points; valid after paint().
    QRectF cellArea() const;

private:
    void buildMap(const QFont& font, std::size_t maxRectangles);
    void buildBar(const QFont& font);
    void paintNote(QCPPainter* painter, const QFont& font);

    const Figure& m_figure;
    QFont m_font;
    int m_width = 0, m_height = 0;
    std::unique_ptr<QCustomPlot> m_plot;
    HeatMapPlottable* m_map = nullptr;
};

/// Every text of the figure, to check that the font has all its characters.
QStringList figureTexts(const Figure& figure);

}
