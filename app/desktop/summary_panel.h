// SPDX-License-Identifier: GPL-3.0-or-later
//
// The panel beside the map: what the trace is, and how balanced each layer is.
#pragma once

#include "views/load/balance_model.h"
#include "views/load/load_view.h"

#include <QWidget>

class QFormLayout;
class QLabel;
class QSplitter;
class QTableView;

namespace expertscope {

class SummaryPanel final : public QWidget
{
    Q_OBJECT
public:
    explicit SummaryPanel(QWidget* parent = nullptr);

    void setTrace(const TraceFacts& facts);
    /// `selection`: which tokens the numbers are of, "all tokens" or "language=de".
    void setTables(const LoadTables& tables, const QString& selection);
    const BalanceModel* balance() const { return m_model; }

private:
    QWidget* m_facts = nullptr;
    QSplitter* m_splitter = nullptr;
    QFormLayout* m_form = nullptr;
    QLabel* m_balanceTitle = nullptr;
    QTableView* m_table = nullptr;
    BalanceModel* m_model = nullptr;
};

}
