// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/study/study.h"
#include "views/panels/view.h"

class QLabel;
class QTableView;

namespace expertscope {

class ResultTableModel;
class ResultTableSorter;

/// Balance of each site's load (metrics 6.1) as a table: sorted by any column, its rows linked to the other views.
class BalancePanel final : public View
{
    Q_OBJECT
public:
    explicit BalancePanel(Session& session, QWidget* parent = nullptr);

    bool stop() override;
    QByteArray csv() const override;
    QString readout() const override;
    QString definition() const override;
    std::vector<ViewKey> keys() const override;
    QSize minimumSizeHint() const override { return {140, 80}; }

protected:
    void showEvent(QShowEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void ask();
    void fill(const Results& results);
    void showError(const QString& text);
    void hover(const QModelIndex& index);

    Session& m_session;
    bool m_stale = true; ///< asks when it is seen
    ResultTableModel* m_model = nullptr;
    ResultTableSorter* m_sorted = nullptr;
    QTableView* m_table = nullptr;
    QLabel* m_error = nullptr;
    int m_hovered = -1; ///< row of the model
};

}
