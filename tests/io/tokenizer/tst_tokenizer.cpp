// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/tokenizer/tokenizer.h"
#include "tests/support/test_main.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

#include <thread>

using namespace expertscope;

namespace {

const QString kData = QStringLiteral(EXPERTSCOPE_TEST_DATA "/tokenizer/");

QByteArray contents(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

std::vector<std::string> goldenLines()
{
    std::vector<std::string> lines;
    for (const QJsonValue& value : QJsonDocument::fromJson(contents(kData + "lines.json")).array())
        lines.push_back(value.toString().toStdString());
    return lines;
}

/// A star stands for `plain`.
std::vector<std::int32_t> numbers(const QByteArray& text, const std::vector<std::int32_t>& plain = {})
{
    std::vector<std::int32_t> ids;
    for (const QByteArray& number : text.split(' ')) {
        if (number == "*")
            ids.insert(ids.end(), plain.begin(), plain.end());
        else if (!number.isEmpty())
            ids.push_back(number.toInt());
    }
    return ids;
}

Tokenizer opened(const std::string& name)
{
    auto tokenizer = Tokenizer::open((kData.toStdString() + name));
    if (!tokenizer)
        qFatal("%s", tokenizer.error().message().c_str());
    return std::move(*tokenizer);
}

std::string joined(const Tokenizer& tokenizer, const std::vector<std::int32_t>& ids)
{
    std::string bytes;
    for (const std::int32_t id : ids)
        bytes += tokenizer.tokenBytes(id);
    return bytes;
}

}

class TestTokenizer : public QObject
{
    Q_OBJECT
private slots:
    /// The ids of the `tokenizers` wheel (generate_goldens.py), with and without special tokens.
    void goldens_data()
    {
        QTest::addColumn<QString>("name");
        for (const QString& file : QDir(kData).entryList({"*.ids"}))
            QTest::newRow(qPrintable(file.chopped(4))) << file.chopped(4);
    }

    void goldens()
    {
        QFETCH(QString, name);
        const Tokenizer tokenizer = opened(name.toStdString() + ".json");
        const auto lines = goldenLines();
        QVERIFY(lines.size() >= 250);
        const QList<QByteArray> rows = contents(kData + name + ".ids").trimmed().split('\n');
        QCOMPARE(std::size_t(rows.size()), lines.size());
        for (std::size_t i = 0; i < lines.size(); ++i) {
            const QList<QByteArray> both = rows[qsizetype(i)].split('|');
            QCOMPARE(both.size(), 2);
            for (const bool special : {false, true}) {
                const auto ids = tokenizer.encode(lines[i], special);
                QVERIFY2(ids.has_value(), lines[i].c_str());
                QVERIFY2(*ids == numbers(both[special], numbers(both[0])), qPrintable(QString("line %1").arg(i)));
            }
        }
    }

    void everyKindHasGoldens() { QVERIFY(QDir(kData).entryList({"*.ids"}).size() >= 12); }

    /// Byte level: the bytes of the tokens are the text. (Of these no added token swallows spaces.)
    void bytesJoinToTheText_data()
    {
        QTest::addColumn<QString>("name");
        QTest::newRow("o200k") << "o200k";
        QTest::newRow("llama3") << "llama3";
    }

    void bytesJoinToTheText()
    {
        QFETCH(QString, name);
        const Tokenizer tokenizer = opened(name.toStdString() + ".json");
        for (const std::string& line : goldenLines()) {
            const auto ids = tokenizer.encode(line, false);
            QVERIFY(ids.has_value());
            QCOMPARE(joined(tokenizer, *ids), line);
        }
    }

    /// SentencePiece: the same once the space the normaliser puts in front is taken away (it reads U+2581 as a space).
    void sentencePieceBytesJoin()
    {
        const Tokenizer tokenizer = opened("mixtral.json");
        const std::string text = "Größe 你好, don't\tstop  👩🏿‍💻\r\n";
        const auto ids = tokenizer.encode(text, false);
        QVERIFY(ids.has_value());
        QCOMPARE(joined(tokenizer, *ids), " " + text);
    }

    void halfACodePointIsATokenOfItsOwn()
    {
        const Tokenizer tokenizer = opened("llama3.json");
        const auto ids = tokenizer.encode("🫠", false);
        QVERIFY(ids.has_value() && ids->size() > 1);
        QCOMPARE(QByteArray::fromStdString(tokenizer.tokenBytes(ids->front())).at(0), char(0xF0));
    }

    void specialTokens()
    {
        const Tokenizer tokenizer = opened("mixtral.json");
        QCOMPARE(tokenizer.tokenBytes(1), std::string("<s>"));
        QCOMPARE(*tokenizer.encode("", true), std::vector<std::int32_t>({1}));
        QCOMPARE(*tokenizer.encode("", false), std::vector<std::int32_t>());
        QCOMPARE(tokenizer.tokenBytes(-1), std::string());
        QCOMPARE(tokenizer.tokenBytes(1 << 30), std::string());
    }

    void fileHashAndSize()
    {
        const Tokenizer tokenizer = opened("qwen2.json");
        QCOMPARE(QByteArray::fromStdString(tokenizer.fileHash()),
            QCryptographicHash::hash(contents(kData + "qwen2.json"), QCryptographicHash::Sha256).toHex());
        QVERIFY(tokenizer.vocabularySize() > 700 && tokenizer.vocabularySize() < 730);
        QVERIFY(tokenizer.notes().empty());
    }

    /// Truncation and padding are told of, and the text stays whole.
    void truncationIsLeftOutAndSaidSo()
    {
        const QByteArray file = contents(kData + "qwen2.json");
        for (const QByteArray& key : {QByteArray("truncation"), QByteArray("padding")}) {
            QByteArray other = file;
            other.replace("\"" + key + "\":null", "\"" + key + "\":{\"max_length\":2}");
            QVERIFY(other != file);
            const auto tokenizer = Tokenizer::parse(other.toStdString(), "t.json");
            QVERIFY(tokenizer.has_value());
            QCOMPARE(tokenizer->notes().size(), std::size_t(1));
            QVERIFY(QString::fromStdString(tokenizer->notes()[0]).startsWith("t.json: " + key));
            QCOMPARE(*tokenizer->encode("one two three four"), *opened("qwen2.json").encode("one two three four"));
        }
    }

    void invalidUtf8NamesItsByte_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<int>("offset");
        QTest::newRow("lone continuation") << QByteArray("abc\x80") << 3;
        QTest::newRow("cut short") << QByteArray("0123456789\xE4\xBD") << 10;
        QTest::newRow("overlong") << QByteArray("\xC0\xAF") << 0;
        QTest::newRow("overlong of three") << QByteArray("é\xE0\x80\x80") << 2;
        QTest::newRow("surrogate") << QByteArray("aaaaaaaaa\xED\xA0\x80zzzzzzzzz") << 9;
        QTest::newRow("too large") << QByteArray("\xF4\x90\x80\x80") << 0;
        QTest::newRow("latin-1") << QByteArray("caf\xE9 au lait") << 3;
        QTest::newRow("0xFF") << QByteArray("01234567\xFF") << 8;
    }

    void invalidUtf8NamesItsByte()
    {
        QFETCH(QByteArray, text);
        QFETCH(int, offset);
        const auto ids = opened("qwen2.json").encode(text.toStdString());
        QVERIFY(!ids.has_value());
        QCOMPARE(QString::fromStdString(ids.error().where), QString("text: byte %1").arg(offset));
    }

    void severalThreadsGetTheSameIds()
    {
        const Tokenizer tokenizer = opened("deepseek_v3.json");
        const auto lines = goldenLines();
        std::vector<std::vector<std::int32_t>> alone;
        for (const std::string& line : lines)
            alone.push_back(*tokenizer.encode(line));
        std::array<bool, 4> same{};
        std::vector<std::thread> threads;
        for (std::size_t t = 0; t < same.size(); ++t)
            threads.emplace_back([&, t] {
                bool equal = true;
                for (std::size_t i = 0; i < lines.size(); ++i)
                    equal = equal
                        && *tokenizer.encode(lines[(i + t * 50) % lines.size()]) == alone[(i + t * 50) % lines.size()];
                same[t] = equal;
            });
        for (std::thread& thread : threads)
            thread.join();
        for (const bool equal : same)
            QVERIFY(equal);
    }

    /// More words than the cache holds: it starts anew, and the ids stay right.
    void aFullCacheForgetsNothingThatMatters()
    {
        const Tokenizer warm = opened("gpt2.json");
        std::string text;
        for (std::int64_t i = 0; i < 500000; ++i)
            text += " " + std::to_string(i * 7919 % 1000003);
        const auto ids = warm.encode(text, false);
        QVERIFY(ids.has_value());
        QCOMPARE(joined(warm, *ids), text);
        QCOMPARE(*warm.encode("don't panic", false), *opened("gpt2.json").encode("don't panic", false));
    }

    /// A run of one character a megabyte long goes through the heap, in seconds at most.
    void longWordsAreNotQuadratic()
    {
        for (const char* name : {"gpt2.json", "mixtral.json", "clip.json"}) {
            const Tokenizer tokenizer = opened(name);
            const auto ids = tokenizer.encode(std::string(1000000, 'a'), false);
            QVERIFY(ids.has_value());
            QVERIFY(!ids->empty());
        }
    }

    void missingFile()
    {
        const QTemporaryDir folder;
        const auto none = Tokenizer::open(folder.path().toStdString());
        QVERIFY(!none.has_value());
        QVERIFY(QString::fromStdString(none.error().where).endsWith("tokenizer.json"));
        QVERIFY(!Tokenizer::open("/dev/null").has_value());
    }
};

EXPERTSCOPE_TEST(TestTokenizer)
#include "tst_tokenizer.moc"
