// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which tokens are looked at: a chip for each filter, how many tokens are left, a way to add and to clear.
#pragma once

#include "views/session/session.h"

#include <QWidget>

class QToolButton;

namespace expertscope {

class ElidedLabel;
class LabelPicker;
class OverflowRow;

class FilterBar final : public QWidget
{
    Q_OBJECT
public:
    /// Of the session's main side.
    explicit FilterBar(Session& session, QWidget* parent = nullptr);
    /// Of another one, which must outlive it.
    FilterBar(Session& session, SideState& side, QWidget* parent = nullptr);

    /// "1,204 of 84,310 tokens · 31 of 270 sequences".
    QString countText() const;
    void openPicker(); ///< the list of label values to filter by

private:
    void rebuild();
    void count();
    QWidget* chip(std::size_t at);

    Session& m_session;
    SideState& m_side;
    OverflowRow* m_chips = nullptr;
    QToolButton *m_add = nullptr, *m_clear = nullptr;
    ElidedLabel* m_count = nullptr;
    LabelPicker* m_picker = nullptr;
};

}
