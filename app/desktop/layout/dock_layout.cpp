// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/layout/dock_layout.h"

#include <QAction>
#include <QDockWidget>
#include <QLayout>
#include <QMainWindow>
#include <QMouseEvent>
#include <QSettings>
#include <QSize>
#include <QTabBar>
#include <QTimer>

#include <algorithm>

namespace expertscope {

namespace {

constexpr QSize kWide(1100, 600); ///< what a centre among docks on three sides needs
constexpr int kVersion = 2; ///< of states: those of windows with other places are not taken
constexpr const char* kSettings[] = {"window/docksWide", "window/docksNarrow"};

Qt::DockWidgetArea areaOf(ViewPlace place)
{
    switch (place) {
    case ViewPlace::Left:
        return Qt::LeftDockWidgetArea;
    case ViewPlace::Bottom:
        return Qt::BottomDockWidgetArea;
    default:
        return Qt::RightDockWidgetArea;
    }
}

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
    m_window.addDockWidget(areaOf(place), dock);
    dock->hide();
    m_docks.push_back({dock, place, atFirst});
    dock->installEventFilter(this);
    connect(dock, &QDockWidget::visibilityChanged, this, [this] {
        emit shownChanged();
        QTimer::singleShot(0, this, &DockLayout::showWholeTabs);
    });
}

void DockLayout::show(QDockWidget* dock)
{
    const auto self = std::ranges::find(m_docks, dock, &Dock::dock);
    if (self == m_docks.end())
        return;
    if (dock->isHidden()) {
        // Behind a neighbour that is shown where it belongs.
        for (const Dock& other : m_docks) {
            if (other.dock != dock && !other.dock->isHidden() && !other.dock->isFloating()
                && (m_narrow || other.place == self->place) && m_window.tabifiedDockWidgets(dock).isEmpty()
                && m_window.dockWidgetArea(dock) == m_window.dockWidgetArea(other.dock)) {
                m_window.tabifyDockWidget(other.dock, dock);
                break;
            }
        }
    }
    dock->show();
    dock->raise();
    QTimer::singleShot(0, this, &DockLayout::showWholeTabs);
}

void DockLayout::remove(QDockWidget* dock)
{
    std::erase_if(m_docks, [dock](const Dock& d) { return d.dock == dock; });
    std::erase(m_putAway, dock);
    disconnect(dock, nullptr, this, nullptr);
    m_window.removeDockWidget(dock);
}

bool DockLayout::isNarrow() const
{
    return m_window.width() < kWide.width() || m_window.height() < kWide.height();
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

bool DockLayout::apply(const QByteArray& state)
{
    // Docks on their way must not ask the window for more room.
    QLayout* const layout = m_window.layout();
    const auto constraint = layout->sizeConstraint();
    layout->setSizeConstraint(QLayout::SetNoConstraint);
    const bool restored = !state.isEmpty() && m_window.restoreState(state, kVersion);
    if (!restored)
        arrangeAll();
    layout->activate();
    layout->setSizeConstraint(constraint);
    layout->activate(); // the window may become as small as docks allow now
    QTimer::singleShot(0, this, &DockLayout::showWholeTabs); // once there are tabs
    return restored;
}

QByteArray DockLayout::state() const
{
    return held() ? m_held : m_window.saveState(kVersion);
}

bool DockLayout::restore(const QByteArray& state)
{
    m_window.centralWidget()->show();
    m_held.clear();
    return apply(state);
}

void DockLayout::remember()
{
    if (isNarrow() == m_narrow && shown() && !held())
        m_states[m_narrow] = state();
}

/// A tab says all of its name; those that have no room are scrolled to.
void DockLayout::showWholeTabs()
{
    for (auto* bar : m_window.findChildren<QTabBar*>(Qt::FindDirectChildrenOnly)) {
        bar->setElideMode(Qt::ElideNone);
        bar->setUsesScrollButtons(true);
        bar->setExpanding(false);
        bar->removeEventFilter(this); // once
        bar->installEventFilter(this);
    }
}

void DockLayout::save() const
{
    if (!m_started)
        return;
    QSettings settings;
    for (const bool narrow : {false, true}) {
        const QByteArray kept = narrow == m_narrow ? state() : m_states[narrow];
        if (!kept.isEmpty())
            settings.setValue(kSettings[narrow], kept);
    }
}

void DockLayout::follow()
{
    if (!m_started || held())
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

void DockLayout::arrange(const std::vector<QDockWidget*>& docks)
{
    m_window.centralWidget()->show();
    m_held.clear();
    for (Dock& d : m_docks)
        d.atFirst = std::ranges::find(docks, d.dock) != docks.end();
    apply({});
}

void DockLayout::hold(QDockWidget* alone)
{
    if (!held())
        m_held = m_window.saveState(kVersion);
    for (const Dock& d : m_docks)
        d.dock->setVisible(d.dock == alone);
    m_window.centralWidget()->setVisible(!alone);
    if (alone) {
        alone->setFloating(false);
        alone->raise();
    }
}

void DockLayout::release()
{
    if (!held())
        return;
    m_window.centralWidget()->show();
    apply(std::exchange(m_held, {}));
    follow(); // the window may have become narrow meanwhile
}

void DockLayout::arrangeAll()
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
    arrangeSide(ViewPlace::Left);
    arrangeSide(ViewPlace::Right);
    arrangeBottom();
}

/// Two places one above the other, in each of them tabs; those that are shown take turns.
void DockLayout::arrangeSide(ViewPlace side)
{
    std::vector<QDockWidget*> places[2];
    QDockWidget* front[2] = {};
    int counts[2] = {};
    for (const Dock& d : m_docks) {
        if (d.place != side)
            continue;
        const int which = counts[d.atFirst]++ % 2;
        if (d.atFirst && !front[which])
            front[which] = d.dock;
        if (places[which].empty())
            m_window.addDockWidget(areaOf(side), d.dock);
        else
            m_window.tabifyDockWidget(places[which].back(), d.dock);
        places[which].push_back(d.dock);
        d.dock->setVisible(d.atFirst);
    }
    const int width = m_window.width();
    const int wanted =
        side == ViewPlace::Left ? std::clamp(width * 11 / 50, 200, 320) : std::clamp(width * 9 / 40, 280, 480);
    for (const auto& place : places) {
        if (!place.empty())
            m_window.resizeDocks({place.front()}, {wanted}, Qt::Horizontal);
    }
    for (QDockWidget* dock : front) {
        if (dock)
            dock->raise();
    }
    if (!places[0].empty() && !places[1].empty())
        m_window.resizeDocks({places[0].front(), places[1].front()}, {1, 1}, Qt::Vertical);
}

/// Docks as tabs of one area. Returns the one in front; null: none of them is shown.
QDockWidget* DockLayout::stack(const std::vector<const Dock*>& docks, Qt::DockWidgetArea area)
{
    QDockWidget *before = nullptr, *front = nullptr;
    for (const Dock* d : docks) {
        if (before)
            m_window.tabifyDockWidget(before, d->dock);
        else
            m_window.addDockWidget(area, d->dock);
        d->dock->setVisible(d->atFirst);
        if (d->atFirst && !front)
            front = d->dock;
        before = d->dock;
    }
    if (front)
        front->raise();
    return front;
}

void DockLayout::arrangeBottom()
{
    std::vector<const Dock*> docks;
    for (const Dock& d : m_docks) {
        if (d.place == ViewPlace::Bottom)
            docks.push_back(&d);
    }
    if (QDockWidget* front = stack(docks, Qt::BottomDockWidgetArea))
        m_window.resizeDocks({front}, {std::clamp(m_window.height() / 5, 110, 240)}, Qt::Vertical);
}

void DockLayout::arrangeNarrow()
{
    std::vector<const Dock*> docks;
    for (const Dock& d : m_docks)
        docks.push_back(&d);
    if (QDockWidget* front = stack(docks, Qt::RightDockWidgetArea))
        m_window.resizeDocks({front}, {std::max(220, m_window.width() * 2 / 5)}, Qt::Horizontal);
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

/// Qt tells tabs of docks by their titles only.
QDockWidget* DockLayout::dockOfTab(const QObject* bar, const QPoint& at) const
{
    const auto* tabs = qobject_cast<const QTabBar*>(bar);
    const int tab = tabs ? tabs->tabAt(at) : -1;
    if (tab < 0)
        return nullptr;
    const auto found =
        std::ranges::find(m_docks, tabs->tabText(tab), [](const Dock& d) { return d.dock->windowTitle(); });
    return found == m_docks.end() ? nullptr : found->dock;
}

bool DockLayout::eventFilter(QObject* watched, QEvent* event)
{
    const bool doubled = event->type() == QEvent::MouseButtonDblClick;
    const bool pressed = event->type() == QEvent::MouseButtonPress;
    if (!doubled && !pressed)
        return QObject::eventFilter(watched, event);
    const auto* mouse = static_cast<QMouseEvent*>(event);
    const QPoint at = mouse->position().toPoint();
    auto* dock = qobject_cast<QDockWidget*>(watched);
    if (dock && (!dock->widget() || at.y() >= dock->widget()->y()))
        return QObject::eventFilter(watched, event); // not its title
    if (!dock)
        dock = dockOfTab(watched, at);
    if (dock && doubled && mouse->button() == Qt::LeftButton) {
        emit titleDoubleClicked(dock);
        return true;
    }
    if (dock && pressed && mouse->button() == Qt::RightButton) {
        emit menuRequested(dock, mouse->globalPosition().toPoint());
        return true;
    }
    return QObject::eventFilter(watched, event);
}

}
