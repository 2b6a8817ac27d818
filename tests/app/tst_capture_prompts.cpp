// SPDX-License-Identifier: GPL-3.0-or-later
//
// Prompts and tokenizers as expertscope-capture meets them: what is left out and said, pipes, files that disagree.
#include "io/trace/trace_file.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace expertscope;

class TestCapturePrompts : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;

    QString path(const QString& name) const { return m_dir.filePath(name); }

    QString write(const QString& name, const QByteArray& text) const
    {
        QFile file(path(name));
        if (!file.open(QIODevice::WriteOnly))
            qFatal("cannot write %s", qPrintable(name));
        file.write(text);
        return path(name);
    }

    QStringList options(const QString& prompts, const QString& output) const
    {
        return {"--model", path("model"), "--prompts", prompts, "-o", path(output), "--threads", "1", "--json"};
    }

    /// The warnings of the start event, after a run that succeeded with `input` as its standard input.
    QString warnings(const QStringList& arguments, const QByteArray& input = {}) const
    {
        QProcess process;
        process.start(EXPERTSCOPE_BIN_DIR "/expertscope-capture", arguments);
        process.write(input);
        process.closeWriteChannel();
        process.waitForFinished(120000);
        if (process.exitStatus() != QProcess::NormalExit || process.exitCode() != 0)
            return "failed: " + process.readAllStandardError();
        const auto start = QJsonDocument::fromJson(process.readAllStandardOutput().split('\n').first()).object();
        QStringList lines;
        for (const auto& line : start["warnings"].toArray())
            lines += line.toString();
        return lines.join('\n');
    }

    QByteArray failure(const QStringList& arguments) const
    {
        QProcess process;
        process.start(EXPERTSCOPE_BIN_DIR "/expertscope-capture", arguments);
        process.waitForFinished(120000);
        return process.exitCode() == 1 ? process.readAllStandardError() : QByteArray("no failure");
    }

    std::unique_ptr<TraceFile> trace(const QString& name) const
    {
        auto file = TraceFile::open(path(name).toStdString());
        if (!file)
            qFatal("%s", file.error().message().c_str());
        return std::move(*file);
    }

private slots:
    /// A small model with a tokenizer of three letters: all others vanish.
    void initTestCase()
    {
        QVERIFY(QDir(m_dir.path()).mkdir("model"));
        for (const char* file : {"config.json", "model.safetensors"})
            QVERIFY(QFile::copy(
                EXPERTSCOPE_TEST_DATA "/checkpoints/olmoe-plain/" + QString(file), path("model/" + QString(file))));
        write("model/tokenizer.json",
            "{\"added_tokens\":[],\"model\":{\"type\":\"BPE\",\"unk_token\":null,\"vocab\":{\"a\":0,\"b\":1,\"<s>\":2},"
            "\"merges\":[]}}");
        write("model/tokenizer_config.json",
            "{\"bos_token\":\"<s>\",\"add_bos_token\":true,\"pad_token\":\"<pad>\",\"model_max_length\":Infinity}");
    }

    void badDocumentsAreSkippedWhenAsked()
    {
        const auto prompts = write("bad.jsonl",
            "{\"text\":\"ab\"}\n{\"text\":\"\"}\n{\"text\":\"ba\",\"language\":\"de\"}\n{\"token_ids\":[5000]}"
            "\nrubbish\n");
        QVERIFY(failure(options(prompts, "bad.h5")).contains("bad.jsonl:2: 'text' is empty"));
        const auto notes = warnings(options(prompts, "bad.h5") + QStringList{"--skip-bad-prompts"});
        QVERIFY2(notes.contains("3 documents skipped: ") && notes.contains("bad.jsonl:2: 'text' is empty")
                && notes.contains("bad.jsonl:4: token 0 has the id 5000"),
            qPrintable(notes));
        const auto file = trace("bad.h5");
        QCOMPARE(file->shape().sequences.size(), std::size_t(2));
        QVERIFY(file->shape().label("language"));
        QCOMPARE(file->summary().provenance.attributes.at("run_prompts_skipped"), std::string("3"));
        const auto none = write("none.jsonl", "rubbish\n");
        QVERIFY(failure(options(none, "none.h5") + QStringList{"--skip-bad-prompts"})
                    .contains("holds no document (1 were"));
    }

    void aDocumentWithoutTokensStopsNothing()
    {
        const auto prompts = write("vanishes.txt", "ab\nxyz\nb<pad>a\n");
        const auto notes = warnings(options(prompts, "vanishes.h5"));
        QVERIFY2(notes.contains("1 document left out, as the tokenizer leaves no token of them: ")
                && notes.contains("vanishes.txt:2"),
            qPrintable(notes));
        const auto file = trace("vanishes.h5");
        QCOMPARE(file->shape().sequences.size(), std::size_t(2));
        QCOMPARE(file->shape().sequences[1].length, 3u); // <pad> is one token
        QVERIFY(failure(options(write("nothing.txt", "xyz\n"), "nothing.h5")).contains("no document has a token"));
    }

    void disagreementOfTheFilesIsSaidAndRecorded()
    {
        const auto notes = warnings(options(write("few.txt", "ab\n"), "few.h5"));
        QVERIFY2(
            notes.contains("add_bos_token is true, but tokenizer.json adds no '<s>' before a text"), qPrintable(notes));
        const auto file = trace("few.h5");
        const auto& attributes = file->summary().provenance.attributes;
        QVERIFY(attributes.at("run_tokenizer_notes").find("add_bos_token") != std::string::npos);
        for (const char* key : {"tokenizer_hash", "tokenizer_config_hash"})
            QCOMPARE(attributes.at(key).size(), std::size_t(64));
        QVERIFY(!attributes.at("run_tokenizer_unicode").empty());
    }

    void standardInputIsRead()
    {
        for (const char* name : {"-", "/dev/stdin"}) {
            const auto notes =
                warnings(options(name, "piped.h5") + QStringList{"--force"}, "{\"text\":\"ab\",\"name\":\"one\"}\n");
            QVERIFY2(!notes.startsWith("failed"), qPrintable(notes));
            QCOMPARE(trace("piped.h5")->shape().sequences.size(), std::size_t(1));
        }
    }

    /// Nobody writes into the pipe: a stop still ends it.
    void waitingForInputCanBeStopped()
    {
        QProcess process;
        process.start(EXPERTSCOPE_BIN_DIR "/expertscope-capture", options("-", "silent.h5"));
        QVERIFY(process.waitForStarted());
        QTest::qSleep(1000);
        QElapsedTimer timer;
        timer.start();
        process.terminate();
        QVERIFY(process.waitForFinished(20000));
        QVERIFY(timer.elapsed() < 2000);
        QCOMPARE(process.exitStatus(), QProcess::CrashExit); // by the signal
        QCOMPARE(process.exitCode(), SIGTERM);
        QVERIFY(!QFile::exists(path("silent.h5")));
    }
};

EXPERTSCOPE_TEST(TestCapturePrompts)
#include "tst_capture_prompts.moc"
