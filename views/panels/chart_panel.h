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

private:
    ChartView* m_view = nullptr;
};

}
