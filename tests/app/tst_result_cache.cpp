// SPDX-License-Identifier: GPL-3.0-or-later
//
// The cache of results: same answers, and nothing that goes wrong with it is ever seen.
#include "analysis/study/result_cache.h"
#include "cli_fixture.h"
#include "tests/support/test_main.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>

#include <unistd.h>

using namespace expertscope;
using namespace expertscope::testing;
namespace fs = std::filesystem;

class TestResultCache : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_trace;
    static constexpr const char* kMetric = "balance";

    QString at(const QString& name) const { return m_folder.filePath(name); }
    QStringList files(const QString& cache) const
    {
        QStringList list;
        for (QDirIterator it(at(cache) + "/results", QDir::Files); it.hasNext();)
            list << it.next();
        return list;
    }
    Outcome analyze(const QString& cache, const QStringList& more = {}, const QString& trace = {}) const
    {
        return run(QStringList{"analyze", trace.isEmpty() ? m_trace : trace, "--metric", kMetric, "--json"} + more, 100,
            {"EXPERTSCOPE_CACHE=" + at(cache)});
    }
    static void replace(const QString& path, const QByteArray& bytes)
    {
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate) && file.write(bytes) == bytes.size());
    }
    static QByteArray content(const QString& path)
    {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

private slots:
    void initTestCase()
    {
        m_trace = at("trace.h5");
        writeTraceM(m_trace);
    }

    void secondTimeIsTheSame()
    {
        const Outcome first = analyze("one");
        QCOMPARE(first.status, 0);
        QCOMPARE(files("one").size(), 1);
        // Prove that the second answer comes out of the cache: seal another number into it.
        const Outcome second = analyze("one");
        QCOMPARE(second.out, first.out);
        QCOMPARE(files("one").size(), 1);
        const ResultCache cache(at("one").toStdString());
        const std::string name = QFileInfo(files("one").first()).fileName().toStdString();
        auto known = cache.find(name);
        QVERIFY(known && !known->rows.empty());
        known->rows.front().value = 123456.5;
        cache.store(name, *known);
        QVERIFY(analyze("one").out.contains("123456.5"));
        QVERIFY(!analyze("one", {"--no-cache"}).out.contains("123456.5"));
        // Another name of the same content hits; tables and files come from the same entry.
        QVERIFY(QFile::copy(m_trace, at("copy.h5")));
        QVERIFY(analyze("one", {}, at("copy.h5")).out.contains("123456.5"));
        QVERIFY(analyze("one", {"-o", at("out.json")}).status == 0 && content(at("out.json")).contains("123456.5"));
    }

    void whatMattersIsInTheKey()
    {
        const QList<QStringList> requests{{}, {"--by", "language"}, {"--by", "half"}, {"--skip-first", "1"},
            {"--sites", "1"}, {"--sites", "0-1"}, {"--where", "half=first"}, {"--where", "language=de"},
            {"--bootstrap", "10"}, {"--metric", "load"}};
        for (const QStringList& request : requests) {
            const Outcome fresh = analyze("none", request + QStringList{"--no-cache"});
            QCOMPARE(analyze("keys", request).out, fresh.out);
            QCOMPARE(analyze("keys", request).out, fresh.out);
        }
        QCOMPARE(files("keys").size(), requests.size());
        QCOMPARE(files("none").size(), 0);
        // What does not matter is not.
        analyze("keys", {"--threads", "1"});
        analyze("keys", {"--metric", kMetric});
        QCOMPARE(files("keys").size(), requests.size());
        // Another trace under the same name.
        const QByteArray whole = content(m_trace);
        QVERIFY(QFile::copy(m_trace, at("changing.h5")));
        analyze("keys", {}, at("changing.h5"));
        QCOMPARE(files("keys").size(), requests.size());
        QVERIFY(QFile::remove(at("changing.h5")));
        writeTraceM(at("changing.h5"), 'U');
        const Outcome changed = analyze("keys", {}, at("changing.h5"));
        QCOMPARE(files("keys").size(), requests.size() + 1);
        QCOMPARE(changed.out, analyze("none", {"--no-cache"}, at("changing.h5")).out);
    }

    void damagedEntriesAreComputedAgain()
    {
        const Outcome first = analyze("hurt");
        const QString entry = files("hurt").value(0);
        const QByteArray whole = content(entry);
        QVERIFY(whole.size() > 1000);
        QByteArray flipped = whole;
        flipped[whole.size() / 2] = char(flipped[whole.size() / 2] ^ 1);
        for (const QByteArray& bytes : {QByteArray(), whole.left(40), whole.left(whole.size() - 3), flipped,
                 QByteArray("{\"rows\": []}"), QByteArray(100'000, '\0')}) {
            replace(entry, bytes);
            const Outcome again = analyze("hurt");
            QCOMPARE(again.status, 0);
            QCOMPARE(again.err, QByteArray());
            QCOMPARE(again.out, first.out);
            QCOMPARE(content(entry), whole);
        }
        // Something else where the entry should be.
        QVERIFY(QFile::remove(entry) && QDir().mkpath(entry + "/x"));
        const Outcome again = analyze("hurt");
        QCOMPARE(again.err, QByteArray());
        QCOMPARE(again.out, first.out);
    }

    void cachesThatCannotBeWritten_data()
    {
        QTest::addColumn<QString>("folder");
        replace(at("file"), "not a folder");
        QTest::newRow("a file is in the way") << at("file");
        QTest::newRow("/dev/full") << "/dev/full";
        QTest::newRow("/proc") << "/proc/nothing";
        QTest::newRow("name too long") << "/tmp/" + QString(5000, 'x');
    }
    void cachesThatCannotBeWritten()
    {
        QFETCH(QString, folder);
        for (int i = 0; i < 2; ++i) {
            const Outcome outcome =
                run({"analyze", m_trace, "--metric", kMetric, "--json"}, 100, {"EXPERTSCOPE_CACHE=" + folder});
            QCOMPARE(outcome.status, 0);
            QCOMPARE(outcome.err, QByteArray());
            QVERIFY(outcome.out.contains("balance.max_vio"));
        }
    }

    void readOnlyFolder()
    {
        if (geteuid() == 0)
            QSKIP("root writes anywhere");
        QVERIFY(QDir().mkpath(at("locked")));
        QFile::setPermissions(at("locked"), QFile::ReadOwner | QFile::ExeOwner);
        const Outcome outcome = analyze("locked");
        QFile::setPermissions(at("locked"), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        QCOMPARE(outcome.status, 0);
        QCOMPARE(outcome.err, QByteArray());
    }

    void twoAtOnce()
    {
        QList<QProcess*> processes;
        for (int i = 0; i < 4; ++i) {
            auto* process = new QProcess(this);
            auto variables = QProcessEnvironment::systemEnvironment();
            variables.insert("EXPERTSCOPE_CACHE", at("shared"));
            process->setProcessEnvironment(variables);
            process->start(EXPERTSCOPE_BIN_DIR "/expertscope", {"analyze", m_trace, "--metric", kMetric, "--json"});
            processes << process;
        }
        QByteArray first;
        for (QProcess* process : processes) {
            QVERIFY(process->waitForFinished(60000));
            QCOMPARE(process->exitCode(), 0);
            const QByteArray out = process->readAllStandardOutput();
            if (first.isEmpty())
                first = out;
            QCOMPARE(out, first);
        }
        QCOMPARE(files("shared").size(), 1);
        QCOMPARE(analyze("shared").out, first);
    }

    void hashesAreRemembered()
    {
        // Once the trace is older than two seconds, its hash is remembered.
        const QDir memos(at("memo") + "/hashes");
        const auto remembered = [&] { return analyze("memo").status == 0 && !memos.entryList(QDir::Files).isEmpty(); };
        QTRY_VERIFY_WITH_TIMEOUT(remembered(), 30000);
        const QStringList names = memos.entryList(QDir::Files);
        for (const QString& name : names)
            QCOMPARE(content(memos.filePath(name)).size(), 64);
        QCOMPARE(analyze("memo").status, 0);
        QCOMPARE(files("memo").size(), 1);
        // That it is looked at shows when it lies.
        for (const QString& name : names)
            replace(memos.filePath(name), QByteArray(64, 'f'));
        QCOMPARE(analyze("memo").status, 0);
        QCOMPARE(files("memo").size(), 2);
        for (const QString& name : names)
            replace(memos.filePath(name), "damaged");
        QCOMPARE(analyze("memo").status, 0);
        QCOMPARE(files("memo").size(), 2);
    }
};

EXPERTSCOPE_TEST(TestResultCache)
#include "tst_result_cache.moc"
