// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/results/result_document.h"

#include <QAbstractTableModel>

#include <memory>

namespace expertscope {

/// Rows of results: what, where, value, uniform, n.
class ResultsModel final : public QAbstractTableModel
{
    Q_OBJECT
public:
    using QAbstractTableModel::QAbstractTableModel;

    static constexpr int kSortRole = Qt::UserRole; ///< numbers as numbers

    void setDocument(std::shared_ptr<const results::ResultDocument> document);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString text(const ResultRow& row, int column) const;
    QVariant sortKey(const ResultRow& row, int column) const;
    std::shared_ptr<const results::ResultDocument> m_document;
};

}
