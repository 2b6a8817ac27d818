// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/widgets/chart_widget.h"

#include <vector>

namespace expertscope {

/// Upright lines over the curves of a ChartWidget: the budget, which the mouse drags, k, and the budget of what is
/// compared. It paints over the picture, so that a drag draws no curve anew.
class BudgetLine final : public QWidget
{
    Q_OBJECT
public:
    /// Over the first panel of `chart`: its child, and as large.
    explicit BudgetLine(ChartWidget* chart);

    /// [column of the picture] slots; a picture's points stand there.
    void setCapacities(std::vector<std::uint32_t> capacities);
    void setPlace(std::size_t place); ///< of the budget
    void setKept(std::optional<std::size_t> place);
    /// Experts that a token asks for: smaller caches cannot hold them.
    void setTopK(std::uint32_t k);
    void setAccent(const QColor& colour);
    bool dragging() const { return m_dragging; }
    /// Where it stands, in coordinates of the chart; none: out of sight.
    std::optional<int> at(std::size_t place) const;
    /// Pictures, zoom or size have changed: looks for its place anew.
    void relocate();

signals:
    void dragged(std::size_t place);
    void released();

protected:
    void paintEvent(QPaintEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    bool near(const QPoint& position) const;
    std::size_t nearest(int x) const;
    std::optional<double> between(double size) const;

    ChartWidget* m_chart;
    QWidget* m_plot = nullptr; ///< what gets the mouse
    std::vector<std::uint32_t> m_capacities;
    std::vector<std::optional<int>> m_places; ///< [place] x
    std::size_t m_place = 0;
    std::optional<std::size_t> m_kept;
    std::uint32_t m_topK = 0;
    QColor m_accent;
    bool m_dragging = false, m_over = false;
};

}
