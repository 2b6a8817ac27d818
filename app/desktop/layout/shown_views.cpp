// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/layout/shown_views.h"

#include "views/widgets/state_pages.h"

#include <QAction>
#include <QApplication>
#include <QDockWidget>
#include <QMainWindow>
#include <QMenu>
#include <QMouseEvent>
#include <QPushButton>
#include <QSettings>
#include <QStackedWidget>
#include <QTabBar>
#include <QTabWidget>
#include <QToolButton>

#include <algorithm>

namespace expertscope {

namespace {

constexpr const char *kTabs = "window/tabs", *kTab = "window/tab";
constexpr QChar kCopy = '#'; ///< "chart.load#2": the second load map

struct Place
{
    ViewPlace place;
    const char* words;
};
constexpr Place kPlaces[] = {{ViewPlace::Centre, "Into the centre"}, {ViewPlace::Left, "To the left"},
    {ViewPlace::Right, "To the right"}, {ViewPlace::Bottom, "To the bottom"}};

}

ShownViews::ShownViews(Session& session, QMainWindow& window, QStackedWidget& centre)
    : QObject(&window)
    , m_session(session)
    , m_window(window)
    , m_centre(centre)
    , m_docks(new DockLayout(window))
{
    m_pages = new QStackedWidget(&centre);
    centre.addWidget(m_pages);
    m_tabs = new QTabWidget(m_pages);
    m_tabs->setObjectName("centreTabs");
    m_tabs->setDocumentMode(true);
    m_tabs->setMovable(true);
    m_tabs->setElideMode(Qt::ElideNone);
    m_tabs->setUsesScrollButtons(true);
    m_tabs->tabBar()->setExpanding(false);
    m_tabs->tabBar()->setDrawBase(false);
    m_tabs->tabBar()->setAccessibleName("Views in the centre");
    m_pages->addWidget(m_tabs);
    auto* more = new QToolButton(m_tabs);
    more->setObjectName("moreViews");
    more->setText("+");
    more->setAutoRaise(true);
    more->setFocusPolicy(Qt::StrongFocus);
    more->setToolTip("Open another chart or view  (Ctrl+P)");
    more->setAccessibleName("Open another view");
    m_tabs->setCornerWidget(more, Qt::TopRightCorner);
    connect(more, &QToolButton::clicked, this, &ShownViews::moreRequested);

    auto* nothing = new StatePage(m_pages);
    nothing->addText("No view is open here.")->setProperty("faint", true);
    connect(nothing->addButton("Open a chart…", "openView"), &QPushButton::clicked, this, &ShownViews::moreRequested);
    m_pages->addWidget(nothing);
    m_pages->setCurrentWidget(nothing);

    for (ViewSpec& spec : viewRegistry())
        add(std::move(spec));
    for (const auto& entry : m_entries) {
        if (entry->place != ViewPlace::Centre)
            dockOf(*entry);
    }

    connect(m_tabs, &QTabWidget::currentChanged, this, [this](int tab) {
        m_pages->setCurrentIndex(tab < 0);
        if (tab >= 0)
            setActive(static_cast<View*>(m_tabs->widget(tab)));
        updateActions();
    });
    connect(m_tabs, &QTabWidget::tabBarDoubleClicked, this, [this](int tab) {
        if (tab >= 0)
            toggleMaximised(static_cast<View*>(m_tabs->widget(tab)));
    });
    m_tabs->tabBar()->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(m_tabs->tabBar(), &QWidget::customContextMenuRequested, this, [this](const QPoint& at) {
        if (const int tab = m_tabs->tabBar()->tabAt(at); tab >= 0)
            openMenu(idOf(static_cast<View*>(m_tabs->widget(tab))), m_tabs->tabBar()->mapToGlobal(at));
    });
    connect(m_docks, &DockLayout::shownChanged, this, &ShownViews::updateActions);
    connect(m_docks, &DockLayout::titleDoubleClicked, this,
        [this](QDockWidget* dock) { toggleMaximised(static_cast<View*>(dock->widget())); });
    connect(m_docks, &DockLayout::menuRequested, this,
        [this](QDockWidget* dock, const QPoint& at) { openMenu(dock->objectName(), at); });
    connect(qApp, &QApplication::focusChanged, this, [this](QWidget*, QWidget* now) {
        for (QWidget* widget = now; widget; widget = widget->parentWidget()) {
            if (auto* view = qobject_cast<View*>(widget); view && find(view))
                return setActive(view);
        }
    });
}

ShownViews::~ShownViews()
{
    disconnect(qApp, nullptr, this, nullptr);
    disconnect(m_docks, nullptr, this, nullptr);
    disconnect(m_tabs, nullptr, this, nullptr);
    // Views talk to the session, which would be destroyed before them.
    for (const auto& entry : m_entries)
        delete entry->view;
}

ShownViews::Entry& ShownViews::add(ViewSpec spec)
{
    auto entry = std::make_unique<Entry>();
    entry->place = spec.place;
    auto* action = entry->action = new QAction(spec.title, this);
    action->setObjectName("panels." + spec.id);
    action->setToolTip(spec.tip);
    action->setCheckable(true);
    connect(action, &QAction::triggered, this, [this, id = spec.id] { isInFront(id) ? close(id) : show(id); });
    entry->spec = std::move(spec);
    m_entries.push_back(std::move(entry));
    return *m_entries.back();
}

ShownViews::Entry* ShownViews::find(const QString& id) const
{
    const auto found = std::ranges::find(m_entries, id, [](const auto& entry) { return entry->spec.id; });
    return found == m_entries.end() ? nullptr : found->get();
}

ShownViews::Entry* ShownViews::find(const QObject* holder) const
{
    const auto found = std::ranges::find_if(
        m_entries, [holder](const auto& entry) { return holder && (entry->view == holder || entry->dock == holder); });
    return found == m_entries.end() ? nullptr : found->get();
}

QStringList ShownViews::ids() const
{
    QStringList ids;
    for (const auto& entry : m_entries)
        ids << entry->spec.id;
    return ids;
}

QStringList ShownViews::shownIds() const
{
    QStringList ids;
    for (int tab = 0; tab < m_tabs->count(); ++tab)
        ids << idOf(static_cast<View*>(m_tabs->widget(tab)));
    for (const auto& entry : m_entries) {
        if (entry->dock && !entry->dock->isHidden())
            ids << entry->spec.id;
    }
    return ids;
}

const ViewSpec* ShownViews::spec(const QString& id) const
{
    const Entry* entry = find(id);
    return entry ? &entry->spec : nullptr;
}

View* ShownViews::view(const QString& id)
{
    Entry* entry = find(id);
    return entry ? make(*entry) : nullptr;
}

View* ShownViews::made(const QString& id) const
{
    const Entry* entry = find(id);
    return entry ? entry->view : nullptr;
}

std::vector<View*> ShownViews::madeViews() const
{
    std::vector<View*> views;
    for (const auto& entry : m_entries) {
        if (entry->view)
            views.push_back(entry->view);
    }
    return views;
}

QString ShownViews::idOf(const View* view) const
{
    const Entry* entry = find(view);
    return entry ? entry->spec.id : QString();
}

ViewPlace ShownViews::placeOf(const QString& id) const
{
    const Entry* entry = find(id);
    return entry ? entry->place : ViewPlace::Centre;
}

View* ShownViews::make(Entry& entry)
{
    if (entry.view)
        return entry.view;
    entry.view = entry.spec.make(m_session, m_pages);
    entry.view->hide();
    entry.view->setAccessibleName(entry.spec.title);
    const QString id = entry.spec.id;
    connect(entry.view, &View::duplicateRequested, this, [this, id](const QJsonObject& state) {
        if (const QString copy = duplicate(id, state); !copy.isEmpty())
            show(copy);
    });
    connect(entry.view, &View::broughtBack, this, [this, id] {
        if (isShown(id) && !isInFront(id))
            show(id);
    });
    if (!m_active)
        m_active = entry.view;
    emit viewMade(entry.view);
    return entry.view;
}

QDockWidget* ShownViews::dockOf(Entry& entry)
{
    if (entry.dock)
        return entry.dock;
    entry.dock = new QDockWidget(entry.spec.title, &m_window);
    entry.dock->setObjectName(entry.spec.id);
    entry.dock->setToolTip(entry.spec.tip);
    View* const view = make(entry);
    entry.dock->setWidget(view);
    view->show();
    m_docks->add(entry.dock, entry.place, entry.spec.atFirst && entry.place == entry.spec.place);
    return entry.dock;
}

void ShownViews::addTab(Entry& entry)
{
    View* const view = make(entry);
    if (m_tabs->indexOf(view) >= 0)
        return;
    const int tab = m_tabs->addTab(view, entry.spec.title);
    m_tabs->setTabToolTip(tab, entry.spec.tip);
    auto* close = new QToolButton(m_tabs->tabBar());
    close->setText(QStringLiteral("×"));
    close->setAutoRaise(true);
    close->setFocusPolicy(Qt::NoFocus); // Ctrl+W does it
    close->setToolTip("Close " + entry.spec.title + "  (Ctrl+W)");
    close->setAccessibleName(close->toolTip());
    connect(close, &QToolButton::clicked, this, [this, id = entry.spec.id] { this->close(id); });
    m_tabs->tabBar()->setTabButton(tab, QTabBar::RightSide, close);
}

bool ShownViews::isShown(const QString& id) const
{
    const Entry* entry = find(id);
    return entry && entry->view && (entry->dock ? !entry->dock->isHidden() : m_tabs->indexOf(entry->view) >= 0);
}

bool ShownViews::isInFront(const QString& id) const
{
    const Entry* entry = find(id);
    return entry && entry->view && entry->view->isVisible() && !entry->view->visibleRegion().isEmpty();
}

void ShownViews::show(const QString& id)
{
    Entry* entry = find(id);
    if (!entry)
        return;
    if (isMaximised() && !isInFront(id))
        restoreSize();
    View* const view = make(*entry);
    if (entry->place == ViewPlace::Centre) {
        addTab(*entry);
        m_tabs->setCurrentWidget(view);
    } else {
        m_docks->show(dockOf(*entry));
    }
    setActive(view);
    view->setFocus(Qt::ShortcutFocusReason);
    updateActions();
}

void ShownViews::close(const QString& id)
{
    Entry* entry = find(id);
    if (!entry || !entry->view)
        return;
    if (isMaximised() && m_active == entry->view)
        restoreSize();
    if (const int tab = m_tabs->indexOf(entry->view); tab >= 0) {
        m_tabs->removeTab(tab);
        entry->view->hide();
    }
    if (entry->dock)
        entry->dock->hide();
    if (m_active == entry->view && m_tabs->currentWidget())
        setActive(static_cast<View*>(m_tabs->currentWidget()));
    if (id.contains(kCopy)) {
        if (m_active == entry->view)
            setActive(m_entries.front()->view);
        if (entry->dock)
            m_docks->remove(entry->dock);
        // It may be its own menu that closes it.
        entry->view->hide();
        entry->view->deleteLater();
        if (entry->dock)
            entry->dock->deleteLater();
        entry->action->deleteLater();
        std::erase_if(m_entries, [entry](const auto& e) { return e.get() == entry; });
    }
    updateActions();
}

void ShownViews::move(const QString& id, ViewPlace place)
{
    if (find(id) && placeOf(id) != place) {
        setPlace(id, place);
        show(id);
    }
}

void ShownViews::setPlace(const QString& id, ViewPlace place)
{
    Entry* entry = find(id);
    if (!entry || entry->place == place)
        return;
    restoreSize();
    View* const view = make(*entry);
    if (const int tab = m_tabs->indexOf(view); tab >= 0)
        m_tabs->removeTab(tab);
    if (entry->dock) {
        m_docks->remove(entry->dock);
        view->setParent(m_pages);
        view->hide();
        entry->dock->deleteLater();
        entry->dock = nullptr;
    }
    entry->place = place;
    updateActions();
}

QString ShownViews::duplicate(const QString& id, const QJsonObject& state, ViewPlace place, const QString& wanted)
{
    const Entry* original = find(id.section(kCopy, 0, 0));
    if (!original || !original->spec.duplicates)
        return {};
    int number = 2;
    while (find(original->spec.id + kCopy + QString::number(number)))
        ++number;
    if (const int other = wanted.section(kCopy, 1).toInt(); other > 1 && !find(wanted))
        number = other;
    ViewSpec spec = original->spec;
    spec.id += kCopy + QString::number(number);
    spec.title += ' ' + QString::number(number);
    spec.place = place;
    spec.atFirst = false;
    const QString copy = spec.id;
    make(add(std::move(spec)))->restore(state);
    emit duplicated(copy);
    updateActions();
    return copy;
}

void ShownViews::closeDuplicates()
{
    for (const QString& id : ids()) {
        if (id.contains(kCopy))
            close(id);
    }
}

void ShownViews::arrange(const QStringList& tabs, const QStringList& docks)
{
    restoreSize();
    const QSignalBlocker quiet(m_tabs);
    while (m_tabs->count() > 0) {
        QWidget* const view = m_tabs->widget(0);
        m_tabs->removeTab(0);
        view->hide();
    }
    std::vector<QDockWidget*> shown;
    for (const QString& id : tabs) {
        Entry* entry = find(id);
        if (!entry)
            continue;
        setPlace(id, ViewPlace::Centre);
        addTab(*entry);
    }
    for (const QString& id : docks) {
        Entry* entry = find(id);
        if (!entry)
            continue;
        if (entry->place == ViewPlace::Centre && !tabs.contains(id))
            setPlace(id, entry->spec.place == ViewPlace::Centre ? ViewPlace::Right : entry->spec.place);
        if (entry->place != ViewPlace::Centre)
            shown.push_back(dockOf(*entry));
    }
    m_docks->arrange(shown);
    m_pages->setCurrentIndex(m_tabs->count() == 0);
    if (m_tabs->count() > 0) {
        m_tabs->setCurrentIndex(0);
        m_active = static_cast<View*>(m_tabs->widget(0));
        emit activeChanged();
    }
    updateActions();
}

QString ShownViews::currentTab() const
{
    return idOf(static_cast<View*>(m_tabs->currentWidget()));
}

void ShownViews::showTab(int number)
{
    if (number < m_tabs->count())
        show(idOf(static_cast<View*>(m_tabs->widget(number))));
}

void ShownViews::start()
{
    if (m_docks->started())
        return;
    const QSettings settings;
    QStringList tabs = settings.value(kTabs).toStringList();
    tabs.removeIf([this](const QString& id) { return !find(id); });
    if (!settings.contains(kTabs)) {
        for (const auto& entry : m_entries) {
            if (entry->place == ViewPlace::Centre && entry->spec.atFirst)
                tabs << entry->spec.id;
        }
    }
    for (const QString& id : tabs) {
        Entry& entry = *find(id);
        if (entry.place == ViewPlace::Centre) // else it stands beside it
            addTab(entry);
    }
    m_docks->start();
    const QString tab = settings.value(kTab).toString();
    if (Entry* entry = find(tab); entry && entry->view && m_tabs->indexOf(entry->view) >= 0)
        m_tabs->setCurrentWidget(entry->view);
    if (m_tabs->currentWidget())
        setActive(static_cast<View*>(m_tabs->currentWidget()));
    updateActions();
}

void ShownViews::save() const
{
    if (!m_docks->started())
        return;
    QStringList tabs;
    for (int tab = 0; tab < m_tabs->count(); ++tab)
        tabs << idOf(static_cast<View*>(m_tabs->widget(tab)));
    tabs.removeIf([](const QString& id) { return id.contains(kCopy); }); // workspaces keep those
    QSettings settings;
    settings.setValue(kTabs, tabs);
    settings.setValue(kTab, currentTab());
    m_docks->save();
}

void ShownViews::setActive(View* view)
{
    if (view == m_active || !view)
        return;
    m_active = view;
    emit activeChanged();
}

void ShownViews::toggleMaximised(View* view)
{
    if (isMaximised())
        return restoreSize();
    const Entry* entry = find(view);
    if (!entry || !m_docks->started())
        return;
    if (!isInFront(entry->spec.id))
        show(entry->spec.id);
    m_docks->hold(entry->dock);
    setActive(view);
    view->setFocus(Qt::OtherFocusReason);
}

void ShownViews::openMenu(const QString& id, const QPoint& global)
{
    Entry* entry = find(id);
    if (!entry)
        return;
    QMenu menu(&m_window);
    menu.addAction(
        isMaximised() ? "As before" : "Maximise", this, [this, view = entry->view] { toggleMaximised(view); });
    if (entry->spec.duplicates)
        menu.addAction("Duplicate", this, [view = entry->view] { emit view->duplicateRequested(view->state()); });
    menu.addSeparator();
    for (const Place& place : kPlaces) {
        if (place.place != entry->place)
            menu.addAction(place.words, this, [this, id, to = place.place] { move(id, to); });
    }
    menu.addSeparator();
    menu.addAction("Close", this, [this, id] { close(id); });
    menu.exec(global);
}

QAction* ShownViews::action(const QString& id) const
{
    const Entry* entry = find(id);
    return entry ? entry->action : nullptr;
}

void ShownViews::updateActions()
{
    for (const auto& entry : m_entries)
        entry->action->setChecked(isShown(entry->spec.id));
    emit shownChanged();
}

}
