// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/dock_layout.h"

#include <QAction>
#include <QDockWidget>
#include <QLayout>
#include <QMainWindow>
#include <QSettings>
#include <QTabBar>
#include <QTimer>

#include <algorithm>

namespace expertscope {

namespace {

constexpr int kNarrow = 1100; ///< pixels that a centre between two columns of docks needs
constexpr const char* kSettings[] = {"window/docksWide", "window/docksNarrow"};

}

DockLayout::DockLayout(QMainWindow& window)
    : QObject(&window)
    , m_window(window)
    , m_settled(new QTimer(this))
{
    m_settled->setSingleShot(true);
    m_settled->setInterval(500);
    connect(m_settled, &QTimer::timeout, this, &DockLayout::remember);
}

void DockLayout::add(QDockWidget* dock, ViewPlace place, bool atFirst)
{
    m_window.addDockWidget(place == ViewPlace::Left ? Qt::LeftDockWidgetArea : Qt::RightDockWidgetArea, dock);
    dock->hide();
    m_docks.push_back({dock, place, atFirst});
    connect(dock->toggleViewAction(), &QAction::triggered, dock, [dock](bool shown) {
        if (shown)
            dock->raise(); // from behind its tab
    });
    connect(dock, &QDockWidget::visibilityChanged, this, &DockLayout::shownChanged);
}

bool DockLayout::isNarrow() const
{
    return m_window.width() < kNarrow;
}

void DockLayout::start()
{
    if (m_started)
        return;
    m_started = true;
    m_narrow = isNarrow();
    for (const int narrow : {0, 1})
        m_states[narrow] = QSettings().value(kSettings[narrow]).toByteArray();
    apply(m_states[m_narrow]);
}

void DockLayout::apply(const QByteArray& state)
{
    // Docks on their way must not ask the window for more room.
    QLayout* const layout = m_window.layout();
    const auto constraint = layout->sizeConstraint();
    layout->setSizeConstraint(QLayout::SetNoConstraint);
    if (state.isEmpty() || !m_window.restoreState(state))
        arrange();
    layout->activate();
    layout->setSizeConstraint(constraint);
    layout->activate(); // the window may become as small as docks allow now
    QTimer::singleShot(0, this, &DockLayout::showWholeTabs); // once there are tabs
}

void DockLayout::remember()
{
    if (isNarrow() == m_narrow && shown())
        m_states[m_narrow] = m_window.saveState();
}

/// A tab says all of its name; those that have no room are scrolled to.
void DockLayout::showWholeTabs()
{
    for (auto* bar : m_window.findChildren<QTabBar*>(Qt::FindDirectChildrenOnly)) {
        bar->setElideMode(Qt::ElideNone);
        bar->setUsesScrollButtons(true);
        bar->setExpanding(false);
    }
}

void DockLayout::save() const
{
    if (!m_started)
        return;
    QSettings settings;
    for (const bool narrow : {false, true}) {
        const QByteArray state = narrow == m_narrow ? m_window.saveState() : m_states[narrow];
        if (!state.isEmpty())
            settings.setValue(kSettings[narrow], state);
    }
}

void DockLayout::follow()
{
    if (!m_started)
        return;
    m_settled->start();
    if (isNarrow() == m_narrow)
        return;
    m_narrow = isNarrow();
    const bool hidden = !shown();
    // Not while the window still lays itself out.
    QTimer::singleShot(0, this, [this, hidden] {
        apply(m_states[m_narrow]);
        if (hidden)
            setShown(false);
    });
}

void DockLayout::arrange()
{
    for (const Dock& d : m_docks) {
        d.dock->setFloating(false);
        m_window.removeDockWidget(d.dock);
    }
    if (m_narrow)
        arrangeNarrow();
    else
        arrangeWide();
}

void DockLayout::arrangeWide()
{
    // To the left one above the other; to the right two places, in each of them tabs.
    std::vector<QDockWidget*> left, right[2], front(2);
    int counts[2] = {};
    for (const Dock& d : m_docks) {
        if (d.place == ViewPlace::Left) {
            m_window.addDockWidget(Qt::LeftDockWidgetArea, d.dock);
            left.push_back(d.dock);
        } else {
            const int which = counts[d.atFirst]++ % 2; // those that are shown take turns
            auto& place = right[which];
            if (d.atFirst && !front[std::size_t(which)])
                front[std::size_t(which)] = d.dock;
            if (place.empty())
                m_window.addDockWidget(Qt::RightDockWidgetArea, d.dock);
            else
                m_window.tabifyDockWidget(place.back(), d.dock);
            place.push_back(d.dock);
        }
        d.dock->setVisible(d.atFirst);
    }
    const int width = m_window.width();
    if (!left.empty())
        m_window.resizeDocks({left.front()}, {std::clamp(width / 5, 200, 320)}, Qt::Horizontal);
    for (const auto& place : right) {
        if (place.empty())
            continue;
        m_window.resizeDocks({place.front()}, {std::clamp(width * 3 / 10, 300, 640)}, Qt::Horizontal);
    }
    for (QDockWidget* dock : front) {
        if (dock)
            dock->raise();
    }
    if (!right[0].empty() && !right[1].empty())
        m_window.resizeDocks({right[0].front(), right[1].front()}, {1, 1}, Qt::Vertical);
    if (left.size() > 1)
        m_window.resizeDocks({left.begin(), left.end()}, QList<int>(qsizetype(left.size()), 1), Qt::Vertical);
}

void DockLayout::arrangeNarrow()
{
    QDockWidget* before = nullptr;
    for (const Dock& d : m_docks) {
        if (before)
            m_window.tabifyDockWidget(before, d.dock);
        else
            m_window.addDockWidget(Qt::RightDockWidgetArea, d.dock);
        d.dock->setVisible(d.atFirst);
        before = d.dock;
    }
    if (!before)
        return;
    m_docks.front().dock->raise();
    m_window.resizeDocks({m_docks.front().dock}, {std::max(220, m_window.width() * 2 / 5)}, Qt::Horizontal);
}

bool DockLayout::shown() const
{
    return std::ranges::any_of(m_docks, [](const Dock& d) { return !d.dock->isHidden(); });
}

void DockLayout::setShown(bool shown)
{
    if (shown == this->shown())
        return;
    if (!shown) {
        m_putAway.clear();
        for (const Dock& d : m_docks) {
            if (!d.dock->isHidden())
                m_putAway.push_back(d.dock);
        }
    } else if (m_putAway.empty()) {
        for (const Dock& d : m_docks) {
            if (d.atFirst)
                m_putAway.push_back(d.dock);
        }
    }
    for (QDockWidget* dock : m_putAway)
        dock->setVisible(shown);
    QTimer::singleShot(0, this, &DockLayout::showWholeTabs);
}

}
