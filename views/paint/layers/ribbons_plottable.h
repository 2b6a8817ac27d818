// SPDX-License-Identifier: GPL-3.0-or-later
//
// Columns of blocks with ribbons between them inside a QCustomPlot. Includes qcustomplot.h: for .cpp files of
// views/paint only.
#pragma once

#include "views/paint/layers/layer_plottable.h"

namespace expertscope {

class RibbonsPlottable final : public LayerPlottable
{
public:
    using LayerPlottable::LayerPlottable;

    void show(const Layer& layer, const std::optional<ColourKey>& key) override;
    bool canShow(const Layer& layer) const override { return std::holds_alternative<RibbonsPtr>(layer); }
    void setStyle(const Style& style) override;

    /// The block, or the ribbon that is drawn last of those that lie there.
    std::optional<Cell> markAt(const QPointF& position) const override;
    QRectF placeOf(const Cell& cell) const override; ///< of a ribbon: where it is halfway
    std::optional<Span> spanOf(const Cell& cell) const override;
    bool framed() const override { return true; }
    QString note() const override; ///< ribbons that are drawn wider than they are
    QStringList texts() const override;
    std::optional<double> wantedHeight(double width) const override; ///< names have room, unless that is too tall

protected:
    void draw(QCPPainter* painter) override;

private:
    bool there(const Cell& cell) const;
    double halfBlock() const; ///< width, on the horizontal axis: wide enough for names
    void measureNames();
    QRectF blockBox(std::size_t column, std::size_t block) const;
    /// Between which columns' edges a ribbon runs, and its upper edge at both ends.
    struct Course
    {
        double left, right; ///< pixels
        double from, to; ///< on the vertical axis
        double size;
    };
    Course courseOf(std::size_t gap, std::size_t ribbon) const;
    QPainterPath pathOf(const Course& course) const;
    QPainterPath middleOf(const Course& course) const;
    bool isThin(std::size_t gap, std::size_t ribbon) const; ///< for an area
    void drawRibbons(QCPPainter* painter, std::size_t gap) const;
    void drawRest(QCPPainter* painter, std::size_t column) const;
    void drawStub(QCPPainter* painter, const QRectF& box) const;
    void drawBlocks(QCPPainter* painter, std::size_t column) const;
    void drawNames(QCPPainter* painter, std::size_t column) const;

    RibbonsPtr m_data;
    std::optional<RibbonPlaces> m_places;
    std::optional<ColourScale> m_scale;
    Style m_style;
    double m_widestName = 0; ///< pixels
};

}
