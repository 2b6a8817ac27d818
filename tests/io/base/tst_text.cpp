// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/base/named.h"
#include "tests/support/test_main.h"

#include <array>
#include <map>

using namespace expertscope;

namespace {

struct Thing
{
    std::string name;
    int value = 0;
};
const std::vector<Thing> kThings{{"one", 1}, {"two", 2}, {"three", 3}};

}

class TestText : public QObject
{
    Q_OBJECT

private slots:
    void harmfulCharactersAreReplaced_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("clean");
        QTest::newRow("empty") << QByteArray() << QByteArray();
        QTest::newRow("plain") << QByteArray("Qwen3 日本語 é") << QByteArray("Qwen3 日本語 é");
        QTest::newRow("escape") << QByteArray("a\x1b[31mb") << QByteArray("a?[31mb");
        QTest::newRow("line") << QByteArray("a\nb\tc") << QByteArray("a?b?c");
        QTest::newRow("format: right to left") << QByteArray("a\u202eb") << QByteArray("a?b");
        QTest::newRow("line separator") << QByteArray("a\u2028b") << QByteArray("a?b");
        QTest::newRow("C1") << QByteArray("a\u0085b") << QByteArray("a?b");
        QTest::newRow("half a character") << QByteArray("a\xe6\x97") << QByteArray("a??");
        QTest::newRow("no UTF-8") << QByteArray("\xff\xfe") << QByteArray("??");
        QTest::newRow("zero") << QByteArray("a\0b", 3) << QByteArray("a?b");
    }
    void harmfulCharactersAreReplaced()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, clean);
        QCOMPARE(QByteArray::fromStdString(printable(text.toStdString())), clean);
    }

    void characters()
    {
        std::string_view text = "a日\xff";
        std::vector<std::int32_t> codepoints;
        std::vector<std::size_t> sizes;
        while (!text.empty()) {
            const Character character = takeCharacter(text);
            codepoints.push_back(character.codepoint);
            sizes.push_back(character.bytes.size());
        }
        QCOMPARE(codepoints, (std::vector<std::int32_t>{'a', 0x65e5, -1}));
        QCOMPARE(sizes, (std::vector<std::size_t>{1, 3, 1}));
    }

    void numbers()
    {
        QCOMPARE(format("%.2f s", 1.005), std::string("1.00 s"));
        QCOMPARE(format("%.0f", 1e30).size(), 31u);
        QCOMPARE(format("%.60f", 1.0).size(), 62u);
        QCOMPARE(format("%.99f", 1.0).size(), 63u); // cut, not overrun
    }

    void lists()
    {
        QCOMPARE(joined(std::vector<std::string>{}), std::string());
        QCOMPARE(joined(std::array{"a"}), std::string("a"));
        QCOMPARE(joined(std::array{"a", "", "c"}, "; "), std::string("a; ; c"));
        QCOMPARE(joined(std::vector{1, 2}, "+", [](int i) { return std::to_string(i); }), std::string("1+2"));
        QCOMPARE(joined(kThings, ", ", &Thing::name), std::string("one, two, three"));
        QCOMPARE(joined(std::map<std::string, int>{{"b", 1}, {"a", 2}}, "", [](const auto& p) { return p.first; }),
            std::string("ab"));
        std::string list;
        addPart(list, "a");
        addPart(list, "b");
        addPart(list, "c", " or ");
        QCOMPARE(list, std::string("a, b or c"));
    }

    void thingsByName()
    {
        QCOMPARE(namesOf(kThings), std::string("one, two, three"));
        QCOMPARE(named(kThings, "two"), &kThings[1]);
        QVERIFY(!named(kThings, "four") && !named(kThings, "") && !named(std::vector<Thing>{}, "one"));
        const auto found = findNamed(kThings, "three", "thing");
        QVERIFY(found && (*found)->value == 3);
        const auto none = findNamed(kThings, "four", "thing");
        QVERIFY(!none);
        QCOMPARE(none.error().message(), std::string("unknown thing 'four' (known: one, two, three)"));
        const auto there = findNamed(kThings, "x", "thing", "--thing", "all, or of ");
        QCOMPARE(there.error().message(), std::string("--thing: unknown thing 'x' (all, or of one, two, three)"));
        const auto near = findNamed(kThings, "tow", "thing");
        QCOMPARE(near.error().message(), std::string("unknown thing 'tow' (did you mean two? known: one, two, three)"));
    }

    void nearestNames_data()
    {
        QTest::addColumn<QString>("word");
        QTest::addColumn<QString>("hint");
        const auto row = [](const char* word, const char* hint) { QTest::newRow(word) << QString(word) << QString(hint); };
        row("loda", "did you mean load?"); // two letters swapped
        row("laod", "did you mean load?");
        row("load", "did you mean load?");
        row("lfuu", "did you mean lfu?");
        row("LRU", "did you mean lru?");
        row("h100", "did you mean h100-sxm or server-h100?"); // parts
        row("server", "did you mean server-h100 or server-h200?");
        row("s3", "");
        row("x", "");
        row("", "");
        row("nothing like it", "");
    }
    void nearestNames()
    {
        QFETCH(QString, word);
        QFETCH(QString, hint);
        const std::vector<std::string> known{"load", "lru", "lfu", "s3fifo", "h100-sxm", "server-h100", "server-h200"};
        QCOMPARE(QString::fromStdString(didYouMean(word.toStdString(), known)), hint);
        QCOMPARE(didYouMean(std::string(1'000'000, 'l'), known), std::string());
    }
};

EXPERTSCOPE_TEST(TestText)
#include "tst_text.moc"
