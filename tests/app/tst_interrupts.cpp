// SPDX-License-Identifier: GPL-3.0-or-later
//
// Ctrl-C and SIGTERM at random moments of every command that takes long: it ends within two seconds, and what it leaves
// is whole, or can be gone on with, or is nothing. EXPERTSCOPE_INTERRUPTS=40 for the full count of moments a command.
#include "io/trace/trace_file.h"
#include "tests/app/cli_fixture.h"
#include "tests/support/test_main.h"

#include <QDir>
#include <QElapsedTimer>
#include <QRandomGenerator>

#include <csignal>
#include <unistd.h>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

constexpr int kMostMilliseconds = 2000;

struct Ended
{
    bool normally = false;
    int code = -1;
    qint64 milliseconds = 0; ///< from the signal on
    QByteArray err;
};

/// Runs it, sends the signal after `moment` ms, and waits.
Ended interrupted(const QString& folder, const QStringList& arguments, int moment, int signal)
{
    QProcess process;
    process.setWorkingDirectory(folder);
    process.start(EXPERTSCOPE_BIN_DIR "/expertscope", arguments);
    process.waitForStarted();
    process.waitForFinished(moment);
    QElapsedTimer timer;
    timer.start();
    if (process.state() == QProcess::Running)
        ::kill(static_cast<pid_t>(process.processId()), signal);
    process.waitForFinished(120000);
    return {process.exitStatus() == QProcess::NormalExit, process.exitCode(), timer.elapsed(),
        process.readAllStandardError()};
}

QStringList filesIn(const QString& folder)
{
    return QDir(folder).entryList(QDir::Files | QDir::Hidden, QDir::Name);
}

/// All choices of a complete trace; empty when it is none.
std::vector<std::uint16_t> choicesOf(const QString& path)
{
    std::vector<std::uint16_t> all;
    const auto trace = TraceFile::open(path.toStdString());
    if (!trace || !(*trace)->summary().complete)
        return all;
    const RoutingShape& shape = (*trace)->shape();
    BlockBuffer buffer;
    for (std::uint16_t m = 0; m < shape.sites.size(); ++m) {
        const auto block = (*trace)->read(SiteIndex(m), {TokenIndex(0), TokenIndex(shape.numTokens)}, {}, buffer);
        if (!block)
            return {};
        all.insert(all.end(), block->expertIds.begin(), block->expertIds.end());
    }
    return all;
}

}

class TestInterrupts : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir; ///< what commands read
    QRandomGenerator m_random{17};
    int m_moments = 2;

    QString in(const char* name) const { return m_dir.filePath(name); }
    int signal(int i) const { return i % 2 ? SIGTERM : SIGINT; }

    void write(const QString& path, const QByteArray& text)
    {
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(text);
    }

private slots:
    void initTestCase()
    {
        QVERIFY(m_dir.isValid());
        bool given = false;
        const int asked = qEnvironmentVariableIntValue("EXPERTSCOPE_INTERRUPTS", &given);
        m_moments = given ? asked : m_moments;
        for (const char* name : {"a.h5", "b.h5"}) {
            const Outcome made = run({"synth", "markov", "-o", in(name), "--tokens", "100000", "--sites", "6"});
            QVERIFY2(made.status == 0, made.err);
        }
        for (const char* part : {"1", "2"}) {
            const Outcome made = run({"analyze", in("a.h5"), "--metric", "balance", "--bootstrap", "300", "--shard",
                QString(part) + "/2", "-o", in(part) + ".esp"});
            QVERIFY2(made.status == 0, made.err);
        }
        // What a synth that was killed left, which can be repaired.
        QProcess killed;
        killed.setWorkingDirectory(m_dir.path());
        killed.start(EXPERTSCOPE_BIN_DIR "/expertscope",
            {"synth", "uniform", "-o", "torn.h5", "--tokens", "30000000", "--sites", "4"});
        QVERIFY(killed.waitForStarted());
        for (int i = 0; i < 600 && QFileInfo(in("torn.h5.part")).size() < 150'000'000; ++i)
            killed.waitForFinished(50);
        killed.kill();
        killed.waitForFinished();
        QVERIFY(QFile::exists(in("torn.h5.part")));
    }

    void commands_data()
    {
        QTest::addColumn<QStringList>("arguments");
        const auto row = [&](const char* name, const QStringList& arguments) { QTest::newRow(name) << arguments; };
        row("synth", {"synth", "uniform", "-o", "out.h5", "--tokens", "1000000", "--sites", "8"});
        row("synth over a trace", {"synth", "uniform", "-o", "there.h5", "--force", "--tokens", "1000000"});
        row("analyze", {"analyze", in("a.h5"), "--no-cache", "-o", "out.json", "--bootstrap", "2000"});
        row("analyze to HDF5", {"analyze", in("a.h5"), "--no-cache", "-o", "out.h5", "--bootstrap", "2000"});
        row("a shard", {"analyze", in("a.h5"), "-o", "out.esp", "--shard", "1/2", "--bootstrap", "2000"});
        row("compare", {"compare", in("a.h5"), in("b.h5"), "--no-cache", "-o", "out.csv"});
        row("simulate cache", {"simulate", "cache", in("a.h5"), "-o", "out.csv"});
        row("simulate placement", {"simulate", "placement", in("a.h5"), "--gpus", "8", "-o", "out.csv"});
        row("summary", {"summary", in("a.h5"), "--no-cache", "-o", "out.h5"});
        row("merge", {"merge", in("1.esp"), in("2.esp"), "-o", "out.json"});
        row("repair", {"repair", "torn.h5"});
        if (QFile::exists(EXPERTSCOPE_BIN_DIR "/../lib/libexpertscope_figure.so"))
        {
            row("figure", {"figure", "load", in("a.h5"), "--no-cache", "-o", "out.pdf"});
            row("report", {"report", in("a.h5"), "--no-cache", "-o", "out.html"});
        }
    }

    /// Nothing is left of what was to be written, and what was there is as it was.
    void commands()
    {
        QFETCH(QStringList, arguments);
        QTemporaryDir folder;
        write(folder.filePath("there.h5"), "what was there");
        if (arguments[0] == "repair")
            QVERIFY(::link(qPrintable(in("torn.h5.part")), qPrintable(folder.filePath("torn.h5.part"))) == 0);
        const QStringList before = filesIn(folder.path());
        const auto isAsBefore = [&] {
            QFile there(folder.filePath("there.h5"));
            return filesIn(folder.path()) == before && there.open(QIODevice::ReadOnly)
                && there.readAll() == "what was there";
        };
        int duration = 1500, seen = 0;
        for (int i = 0; i < m_moments; ++i) {
            const int moment = m_random.bounded(duration);
            const Ended ended = interrupted(folder.path(), arguments, moment, signal(i));
            if (ended.normally && ended.code == 0) { // it was done; the next moments come earlier
                duration = qMax(30, moment / 2);
                for (const QString& made : filesIn(folder.path())) {
                    QVERIFY2(!made.contains(".tmp") && (arguments[0] == "repair" || !made.endsWith(".part")),
                        qPrintable(made));
                    if (!before.contains(made))
                        QFile::remove(folder.filePath(made));
                }
                write(folder.filePath("there.h5"), "what was there");
                if (!QFile::exists(folder.filePath("torn.h5.part")) && arguments[0] == "repair")
                    QVERIFY(::link(qPrintable(in("torn.h5.part")), qPrintable(folder.filePath("torn.h5.part"))) == 0);
                continue;
            }
            ++seen;
            QVERIFY2(ended.milliseconds < kMostMilliseconds, qPrintable(QString::number(ended.milliseconds)));
            QVERIFY2(!ended.normally, ended.err);
            QCOMPARE(ended.code, signal(i));
            if (ended.err.contains("written whole: ")) { // what was to be made had been, and it says so
                QVERIFY2(arguments[0] == "repair" && TraceFile::summary(folder.filePath("torn.h5").toStdString()),
                    ended.err);
                QVERIFY(QFile::remove(folder.filePath("torn.h5")));
                QFile::remove(folder.filePath("torn.h5.part"));
                QVERIFY(::link(qPrintable(in("torn.h5.part")), qPrintable(folder.filePath("torn.h5.part"))) == 0);
                continue;
            }
            if (moment > 200) // before, it may not have begun
                QVERIFY2(ended.err.contains("stopped, nothing was written"), ended.err);
            QVERIFY2(isAsBefore(), qPrintable(filesIn(folder.path()).join(' ')));
        }
        qInfo("%d of %d were seen", seen, m_moments);
    }

    /// A document of some seconds after some that are there at once: what was computed can be gone on with, to the end
    /// that an undisturbed capture has.
    void capture()
    {
        if (!QFile::exists(EXPERTSCOPE_BIN_DIR "/expertscope-capture"))
            QSKIP("this build has no capture");
        QByteArray prompts;
        for (int d = 0; d < 41; ++d) {
            QByteArray ids;
            for (int t = 0; t < (d < 40 ? 250 : 6000); ++t)
                ids += (t ? "," : "") + QByteArray::number(m_random.bounded(96));
            prompts += "{\"token_ids\": [" + ids + "]}\n";
        }
        write(in("prompts.jsonl"), prompts);
        QTemporaryDir folder;
        const auto line = [&](const QString& output) {
            return QStringList{"capture", "--model", EXPERTSCOPE_TEST_DATA "/checkpoints/olmoe-plain", "--prompts",
                in("prompts.jsonl"), "-o", output, "--threads", "2", "--batch-tokens", "1000"};
        };
        QElapsedTimer timer;
        timer.start();
        const Outcome whole = run(line(in("whole.h5")));
        QVERIFY2(whole.status == 0, whole.err);
        const int duration = int(timer.elapsed());
        const auto expected = choicesOf(in("whole.h5"));
        QVERIFY(!expected.empty());
        int traces = 0, journals = 0, nothing = 0;
        for (int i = 0; i < m_moments + 2; ++i) {
            const int moment = m_random.bounded(duration);
            const Ended ended = interrupted(folder.path(), line("out.h5"), moment, signal(i));
            QVERIFY2(ended.milliseconds < kMostMilliseconds, qPrintable(QString::number(ended.milliseconds)));
            const QStringList left = filesIn(folder.path());
            for (const QString& name : left)
                QVERIFY2(name == "out.h5" || name == "out.h5.part", qPrintable(name));
            traces += left == QStringList{"out.h5"};
            journals += left.contains("out.h5.part");
            nothing += left.isEmpty();
            if (ended.normally)
                QVERIFY2(ended.code == 0 || ended.err.contains("stopp"), ended.err);
            if (ended.err.contains("stopping"))
                QVERIFY2(ended.err.contains("--resume") || left.isEmpty() || ended.code == 0, ended.err);
            QStringList resume = line(folder.filePath("out.h5"));
            const Outcome again = run(resume << "--resume");
            QVERIFY2(again.status == 0, again.err);
            QVERIFY(choicesOf(folder.filePath("out.h5")) == expected);
            QCOMPARE(filesIn(folder.path()), QStringList{"out.h5"});
            QFile::remove(folder.filePath("out.h5"));
        }
        qInfo("left: %d traces, %d journals, %d times nothing", traces, journals, nothing);
    }
};

EXPERTSCOPE_TEST(TestInterrupts)
#include "tst_interrupts.moc"
