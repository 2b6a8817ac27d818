// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/results/result_document.h"
#include "views/session/job_tracker.h"

#include <QWidget>

#include <memory>

class QLabel;
class QLineEdit;
class QSortFilterProxyModel;
class QTableView;

namespace expertscope {

/// Results of a file as a table that is sorted and searched. A window of its own: they are of no trace that is open.
class ResultsWindow final : public QWidget
{
    Q_OBJECT
public:
    explicit ResultsWindow(QWidget* parent);

    void open(const QString& path); ///< read in a worker; what is wrong is said in its place
    int rows() const; ///< that are shown now

signals:
    void shown(); ///< read, or not

private:
    void fill(std::shared_ptr<const results::ResultDocument> document);
    void copy() const;

    JobTracker m_job;
    QLineEdit* m_search = nullptr;
    QLabel* m_said = nullptr;
    QTableView* m_table = nullptr;
    QSortFilterProxyModel* m_found = nullptr;
};

}
