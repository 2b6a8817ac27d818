// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/base/json.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRandomGenerator>
#include <QRegularExpression>
#include <QTest>

#include <cmath>

using namespace expertscope;

namespace {

QJsonValue asQt(const JsonValue& value)
{
    if (const auto* truth = value.boolean())
        return *truth;
    if (const auto* text = value.string())
        return QString::fromStdString(*text);
    if (const auto* n = std::get_if<std::int64_t>(&value.data))
        return double(*n);
    if (const auto* n = std::get_if<std::uint64_t>(&value.data))
        return double(*n);
    if (const auto* n = std::get_if<JsonReal>(&value.data))
        return n->value;
    if (const auto* items = value.array()) {
        QJsonArray array;
        for (const auto& item : *items)
            array.append(asQt(item));
        return array;
    }
    if (const auto* members = value.object()) {
        QJsonObject object;
        for (const auto& [key, item] : *members)
            object[QString::fromStdString(key)] = asQt(item);
        return object;
    }
    return QJsonValue::Null;
}

}

class TestJson : public QObject
{
    Q_OBJECT
private slots:
    void strictRefuses_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("what");
        const auto row = [](const char* name, const QByteArray& text, const char* what) {
            QTest::newRow(name) << text << QByteArray(what);
        };
        row("nothing", "", "not valid JSON at byte 1: a value was expected");
        row("cut", "{\"a\":", "not valid JSON at byte 6");
        row("cut in a string", "{\"a\":\"b", "not valid JSON at byte 8: the file ends inside a string");
        row("two values", "{} {}", "not valid JSON at byte 4: the end was expected");
        row("comma at the end", "[1,]", "not valid JSON at byte 4");
        row("comma in an object", "{\"a\":1,}", "not valid JSON at byte 8: a key in quotes was expected");
        row("no comma", "[1 2]", "not valid JSON at byte 4: ',' or ']' was expected");
        row("leading zero", "[01]", "not valid JSON at byte 3");
        row("plus", "+1", "not valid JSON at byte 1");
        row("point without digits", "1.", "not valid JSON at byte 3: a digit was expected");
        row("minus alone", "-", "not valid JSON at byte 2: a digit was expected");
        row("exponent without digits", "1e+", "not valid JSON at byte 4: a digit was expected");
        row("half a word", "nul", "not valid JSON at byte 1");
        row("line break in a string", "\"a\nb\"", "not valid JSON at byte 3: a control character");
        row("unknown escape", "\"\\x41\"", "not valid JSON at byte 3: an unknown escape");
        row("short escape", "\"\\u12\"", "not valid JSON at byte 4: four hexadecimal digits");
        row("sign in an escape", "\"\\u-123\"", "not valid JSON at byte 4: four hexadecimal digits");
        row("half a pair", "\"\\ud800x\"", "not valid JSON at byte 2: half a surrogate pair");
        row("second half alone", "\"\\udc00\"", "not valid JSON at byte 2: half a surrogate pair");
        row("two first halves", "\"\\ud800\\ud800\"", "not valid JSON at byte 2: half a surrogate pair");
        row("not UTF-8", "\"\xff\"", "not valid JSON at byte 2: not UTF-8");
        row("zero byte", QByteArray("{}\0", 3), "not valid JSON at byte 3: a zero byte");
        row("comment", "{/* */}", "not valid JSON at byte 2");
        row("NaN", "[NaN]", "not valid JSON at byte 2");
        row("Infinity", "[-Infinity]", "not valid JSON at byte 3");
        row("too large", "[1e999]", "not valid JSON at byte 2: a number too large");
        row("too large to add to", "[12e9223372036854775807]", "not valid JSON at byte 2: a number too large");
        row("too large whole", "[1" + QByteArray(400, '0') + "]", "not valid JSON at byte 2: a number too large");
        row("key twice", "{\"a\":1,\"b\":2,\"a\":1}", "key 'a' appears twice");
        row("deep", QByteArray(65, '[') + QByteArray(65, ']'), "nested deeper than 64 levels");
        row("very deep", QByteArray(1'000'000, '['), "nested deeper than 64 levels");
    }
    void strictRefuses()
    {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, what);
        const auto value = parseStrictJson(text.toStdString(), {}, "f");
        QVERIFY(!value);
        QVERIFY2(value.error().what.starts_with(what.toStdString()), value.error().what.c_str());
        QCOMPARE(value.error().where, std::string("f"));
    }

    void limitsHold()
    {
        QVERIFY(!parseStrictJson("[1,2,3]", {.maxBytes = 6}, "f"));
        QVERIFY(!parseStrictJson("[1,2,3]", {.maxValues = 3}, "f"));
        QVERIFY(parseStrictJson("[1,2,3]", {.maxBytes = 7, .maxValues = 4, .maxDepth = 1}, "f").has_value());
        QVERIFY(!parseStrictJson("[[]]", {.maxDepth = 1}, "f"));
    }

    void numbersKeepTheirKind()
    {
        const auto value = parseStrictJson(
            "[0,-1,18446744073709551615,18446744073709551616,1.50,-0,1e-400,9223372036854775808,-9223372036854775809]",
            {}, "f");
        VERIFY_OK(value);
        const auto& items = *value->array();
        QCOMPARE(std::get<std::uint64_t>(items[0].data), 0u);
        QCOMPARE(std::get<std::int64_t>(items[1].data), -1);
        QCOMPARE(std::get<std::uint64_t>(items[2].data), UINT64_MAX);
        QCOMPARE(std::get<JsonReal>(items[3].data).text, std::string("18446744073709551616"));
        QCOMPARE(std::get<JsonReal>(items[4].data).value, 1.5);
        QCOMPARE(std::get<JsonReal>(items[4].data).text, std::string("1.50"));
        QCOMPARE(std::get<std::int64_t>(items[5].data), 0);
        QCOMPARE(std::get<JsonReal>(items[6].data).value, 0.0);
        QCOMPARE(std::get<std::uint64_t>(items[7].data), std::uint64_t(1) << 63);
        QCOMPARE(std::get<JsonReal>(items[8].data).value, -9223372036854775808.0);
    }

    void pythonsDialect()
    {
        const auto value = parsePythonJson("{\"n\":NaN,\"i\":[Infinity,-Infinity,1e999,-1e999],\"a\":1,\"same\":2,"
                                           "\"same\":2,\"a\":3,\"s\":\"x\\ud83d\",\"p\":\"\\ud83d\\ude00\"}",
            {}, "f");
        VERIFY_OK(value);
        QVERIFY(std::isnan(std::get<JsonReal>(value->find("n")->data).value));
        QCOMPARE(value->find("n")->kind(), "NaN");
        for (std::size_t i = 0; i < 4; ++i)
            QCOMPARE(std::get<JsonReal>((*value->find("i")->array())[i].data).value, i % 2 == 0 ? INFINITY : -INFINITY);
        QCOMPARE(std::get<std::uint64_t>(value->find("a")->data), 3u);
        QVERIFY(value->find("a")->repeated);
        QVERIFY(!value->find("same")->repeated);
        QCOMPARE(*value->find("s")->string(), std::string("x\xed\xa0\xbd"));
        QCOMPARE(*value->find("p")->string(), std::string("\xf0\x9f\x98\x80"));
        QCOMPARE(value->find("i")->position, 1u);
        QCOMPARE(value->find("a")->position, 2u); // where the key stood first
        QVERIFY(!parsePythonJson("[nan]", {}, "f"));
        QVERIFY(!parsePythonJson("[Infinit]", {}, "f"));
        QVERIFY(!parsePythonJson("['a']", {}, "f"));
    }

    /// Documents that were damaged at random: Qt's parser and ours agree on what is JSON and what it says.
    void agreesWithQt()
    {
        const QByteArray seed =
            " {\"a\": [1, -2.5e-3, 0, true, false, null, \"x\\\"\\\\\\/\\b\\f\\n\\r\\tu\\u00e9\\ud83d\\ude00é\", {}], "
            "\"b\": {\"c\": [[], [[]]], \"\": \"d\"}, \"e\": 12} ";
        QRandomGenerator random(7);
        int valid = 0;
        for (int round = 0; round < 20000; ++round) {
            QByteArray text = seed;
            for (int edits = random.bounded(3); edits >= 0; --edits) {
                const auto at = random.bounded(int(text.size()));
                static const QByteArray kBytes = "{}[],:\"\\0123-+.eEtrufalsn ";
                const char byte = kBytes[random.bounded(int(kBytes.size()))];
                switch (random.bounded(3)) {
                case 0:
                    text[at] = byte;
                    break;
                case 1:
                    text.remove(at, 1);
                    break;
                default:
                    text.insert(at, byte);
                }
            }
            const auto ours = parseStrictJson(text.toStdString(), {}, "f");
            QJsonParseError error;
            const auto qts = QJsonDocument::fromJson(text, &error);
            const bool qtTakesIt = error.error == QJsonParseError::NoError;
            // Qt is lenient about escapes, lone surrogates and leading zeros; what we take it must take.
            if (ours && (ours->object() || ours->array())) {
                ++valid;
                QVERIFY2(qtTakesIt, text.constData());
                QCOMPARE(asQt(*ours), qts.isArray() ? QJsonValue(qts.array()) : QJsonValue(qts.object()));
            } else if (qtTakesIt && !text.contains('\\')) {
                QVERIFY2(!ours && QString::fromStdString(ours.error().what).contains("byte"), text.constData());
                static const QRegularExpression leadingZero("[\\[:, -]0[0-9]");
                QVERIFY2(QString::fromUtf8(text).contains(leadingZero), text.constData());
            }
        }
        QVERIFY(valid > 2000);
    }
};

EXPERTSCOPE_TEST(TestJson)
#include "tst_json.moc"
