// SPDX-License-Identifier: GPL-3.0-or-later
//
// The line itself: which commands there are, and what is said of those there are not.
#include "cli_fixture.h"
#include "tests/support/test_main.h"
#include "tests/support/trace_files.h"

#include <algorithm>

#include <sys/resource.h>

using namespace expertscope::testing;

class TestCommandLine : public QObject
{
    Q_OBJECT

private slots:
    void commandsAreListed()
    {
        const Outcome help = run({"--help"});
        QCOMPARE(help.status, 0);
        for (const char* command : {"info", "repair", "analyze", "compare", "merge", "figure", "metrics", "simulate",
                 "synth", "capture", "desktop"})
            QVERIFY2(help.out.contains(QByteArray("\n  ") + command + ' '), command);
        QVERIFY(run({"--version"}).out.startsWith("expertscope "));
    }

    void mistypedWords_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QByteArray>("message");
        const auto row = [](const QStringList& arguments, const char* message) {
            QTest::newRow(qPrintable(arguments.join(' '))) << arguments << QByteArray(message);
        };
        row({"analyse", "x.h5"}, "expertscope: analyse: no such command (did you mean analyze?)\n");
        row({"compaer"}, "expertscope: compaer: no such command (did you mean compare?)\n");
        row({"nonsense"}, "expertscope: nonsense: no such command (`expertscope --help` lists them)\n");
        row({"simulate", "cahce", "x.h5"}, "expertscope: simulate cahce: no such command (did you mean cache?)\n");
        row({"simulate", "x"}, "expertscope: simulate x: no such command (`expertscope simulate --help` lists them)\n");
        row({"I"}, "expertscope: I: no such command (`expertscope --help` lists them)\n");
    }
    void mistypedWords()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QByteArray, message);
        const Outcome outcome = run(arguments);
        QCOMPARE(outcome.status, 2);
        QCOMPARE(outcome.err, message);
        QCOMPARE(outcome.out, QByteArray());
    }

    void usedWrongly()
    {
        for (const QStringList& arguments : {QStringList{}, {"simulate"}, {"--nonsense"}, {"info"}, {"info", "a", "b"},
                 {"analyze", "x.h5", "--threads", "5000"}, {"synth", "nonsense"}, {"synth"}}) {
            const Outcome outcome = run(arguments);
            QCOMPARE(outcome.status, 2);
            QVERIFY2(!outcome.err.isEmpty(), qPrintable(arguments.join(' ')));
        }
    }

    void startsQuickly()
    {
        QTemporaryDir folder;
        writeTraceM(folder.filePath("trace.h5"));
        // Processor time, so that a busy machine does not matter.
        const auto seconds = [] {
            rusage usage{};
            getrusage(RUSAGE_CHILDREN, &usage);
            const auto of = [](const timeval& t) { return double(t.tv_sec) + 1e-6 * double(t.tv_usec); };
            return of(usage.ru_utime) + of(usage.ru_stime);
        };
        double best = 1e9;
        for (int i = 0; i < 5; ++i) {
            const double before = seconds();
            QCOMPARE(run({"info", folder.filePath("trace.h5")}).status, 0);
            best = std::min(best, seconds() - before);
        }
        qInfo("expertscope info: %.1f ms of processor time", 1000 * best);
        QVERIFY(best < 0.2);
    }

    void otherCommandsDoNotLoadQt()
    {
        const Outcome outcome = run({"--version"}, 100, {"LD_DEBUG=libs"});
        QVERIFY(outcome.err.contains("libhdf5"));
        QVERIFY(!outcome.err.contains("libQt6"));
    }
};

EXPERTSCOPE_TEST(TestCommandLine)
#include "tst_command_line.moc"
