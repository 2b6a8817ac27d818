// SPDX-License-Identifier: GPL-3.0-or-later
//
// Outlines, crosshair and brush over a plot, on a layer of their own that repaints without the cells. Includes
// qcustomplot.h: for .cpp files of views/paint only.
#pragma once

#include "views/paint/plot_builder.h"

#include <qcustomplot.h>

#include <functional>

namespace expertscope {

class PlotOverlay final : public QCPLayerable
{
public:
    /// Where marks and panels are now: PlotBuilder's.
    struct Places
    {
        std::function<QRectF(const Mark&)> ofMark;
        std::function<QRectF(std::size_t)> ofPanel;
    };
    PlotOverlay(QCustomPlot& plot, Places places);

    void setStyle(const Style& style) { m_style = style; }
    void show(const Overlay& overlay); ///< repaints this layer alone
    const Overlay& shown() const { return m_shown; }

protected:
    void applyDefaultAntialiasingHint(QCPPainter* painter) const override;
    void draw(QCPPainter* painter) override;

private:
    void drawCrosshair(QCPPainter* painter) const;
    void drawBrush(QCPPainter* painter) const;
    void drawOutlines(QCPPainter* painter, const std::vector<Mark>& marks, bool pinned) const;

    Places m_places;
    Style m_style;
    Overlay m_shown;
};

}
