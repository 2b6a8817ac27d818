// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/panels/view.h"

namespace expertscope {

class TimelineView;
class TokenTextView;

/// The text of the trace as a view.
class TokenTextPanel final : public View
{
    Q_OBJECT
public:
    explicit TokenTextPanel(Session& session, QWidget* parent = nullptr);

    TokenTextView* textView() const { return m_view; }
    QString readout() const override;
    QString note() const override;
    QByteArray csv() const override;
    bool find() override;
    std::vector<ViewKey> keys() const override;
    QString definition() const override;
    QJsonObject state() const override;
    QStringList restore(const QJsonObject& state) override;
    bool stop() override;

private:
    TokenTextView* m_view = nullptr;
};

/// The sequence at the cursor of the text as a view.
class TokenTimelinePanel final : public View
{
    Q_OBJECT
public:
    explicit TokenTimelinePanel(Session& session, QWidget* parent = nullptr);

    TimelineView* timeline() const { return m_view; }
    QString readout() const override;
    QString note() const override;
    bool stop() override;
    std::vector<ViewKey> keys() const override;
    QString definition() const override;
    QJsonObject state() const override;
    QStringList restore(const QJsonObject& state) override;

private:
    TimelineView* m_view = nullptr;
};

}
