// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/exchange/prompts.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace expertscope;

class TestPrompts : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;

    std::filesystem::path write(const QString& name, const QByteArray& bytes)
    {
        const QString path = m_folder.filePath(name);
        QDir().mkpath(QFileInfo(path).path());
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly))
            qFatal("cannot write %s", qPrintable(path));
        file.write(bytes);
        return path.toStdString();
    }

private slots:
    void plainTextHasADocumentALine()
    {
        const auto prompts = readPrompts(write("a.txt", "\xef\xbb\xbfone\r\n\n  \ntwo words\nlast without end"));
        VERIFY_OK(prompts);
        QCOMPARE(prompts->size(), std::size_t(3));
        QCOMPARE((*prompts)[0].text, std::string("one"));
        QCOMPARE((*prompts)[1].text, std::string("two words"));
        QCOMPARE((*prompts)[1].name, std::string("a:4"));
        QCOMPARE((*prompts)[2].text, std::string("last without end"));
        QVERIFY((*prompts)[2].source.ends_with("a.txt:5"));
    }

    void jsonLinesCarryNamesLabelsAndIds()
    {
        const auto prompts = readPrompts(write("b.jsonl",
            R"({"text": "h\u00e9", "name": "first", "labels": {"language": "fr", "step": 3, "held_out": true}})"
            "\n\n"
            R"({"token_ids": [0, 17, 2147483647], "extra": {"ignored": [1]}})"));
        VERIFY_OK(prompts);
        QCOMPARE(prompts->size(), std::size_t(2));
        QCOMPARE((*prompts)[0].text, std::string("h\xc3\xa9"));
        QCOMPARE((*prompts)[0].name, std::string("first"));
        QCOMPARE((*prompts)[0].labels.at("language"), std::string("fr"));
        QCOMPARE((*prompts)[0].labels.at("step"), std::string("3"));
        QCOMPARE((*prompts)[0].labels.at("held_out"), std::string("true"));
        QCOMPARE(*(*prompts)[1].tokenIds, (std::vector<std::int32_t>{0, 17, 2147483647}));
        QCOMPARE((*prompts)[1].name, std::string("b:3"));
    }

    void aFolderIsReadInOrderOfNames()
    {
        write("docs/z.txt", "last\nof all");
        write("docs/de/a.md", "erste");
        write("docs/.hidden", "not me");
        write("docs/.git/config", "nor me");
        write("docs/empty.txt", " \n");
        const auto prompts = readPrompts(m_folder.filePath("docs").toStdString());
        VERIFY_OK(prompts);
        QCOMPARE(prompts->size(), std::size_t(2));
        QCOMPARE((*prompts)[0].name, std::string("de/a.md"));
        QCOMPARE((*prompts)[0].labels.at("folder"), std::string("de"));
        QCOMPARE((*prompts)[1].text, std::string("last\nof all"));
        QVERIFY((*prompts)[1].labels.empty());
    }

    void malformedFilesAreNamed_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("what");
        QTest::addColumn<QString>("where");
        const auto row = [](const char* tag, const char* name, const QByteArray& bytes, const char* what,
                             const char* where) { QTest::newRow(tag) << name << bytes << what << where; };
        row("latin-1 text", "1.txt", "fine\ncaf\xe9\n", "not UTF-8 at byte 3", "1.txt:2");
        row("cut JSON", "2.jsonl", "{\"text\": \"a\"}\n{\"text\": \"b\n", "not a JSON object", "2.jsonl:2");
        row("not an object", "3.jsonl", "[1, 2]", "not an object", "3.jsonl:1");
        row("both", "4.jsonl", R"({"text": "a", "token_ids": [1]})", "both", "4.jsonl:1");
        row("neither", "5.jsonl", R"({"name": "a"})", "neither", "5.jsonl:1");
        row("number as text", "6.jsonl", R"({"text": 5})", "'text' is not a string", "6.jsonl:1");
        row("empty text", "7.jsonl", R"({"text": ""})", "'text' is empty", "7.jsonl:1");
        row("no ids", "8.jsonl", R"({"token_ids": []})", "non-empty list", "8.jsonl:1");
        row("negative id", "9.jsonl", R"({"token_ids": [4, -1]})", "entry 1", "9.jsonl:1");
        row("huge id", "10.jsonl", R"({"token_ids": [4294967296]})", "entry 0", "10.jsonl:1");
        row("fraction", "11.jsonl", R"({"token_ids": [1.5]})", "entry 0", "11.jsonl:1");
        row("labels as list", "12.jsonl", R"({"text": "a", "labels": ["x"]})", "'labels' is not an object",
            "12.jsonl:1");
        row("nested label", "13.jsonl", R"({"text": "a", "labels": {"x": {"y": 1}}})", "label 'x' must be",
            "13.jsonl:1");
        row("label with slash", "14.jsonl", R"({"text": "a", "labels": {"x/y": "1"}})", "label name 'x/y'",
            "14.jsonl:1");
        row("name as number", "15.jsonl", R"({"text": "a", "name": 1})", "'name' is not a string", "15.jsonl:1");
        row("bracket bomb", "16.jsonl", QByteArray(100000, '['), "nested deeper", "16.jsonl:1");
        row("invalid UTF-8 in JSON", "17.jsonl", "{\"text\": \"\xff\"}", "not UTF-8 at byte 10", "17.jsonl:1");
        row("nothing in it", "18.txt", "\n\n", "holds no document", "18.txt");
    }
    void malformedFilesAreNamed()
    {
        QFETCH(QString, name);
        QFETCH(QByteArray, bytes);
        QFETCH(QString, what);
        QFETCH(QString, where);
        const auto prompts = readPrompts(write(name, bytes));
        QVERIFY(!prompts);
        const auto& error = prompts.error();
        QVERIFY2(error.what.find(what.toStdString()) != std::string::npos, error.what.c_str());
        QVERIFY2(error.where.ends_with(where.toStdString()), error.where.c_str());
    }

    void aMissingFileIsNamed()
    {
        const auto prompts = readPrompts("/nowhere/prompts.jsonl");
        QVERIFY(!prompts);
        QCOMPARE(prompts.error().message(), std::string("/nowhere/prompts.jsonl: no such file or folder"));
    }
};

EXPERTSCOPE_TEST(TestPrompts)
#include "tst_prompts.moc"
