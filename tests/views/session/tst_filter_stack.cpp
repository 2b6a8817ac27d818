// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/fake_chart.h"
#include "tests/support/test_main.h"
#include "views/session/filter_stack.h"

#include <QSignalSpy>
#include <QTest>
#include <QUndoStack>

using namespace expertscope;
using namespace expertscope::testing;

class TestFilterStack : public QObject
{
    Q_OBJECT

    std::shared_ptr<MemoryTrace> m_trace = smallTrace();
    std::shared_ptr<const RoutingShape> m_shape{m_trace, &m_trace->shape()};
    const FilterStep m_german{LabelFilter{"language", "de"}}, m_french{LabelFilter{"language", "fr"}};
    const FilterStep m_expert{ExpertAt{SiteIndex(1), ExpertIndex(7)}};

private slots:
    void keepsAndDropsWhatSubjectsName()
    {
        QUndoStack undo;
        FilterStack filters(undo);
        filters.keep({.site = SiteIndex(0), .expert = ExpertIndex(1)});
        QVERIFY(filters.steps().empty()); // no trace
        filters.setShape(m_shape);
        filters.keep({.site = SiteIndex(0), .expert = ExpertIndex(1)});
        filters.drop({.site = SiteIndex(1), .expert = ExpertIndex(7), .token = TokenIndex(3)});
        filters.keep({.label = LabelFilter{"language", "de"}});
        filters.keep({.sequence = SequenceIndex(1)});
        const Scope scope = filters.scope();
        QCOMPARE(scope.chose, std::vector{(ExpertAt{SiteIndex(0), ExpertIndex(1)})});
        QCOMPARE(scope.spared, std::vector{(ExpertAt{SiteIndex(1), ExpertIndex(7)})});
        QCOMPARE(scope.where, std::vector{(LabelFilter{"language", "de"})});
        QVERIFY(scope.tokens == (TokenRange{TokenIndex(100), TokenIndex(200)}));
        for (const Subject& nothing : {Subject(), Subject{.site = SiteIndex(0)}, Subject{.expert = ExpertIndex(0)},
                 Subject{.site = SiteIndex(9), .expert = ExpertIndex(0)},
                 Subject{.label = LabelFilter{"language", "it"}}, Subject{.sequence = SequenceIndex(4)}})
            filters.keep(nothing);
        QCOMPARE(filters.steps().size(), std::size_t(4));
    }

    void setsOfExpertsAreSteps()
    {
        QUndoStack undo;
        FilterStack filters(undo);
        filters.setShape(m_shape);
        const ExpertSet set{{{SiteIndex(0), ExpertIndex(1)}, {SiteIndex(1), ExpertIndex(7)}}, {}, "german"};
        filters.add({set, true});
        QCOMPARE(filters.scope().choseAny, std::vector{set});
        QCOMPARE(filterText(filters.steps()[0], *m_shape), QString("any of german (2 experts)"));
        filters.add({set, false}); // its opposite
        QCOMPARE(filters.steps().size(), std::size_t(1));
        QCOMPARE(filters.scope().sparedAny, std::vector{set});
        QCOMPARE(filterText({ExpertSet{{set.experts[0]}}, false}, *m_shape), QString("not any of 1 expert"));
        undo.undo();
        QCOMPARE(filters.scope().choseAny, std::vector{set});
        QVERIFY(!fits({ExpertSet{{{SiteIndex(9), ExpertIndex(1)}}}, true}, *m_shape));
    }

    void recordedValuesAreSteps()
    {
        RoutingShape shape = *m_shape;
        shape.columns.loss = shape.columns.entropy = true;
        QUndoStack undo;
        FilterStack filters(undo);
        filters.setShape(std::make_shared<const RoutingShape>(shape));
        const auto step = [](const char* text) { return FilterStep{parseValueCondition(text, {}).value(), true}; };
        filters.add(step("loss>=4"));
        filters.add(step("loss<6"));
        QCOMPARE(filters.scope().values.size(), std::size_t(2)); // a range
        filters.add(step("loss>=5"));
        filters.add(step("entropy@s1<0.5"));
        QCOMPARE(valueConditionTexts(filters.scope().values),
            (std::vector<std::string>{"loss<6", "loss>=5", "entropy@s1<0.5"}));
        QCOMPARE(filterText(filters.steps()[1], shape), QString("loss ≥ 5"));
        QCOMPARE(filterText(filters.steps()[2], shape), QString("entropy < 0.5 at layer 2"));
        QVERIFY(!fits(step("margin@s0<1"), shape)); // not recorded
        QVERIFY(!fits(step("entropy@99<1"), shape));
        filters.setShape(m_shape); // another trace, that has none of it
        QVERIFY(filters.steps().empty());
    }

    void wordsForChips()
    {
        QCOMPARE(filterText(m_german, *m_shape), QString("language=de"));
        QCOMPARE(filterText({m_german.what, false}, *m_shape), QString("language!=de"));
        QCOMPARE(filterText(m_expert, *m_shape), QString("layer 2 · expert 7"));
        QCOMPARE(filterText({m_expert.what, false}, *m_shape), QString("not layer 2 · expert 7"));
        QCOMPARE(filterText({TokenRange{TokenIndex(100), TokenIndex(200)}}, *m_shape), QString("tokens 100 – 199"));
    }

    void aStepTakesThePlaceOfWhatItContradicts()
    {
        QUndoStack undo;
        FilterStack filters(undo);
        filters.setShape(m_shape);
        filters.add(m_german);
        filters.add(m_french);
        QCOMPARE(filters.steps(), std::vector{m_french});
        filters.add({m_french.what, false});
        QCOMPARE(filters.steps(), (std::vector<FilterStep>{{m_french.what, false}}));
        filters.add({m_german.what, false});
        QCOMPARE(filters.steps().size(), std::size_t(2));
        filters.add({TokenRange{TokenIndex(0), TokenIndex(10)}});
        filters.add({TokenRange{TokenIndex(5), TokenIndex(20)}});
        QCOMPARE(filters.steps().size(), std::size_t(3));
        const int count = undo.count();
        filters.add({m_german.what, false}); // there already
        QCOMPARE(undo.count(), count);
    }

    void everyStepIsUndoneByItself()
    {
        QUndoStack undo;
        FilterStack filters(undo);
        filters.setShape(m_shape);
        QSignalSpy changed(&filters, &FilterStack::changed);
        filters.add(m_german);
        filters.add(m_expert);
        filters.remove(0);
        filters.clear();
        filters.pop(); // nothing there
        QCOMPARE(changed.size(), 4);
        QCOMPARE(undo.undoText(), QString("taking out all filters"));
        undo.undo();
        QCOMPARE(filters.steps(), std::vector{m_expert});
        undo.undo();
        QCOMPARE(filters.steps(), (std::vector{m_german, m_expert}));
        filters.pop();
        QCOMPARE(filters.steps(), std::vector{m_german});
        undo.undo();
        undo.undo();
        QCOMPARE(filters.steps(), std::vector{m_german});
        undo.undo();
        QVERIFY(filters.steps().empty());
        undo.redo();
        QCOMPARE(filters.steps(), std::vector{m_german});
    }

    void filtersThatAnotherTraceLacksGo()
    {
        QUndoStack undo;
        FilterStack filters(undo);
        filters.setShape(m_shape);
        filters.add(m_german);
        filters.add({ExpertAt{SiteIndex(2), ExpertIndex(15)}});
        const auto small = smallTrace(1);
        filters.setShape({small, &small->shape()});
        QCOMPARE(filters.steps(), std::vector{m_german});
        undo.undo();
        undo.redo(); // does not bring back what is not there
        QCOMPARE(filters.steps(), std::vector{m_german});
        filters.setShape(nullptr);
        QVERIFY(filters.steps().empty());
    }
};

EXPERTSCOPE_TEST(TestFilterStack)
#include "tst_filter_stack.moc"
