// SPDX-License-Identifier: GPL-3.0-or-later
//
// `expertscope simulate cache --prefetch` as a user runs it, on the fixture and the machine of hardware.md: a load
// takes 10 ms, the GPU 1 ms an expert, the rest of a step 6 ms.
#include "cli_fixture.h"
#include "tests/support/test_main.h"

#include "app/cli/terminal/table.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

constexpr const char* kPrefetchMachine = R"({"kind": "machine", "name": "hand", "title": "by hand", "source": "hardware.md",
    "link": {"name": "wire", "bytes_per_second": 1e9}, "gpu": {"name": "card", "bytes_per_second": 1e10}})";

}

class TestSimulatePrefetchCli : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_fixture, m_traceM, m_machine;

    QJsonArray rowsOf(const QStringList& more, const QString& trace)
    {
        const Outcome outcome = run(QStringList{"simulate", "cache", trace, "--json"} + more);
        if (outcome.status != 0)
            qWarning("%s", outcome.err.constData());
        return QJsonDocument::fromJson(outcome.out).object()["rows"].toArray();
    }
    /// Metric (of a statistic: with a space and its name) -> row, of the whole model or a site.
    static QHash<QString, QJsonObject> pick(const QJsonArray& rows, const QString& prefetch, int site = -1)
    {
        QHash<QString, QJsonObject> picked;
        for (const auto& value : rows) {
            const QJsonObject row = value.toObject(), params = row["params"].toObject();
            if (row["site"].toInt(-1) != site || !row["metric"].toString().startsWith("prefetch.")
                || params["prefetch"] != prefetch)
                continue;
            const QString statistic = params["statistic"].toString();
            picked[row["metric"].toString().mid(9) + (statistic.isEmpty() ? "" : ' ' + statistic)] = row;
        }
        return picked;
    }
    static double valueOf(const QHash<QString, QJsonObject>& rows, const char* metric)
    {
        return rows[metric]["value"].toDouble(-1);
    }

private slots:
    void initTestCase()
    {
        m_fixture = m_folder.filePath("fixture.h5");
        m_traceM = m_folder.filePath("trace M.h5");
        m_machine = m_folder.filePath("hand.json");
        writeCacheFixture(m_fixture);
        writeTraceM(m_traceM);
        QFile file(m_machine);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(kPrefetchMachine);
    }

    // The oracle names the next site's two: only the first event of all, which nobody foretells, misses its two.
    void byHand()
    {
        const QJsonArray rows =
            rowsOf({"--policy", "lru", "--capacity", "2", "--prefetch", "oracle", "--expert-bytes", "10MB"}, m_fixture);
        const auto none = pick(rows, "none"), oracle = pick(rows, "oracle");
        QCOMPARE(valueOf(none, "resident"), 12 / 30.);
        QCOMPARE(valueOf(none, "missing"), 18 / 30.);
        QCOMPARE(valueOf(none, "issued"), 0.);
        QVERIFY(!none.contains("added_loads_per_hit"));
        QCOMPARE(valueOf(oracle, "resident"), 12 / 30.);
        QCOMPARE(valueOf(oracle, "on_time"), 16 / 30.);
        QCOMPARE(valueOf(oracle, "missing"), 2 / 30.);
        QCOMPARE(valueOf(oracle, "issued"), 16.);
        QCOMPARE(valueOf(oracle, "wasted"), 0.);
        QCOMPARE(valueOf(oracle, "already_there"), 12.);
        QCOMPARE(valueOf(oracle, "demand_bytes_per_token"), 2 / 5. * 10e6);
        QCOMPARE(valueOf(oracle, "prefetch_bytes_per_token"), 16 / 5. * 10e6);
        QCOMPARE(valueOf(oracle, "added_loads_per_hit"), 0.);
        QVERIFY(oracle["late"]["value"].isNull() && oracle["late"]["undefined"].toString().contains("--hardware"));
        QCOMPARE(valueOf(pick(rows, "oracle", 0), "missing"), 2 / 10.);
        QCOMPARE(valueOf(pick(rows, "oracle", 2), "on_time"), 6 / 10.);
        // Scores: 14 of 15 events are reached.
        QCOMPARE(valueOf(oracle, "recall"), 1.);
        QCOMPARE(valueOf(oracle, "reached"), 14 / 15.);
        QCOMPARE(oracle["recall"]["uniform"].toDouble(), 0.5);
        QCOMPARE(oracle["recall"]["n"].toInt(), 28);
    }

    // The set of the token before: 1 of 2 experts of each event is named, and it is there anyway.
    void previousByHand()
    {
        const auto rows =
            pick(rowsOf({"--policy", "lru", "--capacity", "3", "--prefetch", "previous"}, m_fixture), "previous");
        QCOMPARE(valueOf(rows, "recall"), 0.5);
        QCOMPARE(valueOf(rows, "precision"), 0.5);
        QCOMPARE(valueOf(rows, "exact"), 0.);
        QCOMPARE(valueOf(rows, "reached"), 12 / 15.);
        QCOMPARE(valueOf(rows, "issued"), 0.);
        QCOMPARE(rows["added_loads_per_hit"]["undefined"].toString(), QString("no hit is gained"));
    }

    // Sites before the horizon are out of reach: undefined, and in no mean.
    void reach()
    {
        const QJsonArray rows =
            rowsOf({"--policy", "lru", "--capacity", "2", "--prefetch", "transition:horizon=2"}, m_fixture);
        QVERIFY(pick(rows, "transition:horizon=2", 1)["recall"]["value"].isNull());
        QVERIFY(pick(rows, "transition:horizon=2", 1)["recall"]["undefined"].toString().contains("reach"));
        QCOMPARE(valueOf(pick(rows, "transition:horizon=2", 1), "reached"), 0.);
        QVERIFY(valueOf(pick(rows, "transition:horizon=2", 2), "recall") > 0);
        QCOMPARE(valueOf(pick(rows, "transition:horizon=2"), "recall"),
            valueOf(pick(rows, "transition:horizon=2", 2), "recall"));
    }

    // Without prefetches an event's loads wait for nothing of another: level 3 is level 2 (hardware.md's figures).
    void levelThreeByHand()
    {
        const QStringList timed{"--policy", "lru", "--capacity", "2", "--expert-bytes", "10MB", "--dense-ms", "6",
            "--hardware", m_machine, "--level", "3", "--prefetch", "oracle,static"};
        const QJsonArray rows = rowsOf(timed, m_fixture);
        const auto none = pick(rows, "none"), oracle = pick(rows, "oracle");
        QCOMPARE(valueOf(none, "time_between_tokens mean"), 0.045);
        QCOMPARE(valueOf(none, "time_between_tokens p50"), 0.039);
        QCOMPARE(valueOf(none, "time_between_tokens p95"), 0.069);
        QCOMPARE(valueOf(none, "stall_share"), 33 / 45.);
        QCOMPARE(valueOf(none, "link_use"), .8);
        QCOMPARE(valueOf(none, "tokens_per_second"), 1 / 0.045);
        QCOMPARE(none["tokens_per_second"]["params"].toObject()["level"].toInt(), 3);
        QCOMPARE(none["tokens_per_second"]["params"].toObject()["time"].toString(), QString("modelled"));
        // 18 loads of 10 ms need 180 ms; what is foretold an event before comes 4 ms sooner.
        QVERIFY(valueOf(oracle, "late") > 0);
        QVERIFY(
            valueOf(oracle, "time_between_tokens mean") < 0.045 && valueOf(oracle, "time_between_tokens mean") > 0.036);
        QCOMPARE(valueOf(oracle, "break_even_bandwidth"), 0.);
        for (const auto& value : rows)
            QVERIFY(!value.toObject()["metric"].toString().startsWith("cache.tokens"));
    }

    void tables()
    {
        for (const QStringList& more : {QStringList{}, {"--hardware", "desktop-4090-cpu", "--dense-ms", "3"},
                 {"--hardware", "desktop-4090", "--dense-ms", "3", "--level", "1"}}) {
            const QStringList command{"simulate", "cache", m_traceM, "--expert-bytes", "3MB", "--prefetch",
                "previous,transition:budget=1", "--prefetch", "oracle:recall=0.5"};
            const Outcome outcome = run(command + more, 80);
            QVERIFY2(outcome.status == 0, outcome.err.constData());
            for (const QByteArray& line : outcome.out.split('\n'))
                QVERIFY2(displayWidth(line.toStdString()) <= 80, line.constData());
            QVERIFY(outcome.out.contains("transition:budget=1") && outcome.out.contains("oracle:recall=0.5*"));
            QVERIFY(outcome.out.contains("Of all policies lru alone"));
            QCOMPARE(outcome.out.contains("level 3"), more.size() == 4);
            QCOMPARE(outcome.out.contains("even at GB/s"), more.size() == 6); // not with a CPU lane
        }
    }

    void helpListsPredictors()
    {
        const QByteArray help = run({"simulate", "cache", "--help"}).out;
        for (const char* word : {"  previous  ", "  static  ", "  transition  ", "  eam  ", "  oracle  * ", "recall=1",
                 "evict=unprotected"})
            QVERIFY2(help.contains(word), word);
    }

    void aWarmUpOfEverythingLeavesNothing()
    {
        // Served, but not counted: no number is left, which the status says behind the tables.
        const Outcome outcome = run({"simulate", "cache", m_fixture, "--prefetch", "previous", "--warm-up", "99"});
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.err.contains("nothing of what was asked for could be computed: nothing was asked for"), outcome.err);
        QVERIFY(!outcome.out.isEmpty());
    }

    void wrongUse_data()
    {
        QTest::addColumn<QStringList>("more");
        QTest::addColumn<int>("status");
        const auto row = [](const QStringList& more, int status = 2) {
            QTest::newRow(qPrintable(more.join(' '))) << more << status;
        };
        row({"--prefetch", ""});
        row({"--prefetch", "nobody"});
        row({"--prefetch", "recorded"});
        row({"--prefetch", "previous,previous"});
        row({"--prefetch", "previous", "--prefetch", "previous"});
        for (const char* params : {"horizon=0", "horizon=x", "horizon=1.5", "n=-1", "budget=-1", "evict=all",
                 "evict=never/any", "recall=1", "horizon", "=1", "horizon=1,horizon=2"})
            row({"--prefetch", QString("previous:") + params});
        row({"--prefetch", "oracle:recall=nan"});
        row({"--prefetch", "previous:horizon=3"}, 0);
        row({"--prefetch", "previous:horizon=4"}, 1); // 3 sites
        row({"--prefetch", "eam", "--batch", "2"}, 1);
        row({"--prefetch", "previous", "--batch", "2"}, 0);
        row({"--prefetch", "previous", "--policy", "static"});
        row({"--prefetch", "previous", "--policy", "opt,arc"}, 0);
        row({"--prefetch", "previous", "--contract", "sequential"});
        row({"--prefetch", "previous", "--admission", "bypass"});
        row({"--prefetch", "previous", "--cold", "first-free"});
        row({"--chunks", "2"});
        for (const char* chunks : {"0", "x", "-1", "5000"})
            row({"--prefetch", "previous", QString("--chunks=") + chunks});
        row({"--hardware", "phone", "--level", "3"});
    }
    void wrongUse()
    {
        QFETCH(QStringList, more);
        QFETCH(int, status);
        const Outcome outcome = run(QStringList{"simulate", "cache", m_fixture} + more);
        QVERIFY2(outcome.status == status, outcome.err.constData());
        if (status != 0) {
            QVERIFY2(outcome.err.count('\n') == 1, outcome.err.constData());
            QCOMPARE(outcome.out, QByteArray());
        }
    }
};

EXPERTSCOPE_TEST(TestSimulatePrefetchCli)
#include "tst_simulate_prefetch_cli.moc"
