// SPDX-License-Identifier: GPL-3.0-or-later
//
// The interactive heat map: zoom at the cursor, pan, crosshair, colour bar. Knows cells, not experts.
#pragma once

#include "views/paint/colour_table.h"
#include "views/paint/heat_map.h"
#include "views/widgets/theme.h"

#include <QWidget>

#include <memory>
#include <optional>
#include <utility>

namespace expertscope {

class LoadPlot final : public QWidget
{
    Q_OBJECT
public:
    using Cell = std::pair<std::size_t, std::size_t>; ///< row, column

    explicit LoadPlot(QWidget* parent = nullptr);
    ~LoadPlot() override;

    /// Keeps zoom and crosshair when the map has the shape of the one before.
    void setMap(HeatMapPtr map, const ColourScale& scale, Reducer reducer);
    void setTheme(Theme theme);
    void setCrosshairVisible(bool visible);

    void fit();
    bool isZoomed() const;
    /// More cells than pixels: the reducer decides what is seen.
    bool isReduced() const;

    std::optional<Cell> current() const { return m_current; }
    void setCurrent(std::optional<Cell> cell);

    /// Centre of a cell in this widget's coordinates.
    QPoint cellCentre(Cell cell) const;
    std::optional<Cell> cellAt(const QPoint& position) const;

    QSize sizeHint() const override { return {820, 480}; }
    QSize minimumSizeHint() const override { return {320, 200}; }

signals:
    /// The cell under the cursor or the arrow keys changed; none: left the map.
    void currentChanged();
    void viewChanged();

protected:
    void keyPressEvent(QKeyEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Private;
    std::unique_ptr<Private> d;
    std::optional<Cell> m_current;

    void updateTicks();
    void clampRanges();
    void placeCrosshair();
};

}
