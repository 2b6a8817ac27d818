// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/fake_chart.h"
#include "tests/support/test_main.h"
#include "views/session/chart_state.h"

#include <QSignalSpy>
#include <QTest>

using namespace expertscope;
using namespace expertscope::testing;

class TestChartState : public QObject
{
    Q_OBJECT

    const ChartSpec m_chart = fakeChart("one", "balance", nullptr);

private slots:
    void optionsAndLooksAreSteps()
    {
        QUndoStack undo;
        ChartState state(m_chart, undo);
        QSignalSpy changed(&state, &ChartState::changed);
        QCOMPARE(state.options().text("sort"), std::string("id"));
        QVERIFY(state.setOption("sort", "load"));
        QVERIFY(state.setOption("sort", "load")); // no news
        QVERIFY(state.setOption("top", "5"));
        Look look;
        look.colours = "vik";
        state.setLook(look);
        state.setLook(look);
        QCOMPARE(changed.size(), 3);
        QCOMPARE(undo.count(), 3);
        undo.undo();
        QCOMPARE(state.look(), Look());
        QCOMPARE(undo.undoText(), QString("top 5"));
        undo.undo();
        QCOMPARE(state.options().number("top"), 3.0);
        undo.redo();
        QCOMPARE(state.options().number("top"), 5.0);
        QCOMPARE(state.options().text("sort"), std::string("load"));
    }

    void whatMakesNoSenseChangesNothing()
    {
        QUndoStack undo;
        ChartState state(m_chart, undo);
        QVERIFY(!state.setOption("sort", "colour"));
        QVERIFY(!state.setOption("top", "many"));
        QVERIFY(!state.setOption("nothing", "1"));
        QCOMPARE(undo.count(), 0);
    }

    void stepsOfAClosedViewDoNothing()
    {
        QUndoStack undo;
        {
            ChartState state(m_chart, undo);
            QVERIFY(state.setOption("sort", "load"));
        }
        undo.undo();
        undo.redo();
    }
};

EXPERTSCOPE_TEST(TestChartState)
#include "tst_chart_state.moc"
