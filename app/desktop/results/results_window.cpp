// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/results/results_window.h"

#include "analysis/results/result_files.h"
#include "app/desktop/results/results_model.h"
#include "views/charts/wording.h"

#include <QApplication>
#include <QClipboard>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QVBoxLayout>

namespace expertscope {

ResultsWindow::ResultsWindow(QWidget* parent)
    : QWidget(parent, Qt::Window)
{
    setObjectName("resultsWindow");
    setAttribute(Qt::WA_DeleteOnClose);
    auto* layout = new QVBoxLayout(this);
    auto* row = new QHBoxLayout;
    m_search = new QLineEdit(this);
    m_search->setObjectName("resultsSearch");
    m_search->setPlaceholderText("Find: balance, layer, language = de …");
    m_search->setAccessibleName("Find in the results");
    m_search->setClearButtonEnabled(true);
    row->addWidget(m_search, 1);
    auto* copy = new QPushButton("Copy as CSV", this);
    copy->setObjectName("resultsCopy");
    connect(copy, &QPushButton::clicked, this, &ResultsWindow::copy);
    row->addWidget(copy);
    layout->addLayout(row);
    m_said = new QLabel("Reading …", this);
    m_said->setObjectName("resultsSaid");
    m_said->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_said->setWordWrap(true);
    m_said->setProperty("faint", true);
    layout->addWidget(m_said);
    m_found = new QSortFilterProxyModel(this);
    m_found->setFilterKeyColumn(-1);
    m_found->setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_found->setSortRole(ResultsModel::kSortRole);
    m_table = new QTableView(this);
    m_table->setObjectName("resultsTable");
    m_table->setModel(m_found);
    m_table->setTabKeyNavigation(false);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setAlternatingRowColors(true);
    m_table->setShowGrid(false);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(m_table->fontMetrics().height() + 6);
    m_table->horizontalHeader()->setStretchLastSection(true);
    layout->addWidget(m_table, 1);
    connect(m_search, &QLineEdit::textChanged, m_found, &QSortFilterProxyModel::setFilterFixedString);
    resize(parent ? parent->size().boundedTo({1000, 640}) : QSize(1000, 640));
}

void ResultsWindow::open(const QString& path)
{
    setWindowTitle(QFileInfo(path).fileName() + " – results");
    m_job.start([this, path](const JobTracker::Handle&) -> JobTracker::Delivery {
        auto read = results::readResults(path.toStdString());
        if (!read)
            return [this, error = read.error()] {
                m_said->setText(QString::fromStdString(error.message()));
                emit shown();
            };
        return [this, document = std::make_shared<const results::ResultDocument>(std::move(*read))] { fill(document); };
    });
}

void ResultsWindow::fill(std::shared_ptr<const results::ResultDocument> document)
{
    QStringList traces;
    for (const results::NamedValues& trace : document->origin.traces) {
        for (const auto& [name, value] : trace) {
            if (name == "path")
                traces << QFileInfo(QString::fromStdString(value)).fileName();
        }
    }
    QString said = countText(document->results.rows.size()) + " rows";
    if (!document->results.matrices.empty())
        said += ", " + countText(document->results.matrices.size()) + " matrices (not shown here)";
    m_said->setText(said + (traces.isEmpty() ? QString() : " of " + traces.join(", ")));
    auto* model = new ResultsModel(this);
    model->setDocument(std::move(document));
    m_found->setSourceModel(model);
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(-1, Qt::AscendingOrder); // as they stand in the file
    for (int column = 0; column < model->columnCount(); ++column)
        m_table->resizeColumnToContents(column);
    emit shown();
}

int ResultsWindow::rows() const
{
    return m_found->rowCount();
}

void ResultsWindow::copy() const
{
    QByteArray table;
    for (int column = 0; column < m_found->columnCount(); ++column)
        table += csvText(m_found->headerData(column, Qt::Horizontal).toString().toStdString())
            + (column + 1 < m_found->columnCount() ? ',' : '\n');
    for (int row = 0; row < m_found->rowCount(); ++row) {
        for (int column = 0; column < m_found->columnCount(); ++column)
            table += csvText(m_found->index(row, column).data().toString().toStdString())
                + (column + 1 < m_found->columnCount() ? ',' : '\n');
    }
    QApplication::clipboard()->setText(QString::fromUtf8(table));
}

}
