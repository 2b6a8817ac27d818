// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/profile/expert_profile.h"
#include "views/panels/card_panel.h"

class QTabBar;

namespace expertscope {

/// The card of the expert that was pinned last, of the tokens that the filters leave; those before it wait in tabs.
class ExpertPanel final : public CardPanel
{
    Q_OBJECT
public:
    explicit ExpertPanel(Session& session, QWidget* parent = nullptr);

    const std::vector<ExpertAt>& experts() const { return m_experts; } ///< the one pinned last first
    const ExpertProfile& profile() const { return m_profile; } ///< of the card shown
    QByteArray csv() const override;

private:
    void request() override;
    Card write() const override;
    void follow(); ///< what is pinned
    void forget(); ///< experts that another trace does not have

    QTabBar* m_tabs = nullptr;
    std::vector<ExpertAt> m_experts; ///< [tab]
    ExpertProfile m_profile;
};

}
