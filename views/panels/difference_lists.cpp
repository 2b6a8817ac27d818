// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/difference_lists.h"

#include "views/charts/wording.h"
#include "views/session/session.h"
#include "views/widgets/result_table_model.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QTableView>
#include <QToolButton>

namespace expertscope {

namespace {

QString signedText(double value)
{
    return (value > 0 ? "+" : "") + numberText(value);
}

/// "1 expert", "214 experts".
QString counted(std::uint64_t count, const QString& what)
{
    return countText(count) + ' ' + what;
}

}

DifferenceLists::DifferenceLists(Session& session, QWidget* parent)
    : QTabWidget(parent)
    , m_session(session)
{
    setObjectName("differenceLists");
    setDocumentMode(true);
    m_lists = {addList("onlyA", "Only in A"), addList("onlyB", "Only in B"), addList("beyondNoise", "Differ beyond noise")};
    auto* corner = new QWidget(this);
    auto* layout = new QHBoxLayout(corner);
    layout->setContentsMargins(8, 0, 4, 0);
    layout->setSpacing(8);
    m_summary = new QLabel(corner);
    m_summary->setObjectName("differenceSummary");
    m_summary->setProperty("faint", true);
    layout->addWidget(m_summary);
    auto* copy = new QToolButton(corner);
    copy->setText("Copy list");
    copy->setObjectName("copyDifferences");
    copy->setToolTip("Copy the numbers of this list as CSV");
    copy->setAutoRaise(true);
    copy->setFocusPolicy(Qt::StrongFocus);
    connect(copy, &QToolButton::clicked, this, [this] { QApplication::clipboard()->setText(QString::fromUtf8(csv())); });
    layout->addWidget(copy);
    setCornerWidget(corner);
    setCurrentIndex(2);
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
    list.table->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
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
    addTab(list.table, name);
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
    return QTabWidget::eventFilter(watched, event);
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
            line.cells.push_back({{}, {}, "A side has a single sequence: there is no interval over sequences"});
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
    for (int i = 0; i < 3; ++i) {
        setTabText(i, texts[i] + " (" + countText(counts[i]) + ')');
        setTabToolTip(i, (i == 0 ? names.first : i == 1 ? names.second : names.first + ", " + names.second));
    }
    QStringList said{counted(found.unchanged, "unchanged")};
    if (found.neither > 0)
        said << counted(found.neither, "chosen by neither");
    if (found.notShared > 0)
        said << counted(found.notShared, "of routers that one of them lacks");
    if (found.replicates == 0)
        said << "no intervals: one sequence";
    m_summary->setText(said.join(" · "));
    m_summary->setToolTip("Experts that both choose as often, but for noise, and the rest");
}

void DifferenceLists::showNothing(const QString& why)
{
    for (int i = 0; i < int(m_lists.size()); ++i) {
        m_lists[std::size_t(i)].model->setTable({}, {});
        setTabText(i, tabText(i).section(" (", 0, 0));
    }
    m_summary->setText(why);
    m_summary->setToolTip(why);
}

QString DifferenceLists::summary() const
{
    return m_summary->text();
}

QByteArray DifferenceLists::csv() const
{
    const List& list = m_lists[std::size_t(currentIndex())];
    return list.model->rowCount() > 0 ? list.model->csv() : QByteArray();
}

}
