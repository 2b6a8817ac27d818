// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the window is around its views: tabs and docks, the palette, history, workspaces, duplicates.
#include "app/desktop/palette/fuzzy.h"
#include "app/desktop/palette/palette.h"
#include "app/desktop/workspace/built_in_workspaces.h"
#include "app/desktop/workspace/workspace_actions.h"
#include "app/desktop/workspace/workspace_window.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"
#include "tests/views/window/window_fixture.h"
#include "views/widgets/chart_menu.h"
#include "views/widgets/elided_label.h"

#include <QDir>
#include <QDockWidget>
#include <QFile>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QMouseEvent>
#include <QTabBar>
#include <QTreeWidget>

using namespace expertscope;
using namespace expertscope::testing;

class TestFrame : public WindowTest
{
    Q_OBJECT

    /// Types into the palette and takes what comes first.
    void go(const QString& query)
    {
        trigger("view.palette");
        QTest::keyClicks(&m_window->palette().line(), query);
        QTest::keyClick(&m_window->palette().line(), Qt::Key_Return);
    }
    QByteArray written(const QString& path) const
    {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    void write(const QString& path, const QByteArray& bytes) const
    {
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(bytes);
    }
    QString notice() const { return child<ElidedLabel>("noticeText")->text(); }
    bool noticed() const { return child<QWidget>("notice")->isVisible(); }

private slots:
    void initTestCase() { useOwnSettings("tst_frame"); }
    void init()
    {
        QSettings().clear();
        QVERIFY(start());
    }
    void cleanup() { m_window.reset(); }

    void fuzzyFindsWhatIsMeant()
    {
        QVERIFY(!fuzzyScore("flow", "Open Load"));
        QVERIFY(fuzzyScore("", "anything") == 0);
        QVERIFY(fuzzyScore("load", "Open Load") > fuzzyScore("load", "Open Loads"));
        QVERIFY(fuzzyScore("co act", "Open Co-activation"));
        QVERIFY(fuzzyScore("expfig", "Export figure…")); // letters in order, in few pieces
        QVERIFY(!fuzzyScore("xqz", "Export figure…"));
        QVERIFY(fuzzyScore("fig", "Export figure…") > fuzzyScore("fig", "Config"));
    }

    void paletteReachesEveryAction()
    {
        QVERIFY(openAndWait("good.h5"));
        QSet<QString> offered;
        for (const PaletteItem& item : paletteItems(*m_window, {}, {}, 100000))
            offered.insert(item.id);
        int count = 0;
        for (const QAction* action : m_window->findChildren<QAction*>()) {
            const QString id = action->objectName();
            if (!id.contains('.') || action->menu() || id.startsWith("file.recent"))
                continue;
            ++count;
            QVERIFY2(offered.contains(id), qPrintable(id));
        }
        QVERIFY(count > 60);
        for (const ChartSpec& spec : chartRegistry())
            QVERIFY2(offered.contains(QString::fromStdString("panels.chart." + spec.name)), spec.name.c_str());
        // Each by what it is called, too.
        for (QAction* action : m_window->findChildren<QAction*>()) {
            const QString id = action->objectName();
            if (!id.contains('.') || action->menu() || id.startsWith("file.recent"))
                continue;
            const QString name = action->text().remove('&').remove("…");
            const auto found = paletteItems(*m_window, name, {});
            QVERIFY2(
                std::ranges::any_of(found, [&](const PaletteItem& item) { return item.id == id; }), qPrintable(name));
        }
    }

    void palettePinsExperts_data()
    {
        QTest::addColumn<QString>("query");
        for (const char* query : {"5:27", "L5 E27", "l5e27", "layer 5 expert 27", "5 27", "pin 5:27"})
            QTest::newRow(query) << query;
    }
    void palettePinsExperts()
    {
        QFETCH(QString, query);
        QVERIFY(openAndWait("good.h5"));
        go(query);
        const Subject pin = session().selection().chosen();
        QCOMPARE(pin.expert, std::optional(ExpertIndex(27)));
        QCOMPARE(session().study()->shape().sites[std::size_t(*pin.site)].layer, std::uint16_t(5));
        QVERIFY(!m_window->palette().isVisible());
    }

    void paletteCompletesFiltersAndOpens()
    {
        QVERIFY(openAndWait("good.h5"));
        trigger("view.palette");
        QLineEdit& line = m_window->palette().line();
        QTest::keyClicks(&line, "layer 5");
        QTest::keyClick(&line, Qt::Key_Tab);
        QCOMPARE(line.text(), QString("layer 5 expert "));
        QCOMPARE(m_window->palette().items().size(), std::size_t(32)); // its experts
        QTest::keyClick(&line, Qt::Key_Down);
        QTest::keyClick(&line, Qt::Key_Return);
        QCOMPARE(session().selection().chosen().expert, std::optional(ExpertIndex(1)));
        go("keep language de");
        QCOMPARE(session().filters().steps(), (std::vector<FilterStep>{{LabelFilter{"language", "de"}, true}}));
        go("drop 3:4");
        QCOMPARE(session().filters().steps().back().keep, false);
        QVERIFY(std::holds_alternative<ExpertAt>(session().filters().steps().back().what));
        go("open affinity");
        QVERIFY(views().isInFront("chart.affinity"));
        // What was chosen lately comes first.
        QCOMPARE(paletteItems(*m_window, "open", QSettings().value("palette/recent").toStringList()).front().id,
            QString("panels.chart.affinity"));
        trigger("view.palette");
        QTest::keyClick(&line, Qt::Key_Escape);
        QVERIFY(!m_window->palette().isVisible());
        QVERIFY(!session().selection().pins().empty()); // it was the palette's Escape
    }

    void aViewIsMaximisedAndComesBack()
    {
        QVERIFY(openAndWait("good.h5"));
        const QStringList shown = views().shownIds();
        const QSize before = plot()->size();
        trigger("view.maximise");
        settle();
        QStringList inCentre = shown;
        inCentre.removeIf([this](const QString& id) { return views().placeOf(id) != ViewPlace::Centre; });
        QCOMPARE(views().shownIds(), inCentre);
        QVERIFY(plot()->width() > before.width() && plot()->height() > before.height());
        trigger("view.maximise");
        settle();
        QCOMPARE(views().shownIds(), shown);
        QCOMPARE(plot()->size(), before);
        // A dock, by a double click on its title; the centre goes.
        auto* dock = child<QDockWidget>("chart.coactivation");
        QTest::mouseDClick(dock, Qt::LeftButton, {}, QPoint(20, 8));
        settle();
        QVERIFY(!dock->isFloating());
        QVERIFY(dock->isVisible() && !plot()->isVisible());
        QVERIFY(dock->width() > 1000);
        QVERIFY(child<QAction>("view.maximise")->isChecked());
        go("open load"); // wants to be seen
        settle();
        QVERIFY(plot()->isVisible());
        QCOMPARE(views().shownIds(), shown);
        auto* tabs = child<QTabWidget>("centreTabs")->tabBar();
        QTest::mouseDClick(tabs, Qt::LeftButton, {}, tabs->tabRect(1).center());
        settle();
        QVERIFY(views().isMaximised());
        QCOMPARE(views().currentTab(), QString("chart.specialisation"));
    }

    void tabsAreReachedClosedAndMoved()
    {
        QVERIFY(openAndWait("good.h5"));
        const int count = child<QTabWidget>("centreTabs")->count();
        trigger("view.tab3");
        const QString third = views().currentTab();
        QCOMPARE(m_window->activeView(), views().view(third));
        trigger("view.close");
        QVERIFY(!views().isShown(third));
        QCOMPARE(child<QTabWidget>("centreTabs")->count(), count - 1);
        views().move("chart.load", ViewPlace::Bottom);
        settle();
        QVERIFY(child<QDockWidget>("chart.load")->isVisible());
        QVERIFY(plot()->isVisible());
        views().move("chart.load", ViewPlace::Centre);
        QCOMPARE(views().currentTab(), QString("chart.load"));
        for (const QString& id : views().shownIds()) {
            if (views().placeOf(id) == ViewPlace::Centre)
                views().close(id);
        }
        QCOMPARE(child<QTabWidget>("centreTabs")->count(), 0);
        QVERIFY(child<QWidget>("openView")->isVisible()); // says what to do
    }

    void backAndForwardAreApartFromUndo()
    {
        QVERIFY(openAndWait("good.h5"));
        click(cell(0, 5));
        click(cell(2, 7));
        session().filters().add({LabelFilter{"language", "de"}});
        QTRY_VERIFY(settled());
        plot()->setFocus();
        QTest::keyClick(plot(), Qt::Key_W);
        QTRY_COMPARE(session().looks().count(), 3); // once the zoom rests
        const auto steps = session().history().steps();
        QCOMPARE(steps.size(), std::size_t(4));
        QVERIFY(steps[0].look && steps[1].look && !steps[2].look && steps[3].look);
        QVERIFY2(steps[1].text.contains("layer 3 · expert 7"), qPrintable(steps[1].text));
        QVERIFY(steps[3].text.contains("zoom"));
        QVERIFY(plot()->isZoomed());
        trigger("look.back");
        QVERIFY(!plot()->isZoomed());
        trigger("look.back");
        QCOMPARE(session().selection().chosen().expert, std::optional(ExpertIndex(5)));
        QCOMPARE(session().filters().steps().size(), std::size_t(1)); // not what is shown
        trigger("edit.undo");
        QVERIFY(session().filters().steps().empty());
        QCOMPARE(session().selection().chosen().expert, std::optional(ExpertIndex(5)));
        trigger("look.forward");
        trigger("look.forward");
        QVERIFY(plot()->isZoomed());
        QCOMPARE(session().selection().chosen().expert, std::optional(ExpertIndex(7)));
        // The list: a click goes there.
        views().show("history");
        settle();
        auto* list = child<QListWidget>("historyList");
        QCOMPARE(list->count(), 4);
        QVERIFY(list->item(2)->text().contains("taken back"));
        emit list->itemClicked(list->item(0));
        QVERIFY(!plot()->isZoomed());
        QCOMPARE(session().selection().chosen().expert, std::optional(ExpertIndex(5)));
        emit list->itemClicked(list->item(2));
        QCOMPARE(session().filters().steps().size(), std::size_t(1));
    }

    void aBrushKeepsARangeAndControlPins()
    {
        QVERIFY(openAndWait("good.h5"));
        views().show("chart.timeline");
        QTRY_VERIFY(settled() && chart("timeline")->chart());
        settle();
        ChartWidget* strips = chart("timeline")->widget();
        const auto tokenAt = [&](const QPoint& place) {
            const auto mark = strips->markAt(place);
            return mark ? strips->chart()->subject(*mark).value_or(Subject()).token : std::nullopt;
        };
        const int y = strips->height() / 2;
        const QPoint from(strips->width() / 3, y), to(strips->width() / 2, y);
        const auto first = tokenAt(from), last = tokenAt(to);
        QVERIFY(first && last && *first < *last);
        QWidget* const target = canvas(strips);
        const auto send = [&](QEvent::Type type, const QPoint& place, Qt::MouseButtons held) {
            const QPoint local = target->mapFrom(strips, place);
            QMouseEvent event(type, local, target->mapToGlobal(local),
                type == QEvent::MouseMove ? Qt::NoButton : Qt::LeftButton, held, Qt::ShiftModifier);
            QApplication::sendEvent(target, &event);
        };
        send(QEvent::MouseButtonPress, to, Qt::LeftButton); // backwards, too
        send(QEvent::MouseMove, (from + to) / 2, Qt::LeftButton);
        send(QEvent::MouseMove, from, Qt::LeftButton);
        send(QEvent::MouseButtonRelease, from, Qt::NoButton);
        QCOMPARE(session().filters().steps(),
            (std::vector<FilterStep>{{TokenRange{*first, TokenIndex(last->value + 1)}, true}}));
        QVERIFY(session().selection().pins().empty()); // it was no click
        trigger("edit.undo");
        views().show("chart.load");
        QTRY_VERIFY(settled());
        plot()->setFocus();
        plot()->setCurrent(cell(1, 3));
        QTest::keyClick(plot(), Qt::Key_Right, Qt::ControlModifier);
        QCOMPARE(session().selection().chosen().expert, std::optional(ExpertIndex(4)));
        QTest::keyClick(plot(), Qt::Key_Down, Qt::ControlModifier);
        QCOMPARE(session().selection().chosen().site, std::optional(SiteIndex(2)));
    }

    void theLogSaysWhatWasComputed()
    {
        QVERIFY(openAndWait("good.h5"));
        auto* log = child<QTreeWidget>("log");
        const auto find = [&](const QString& job, const QString& result) {
            for (int i = 0; i < log->topLevelItemCount(); ++i) {
                if (log->topLevelItem(i)->text(1).contains(job) && log->topLevelItem(i)->text(3).contains(result))
                    return true;
            }
            return false;
        };
        QVERIFY(find("Open good.h5", "done"));
        QVERIFY(find("Load", "done"));
        session().filters().add({LabelFilter{"language", "de"}});
        QTRY_VERIFY(settled());
        trigger("edit.undo");
        QVERIFY(find("Load", "known already"));
        m_window->open({"broken.h5"});
        QTRY_VERIFY(find("Open broken.h5", "not an HDF5 file"));
        m_window->open({"slow.h5"});
        QTRY_VERIFY(load()->loading());
        trigger("view.escape");
        QVERIFY(find("Load", "cancelled"));
    }

    void aDuplicateHasOptionsOfItsOwn()
    {
        QVERIFY(openAndWait("good.h5"));
        choose("sort", 1);
        trigger("view.duplicate");
        QTRY_VERIFY(views().isInFront("chart.load#2"));
        ChartView* copy = m_window->view("chart.load#2")->chartView();
        QTRY_VERIFY(copy->chart());
        QCOMPARE(copy->state().options().text("sort"), std::string("load"));
        QVERIFY(copy->state().setOption("sort", "id"));
        QCOMPARE(load()->state().options().text("sort"), std::string("load"));
        QTRY_VERIFY(settled());
        QVERIFY(copy->chart()->csv() != load()->chart()->csv());
        // Its menu makes another, of another layer.
        QMenu menu;
        fillChartMenu(menu, *chart("coactivation"), session());
        QMenu* duplicates = nullptr;
        for (QAction* action : menu.actions()) {
            if (action->objectName() == "menu.duplicate")
                duplicates = action->menu();
        }
        QVERIFY(duplicates);
        for (QAction* action : duplicates->actions()) {
            if (action->text() == "Layer 3")
                action->trigger();
        }
        QTRY_VERIFY(views().isShown("chart.coactivation#2"));
        QCOMPARE(m_window->view("chart.coactivation#2")->chartView()->state().options().number("site"), 2.0);
        views().close("chart.load#2");
        QVERIFY(!views().spec("chart.load#2"));
        settle();
        trigger("edit.undo"); // of what is gone nothing is left to undo
        trigger("edit.undo");
        QCOMPARE(load()->state().options().text("sort"), std::string("id"));
    }

    void aMenuMakesSmallMultiples()
    {
        QVERIFY(openAndWait("good.h5"));
        QMenu menu;
        fillChartMenu(menu, *load(), session());
        QStringList texts;
        QMenu* multiples = nullptr;
        for (QAction* action : menu.actions()) {
            texts << action->text();
            if (action->objectName() == "menu.multiples")
                multiples = action->menu();
        }
        for (const char* wanted : {"Export…", "Copy picture", "Copy numbers", "Copy as command line", "Duplicate for…",
                 "Small multiples by…", "Options"})
            QVERIFY2(texts.contains(wanted), wanted);
        QVERIFY(multiples);
        for (QAction* action : multiples->actions()) {
            if (action->text() == "Label language")
                action->trigger();
        }
        QTRY_VERIFY(settled());
        QTRY_COMPARE(load()->chart()->picture()->panels.size(), std::size_t(3));
        trigger("edit.undo");
        QTRY_COMPARE(load()->chart()->picture()->panels.size(), std::size_t(1));
    }

    void builtInWorkspacesShowTheirViews()
    {
        QVERIFY(openAndWait("good.h5"));
        session().filters().add({LabelFilter{"language", "de"}});
        for (const BuiltInWorkspace& workspace : builtInWorkspaces()) {
            child<QAction>("workspace." + workspace.id)->trigger();
            const QStringList shown = views().shownIds();
            int there = 0;
            for (const QString& id : workspace.tabs + workspace.docks) {
                there += views().spec(id) != nullptr;
                QVERIFY2(!views().spec(id) || shown.contains(id), qPrintable(workspace.id + ' ' + id));
            }
            QCOMPARE(shown.size(), there);
            QVERIFY(there >= 4);
        }
        QCOMPARE(session().filters().steps().size(), std::size_t(1)); // of what is looked at nothing changes
        QTRY_VERIFY(settled());
    }

    void aWorkspaceComesBackAsItWas()
    {
        QVERIFY(openAndWait(m_dir.filePath("good.h5")));
        write(m_dir.filePath("good.h5"), "stands for a trace");
        session().filters().add({LabelFilter{"language", "de"}});
        session().filters().add({ExpertAt{SiteIndex(2), ExpertIndex(5)}, false});
        const ExpertSet set{{{SiteIndex(0), ExpertIndex(1)}, {SiteIndex(1), ExpertIndex(9)}}, {}, "german"};
        session().sets().merge({{"german", set}});
        session().filters().add({set, true});
        session().selection().setPins(
            {{.site = SiteIndex(1), .expert = ExpertIndex(9)}, {.token = TokenIndex(40)}}, nullptr, "pins");
        choose("sort", 1);
        choose("limits", 2);
        views().duplicate("chart.flow", {{"options", QJsonObject{{"focus", "2:3"}}}});
        views().show("chart.flow#2");
        views().show("chart.affinity");
        views().close("chart.repetition");
        views().show("chart.load");
        QTRY_VERIFY(settled());
        plot()->setFocus();
        QTest::keyClick(plot(), Qt::Key_W);
        const QString path = m_dir.filePath("one.expertscope.json");
        QVERIFY(m_window->workspaces().save(path));
        const Workspace saved = readWorkspace(path).value();
        QCOMPARE(saved.traces.front().path, QString("good.h5")); // as seen from the file
        QCOMPARE(writeWorkspace(parseWorkspace(writeWorkspace(saved), "again").value()), writeWorkspace(saved));

        QSettings().clear();
        QVERIFY(start());
        m_window->workspaces().open(path);
        QTRY_VERIFY(session().study());
        QTRY_VERIFY(views().isShown("chart.affinity"));
        QTRY_VERIFY(settled());
        settle();
        QVERIFY2(!noticed(), qPrintable(notice()));
        QTRY_COMPARE(QString::fromUtf8(writeWorkspace(workspaceOf(*m_window, path))), QString::fromUtf8(written(path)));
        QCOMPARE(load()->state().options().text("sort"), std::string("load"));
        QVERIFY(plot()->isZoomed());
        QVERIFY(!views().isShown("chart.repetition"));
        QCOMPARE(session().filters().steps().size(), std::size_t(3));
        QVERIFY(session().sets().find("german"));
    }

    void aWorkspaceOnAnotherTraceSaysWhatIsMissing()
    {
        QVERIFY(openAndWait("good.h5"));
        session().filters().add({LabelFilter{"parallel", "a"}});
        session().filters().add({LabelFilter{"language", "de"}});
        session().selection().setPins({{.site = SiteIndex(5), .expert = ExpertIndex(9)}}, nullptr, "pins");
        const QString path = m_dir.filePath("two.expertscope.json");
        QVERIFY(m_window->workspaces().save(path));
        QByteArray bytes = written(path);
        bytes.replace("\"chart.flow\"", "\"chart.gone\"");
        write(path, bytes);
        QVERIFY(start());
        m_window->workspaces().open(path, {"other.h5"});
        QTRY_VERIFY(session().study());
        QTRY_VERIFY(noticed());
        for (const char* missing : {"good.h5", "parallel=a", "a pin", "chart.gone"})
            QVERIFY2(notice().contains(missing), qPrintable(notice()));
        QCOMPARE(session().filters().steps(), (std::vector<FilterStep>{{LabelFilter{"language", "de"}, true}}));
        QVERIFY(session().selection().pins().empty());
    }

    void aDamagedWorkspaceChangesNothing_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("said");
        const auto with = [](const char* body) { return QByteArray("{\"expertscope_workspace\": 1, ") + body + "}"; };
        QTest::newRow("empty") << QByteArray() << "not JSON";
        QTest::newRow("no JSON") << QByteArray("{\n\"a\": ") << ":2: not JSON";
        QTest::newRow("other JSON") << QByteArray("{\"a\": 1}") << "this is no workspace";
        QTest::newRow("newer") << QByteArray("{\"expertscope_workspace\": 2}") << "a newer Expertscope wrote it";
        QTest::newRow("unknown key") << with("\"colour\": 1") << "is not a key of a workspace";
        QTest::newRow("filter") << with("\"filters\": [\"language\"]") << "filters[0]";
        QTest::newRow("expert") << with("\"filters\": [{\"site\": 1}]") << "filters[0].expert: is missing";
        QTest::newRow("huge site") << with("\"pins\": [{\"site\": 1e9}]") << "pins[0].site";
        QTest::newRow("no pin") << with("\"pins\": [{}]") << "names nothing";
        QTest::newRow("place") << with("\"views\": [{\"id\": \"summary\", \"place\": \"top\"}]") << "none of centre";
        QTest::newRow("view") << with("\"views\": [{}]") << "views[0].id: is missing";
        QTest::newRow("no trace") << with("\"traces\": [{\"path\": \"gone.h5\"}]") << "";
    }
    void aDamagedWorkspaceChangesNothing()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, said);
        QVERIFY(openAndWait("good.h5"));
        session().filters().add({LabelFilter{"language", "de"}});
        QTRY_VERIFY(settled());
        const QString path = m_dir.filePath("damaged.expertscope.json");
        const QByteArray before = writeWorkspace(workspaceOf(*m_window, path));
        write(path, bytes);
        m_window->workspaces().open(path);
        settle();
        QVERIFY(noticed());
        if (said.isEmpty()) { // sound, but nothing of it is there: what is open stays, filters are the workspace's
            QVERIFY2(notice().contains("gone.h5"), qPrintable(notice()));
            return;
        }
        QVERIFY2(notice().contains(said) && notice().contains("damaged.expertscope.json"), qPrintable(notice()));
        QCOMPARE(writeWorkspace(workspaceOf(*m_window, path)), before);
    }

    void aWorkspaceNeverReplacesAStranger()
    {
        QVERIFY(openAndWait("good.h5"));
        const QString path = m_dir.filePath("stranger.json");
        write(path, "{\"mine\": true}");
        QVERIFY(!m_window->workspaces().save(path));
        QVERIFY(noticed());
        QCOMPARE(written(path), QByteArray("{\"mine\": true}"));
        const QString own = m_dir.filePath("own.expertscope.json");
        QVERIFY(m_window->workspaces().save(own));
        QVERIFY(m_window->workspaces().save(own)); // its like
    }

    /// Whatever is done in whatever order: no crash, and what is shown in the end is of what is open.
    void aRandomWalkLeavesNothingStale()
    {
        const QSet<QString> dialogs{"file.open", "file.beside", "file.export", "file.quit", "workspace.open",
            "workspace.save", "workspace.saveAs", "help.about", "edit.filter", "view.palette", "view.fullScreen"};
        QVERIFY(openAndWait("good.h5"));
        const QByteArray fresh = load()->chart()->csv();
        const int more = qEnvironmentVariableIntValue("EXPERTSCOPE_WALK"); // so many steps, another walk each number
        std::uint64_t state = std::uint64_t(7 + more);
        const auto draw = [&](std::size_t below) { return std::size_t((state = mix(state)) % below); };
        const char* const queries[] = {"", "", "", "pin 3:4", "keep 2:7", "drop 4:1", "keep language", "open "};
        const QStringList traces[] = {{"good.h5"}, {"other.h5"}, {"good.h5", "good2.h5"}, {"broken.h5"}};
        for (int i = 0; i < std::max(160, more); ++i) {
            if (i % 20 == 19)
                m_window->open(traces[draw(std::size(traces))]);
            auto items = paletteItems(*m_window, queries[draw(std::size(queries))], {}, 100000);
            std::erase_if(items, [&](const PaletteItem& item) {
                return !item.run || !item.enabled || dialogs.contains(item.id) || item.id.startsWith("file:");
            });
            if (items.empty())
                continue; // a layer that this trace does not have
            const PaletteItem item = items[draw(items.size())];
            item.run();
            QTest::qWait(int(draw(3)) * 5);
        }
        QVERIFY(openAndWait("good.h5"));
        session().filters().clear();
        views().show("chart.load");
        m_window->view("chart.load")->restore({});
        QTRY_VERIFY_WITH_TIMEOUT(settled() && load()->chart(), 30000);
        QCOMPARE(load()->chart()->csv(), fresh);
        m_window->setTheme(Theme::Light);
    }

    void tabVisitsAndLeavesEveryWidget()
    {
        QVERIFY(openAndWait("good.h5"));
        m_window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        plot()->setFocus();
        QSet<QWidget*> visited;
        for (int i = 0; i < 400 && !(i > 0 && QApplication::focusWidget() == plot()); ++i) {
            QWidget* const at = QApplication::focusWidget();
            QVERIFY(at);
            visited.insert(at);
            QTest::keyClick(at, Qt::Key_Tab);
            QVERIFY2(QApplication::focusWidget() != at, qPrintable(at->objectName() + at->metaObject()->className()));
        }
        QCOMPARE(QApplication::focusWidget(), static_cast<QWidget*>(plot())); // all the way around
        for (const QString& id : views().shownIds()) {
            View* view = views().view(id);
            if (!view->isVisible() || view->visibleRegion().isEmpty())
                continue;
            const auto inside = view->findChildren<QWidget*>();
            if (std::ranges::none_of(inside, [](const QWidget* widget) {
                    return widget->isVisible() && widget->isEnabled() && (widget->focusPolicy() & Qt::TabFocus);
                }))
                continue; // an empty card
            const bool reached = std::ranges::any_of(
                visited, [&](QWidget* widget) { return view == widget || view->isAncestorOf(widget); });
            QVERIFY2(reached, qPrintable(id));
        }
    }
};

EXPERTSCOPE_TEST(TestFrame)
#include "tst_frame.moc"
