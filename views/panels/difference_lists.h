// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/study/expert_differences.h"

#include <QWidget>

#include <vector>

class QTabWidget;
class QTableView;
class QToolButton;

namespace expertscope {

class ElidedLabel;
class ResultTableModel;
class ResultTableSorter;
class Session;

/// Experts that only A chooses, only B, and those of both whose load differs beyond noise: a table each. A click pins
/// the expert, Return too.
class DifferenceLists final : public QWidget
{
    Q_OBJECT
public:
    explicit DifferenceLists(Session& session, QWidget* parent = nullptr);

    void show(const ExpertDifferences& found, const std::pair<QString, QString>& names, const RoutingShape& shape);
    /// Instead of tables: what is wrong, or that they are being made.
    void showNothing(const QString& why);
    /// The table in front: a header and all rows.
    QByteArray csv() const;
    QTabWidget* tabs() const { return m_tabs; }
    /// Another tab in front of the lists, where there is no room beside them; null: none. It is not deleted here.
    void setFront(QWidget* widget, const QString& title);
    QString summary() const;

    QSize minimumSizeHint() const override { return {140, 60}; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct List
    {
        ResultTableModel* model = nullptr;
        ResultTableSorter* sorted = nullptr;
        QTableView* table = nullptr;
    };
    List addList(const char* id, const QString& name);
    void fill(const List& list, const std::vector<ExpertDifference>& rows, const RoutingShape& shape, bool ofBoth);
    void pin(const List& list, const QModelIndex& index);

    Session& m_session;
    std::vector<List> m_lists; ///< only A, only B, beyond noise
    std::pair<QString, QString> m_names;
    QTabWidget* m_tabs = nullptr;
    QWidget* m_front = nullptr;
    ElidedLabel* m_summary = nullptr;
    QToolButton* m_copy = nullptr;
};

}
