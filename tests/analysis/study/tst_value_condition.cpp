// SPDX-License-Identifier: GPL-3.0-or-later
//
// Conditions on recorded values: as text, and the tokens that they keep, against counting by hand.
#include "analysis/study/value_condition.h"
#include "analysis/study/sides.h"
#include "analysis/study/study.h"
#include "tests/support/scored_trace.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTest>

#include <algorithm>
#include <cmath>

using namespace expertscope;
using namespace expertscope::testing;

class TestValueCondition : public QObject
{
    Q_OBJECT

    std::shared_ptr<MemoryTrace> m_trace = scoredTrace();
    Study m_study = made(m_trace);

    static Study made(const std::shared_ptr<MemoryTrace>& trace)
    {
        NamedTrace named;
        named.name = "scored";
        named.path = "scored.h5";
        named.source = trace;
        return Study({named});
    }
    static ValueCondition parsed(const char* text) { return parseValueCondition(text, "--having").value(); }

private slots:
    void textGoesThroughItself()
    {
        for (const char* text : {"loss>=4", "loss<0.1", "entropy@5>=2.5", "entropy@s0<1e-09", "margin@s3<0.01", "loss>=-1.5",
                 "margin@61>=0.30000001192092896"})
            QCOMPARE(valueConditionText(parsed(text)), std::string(text));
        QCOMPARE(*parsed("margin@61<2").layer, std::uint16_t(61));
        QCOMPARE(*parsed("margin@s61<2").site, SiteIndex(61));
        QVERIFY(!parsed("loss<2").bound.atLeast);
    }

    void whatIsWrongIsNamed_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("what");
        const auto row = [](const char* text, const char* what) { QTest::newRow(text) << text << what; };
        row("", "compares with no number");
        row("loss", "compares with no number");
        row("loss>=", "compares with no number");
        row("loss>=nan", "compares with no number");
        row("loss>=1x", "compares with no number");
        row("loss>4", "compares by neither >= nor <");
        row("loss<=4", "compares by neither >= nor <");
        row("weight@3<1", "names none of entropy, margin, loss");
        row("loss@3<1", "names a router");
        row("entropy<1", "does not say of which router");
        row("entropy@<1", "names no router behind @");
        row("entropy@s<1", "names no router behind @");
        row("entropy@-1<1", "names no router behind @");
        row("entropy@70000<1", "names no router behind @");
    }
    void whatIsWrongIsNamed()
    {
        QFETCH(QString, text);
        QFETCH(QString, what);
        const auto condition = parseValueCondition(text.toStdString(), "--having");
        QVERIFY(!condition);
        const QString message = QString::fromStdString(condition.error().message());
        QVERIFY2(message.startsWith("--having: '" + text + "' " + what), qPrintable(message));
    }

    void keepsThoseTokens_data()
    {
        QTest::addColumn<QString>("text");
        for (const char* text : {"loss>=", "loss<", "entropy@1>=", "entropy@s0<", "entropy@3<", "margin@s2>=", "margin@6<"})
            QTest::newRow(text) << text;
    }
    void keepsThoseTokens()
    {
        QFETCH(QString, text);
        ValueCondition condition = parsed(qPrintable(text + '0'));
        const RoutingShape& shape = m_trace->shape();
        const std::size_t site = std::size_t(sitesOf(condition, shape).value().front());
        const std::vector<float>& values = condition.bound.value == TokenValue::Loss ? m_trace->loss
            : condition.bound.value == TokenValue::Entropy                           ? m_trace->entropy[site]
                                                                                     : m_trace->margin[site];
        std::vector<float> sorted = values;
        std::erase_if(sorted, [](float v) { return std::isnan(v); });
        std::ranges::sort(sorted);
        condition.bound.bound = double(sorted[sorted.size() / 2]); // a value that is there: which side is it on?
        condition = parsed(valueConditionText(condition).c_str());
        Scope scope;
        scope.values = {condition};
        const auto pass = m_study.passOf(0, scope);
        VERIFY_OK(pass);
        std::uint64_t kept = 0;
        for (std::uint64_t t = 0; t < shape.numTokens; ++t) {
            const double value = double(values[std::size_t(t)]);
            const bool in = condition.bound.atLeast ? value >= condition.bound.bound : value < condition.bound.bound;
            QCOMPARE(pass->tokens->has(TokenIndex(t)), in);
            kept += in;
        }
        QVERIFY(kept > 0 && kept < shape.numTokens);
        QCOMPARE(m_study.extentOf(0, scope).value().tokens, kept);
        QVERIFY(scope.splitsSequences() && !scope.everything());
        QCOMPARE(describeTokens(scope, shape), valueConditionText(condition));
        QVERIFY(keyText(scope) != keyText({}));
    }

    void aConditionAndItsOppositeMissWhatHasNoValue()
    {
        Scope low, high;
        low.values = {parsed("loss<2")};
        high.values = {parsed("loss>=2")};
        const auto without = std::uint64_t(std::ranges::count_if(m_trace->loss, [](float v) { return std::isnan(v); }));
        QCOMPARE(without, std::uint64_t(m_trace->shape().sequences.size()));
        QCOMPARE(m_study.extentOf(0, low).value().tokens + m_study.extentOf(0, high).value().tokens + without,
            m_trace->shape().numTokens);
        Scope range = high;
        range.values.push_back(parsed("loss<3"));
        Scope above;
        above.values = {parsed("loss>=3")};
        QCOMPARE(m_study.extentOf(0, range).value().tokens,
            m_study.extentOf(0, high).value().tokens - m_study.extentOf(0, above).value().tokens);
    }

    void whatATraceDoesNotHave()
    {
        const auto error = [&](const Study& study, const char* text) {
            Scope scope;
            scope.values = {parsed(text)};
            const auto pass = study.passOf(0, scope);
            return pass ? QString() : QString::fromStdString(pass.error().message());
        };
        QVERIFY(error(m_study, "entropy@99<1").contains("no router at layer 99"));
        QVERIFY(error(m_study, "entropy@s99<1").contains("no site 99"));
        QVERIFY(error(m_study, "loss>=1e9").contains("no token is left of loss>=1e+09"));
        const Study plain = made(languageTrace());
        QVERIFY(error(plain, "loss<1").contains("the trace holds no loss (`capture --loss` records it)"));
        QVERIFY(error(plain, "margin@1<1").contains("the trace holds no margin"));
    }

    void sidesSayIt()
    {
        Scope a;
        a.values = {parsed("loss>=2")};
        const auto b = sideAgainst(m_study, {0, a}, "@having=loss<2", "");
        VERIFY_OK(b);
        QCOMPARE(b->scope.values, std::vector{parsed("loss<2")});
        QCOMPARE(againstText(a, b->scope), std::string("@having=loss<2"));
        QVERIFY(sideAgainst(m_study, {0, a}, "@having", "").value().scope.everything());
    }
};

EXPERTSCOPE_TEST(TestValueCondition)
#include "tst_value_condition.moc"
