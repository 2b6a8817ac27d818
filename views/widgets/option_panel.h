// SPDX-License-Identifier: GPL-3.0-or-later
//
// The options of a chart as controls, from the same list that the command line and figure specs take.
#pragma once

#include "views/session/chart_state.h"

#include <QWidget>

class QComboBox;
class QDoubleSpinBox;
class QHBoxLayout;

namespace expertscope {

class OverflowRow;

class OptionPanel final : public QWidget
{
    Q_OBJECT
public:
    explicit OptionPanel(ChartState& state, QWidget* parent = nullptr);

    /// What is shown: with a colour key there are controls of it, and limits left open are shown as they came out.
    void setShown(const Picture* picture, const Look& resolved);
    /// What stands at the end of the row, beside the options.
    void addAtEnd(QWidget* widget);
    void focusFirst(); ///< of its controls

private:
    void addOption(const ChartOption& option);
    QWidget* choiceEditor(const ChartOption& option);
    QWidget* listEditor(const ChartOption& option);
    QWidget* numberEditor(const ChartOption& option);
    void addLook();
    QWidget* control(const QString& title, QWidget* editor, const QString& name, const QString& tip);
    void read(); ///< the state into the controls
    void chooseLimits(int mode);

    ChartState& m_state;
    OverflowRow* m_row = nullptr;
    QHBoxLayout* m_end = nullptr;
    std::vector<std::function<void()>> m_readers; ///< one a control
    std::vector<QWidget*> m_keyControls; ///< only with a colour key
    QComboBox *m_limits = nullptr, *m_scale = nullptr;
    QDoubleSpinBox *m_low = nullptr, *m_high = nullptr;
    std::optional<double> m_centre; ///< neutral value of what is shown
    std::pair<double, double> m_extremes; ///< of its values
    Look m_resolved;
};

}
