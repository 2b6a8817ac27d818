// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/fake_chart.h"
#include "tests/support/test_main.h"
#include "views/session/history.h"
#include "views/session/shared_selection.h"
#include "views/session/subject_text.h"

#include <QSignalSpy>
#include <QUndoStack>

using namespace expertscope;
using namespace expertscope::testing;

class TestHistory : public QObject
{
    Q_OBJECT

    static QStringList texts(const History& history)
    {
        QStringList texts;
        for (const HistoryStep& step : history.steps())
            texts << QString(step.look ? "look " : "change ") + step.text + (step.done ? "" : " undone");
        return texts;
    }

private slots:
    void stepsOfBothKindsStandAsTheyWereDone()
    {
        QUndoStack changes, looks;
        History history(changes, looks);
        QSignalSpy heard(&history, &History::changed);
        const auto push = [](QUndoStack& stack, const char* text) { stack.push(new QUndoCommand(text)); };
        push(changes, "a");
        push(looks, "b");
        push(changes, "c");
        QCOMPARE(texts(history), QStringList({"change a", "look b", "change c"}));
        QCOMPARE(heard.count(), 3);
        changes.undo();
        QCOMPARE(texts(history), QStringList({"change a", "look b", "change c undone"}));
        push(looks, "d"); // what was undone can still be done again
        QCOMPARE(texts(history), QStringList({"change a", "look b", "change c undone", "look d"}));
        push(changes, "e"); // now it cannot
        QCOMPARE(texts(history), QStringList({"change a", "look b", "look d", "change e"}));
        history.goTo(history.steps()[0]);
        QCOMPARE(texts(history), QStringList({"change a", "look b", "look d", "change e undone"}));
        history.goTo(history.steps()[3]);
        QCOMPARE(changes.index(), 2);
        QCOMPARE(looks.index(), 2); // the other kind stays
        changes.clear();
        QCOMPARE(texts(history), QStringList({"look b", "look d"}));
    }

    void playingIsOneStep()
    {
        QUndoStack looks;
        SharedSelection selection(nullptr, &looks, [](const Subject&) { return QStringLiteral("x"); });
        for (std::uint64_t t = 0; t < 30; ++t)
            selection.choose({.token = TokenIndex(t)}, this);
        QCOMPARE(looks.count(), 1);
        QCOMPARE(selection.chosen().token, std::optional(TokenIndex(29)));
        selection.choose({.site = SiteIndex(0), .expert = ExpertIndex(3)}, this);
        selection.choose({.site = SiteIndex(0), .expert = ExpertIndex(4)}, this);
        QCOMPARE(looks.count(), 3); // experts are looked at one by one
        looks.undo();
        QCOMPARE(selection.chosen().expert, std::optional(ExpertIndex(3)));
        looks.undo();
        QCOMPARE(selection.chosen().token, std::optional(TokenIndex(29)));
        looks.undo();
        QVERIFY(selection.pins().empty());
        looks.redo();
        selection.forget(this); // of another trace: no step
        QCOMPARE(looks.index(), 1);
    }

    void subjectsAreSaidAndFit()
    {
        const auto trace = smallTrace();
        const RoutingShape& shape = trace->shape();
        QCOMPARE(subjectText({.site = SiteIndex(1), .expert = ExpertIndex(7)}, shape), QString("layer 2 · expert 7"));
        QCOMPARE(subjectText({.sequence = SequenceIndex(2)}, shape), QString("doc2"));
        QCOMPARE(subjectText({.token = TokenIndex(399)}, shape), QString("token 399"));
        QCOMPARE(subjectText({.label = LabelFilter{"language", "de"}}, shape), QString("language=de"));
        QVERIFY(fits(Subject{.site = SiteIndex(2), .expert = ExpertIndex(15)}, shape));
        QVERIFY(!fits(Subject{.site = SiteIndex(3)}, shape));
        QVERIFY(!fits(Subject{.site = SiteIndex(2), .expert = ExpertIndex(16)}, shape));
        QVERIFY(!fits(Subject{.token = TokenIndex(400)}, shape));
        QVERIFY(!fits(Subject{.sequence = SequenceIndex(4)}, shape));
        QVERIFY(!fits(Subject{.label = LabelFilter{"language", "es"}}, shape));
    }
};

EXPERTSCOPE_TEST(TestHistory)
#include "tst_history.moc"
