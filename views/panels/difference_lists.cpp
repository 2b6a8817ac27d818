// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/difference_lists.h"

#include "views/charts/wording.h"
#include "views/session/session.h"
#include "views/widgets/elided_label.h"
#include "views/widgets/result_table_model.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QTabBar>
#include <QTabWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

namespace expertscope {

namespace {

QString signedText(double value)
{
    return (value > 0 ? "+" : "") + numberText(value);
}

/// "66 unchanged"
QString counted(std::uint64_t count, const QString& what)
{
    return countText(count) + ' ' + what;
}

}

DifferenceLists::DifferenceLists(Session& session, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
{
    setObjectName("differenceLists");
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_tabs = new QTabWidget(this);
    m_tabs->setDocumentMode(true);
    m_tabs->tabBar()->setDrawBase(false);
    m_lists = {addList("onlyA", "Only in A"), addList("onlyB", "Only in B"), addList("beyondNoise", "Differ beyond noise")};
    m_tabs->setCurrentIndex(2);
    layout->addWidget(m_tabs, 1);
    auto* below = new QHBoxLayout;
    below->setContentsMargins(12, 2, 4, 2);
    m_summary = new ElidedLabel(this);
    m_summary->setObjectName("differenceSummary");
    m_summary->setProperty("faint", true);
    below->addWidget(m_summary, 1);
    m_copy = new QToolButton(this);
    m_copy->setText("Copy list");
    m_copy->setObjectName("copyDifferences");
    m_copy->setToolTip("Copy the numbers of this list as CSV");
    m_copy->setAutoRaise(true);
    m_copy->setFocusPolicy(Qt::StrongFocus);
    connect(m_copy, &QToolButton::clicked, this, [this] { QApplication::clipboard()->setText(QString::fromUtf8(csv())); });
    below->addWidget(m_copy);
    layout->addLayout(below);
    connect(m_tabs, &QTabWidget::currentChanged, this, [this] {
        const bool list = !m_front || m_tabs->currentWidget() != m_front;
        m_summary->setVisible(list);
        m_copy->setVisible(list);
        m_copy->setEnabled(!csv().isEmpty());
    });
    connect(&session.selection(), &SharedSelection::pinsChanged, this, [this] {
        for (const List& list : m_lists)
            list.model->setPins(m_session.selection().pins());
    });
}

DifferenceLists::List DifferenceLists::addList(const char* id, const QString& name)
{
    List list{new ResultTableModel(this), new ResultTableSorter(this), new QTableView(this)};
    list.sorted->setSourceModel(list.model);
    list.table->setObjectName(id);
    list.table->setAccessibleName(name);
    list.table->setModel(list.sorted);
    list.table->setSortingEnabled(true);
    list.table->horizontalHeader()->setSortIndicator(-1, Qt::DescendingOrder); // the largest differences first
    list.table->setTabKeyNavigation(false);
    list.table->verticalHeader()->hide();
    list.table->verticalHeader()->setDefaultSectionSize(list.table->fontMetrics().height() + 6);
    list.table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    list.table->horizontalHeader()->setResizeContentsPrecision(100);
    list.table->horizontalHeader()->setMinimumSectionSize(list.table->fontMetrics().horizontalAdvance("0") * 9);
    list.table->horizontalHeader()->setHighlightSections(false);
    list.table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    list.table->setSelectionBehavior(QAbstractItemView::SelectRows);
    list.table->setSelectionMode(QAbstractItemView::SingleSelection);
    list.table->setShowGrid(false);
    list.table->setAlternatingRowColors(true);
    list.table->setMouseTracking(true);
    list.table->setToolTip("Click pins an expert in all views");
    list.table->installEventFilter(this);
    list.table->viewport()->installEventFilter(this);
    connect(list.table, &QTableView::clicked, this, [this, list](const QModelIndex& index) { pin(list, index); });
    connect(list.table, &QTableView::entered, this, [this, list](const QModelIndex& index) {
        m_session.selection().hover(list.model->row(list.sorted->mapToSource(index).row()).subject, this);
    });
    m_tabs->addTab(list.table, name);
    return list;
}

void DifferenceLists::pin(const List& list, const QModelIndex& index)
{
    if (index.isValid())
        m_session.selection().choose(list.model->row(list.sorted->mapToSource(index).row()).subject, this);
}

bool DifferenceLists::eventFilter(QObject* watched, QEvent* event)
{
    for (const List& list : m_lists) {
        if (watched == list.table->viewport() && event->type() == QEvent::Leave)
            m_session.selection().hover({}, this);
        if (watched != list.table || event->type() != QEvent::KeyPress)
            continue;
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (key == Qt::Key_Return || key == Qt::Key_Enter) {
            pin(list, list.table->currentIndex());
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void DifferenceLists::fill(
    const List& list, const std::vector<ExpertDifference>& rows, const RoutingShape& shape, bool ofBoth)
{
    const QString load = "Load over the mean of the layer's experts (1 = uniform): ";
    std::vector<TableColumn> columns{{"Layer", "Layer of the model"}, {"Expert", "Its id"},
        {"A", load + m_names.first}, {"B", load + m_names.second}, {"B − A", "Difference of the loads"},
        {"95 %", "Interval of the difference, over sequences"}, {"Choices A", "Tokens of A that chose it"},
        {"Choices B", "Tokens of B that chose it"}};
    if (!ofBoth)
        columns.push_back({"Beyond noise", "Five standard deviations, and outside of both intervals: else the other side may "
                                           "have missed it by chance"});
    std::vector<TableRow> table;
    for (const ExpertDifference& row : rows) {
        const double difference = row.b - row.a;
        TableRow line;
        line.subject = {.site = row.site, .expert = row.expert};
        const int layer = shape.sites[std::size_t(row.site)].layer;
        line.cells = {{double(layer), QString::number(layer), siteText(shape, row.site)},
            {double(row.expert.value), QString::number(row.expert.value)}, {row.a}, {row.b},
            {difference, signedText(difference)}};
        if (row.interval)
            line.cells.push_back({row.interval->second - row.interval->first,
                '[' + signedText(row.interval->first) + ", " + signedText(row.interval->second) + ']'});
        else
            line.cells.push_back({{}, {}, "A side has too few sequences for an interval over them"});
        line.cells.push_back({double(row.countA), countText(row.countA)});
        line.cells.push_back({double(row.countB), countText(row.countB)});
        if (!ofBoth)
            line.cells.push_back({double(row.beyondNoise), row.beyondNoise ? "yes" : "no"});
        table.push_back(std::move(line));
    }
    list.model->setTable(std::move(columns), std::move(table));
    list.model->setPins(m_session.selection().pins());
}

void DifferenceLists::show(
    const ExpertDifferences& found, const std::pair<QString, QString>& names, const RoutingShape& shape)
{
    m_names = names;
    fill(m_lists[0], found.onlyA, shape, false);
    fill(m_lists[1], found.onlyB, shape, false);
    fill(m_lists[2], found.beyond, shape, true);
    const QString texts[] = {"Only in A", "Only in B", "Differ beyond noise"};
    const std::size_t counts[] = {found.onlyA.size(), found.onlyB.size(), found.beyond.size()};
    for (std::size_t i = 0; i < m_lists.size(); ++i) {
        const int tab = m_tabs->indexOf(m_lists[i].table);
        m_tabs->setTabText(tab, texts[i] + " (" + countText(counts[i]) + ')');
        m_tabs->setTabToolTip(tab, i == 0 ? names.first : i == 1 ? names.second : names.first + ", " + names.second);
    }
    m_copy->setEnabled(!csv().isEmpty());
    QStringList said{counted(found.unchanged, "chosen alike but for noise")};
    if (found.neither > 0)
        said << counted(found.neither, "chosen by neither");
    if (found.notShared > 0)
        said << counted(found.notShared, "of routers that one of them lacks");
    if (!found.intervals)
        said << "no intervals: a side has too few sequences";
    m_summary->setText(said.join(" · "));
}

void DifferenceLists::showNothing(const QString& why)
{
    for (const List& list : m_lists) {
        list.model->setTable({}, {});
        const int tab = m_tabs->indexOf(list.table);
        m_tabs->setTabText(tab, m_tabs->tabText(tab).section(" (", 0, 0));
    }
    m_copy->setEnabled(false);
    m_summary->setText(why);
}

QString DifferenceLists::summary() const
{
    return m_summary->text();
}

QByteArray DifferenceLists::csv() const
{
    for (const List& list : m_lists) {
        if (list.table == m_tabs->currentWidget() && list.model->rowCount() > 0)
            return list.model->csv();
    }
    return {};
}

void DifferenceLists::setFront(QWidget* widget, const QString& title)
{
    if (widget == m_front)
        return;
    if (m_front) {
        if (m_tabs->currentWidget() == m_front)
            m_tabs->setCurrentWidget(m_lists.back().table);
        m_tabs->removeTab(m_tabs->indexOf(m_front));
    }
    m_front = widget;
    if (widget)
        m_tabs->setCurrentIndex(m_tabs->insertTab(0, widget, title));
    emit m_tabs->currentChanged(m_tabs->currentIndex()); // the same tab may be another kind now
}

}
