// SPDX-License-Identifier: GPL-3.0-or-later
//
// One panel of a picture in a QCustomPlot: axes, ticks, layers, what is seen of them. Includes qcustomplot.h: for .cpp
// files of views/paint only.
#pragma once

#include "views/paint/axis_labels.h"
#include "views/paint/plot_builder.h"

#include <qcustomplot.h>

namespace expertscope {

class LayerPlottable;

class PlotPanel final : public QObject
{
    Q_OBJECT
public:
    PlotPanel(QCustomPlot& plot, const Panel& panel);
    /// Removes its plottables; the rectangle goes with the layout.
    ~PlotPanel() override;

    /// A panel that can become this one without new axes and plottables.
    bool canShow(const Panel& panel) const;
    /// Where the data have the shape they had, what is seen stays.
    void show(const Panel& panel, const std::optional<ColourKey>& key);
    void restyle(const Style& style);

    QCPAxisRect* rect() const { return m_rect; }
    QRectF area() const; ///< of the widget; where coordinates end
    const Panel& panel() const { return m_panel; }

    void setTitled(bool x, bool y); ///< others of a grid carry the same title
    void updateTicks(); ///< as many as fit
    /// Titles of the axes in as many lines as they need. False: cut off, one does not fit.
    bool updateTitles();
    void limitTitles(const QRectF& page) { m_page = page; } ///< titles may reach beyond the axes, but not beyond this

    void fit();
    bool isZoomed() const;
    bool isReduced(double pixelRatio) const;
    bool crossesFit() const; ///< into the cells of its heat maps
    std::pair<PlotView::Range, PlotView::Range> view() const;
    void setView(const std::pair<PlotView::Range, PlotView::Range>& view);
    void zoomBy(double factor, std::optional<QPointF> at);
    void panBy(double x, double y);
    void reveal(std::size_t layer, std::size_t row, std::size_t column);

    struct Place
    {
        std::size_t layer, row, column;
    };
    std::optional<Place> markAt(const QPointF& position) const;
    QRectF placeOf(const Place& place) const;
    bool isWide() const; ///< its legend goes below
    QString note() const; ///< what is not seen of it at this size
    std::optional<double> wantedHeight(double width) const; ///< that its layers ask for
    QStringList texts() const;

signals:
    void rangeChanged();

private:
    bool scrolls() const;
    bool framed() const; ///< by axes all around
    AxisLabels labels(QCPAxis& axis) const;
    void clampRange(QCPAxis& axis, const Axis& meaning, const PlotView::Range& full);
    void setTitles();

    QCustomPlot& m_plot;
    Style m_style;
    Panel m_panel;
    QCPAxisRect* m_rect;
    QCPAxis *m_x, *m_y;
    std::vector<LayerPlottable*> m_layers; ///< the plot's
    PlotView::Range m_fullX, m_fullY; ///< all of the data
    std::optional<std::pair<int, int>> m_wholeX; ///< ends of the whole numbers on the horizontal axis
    QRectF m_page;
    bool m_clamping = false, m_titledX = true, m_titledY = true;
};

}
