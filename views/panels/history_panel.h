// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/panels/view.h"

class QListWidget;

namespace expertscope {

/// Steps of both kinds in one list, what was taken back faint; a click goes there.
class HistoryPanel final : public View
{
    Q_OBJECT
public:
    explicit HistoryPanel(Session& session, QWidget* parent = nullptr);

    QSize minimumSizeHint() const override { return {140, 60}; }

private:
    void fill();
    void goTo(int row);

    Session& m_session;
    QListWidget* m_list = nullptr;
};

}
