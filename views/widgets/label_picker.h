// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/session/filter_stack.h"

#include <QFrame>

class QLabel;
class QLineEdit;
class QListView;
class QSortFilterProxyModel;
class QStandardItemModel;

namespace expertscope {

/// A list of all label values, searched by typing: Return keeps their tokens, Shift+Return drops them. What is typed may be a
/// condition on a recorded value instead: loss>=4, entropy@3<0.5.
class LabelPicker final : public QFrame
{
    Q_OBJECT
public:
    LabelPicker(FilterStack& filters, QWidget* parent);

    void openAt(const QPoint& global);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void fill();
    void choose(bool keep);
    void search(const QString& text);
    /// What is typed, as a condition that the trace can answer.
    std::optional<FilterStep> typedValue(bool keep) const;

    FilterStack& m_filters;
    QLineEdit* m_search = nullptr;
    QListView* m_list = nullptr;
    QStandardItemModel* m_values = nullptr;
    QSortFilterProxyModel* m_found = nullptr;
    QLabel* m_says = nullptr; ///< of what is typed that is no label value
};

}
