// SPDX-License-Identifier: GPL-3.0-or-later
//
// A capture watched from its beginning to its end, and all the ways in which it may not get there: a message, and what
// was computed is kept.
#include "io/trace/trace_file.h"
#include "io/trace/trace_snapshot.h"
#include "io/trace/trace_writer.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"
#include "views/live/capture_run.h"

#include <QDir>
#include <QFile>

#include <csignal>
#include <cstring>

using namespace expertscope;

namespace {

constexpr const char* kProgram = EXPERTSCOPE_BIN_DIR "/expertscope-capture";
constexpr const char* kModel = EXPERTSCOPE_SOURCE_DIR "/resources/demo";

}

class TestCaptureRun : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;

    CaptureOrder order(const QString& name) const
    {
        CaptureOrder order;
        order.model = kModel;
        order.prompts = QString(kModel) + "/prompts.jsonl";
        order.output = m_dir.filePath(name);
        order.logits = true;
        return order;
    }
    static bool ends(CaptureRun& run) { return QTest::qWaitFor([&] { return !run.running(); }, 120000); }
    /// So many tokens are computed.
    static bool reaches(CaptureRun& run, qint64 tokens)
    {
        return QTest::qWaitFor([&] { return run.tokensDone() >= tokens || !run.running(); }, 120000) && run.running();
    }

private slots:
    void watchedToItsEnd()
    {
        CaptureRun run(kProgram);
        QStringList log;
        connect(&run, &CaptureRun::said, this, [&](const QString& line) { log << line; });
        qint64 last = 0;
        bool back = false, left = false;
        connect(&run, &CaptureRun::progressed, this, [&] {
            back = back || run.tokensDone() < last;
            left = left || run.secondsLeft() > 0;
            last = run.tokensDone();
        });
        run.start(order("whole.h5"));
        // Looks while it is written: each is a trace that is the beginning of the whole one.
        const QString look = m_dir.filePath("look.h5");
        std::uint64_t seen = 0;
        int looks = 0;
        while (run.running()) {
            QTest::qWait(100);
            const auto snapshot = snapshotTrace(run.order().output.toStdString(), look.toStdString(), seen + 1);
            if (!snapshot || snapshot->tokens == 0)
                continue; // not begun, finished, or no more than before
            QVERIFY(snapshot->tokens > seen);
            seen = snapshot->tokens;
            ++looks;
        }
        QCOMPARE(run.state(), CaptureRun::State::Done);
        QVERIFY(!back);
        QVERIFY(left);
        QVERIFY(looks > 0);
        QCOMPARE(last, run.tokens());
        QVERIFY(log.join('\n').contains("routers") && log.back().contains("whole.h5"));
        const auto part = TraceFile::open(look.toStdString()), whole = TraceFile::open(run.order().output.toStdString());
        VERIFY_OK(part);
        VERIFY_OK(whole);
        QVERIFY((*whole)->summary().complete && qint64((*whole)->summary().numTokens) == run.tokens());
        QCOMPARE((*part)->summary().numTokens, seen);
        const TokenRange begin{TokenIndex(0), TokenIndex(seen)};
        for (std::uint16_t s = 0; s < (*whole)->shape().sites.size(); ++s) {
            BlockBuffer a, b;
            const auto x = (*part)->read(SiteIndex(s), begin, {.weights = true}, a),
                       y = (*whole)->read(SiteIndex(s), begin, {.weights = true}, b);
            QVERIFY(x && y);
            QVERIFY(std::ranges::equal(x->expertIds, y->expertIds));
            QVERIFY(std::memcmp(x->weights.data(), y->weights.data(), x->weights.size_bytes()) == 0);
        }
        QVERIFY(!QFile::exists(run.order().output + ".part"));
    }

    void stopped()
    {
        CaptureRun run(kProgram);
        run.start(order("stopped.h5"));
        QVERIFY(reaches(run, 9000));
        run.stop();
        QCOMPARE(run.state(), CaptureRun::State::Stopping);
        QVERIFY(ends(run));
        QCOMPARE(run.state(), CaptureRun::State::Stopped);
        QVERIFY2(run.ending().contains("--resume"), qPrintable(run.ending()));
        const auto trace = TraceFile::summary(run.order().output.toStdString());
        VERIFY_OK(trace);
        QVERIFY(!trace->complete && trace->numTokens > 0);
    }

    void killed()
    {
        CaptureRun run(kProgram);
        run.start(order("killed.h5"));
        QVERIFY(reaches(run, 14000));
        ::kill(static_cast<pid_t>(run.processId()), SIGKILL);
        QVERIFY(ends(run));
        QCOMPARE(run.state(), CaptureRun::State::Failed);
        const std::string message = run.error()->message();
        QVERIFY2(message.find("signal 9") != std::string::npos, message.c_str());
        const auto repaired = repairTrace(run.order().output.toStdString());
        VERIFY_OK(repaired);
        QVERIFY(repaired->tokensKept >= 4096); // no loss but of the last chunk
    }

    /// A limit on the size of files stands for the disk that is full: the same error of the same write.
    void diskFull()
    {
        const QString program = m_dir.filePath("limited");
        QFile file(program);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray("#!/bin/bash\nulimit -f 9000\nexec ") + kProgram + " \"$@\"\n");
        file.close();
        file.setPermissions(QFile::ReadOwner | QFile::ExeOwner);
        CaptureRun run(program);
        run.start(order("full.h5"));
        QVERIFY(ends(run));
        QCOMPARE(run.state(), CaptureRun::State::Failed);
        const std::string message = run.error()->message();
        QVERIFY2(message.find("full.h5") != std::string::npos, message.c_str());
        QVERIFY2(message.find("large") != std::string::npos, message.c_str());
        const auto repaired = repairTrace(run.order().output.toStdString());
        VERIFY_OK(repaired);
        QVERIFY(repaired->tokensKept > 0);
    }

    void outputDeleted()
    {
        const QString folder = m_dir.filePath("goes");
        QDir().mkpath(folder);
        CaptureRun run(kProgram);
        run.start(order("goes/away.h5"));
        QVERIFY(reaches(run, 5000));
        QVERIFY(QDir(folder).removeRecursively());
        QVERIFY(ends(run));
        QCOMPARE(run.state(), CaptureRun::State::Failed);
        QVERIFY2(run.error()->message().find("away.h5") != std::string::npos, run.error()->message().c_str());
    }

    void whatIsThereStays()
    {
        CaptureRun run(kProgram);
        CaptureOrder wanted = order("whole.h5");
        run.start(wanted);
        QVERIFY(ends(run));
        QCOMPARE(run.state(), CaptureRun::State::Failed);
        QVERIFY2(run.error()->message().find("exists") != std::string::npos, run.error()->message().c_str());
        QVERIFY(TraceFile::summary(wanted.output.toStdString())->complete);
    }

    void itEndsWithItsOwner()
    {
        qint64 process = 0;
        {
            CaptureRun run(kProgram);
            run.start(order("owner.h5"));
            QVERIFY(reaches(run, 5000));
            process = run.processId();
        }
        QVERIFY(!QFile::exists("/proc/" + QString::number(process)));
        QVERIFY(QFile::exists(m_dir.filePath("owner.h5")) || QFile::exists(m_dir.filePath("owner.h5.part")));
    }
};

EXPERTSCOPE_TEST(TestCaptureRun)
#include "tst_capture_run.moc"
