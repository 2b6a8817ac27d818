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
        for (const char* command : {"info", "repair", "analyze", "compare", "expert", "summary", "merge", "figure", "metrics", "simulate",
                 "synth", "capture", "desktop", "help", "completion", "man"})
            QVERIFY2(help.out.contains(QByteArray("\n  ") + command + ' '), command);
        QVERIFY(!help.out.contains("__"));
        QVERIFY(run({"--version"}).out.startsWith("expertscope "));
        // Without a word it is the same, but wrong use.
        const Outcome nothing = run({});
        QCOMPARE(nothing.status, 2);
        QCOMPARE(nothing.err, help.out);
    }

    void helpIsThatOfTheCommand()
    {
        QCOMPARE(run({"help"}).out, run({"--help"}).out);
        const Outcome help = run({"help", "simulate", "cache"});
        QCOMPARE(help.status, 0);
        QCOMPARE(help.out, run({"simulate", "cache", "--help"}).out);
        QVERIFY(help.out.contains("Usage: expertscope simulate cache [OPTIONS] TRACE\n"));
        QCOMPARE(run({"help", "nonsense"}).status, 2);
        for (const int columns : {60, 80, 120}) {
            for (const QStringList& command :
                {QStringList{}, {"analyze"}, {"simulate", "cache"}, {"synth", "planted"}}) {
                for (const QByteArray& line : run(QStringList{"help"} + command, columns).out.split('\n'))
                    QVERIFY2(QString::fromUtf8(line).size() <= columns, line.constData());
            }
        }
        // What takes one value each time it is named says so.
        const QByteArray analyze = run({"help", "analyze"}).out;
        QVERIFY(analyze.contains("--metric NAME ") && analyze.contains("TRACE..."));
        QVERIFY(!analyze.contains("--metric NAME..."));
    }

    void helpThatCannotBeWrittenFails()
    {
        for (const QStringList& words : {QStringList{"--help"}, {"help", "analyze"}, {"--version"}}) {
            QProcess process;
            process.setStandardOutputFile("/dev/full");
            process.start(EXPERTSCOPE_BIN_DIR "/expertscope", words);
            QVERIFY(process.waitForFinished());
            QCOMPARE(process.exitCode(), 1);
            QCOMPARE(process.readAllStandardError(), "expertscope: standard output: No space left on device\n");
        }
    }

    void traceAlone()
    {
        QTemporaryDir folder;
        const QString trace = folder.filePath("my trace.h5");
        writeTraceM(trace);
        const Outcome alone = run({trace}), info = run({"info", trace});
        QCOMPARE(alone.status, 0);
        QVERIFY(alone.out.startsWith(info.out));
        QVERIFY(alone.out.contains("expertscope analyze '" + trace.toUtf8() + "'\n"));
        QCOMPARE(run({trace, "--json"}).out, run({"info", trace, "--json"}).out);
        const Outcome missing = run({folder.filePath("nothing.h5")});
        QCOMPARE(missing.status, 2);
        QVERIFY2(missing.err.contains("nothing.h5: no such command or file"), missing.err.constData());
        // A command is a command, whatever lies there.
        QFile(folder.filePath("info")).open(QIODevice::WriteOnly);
        QProcess process;
        process.setWorkingDirectory(folder.path());
        process.start(EXPERTSCOPE_BIN_DIR "/expertscope", {"info"});
        QVERIFY(process.waitForFinished());
        QCOMPARE(process.exitCode(), 2);
    }

    void completions_data()
    {
        QTest::addColumn<QStringList>("words");
        QTest::addColumn<QStringList>("candidates");
        const auto row = [](const QStringList& words, const QStringList& candidates) {
            QTest::newRow(qPrintable(words.join(' '))) << words << candidates;
        };
        row({"ana"}, {"analyze"});
        row({"simulate", ""}, {"cache", "placement", "topk"});
        row({"analyze", "x.h5", "--boot"}, {"--bootstrap"});
        row({"analyze", "--metric", "repe"}, {"repetition"});
        row({"analyze", "--metric=repe"}, {"--metric=repetition"});
        row({"analyze", "--metric", "load", ""}, {});
        row({"analyze", "--threads", ""}, {});
        row({"analyze", "x"}, {});
        row({"completion", ""}, {"bash", "zsh", "fish"});
        row({"help", "simul"}, {"simulate"});
        row({"synth", "plan"}, {"planted"});
        row({"nonsense", "--"}, {"--help", "--version"});
    }
    void completions()
    {
        QFETCH(QStringList, words);
        QFETCH(QStringList, candidates);
        const Outcome outcome = run(QStringList{"__complete"} + words);
        QCOMPARE(outcome.status, 0);
        QStringList given;
        for (const QString& line : QString::fromUtf8(outcome.out).split('\n', Qt::SkipEmptyParts))
            given.append(line.section('\t', 0, 0));
        QCOMPARE(given, candidates);
    }

    void completionInBash()
    {
        QProcess bash;
        bash.start("bash",
            {"-c",
                "source <(\"$0\" completion bash) && COMP_WORDS=(\"$0\" analyze --boot) COMP_CWORD=2 && "
                "_expertscope \"$0\" && echo \"${COMPREPLY[*]}\" && complete -p expertscope",
                EXPERTSCOPE_BIN_DIR "/expertscope"});
        QVERIFY(bash.waitForFinished());
        QCOMPARE(bash.readAllStandardError(), QByteArray());
        const QByteArray out = bash.readAllStandardOutput();
        QVERIFY2(out.startsWith("--bootstrap\n") && out.contains("-F _expertscope expertscope"), out.constData());
        for (const char* shell : {"zsh", "fish"})
            QVERIFY(run({"completion", shell}).out.contains("__complete"));
        QCOMPARE(run({"completion", "tcsh"}).status, 2);
    }

    void manualPage()
    {
        const Outcome page = run({"man"});
        QCOMPARE(page.status, 0);
        QVERIFY(page.out.contains(".TH EXPERTSCOPE 1"));
        for (const char* text : {".SS \"expertscope analyze [OPTIONS] TRACE...\"", "\\fB\\-\\-metric\\fR \\fINAME\\fR",
                 ".SS \"expertscope simulate cache [OPTIONS] TRACE\"", ".SS \"expertscope synth planted [OPTIONS]\"",
                 "EXPERTSCOPE_CACHE", ".SH EXIT STATUS"})
            QVERIFY2(page.out.contains(text), text);
        // Whatever the terminal: the page is the same for all.
        QCOMPARE(run({"man"}, 40).out, page.out);
    }

    void mistypedWords_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QByteArray>("message");
        const auto row = [](const QStringList& arguments, const QByteArray& message) {
            QTest::newRow(qPrintable(arguments.join(' '))) << arguments << message;
        };
        row({"analyse", "x.h5"}, "expertscope: analyse: no such command (did you mean analyze?)\n");
        row({"compaer"}, "expertscope: compaer: no such command (did you mean compare?)\n");
        const QByteArray there = "(there are capture, inspect, info, analyze, compare, expert, simulate, figure, report, desktop, metrics, synth, summary, merge, repair, "
                                  "help, completion, man)\n";
        row({"nonsense"}, "expertscope: nonsense: no such command " + there);
        row({"simulate", "cahce", "x.h5"}, "expertscope: simulate cahce: no such command (did you mean cache?)\n");
        row({"simulate", "x"}, "expertscope: simulate x: no such command (there are cache, placement, topk)\n");
        row({"I"}, "expertscope: I: no such command " + there);
        row({"synth", "plantde"}, "expertscope: synth plantde: no such command (did you mean planted?)\n");
        row({"analyze", "x.h5", "--metrics", "load"},
            "expertscope analyze: --metrics: no such option (did you mean --metric?)\n");
        row({"analyze", "x.h5", "--zzz=1"},
            "expertscope analyze: --zzz=1: no such option (`expertscope analyze --help` tells more)\n");
        row({"info", "a", "b"}, "expertscope info: b: is one word too many (`expertscope info --help` tells more)\n");
        row({"simulate"},
            "expertscope simulate: which one? cache, placement, topk (`expertscope simulate --help` tells more)\n");
        row({"analyze"}, "expertscope analyze: TRACE: is missing (`expertscope analyze --help` tells more)\n");
        row({"simulate", "placement", "x.h5"},
            "expertscope simulate placement: --gpus: is missing (`expertscope simulate placement --help` tells "
            "more)\n");
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
