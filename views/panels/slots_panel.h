// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/panels/card_panel.h"
#include "views/what_if/what_if.h"

namespace expertscope {

/// The slots of the what-if's caches, the same for each layer or divided so that fewest requests miss.
class SlotsPanel final : public CardPanel
{
    Q_OBJECT
public:
    explicit SlotsPanel(Session& session, QWidget* parent = nullptr);

    const SlotDivision& division() const { return m_division; }
    QByteArray csv() const override;
    QString definition() const override;

private:
    void request() override;
    Card write() const override;

    WhatIf& m_whatIf;
    SlotDivision m_division;
    std::string m_asked; ///< what it is of
};

}
