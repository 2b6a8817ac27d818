// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/exchange/prompts.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <fcntl.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace expertscope;

namespace {

const QString kData = QStringLiteral(EXPERTSCOPE_TEST_DATA "/prompts/");

QByteArray contents(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        qFatal("cannot read %s", qPrintable(path));
    return file.readAll();
}

/// As expected.json has it.
QJsonObject asJson(const Prompt& prompt)
{
    QJsonObject labels;
    for (const auto& [key, value] : prompt.labels)
        labels[QString::fromStdString(key)] = QString::fromStdString(value);
    QJsonObject json{{"name", QString::fromStdString(prompt.name)}, {"labels", labels}};
    if (prompt.tokenIds) {
        QJsonArray ids;
        for (const auto id : *prompt.tokenIds)
            ids.append(id);
        json["token_ids"] = ids;
    } else {
        json["text"] = QString::fromStdString(prompt.text);
    }
    return json;
}

/// Writes bytes into a pipe as slowly as its reader takes them.
class Feeder
{
public:
    Feeder(QByteArray bytes, std::function<int()> open)
        : m_thread([bytes = std::move(bytes), open = std::move(open)] {
            const int to = open();
            for (qsizetype at = 0; at < bytes.size();) {
                const auto done =
                    write(to, bytes.constData() + at, std::size_t(std::min<qsizetype>(bytes.size() - at, 100)));
                if (done <= 0)
                    break; // an error ended the reading
                at += done;
            }
            close(to);
        })
    {
    }
    ~Feeder() { m_thread.join(); }

private:
    std::thread m_thread;
};

}

class TestPrompts : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;

    Expected<PromptList> readThroughPipe(const QByteArray& bytes, const PromptOptions& options)
    {
        const std::string pipe = m_folder.filePath("pipe").toStdString();
        unlink(pipe.c_str());
        if (mkfifo(pipe.c_str(), 0600) != 0)
            qFatal("no pipe");
        const Feeder feeder(bytes, [pipe] { return open(pipe.c_str(), O_WRONLY); });
        return readPrompts(pipe, options);
    }

    static Expected<PromptList> readThroughStandardInput(const QByteArray& bytes, const PromptOptions& options)
    {
        int ends[2];
        if (pipe(ends) != 0)
            qFatal("no pipe");
        const int before = dup(STDIN_FILENO);
        dup2(ends[0], STDIN_FILENO);
        close(ends[0]);
        auto list = [&] {
            const Feeder feeder(bytes, [to = ends[1]] { return to; });
            return readPrompts("-", options);
        }();
        dup2(before, STDIN_FILENO);
        close(before);
        return list;
    }

    Expected<PromptList> read(const QJsonObject& row, bool skipBad)
    {
        const PromptOptions options{.skipBad = skipBad};
        const QString path = kData + row["file"].toString();
        if (row["via"] == "pipe")
            return readThroughPipe(contents(path), options);
        if (row["via"] == "stdin")
            return readThroughStandardInput(contents(path), options);
        return readPrompts(path.toStdString(), options);
    }

private slots:
    void initTestCase() { std::signal(SIGPIPE, SIG_IGN); }

    /// Files of all kinds; what they hold was read by Python (generate_prompts.py).
    void files_data()
    {
        QTest::addColumn<QJsonObject>("row");
        const auto rows = QJsonDocument::fromJson(contents(kData + "expected.json")).array();
        QVERIFY(rows.size() >= 40);
        for (const auto& row : rows)
            QTest::addRow(
                "%s %s", qPrintable(row.toObject()["file"].toString()), qPrintable(row.toObject()["via"].toString()))
                << row.toObject();
    }

    void files()
    {
        QFETCH(QJsonObject, row);
        const auto strict = read(row, false);
        if (row["error"].isNull()) {
            VERIFY_OK(strict);
            QCOMPARE(strict->skipped.count, 0u);
        } else {
            QVERIFY(!strict);
            const auto message = QString::fromStdString(strict.error().message());
            QVERIFY2(message.contains(row["error"].toString()), qPrintable(message));
            QVERIFY2(
                QString::fromStdString(strict.error().where).endsWith(row["where"].toString()), qPrintable(message));
            QVERIFY2(!message.contains('\n') && message.size() < 600, qPrintable(message));
        }
        const auto lenient = read(row, true);
        const auto documents = row["documents"].toArray();
        if (documents.isEmpty()) { // nothing is left, or the input cannot be gone on with
            QVERIFY(!lenient);
            return;
        }
        VERIFY_OK(lenient);
        QCOMPARE(lenient->skipped.count, std::uint64_t(row["skipped"].toInt()));
        QCOMPARE(lenient->skipped.reasons.size(),
            std::min(std::size_t(lenient->skipped.count), SkippedPrompts::kMaxReasons));
        QCOMPARE(lenient->prompts.size(), std::size_t(documents.size()));
        for (qsizetype i = 0; i < documents.size(); ++i)
            QCOMPARE(asJson(lenient->prompts[std::size_t(i)]), documents[i].toObject());
        QString notes;
        for (const auto& note : lenient->notes)
            notes += QString::fromStdString(note) + "\n";
        QCOMPARE(notes.isEmpty(), row["notes"].toArray().isEmpty());
        for (const auto& note : row["notes"].toArray())
            QVERIFY2(notes.contains(note.toString()), qPrintable(notes));
    }

    void everyDocumentSaysWhereItStands()
    {
        const auto lines = readPrompts((kData + "packed.jsonl.gz").toStdString());
        VERIFY_OK(lines);
        QVERIFY(lines->prompts[2].source.ends_with("packed.jsonl.gz:4"));
        const auto values = readPrompts((kData + "array.json").toStdString());
        VERIFY_OK(values);
        QVERIFY(values->prompts[2].source.ends_with("array.json: value 3"));
    }

    void whatIsNotThereIsNamed_data()
    {
        QTest::addColumn<QByteArray>("path");
        QTest::addColumn<QByteArray>("message");
        QTest::newRow("missing") << QByteArray("/nowhere/prompts.jsonl")
                                 << QByteArray("/nowhere/prompts.jsonl: no such file or folder");
        QTest::newRow("empty folder") << QByteArray("%") << QByteArray("%: holds no document");
    }
    void whatIsNotThereIsNamed()
    {
        QFETCH(QByteArray, path);
        QFETCH(QByteArray, message);
        const QTemporaryDir empty;
        const auto prompts = readPrompts(path.replace("%", empty.path().toUtf8()).toStdString());
        QVERIFY(!prompts);
        QCOMPARE(QByteArray::fromStdString(prompts.error().message()), message.replace("%", empty.path().toUtf8()));
    }

    /// A pipe that nobody writes into must not hold a stop up.
    void waitingForAPipeCanBeStopped()
    {
        const std::string pipe = m_folder.filePath("silent").toStdString();
        QCOMPARE(mkfifo(pipe.c_str(), 0600), 0);
        std::atomic<bool> stop = false;
        std::thread stopper([&] {
            QTest::qSleep(150);
            stop = true;
        });
        const auto prompts = readPrompts(pipe, {.skipBad = true, .stop = &stop});
        stopper.join();
        QVERIFY(!prompts);
        QCOMPARE(prompts.error().what, std::string("stopped"));
    }
};

EXPERTSCOPE_TEST(TestPrompts)
#include "tst_prompts.moc"
