// SPDX-License-Identifier: GPL-3.0-or-later
//
// `expertscope simulate cache --hardware` as a user runs it, on the fixture and the machine that hardware.md works by
// hand: a load takes 10 ms, the GPU 1 ms, the CPU 4 ms an expert, the rest of a step 6 ms.
#include "cli_fixture.h"
#include "tests/support/test_main.h"

#include "app/cli/terminal/table.h"

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

constexpr const char* kMachine = R"({"kind": "machine", "name": "hand", "title": "by hand", "source": "hardware.md",
    "link": {"name": "wire", "bytes_per_second": 1e9}, "gpu": {"name": "card", "bytes_per_second": 1e10}})";
constexpr const char* kLane =
    R"({"kind": "cpu", "name": "lane", "title": "by hand", "source": "hardware.md", "bytes_per_second": 2.5e9})";
/// An expert of 3 x 1000 x 500 x 16 bits = 3 MB; the rest: 3 layers of 4 x 1000 x 1000 and 4 x 1000, and 2000 x 1000.
constexpr const char* kConfig = R"({"model_type": "mixtral", "hidden_size": 1000, "intermediate_size": 500,
    "num_hidden_layers": 3, "num_attention_heads": 10, "num_key_value_heads": 10, "head_dim": 100, "vocab_size": 2000,
    "num_local_experts": 4, "num_experts_per_tok": 2, "torch_dtype": "bfloat16"})";

bool close(double a, double b)
{
    return std::abs(a - b) <= 1e-6 * std::max(std::abs(a), std::abs(b));
}

}

class TestSimulateTimeCli : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_fixture, m_traceM, m_machine, m_lane;

    QString at(const char* name) const { return m_folder.filePath(name); }
    void write(const QString& path, const char* text)
    {
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(text);
    }
    /// Metric (of a statistic: with a space and its name) -> value, of the whole model.
    QHash<QString, double> values(const QStringList& more, const QString& policy = "lru", int capacity = 2)
    {
        const Outcome outcome = run(QStringList{"simulate", "cache", m_fixture, "--json"} + more);
        if (outcome.status != 0)
            qWarning("%s", outcome.err.constData());
        QHash<QString, double> values;
        const QJsonObject root = QJsonDocument::fromJson(outcome.out).object();
        for (const auto& value : root["rows"].toArray()) {
            const QJsonObject row = value.toObject(), params = row["params"].toObject();
            if (row["site"].isNull() && !row["value"].isNull() && params["policy"] == policy
                && params["capacity"].toInt() == capacity) {
                const QString statistic = params["statistic"].toString();
                values[row["metric"].toString() + (statistic.isEmpty() ? "" : ' ' + statistic)] =
                    row["value"].toDouble();
            }
        }
        return values;
    }

private slots:
    void initTestCase()
    {
        m_fixture = at("fixture.h5");
        m_traceM = at("trace M.h5");
        m_machine = at("hand.json");
        m_lane = at("lane.json");
        writeCacheFixture(m_fixture, kConfig);
        writeTraceM(m_traceM);
        write(m_machine, kMachine);
        write(m_lane, kLane);
    }

    void byHand_data()
    {
        QTest::addColumn<QStringList>("more");
        QTest::addColumn<double>("mean"); // ms
        QTest::addColumn<double>("p50");
        QTest::addColumn<double>("p95");
        QTest::addColumn<double>("stall");
        QTest::addColumn<double>("link");
        QTest::addColumn<double>("megabytes"); // a token
        QTest::newRow("serial") << QStringList{"--level", "1", "--hardware", m_machine} << 48. << 42. << 72. << .75
                                << 180. / 240 << 36.;
        QTest::newRow("overlap") << QStringList{"--hardware", m_machine} << 45. << 39. << 69. << 33. / 45 << .8 << 36.;
        QTest::newRow("CPU lane") << QStringList{"--hardware", m_machine + "+" + m_lane} << 20.4 << 18. << 30.
                                  << 8.4 / 20.4 << 0. << 0.;
    }
    void byHand()
    {
        QFETCH(QStringList, more);
        QFETCH(double, mean);
        QFETCH(double, p50);
        QFETCH(double, p95);
        QFETCH(double, stall);
        QFETCH(double, link);
        QFETCH(double, megabytes);
        const auto found = values(QStringList{"--capacity", "2", "--expert-bytes", "10MB", "--dense-ms", "6"} + more);
        QVERIFY(close(found["cache.time_between_tokens mean"], mean / 1e3));
        QVERIFY(close(found["cache.time_between_tokens p50"], p50 / 1e3));
        QVERIFY(close(found["cache.time_between_tokens p95"], p95 / 1e3));
        QVERIFY(close(found["cache.time_between_tokens p99"], p95 / 1e3));
        QVERIFY(close(found["cache.tokens_per_second"], 1e3 / mean));
        QVERIFY(close(found["cache.stall_share"], stall));
        QCOMPARE(found["cache.link_use"], link);
        QCOMPARE(found["cache.loaded_bytes_per_token"], megabytes * 1e6);
        QCOMPARE(found["cache.bytes_per_token"], 36e6); // of all misses
        QCOMPARE(found.value("cache.cpu_share", -1), megabytes > 0 ? -1. : 1.);
    }

    void sizesFromTheConfig()
    {
        // Experts of 3 MB over 25 GB/s after 10 us.
        const auto found = values({"--capacity", "2", "--hardware", "desktop-4090", "--level", "1"});
        const double rest = (3 * (4e6 + 4e3) + 2e6) * 2, g = 3e6 / 806.4e9, load = 3e6 / 25e9 + 10e-6;
        QVERIFY(close(found["cache.time_between_tokens mean"], rest / 806.4e9 + 6 * g + 18 / 5. * load));
        QCOMPARE(found["cache.bytes_per_token"], 18 / 5. * 3e6);
        QCOMPARE(values({"--capacity", "2", "--expert-bits", "4"})["cache.bytes_per_token"], 18 / 5. * 3e6 / 4);
        QCOMPARE(values({"--capacity", "2", "--expert-bytes", "7"})["cache.bytes_per_token"], 18 / 5. * 7);
        const QString other = at("other.json");
        write(other, R"({"model_type": "minimax", "hidden_size": 10, "intermediate_size": 10})");
        QCOMPARE(values({"--capacity", "2", "--model", other, "--expert-bits", "8"})["cache.bytes_per_token"],
            18 / 5. * 300);
        // Its other layers are not known, so neither is a time.
        const QStringList command{
            "simulate", "cache", m_fixture, "--model", other, "--expert-bits", "8", "--hardware", "desktop-4090"};
        const Outcome outcome = run(command);
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.err.contains("--dense-ms"), outcome.err.constData());
        QCOMPARE(run(command + QStringList{"--dense-ms", "3"}).status, 0);
        QCOMPARE(run(command + QStringList{"--level", "0"}).status, 0);
    }

    void capacityInBytes()
    {
        // 3 pools: 18 MB are 2 slots of 3 MB in each; 26.9 MB, too. More than all is all.
        const auto hits = [&](const char* capacity, int size) {
            return values({"--capacity", capacity}, "lru", size).value("cache.hit_rate", -1);
        };
        QCOMPARE(hits("18MB", 2), 12 / 30.);
        QCOMPARE(hits("26.9MB", 2), 12 / 30.);
        QCOMPARE(hits("27MB,1", 3), values({"--capacity", "3"}, "lru", 3)["cache.hit_rate"]);
        QCOMPARE(hits("1GiB", 4), 18 / 30.);
        QCOMPARE(values({"--capacity", "6MB", "--scope", "global"})["cache.hit_rate"], 0.); // one pool
        const Outcome small = run({"simulate", "cache", m_fixture, "--capacity", "8.9MB"});
        QCOMPARE(small.status, 1);
        QVERIFY2(small.err.contains("for each of 3 pools") && small.err.count('\n') == 1, small.err.constData());
        const Outcome unknown = run({"simulate", "cache", m_traceM, "--capacity", "1GiB"});
        QCOMPARE(unknown.status, 1);
        QVERIFY2(
            unknown.err.contains("--expert-bytes") && unknown.err.contains("config.json"), unknown.err.constData());
        QVERIFY(run({"simulate", "cache", m_fixture}).out.contains("of pool    MiB"));
    }

    void tablesSayModelled()
    {
        for (const char* level : {"0", "1", "2"}) {
            const Outcome outcome = run({"simulate", "cache", m_traceM, "--expert-bytes", "3MB", "--dense-ms", "3",
                                            "--hardware", "desktop-4090-cpu", "--level", level},
                80);
            QVERIFY2(outcome.status == 0, outcome.err.constData());
            for (const QByteArray& line : outcome.out.split('\n'))
                QVERIFY2(displayWidth(line.toStdString()) <= 80, line.constData());
            QVERIFY(outcome.out.contains(QByteArray("Modelled, not measured: level ") + level));
            QCOMPARE(outcome.out.contains("Modelled tokens/s"), *level != '0');
            QCOMPARE(outcome.out.contains("p99 ms"), *level != '0');
        }
        const Outcome csv = run({"simulate", "cache", m_fixture, "--csv", "--hardware", "phone", "--policy", "lru"});
        // A file says what its times were made of.
        for (const char* text : {"modelled: level 2", "link phone-flash 1.35 GB/s after 200 us",
                 "3 x 1000 x 500 elements of 16 bits (bfloat16)", "of all 5 steps"})
            QVERIFY2(csv.out.contains(text), text);
        int times = 0;
        for (const QString& line : QString::fromUtf8(csv.out).split('\n')) {
            if (line.startsWith("cache.time_") || line.startsWith("cache.tokens_per_second")) {
                ++times;
                QVERIFY2(line.contains("time=modelled") && line.contains("level=2") && line.contains("hardware=phone"),
                    qPrintable(line));
            }
        }
        QVERIFY(times > 0);
    }

    void helpListsHardware()
    {
        const QByteArray help = run({"simulate", "cache", "--help"}).out;
        for (const QString& file :
            QDir(EXPERTSCOPE_SOURCE_DIR "/resources/hardware").entryList({"*.json"}, QDir::Files))
            QVERIFY2(help.contains(("  " + file.chopped(5) + "  ").toUtf8()), qPrintable(file));
    }

    void wrongUse_data()
    {
        QTest::addColumn<QStringList>("more");
        QTest::addColumn<int>("status");
        const auto row = [](const QStringList& more, int status = 2) {
            QTest::newRow(qPrintable(more.join(' '))) << more << status;
        };
        row({"--hardware", "abacus"});
        row({"--hardware", ""}, 0); // as not given
        row({"--hardware", "pcie4-x16"});
        row({"--hardware", "nothing.json"});
        row({"--level", "2"});
        row({"--dense-ms", "3"});
        for (const char* level : {"3", "-1", "two", "1.0"})
            row({"--hardware", "phone", "--level", level});
        for (const char* ms : {"0", "-3", "x", "nan", "inf", "3ms"})
            row({"--hardware", "phone", QString("--dense-ms=") + ms});
        for (const char* bits : {"0", "65", "x", "-4"})
            row({QString("--expert-bits=") + bits});
        for (const char* capacity : {"0GiB", "-1MB", "GiB", "1ZB", "1e999GB"})
            row({QString("--capacity=") + capacity});
        row({"--hardware", "phone", "--prefill-chunk", "4"});
        row({"--model", "nothing.json"}, 1);
    }
    void wrongUse()
    {
        QFETCH(QStringList, more);
        QFETCH(int, status);
        const Outcome outcome = run(QStringList{"simulate", "cache", m_fixture} + more);
        QCOMPARE(outcome.status, status);
        if (status != 0) {
            QCOMPARE(outcome.err.count('\n'), 1);
            QCOMPARE(outcome.out, QByteArray());
        }
    }

    void brokenFiles()
    {
        const QString broken = at("broken.json");
        write(broken,
            R"({"kind": "machine", "name": "m", "title": "t", "source": "s", "link": {"bytes_per_second": "fast"},
            "gpu": "rtx-4090"})");
        const Outcome outcome = run({"simulate", "cache", m_fixture, "--hardware", broken});
        QCOMPARE(outcome.status, 2);
        QVERIFY2(outcome.err.contains("broken.json: link: bytes_per_second") && outcome.err.count('\n') == 1,
            outcome.err.constData());
    }
};

EXPERTSCOPE_TEST(TestSimulateTimeCli)
#include "tst_simulate_time_cli.moc"
