// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/log_panel.h"

#include "views/charts/wording.h"
#include "views/session/session.h"

#include <QHeaderView>
#include <QScrollBar>
#include <QTime>
#include <QTreeWidget>

namespace expertscope {

namespace {

constexpr int kMost = 500; ///< lines; the oldest go
enum Column
{
    When,
    What,
    Took,
    Came
};

QString endText(const JobNote& note)
{
    switch (note.end) {
    case JobNote::End::Computed:
        return QStringLiteral("done");
    case JobNote::End::Known:
        return QStringLiteral("known already");
    case JobNote::End::Cancelled:
        return QStringLiteral("cancelled");
    case JobNote::End::Failed:
        break;
    }
    return note.error;
}

QString durationText(qint64 milliseconds)
{
    return milliseconds < 1000 ? QString("%1 ms").arg(milliseconds) : numberText(double(milliseconds) / 1000) + " s";
}

}

LogPanel::LogPanel(Session& session, QWidget* parent)
    : View(parent)
{
    m_list = new QTreeWidget(this);
    m_list->setObjectName("log");
    m_list->setAccessibleName("Log");
    m_list->setRootIsDecorated(false);
    m_list->setUniformRowHeights(true);
    m_list->setAlternatingRowColors(true);
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setHeaderLabels({"Time", "Job", "Took", "Result"});
    QHeaderView* header = m_list->header();
    header->setStretchLastSection(true);
    header->setSectionResizeMode(What, QHeaderView::Interactive);
    m_list->setColumnWidth(When, m_list->fontMetrics().horizontalAdvance("00:00:00") + 20);
    m_list->setColumnWidth(What, m_list->fontMetrics().averageCharWidth() * 40);
    m_list->setColumnWidth(Took, m_list->fontMetrics().horizontalAdvance("1,000 ms") + 20);
    hold(m_list);
    connect(&session, &Session::noted, this, &LogPanel::add);
}

void LogPanel::add(const JobNote& note)
{
    const QScrollBar* bar = m_list->verticalScrollBar();
    const bool atEnd = bar->value() == bar->maximum();
    auto* item = new QTreeWidgetItem(
        {QTime::currentTime().toString("HH:mm:ss"), note.what, durationText(note.milliseconds), endText(note)});
    item->setTextAlignment(Took, Qt::AlignRight | Qt::AlignVCenter);
    item->setToolTip(What, note.what);
    item->setToolTip(Came, item->text(Came));
    m_list->addTopLevelItem(item);
    if (m_list->topLevelItemCount() > kMost)
        delete m_list->takeTopLevelItem(0);
    if (atEnd)
        m_list->scrollToItem(item);
    emit contentChanged();
}

QByteArray LogPanel::csv() const
{
    QByteArray table = "time,job,took,result\n";
    for (int i = 0; i < m_list->topLevelItemCount(); ++i) {
        for (int column = When; column <= Came; ++column)
            table += csvText(m_list->topLevelItem(i)->text(column).toStdString()) + (column == Came ? '\n' : ',');
    }
    return table;
}

}
