// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/load/balance_model.h"

#include "analysis/counts/balance_stats.h"

#include <cmath>

namespace expertscope {

void BalanceModel::setTables(const LoadTables& tables)
{
    beginResetModel();
    m_rows.clear();
    const std::size_t sites = tables.shape ? tables.shape->sites.size() : 0;
    for (std::size_t i = 0; i < sites; ++i) {
        const Site& site = tables.shape->sites[i];
        const LoadTable& table = *tables.selected;
        Row row;
        row.layer = site.layer;
        row.defined = table.choices[i] > 0 && site.numExperts > 0;
        if (row.defined) {
            const BalanceStats stats = balanceStats({table.counts.data() + i * table.numExperts, site.numExperts});
            row.maxVio = stats.maxVio;
            row.cv = stats.cv;
            row.entropy = site.numExperts > 1 ? stats.entropy / std::log(double(site.numExperts)) : 1;
            row.dead = stats.dead;
        }
        m_rows.push_back(row);
    }
    endResetModel();
}

int BalanceModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int BalanceModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant BalanceModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= int(m_rows.size()))
        return {};
    const Row& row = m_rows[std::size_t(index.row())];
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    if (index.column() == Layer)
        return row.layer;
    if (!row.defined)
        return QStringLiteral("–");
    switch (index.column()) {
    case MaxVio:
        return QString::number(row.maxVio, 'f', 2);
    case Cv:
        return QString::number(row.cv, 'f', 2);
    case Entropy:
        return QString::number(row.entropy, 'f', 3);
    case Dead:
        return qulonglong(row.dead);
    }
    return {};
}

QVariant BalanceModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    static const char* const names[] = {"Layer", "MaxVio", "CV", "Entropy", "Dead"};
    static const char* const tips[] = {"Layer of the model",
        "Largest load above the mean: max c / mean c − 1. Uniform 0, all on k experts E/k − 1",
        "Coefficient of variation of the load: population SD / mean. Uniform 0",
        "Entropy of the load / log E. Uniform 1", "Experts never chosen. Uniform 0"};
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    if (role == Qt::DisplayRole)
        return QString::fromUtf8(names[section]);
    if (role == Qt::ToolTipRole)
        return QString::fromUtf8(tips[section]);
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignRight | Qt::AlignVCenter);
    return {};
}

}
