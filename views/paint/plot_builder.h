// SPDX-License-Identifier: GPL-3.0-or-later
//
// Builds a Picture in a QCustomPlot: the only code that knows both. A chart on the screen and the same chart on paper
// differ in their Style alone.
#pragma once

#include "io/base/error.h"
#include "views/paint/picture.h"
#include "views/paint/style.h"

#include <QObject>
#include <QPointF>
#include <QRectF>
#include <QSizeF>
#include <QStringList>

#include <memory>
#include <optional>
#include <vector>

class QCustomPlot;

namespace expertscope {

/// What is laid over a picture without repainting it.
struct Overlay
{
    /// What is pointed at, here or in another chart: an outline, dark inside light, never filled. Neighbours in a row
    /// of cells share one.
    std::vector<Mark> hovered;
    std::vector<Mark> pinned; ///< outlined two pixels wide in the accent, with a halo
    std::optional<Mark> crosshair; ///< lines through it, across its panel
    std::optional<QRectF> brush; ///< of the widget, clipped to the panel it begins in: filled lightly
};

/// What is seen of each panel, in coordinates of its axes; cells count from 0 and reach half a cell to each side.
struct PlotView
{
    struct Range
    {
        double low = 0, high = 1;
        bool operator==(const Range&) const = default;
    };
    std::vector<std::pair<Range, Range>> panels; ///< x, y

    bool operator==(const PlotView&) const = default;
};

class PlotBuilder final : public QObject
{
    Q_OBJECT
public:
    /// `plot` must outlive the builder, which takes all of it: layout, layers, ranges. Positions are those of the plot
    /// in the pixels of the widget (points of the page).
    PlotBuilder(QCustomPlot& plot, const Style& style);
    ~PlotBuilder() override;

    /// Builds what differs from the picture before, keeps the rest. Where a panel has the axes and the cells it had, or
    /// curves of the same axes, what is seen of it stays; else all of it is shown. Null: nothing.
    void show(PicturePtr picture);
    PicturePtr picture() const;
    void restyle(const Style& style);

    /// Drag pans, the wheel zooms at the cursor (QCustomPlot does it); ranges never leave the data.
    void setInteractive(bool interactive);
    void fit(); ///< shows all of every panel
    bool isZoomed() const;
    PlotView view() const;
    void setView(const PlotView& view); ///< of a picture of as many panels; else nothing happens
    /// Zooms the panel at `at` (none: all panels, at their centres); factors below 1 come closer.
    void zoomBy(double factor, std::optional<QPointF> at = {});
    /// Moves what is seen by parts of its size: (0.1, 0) shows a tenth more of the right.
    void panBy(double x, double y);
    void reveal(const Mark& mark); ///< moves as little as it must

    /// A heat map has more cells than there are pixels for it: ColourKey::reducer decides what is seen.
    bool isReduced() const;

    /// The cell under a position, or the point of a curve nearest to it (within about 16 pixels).
    std::optional<Mark> markAt(const QPointF& position) const;
    /// Where a mark is seen: its cell, clipped to the panel, or a small box about its point; empty when out of sight.
    QRectF placeOf(const Mark& mark) const;
    /// The inside of a panel's axes; of which panel a position is inside.
    QRectF areaOf(std::size_t panel) const;
    std::optional<std::size_t> panelAt(const QPointF& position) const;

    void setOverlay(const Overlay& overlay); ///< repaints the overlay alone
    const Overlay& overlay() const;

    /// For paper: lays all out on a page of `points`, to be painted with QCustomPlot::toPainter() at that size.
    /// Error: a title that does not fit; no room left for a panel.
    Expected<void> layOut(const QSizeF& points);
    /// For paper: every text that layOut() may put on the page, to check that the font has all its characters.
    QStringList texts() const;
    /// Columns of panels: as many as the picture asks for and the width has room for.
    std::size_t columns() const;
    /// The height at which all of a panel is seen, if its layers ask for one: running text.
    std::optional<double> wantedHeight(std::size_t panel, double width) const;

signals:
    /// Another part of the data is seen, or isReduced() changed (by a new size, too).
    void viewChanged();

private:
    struct Private;
    std::unique_ptr<Private> d;
};

}
