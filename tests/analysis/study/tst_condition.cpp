// SPDX-License-Identifier: GPL-3.0-or-later
//
// The grammar of --where: there and back, and what is no condition.
#include "analysis/study/condition.h"
#include "analysis/study/request_text.h"
#include "tests/support/test_main.h"

using namespace expertscope;

class TestCondition : public QObject
{
    Q_OBJECT

private slots:
    void thereAndBack_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("label");
        QTest::addColumn<QStringList>("values");
        QTest::addColumn<bool>("keep");
        QTest::addColumn<QString>("back"); ///< empty: the same
        const auto row = [](const char* text, const char* label, const QStringList& values, bool keep = true,
                             const char* back = "") { QTest::newRow(text) << text << label << values << keep << back; };
        row("language=de", "language", {"de"});
        row("language=de|fr", "language", {"de", "fr"});
        row("language!=de", "language", {"de"}, false);
        row("language!=de|fr", "language", {"de", "fr"}, false);
        row("x=a=b", "x", {"a=b"});
        row("x=!a", "x", {"!a"});
        row("y=", "y", {""});
        row("y!=", "y", {""}, false);
        row("y=a|\"\"", "y", {"a", ""});
        row("y=a|", "y", {"a", ""}, true, "y=a|\"\"");
        row("y=\"\"|a", "y", {"", "a"});
        row("\"a=b\"=c", "a=b", {"c"});
        row("\"a!\"=c", "a!", {"c"});
        row("\"a!\"!=c", "a!", {"c"}, false);
        row("x=\"a|b\"|c", "x", {"a|b", "c"});
        row("x=\"say \\\"hi\\\" \\\\ bye\"", "x", {"say \"hi\" \\ bye"});
        row("x=\"\\n\"", "x", {"n"}, true, "x=n");
        row("x=C:\\new", "x", {"C:\\new"});
        row("domain=\"man pages\"", "domain", {"man pages"});
        row("domain=man pages", "domain", {"man pages"}, true, "domain=\"man pages\"");
        row("\"language\"=\"de\"", "language", {"de"}, true, "language=de");
        row("x=a|b|a", "x", {"a", "b"}, true, "x=a|b");
        row("言語=日本語", "言語", {"日本語"});
    }
    void thereAndBack()
    {
        QFETCH(QString, text);
        QFETCH(QString, label);
        QFETCH(QStringList, values);
        QFETCH(bool, keep);
        QFETCH(QString, back);
        const auto condition = parseCondition(text.toStdString());
        QVERIFY2(condition, condition ? "" : condition.error().message().c_str());
        QCOMPARE(QString::fromStdString(condition->filter.label), label);
        QStringList read{QString::fromStdString(condition->filter.value)};
        for (const std::string& value : condition->filter.alternatives)
            read << QString::fromStdString(value);
        QCOMPARE(read, values);
        QCOMPARE(condition->keep, keep);
        const std::string printed = conditionText(condition->filter, condition->keep);
        QCOMPARE(QString::fromStdString(printed), back.isEmpty() ? text : back);
        QCOMPARE(*parseCondition(printed), *condition);
    }

    void noCondition_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("what");
        const auto row = [](const char* text, const char* what) { QTest::newRow(*text ? text : "nothing") << text << what; };
        row("", "is no LABEL=VALUE");
        row("de", "is no LABEL=VALUE");
        row("=de", "is no LABEL=VALUE");
        row("!=de", "is no LABEL=VALUE");
        row("a!", "is no LABEL=VALUE");
        row("\"a\"", "is no LABEL=VALUE");
        row("\"\"=x", "is no LABEL=VALUE");
        row("\"a\"b=x", "is no LABEL=VALUE");
        row("\"a=b", "has a quote that does not end");
        row("x=\"a", "has a quote that does not end");
        row("x=\"a\\\"", "has a quote that does not end");
        row("x=\"a\"b", "goes on behind a quoted value");
        row("x=man \"pages\"", "has a quote in the middle: put the whole name or value in quotes, and \\ before it");
        row("x=a|b\"c", "has a quote in the middle: put the whole name or value in quotes, and \\ before it");
        row("x\"y=a", "has a quote in the middle: put the whole name or value in quotes, and \\ before it");
    }
    void noCondition()
    {
        QFETCH(QString, text);
        QFETCH(QString, what);
        const auto condition = parseCondition(text.toStdString());
        QVERIFY(!condition);
        QCOMPARE(QString::fromStdString(condition.error().message()),
            "--where: '" + text + "' " + what
                + " (such as language=de, language=de|fr, domain!=code, \"a=b\"=\"x|y\")");
    }

    void asASelection()
    {
        SelectionOptions options;
        options.where = {"language=de|fr", "domain!=code", "topic=\"a b\""};
        options.skipFirst = 2;
        const auto scope = checkSelection(options);
        QVERIFY2(scope, scope ? "" : scope.error().message().c_str());
        QCOMPARE(scope->where, (std::vector<LabelFilter>{{"language", "de", {"fr"}}, {"topic", "a b"}}));
        QCOMPARE(scope->without, (std::vector<LabelFilter>{{"domain", "code"}}));
        QCOMPARE(describe(*scope),
            (NamedTexts{{"where", "language=de|fr topic=\"a b\" domain!=code"}, {"sites", ""}, {"skip_first", "2"}}));
        options.sites = "1";
        options.layers = "3";
        QCOMPARE(checkSelection(options).error().message(),
            std::string("--layers: sites are chosen by their place or by their layer, not both (leave out --sites)"));
        options.sites.clear();
        QCOMPARE(checkSelection(options)->layers, (std::vector<std::uint16_t>{3}));
    }
};

EXPERTSCOPE_TEST(TestCondition)
#include "tst_condition.moc"
