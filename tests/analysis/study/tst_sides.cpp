// SPDX-License-Identifier: GPL-3.0-or-later
//
// Two sides of a comparison as text: what is said of the second one and what that means.
#include "analysis/study/sides.h"
#include "tests/support/language_trace.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTest>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

Scope scopeOf(std::vector<LabelFilter> where, std::vector<LabelFilter> without = {})
{
    Scope scope;
    scope.where = std::move(where);
    scope.without = std::move(without);
    return scope;
}

/// Conditions in one order.
Scope sorted(Scope scope)
{
    const auto byLabel = [](const LabelFilter& a, const LabelFilter& b) {
        return std::pair(a.label, a.value) < std::pair(b.label, b.value);
    };
    std::ranges::sort(scope.where, byLabel);
    std::ranges::sort(scope.without, byLabel);
    return scope;
}

Study studyOf(const std::vector<MemoryTrace*>& sources)
{
    std::vector<NamedTrace> traces;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        NamedTrace trace;
        trace.name = std::string(1, char('p' + i));
        trace.path = trace.name + ".h5";
        trace.source = std::shared_ptr<BlockSource>(std::shared_ptr<void>(), sources[i]);
        traces.push_back(std::move(trace));
    }
    return Study(std::move(traces));
}

}

class TestSides : public QObject
{
    Q_OBJECT

private slots:
    void rowsAreCutWhereNoQuotesHold()
    {
        using Parts = std::vector<std::string>;
        const auto check = [](const std::string& row, const Parts& parts) { QCOMPARE(conditionsInRow(row), parts); };
        check("", {});
        check("  \t ", {});
        check("language=fr", {"language=fr"});
        check(" language=fr  domain!=code ", {"language=fr", "domain!=code"});
        check("title=\"a b\" \"x y\"=z", {"title=\"a b\"", "\"x y\"=z"});
        check("title=\"say \\\"hi\\\" now\" k=v", {"title=\"say \\\"hi\\\" now\"", "k=v"});
    }

    void conditionsTakeThePlaceOfThoseOnTheSameLabel()
    {
        const Scope german = scopeOf({{"language", "de"}, {"domain", "code"}});
        const auto other = [&](const std::string& row) { return scopeAgainst(german, conditionsInRow(row)); };
        QVERIFY(other("language=fr").value() == scopeOf({{"domain", "code"}, {"language", "fr"}}));
        QVERIFY(other("language!=de").value() == scopeOf({{"domain", "code"}}, {{"language", "de"}}));
        QVERIFY(other("language=fr domain").value() == scopeOf({{"language", "fr"}}));
        QVERIFY(other("language domain").value().everything());
        QVERIFY(other("kind=x").value() == scopeOf({{"language", "de"}, {"domain", "code"}, {"kind", "x"}}));
        QVERIFY(other("").value() == german);
        Scope chosen = german;
        chosen.chose = {{SiteIndex(3), ExpertIndex(27)}};
        QVERIFY(other("@chose=s3:27").value() == chosen);
        Scope any = german;
        any.choseAny = {{{{SiteIndex(3), ExpertIndex(27)}}, {{5, ExpertIndex(1)}}}};
        QVERIFY(other("@chose=5:1|s3:27").value() == any);
        QVERIFY(scopeAgainst(any, {"@chose"}).value() == german);
        QVERIFY(scopeAgainst(any, {"@chose=s3:27"}).value() == chosen);
        QVERIFY(scopeAgainst(chosen, {"@chose"}).value() == german);
        QCOMPARE(other("@tokens=10:20").value().tokens->size(), std::uint64_t(10));
        for (const char* wrong : {"kind", "language=", "x y", "@chose=3", "@chose=a:b", "@tokens=5:5", "@tokens=9",
                 "@loss=3", "language=\"de"}) {
            const auto result = other(wrong);
            if (std::string(wrong) == "language=") // an empty value is a value
                QVERIFY(result.has_value());
            else
                QVERIFY2(!result && !result.error().what.empty() && result.error().where == "against", wrong);
        }
    }

    /// Any two scopes: what is said leads from one to the other.
    void whatIsSaidLeadsThere()
    {
        std::uint64_t state = 7;
        const auto draw = [&](std::size_t n) {
            state = mix(state);
            return std::size_t(state >> 33) % n;
        };
        const std::vector<std::string> labels{"language", "my label", "@odd", "a=b", "kind!"};
        const std::vector<std::string> values{"de", "fr", "x y", "", "a|b", "say \"hi\""};
        const auto scope = [&] {
            Scope made;
            for (const std::string& label : labels) {
                const std::size_t what = draw(4);
                if (what == 0)
                    continue;
                LabelFilter filter{label, values[draw(values.size())]};
                if (what == 3)
                    filter.alternatives = {"other"};
                (draw(3) ? made.where : made.without).push_back(filter);
            }
            if (draw(3) == 0)
                made.chose = {{SiteIndex(std::uint16_t(draw(4))), ExpertIndex(std::uint16_t(draw(99)))}};
            if (draw(3) == 0)
                made.spared = {{SiteIndex(1), ExpertIndex(2)}, {SiteIndex(0), ExpertIndex(std::uint16_t(draw(9)))}};
            if (draw(3) == 0)
                made.choseAny = {{{{SiteIndex(0), ExpertIndex(std::uint16_t(draw(5)))}, {SiteIndex(2), ExpertIndex(1)}}}};
            if (draw(3) == 0)
                made.sparedAny = {{{}, {{std::uint16_t(draw(7)), ExpertIndex(8)}}}};
            if (draw(3) == 0)
                made.tokens = TokenRange{TokenIndex(draw(50)), TokenIndex(60)};
            made.skipFirst = 4;
            return made;
        };
        int same = 0;
        for (int i = 0; i < 2000; ++i) {
            const Scope a = scope(), b = scope();
            const std::string row = againstText(a, b);
            const auto there = scopeAgainst(a, conditionsInRow(row));
            QVERIFY2(there.has_value(), (row + ": " + (there ? "" : there.error().message())).c_str());
            QVERIFY2(sorted(*there) == sorted(b), row.c_str());
            same += row.empty();
            QCOMPARE(row.empty(), sorted(a) == sorted(b));
        }
        QVERIFY(same < 1000);
    }

    void sidesHaveNames()
    {
        const auto one = languageTrace(), other = languageTrace();
        const Study study = studyOf({one.get(), other.get()});
        using Names = std::pair<std::string, std::string>;
        const Side german{0, scopeOf({{"language", "de"}})};
        const auto names = [&](const std::string& row, const std::string& trace) {
            return sideNames(study, german, sideAgainst(study, german, row, trace).value());
        };
        QCOMPARE(names("language=fr", ""), (Names{"de", "fr"}));
        QCOMPARE(names("language=fr|en", ""), (Names{"de", "fr|en"}));
        QCOMPARE(names("language!=de", ""), (Names{"de", "not de"}));
        QCOMPARE(names("language", ""), (Names{"de", "all"}));
        QCOMPARE(names("", "2"), (Names{"p", "q"}));
        QCOMPARE(names("language=fr", "q"), (Names{"p, de", "q, fr"}));
        QCOMPARE(names("@chose=s0:5", ""), (Names{"all", "@chose=s0:5"}));
        QCOMPARE(describeTokens(commonOf(german.scope, scopeOf({{"language", "fr"}})), one->shape()), std::string());
    }

    void whatIsNoComparisonIsNamed()
    {
        const auto one = languageTrace(), other = languageTrace();
        const Study study = studyOf({one.get(), other.get()});
        const Side german{0, scopeOf({{"language", "de"}})};
        const auto error = [&](const std::string& row, const std::string& trace) {
            const auto side = sideAgainst(study, german, row, trace);
            return QString::fromStdString(side ? "none" : side.error().message());
        };
        QVERIFY(error("language=de", "").contains("both sides are the same tokens"));
        QVERIFY(error("", "1").contains("not compared with itself"));
        QVERIFY(error("", "3").contains("there is: 1 (p), 2 (q)"));
        QCOMPARE(error("language=de", "2"), QString("none")); // of another trace
        const auto empty = sideAgainst(study, german, "@tokens=0:3 language=fr", "");
        VERIFY_OK(empty);
        const auto checked = checkSides(study, german, *empty);
        QVERIFY(!checked && checked.error().what.starts_with("side B: "));
        VERIFY_OK(checkSides(study, german, {0, scopeOf({{"language", "fr"}})}));
    }
};

EXPERTSCOPE_TEST(TestSides)
#include "tst_sides.moc"
