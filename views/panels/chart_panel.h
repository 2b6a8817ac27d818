// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/panels/view.h"
#include "views/widgets/chart_view.h"

namespace expertscope {

/// Any chart of the registry as a view.
class ChartPanel final : public View
{
    Q_OBJECT
public:
    ChartPanel(Session& session, const ChartSpec& chart, QWidget* parent = nullptr);

    ChartView* chartView() const override { return m_view; }
    QString readout() const override { return m_view->widget()->readout(); }
    QString note() const override { return m_view->reducerNote(); }
    bool stop() override { return m_view->stop(); }
    QByteArray csv() const override { return m_view->chart() ? m_view->chart()->csv() : QByteArray(); }
    std::vector<ViewKey> keys() const override;
    QString definition() const override;
    /// {"options": those that are not standard, "look": …, "seen": of each panel x and y, when it is zoomed}
    QJsonObject state() const override;
    QStringList restore(const QJsonObject& state) override;

private:
    ChartView* m_view = nullptr;
};

}
