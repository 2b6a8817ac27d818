// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/history_panel.h"

#include "views/session/session.h"

#include <QListWidget>

namespace expertscope {

HistoryPanel::HistoryPanel(Session& session, QWidget* parent)
    : View(parent)
    , m_session(session)
{
    m_list = new QListWidget(this);
    m_list->setObjectName("historyList");
    m_list->setAccessibleName("History");
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setUniformItemSizes(true);
    m_list->setAlternatingRowColors(true);
    hold(m_list);
    // Queued: the list is not made anew under the click that it hears of.
    connect(&session.history(), &History::changed, this, &HistoryPanel::fill, Qt::QueuedConnection);
    connect(m_list, &QListWidget::itemClicked, this, [this](QListWidgetItem* item) { goTo(m_list->row(item)); });
    connect(m_list, &QListWidget::itemActivated, this, [this](QListWidgetItem* item) { goTo(m_list->row(item)); });
    fill();
}

void HistoryPanel::fill()
{
    const int row = m_list->currentRow();
    m_list->clear();
    for (const HistoryStep& step : m_session.history().steps()) {
        auto* item = new QListWidgetItem(
            QString(step.look ? "look: " : "change: ") + step.text + (step.done ? "" : "  (taken back)"), m_list);
        item->setToolTip(step.done ? "Back to this step" : "Do it again");
        if (!step.done)
            item->setForeground(palette().placeholderText());
    }
    if (m_list->count() == 0) {
        auto* item = new QListWidgetItem("Filters, options, pins and zooms will stand here", m_list);
        item->setFlags(Qt::NoItemFlags);
    }
    m_list->setCurrentRow(row < m_list->count() ? row : m_list->count() - 1, QItemSelectionModel::NoUpdate);
    m_list->scrollToBottom();
}

void HistoryPanel::goTo(int row)
{
    const auto steps = m_session.history().steps();
    if (row >= 0 && row < int(steps.size()))
        m_session.history().goTo(steps[std::size_t(row)]);
}

}
