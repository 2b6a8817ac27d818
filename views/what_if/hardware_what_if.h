// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/what_if/what_if.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QPushButton;

namespace expertscope {

class CardView;
class RatioSlider;

/// What the what-if's cache is worth on a machine: presets and sliders, modelled speed beside them.
class HardwareWhatIf final : public QWidget
{
    Q_OBJECT
public:
    explicit HardwareWhatIf(Session& session, QWidget* parent = nullptr);

    Session& session() const { return m_session; }
    /// Of the present configuration; none: no table, or sizes are not known.
    const std::optional<cost::ModelledPoint>& point() const { return m_point; }
    QString stateText() const; ///< why there is none
    QByteArray csv() const;

    QSize minimumSizeHint() const override { return {200, 120}; }

signals:
    void contentChanged();

protected:
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct Row
    {
        QString name, value, kept, tip;
    };
    RatioSlider* slider(const QString& title, const QString& name, const QString& unit, double least, double most,
        double units, std::optional<double> Configuration::*member);
    void edit(const QString& what, const std::function<void(Configuration&)>& change);
    void lookUp(); ///< all of it, on every move of the mouse
    void showControls(const CacheTable* table);
    Expected<cost::ModelledPoint> model(const Configuration& configuration, const CacheTablePtr& table) const;
    void write();

    Session& m_session;
    WhatIf& m_whatIf;
    QComboBox *m_machine = nullptr, *m_level = nullptr;
    RatioSlider *m_link = nullptr, *m_latency = nullptr, *m_expert = nullptr, *m_dense = nullptr;
    QPushButton* m_reset = nullptr;
    QLabel* m_parts = nullptr;
    CardView* m_card = nullptr;
    std::optional<cost::ModelledPoint> m_point;
    QString m_why;
    std::vector<Row> m_rows;
};

}
