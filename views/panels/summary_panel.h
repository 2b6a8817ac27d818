// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/spine/result.h"
#include "views/panels/card_panel.h"

namespace expertscope {

/// What the traces are that are open, and how evenly the layers of the first one use their experts.
class SummaryPanel final : public CardPanel
{
    Q_OBJECT
public:
    explicit SummaryPanel(Session& session, QWidget* parent = nullptr);

    bool stop() override;
    QByteArray csv() const override;

private:
    void request() override;
    Card write() const override;

    Results m_balance; ///< empty until it is known
};

}
