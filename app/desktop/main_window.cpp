// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/main_window.h"

#include "app/desktop/dock_layout.h"
#include "app/desktop/keys_help.h"
#include "app/desktop/notice_bar.h"
#include "app/desktop/recent_files.h"
#include "app/desktop/start_page.h"
#include "io/base/version.h"
#include "views/panels/export_chart.h"
#include "views/widgets/chart_view.h"
#include "views/widgets/filter_bar.h"
#include "views/widgets/readout_bar.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QCloseEvent>
#include <QDir>
#include <QDockWidget>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QScreen>
#include <QSettings>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTimer>
#include <QToolBar>

#include <algorithm>

namespace expertscope {

namespace {

QStringList localFiles(const QMimeData* data)
{
    QStringList files;
    for (const QUrl& url : data->urls()) {
        if (!url.isLocalFile())
            return {};
        files << url.toLocalFile();
    }
    return files;
}

QSize firstSize(const QScreen* screen)
{
    const QSize room = screen ? screen->availableSize() : QSize(1440, 900);
    return QSize(1440, 900).boundedTo(room * 0.9);
}

}

MainWindow::MainWindow(Session::Opener opener, QWidget* parent)
    : QMainWindow(parent)
    , m_session(std::move(opener))
    , m_actions(*this)
{
    setWindowTitle("Expertscope");
    setAcceptDrops(true);
    setDockNestingEnabled(true);
    buildViews();
    buildMenus();
    resize(firstSize(screen()));

    connect(&m_session, &Session::openingChanged, this, &MainWindow::updateState);
    connect(&m_session, &Session::failed, this, &MainWindow::updateState);
    connect(&m_session, &Session::opened, this, [this] {
        rememberFiles(m_session.paths());
        setWindowTitle(QFileInfo(m_session.paths().front()).fileName() + " – Expertscope");
        updateState();
        m_docks->start(); // nothing to dock without a trace
        m_active = m_centre;
        m_focusCentre = true;
    });
    connect(m_centre, &View::contentChanged, this, [this] {
        if (m_focusCentre && centre()->page() == ChartView::Page::Picture) { // nothing to be focused before
            m_focusCentre = false;
            m_centre->setFocus();
        }
    });
    connect(qApp, &QApplication::focusChanged, this, [this](QWidget*, QWidget* now) {
        for (QWidget* widget = now; widget; widget = widget->parentWidget()) {
            if (auto* view = qobject_cast<View*>(widget)) {
                m_active = view;
                updateActions();
            }
        }
    });

    const QSettings settings;
    restoreGeometry(settings.value("window/geometry").toByteArray());
    setTheme(settings.value("window/theme").toString() == "dark" ? Theme::Dark : Theme::Light);
    updateState();
}

MainWindow::~MainWindow()
{
    disconnect(qApp, nullptr, this, nullptr);
    disconnect(m_docks, nullptr, this, nullptr);
    // Views talk to the session, which would be destroyed before them.
    for (const Docked& docked : m_views)
        delete docked.view;
}

void MainWindow::buildViews()
{
    m_pages = new QStackedWidget(this);
    setCentralWidget(m_pages);
    m_start = new StartPage(this);
    m_pages->addWidget(m_start);
    connect(m_start, &StartPage::openRequested, this, &MainWindow::askForTrace);
    connect(m_start, &StartPage::openFile, this, [this](const QString& path) { open({path}); });
    connect(m_start, &StartPage::cancelRequested, &m_session, &Session::cancelOpening);

    m_docks = new DockLayout(*this);
    for (ViewSpec& spec : viewRegistry()) {
        Docked docked{std::move(spec)};
        View* const view = docked.view = docked.spec.make(m_session, this);
        if (docked.spec.place == ViewPlace::Centre) {
            m_centre = m_active = view;
            m_pages->addWidget(view);
        } else {
            docked.dock = new QDockWidget(docked.spec.title, this);
            docked.dock->setObjectName(docked.spec.id);
            docked.dock->setWidget(view);
            m_docks->add(docked.dock, docked.spec.place, docked.spec.atFirst);
        }
        connect(view, &View::readoutChanged, this, [this, view] { updateReadout(view); });
        connect(view, &View::contentChanged, this, &MainWindow::updateActions);
        connect(view, &View::exportRequested, this, [this, view] { exportFigure(view); });
        m_views.push_back(std::move(docked));
    }

    m_notice = new NoticeBar(m_pages);
    m_noticeLater = new QTimer(this);
    m_noticeLater->setSingleShot(true);
    m_noticeLater->setInterval(150);
    connect(m_noticeLater, &QTimer::timeout, this,
        [this] { m_notice->showProgress("Reading " + m_session.opening().join(", ") + " …"); });
    connect(m_notice, &NoticeBar::cancelRequested, &m_session, &Session::cancelOpening);
    connect(m_notice, &NoticeBar::closed, &m_session, &Session::dismissError);

    m_readout = new ReadoutBar(this);
    statusBar()->addWidget(m_readout, 1);
    statusBar()->setSizeGripEnabled(false);
    statusBar()->setContentsMargins(0, 0, 0, 0);
}

View* MainWindow::view(const QString& id) const
{
    const auto found = std::ranges::find(m_views, id, [](const Docked& docked) { return docked.spec.id; });
    return found == m_views.end() ? nullptr : found->view;
}

ChartView* MainWindow::centre() const
{
    return m_centre->chartView();
}

View* MainWindow::activeView() const
{
    return m_active;
}

void MainWindow::buildFileMenu()
{
    QMenu* menu = menuBar()->addMenu("&File");
    m_actions.add(
        menu, "file.open", "&Open trace…", "Open routing traces", QKeySequence("Ctrl+O"), [this] { askForTrace(); });
    QMenu* recent = menu->addMenu("Open &recent");
    recent->menuAction()->setObjectName("file.recent");
    recent->menuAction()->setToolTip("Traces opened lately");
    connect(recent, &QMenu::aboutToShow, this,
        [this, recent] { fillRecentMenu(*recent, [this](const QString& path) { open({path}); }); });
    m_actions.needsTrace(m_actions.add(menu, "file.reload", "&Reload", "Read the trace again; filters stay",
        QKeySequence("F5"), [this] { m_session.reload(); }));
    m_export = m_actions.add(menu, "file.export", "&Export figure…", "Write the picture as PDF, SVG or PNG",
        QKeySequence("Ctrl+E"), [this] { exportFigure(m_active); });
    menu->addSeparator();
    m_actions.add(menu, "file.quit", "&Quit", "Close the window", QKeySequence("Ctrl+Q"), [this] { close(); });
}

void MainWindow::buildEditMenu()
{
    QMenu* menu = menuBar()->addMenu("&Edit");
    const auto addStep = [&](QAction* action, const QString& id, const QString& tip, const QKeySequence& shortcut) {
        action->setObjectName(id);
        action->setShortcut(shortcut);
        action->setToolTip(tip);
        action->setIconText(action->text().remove('&')); // of its button, which must not grow with what it undoes
        // QUndoStack changes text and tool tip with each step.
        connect(action, &QAction::changed, this, [action, tip] {
            if (action->toolTip() != tip)
                action->setToolTip(tip);
        });
        menu->addAction(action);
    };
    addStep(m_session.undo().createUndoAction(this, "&Undo"), "edit.undo",
        "Take back the last filter or option  (Ctrl+Z)", QKeySequence("Ctrl+Z"));
    addStep(m_session.undo().createRedoAction(this, "&Redo"), "edit.redo", "Do it again  (Ctrl+Shift+Z)",
        QKeySequence("Ctrl+Shift+Z"));
    menu->addSeparator();
    m_actions.needsTrace(m_actions.add(menu, "edit.filter", "&Filter by label…",
        "Look only at the tokens of some sequences", QKeySequence("Ctrl+K"), [this] { m_filters->openPicker(); }));
    m_actions.needsTrace(m_actions.add(menu, "edit.clearFilters", "C&lear filters", "Look at all tokens again",
        QKeySequence("Ctrl+Shift+K"), [this] { m_session.filters().clear(); }));
    m_actions.needsTrace(m_actions.add(menu, "edit.find", "F&ind in the text…",
        "Find words, expressions, ids or experts in the text of the trace", QKeySequence("Ctrl+F"),
        [this] { find(); }));
    menu->addSeparator();
    m_copy = m_actions.add(menu, "edit.copyReadout", "&Copy readout", "Copy the numbers of what is pointed at",
        QKeySequence::Copy, [this] {
            if (m_readoutOf && !m_readoutOf->readout().isEmpty())
                QApplication::clipboard()->setText(m_readoutOf->readout());
        });
    m_actions.needsTrace(m_actions.add(menu, "edit.copyTable", "Copy &numbers", "Copy all numbers of the view as CSV",
        QKeySequence("Ctrl+Shift+C"), [this] {
            if (const QByteArray csv = m_active->csv(); !csv.isEmpty())
                QApplication::clipboard()->setText(QString::fromUtf8(csv));
        }));
}

void MainWindow::buildViewMenu()
{
    QMenu* menu = menuBar()->addMenu("&View");
    m_actions.needsTrace(m_actions.add(menu, "view.fit", "&Fit", "Show all of the picture", QKeySequence("F"), [this] {
        ChartView* chart = m_active->chartView();
        (chart ? chart : centre())->widget()->fit();
    }));
    m_actions.add(menu, "view.escape", "&Stop", "Stop opening or computing; else unpin", QKeySequence("Esc"),
        [this] { escape(); });
    m_actions.needsTrace(m_actions.addSwitch(
        menu, "view.crosshair", "&Crosshair", "Lines through what is pointed at", QKeySequence("X"),
        [this](bool on) {
            for (const Docked& docked : m_views) {
                if (ChartView* chart = docked.view->chartView())
                    chart->widget()->setCrosshairVisible(on);
            }
        },
        true));
    menu->addSeparator();
    m_sidePanels = m_actions.needsTrace(
        m_actions.add(menu, "view.sidePanels", "Side &panels", "Show or put away all panels", QKeySequence("F9")));
    m_sidePanels->setCheckable(true);
    connect(m_sidePanels, &QAction::triggered, m_docks, &DockLayout::setShown);
    connect(m_docks, &DockLayout::shownChanged, this, &MainWindow::updateActions);
    m_actions.addSwitch(menu, "view.fullScreen", "F&ull screen", "The window without its frame", QKeySequence("F11"),
        [this](bool on) { on ? showFullScreen() : showNormal(); });
    m_dark = m_actions.addSwitch(menu, "view.dark", "&Dark theme", "Dark colours for the window; figures stay white",
        QKeySequence("Ctrl+Shift+D"), [this](bool dark) { setTheme(dark ? Theme::Dark : Theme::Light); });
}

void MainWindow::buildPanelMenu()
{
    QMenu* menu = menuBar()->addMenu("&Panels");
    int number = 0;
    for (const Docked& docked : m_views) {
        if (!docked.dock)
            continue;
        QAction* action = docked.dock->toggleViewAction();
        action->setObjectName("panels." + docked.spec.id);
        action->setToolTip(docked.spec.tip);
        if (++number < 10) {
            action->setShortcut(QKeySequence(QString("Ctrl+%1").arg(number)));
            action->setToolTip(docked.spec.tip + QString("  (Ctrl+%1)").arg(number));
        }
        menu->addAction(m_actions.needsTrace(action));
    }
}

void MainWindow::buildMenus()
{
    buildFileMenu();
    buildEditMenu();
    buildViewMenu();
    buildPanelMenu();
    QMenu* help = menuBar()->addMenu("&Help");
    m_actions.add(help, "help.keys", "&Keys", "Keys of the views", QKeySequence("?"), [this] { showKeys(this); });
    m_actions.add(help, "help.about", "&About Expertscope", "Version and licence", QKeySequence("F1"), [this] {
        QMessageBox::about(this, "About Expertscope",
            QString(
                "Expertscope %1\nHow mixture-of-experts models route their tokens.\n\nGPL-3.0-or-later; uses Qt %2, "
                "QCustomPlot and HDF5.")
                .arg(kVersion, qVersion()));
    });

    const auto addBar = [this](const QString& title, const QString& name) {
        QToolBar* bar = addToolBar(title);
        bar->setObjectName(name);
        bar->setMovable(false);
        bar->setToolButtonStyle(Qt::ToolButtonTextOnly);
        bar->toggleViewAction()->setObjectName("view." + name);
        bar->toggleViewAction()->setToolTip("Show the " + title.toLower());
        return bar;
    };
    QToolBar* bar = addBar("Tool bar", "toolBar");
    for (const char* id : {"file.open", "edit.undo", "edit.redo", "view.fit", "view.crosshair", "view.sidePanels",
             "view.dark", "file.export"})
        bar->addAction(findChild<QAction*>(id));
    addToolBarBreak();
    QToolBar* filters = addBar("Filter bar", "filterToolBar");
    m_filters = new FilterBar(m_session, this);
    filters->addWidget(m_filters);
}

void MainWindow::setTheme(Theme theme)
{
    applyTheme(theme);
    const QSignalBlocker quiet(m_dark);
    m_dark->setChecked(theme == Theme::Dark);
    QSettings().setValue("window/theme", theme == Theme::Dark ? "dark" : "light");
}

void MainWindow::open(const QStringList& paths)
{
    m_session.open(paths);
}

void MainWindow::askForTrace()
{
    const QStringList paths =
        QFileDialog::getOpenFileNames(this, "Open trace", recentFolder(), "Traces (*.h5);;All files (*)");
    if (!paths.isEmpty())
        open(paths);
}

void MainWindow::updateState()
{
    const bool open = m_session.study() != nullptr;
    const bool opening = !m_session.opening().isEmpty();
    m_noticeLater->stop();
    if (open) {
        m_pages->setCurrentWidget(m_centre);
        if (opening)
            m_noticeLater->start();
        else if (m_session.error())
            m_notice->showError(QString::fromStdString(m_session.error()->message()));
        if (!m_session.error() && !opening)
            m_notice->hide();
    } else if (opening) {
        m_start->showReading(m_session.opening());
    } else if (m_session.error()) {
        m_start->showError(*m_session.error());
    } else {
        m_start->showWelcome(recentFiles());
    }
    updateActions();
}

void MainWindow::updateActions()
{
    const bool open = m_session.study() != nullptr;
    m_actions.setTraceOpen(open);
    m_readout->setVisible(open);
    m_sidePanels->setChecked(open && m_docks->shown());
    const ChartView* chart = m_active->chartView();
    m_export->setEnabled(open && chart && chart->chart());
    m_copy->setEnabled(open && m_readoutOf && !m_readoutOf->readout().isEmpty());
}

void MainWindow::updateReadout(View* view)
{
    if (!view->readout().isEmpty() || !m_readoutOf)
        m_readoutOf = view;
    if (view == m_readoutOf) {
        m_readout->setReadout(view->readout());
        m_readout->setNote(view->note());
    }
    updateActions();
}

void MainWindow::exportFigure(View* view)
{
    const ChartView* chart = view->chartView();
    if (!chart || !chart->chart())
        return;
    const QString folder = QFileInfo(m_session.paths().front()).absolutePath();
    const QString written = exportChart(*chart, m_session.study(), m_lastExport, folder, this);
    if (written.isEmpty())
        return;
    m_lastExport = written;
    m_readout->say("Wrote " + written);
}

/// In the view that has the focus, where it can be searched; else in the text, which is shown for that.
void MainWindow::find()
{
    if (m_active->find())
        return;
    const auto text =
        std::ranges::find(m_views, QString("tokens.text"), [](const Docked& docked) { return docked.spec.id; });
    if (text == m_views.end() || !text->dock)
        return;
    text->dock->show();
    text->dock->raise();
    text->view->find();
}

void MainWindow::escape()
{
    if (!m_session.opening().isEmpty())
        return m_session.cancelOpening();
    bool stopped = false;
    for (const Docked& docked : m_views)
        stopped = docked.view->stop() || stopped;
    if (!stopped)
        m_session.selection().unpinAll(this);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event)
{
    if (!localFiles(event->mimeData()).isEmpty())
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event)
{
    open(localFiles(event->mimeData()));
    event->acceptProposedAction();
}

void MainWindow::resizeEvent(QResizeEvent* event)
{
    QMainWindow::resizeEvent(event);
    m_docks->follow();
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    QSettings().setValue("window/geometry", saveGeometry());
    m_docks->save();
    QMainWindow::closeEvent(event);
}

}
