// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/balance_panel.h"

#include "views/charts/wording.h"
#include "views/panels/chart_definition.h"
#include "views/session/session.h"
#include "views/widgets/result_table_model.h"

#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QTableView>
#include <QVBoxLayout>

namespace expertscope {

namespace {

struct Measure
{
    const char *metric, *title, *tip;
};
constexpr Measure kMeasures[] = {
    {"balance.max_vio", "MaxVio", "Largest load above the mean: max c / mean c − 1"},
    {"balance.cv", "CV", "Coefficient of variation of the load: population SD / mean"},
    {"balance.entropy", "Entropy", "Entropy of the load / log E"},
    {"balance.dead", "Dead", "Experts never chosen"},
};

TableCell cellOf(const ResultRow& row)
{
    if (!row.value)
        return {{}, {}, QString::fromStdString(row.undefined)};
    const bool count = row.unit == "experts" && row.site; // whole, but for the mean of all sites
    return {*row.value, count ? countText(std::uint64_t(*row.value)) : QString(),
        row.uniform ? "uniform " + numberText(*row.uniform) : QString()};
}

}

BalancePanel::BalancePanel(Session& session, QWidget* parent)
    : View(parent)
    , m_session(session)
    , m_model(new ResultTableModel(this))
    , m_sorted(new ResultTableSorter(this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_error = new QLabel(this);
    m_error->setObjectName("balanceError");
    m_error->setWordWrap(true);
    m_error->setProperty("error", true);
    m_error->setMargin(8);
    m_error->hide();
    layout->addWidget(m_error);
    m_sorted->setSourceModel(m_model);
    m_table = new QTableView(this);
    m_table->setObjectName("balanceTable");
    m_table->setModel(m_sorted);
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(0, Qt::AscendingOrder);
    m_table->setTabKeyNavigation(false); // Tab goes on to the next view
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(m_table->fontMetrics().height() + 6);
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setShowGrid(false);
    m_table->setAlternatingRowColors(true);
    m_table->setMouseTracking(true);
    m_table->setToolTip("Click pins a layer in all views");
    m_table->viewport()->installEventFilter(this);
    m_table->installEventFilter(this);
    layout->addWidget(m_table, 1);
    setFocusProxy(m_table);

    connect(&session, &Session::opened, this, [this] {
        m_model->setTable({}, {});
        ask();
    });
    connect(&session.filters(), &FilterStack::changed, this, &BalancePanel::ask);
    connect(&session.selection(), &SharedSelection::pinsChanged, this,
        [this] { m_model->setPins(m_session.selection().pins()); });
    connect(m_table, &QTableView::clicked, this, [this](const QModelIndex& index) {
        m_session.selection().choose(m_model->row(m_sorted->mapToSource(index).row()).subject, this);
    });
    connect(m_table, &QTableView::entered, this, &BalancePanel::hover);
}

void BalancePanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    if (m_stale)
        ask();
}

void BalancePanel::ask()
{
    m_stale = true;
    if (!m_session.study() || !isVisible())
        return m_session.cancel(this);
    m_stale = false;
    m_session.askMetrics(this, {{"balance"}}, [this](const Expected<std::vector<ResultsPtr>>& results) {
        if (results)
            fill(*results->front());
        else
            showError(QString::fromStdString(results.error().message()));
    });
}

bool BalancePanel::stop()
{
    if (!m_session.waits(this))
        return false;
    m_session.cancel(this);
    m_stale = true; // asks again when it is shown again
    showError("stopped before it was computed");
    return true;
}

void BalancePanel::showError(const QString& text)
{
    m_model->setTable({}, {}); // numbers of other tokens
    m_error->setText(text);
    m_error->show();
}

void BalancePanel::fill(const Results& results)
{
    const RoutingShape& shape = *m_session.filters().shape();
    std::vector<TableColumn> columns{{"Layer", "Layer of the model"}};
    for (const Measure& measure : kMeasures)
        columns.push_back({measure.title, QString::fromUtf8(measure.tip)});
    std::vector<TableRow> rows;
    TableRow mean{std::vector<TableCell>(columns.size()), {}, true};
    mean.cells[0].text = "mean";
    for (std::size_t site = 0; site < shape.sites.size(); ++site) {
        TableRow row{std::vector<TableCell>(columns.size()), {.site = SiteIndex(std::uint16_t(site))}};
        row.cells[0] = {double(shape.sites[site].layer), QString::number(shape.sites[site].layer),
            siteText(shape, SiteIndex(std::uint16_t(site)))};
        rows.push_back(std::move(row));
    }
    for (const ResultRow& result : results.rows) {
        for (std::size_t m = 0; m < std::size(kMeasures); ++m) {
            if (result.metric != kMeasures[m].metric)
                continue;
            if (result.site)
                rows[std::size_t(*result.site)].cells[m + 1] = cellOf(result);
            else
                mean.cells[m + 1] = cellOf(result);
        }
    }
    if (rows.size() > 1)
        rows.push_back(std::move(mean));
    m_error->hide();
    m_hovered = -1;
    m_model->setTable(std::move(columns), std::move(rows));
    m_model->setPins(m_session.selection().pins());
    emit contentChanged();
}

void BalancePanel::hover(const QModelIndex& index)
{
    m_hovered = index.isValid() ? m_sorted->mapToSource(index).row() : -1;
    m_session.selection().hover(m_hovered >= 0 ? m_model->row(m_hovered).subject : Subject(), this);
    emit readoutChanged();
}

bool BalancePanel::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_table->viewport() && event->type() == QEvent::Leave)
        hover({});
    if (watched == m_table && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if ((key == Qt::Key_Return || key == Qt::Key_Enter) && m_table->currentIndex().isValid()) {
            m_session.selection().choose(
                m_model->row(m_sorted->mapToSource(m_table->currentIndex()).row()).subject, this);
            return true;
        }
    }
    return View::eventFilter(watched, event);
}

QString BalancePanel::readout() const
{
    if (m_hovered < 0 || m_hovered >= m_model->rowCount())
        return {};
    QStringList parts;
    for (int c = 0; c < m_model->columnCount(); ++c) {
        const QString text = m_model->index(m_hovered, c).data().toString();
        const QString tip = m_model->index(m_hovered, c).data(Qt::ToolTipRole).toString();
        if (c == 0)
            parts << (tip.isEmpty() ? "Mean of all layers" : tip);
        else
            parts << m_model->headerData(c, Qt::Horizontal, Qt::DisplayRole).toString() + ' ' + text
                    + (tip.isEmpty() ? QString() : " (" + tip + ")");
    }
    return joinedReadout(parts);
}

QString BalancePanel::definition() const
{
    QString measures;
    for (const Measure& measure : kMeasures)
        measures += QString("<br><i>%1</i> %2").arg(measure.title, QString::fromUtf8(measure.tip).toHtmlEscaped());
    return metricsDefinition({{"balance"}}) + "<p>" + measures.mid(4) + "</p>";
}

std::vector<ViewKey> BalancePanel::keys() const
{
    return {{"arrows", "from row to row"}, {"Enter, click", "pin the layer"}, {"click on a title", "sort by it"}};
}

QByteArray BalancePanel::csv() const
{
    return m_model->rowCount() > 0 ? m_model->csv() : QByteArray();
}

}
