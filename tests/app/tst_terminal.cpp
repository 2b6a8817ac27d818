// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a person at a terminal sees and a pipe does not: emphasis, a pager, lines as wide as the window.
#include "app/cli/terminal/progress_line.h"
#include "cli_fixture.h"
#include "tests/support/test_main.h"

#include <cerrno>

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace expertscope;
using namespace expertscope::testing;

class TestTerminal : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;

    struct Seen
    {
        int status = -1;
        QByteArray text; ///< lines end with \n
    };
    /// Runs it at a terminal of so many columns, with these variables set, or taken away where they are null.
    Seen atTerminal(const QStringList& arguments, int columns, const QMap<QString, QString>& variables) const
    {
        winsize size{50, static_cast<unsigned short>(columns), 0, 0};
        int terminal = -1;
        const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
        if (child == 0) {
            if (chdir(qPrintable(m_dir.path())) != 0)
                _exit(126);
            for (const char* name : {"NO_COLOR", "EXPERTSCOPE_PAGER", "PAGER", "LESS", "COLUMNS"})
                unsetenv(name);
            setenv("TERM", "xterm", 1);
            for (auto it = variables.begin(); it != variables.end(); ++it)
                setenv(qPrintable(it.key()), qPrintable(it.value()), 1);
            std::vector<QByteArray> words{EXPERTSCOPE_BIN_DIR "/expertscope"};
            for (const QString& argument : arguments)
                words.push_back(argument.toUtf8());
            std::vector<char*> pointers;
            for (QByteArray& word : words)
                pointers.push_back(word.data());
            pointers.push_back(nullptr);
            execv(pointers[0], pointers.data());
            _exit(127);
        }
        Seen seen;
        char buffer[4096];
        for (;;) {
            const ssize_t n = read(terminal, buffer, sizeof buffer);
            if (n <= 0 && !(n < 0 && errno == EINTR))
                break; // the other end is closed: EIO
            seen.text += QByteArray(buffer, n);
        }
        int status = 0;
        waitpid(child, &status, 0);
        close(terminal);
        seen.status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
        seen.text.replace("\r\n", "\n");
        return seen;
    }

    static QString withoutMarks(QByteArray text)
    {
        return QString::fromUtf8(text).remove(QRegularExpression("\r[^\n]*\r\x1b\\[K|\x1b\\[[0-9;]*[mK]"));
    }

    const QStringList m_analyze{"analyze", "a.h5", "--metric", "load", "--metric", "repetition", "--no-cache"};

private slots:
    void initTestCase()
    {
        QVERIFY(m_dir.isValid());
        const Outcome made = run({"synth", "markov", "-o", m_dir.filePath("a.h5"), "--tokens", "20000", "--sites", "3"});
        QVERIFY2(made.status == 0, made.err);
    }

    void emphasisIsOfTerminalsAlone()
    {
        const QMap<QString, QString> plain{{"PAGER", "cat"}};
        const Seen seen = atTerminal(m_analyze, 100, plain);
        QCOMPARE(seen.status, 0);
        QVERIFY2(seen.text.contains("\x1b[1m"), seen.text); // headings
        QVERIFY(seen.text.contains("\x1b[1;3")); // values above and below
        QVERIFY2(withoutMarks(seen.text).contains("Remarkable: farthest from uniform routing"), seen.text);
        // What is marked is what is said without marks.
        const Seen unmarked = atTerminal(m_analyze, 100, {{"PAGER", "cat"}, {"TERM", "dumb"}, {"NO_COLOR", "1"}});
        QVERIFY2(!unmarked.text.contains('\x1b'), unmarked.text);
        QCOMPARE(withoutMarks(seen.text), QString::fromUtf8(unmarked.text));
        const Seen noColour = atTerminal(m_analyze, 100, {{"PAGER", "cat"}, {"NO_COLOR", "1"}});
        QVERIFY(noColour.text.contains("\x1b[1m") && !noColour.text.contains("\x1b[1;3"));
        // --plain is what a pipe gets, byte for byte.
        const Seen asked = atTerminal(m_analyze + QStringList{"--plain"}, 100, {});
        QProcess pipe;
        pipe.setWorkingDirectory(m_dir.path());
        pipe.start(EXPERTSCOPE_BIN_DIR "/expertscope", m_analyze);
        QVERIFY(pipe.waitForFinished());
        QCOMPARE(asked.text, pipe.readAllStandardOutput());
    }

    void linesFitTheWindow_data()
    {
        QTest::addColumn<int>("columns");
        QTest::newRow("80") << 80;
        QTest::newRow("120") << 120;
    }
    void linesFitTheWindow()
    {
        QFETCH(int, columns);
        const QList<QStringList> lines{m_analyze, {"compare", "a.h5", "a.h5"}, {"info", "a.h5"}, {"metrics"}, {"help"},
            {"simulate", "cache", "a.h5"}, {"simulate", "placement", "a.h5", "--gpus", "2"}, {"analyze", "--help"}};
        for (const QStringList& line : lines) {
            const Seen seen = atTerminal(line, columns, {{"PAGER", "cat"}});
            QVERIFY2(seen.status == 0, seen.text);
            for (const QString& text : withoutMarks(seen.text).split('\n')) {
                // A word that is longer than a line (a path) is not broken.
                const bool one = text.trimmed().indexOf(' ') < 0;
                QVERIFY2(text.size() <= columns || one, qPrintable(line.join(' ') + ": " + text));
            }
        }
    }

    /// How far it is is said once a second has passed, and about how long it takes still where that is long.
    void whatTakesLongSaysSo()
    {
        using Time = ProgressLine::Time;
        const auto at = [](double seconds) {
            return Time(std::chrono::duration_cast<Time::duration>(std::chrono::duration<double>(100 + seconds)));
        };
        ProgressLine line(at(0));
        QVERIFY(!line.at(0, at(0.2)) && !line.at(0.01, at(0.9))); // the first second
        QCOMPARE(line.at(0.02, at(1.2)).value(), "analysing: 2 %, about 50 s left"); // 2 % in the second since it began
        QVERIFY(!line.at(0.025, at(1.5))); // as before
        QCOMPARE(line.at(0.5, at(10.2)).value(), "analysing: 50 %, about 10 s left");
        QCOMPARE(line.at(0.8, at(16.2)).value(), "analysing: 80 %"); // soon over
        QCOMPARE(line.at(0.1, at(17)).value(), "analysing: 10 %"); // the next pass: not known yet
        QCOMPARE(line.at(0.11, at(18)).value(), "analysing: 11 %, about 90 s left");
        QCOMPARE(ProgressLine(at(0)).at(0.3, at(2)).value(), "analysing: 30 %");
        ProgressLine slow(at(0));
        QVERIFY(!slow.at(0, at(0)));
        QCOMPARE(slow.at(0.1, at(60)).value(), "analysing: 10 %, about 9 min left");
        QCOMPARE(slow.at(0.11, at(6000)).value(), "analysing: 11 %, about 13 h left");
    }

    void progressIsOfTerminalsAlone()
    {
        const Outcome made = run({"synth", "uniform", "-o", m_dir.filePath("long.h5"), "--tokens", "1000000", "--sites", "16"});
        QVERIFY2(made.status == 0, made.err);
        const QStringList line{"analyze", "long.h5", "--metric", "predict", "--threads", "1", "--no-cache"};
        const Seen seen = atTerminal(line, 100, {{"PAGER", "cat"}});
        QCOMPARE(seen.status, 0);
        QVERIFY2(QString::fromUtf8(seen.text).contains(QRegularExpression("\ranalysing: [0-9]+ %[^\r]*\x1b")), seen.text.left(500));
        QVERIFY(!withoutMarks(seen.text).contains("analysing")); // it is taken back
        QCOMPARE(run({"analyze", m_dir.filePath("long.h5"), "--metric", "load", "--no-cache"}).err, QByteArray()); // a pipe
    }

    void thePagerIsTheUsers()
    {
        const Seen own = atTerminal(m_analyze, 100, {{"EXPERTSCOPE_PAGER", "sed s/^/own:/"}, {"PAGER", "sed s/^/other:/"}});
        QVERIFY2(own.status == 0 && own.text.startsWith("own:") && !own.text.contains("other:"), own.text);
        const Seen general = atTerminal(m_analyze, 100, {{"PAGER", "sed s/^/general:/"}});
        QVERIFY2(general.text.startsWith("general:"), general.text);
        // A pager that cannot be started loses nothing; one that stops early is no error.
        const Seen missing = atTerminal(m_analyze, 100, {{"PAGER", "no-such-pager"}});
        QVERIFY2(missing.status == 0 && withoutMarks(missing.text).contains("Remarkable"), missing.text);
        const Seen early = atTerminal(m_analyze, 100, {{"PAGER", "head -1"}});
        QVERIFY2(early.status == 0 && early.text.count('\n') == 1, early.text);
        // Files and other programs are given no pager.
        const Seen json = atTerminal(m_analyze + QStringList{"--json"}, 100, {{"PAGER", "sed s/^/paged:/"}});
        QVERIFY2(json.text.startsWith("{"), json.text);
    }
};

EXPERTSCOPE_TEST(TestTerminal)
#include "tst_terminal.moc"
