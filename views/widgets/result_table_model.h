// SPDX-License-Identifier: GPL-3.0-or-later
//
// Numbers in rows that are about something: sorted by their values, linked to what other views show.
#pragma once

#include "views/charts/subject.h"

#include <QAbstractTableModel>
#include <QSortFilterProxyModel>
#include <QString>

#include <optional>
#include <vector>

namespace expertscope {

struct TableColumn
{
    QString title;
    QString tip; ///< what it is, and what uniform routing gives
};

struct TableCell
{
    std::optional<double> value; ///< none: "–", with the reason in `tip`
    QString text = {}; ///< instead of the number
    QString tip = {};
};

struct TableRow
{
    std::vector<TableCell> cells; ///< one a column
    Subject subject = {};
    bool summary = false; ///< of all others: stays last however they are sorted
};

class ResultTableModel final : public QAbstractTableModel
{
    Q_OBJECT
public:
    using QAbstractTableModel::QAbstractTableModel;

    enum Role
    {
        ValueRole = Qt::UserRole, ///< the number
        SummaryRole
    };

    void setTable(std::vector<TableColumn> columns, std::vector<TableRow> rows);
    /// Rows of these subjects stand out.
    void setPins(const std::vector<Subject>& pins);
    const TableRow& row(int row) const { return m_rows[std::size_t(row)]; }
    /// A header and all rows, nine digits.
    QByteArray csv() const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<TableColumn> m_columns;
    std::vector<TableRow> m_rows;
    std::vector<Subject> m_pins;
};

/// Sorts by values; what is undefined comes after them, summaries last.
class ResultTableSorter final : public QSortFilterProxyModel
{
    Q_OBJECT
public:
    using QSortFilterProxyModel::QSortFilterProxyModel;

protected:
    bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;
};

}
