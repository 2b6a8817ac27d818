// SPDX-License-Identifier: GPL-3.0-or-later
//
// The command line that a chart copies draws what the window shows: each is run, and gives the numbers that it copies.
#include "tests/support/test_main.h"
#include "tests/support/verify.h"
#include "tests/views/figure/figure_process.h"
#include "tests/views/trace_fixture.h"
#include "tests/views/window/window_fixture.h"
#include "views/panels/chart_command.h"

#include <QClipboard>

using namespace expertscope;
using namespace expertscope::testing;

class TestChartCommands : public WindowTest
{
    Q_OBJECT

    /// What the command writes beside its figure, run in a shell as a user would paste it.
    Result shell(const QString& command) const
    {
        return run("/bin/sh", {"-c", command}, {{"PATH", EXPERTSCOPE_BIN_DIR ":" + qEnvironmentVariable("PATH")}},
            m_dir.path());
    }
    void check(const QString& name)
    {
        ChartView* view = chart(name.toUtf8());
        views().setActive(m_window->view("chart." + name));
        trigger("edit.copyCommand");
        const QString command = QApplication::clipboard()->text();
        QVERIFY2(command.startsWith("expertscope figure " + name), qPrintable(command));
        const Result result = shell(command);
        QVERIFY2(result.status == 0, qPrintable(command + '\n' + result.err));
        QCOMPARE(content(m_dir.filePath(name + ".csv")), view->chart()->csv());
    }

private slots:
    void initTestCase()
    {
        useOwnSettings("tst_chart_commands");
        VERIFY_OK(writeTrace(*scoredTrace(), m_dir.filePath("it's a trace.h5").toStdString()));
        VERIFY_OK(writeTrace(*scoredTrace(), m_dir.filePath("b.h5").toStdString()));
        QVERIFY(start(Session::openWithCache));
    }
    void cleanupTestCase() { m_window.reset(); }

    void everyChart_data()
    {
        QTest::addColumn<QString>("name");
        for (const ChartSpec& spec : chartRegistry())
            QTest::newRow(spec.name.c_str()) << QString::fromStdString(spec.name);
    }
    void everyChart()
    {
        QFETCH(QString, name);
        QStringList paths{m_dir.filePath("it's a trace.h5")};
        if (name == "training" || name == "expert_life")
            paths << m_dir.filePath("b.h5");
        if (session().paths() != paths)
            QVERIFY(openAndWait(paths));
        session().filters().clear();
        session().filters().add({LabelFilter{"language", "de", {"fr"}}, true});
        views().show("chart." + name);
        ChartView* view = chart(name.toUtf8());
        QTRY_VERIFY_WITH_TIMEOUT(!view->loading() && view->page() != ChartView::Page::Empty, 30000);
        if (view->page() != ChartView::Page::Picture) {
            session().filters().clear(); // what is compared needs all of it
            QTRY_VERIFY_WITH_TIMEOUT(!view->loading() && view->page() == ChartView::Page::Picture, 30000);
        }
        check(name);
    }

    void optionsColoursAndQuotes()
    {
        QVERIFY(openAndWait(m_dir.filePath("it's a trace.h5")));
        views().show("chart.load");
        QTRY_VERIFY(settled());
        choose("metric", 2);
        choose("sort", 1);
        choose("colours", 2);
        choose("reducer", 2);
        QVERIFY(load()->state().setOption("panels", "label:language"));
        session().filters().add({LabelFilter{"parallel", "a"}, false});
        QTRY_VERIFY(settled());
        trigger("edit.copyCommand");
        const QString command = QApplication::clipboard()->text();
        for (const char* part : {"'\\''s a trace.h5'", "--metric=share", "--sort=load", "--panels=label:language",
                 "--where 'parallel!=a'", "--reducer mean"})
            QVERIFY2(command.contains(part), qPrintable(command));
        QVERIFY(!command.contains("--against")); // the standard one
        check("load");
        Look look = load()->state().look();
        look.limits = {-0.5, 12.25};
        load()->state().setLook(look);
        QTRY_VERIFY(settled());
        check("load");
    }

    void expertsAreSaid()
    {
        QVERIFY(openAndWait(m_dir.filePath("it's a trace.h5")));
        views().show("chart.load");
        session().filters().clear();
        const ExpertSet set{{{SiteIndex(0), ExpertIndex(1)}, {SiteIndex(1), ExpertIndex(2)}}, {}, "some"};
        session().filters().add({set, true});
        session().filters().add({ExpertAt{SiteIndex(0), ExpertIndex(3)}, false});
        QTRY_VERIFY(settled());
        const ChartCommand command = commandOf(*load(), *session().study());
        QVERIFY2(command.unsaid.isEmpty(), qPrintable(command.unsaid.join(", ")));
        QVERIFY2(command.text.contains("--chose 's0:1|s1:2'") && command.text.contains("--spared s0:3"), qPrintable(command.text));
        const Result result = shell(command.text);
        QVERIFY2(result.status == 0, qPrintable(command.text + '\n' + result.err));
        // The window tells a set by its name, the command by its experts.
        const auto numbers = [](const QByteArray& csv) { return csv.mid(csv.indexOf("layer,site")); };
        QCOMPARE(numbers(content(m_dir.filePath("load.csv"))), numbers(load()->chart()->csv()));
    }

    void whatHasNoOptionIsSaid()
    {
        QVERIFY(openAndWait(m_dir.filePath("it's a trace.h5")));
        views().show("chart.load");
        session().filters().clear();
        session().filters().add({TokenRange{TokenIndex(100), TokenIndex(200)}, true});
        QTRY_VERIFY(settled());
        const ChartCommand command = commandOf(*load(), *session().study());
        QCOMPARE(command.unsaid.size(), 1);
        QVERIFY2(command.unsaid.front().contains("tokens 100-199"), qPrintable(command.unsaid.front()));
        trigger("edit.copyCommand");
        const QString said = child<QWidget>("reducerNote")->property("text").toString();
        QVERIFY2(said.contains("without what has no option"), qPrintable(said));
    }
};

EXPERTSCOPE_TEST(TestChartCommands)
#include "tst_chart_commands.moc"
