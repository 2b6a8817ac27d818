// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/panels/view.h"

namespace expertscope {

class CacheWhatIf;
class HardwareWhatIf;
class PlacementWhatIf;

/// The cache what-if as a view.
class CacheWhatIfPanel final : public View
{
    Q_OBJECT
public:
    explicit CacheWhatIfPanel(Session& session, QWidget* parent = nullptr);

    CacheWhatIf* whatIf() const { return m_view; }
    QString readout() const override;
    QString note() const override;
    bool stop() override;
    QByteArray csv() const override;
    std::vector<ViewKey> keys() const override;
    QString definition() const override;
    QJsonObject state() const override;
    QStringList restore(const QJsonObject& state) override;

private:
    CacheWhatIf* m_view = nullptr;
    QString m_said;
};

/// What the cache of the what-if is worth on a machine.
class HardwareWhatIfPanel final : public View
{
    Q_OBJECT
public:
    explicit HardwareWhatIfPanel(Session& session, QWidget* parent = nullptr);

    HardwareWhatIf* whatIf() const { return m_view; }
    bool stop() override;
    QByteArray csv() const override;
    QString definition() const override;

private:
    HardwareWhatIf* m_view = nullptr;
};

/// Experts spread over GPUs, as a view.
class PlacementWhatIfPanel final : public View
{
    Q_OBJECT
public:
    explicit PlacementWhatIfPanel(Session& session, QWidget* parent = nullptr);

    PlacementWhatIf* whatIf() const { return m_view; }
    QString readout() const override;
    bool stop() override;
    QByteArray csv() const override;
    QString definition() const override;
    QJsonObject state() const override;
    QStringList restore(const QJsonObject& state) override;

private:
    PlacementWhatIf* m_view = nullptr;
    QString m_said;
};

}
