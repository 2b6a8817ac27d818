// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/tokenizer/side_files.h"
#include "io/tokenizer/tokenizer.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

using namespace expertscope;

namespace {

const QString kSideFiles = QStringLiteral(EXPERTSCOPE_TEST_DATA "/tokenizer_side_files/");

QByteArray readAll(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        qFatal("cannot read %s", qPrintable(path));
    return file.readAll();
}

QJsonArray asJson(const std::vector<std::int32_t>& ids)
{
    QJsonArray array;
    for (const auto id : ids)
        array.append(id);
    return array;
}

}

class TestSideFiles : public QObject
{
    Q_OBJECT
private slots:
    /// The ids of AutoTokenizer of transformers 5 (generate_side_files.py), with and without special tokens.
    void asTheReference_data()
    {
        QTest::addColumn<QJsonObject>("row");
        const auto rows = QJsonDocument::fromJson(readAll(kSideFiles + "expected.json")).object()["cases"].toArray();
        QVERIFY(rows.size() >= 12);
        for (const auto& row : rows)
            QTest::newRow(qPrintable(row.toObject()["name"].toString())) << row.toObject();
    }

    void asTheReference()
    {
        QFETCH(QJsonObject, row);
        const auto tokenizer = Tokenizer::open((kSideFiles + row["name"].toString()).toStdString());
        VERIFY_OK(tokenizer);
        const auto lines = QJsonDocument::fromJson(readAll(kSideFiles + "expected.json")).object()["lines"].toArray();
        const auto ids = row["ids"].toArray();
        QCOMPARE(ids.size(), lines.size());
        for (qsizetype i = 0; i < lines.size(); ++i) {
            for (const bool special : {false, true}) {
                const auto mine = tokenizer->encode(lines[i].toString().toStdString(), special);
                VERIFY_OK(mine);
                QVERIFY2(asJson(*mine) == ids[i][special].toArray(),
                    (lines[i].toString() + ": "
                        + QJsonDocument(QJsonArray{asJson(*mine), ids[i][special].toArray()})
                              .toJson(QJsonDocument::Compact))
                        .toUtf8());
            }
        }
        QString notes;
        for (const auto& note : tokenizer->notes())
            notes += QString::fromStdString(note) + "\n";
        QCOMPARE(notes.isEmpty(), row["notes"].toArray().isEmpty());
        for (const auto& note : row["notes"].toArray())
            QVERIFY2(notes.contains(note.toString()), qPrintable(notes));
    }

    void whatWasReadIsRecorded()
    {
        const auto both = Tokenizer::open((kSideFiles + "map_wins").toStdString());
        VERIFY_OK(both);
        QCOMPARE(both->sideFileHashes().size(), std::size_t(2));
        QCOMPARE(both->sideFileHashes().at("tokenizer_config.json").size(), std::size_t(64));
        const auto alone = Tokenizer::open((kSideFiles + "map_wins/tokenizer.json").toStdString());
        VERIFY_OK(alone);
        QVERIFY(alone->sideFileHashes().empty());
        QVERIFY(
            QRegularExpression("^\\d+\\.\\d+").match(QString::fromStdString(Tokenizer::unicodeVersion())).hasMatch());
    }

    void malformedFilesAreNamed_data()
    {
        QTest::addColumn<QByteArray>("config");
        QTest::addColumn<QString>("where");
        QTest::addColumn<QString>("what");
        const auto row = [](const char* name, const QByteArray& config, const char* where, const char* what) {
            QTest::newRow(name) << config << where << what;
        };
        row("cut", "{\"pad_token\":", "tokenizer_config.json", "not valid JSON");
        row("a list", "[]", "tokenizer_config.json", "is an array, not an object");
        row("a number as token", "{\"pad_token\":5}", "tokenizer_config.json: pad_token", "neither a token's text");
        row("an object without content", "{\"pad_token\":{\"lstrip\":true}}", "tokenizer_config.json: pad_token",
            "neither");
        row("a flag that is none", "{\"pad_token\":{\"content\":\"a\",\"lstrip\":1}}",
            "tokenizer_config.json: pad_token.lstrip", "is an integer, not true or false");
        row("twice", "{\"pad_token\":\"a\",\"pad_token\":\"b\"}", "tokenizer_config.json: pad_token", "is there twice");
        row("decoder a list", "{\"added_tokens_decoder\":[]}", "tokenizer_config.json: added_tokens_decoder",
            "is an array");
        row("decoder without ids", "{\"added_tokens_decoder\":{\"x\":{\"content\":\"a\"}}}",
            "tokenizer_config.json: added_tokens_decoder.x", "no token's id");
        row("too long", "{\"pad_token\":\"" + QByteArray(5000, 'x') + "\"}", "tokenizer_config.json: pad_token",
            "longer than 4096");
        row("half a pair", "{\"pad_token\":\"\\ud800\"}", "tokenizer_config.json: pad_token",
            "half of a surrogate pair");
        row("extra a number", "{\"extra_special_tokens\":1}", "tokenizer_config.json: extra_special_tokens",
            "is an integer");
        row("not fetched", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "tokenizer_config.json",
            "is a Git LFS pointer");
    }

    void malformedFilesAreNamed()
    {
        QFETCH(QByteArray, config);
        QFETCH(QString, where);
        QFETCH(QString, what);
        const QTemporaryDir folder;
        QVERIFY(QFile::copy(kSideFiles + "alone/tokenizer.json", folder.filePath("tokenizer.json")));
        QFile file(folder.filePath("tokenizer_config.json"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(config);
        file.close();
        const auto tokenizer = Tokenizer::open(folder.path().toStdString());
        QVERIFY(!tokenizer);
        const auto message = QByteArray::fromStdString(tokenizer.error().message());
        QVERIFY2(QString::fromStdString(tokenizer.error().where).endsWith(where), message);
        QVERIFY2(QString::fromStdString(tokenizer.error().what).contains(what), message);
    }

    void otherTokenizersAreNamed()
    {
        const QTemporaryDir folder;
        QFile model(folder.filePath("tokenizer.model"));
        QVERIFY(model.open(QIODevice::WriteOnly));
        model.close();
        const auto none = Tokenizer::open(folder.path().toStdString());
        QVERIFY(!none);
        QVERIFY2(none.error().hint.starts_with("there is tokenizer.model"), none.error().message().c_str());
        QFile pointer(folder.filePath("tokenizer.json"));
        QVERIFY(pointer.open(QIODevice::WriteOnly));
        pointer.write("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n");
        pointer.close();
        const auto unfetched = Tokenizer::open(folder.path().toStdString());
        QVERIFY(!unfetched);
        QCOMPARE(unfetched.error().what, std::string("is a Git LFS pointer, not the file itself"));
    }

    /// Characters outside the vocabulary vanish, and what stands beside them meets.
    void whatVanishesCutsNothing()
    {
        const char* json = "{\"added_tokens\":[],\"normalizer\":{\"type\":\"Replace\",\"pattern\":{\"String\":\" "
                           "\"},\"content\":\"\u2581\"},"
                           "\"model\":{\"type\":\"BPE\",\"unk_token\":null,\"vocab\":{\"a\":0,\"\u2581\":1,"
                           "\"\u2581\u2581\":2,\"a\u2581\":3,\"b\":4,"
                           "\"ab\":5},\"merges\":[[\"\u2581\",\"\u2581\"],[\"a\",\"\u2581\"],[\"a\",\"b\"]]}}";
        const auto tokenizer = Tokenizer::parse(json, "t.json");
        VERIFY_OK(tokenizer);
        // ids of tokenizers 0.23.3
        QCOMPARE(*tokenizer->encode("aé b"), (std::vector<std::int32_t>{3, 4}));
        QCOMPARE(*tokenizer->encode(" é "), (std::vector<std::int32_t>{2}));
        QCOMPARE(*tokenizer->encode("bé a"), (std::vector<std::int32_t>{4, 1, 0}));
        QCOMPARE(*tokenizer->encode("éé é"), (std::vector<std::int32_t>{1}));
        QCOMPARE(*tokenizer->encode("éé"), (std::vector<std::int32_t>{}));
    }
};

EXPERTSCOPE_TEST(TestSideFiles)
#include "tst_side_files.moc"
