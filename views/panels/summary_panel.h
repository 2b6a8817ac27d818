// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/panels/view.h"

class QFormLayout;

namespace expertscope {

/// What the traces are that are open.
class SummaryPanel final : public View
{
    Q_OBJECT
public:
    explicit SummaryPanel(Session& session, QWidget* parent = nullptr);

    QSize minimumSizeHint() const override { return {140, 80}; }

private:
    void fill();

    Session& m_session;
    QWidget* m_facts = nullptr;
    QFormLayout* m_form = nullptr;
};

}
