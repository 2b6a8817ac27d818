// SPDX-License-Identifier: GPL-3.0-or-later
//
// Balance of each layer's load (metrics 6.1) as a table.
#pragma once

#include "views/load/load_map.h"

#include <QAbstractTableModel>

#include <vector>

namespace expertscope {

class BalanceModel final : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Column
    {
        Layer,
        MaxVio,
        Cv,
        Entropy,
        Dead,
        ColumnCount
    };

    using QAbstractTableModel::QAbstractTableModel;

    void setTables(const LoadTables& tables);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Row
    {
        int layer = 0;
        bool defined = false; ///< some expert was chosen
        double maxVio = 0, cv = 0, entropy = 0;
        std::uint64_t dead = 0;
    };
    std::vector<Row> m_rows;
};

}
