// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/what_if/budget_line.h"
#include "views/what_if/what_if.h"

class QComboBox;
class QLabel;
class QProgressBar;
class QSlider;
class QSpinBox;
class QStackedWidget;
class QToolButton;

namespace expertscope {

class StatePage;

/// What if the cache held so many experts: the configuration's controls, the curves of all policies with a line to drag,
/// and what is lost to the optima there.
class CacheWhatIf final : public QWidget
{
    Q_OBJECT
public:
    explicit CacheWhatIf(Session& session, QWidget* parent = nullptr);

    ChartWidget* chart() const { return m_chart; }
    BudgetLine* line() const { return m_line; }
    WhatIf& whatIf() const { return m_whatIf; }
    /// What stands in place of the curves; empty: they are shown.
    QString stateText() const;
    QString facts() const; ///< plain text
    QString note() const; ///< of a sample
    /// The command that computes the same, on the clipboard; what it says of it. Empty: there is no table.
    QString copyCommand();

    QSize minimumSizeHint() const override { return {240, 200}; }

signals:
    void contentChanged();
    void said(const QString& text);

protected:
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    QWidget* makeControls();
    QWidget* makeBudget();
    void edit(const QString& what, const std::function<void(Configuration&)>& change);
    void choosePlace(std::size_t place, bool ended);
    void showTable(); ///< the state, the curves
    void showChoice(); ///< controls, line, facts: on every move of the mouse
    void drawCurves();
    QString gapText(double rate, double optimum, const QString& name) const;

    Session& m_session;
    WhatIf& m_whatIf;
    QComboBox *m_policy = nullptr, *m_admission = nullptr, *m_service = nullptr, *m_phase = nullptr;
    QToolButton *m_keep = nullptr, *m_copy = nullptr, *m_stop = nullptr;
    QSlider* m_slider = nullptr;
    QSpinBox* m_slots = nullptr;
    QLabel *m_share = nullptr, *m_facts = nullptr, *m_contract = nullptr, *m_state = nullptr;
    QProgressBar* m_progress = nullptr;
    QStackedWidget* m_pages = nullptr;
    StatePage* m_page = nullptr;
    ChartWidget* m_chart = nullptr;
    BudgetLine* m_line = nullptr;
    /// What the curves are of.
    struct Drawn
    {
        CacheTablePtr table, kept;
        std::string policy, keptPolicy;
        bool operator==(const Drawn&) const = default;
    } m_drawn;
};

}
