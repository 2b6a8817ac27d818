// SPDX-License-Identifier: GPL-3.0-or-later
//
// The page of a heat map figure: axes, colour bar, titles, note. Units are points.
#pragma once

#include "views/figure/figure.h"

#include <QFont>

#include <memory>

class QCustomPlot;
class QCPPainter;
class QPaintDevice;

namespace expertscope {

class HeatMapPlottable;

class HeatFigure
{
public:
    /// Error: font not available or without a needed character; a label that cannot be made to fit.
    static Expected<std::unique_ptr<HeatFigure>> create(const Figure& figure, std::size_t maxRectangles);
    ~HeatFigure();

    /// Size in whole points, the box that is painted.
    int width() const { return m_width; }
    int height() const { return m_height; }
    /// `vector`: cells as rectangles or one image, lines as lines; else pixels of the device.
    Expected<void> paint(QPaintDevice* device, double unitsPerPoint, bool vector);

    /// Where the cells are on the page, in points; valid after paint().
    QRectF cellArea() const;

private:
    HeatFigure(Figure fitted, const QFont& font, std::size_t maxRectangles);
    void buildMap(const QFont& font, std::size_t maxRectangles);
    void buildBar(const QFont& font);
    void paintNote(QCPPainter* painter, const QFont& font);

    Figure m_figure; ///< labels broken into lines that fit
    QFont m_font;
    int m_width = 0, m_height = 0;
    std::unique_ptr<QCustomPlot> m_plot;
    HeatMapPlottable* m_map = nullptr;
};

/// Every text of the figure, to check that the font has all its characters.
QStringList figureTexts(const Figure& figure);

}
