// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/main_window.h"

#include "app/desktop/export_dialog.h"
#include "app/desktop/summary_panel.h"
#include "io/base/version.h"
#include "views/load/load_plot.h"

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
#include <QSettings>
#include <QStatusBar>
#include <QToolBar>

namespace expertscope {

namespace {

constexpr int kMaxRecent = 8;

QString localTrace(const QMimeData* data)
{
    const auto urls = data->urls();
    return urls.size() == 1 && urls[0].isLocalFile() ? urls[0].toLocalFile() : QString();
}

}

MainWindow::MainWindow(TraceOpener opener, QWidget* parent)
    : QMainWindow(parent)
    , m_view(new LoadView(std::move(opener), this))
    , m_summary(new SummaryPanel(this))
{
    setWindowTitle("Expertscope");
    setAcceptDrops(true);
    setCentralWidget(m_view);
    m_dock = new QDockWidget("Summary", this);
    m_dock->setObjectName("summaryDock");
    m_dock->setWidget(m_summary);
    m_dock->setFeatures(QDockWidget::DockWidgetClosable | QDockWidget::DockWidgetMovable);
    addDockWidget(Qt::RightDockWidgetArea, m_dock);
    buildMenus();
    resize(1240, 720);

    connect(m_view, &LoadView::stateChanged, this, [this] {
        // Nothing to summarise without a trace; afterwards the user decides.
        if (m_view->state() == LoadView::State::Ready && !m_hadTrace) {
            m_hadTrace = true;
            m_dock->show();
        }
        updateActions();
    });
    connect(m_view, &LoadView::openRequested, this, &MainWindow::askForTrace);
    connect(m_view, &LoadView::opened, this, [this] {
        m_summary->setTrace(m_view->facts());
        remember(m_view->facts().path);
        setWindowTitle(QFileInfo(m_view->facts().path).fileName() + " – Expertscope");
        updateSummary();
    });
    connect(m_view, &LoadView::mapChanged, this, &MainWindow::updateSummary);
    connect(m_view->plot(), &LoadPlot::currentChanged, this, &MainWindow::updateActions);

    const QSettings settings;
    restoreGeometry(settings.value("window/geometry").toByteArray());
    restoreState(settings.value("window/state").toByteArray());
    m_dock->hide();
    setTheme(settings.value("window/theme").toString() == "dark" ? Theme::Dark : Theme::Light);
    updateActions();
}

MainWindow::~MainWindow() = default;

QAction* MainWindow::addAction(QMenu* menu, const QString& id, const QString& text, const QString& tip,
    const QKeySequence& shortcut, std::function<void()> run)
{
    auto* action = new QAction(text, this);
    action->setObjectName(id);
    action->setToolTip(shortcut.isEmpty() ? tip : tip + "  (" + shortcut.toString(QKeySequence::NativeText) + ")");
    action->setStatusTip(tip);
    action->setShortcut(shortcut);
    connect(action, &QAction::triggered, this, std::move(run));
    menu->addAction(action);
    QMainWindow::addAction(action);
    return action;
}

void MainWindow::buildMenus()
{
    QMenu* file = menuBar()->addMenu("&File");
    QAction* open = addAction(
        file, "file.open", "&Open trace…", "Open a routing trace", QKeySequence("Ctrl+O"), [this] { askForTrace(); });
    m_recent = file->addMenu("Open &recent");
    m_recent->menuAction()->setObjectName("file.recent");
    m_recent->menuAction()->setToolTip("Traces opened lately");
    connect(m_recent, &QMenu::aboutToShow, this, &MainWindow::fillRecent);
    m_export = addAction(file, "file.export", "&Export figure…", "Write the picture as PDF, SVG or PNG",
        QKeySequence("Ctrl+E"), [this] { exportFigure(); });
    file->addSeparator();
    addAction(file, "file.quit", "&Quit", "Close the window", QKeySequence("Ctrl+Q"), [this] { close(); });

    QMenu* edit = menuBar()->addMenu("&Edit");
    m_copy = addAction(edit, "edit.copyReadout", "&Copy readout", "Copy the numbers of the cell under the crosshair",
        QKeySequence::Copy, [this] { copyReadout(); });
    m_copyTable = addAction(edit, "edit.copyTable", "Copy &table", "Copy all numbers of the picture as CSV",
        QKeySequence("Ctrl+Shift+C"), [this] {
            if (m_view->loadMap())
                QApplication::clipboard()->setText(QString::fromUtf8(m_view->loadMap()->map()->csv));
        });

    QMenu* view = menuBar()->addMenu("&View");
    m_fit =
        addAction(view, "view.fit", "&Fit", "Show the whole map", QKeySequence("F"), [this] { m_view->plot()->fit(); });
    addAction(view, "view.escape", "Stop", "Cancel loading, else show the whole map", QKeySequence("Esc"),
        [this] { escape(); });
    QAction* crosshair = addAction(
        view, "view.crosshair", "&Crosshair", "Lines through the cell under the cursor", QKeySequence("X"), [] {});
    crosshair->setCheckable(true);
    crosshair->setChecked(true);
    connect(crosshair, &QAction::toggled, m_view->plot(), &LoadPlot::setCrosshairVisible);
    view->addSeparator();
    QAction* summary = m_dock->toggleViewAction();
    summary->setObjectName("view.summary");
    summary->setText("&Summary");
    summary->setToolTip("Facts of the trace and balance of each layer  (F9)");
    summary->setShortcut(QKeySequence("F9"));
    view->addAction(summary);
    m_dark = addAction(view, "view.dark", "&Dark theme", "Dark colours for the window; figures stay white",
        QKeySequence("Ctrl+Shift+D"), [] {});
    m_dark->setCheckable(true);
    connect(m_dark, &QAction::toggled, this, [this](bool dark) { setTheme(dark ? Theme::Dark : Theme::Light); });

    QMenu* help = menuBar()->addMenu("&Help");
    addAction(help, "help.about", "&About Expertscope", "Version and licence", QKeySequence("F1"), [this] {
        QMessageBox::about(this, "About Expertscope",
            QString(
                "Expertscope %1\nHow mixture-of-experts models route their tokens.\n\nGPL-3.0-or-later; uses Qt %2, "
                "QCustomPlot and HDF5.")
                .arg(kVersion, qVersion()));
    });

    QToolBar* bar = addToolBar("Main");
    bar->setObjectName("mainToolBar");
    bar->setMovable(false);
    bar->setToolButtonStyle(Qt::ToolButtonTextOnly);
    bar->toggleViewAction()->setObjectName("view.toolBar");
    bar->toggleViewAction()->setToolTip("Show the tool bar");
    for (QAction* action : {open, m_export, m_fit, crosshair, m_dark})
        bar->addAction(action);
}

void MainWindow::setTheme(Theme theme)
{
    applyTheme(theme);
    m_view->setTheme(theme);
    const QSignalBlocker quiet(m_dark);
    m_dark->setChecked(theme == Theme::Dark);
    QSettings().setValue("window/theme", theme == Theme::Dark ? "dark" : "light");
}

void MainWindow::open(const QString& path)
{
    m_view->open(path);
}

void MainWindow::askForTrace()
{
    const QString folder = QSettings().value("files/folder", QDir::homePath()).toString();
    const QString path = QFileDialog::getOpenFileName(this, "Open trace", folder, "Traces (*.h5);;All files (*)");
    if (!path.isEmpty())
        open(path);
}

void MainWindow::remember(const QString& path)
{
    QSettings settings;
    const QString absolute = QFileInfo(path).absoluteFilePath();
    QStringList recent = settings.value("files/recent").toStringList();
    recent.removeAll(absolute);
    recent.prepend(absolute);
    settings.setValue("files/recent", recent.mid(0, kMaxRecent));
    settings.setValue("files/folder", QFileInfo(absolute).absolutePath());
}

void MainWindow::fillRecent()
{
    m_recent->clear();
    int number = 0;
    for (const QString& path : QSettings().value("files/recent").toStringList()) {
        QAction* action = m_recent->addAction(QString("&%1  %2").arg(++number).arg(QDir::toNativeSeparators(path)));
        action->setObjectName(QString("file.recent.%1").arg(number));
        action->setToolTip(path);
        action->setEnabled(QFileInfo::exists(path));
        connect(action, &QAction::triggered, this, [this, path] { open(path); });
    }
    if (number == 0)
        m_recent->addAction("Nothing yet")->setEnabled(false);
}

void MainWindow::exportFigure()
{
    FigureSpec spec = m_view->spec();
    spec.tool = QString("expertscope ") + kVersion;
    const HeatMap& map = *m_view->loadMap()->map();
    spec.xTitle = map.columnTitle;
    spec.yTitle = map.rowTitle;
    spec.valueTitle = map.valueTitle;
    const QFileInfo trace(m_view->facts().path);
    const QString start = m_lastExport.isEmpty() ? trace.absolutePath() + "/load.pdf" : m_lastExport;
    ExportDialog dialog(
        spec, start,
        [this](FigureSpec page, const QString& path, bool alone) -> Expected<QStringList> {
            // A spec's trace path counts from where the spec lies.
            page.tracePath =
                QFileInfo(path).absoluteDir().relativeFilePath(QFileInfo(m_view->facts().path).absoluteFilePath());
            ES_ASSIGN(const Figure figure, m_view->figure(page));
            return writeFigure(figure, path, {alone});
        },
        this);
    if (dialog.exec() == QDialog::Accepted) {
        m_lastExport = dialog.path();
        statusBar()->showMessage("Wrote " + dialog.path(), 8000);
    }
}

void MainWindow::copyReadout()
{
    const QString text = m_view->readout();
    if (!text.isEmpty())
        QApplication::clipboard()->setText(text);
}

void MainWindow::escape()
{
    if (m_view->state() == LoadView::State::Loading)
        m_view->cancel();
    else
        m_view->plot()->fit();
}

void MainWindow::updateActions()
{
    const bool ready = m_view->state() == LoadView::State::Ready;
    m_export->setEnabled(ready);
    m_fit->setEnabled(ready);
    m_copyTable->setEnabled(ready);
    m_copy->setEnabled(ready && m_view->plot()->current());
}

void MainWindow::updateSummary()
{
    const auto& where = m_view->spec().where;
    m_summary->setTables(m_view->tables(),
        where.empty() ? QString("all tokens") : QString::fromStdString(where[0].label + "=" + where[0].value));
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event)
{
    if (!localTrace(event->mimeData()).isEmpty())
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event)
{
    open(localTrace(event->mimeData()));
    event->acceptProposedAction();
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    QSettings settings;
    settings.setValue("window/geometry", saveGeometry());
    settings.setValue("window/state", saveState());
    QMainWindow::closeEvent(event);
}

}
