// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/study/expert_sets.h"
#include "analysis/study/request_text.h"
#include "analysis/study/trace_analysis.h"
#include "tests/support/labelled_trace.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTemporaryDir>

using namespace expertscope;
using namespace expertscope::testing;

class TestExpertSets : public QObject
{
    Q_OBJECT

private slots:
    void texts_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("again"); // empty: the same
        for (const char* text : {"5:27", "s3:27", "5:27|6:1", "5:27|s3:1", "65535:65535"})
            QTest::addRow("%s", text) << text << QString();
        QTest::newRow("sites come last") << "s3:1|5:27" << "5:27|s3:1";
    }
    void texts()
    {
        QFETCH(QString, text);
        QFETCH(QString, again);
        const auto set = parseExperts(text.toStdString(), "--chose");
        VERIFY_OK(set);
        QCOMPARE(QString::fromStdString(expertsText(*set)), again.isEmpty() ? text : again);
        QVERIFY(set->name.empty());
    }

    void requestsRoundTrip()
    {
        SelectionOptions options;
        options.chose = {"5:27|6:1", "s2:3"};
        options.spared = {"1:0"};
        const auto scope = checkSelection(options);
        VERIFY_OK(scope);
        CheckedRequest request;
        request.question.scope = *scope;
        request.question.scope.chose = {{SiteIndex(4), ExpertIndex(9)}}; // as the window has them
        const AnalysisOptions again = asOptions(request);
        QCOMPARE(again.chose, (std::vector<std::string>{"s4:9", "5:27|6:1", "s2:3"}));
        QCOMPARE(again.spared, options.spared);
        options.chose = {"5.27"};
        const auto wrong = checkSelection(options);
        QVERIFY(!wrong && wrong.error().message().find("'5.27' is no LAYER:EXPERT") != std::string::npos);
    }

    void files()
    {
        QTemporaryDir folder;
        const std::string path = folder.filePath("sets.json").toStdString();
        NamedExpertSets sets;
        sets["deutsch \"ä\""] = {{{SiteIndex(3), ExpertIndex(1)}}, {{5, ExpertIndex(27)}}, "deutsch \"ä\""};
        VERIFY_OK(writeOutput({path, expertSetsKind(), {}, false}, expertSetsJson(sets)));
        VERIFY_OK(writeOutput({path, expertSetsKind(), {}, false}, expertSetsJson(sets))); // its own kind
        const auto read = readExpertSets(path);
        VERIFY_OK(read);
        QCOMPARE(*read, sets);
        const auto one = parseExperts("set:" + path, "--chose"); // its only one
        VERIFY_OK(one);
        QCOMPARE(*one, sets.begin()->second);
        sets["b"] = {{{SiteIndex(0), ExpertIndex(0)}}, {}, "b"};
        VERIFY_OK(writeOutput({path, expertSetsKind(), {}, false}, expertSetsJson(sets)));
        QVERIFY(messageOf(parseExperts("set:" + path, "--chose")).find("which of its 2 sets?") != std::string::npos);
        const auto b = parseExperts("set:" + path + "#b", "--chose");
        VERIFY_OK(b);
        QCOMPARE(expertsText(*b), std::string("s0:0"));
        QVERIFY(messageOf(parseExperts("set:" + path + "#c", "--chose")).find("has no set 'c' (its sets: b, deutsch") != std::string::npos);
    }

    void damagedFiles_data()
    {
        QTest::addColumn<QString>("json");
        const QString head = R"({"format": "expertscope-expert-sets", "sets": )";
        for (const char* sets : {R"({"a": []})", R"({"a": "5:27"})", R"({"a": [5]})", R"({"a": ["5"]})", R"({"a#": ["5:1"]})",
                 R"({"": ["5:1"]})", R"({})", R"([])", R"({"a": ["set:x"]})"})
            QTest::addRow("%s", sets) << head + sets + "}";
        QTest::newRow("nothing") << "";
        QTest::newRow("no JSON") << head;
        QTest::newRow("other format") << R"({"format": "x", "sets": {"a": ["5:1"]}})";
        QTest::newRow("no sets") << R"({"format": "expertscope-expert-sets"})";
    }
    void damagedFiles()
    {
        QFETCH(QString, json);
        const auto sets = parseExpertSets(json.toStdString(), "f.json");
        QVERIFY(!sets && sets.error().message().starts_with("f.json"));
    }

    /// What a scope of sets holds, token by token.
    void tokensThatChoseAny()
    {
        const auto trace = std::make_shared<MemoryTrace>(labelledTrace(4));
        const Study study(std::vector<NamedTrace>{{{}, "memory", trace, {}}});
        Scope scope;
        scope.choseAny = {{{{SiteIndex(0), ExpertIndex(3)}, {SiteIndex(1), ExpertIndex(5)}, {SiteIndex(0), ExpertIndex(8)}}},
            {{}, {{2, ExpertIndex(1)}, {1, ExpertIndex(2)}}}};
        scope.sparedAny = {{{{SiteIndex(0), ExpertIndex(1)}, {SiteIndex(2), ExpertIndex(0)}}}};
        const auto pass = study.passOf(0, scope);
        VERIFY_OK(pass);
        const auto a = tokensOf(*trace, 0), b = tokensOf(*trace, 1), c = tokensOf(*trace, 2);
        std::size_t kept = 0;
        for (std::size_t t = 0; t < a.size(); ++t) {
            const bool in = (a[t].chose(3) || b[t].chose(5) || a[t].chose(8)) && (c[t].chose(1) || b[t].chose(2)) && !a[t].chose(1)
                && !c[t].chose(0);
            QCOMPARE(pass->tokens->has(TokenIndex(a[t].token)), in);
            kept += in;
        }
        QVERIFY(kept > 10);
        QCOMPARE(study.extentOf(0, scope)->tokens, kept);
        scope.choseAny[1].ofLayers[0].layer = 7;
        QVERIFY(messageOf(study.passOf(0, scope)).find("no router at layer 7") != std::string::npos);
    }
};

EXPERTSCOPE_TEST(TestExpertSets)
#include "tst_expert_sets.moc"
