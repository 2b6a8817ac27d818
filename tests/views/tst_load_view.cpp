// SPDX-License-Identifier: GPL-3.0-or-later
//
// The window, driven offscreen: what it says is what the data are.
#include "app/desktop/export_dialog.h"
#include "app/desktop/main_window.h"
#include "app/desktop/summary_panel.h"
#include "tests/support/test_main.h"
#include "tests/views/load_fixture.h"
#include "views/load/balance_model.h"
#include "views/load/load_controls.h"
#include "views/load/load_plot.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QDragEnterEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QMimeData>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>
#include <QThreadPool>
#include <QWheelEvent>

#include <cmath>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

/// A trace that takes its time: 20 ms a block.
class SlowTrace final : public BlockSource
{
public:
    explicit SlowTrace(std::shared_ptr<MemoryTrace> inner)
        : m_inner(std::move(inner))
    {
    }
    const RoutingShape& shape() const override { return m_inner->shape(); }
    Expected<Block> read(SiteIndex site, TokenRange range, Columns wanted, BlockBuffer& buffer) override
    {
        QThread::msleep(20);
        return m_inner->read(site, range, wanted, buffer);
    }

private:
    std::shared_ptr<MemoryTrace> m_inner;
};

Expected<OpenedTrace> openNamed(const QString& path)
{
    if (path.contains("broken"))
        return fail("not an HDF5 file", path.toStdString(), "is it a trace?");
    OpenedTrace opened;
    auto trace = path.contains("large") ? loadTrace(200, 64, 20) : loadTrace();
    opened.source = trace;
    if (path.contains("slow"))
        opened.source = std::make_shared<SlowTrace>(loadTrace(300, 16, 4));
    opened.facts = {path, "uuid-1", "2026-01-01T00:00:00Z", {{"Model", "tiny"}, {"Tokens", "2,400"}}};
    return opened;
}

}

class TestLoadView : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    std::unique_ptr<MainWindow> m_window;

    LoadView* view() const { return m_window->view(); }
    LoadPlot* plot() const { return view()->plot(); }
    template <class T> T* child(const char* name) const { return m_window->findChild<T*>(name); }
    bool openAndWait(const QString& path)
    {
        view()->open(path);
        return QTest::qWaitFor([this] { return view()->state() != LoadView::State::Loading; }, 20000);
    }
    void settle()
    {
        QTest::qWait(1);
        QApplication::processEvents();
    }
    /// The plot widget that takes the mouse.
    QWidget* canvas() const { return plot()->childAt(plot()->cellCentre({0, 0})); }
    void hover(LoadPlot::Cell cell)
    {
        const QPoint at = plot()->cellCentre(cell);
        QTest::mouseMove(canvas(), canvas()->mapFrom(plot(), at) + QPoint(1, 0));
        QTest::mouseMove(canvas(), canvas()->mapFrom(plot(), at));
    }

private slots:
    void initTestCase()
    {
        QCoreApplication::setOrganizationName("expertscope-test");
        QCoreApplication::setApplicationName("tst_load_view");
        QSettings::setDefaultFormat(QSettings::IniFormat);
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_dir.path());
    }
    void init()
    {
        QSettings().clear();
        m_window = std::make_unique<MainWindow>(openNamed);
        m_window->resize(1100, 700);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    }
    void cleanup() { m_window.reset(); }

    void emptyStateSaysWhatToDo()
    {
        QCOMPARE(view()->state(), LoadView::State::Empty);
        QVERIFY(child<QLabel>("emptyCommand")->isVisible());
        QVERIFY(child<QLabel>("emptyCommand")->text().contains("expertscope capture"));
        QVERIFY(child<QPushButton>("emptyOpen")->isVisible());
        QVERIFY(!child<QAction>("file.export")->isEnabled());
        QVERIFY(!child<QAction>("edit.copyReadout")->isEnabled());
    }

    void errorStateShowsTheLine()
    {
        QVERIFY(openAndWait("/tmp/broken.h5"));
        QCOMPARE(view()->state(), LoadView::State::Error);
        auto* label = child<QLabel>("errorText");
        QVERIFY(label->isVisible());
        QCOMPARE(label->text(), QString("/tmp/broken.h5: not an HDF5 file (is it a trace?)"));
        QVERIFY(label->textInteractionFlags() & Qt::TextSelectableByMouse);
        QVERIFY(!child<QAction>("file.export")->isEnabled());
        QVERIFY(openAndWait("good.h5")); // and goes on
        QCOMPARE(view()->state(), LoadView::State::Ready);
    }

    void loadingCanBeCancelledAtOnce()
    {
        QVERIFY(openAndWait("good.h5"));
        view()->open("slow.h5");
        QCOMPARE(view()->state(), LoadView::State::Loading);
        QTest::qWait(60);
        QVERIFY(child<QPushButton>("loadingCancel")->isVisible());
        child<QAction>("view.escape")->trigger();
        QCOMPARE(view()->state(), LoadView::State::Ready); // what was shown before
        QCOMPARE(view()->facts().path, QString("good.h5"));
        QVERIFY(QThreadPool::globalInstance()->waitForDone(2000)); // whole, it would take longer
        settle();
        QCOMPARE(view()->facts().path, QString("good.h5"));
    }

    void aNewerOpenWins()
    {
        view()->open("slow.h5");
        QVERIFY(openAndWait("good.h5"));
        QVERIFY(QThreadPool::globalInstance()->waitForDone(5000));
        settle();
        QCOMPARE(view()->facts().path, QString("good.h5"));
        QCOMPARE(view()->loadMap()->map()->rows(), std::size_t(6));
    }

    void hoverTellsTheData()
    {
        QVERIFY(openAndWait("good.h5"));
        settle();
        auto trace = loadTrace();
        const LoadTable table = loadTable(*trace, {}).value();
        for (const LoadPlot::Cell& cell : {LoadPlot::Cell{0, 0}, {5, 25}, {3, 31}, {1, 3}}) {
            hover(cell);
            QVERIFY(plot()->current() == cell);
            const auto count =
                table.count(SiteIndex(std::uint16_t(cell.first)), ExpertIndex(std::uint16_t(cell.second)));
            const double share = double(count) / double(table.choices[cell.first]);
            const QString text = child<QLabel>("readoutText")->text();
            QVERIFY2(text.contains(QString("Layer %1").arg(cell.first + 1)), qPrintable(text));
            QVERIFY2(text.contains(QString("expert %1").arg(cell.second)), qPrintable(text));
            QVERIFY2(
                text.contains(QLocale(QLocale::English).toString(qulonglong(count)) + " choices"), qPrintable(text));
            QVERIFY2(text.contains(QString("share %1 %").arg(QString::number(100 * share, 'g', 3))), qPrintable(text));
            QVERIFY2(text.contains("relative load " + QString::number(32 * share, 'g', 3)), qPrintable(text));
            QCOMPARE(text.contains("never chosen"), count == 0);
            QVERIFY(child<QAction>("edit.copyReadout")->isEnabled());
            child<QAction>("edit.copyReadout")->trigger();
            QCOMPARE(QApplication::clipboard()->text(), text);
        }
    }

    void pixelsHaveTheColoursOfTheirValues_data()
    {
        QTest::addColumn<int>("metric");
        QTest::newRow("relative") << 0;
        QTest::newRow("share") << 1;
        QTest::newRow("ratio") << 2;
    }
    void pixelsHaveTheColoursOfTheirValues()
    {
        QFETCH(int, metric);
        QVERIFY(openAndWait("good.h5"));
        child<QComboBox>("metric")->setCurrentIndex(metric);
        settle();
        const QImage image = plot()->grab().toImage();
        const double ratio = image.devicePixelRatio();
        const HeatMap& map = *view()->loadMap()->map();
        for (std::size_t r = 0; r < map.rows(); ++r) {
            for (std::size_t c = 0; c < map.columns(); ++c) {
                if (map.marked(r, c))
                    continue;
                const QPoint at = plot()->cellCentre({r, c}) * ratio;
                const QColor got = image.pixelColor(at),
                             wanted = QColor::fromRgb(view()->scale().colour(map.values.at(r, c)));
                QVERIFY2(std::abs(got.red() - wanted.red()) <= 2 && std::abs(got.green() - wanted.green()) <= 2
                        && std::abs(got.blue() - wanted.blue()) <= 2,
                    qPrintable(QString("%1,%2: %3 not %4").arg(r).arg(c).arg(got.name(), wanted.name())));
            }
        }
    }

    void filterCountsOnlyItsSequences()
    {
        QVERIFY(openAndWait("good.h5"));
        auto trace = loadTrace();
        PassOptions options;
        options.where = {{"language", "de"}};
        const LoadTable german = loadTable(*trace, options).value();
        const LoadTable all = loadTable(*trace, {}).value();
        QSignalSpy changed(view(), &LoadView::mapChanged);
        QVERIFY(view()->controls()->chooseFilter("language", "de"));
        QTRY_COMPARE(view()->tables().selected->counts, german.counts);
        QVERIFY(!changed.isEmpty());
        QCOMPARE(view()->tables().all->counts, all.counts);
        const auto cell = view()->loadMap()->cell(2, 5).value();
        QCOMPARE(cell.count, german.count(SiteIndex(2), ExpertIndex(5)));
        const double ratio = double(cell.count) / double(german.choices[2])
            / (double(all.count(SiteIndex(2), ExpertIndex(5))) / double(all.choices[2]));
        QVERIFY(std::abs(cell.ratioToAll - ratio) < 1e-12);
        QCOMPARE(view()->spec().where[0].value, std::string("de"));
        child<QComboBox>("metric")->setCurrentIndex(3); // to the whole trace
        QVERIFY(std::abs(view()->loadMap()->map()->values.at(2, 5) - ratio) < 1e-5);
        child<QComboBox>("filterLabel")->setCurrentIndex(0);
        QCOMPARE(view()->tables().selected->counts, all.counts);
    }

    void sortingKeepsTheNumbersOfAnExpert()
    {
        QVERIFY(openAndWait("good.h5"));
        std::map<int, std::uint64_t> byId;
        for (std::size_t c = 0; c < 32; ++c)
            byId[int(c)] = view()->loadMap()->cell(4, c)->count;
        child<QComboBox>("sort")->setCurrentIndex(1);
        std::uint64_t before = ~std::uint64_t(0);
        for (std::size_t c = 0; c < 32; ++c) {
            const LoadCell cell = view()->loadMap()->cell(4, c).value();
            QCOMPARE(cell.count, byId[cell.expert.value]);
            QVERIFY(cell.count <= before);
            QCOMPARE(cell.rank, c);
            before = cell.count;
        }
    }

    void limitsAreTakenAndShown()
    {
        QVERIFY(openAndWait("good.h5"));
        QVERIFY(!child<QDoubleSpinBox>("limitLow")->isEnabled());
        QCOMPARE(child<QDoubleSpinBox>("limitHigh")->value(), view()->scale().high);
        child<QComboBox>("limits")->setCurrentIndex(2);
        child<QDoubleSpinBox>("limitHigh")->setValue(2.5);
        QCOMPARE(view()->scale().high, 2.5);
        child<QComboBox>("limits")->setCurrentIndex(1); // symmetric about uniform
        QVERIFY(std::abs((view()->scale().low + view()->scale().high) / 2 - 1) < 1e-9);
    }

    void wheelZoomsAtTheCursorAndFitShowsAll()
    {
        QVERIFY(openAndWait("good.h5"));
        settle();
        const LoadPlot::Cell cell{4, 20};
        const QPoint at = plot()->cellCentre(cell);
        const QPoint local = canvas()->mapFrom(plot(), at);
        QWidget* const target = canvas();
        QWheelEvent wheel(local, target->mapToGlobal(local), {}, QPoint(0, 240), Qt::NoButton, Qt::NoModifier,
            Qt::NoScrollPhase, false);
        QApplication::sendEvent(target, &wheel);
        settle();
        QVERIFY(plot()->isZoomed());
        const QPoint moved = plot()->cellCentre(cell) - at;
        QVERIFY2(moved.manhattanLength() <= 2, "the cell under the cursor stays there");
        child<QAction>("view.fit")->trigger();
        QVERIFY(!plot()->isZoomed());
        QApplication::sendEvent(target, &wheel);
        QVERIFY(plot()->isZoomed());
        QTest::mouseDClick(target, Qt::LeftButton, {}, local);
        QVERIFY(!plot()->isZoomed());
    }

    void arrowKeysMoveTheCrosshair()
    {
        QVERIFY(openAndWait("good.h5"));
        QTest::keyClick(plot(), Qt::Key_Right);
        QVERIFY(plot()->current() == LoadPlot::Cell(0, 0));
        QTest::keyClick(plot(), Qt::Key_Right);
        QTest::keyClick(plot(), Qt::Key_Down);
        QVERIFY(plot()->current() == LoadPlot::Cell(1, 1));
        for (int i = 0; i < 50; ++i)
            QTest::keyClick(plot(), Qt::Key_Left);
        QVERIFY(plot()->current() == LoadPlot::Cell(1, 0));
        QVERIFY(view()->readout().startsWith("Layer 2"));
    }

    void manyLayersAreReducedAndSaidSo()
    {
        QVERIFY(openAndWait("large.h5"));
        m_window->resize(700, 320);
        settle();
        plot()->fit();
        settle();
        plot()->setCurrent(LoadPlot::Cell{0, 0});
        if (plot()->isReduced())
            QVERIFY(child<QLabel>("reducerNote")->text().contains("largest"));
        QVERIFY(plot()->isReduced());
    }

    void everyActionIsComplete()
    {
        QVERIFY(openAndWait("good.h5"));
        QSet<QString> ids;
        QSet<QKeySequence> shortcuts;
        int count = 0;
        for (QAction* action : m_window->findChildren<QAction*>()) {
            if (action->isSeparator() || qobject_cast<QLineEdit*>(action->parent())
                || (action->menu() && action->parent() == action->menu()
                    && action->menu()->parent() == m_window->menuBar()))
                continue;
            if (!action->objectName().contains('.'))
                continue; // Qt's own, inside of line edits and spin boxes
            ++count;
            QVERIFY2(!ids.contains(action->objectName()), qPrintable(action->objectName()));
            ids.insert(action->objectName());
            QVERIFY2(!action->text().isEmpty(), qPrintable(action->objectName()));
            QVERIFY2(
                !action->toolTip().isEmpty() && action->toolTip() != action->text(), qPrintable(action->objectName()));
            if (!action->menu() && action->objectName() != "view.toolBar") {
                QVERIFY2(!action->shortcut().isEmpty(), qPrintable(action->objectName()));
                QVERIFY2(!shortcuts.contains(action->shortcut()), qPrintable(action->objectName()));
                shortcuts.insert(action->shortcut());
            }
        }
        QVERIFY(count >= 10);
        // Whatever a menu shows is one of these.
        for (QAction* top : m_window->menuBar()->actions()) {
            for (QAction* action : top->menu()->actions())
                QVERIFY2(action->isSeparator() || ids.contains(action->objectName()), qPrintable(action->text()));
        }
    }

    void balanceTableFollowsTheFilter()
    {
        QVERIFY(openAndWait("good.h5"));
        auto* table = child<QTableView>("balanceTable");
        const QAbstractItemModelTester tester(table->model());
        QCOMPARE(table->model()->rowCount(), 6);
        // MaxVio of layer 5 by its definition, max c / mean c - 1.
        const auto maxVio = [&] {
            const LoadTable& t = *view()->tables().selected;
            std::uint64_t most = 0;
            for (int e = 0; e < 32; ++e)
                most = std::max(most, t.count(SiteIndex(4), ExpertIndex(std::uint16_t(e))));
            return QString::number(double(most) * 32 / double(t.choices[4]) - 1, 'f', 2);
        };
        const auto shown = [&] { return table->model()->index(4, BalanceModel::MaxVio).data().toString(); };
        QCOMPARE(shown(), maxVio());
        const QString before = shown();
        QVERIFY(view()->controls()->chooseFilter("language", "fr"));
        QTRY_VERIFY(shown() != before);
        QCOMPARE(shown(), maxVio());
        QCOMPARE(table->model()->index(1, BalanceModel::Dead).data().toInt(), 1);
    }

    void exportWritesWhatIsOnTheScreen()
    {
        QVERIFY(openAndWait("good.h5"));
        m_window->setTheme(Theme::Dark);
        child<QComboBox>("sort")->setCurrentIndex(1);
        FigureSpec spec = view()->spec();
        spec.tool = "expertscope test";
        QStringList got;
        ExportDialog dialog(
            spec, m_dir.filePath("out.svg"), [&](const FigureSpec& page, const QString& path, bool alone) {
                const Figure figure = view()->figure(page).value();
                auto written = writeFigure(figure, path, {alone});
                got = written.value_or(QStringList());
                return written;
            });
        dialog.findChild<QComboBox*>("preset")->setCurrentIndex(2);
        QCOMPARE(dialog.spec().widthMm, 183.0);
        dialog.findChild<QLineEdit*>("title")->setText("A title");
        dialog.accept(); // not yet written: only the button writes
        QVERIFY(got.isEmpty());
        for (QPushButton* button : dialog.findChildren<QPushButton*>()) {
            if (button->text() == "Export")
                button->click();
        }
        QCOMPARE(got.size(), 3);
        QFile svg(m_dir.filePath("out.svg"));
        QVERIFY(svg.open(QIODevice::ReadOnly));
        const QByteArray text = svg.readAll();
        QVERIFY(text.contains("width=\"183mm\"") && text.contains("A title"));
        QVERIFY(text.contains("Expert, by load in its layer"));
        QVERIFY2(!text.contains("#202328") && !text.contains("#2a2e34"), "the screen's dark theme stays on the screen");
    }

    void exportErrorsStayInTheDialog()
    {
        ExportDialog dialog(
            FigureSpec{}, "x.pdf", [](const FigureSpec&, const QString&, bool) -> Expected<QStringList> {
                return fail("disk full", "x.pdf");
            });
        dialog.show();
        for (QPushButton* button : dialog.findChildren<QPushButton*>()) {
            if (button->text() == "Export")
                button->click();
        }
        QVERIFY(dialog.isVisible());
        QCOMPARE(dialog.findChild<QLabel*>("exportError")->text(), QString("x.pdf: disk full"));
    }

    void droppedFilesOpen()
    {
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile("/data/good.h5")});
        QDragEnterEvent enter(QPoint(50, 50), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(m_window.get(), &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop(QPointF(50, 50), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(m_window.get(), &drop);
        QTRY_COMPARE(view()->state(), LoadView::State::Ready);
        QCOMPARE(view()->facts().path, QString("/data/good.h5"));
        QCOMPARE(QSettings().value("files/recent").toStringList(), QStringList("/data/good.h5"));
    }
};

EXPERTSCOPE_TEST(TestLoadView)
#include "tst_load_view.moc"
