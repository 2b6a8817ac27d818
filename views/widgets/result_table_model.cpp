// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/widgets/result_table_model.h"

#include "views/charts/wording.h"

#include <QFont>
#include <QGuiApplication>
#include <QPalette>

#include <algorithm>

namespace expertscope {

void ResultTableModel::setTable(std::vector<TableColumn> columns, std::vector<TableRow> rows)
{
    beginResetModel();
    m_columns = std::move(columns);
    m_rows = std::move(rows);
    endResetModel();
}

void ResultTableModel::setPins(const std::vector<Subject>& pins)
{
    m_pins = pins;
    if (!m_rows.empty())
        emit dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1), {Qt::FontRole, Qt::ForegroundRole});
}

int ResultTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int ResultTableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_columns.size());
}

QVariant ResultTableModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= int(m_rows.size()))
        return {};
    const TableRow& row = m_rows[std::size_t(index.row())];
    const TableCell& cell = row.cells[std::size_t(index.column())];
    const bool pinned = std::ranges::any_of(
        m_pins, [&](const Subject& pin) { return !row.subject.empty() && agree(pin, row.subject); });
    switch (role) {
    case Qt::DisplayRole:
        return !cell.text.isEmpty() ? cell.text : cell.value ? numberText(*cell.value) : QStringLiteral("–");
    case ValueRole:
        return cell.value ? QVariant(*cell.value) : QVariant();
    case SummaryRole:
        return row.summary;
    case Qt::ToolTipRole:
        return cell.tip.isEmpty() ? QVariant() : QVariant(cell.tip);
    case Qt::TextAlignmentRole:
        return int(Qt::AlignRight | Qt::AlignVCenter);
    case Qt::FontRole:
        if (pinned || row.summary) {
            QFont font;
            font.setBold(pinned);
            font.setItalic(row.summary);
            return font;
        }
        return {};
    case Qt::ForegroundRole:
        return pinned ? QVariant(QGuiApplication::palette().link()) : QVariant();
    default:
        return {};
    }
}

QVariant ResultTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= int(m_columns.size()))
        return {};
    switch (role) {
    case Qt::DisplayRole:
        return m_columns[std::size_t(section)].title;
    case Qt::ToolTipRole:
        return m_columns[std::size_t(section)].tip;
    case Qt::TextAlignmentRole:
        return int(Qt::AlignRight | Qt::AlignVCenter);
    default:
        return {};
    }
}

QByteArray ResultTableModel::csv() const
{
    QByteArray csv;
    for (const TableColumn& column : m_columns)
        csv += (csv.isEmpty() ? "" : ",") + csvText(column.title.toStdString());
    csv += '\n';
    for (const TableRow& row : m_rows) {
        for (std::size_t c = 0; c < row.cells.size(); ++c) {
            const TableCell& cell = row.cells[c];
            csv += (c > 0 ? "," : "")
                + (cell.value         ? csvNumber(*cell.value)
                        : row.summary ? csvText(cell.text.toStdString())
                                      : QByteArray());
        }
        csv += '\n';
    }
    return csv;
}

bool ResultTableSorter::lessThan(const QModelIndex& left, const QModelIndex& right) const
{
    const bool up = sortOrder() == Qt::AscendingOrder; // else `left` and `right` change places
    const bool summaryLeft = left.data(ResultTableModel::SummaryRole).toBool(),
               summaryRight = right.data(ResultTableModel::SummaryRole).toBool();
    if (summaryLeft != summaryRight)
        return summaryRight == up;
    const QVariant a = left.data(ResultTableModel::ValueRole), b = right.data(ResultTableModel::ValueRole);
    if (a.isValid() != b.isValid())
        return a.isValid() == up;
    return a.toDouble() < b.toDouble();
}

}
