// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/actions/view_actions.h"

#include "app/desktop/main_window.h"
#include "app/desktop/palette/palette.h"
#include "views/widgets/chart_view.h"

#include <QAction>
#include <QMenu>

namespace expertscope {

ViewActions::ViewActions(MainWindow& window, QMenu& menu, ActionList& actions)
    : QObject(&window)
    , m_window(window)
    , m_actions(actions)
{
    actions.add(&menu, "view.palette", "&Go to…", "Find an action, a chart, a layer, an expert, a label by its name",
        QKeySequence("Ctrl+P"), [this] { m_window.palette().open(); });
    menu.addSeparator();
    addChartActions(menu);
    menu.addSeparator();
    addSizes(menu);
    menu.addSeparator();
    addTabs(menu);
    connect(&window, &MainWindow::stateChanged, this, &ViewActions::update);
}

void ViewActions::addChartActions(QMenu& menu)
{
    m_actions.needsTrace(m_actions.add(&menu, "view.fit", "&Fit", "Show all of the picture", QKeySequence("F"), [this] {
        ChartView* chart = m_window.activeView()->chartView();
        (chart ? chart : m_window.centre())->widget()->fit();
    }));
    m_stop = m_actions.add(&menu, "view.escape", "&Stop", "Stop opening or computing; else unpin", QKeySequence("Esc"),
        [this] { escape(); });
    m_actions.needsTrace(m_actions.addSwitch(
        &menu, "view.crosshair", "&Crosshair", "Lines through what is pointed at", QKeySequence("X"),
        [this](bool on) {
            for (const View* view : m_window.views().madeViews()) {
                if (ChartView* chart = view->chartView())
                    chart->widget()->setCrosshairVisible(on);
            }
        },
        true));
    connect(&m_window.views(), &ShownViews::viewMade, this, [this](View* view) {
        if (ChartView* chart = view->chartView())
            chart->widget()->setCrosshairVisible(m_window.findChild<QAction*>("view.crosshair")->isChecked());
    });
    m_options = m_actions.add(&menu, "view.options", "&Options", "To the options of the chart", QKeySequence("O"),
        [this] { m_window.activeView()->chartView()->focusOptions(); });
    m_duplicate = m_actions.add(&menu, "view.duplicate", "&Duplicate",
        "Another view of the same chart, with options of its own", QKeySequence("Ctrl+D"), [this] {
            View* view = m_window.activeView();
            emit view->duplicateRequested(view->state());
        });
    m_actions.needsTrace(m_actions.add(&menu, "view.close", "Close &view", "Take this view away; Panels bring it back",
        QKeySequence("Ctrl+W"), [this] { m_window.views().close(m_window.views().idOf(m_window.activeView())); }));
}

void ViewActions::addSizes(QMenu& menu)
{
    m_maximise = m_actions.needsTrace(m_actions.add(&menu, "view.maximise", "&Maximise",
        "This view alone, and back; a double click on its title does it too", QKeySequence("F11"),
        [this] { m_window.views().toggleMaximised(m_window.activeView()); }));
    m_maximise->setCheckable(true);
    m_sidePanels = m_actions.needsTrace(
        m_actions.add(&menu, "view.sidePanels", "Side &panels", "Show or put away all panels", QKeySequence("F9")));
    m_sidePanels->setCheckable(true);
    connect(m_sidePanels, &QAction::triggered, &m_window.views().docks(), [this](bool on) {
        m_window.views().restoreSize();
        m_window.views().docks().setShown(on);
    });
    m_actions.addSwitch(&menu, "view.fullScreen", "F&ull screen", "The window without its frame",
        QKeySequence("Shift+F11"), [this](bool on) { on ? m_window.showFullScreen() : m_window.showNormal(); });
    m_dark = m_actions.addSwitch(&menu, "view.dark", "&Dark theme", "Dark colours for the window; figures stay white",
        QKeySequence("Ctrl+Shift+D"), [this](bool dark) { m_window.setTheme(dark ? Theme::Dark : Theme::Light); });
}

void ViewActions::addTabs(QMenu& menu)
{
    QMenu* tabs = menu.addMenu("&Tabs");
    tabs->menuAction()->setObjectName("view.tabs");
    tabs->menuAction()->setToolTip("Tabs of the centre by their number");
    for (int number = 1; number <= 9; ++number)
        m_actions.needsTrace(m_actions.add(tabs, QString("view.tab%1").arg(number), QString("Tab &%1").arg(number),
            QString("The view in tab %1 of the centre").arg(number), QKeySequence(QString("Ctrl+%1").arg(number)),
            [this, number] { m_window.views().showTab(number - 1); }));
}

void ViewActions::fillPanels(QMenu& menu)
{
    struct Part
    {
        const char *title, *id, *tip;
        ViewPlace place;
    };
    constexpr Part kParts[] = {{"&Left", "panels.left", "Views at the left", ViewPlace::Left},
        {"&Right", "panels.right", "Views at the right", ViewPlace::Right},
        {"&Bottom", "panels.bottom", "Views at the bottom", ViewPlace::Bottom},
        {"&Charts", "panels.centre", "Charts, as tabs of the centre", ViewPlace::Centre}};
    ShownViews& views = m_window.views();
    std::map<ViewPlace, QMenu*> menus;
    for (const Part& part : kParts) {
        QMenu* sub = menus[part.place] = menu.addMenu(part.title);
        sub->menuAction()->setObjectName(part.id);
        sub->menuAction()->setToolTip(part.tip);
        sub->setToolTipsVisible(true);
    }
    for (const QString& id : views.ids())
        menus[views.placeOf(id)]->addAction(m_actions.needsTrace(views.action(id)));
    connect(&views, &ShownViews::duplicated, this,
        [this, &views, sub = menus[ViewPlace::Centre]](const QString& id) { sub->addAction(views.action(id)); });
}

void ViewActions::showTheme(Theme theme)
{
    const QSignalBlocker quiet(m_dark);
    m_dark->setChecked(theme == Theme::Dark);
}

void ViewActions::escape()
{
    if (!m_window.session().opening().isEmpty())
        return m_window.session().cancelOpening();
    bool stopped = false;
    for (View* view : m_window.views().madeViews())
        stopped = view->stop() || stopped;
    if (!stopped)
        m_window.session().selection().unpinAll(this);
}

void ViewActions::update()
{
    const bool open = m_window.session().study() != nullptr;
    const View* view = m_window.activeView();
    const ViewSpec* spec = view ? m_window.views().spec(m_window.views().idOf(view)) : nullptr;
    m_stop->setEnabled(open || !m_window.session().opening().isEmpty());
    m_sidePanels->setChecked(open && m_window.views().docks().shown());
    m_maximise->setChecked(open && m_window.views().isMaximised());
    m_duplicate->setEnabled(open && spec && spec->duplicates);
    m_options->setEnabled(open && view && view->chartView());
}

}
