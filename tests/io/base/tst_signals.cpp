// SPDX-License-Identifier: GPL-3.0-or-later
//
// Signals that come to a program of ours, which is a child here.
#include "io/base/interrupts.h"
#include "tests/support/test_main.h"

#include <QElapsedTimer>
#include <QFile>
#include <QTemporaryDir>

#include <csignal>
#include <functional>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace expertscope;

namespace {

/// A forked child that runs `body` with its standard output and error in pipes; `body` says "ready" by ready().
class Child
{
public:
    explicit Child(const std::function<void()>& body)
    {
        int out[2], err[2];
        if (pipe(out) != 0 || pipe(err) != 0)
            qFatal("no pipe");
        m_pid = fork();
        if (m_pid == 0) {
            dup2(out[1], STDOUT_FILENO);
            dup2(err[1], STDERR_FILENO);
            body();
            _exit(7);
        }
        close(out[1]);
        close(err[1]);
        m_out = out[0];
        m_err = err[0];
        char byte = 0;
        m_ready = read(m_out, &byte, 1) == 1 && byte == '!';
    }
    ~Child()
    {
        close(m_out);
        close(m_err);
    }

    static void ready() { [[maybe_unused]] const auto n = write(STDOUT_FILENO, "!", 1); }

    bool isReady() const { return m_ready; }
    void send(int signal) const { kill(m_pid, signal); }
    /// Status of waitpid(), -1 when it does not end in time.
    int wait(int milliseconds) const
    {
        QElapsedTimer timer;
        timer.start();
        int status = 0;
        do {
            if (waitpid(m_pid, &status, WNOHANG) == m_pid)
                return status;
            usleep(2000);
        } while (timer.elapsed() < milliseconds);
        kill(m_pid, SIGKILL);
        waitpid(m_pid, &status, 0);
        return -1;
    }
    /// After wait().
    QByteArray said(bool onError = true) const
    {
        QByteArray text;
        char buffer[4096];
        for (ssize_t n = 0; (n = read(onError ? m_err : m_out, buffer, sizeof buffer)) > 0;)
            text.append(buffer, n);
        return text;
    }

private:
    pid_t m_pid = -1;
    int m_out = -1, m_err = -1;
    bool m_ready = false;
};

bool endedBy(int status, int signal)
{
    return status >= 0 && WIFSIGNALED(status) && WTERMSIG(status) == signal;
}

void waitForever()
{
    for (;;)
        usleep(10000);
}

}

class TestSignals : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;

    QString path(const char* name) const { return m_folder.filePath(name); }
    void touch(const char* name) const
    {
        QFile file(path(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
    }

private slots:
    void endsAndRemoves_data()
    {
        QTest::addColumn<int>("signal");
        QTest::newRow("SIGINT") << SIGINT;
        QTest::newRow("SIGTERM") << SIGTERM;
        QTest::newRow("SIGHUP") << SIGHUP;
    }

    /// What is not whole goes, what was renamed and what is done stays.
    void endsAndRemoves()
    {
        QFETCH(int, signal);
        touch("part");
        touch("done");
        touch("other");
        const Child child([&] {
            installInterrupts("program");
            const Unfinished part(path("part").toStdString());
            {
                const Unfinished done(path("done").toStdString());
            }
            Child::ready();
            waitForever();
        });
        QVERIFY(child.isReady());
        child.send(signal);
        QVERIFY(endedBy(child.wait(1000), signal));
        QCOMPARE(child.said(), QByteArray("program: stopped, nothing was written\n"));
        QVERIFY(!QFile::exists(path("part")));
        QVERIFY(QFile::exists(path("done")) && QFile::exists(path("other")));
    }

    void nohup()
    {
        const Child child([] {
            std::signal(SIGHUP, SIG_IGN);
            installInterrupts("program");
            Child::ready();
            waitForever();
        });
        QVERIFY(child.isReady());
        child.send(SIGHUP);
        usleep(100000);
        child.send(SIGTERM);
        QVERIFY(endedBy(child.wait(1000), SIGTERM));
    }

    /// Files that belong together: the signal waits until all have their names.
    void waitsForTheLast()
    {
        touch("part");
        const Child child([&] {
            installInterrupts("program");
            const Unfinished part(path("part").toStdString());
            {
                const Uninterrupted together;
                Child::ready();
                usleep(300000);
                QFile::rename(path("part"), path("whole"));
            }
            _exit(0); // not reached
        });
        QVERIFY(child.isReady());
        child.send(SIGINT);
        QVERIFY(endedBy(child.wait(2000), SIGINT));
        QVERIFY(QFile::exists(path("whole")) && !QFile::exists(path("part")));
        QFile::remove(path("whole"));
    }

    void asksFirst()
    {
        const Child child([] {
            installInterrupts("program");
            stopGracefully("stopping\n", "given up\n", "{}\n");
            Child::ready();
            while (!stopRequested())
                usleep(1000);
            _exit(5);
        });
        QVERIFY(child.isReady());
        child.send(SIGTERM);
        const int status = child.wait(1000);
        QVERIFY(status >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == 5);
        QCOMPARE(child.said(), QByteArray("stopping\n"));
        QCOMPARE(child.said(false), QByteArray());
    }

    /// Who does not come to an end by itself is ended, and says what is kept.
    void doesNotWaitForLong()
    {
        touch("part");
        const Child child([&] {
            installInterrupts("program");
            const Unfinished part(path("part").toStdString());
            stopGracefully("stopping\n", "given up\n", "{}\n");
            Child::ready();
            waitForever();
        });
        QVERIFY(child.isReady());
        QElapsedTimer timer;
        timer.start();
        child.send(SIGINT);
        const int status = child.wait(5000);
        QVERIFY(status >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == 1);
        QVERIFY(timer.elapsed() >= 1000 * kStopSeconds - 50 && timer.elapsed() < 2000);
        QCOMPARE(child.said(), QByteArray("stopping\ngiven up\n"));
        QCOMPARE(child.said(false), QByteArray("{}\n"));
        QVERIFY(!QFile::exists(path("part")));
    }

    void theSecondOneMeansIt()
    {
        const Child child([] {
            installInterrupts("program");
            stopGracefully("stopping\n", "given up\n");
            Child::ready();
            waitForever();
        });
        QVERIFY(child.isReady());
        child.send(SIGINT);
        usleep(200000);
        child.send(SIGINT);
        QVERIFY(endedBy(child.wait(1000), SIGINT));
        QCOMPARE(child.said(), QByteArray("stopping\ngiven up\n"));
    }
};

EXPERTSCOPE_TEST(TestSignals)
#include "tst_signals.moc"
