// SPDX-License-Identifier: GPL-3.0-or-later
//
// The row of choices above the heat map: what is shown of which tokens, in which order and colours.
#pragma once

#include "views/figure/figure_spec.h"
#include "views/paint/heat_map.h"

#include <QWidget>

class QComboBox;
class QDoubleSpinBox;
class QGridLayout;
class QLabel;

namespace expertscope {

class LoadControls final : public QWidget
{
    Q_OBJECT
public:
    explicit LoadControls(QWidget* parent = nullptr);

    /// Labels of another trace; goes back to all tokens.
    void setLabels(const std::vector<Label>& labels);
    /// Chooses a filter as a user would; false when the trace has no such label or value.
    bool chooseFilter(const QString& label, const QString& value);

    /// metric, against, sort, colours, where.
    void apply(FigureSpec& spec) const;
    /// limits, which may depend on the data; leaves them open for "auto".
    void applyLimits(FigureSpec& spec, const HeatMap& map) const;
    /// Shows the limits in use.
    void showLimits(std::pair<double, double> limits, bool log);

signals:
    void changed();

private:
    void fillValues();
    QComboBox* addCombo(QGridLayout* grid, int row, int column, const QString& title, const QString& id,
        const QString& tip, const QStringList& items);

    std::vector<Label> m_labels;
    QComboBox *m_metric = nullptr, *m_label = nullptr, *m_value = nullptr, *m_sort = nullptr, *m_colours = nullptr,
              *m_limits = nullptr;
    QDoubleSpinBox *m_low = nullptr, *m_high = nullptr;
    QLabel* m_valueLabel = nullptr;
    bool m_quiet = false;
};

}
