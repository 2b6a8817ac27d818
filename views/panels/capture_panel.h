// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/panels/view.h"

namespace expertscope {

class CaptureForm;
class Session;

/// A capture that is asked for and watched, as a view; needs no trace. The session follows it.
class CapturePanel final : public View
{
    Q_OBJECT
public:
    explicit CapturePanel(Session& session, QWidget* parent = nullptr);

    CaptureForm* form() const { return m_form; }
    bool stop() override;
    std::vector<ViewKey> keys() const override;
    QString definition() const override;
    QJsonObject state() const override;
    QStringList restore(const QJsonObject& state) override;

private:
    void follow(const QString& path);
    void end(const QString& path);

    Session& m_session;
    CaptureForm* m_form = nullptr;
    bool m_follows = false; ///< this capture was shown already
};

}
