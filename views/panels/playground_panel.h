// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/panels/view.h"

namespace expertscope {

class Playground;
class Session;

/// Prompts that are typed, as a view; needs no trace.
class PlaygroundPanel final : public View
{
    Q_OBJECT
public:
    explicit PlaygroundPanel(Session& session, QWidget* parent = nullptr);

    Playground* playground() const { return m_view; }
    QString readout() const override;
    bool stop() override;
    QByteArray csv() const override;
    std::vector<ViewKey> keys() const override;
    QString definition() const override;
    QJsonObject state() const override;
    QStringList restore(const QJsonObject& state) override;

private:
    Playground* m_view = nullptr;
};

}
