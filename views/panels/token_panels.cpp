// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/token_panels.h"

#include "views/tokens/widgets/timeline_view.h"
#include "views/tokens/widgets/token_text_view.h"

#include <QVBoxLayout>

namespace expertscope {

TokenTextPanel::TokenTextPanel(Session& session, QWidget* parent)
    : View(parent)
    , m_view(new TokenTextView(session, this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_view);
    setFocusProxy(m_view);
    connect(m_view, &TokenTextView::readoutChanged, this, &View::readoutChanged);
    connect(m_view, &TokenTextView::contentChanged, this, &View::contentChanged);
}

QString TokenTextPanel::readout() const
{
    return m_view->readout();
}

QString TokenTextPanel::note() const
{
    return m_view->area()->note();
}

QByteArray TokenTextPanel::csv() const
{
    return m_view->csv();
}

bool TokenTextPanel::find()
{
    m_view->openSearch();
    return true;
}

bool TokenTextPanel::stop()
{
    return m_view->stop();
}

TokenTimelinePanel::TokenTimelinePanel(Session& session, QWidget* parent)
    : View(parent)
    , m_view(new TimelineView(session, this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_view);
    setFocusProxy(m_view);
    connect(m_view, &TimelineView::readoutChanged, this, &View::readoutChanged);
}

QString TokenTimelinePanel::readout() const
{
    return m_view->area()->readout();
}

QString TokenTimelinePanel::note() const
{
    return m_view->note();
}

bool TokenTimelinePanel::stop()
{
    return m_view->stop();
}

}
