// SPDX-License-Identifier: GPL-3.0-or-later
//
// A picture on a page of paper: PlotBuilder with a paper style. Units are points.
#pragma once

#include "views/figure/figure.h"

#include <memory>

class QCustomPlot;
class QCPPainter;
class QPaintDevice;

namespace expertscope {

class PlotBuilder;

class Page
{
public:
    /// Error: font not available or without a needed character; a title that cannot be made to fit.
    static Expected<std::unique_ptr<Page>> create(const Figure& figure, std::size_t maxRectangles);
    ~Page();

    /// Size in whole points, the box that is painted.
    int width() const;
    int height() const;
    /// `vector`: cells as rectangles or one image, lines as lines; else pixels of the device.
    Expected<void> paint(QPaintDevice* device, double unitsPerPoint, bool vector);

    /// As vectors, onto a page that holds other things as well, with its upper left corner there; a unit is a point.
    void paint(QCPPainter& painter, const QPointF& corner);

    /// Where a panel's axes are on the page.
    QRectF areaOf(std::size_t panel) const;

private:
    Page();
    void paintTo(QCPPainter& painter, bool vector);
    std::unique_ptr<QCustomPlot> m_plot;
    std::unique_ptr<PlotBuilder> m_builder;
};

/// `page` with what a picture needs of it: fallbacks, after its own, for characters that its fonts lack, and where its
/// height is 0 one that the picture likes at that width: cells square and curves in the golden ratio where that gives a
/// sensible page, and high enough for its titles. Error: no page is high enough, or a font is not available.
Expected<PageSpec> settledPage(const PicturePtr& picture, PageSpec page);

}
