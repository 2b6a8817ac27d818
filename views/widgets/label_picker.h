// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/session/filter_stack.h"

#include <QFrame>

class QLineEdit;
class QListView;
class QSortFilterProxyModel;
class QStandardItemModel;

namespace expertscope {

/// A list of all label values, searched by typing: Return keeps their tokens, Shift+Return drops them.
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

    FilterStack& m_filters;
    QLineEdit* m_search = nullptr;
    QListView* m_list = nullptr;
    QStandardItemModel* m_values = nullptr;
    QSortFilterProxyModel* m_found = nullptr;
};

}
