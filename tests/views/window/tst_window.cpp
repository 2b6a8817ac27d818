// SPDX-License-Identifier: GPL-3.0-or-later
//
// The window, driven offscreen: what it says is what the data are, and what is done in one view shows in all.
#include "tests/support/test_main.h"
#include "tests/views/window/window_fixture.h"
#include "views/charts/wording.h"
#include "views/widgets/filter_bar.h"

#include <QClipboard>
#include <QDockWidget>
#include <QDoubleSpinBox>
#include <QDragEnterEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QMenuBar>
#include <QMimeData>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QThreadPool>
#include <QToolButton>
#include <QWheelEvent>

#include <cmath>

using namespace expertscope;
using namespace expertscope::testing;

class TestWindow : public WindowTest
{
    Q_OBJECT

private slots:
    void initTestCase() { useOwnSettings("tst_window"); }
    void init()
    {
        QSettings().clear();
        QVERIFY(start());
    }
    void cleanup() { m_window.reset(); }

    void emptyStateSaysWhatToDo()
    {
        QVERIFY(!session().study());
        QVERIFY(child<QLabel>("emptyCommand")->isVisible());
        QVERIFY(child<QLabel>("emptyCommand")->text().contains("expertscope capture"));
        QVERIFY(child<QPushButton>("emptyOpen")->isVisible());
        QVERIFY(child<QPushButton>("emptyOpen")->autoDefault()); // Return presses it
        for (const char* id : {"file.export", "edit.copyReadout", "edit.copyTable", "view.fit", "view.crosshair",
                 "view.sidePanels", "file.reload"})
            QVERIFY2(!child<QAction>(id)->isEnabled(), id);
        for (QDockWidget* dock : m_window->findChildren<QDockWidget*>())
            QVERIFY(!dock->isVisible());
    }

    void errorStateShowsTheLine()
    {
        QVERIFY(openAndWait("/tmp/broken.h5"));
        QVERIFY(!session().study());
        auto* label = child<QLabel>("errorText");
        QVERIFY(label->isVisible());
        QCOMPARE(label->text(), QString("/tmp/broken.h5: not an HDF5 file (is it a trace?)"));
        QVERIFY(label->textInteractionFlags() & Qt::TextSelectableByMouse);
        QVERIFY(!child<QAction>("file.export")->isEnabled());
        QVERIFY(openAndWait("good.h5")); // and goes on
        QCOMPARE(load()->page(), ChartView::Page::Picture);
    }

    void aFailedSecondOpenKeepsThePicture()
    {
        QVERIFY(openAndWait("good.h5"));
        const ChartPtr before = load()->chart();
        QVERIFY(openAndWait("/tmp/broken.h5"));
        QCOMPARE(load()->chart(), before);
        QVERIFY(m_window->windowTitle().startsWith("good.h5"));
        QVERIFY(child<QWidget>("notice")->isVisible());
        child<QToolButton>("noticeCopy")->click();
        QCOMPARE(QApplication::clipboard()->text(), QString("/tmp/broken.h5: not an HDF5 file (is it a trace?)"));
        child<QToolButton>("noticeClose")->click();
        QVERIFY(!child<QWidget>("notice")->isVisible());
        QVERIFY(!session().error());
    }

    void openingCanBeCancelledAtOnce()
    {
        QVERIFY(openAndWait("good.h5"));
        m_window->open({"hanging.h5"});
        QVERIFY(!session().opening().isEmpty());
        QTRY_VERIFY(child<QToolButton>("noticeCancel")->isVisible());
        child<QAction>("view.escape")->trigger();
        QVERIFY(session().opening().isEmpty());
        QVERIFY(!child<QWidget>("notice")->isVisible());
        QVERIFY(QThreadPool::globalInstance()->waitForDone(2000));
        settle();
        QCOMPARE(session().paths(), QStringList("good.h5"));
        QVERIFY(!session().error());
    }

    void computingCanBeStoppedAtOnce()
    {
        m_window->open({"slow.h5"});
        QTRY_VERIFY(load()->loading());
        QTest::qWait(400); // all docks are seen then: none asks anew after it was stopped
        child<QAction>("view.escape")->trigger();
        QVERIFY(!load()->loading());
        QCOMPARE(load()->page(), ChartView::Page::Error);
        QVERIFY(load()->findChild<QPushButton*>("chartRetry")->isVisible());
        QVERIFY(QThreadPool::globalInstance()->waitForDone(2000)); // whole, it would take longer
    }

    void aNewerOpenWins()
    {
        m_window->open({"slow.h5"});
        QVERIFY(openAndWait("good.h5"));
        QVERIFY(QThreadPool::globalInstance()->waitForDone(5000));
        settle();
        QCOMPARE(session().paths(), QStringList("good.h5"));
        QCOMPARE(map(load()).rows(), std::size_t(6));
    }

    void hoverTellsTheData()
    {
        QVERIFY(openAndWait("good.h5"));
        const LoadTable table = counts();
        for (const Mark& mark : {cell(0, 0), cell(5, 25), cell(3, 31), cell(1, 3)}) {
            hover(mark);
            QVERIFY(plot()->current() == mark);
            const auto count = table.count(SiteIndex(std::uint16_t(mark.row)), ExpertIndex(std::uint16_t(mark.column)));
            const double share = double(count) / double(table.choices[mark.row]);
            const QString text = plot()->readout();
            QVERIFY2(text.contains(QString("Layer %1").arg(mark.row + 1)), qPrintable(text));
            QVERIFY2(text.contains(QString("expert %1").arg(mark.column)), qPrintable(text));
            QVERIFY2(text.contains(countText(count) + " choices"), qPrintable(text));
            QVERIFY2(text.contains("share " + percentText(share)), qPrintable(text));
            QVERIFY2(text.contains(numberText(32 * share) + " of uniform"), qPrintable(text));
            QVERIFY(child<QAction>("edit.copyReadout")->isEnabled());
            child<QAction>("edit.copyReadout")->trigger();
            QCOMPARE(QApplication::clipboard()->text(), text);
        }
        child<QAction>("edit.copyTable")->trigger();
        QCOMPARE(QApplication::clipboard()->text(), QString::fromUtf8(load()->chart()->csv()));
    }

    void pixelsHaveTheColoursOfTheirValues_data()
    {
        QTest::addColumn<int>("metric");
        QTest::newRow("auto") << 0;
        QTest::newRow("relative") << 1;
        QTest::newRow("share") << 2;
        QTest::newRow("ratio") << 3;
    }
    void pixelsHaveTheColoursOfTheirValues()
    {
        QFETCH(int, metric);
        QVERIFY(openAndWait("good.h5"));
        choose("metric", metric);
        settle();
        const QImage image = plot()->grab().toImage();
        const double ratio = image.devicePixelRatio();
        const HeatMap& shown = map(load());
        const ColourScale scale = load()->chart()->picture()->key->scale;
        for (std::uint32_t r = 0; r < shown.rows(); ++r) {
            for (std::uint32_t c = 0; c < shown.columns(); ++c) {
                if (shown.marked(r, c))
                    continue;
                const QPoint at = plot()->placeOf(cell(r, c)) * ratio;
                const QColor got = image.pixelColor(at), wanted = QColor::fromRgb(scale.colour(shown.values.at(r, c)));
                QVERIFY2(std::abs(got.red() - wanted.red()) <= 2 && std::abs(got.green() - wanted.green()) <= 2
                        && std::abs(got.blue() - wanted.blue()) <= 2,
                    qPrintable(QString("%1,%2: %3 not %4").arg(r).arg(c).arg(got.name(), wanted.name())));
            }
        }
    }

    void filtersChangeAllViewsAndTheCounts()
    {
        QVERIFY(openAndWait("good.h5"));
        auto* bar = m_window->findChild<FilterBar*>();
        QTRY_COMPARE(bar->countText(), QString("2,400 tokens · 6 sequences"));
        const QByteArray loadBefore = load()->chart()->csv(), pairsBefore = chart("coactivation")->chart()->csv(),
                         tableBefore = m_window->view("balance")->csv();
        session().filters().add({LabelFilter{"language", "de"}});
        QTRY_VERIFY(settled());
        QTRY_COMPARE(bar->countText(), QString("800 of 2,400 tokens · 2 of 6 sequences"));
        QTRY_VERIFY(load()->chart()->csv() != loadBefore);
        QTRY_VERIFY(chart("coactivation")->chart()->csv() != pairsBefore);
        QTRY_VERIFY(m_window->view("balance")->csv() != tableBefore);
        Scope german;
        german.where = {{"language", "de"}};
        const LoadTable table = counts(german), all = counts();
        choose("metric", 3);
        choose("against", 1); // to the whole trace
        QTRY_VERIFY(settled());
        const double ratio = double(table.count(SiteIndex(2), ExpertIndex(5))) / double(table.choices[2])
            / (double(all.count(SiteIndex(2), ExpertIndex(5))) / double(all.choices[2]));
        QTRY_VERIFY(std::abs(map(load()).values.at(2, 5) - ratio) < 1e-5);
        m_window->findChild<QToolButton*>("chipRemove")->click();
        QTRY_COMPARE(bar->countText(), QString("2,400 tokens · 6 sequences"));
    }

    void undoBringsBackWhatWasShownWithoutReading()
    {
        QVERIFY(openAndWait("good.h5"));
        const QByteArray before = load()->chart()->csv();
        const auto pairs = chart("coactivation")->chart()->csv();
        plot()->setCurrent(cell(0, 27));
        QTest::keyClick(plot(), Qt::Key_I);
        QTRY_VERIFY(settled());
        QTRY_VERIFY(load()->chart()->csv() != before);
        const QByteArray kept = load()->chart()->csv();
        const LoadTable all = counts();
        QCOMPARE(m_window->findChild<FilterBar*>()->countText(),
            QString("%1 of 2,400 tokens · 6 sequences").arg(all.count(SiteIndex(0), ExpertIndex(27))));
        const int reads = *g_reads;
        child<QAction>("edit.undo")->trigger();
        QCOMPARE(load()->chart()->csv(), before); // at once
        QCOMPARE(chart("coactivation")->chart()->csv(), pairs);
        child<QAction>("edit.redo")->trigger();
        QCOMPARE(load()->chart()->csv(), kept);
        QTest::keyClick(plot(), Qt::Key_Backspace);
        QCOMPARE(load()->chart()->csv(), before);
        settle();
        QCOMPARE(g_reads->load(), reads);
    }

    void aClickMarksTheExpertEverywhere()
    {
        QVERIFY(openAndWait("good.h5"));
        click(cell(0, 27));
        QCOMPARE(session().selection().chosen().site, std::optional(SiteIndex(0)));
        QCOMPARE(session().selection().chosen().expert, std::optional(ExpertIndex(27)));
        QCOMPARE(plot()->pinnedMarks(), std::vector{cell(0, 27)});
        const auto marks = chart("coactivation")->widget()->pinnedMarks();
        QVERIFY(!marks.empty());
        for (const Mark& mark : marks)
            QVERIFY(mark.row == 27 || mark.column == 27);
        click(cell(3, 5)); // the chart of one site goes along, and that is no step to undo
        QTRY_COMPARE(chart("coactivation")->state().options().number("site"), 3.0);
        QTRY_VERIFY(settled());
        QTRY_VERIFY(!chart("coactivation")->widget()->pinnedMarks().empty());
        QVERIFY(!session().undo().canUndo());
        click(cell(2, 7), Qt::ShiftModifier);
        QCOMPARE(session().selection().pins().size(), std::size_t(2));
        QCOMPARE(plot()->pinnedMarks().size(), std::size_t(2));
        QTRY_VERIFY(settled());
        child<QAction>("view.escape")->trigger();
        QVERIFY(session().selection().pins().empty());
        QVERIFY(plot()->pinnedMarks().empty());
        // Pointing in one shows in the others, and not in itself as something else's.
        hover(cell(2, 9));
        QVERIFY(!chart("coactivation")->widget()->hoveredMarks().empty());
    }

    void sortingKeepsTheNumbersOfAnExpert()
    {
        QVERIFY(openAndWait("good.h5"));
        const LoadTable table = counts();
        choose("metric", 2);
        choose("sort", 1);
        float before = INFINITY;
        for (std::uint32_t c = 0; c < 32; ++c) {
            const Subject at = load()->chart()->subject(cell(4, c)).value();
            const float share = map(load()).values.at(4, c);
            const double wanted = 100 * double(table.count(SiteIndex(4), *at.expert)) / double(table.choices[4]);
            QVERIFY(std::abs(share - wanted) < 1e-4);
            QVERIFY(share <= before);
            QVERIFY(load()->chart()->readout(cell(4, c)).contains(QString("rank %1 of 32").arg(c + 1)));
            before = share;
        }
    }

    void limitsAreTakenHeldAndShown()
    {
        QVERIFY(openAndWait("good.h5"));
        choose("metric", 2);
        const auto scale = [this] { return load()->chart()->picture()->key->scale; };
        QVERIFY(!option<QDoubleSpinBox>("limitLow")->isEnabled());
        QCOMPARE(option<QDoubleSpinBox>("limitHigh")->value(), scale().high);
        choose("limits", 2);
        QVERIFY(option<QDoubleSpinBox>("limitLow")->isEnabled());
        option<QDoubleSpinBox>("limitHigh")->setValue(2.5);
        QCOMPARE(scale().high, 2.5);
        session().filters().add({LabelFilter{"language", "fr"}});
        QTRY_VERIFY(settled());
        QCOMPARE(scale().high, 2.5); // held
        choose("limits", 1); // symmetric about uniform
        QVERIFY(std::abs((scale().low + scale().high) / 2 - 3.125) < 1e-3);
        child<QAction>("edit.undo")->trigger();
        QCOMPARE(scale().high, 2.5);
        choose("limits", 0);
        QVERIFY(!option<QDoubleSpinBox>("limitLow")->isEnabled());
        choose("colours", 1);
        QCOMPARE(scale().table.name, colourTableNames()[0]);
    }

    void wheelZoomsAtTheCursorAndFitShowsAll()
    {
        QVERIFY(openAndWait("good.h5"));
        const Mark mark = cell(4, 20);
        const QPoint at = plot()->placeOf(mark);
        QWidget* const target = canvas(plot());
        const QPoint local = target->mapFrom(plot(), at);
        QWheelEvent wheel(local, target->mapToGlobal(local), {}, QPoint(0, 240), Qt::NoButton, Qt::NoModifier,
            Qt::NoScrollPhase, false);
        QApplication::sendEvent(target, &wheel);
        settle();
        QVERIFY(plot()->isZoomed());
        const QPoint moved = plot()->placeOf(mark) - at;
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
        QTRY_VERIFY(plot()->hasFocus());
        QTest::keyClick(plot(), Qt::Key_Right);
        QVERIFY(plot()->current() == cell(0, 0));
        QTest::keyClick(plot(), Qt::Key_Right);
        QTest::keyClick(plot(), Qt::Key_Down);
        QVERIFY(plot()->current() == cell(1, 1));
        for (int i = 0; i < 50; ++i)
            QTest::keyClick(plot(), Qt::Key_Left);
        QVERIFY(plot()->current() == cell(1, 0));
        QVERIFY(plot()->readout().startsWith("Layer 2"));
        QTest::keyClick(plot(), Qt::Key_Return);
        QCOMPARE(session().selection().chosen(), plot()->subject());
    }

    void tabLeavesEveryView()
    {
        QVERIFY(openAndWait("good.h5"));
        auto* table = child<QTableView>("balanceTable");
        table->setFocus();
        QVERIFY(table->hasFocus());
        QTest::keyClick(table, Qt::Key_Tab);
        QVERIFY(!table->hasFocus());
        QVERIFY(QApplication::focusWidget());
    }

    void manyLayersAreReducedAndSaidSo()
    {
        QVERIFY(openAndWait("large.h5"));
        m_window->resize(800, 500); // folds the panels, which may be lower then
        QTest::qWait(50);
        m_window->resize(800, 320);
        settle();
        plot()->fit();
        settle();
        QVERIFY(plot()->isReduced());
        plot()->setCurrent(cell(0, 0));
        const QString note = load()->reducerNote();
        QVERIFY2(note.contains("largest") || note.contains("extreme"), qPrintable(note));
        choose("reducer", 2);
        settle();
        QVERIFY(load()->reducerNote().contains("mean"));
    }

    void nothingIsCutOffInASmallWindow()
    {
        QVERIFY(openAndWait("good.h5"));
        m_window->resize(800, 500);
        QTest::qWait(100);
        QCOMPARE(m_window->size(), QSize(800, 500));
        for (const QWidget* widget : m_window->findChildren<QWidget*>()) {
            if (widget->visibleRegion().isEmpty() || widget->isWindow() || widget->parentWidget() != m_window.get())
                continue;
            QVERIFY2(m_window->rect().contains(widget->geometry()), qPrintable(widget->objectName()));
        }
        QVERIFY(plot()->width() > 300 && plot()->height() > 200);
        m_window->resize(1300, 800);
        QTest::qWait(100);
        QCOMPARE(m_window->size(), QSize(1300, 800));
        QVERIFY(chart("coactivation")->isVisible());
    }

    void openingKeepsTheSizeOfTheWindow()
    {
        m_window->resize(820, 520);
        QVERIFY(openAndWait("good.h5"));
        QCOMPARE(m_window->size(), QSize(820, 520));
    }

    void sidePanelsArePutAwayAndComeBack()
    {
        QVERIFY(openAndWait("good.h5"));
        auto* action = child<QAction>("view.sidePanels");
        QVERIFY(action->isChecked());
        action->trigger();
        QVERIFY(!m_window->view("summary")->isVisible());
        QVERIFY(!action->isChecked());
        // A view that is not seen asks for nothing, until it is.
        session().filters().add({LabelFilter{"language", "de"}});
        QTRY_VERIFY(settled());
        const QByteArray before = chart("coactivation")->chart()->csv();
        action->trigger();
        QTRY_VERIFY(chart("coactivation")->isVisible());
        QTRY_VERIFY(chart("coactivation")->chart()->csv() != before);
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
            if (!action->menu() && !action->objectName().endsWith("oolBar")) {
                if (action->shortcut().isEmpty()) { // the palette has it
                    QVERIFY2(action->objectName().startsWith("panels."), qPrintable(action->objectName()));
                    continue;
                }
                QVERIFY2(!shortcuts.contains(action->shortcut()), qPrintable(action->objectName()));
                shortcuts.insert(action->shortcut());
            }
        }
        QVERIFY(count >= 20);
        // Whatever a menu shows is one of these.
        for (QAction* top : m_window->menuBar()->actions()) {
            for (QAction* action : top->menu()->actions())
                QVERIFY2(action->isSeparator() || ids.contains(action->objectName()), qPrintable(action->text()));
        }
    }

    void everyChartOfTheRegistryIsAView()
    {
        QVERIFY(openAndWait("good.h5"));
        for (const ChartSpec& spec : chartRegistry()) {
            ChartView* view = chart(spec.name.c_str());
            QVERIFY(view);
            const QString id = QString::fromStdString("chart." + spec.name);
            if (!views().isInFront(id))
                child<QAction>("panels." + id)->trigger(); // as from the menu
            QTRY_VERIFY_WITH_TIMEOUT(!view->loading() && view->page() != ChartView::Page::Empty, 20000);
            const bool mayRefuse = spec.name == "training" || spec.name == "expert_life"; // of several traces
            QVERIFY2(view->page() == ChartView::Page::Picture || mayRefuse, qPrintable(view->errorText()));
            QVERIFY(view->page() == ChartView::Page::Picture || !view->errorText().isEmpty());
        }
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
        QTRY_VERIFY(session().study());
        QCOMPARE(session().paths(), QStringList("/data/good.h5"));
        QCOMPARE(QSettings().value("files/recent").toStringList(), QStringList("/data/good.h5"));
    }

    void themeGeometryAndDocksAreRemembered()
    {
        QVERIFY(openAndWait("good.h5"));
        child<QAction>("view.dark")->trigger();
        child<QDockWidget>("summary")->close();
        m_window->resize(1250, 650);
        settle();
        m_window->close();
        m_window = std::make_unique<MainWindow>(openNamed);
        m_window->show();
        QVERIFY(openAndWait("good.h5"));
        QCOMPARE(currentTheme(), Theme::Dark);
        QVERIFY(child<QAction>("view.dark")->isChecked());
        QVERIFY(m_window->width() == 1250 || m_window->width() <= m_window->screen()->availableSize().width()); // newer Qt
        QCOMPARE(m_window->height(), 650);
        m_window->resize(1250, 650);
        settle();
        QVERIFY(!m_window->view("summary")->isVisible());
        QVERIFY(m_window->view("balance")->isVisible());
        m_window->setTheme(Theme::Light);
    }

    void reloadKeepsFilters()
    {
        QVERIFY(openAndWait("good.h5"));
        session().filters().add({LabelFilter{"language", "de"}});
        QTRY_VERIFY(settled());
        const QByteArray before = load()->chart()->csv();
        child<QAction>("file.reload")->trigger();
        QTRY_VERIFY(settled());
        settle();
        QTRY_VERIFY(settled());
        QCOMPARE(session().filters().steps().size(), std::size_t(1));
        QCOMPARE(load()->chart()->csv(), before);
        QVERIFY(*g_reads > 0); // read anew
    }
};

EXPERTSCOPE_TEST(TestWindow)
#include "tst_window.moc"
