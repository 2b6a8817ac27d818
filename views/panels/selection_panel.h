// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/profile/selection_profile.h"
#include "views/panels/card_panel.h"

class QComboBox;
class QToolButton;

namespace expertscope {

/// What is pinned, or without pins what the filters leave: how many tokens, how they are routed at one site.
class SelectionPanel final : public CardPanel
{
    Q_OBJECT
public:
    explicit SelectionPanel(Session& session, QWidget* parent = nullptr);

    const SelectionProfile& profile() const { return m_profile; } ///< of the card shown
    const SelectionQuestion& question() const { return m_question; } ///< which it answers
    QByteArray csv() const override;

private:
    void request() override;
    Card write() const override;
    void fillSites();
    void follow(); ///< what is pinned
    void updateButtons();
    void filter(bool keep);

    QComboBox* m_site = nullptr;
    QToolButton *m_keep = nullptr, *m_drop = nullptr, *m_unpin = nullptr;
    SelectionQuestion m_question;
    std::vector<Subject> m_pins; ///< of the card shown
    SelectionProfile m_profile;
};

}
