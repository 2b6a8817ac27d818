// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/chart_panel.h"

#include <QVBoxLayout>

namespace expertscope {

ChartPanel::ChartPanel(Session& session, const ChartSpec& chart, QWidget* parent)
    : View(parent)
    , m_view(new ChartView(session, chart, this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_view);
    setFocusProxy(m_view);
    connect(m_view, &ChartView::readoutChanged, this, &View::readoutChanged);
    connect(m_view, &ChartView::chartChanged, this, &View::contentChanged);
    connect(m_view, &ChartView::exportRequested, this, &View::exportRequested);
}

}
