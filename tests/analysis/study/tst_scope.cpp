// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/study/expert_sets.h"
#include "analysis/study/request_text.h"
#include "tests/support/test_main.h"

#include <set>

using namespace expertscope;

static ExpertAt at(int site, int expert)
{
    return {SiteIndex(std::uint16_t(site)), ExpertIndex(std::uint16_t(expert))};
}

static Scope rich()
{
    Scope scope;
    scope.where = {{"language", "de"}};
    scope.without = {{"domain", "code"}};
    scope.chose = {at(1, 27)};
    scope.spared = {at(9, 1)};
    scope.tokens = TokenRange{TokenIndex(100), TokenIndex(200)};
    scope.sites = {SiteIndex(std::uint16_t(0)), SiteIndex(std::uint16_t(1))};
    scope.skipFirst = 4;
    return scope;
}

class TestScope : public QObject
{
    Q_OBJECT

private slots:
    void words()
    {
        RoutingShape shape;
        for (const std::uint16_t layer : {2, 3})
            shape.sites.push_back({.layer = layer, .numExperts = 32, .topK = 2});
        QCOMPARE(describeTokens({}, shape), std::string());
        QCOMPARE(describeTokens(rich(), shape),
            std::string("language=de, domain!=code, layer 3 expert 27, without site 9 expert 1, tokens 100-199, "
                        "without the first 4 of each sequence"));
        Scope one;
        one.tokens = TokenRange{TokenIndex(7), TokenIndex(8)};
        QCOMPARE(describeTokens(one, shape), std::string("tokens 7-7"));
        Scope answers;
        answers.phase = Phase::Decode;
        QCOMPARE(describeTokens(answers, shape), std::string("generated tokens"));
        QVERIFY(!answers.everything() && !answers.splitsSequences());
        QVERIFY(Scope().everything() && !rich().everything());
        QVERIFY(rich().splitsSequences() && one.splitsSequences());
        Scope whole;
        whole.where = whole.without = {{"a", "b"}};
        whole.skipFirst = 1;
        QVERIFY(!whole.splitsSequences());
        Scope any;
        any.choseAny = {{{at(1, 27)}, {{9, ExpertIndex(4)}}}, {{at(0, 1), at(1, 1)}, {}, "german"}};
        any.sparedAny = {{{at(0, 2)}}};
        QCOMPARE(describeTokens(any, shape),
            std::string("layer 9 expert 4 or layer 3 expert 27, set german (2 experts), without layer 2 expert 2"));
        QVERIFY(any.splitsSequences() && !any.everything());
    }

    void expertsOfASet()
    {
        RoutingShape shape;
        for (const std::uint16_t layer : {1, 4, 4})
            shape.sites.push_back({.layer = layer, .numExperts = std::uint16_t(layer == 1 ? 8 : 4), .topK = 2});
        const auto experts = [&](const ExpertSet& set) {
            const auto found = expertsOf(set, shape);
            return found ? expertsText({*found}) : found.error().message();
        };
        QCOMPARE(experts({{at(2, 3), at(0, 7), at(2, 3)}, {{1, ExpertIndex(7)}, {1, ExpertIndex(2)}}}), std::string("s0:2|s0:7|s2:3"));
        QCOMPARE(experts({{}, {{4, ExpertIndex(3)}}}), std::string("s1:3|s2:3")); // of both routers
        QCOMPARE(experts({{}, {{5, ExpertIndex(3)}}}),
            std::string("the trace has no router at layer 5 (its routers are at layers 1, 4)"));
        QCOMPARE(experts({{}, {{4, ExpertIndex(4)}}}), std::string("layer 4 has no expert 4 (its experts: 0-3)"));
        QCOMPARE(experts({{at(3, 0)}}), std::string("the trace has no site 3 (its sites: 0-2)"));
    }

    void pairs()
    {
        using Pairs = NamedTexts;
        QCOMPARE(describe(Scope()), (Pairs{{"where", ""}, {"sites", ""}, {"skip_first", "0"}}));
        QCOMPARE(describe(rich()),
            (Pairs{{"where", "language=de domain!=code"}, {"chose", "s1:27"}, {"spared", "s9:1"},
                {"tokens", "100:200"}, {"sites", "0-1"}, {"skip_first", "4"}}));
        Scope prompts;
        prompts.phase = Phase::Prompt;
        QCOMPARE(describe(prompts), (Pairs{{"where", ""}, {"sites", ""}, {"skip_first", "0"}, {"phase", "prompt"}}));
    }

    void sitesByPlaceAndByLayer()
    {
        RoutingShape shape;
        for (const std::uint16_t layer : {1, 4, 4, 5, 61})
            shape.sites.push_back({.layer = layer, .numExperts = 32, .topK = 2});
        const auto sites = [&](const Scope& scope) {
            const auto found = sitesOf(scope, shape);
            return found ? sitesText(*found) : found.error().message();
        };
        Scope scope;
        QCOMPARE(sites(scope), std::string("0-4"));
        scope.sites = {SiteIndex(std::uint16_t(3)), SiteIndex(std::uint16_t(0))};
        QCOMPARE(sites(scope), std::string("0,3"));
        scope.sites = {SiteIndex(std::uint16_t(5))};
        QCOMPARE(sites(scope), std::string("the trace has no site 5 (its sites: 0-4)"));
        scope.sites.clear();
        scope.layers = {61, 4};
        QCOMPARE(sites(scope), std::string("1-2,4"));
        scope.layers = {4, 7};
        QCOMPARE(sites(scope), std::string("the trace has no router at layer 7 (its routers are at layers 1, 4-5, 61)"));
    }

    void keysTellScopesApart()
    {
        std::vector<Scope> scopes{{}, rich()};
        const auto add = [&](const auto& change) { change(scopes.emplace_back()); };
        add([](Scope& s) { s.where = {{"a", "b"}}; });
        add([](Scope& s) { s.where = {{"ab", ""}}; });
        add([](Scope& s) { s.where = {{"a", "b"}, {"a", "b"}}; });
        add([](Scope& s) { s.where = {{"a", "b 1:a 1:b"}}; });
        add([](Scope& s) { s.without = {{"a", "b"}}; });
        add([](Scope& s) { s.where = {{"a", "b", {"c"}}}; });
        add([](Scope& s) { s.where = {{"a", "b"}, {"a", "c"}}; });
        add([](Scope& s) { s.layers = {12}; });
        add([](Scope& s) { s.chose = {at(1, 12)}; });
        add([](Scope& s) { s.chose = {at(11, 2)}; });
        add([](Scope& s) { s.spared = {at(1, 12)}; });
        add([](Scope& s) { s.chose = {at(1, 12), at(1, 13)}; });
        add([](Scope& s) { s.choseAny = {{{at(1, 12)}}}; });
        add([](Scope& s) { s.choseAny = {{{at(1, 12), at(1, 13)}}}; });
        add([](Scope& s) { s.choseAny = {{{at(1, 12)}}, {{at(1, 13)}}}; });
        add([](Scope& s) { s.sparedAny = {{{at(1, 12)}}}; });
        add([](Scope& s) { s.choseAny = {{{}, {{1, ExpertIndex(12)}}}}; });
        add([](Scope& s) { s.tokens = TokenRange{TokenIndex(0), TokenIndex(12)}; });
        add([](Scope& s) { s.tokens = TokenRange{TokenIndex(0), TokenIndex(0)}; });
        add([](Scope& s) { s.sites = {SiteIndex(std::uint16_t(12))}; });
        add([](Scope& s) { s.sites = {SiteIndex(std::uint16_t(1)), SiteIndex(std::uint16_t(2))}; });
        add([](Scope& s) { s.skipFirst = 12; });
        add([](Scope& s) { s.phase = Phase::Prompt; });
        add([](Scope& s) { s.phase = Phase::Decode; });
        std::set<std::string> keys;
        for (const Scope& scope : scopes) {
            QCOMPARE(keyText(Scope(scope)), keyText(scope));
            keys.insert(keyText(scope));
        }
        QCOMPARE(keys.size(), scopes.size());
    }
};

EXPERTSCOPE_TEST(TestScope)
#include "tst_scope.moc"
