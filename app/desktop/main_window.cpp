// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/main_window.h"

#include "app/desktop/actions/definition_tip.h"
#include "app/desktop/actions/edit_actions.h"
#include "app/desktop/actions/file_actions.h"
#include "app/desktop/actions/help_actions.h"
#include "app/desktop/actions/view_actions.h"
#include "app/desktop/notice_bar.h"
#include "app/desktop/palette/palette.h"
#include "app/desktop/start/recent_files.h"
#include "app/desktop/start/start_page.h"
#include "app/desktop/workspace/workspace_actions.h"
#include "views/live/capture_follower.h"
#include "views/widgets/chart_view.h"
#include "views/widgets/filter_bar.h"
#include "views/widgets/readout_bar.h"

#include <QAction>
#include <QCloseEvent>
#include <QFileInfo>
#include <QMenuBar>
#include <QMimeData>
#include <QScreen>
#include <QSettings>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTimer>
#include <QToolBar>

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
    setMinimumSize(480, 300); // else what docks would like decides; they fold when there is no room
    buildCentre();
    buildMenus();
    resize(firstSize(screen()));

    connect(&m_session, &Session::openingChanged, this, &MainWindow::updateState);
    connect(&m_session, &Session::failed, this, &MainWindow::updateState);
    connect(&m_session, &Session::opened, this, &MainWindow::opened);
    connect(m_views, &ShownViews::activeChanged, this, &MainWindow::stateChanged);
    connect(m_views, &ShownViews::shownChanged, this, &MainWindow::stateChanged);

    const QSettings settings;
    restoreGeometry(settings.value("window/geometry").toByteArray());
    setTheme(settings.value("window/theme").toString() == "dark" ? Theme::Dark : Theme::Light);
    updateState();
}

MainWindow::~MainWindow()
{
    // What views say while they go is of no interest; they go before the session that they talk to.
    for (View* view : m_views->madeViews())
        disconnect(view, nullptr, this, nullptr);
    disconnect(m_views, nullptr, this, nullptr);
    delete m_views;
}

void MainWindow::buildCentre()
{
    m_pages = new QStackedWidget(this);
    setCentralWidget(m_pages);
    m_start = new StartPage(this);
    m_pages->addWidget(m_start);

    m_views = new ShownViews(m_session, *this, *m_pages);
    for (View* view : m_views->madeViews())
        connectView(view);
    connect(m_views, &ShownViews::viewMade, this, &MainWindow::connectView);

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

void MainWindow::connectView(View* view)
{
    connect(view, &View::readoutChanged, this, [this, view] { updateReadout(view); });
    connect(view, &View::contentChanged, this, [this, view] {
        const ChartView* chart = view->chartView();
        if (m_focusFirst && chart && view == m_views->active() && chart->page() == ChartView::Page::Picture) {
            m_focusFirst = false; // nothing to be focused before
            view->setFocus();
        }
        emit stateChanged();
    });
    connect(view, &QObject::destroyed, this, [this, view] {
        if (m_readoutOf == view)
            m_readoutOf = nullptr;
    });
    const auto request = [this, view](const QString& id) {
        m_views->setActive(view);
        if (auto* action = findChild<QAction*>(id))
            action->trigger();
    };
    connect(view, &View::actionRequested, this, request);
    connect(view, &View::exportRequested, this, [request] { request("file.export"); });
}

ChartView* MainWindow::centre() const
{
    return m_views->view("chart.load")->chartView();
}

void MainWindow::buildMenus()
{
    m_files = new FileActions(*this, *menuBar()->addMenu("&File"), m_actions);
    m_edit = new EditActions(*this, *menuBar()->addMenu("&Edit"), m_actions);
    m_viewActions = new ViewActions(*this, *menuBar()->addMenu("&View"), m_actions);
    m_viewActions->fillPanels(*menuBar()->addMenu("&Panels"));
    m_workspaces = new WorkspaceActions(*this, *menuBar()->addMenu("&Workspaces"), m_actions);
    m_help = new HelpActions(*this, *menuBar()->addMenu("&Help"), m_actions);
    m_palette = new Palette(*this);
    connect(m_views, &ShownViews::moreRequested, this, [this] { m_palette->open("open "); });
    m_files->serve(*m_start);
    new DefinitionTip(*this);

    const auto addBar = [this](const QString& title, const QString& name) {
        QToolBar* bar = addToolBar(title);
        bar->setObjectName(name);
        bar->setMovable(false);
        bar->setToolButtonStyle(Qt::ToolButtonTextOnly);
        bar->toggleViewAction()->setObjectName("view." + name);
        bar->toggleViewAction()->setToolTip("Show the " + title.toLower());
        addAction(bar->toggleViewAction());
        return bar;
    };
    QToolBar* bar = addBar("Tool bar", "toolBar");
    for (const char* id : {"file.open", "file.beside", "", "look.back", "look.forward", "edit.undo", "edit.redo", "",
             "view.palette", "", "view.fit", "view.maximise", "view.sidePanels", "view.dark", "", "file.export"})
        *id ? bar->addAction(findChild<QAction*>(id)) : void(bar->addSeparator());
    addToolBarBreak();
    QToolBar* filters = addBar("Filter bar", "filterToolBar");
    m_filters = new FilterBar(m_session, this);
    filters->addWidget(m_filters);
}

void MainWindow::setTheme(Theme theme)
{
    applyTheme(theme);
    m_viewActions->showTheme(theme);
    QSettings().setValue("window/theme", theme == Theme::Dark ? "dark" : "light");
}

void MainWindow::showWithoutTrace()
{
    m_withoutTrace = true;
    updateState();
    m_views->start();
}

void MainWindow::open(const QStringList& paths)
{
    m_files->open(paths);
}

void MainWindow::opened()
{
    QStringList lasting = m_session.paths();
    lasting.removeIf([](const QString& path) { return path.startsWith(captureFolder() + '/'); });
    rememberFiles(lasting);
    QStringList names;
    for (const QString& path : m_session.paths())
        names << QFileInfo(path).fileName();
    setWindowTitle((names.size() > 3 ? names.front() + QString(" and %1 more").arg(names.size() - 1) : names.join(", "))
        + " – Expertscope");
    updateState();
    m_views->start(); // nothing to show without a trace
    m_focusFirst = true;
}

void MainWindow::updateState()
{
    const bool open = m_session.study() != nullptr;
    const bool opening = !m_session.opening().isEmpty();
    m_noticeLater->stop();
    if (open || m_withoutTrace) {
        m_pages->setCurrentIndex(1);
        if (opening)
            m_noticeLater->start();
        else if (m_session.error()) {
            m_views->restoreSize(); // the notice lies over the centre
            m_notice->showError(QString::fromStdString(m_session.error()->message()));
        } else {
            m_notice->hide();
        }
    } else if (opening) {
        m_start->showReading(m_session.opening());
    } else if (m_session.error()) {
        m_start->showError(*m_session.error());
    } else {
        m_start->showWelcome(recentFiles(), WorkspaceActions::lastPath());
    }
    m_actions.setTraceOpen(open);
    m_readout->setVisible(open || m_withoutTrace);
    emit stateChanged();
}

void MainWindow::updateReadout(View* view)
{
    if (!view->readout().isEmpty() || !m_readoutOf)
        m_readoutOf = view;
    if (view == m_readoutOf) {
        m_readout->setReadout(view->readout());
        m_readout->setNote(view->note());
    }
    emit stateChanged();
}

void MainWindow::say(const QString& text)
{
    m_readout->say(text);
}

void MainWindow::showError(const Error& error)
{
    if (!m_session.study() && !m_withoutTrace)
        return m_start->showError(error);
    m_views->restoreSize(); // the notice lies over the centre
    m_notice->showError(QString::fromStdString(error.message()));
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
    m_views->docks().follow();
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    QSettings().setValue("window/geometry", saveGeometry());
    m_views->save();
    m_workspaces->saveLast();
    QMainWindow::closeEvent(event);
}

}
