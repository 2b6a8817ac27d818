// SPDX-License-Identifier: GPL-3.0-or-later
//
// `expertscope simulate` as a user runs it. The cache is checked on the fixture that resources/docs/simulation.md works
// by hand: 3 sites, 4 experts, 2 slots; {0,1},{0,2},{0,1},{0,3},{0,1} at each site.
#include "analysis/placement/placement_json.h"
#include "analysis/simulation/registry.h"
#include "app/cli/terminal/table.h"
#include "cli_fixture.h"
#include "tests/support/test_main.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

using namespace expertscope;
using namespace expertscope::placement;
using namespace expertscope::testing;

namespace {

using Values = QHash<QString, double>;

QJsonObject jsonOf(const Outcome& outcome)
{
    return QJsonDocument::fromJson(outcome.out).object();
}

/// Metric -> value of one policy; site -1: of the whole model. What is undefined is left out.
Values valuesOf(const QJsonObject& root, const QString& policy, int capacity, int site = -1)
{
    Values values;
    for (const auto& value : root["rows"].toArray()) {
        const QJsonObject row = value.toObject(), params = row["params"].toObject();
        if (params["policy"].toString() == policy && params["capacity"].toInt() == capacity
            && row["site"].toInt(-1) == site && !row["value"].isNull())
            values[row["metric"].toString()] = row["value"].toDouble();
    }
    return values;
}

}

class TestSimulateCli : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_fixture, m_trace;

    QString at(const char* name) const { return m_folder.filePath(name); }

private slots:
    void initTestCase()
    {
        m_fixture = at("fixture.h5");
        m_trace = at("trace M.h5");
        writeCacheFixture(m_fixture);
        writeTraceM(m_trace);
    }

    void twelveHits()
    {
        const Outcome outcome = run(
            {"simulate", "cache", m_fixture, "--policy", "lru", "--capacity", "2", "--expert-bytes", "1KiB", "--json"});
        QVERIFY2(outcome.status == 0, outcome.err.constData());
        const QJsonObject root = jsonOf(outcome);
        const Values all = valuesOf(root, "lru", 2);
        QCOMPARE(all.size(), 8);
        QCOMPARE(all["cache.hit_rate"], 12 / 30.0);
        QCOMPARE(all["cache.assignment_hit_rate"], 12 / 30.0);
        QCOMPARE(all["cache.misses"], 18.0);
        QCOMPARE(all["cache.compulsory"], 12.0);
        QCOMPARE(all["cache.evictions"], 12.0);
        QCOMPARE(all["cache.overflow_share"], 0.0);
        QCOMPARE(all["cache.misses_per_token"], 18 / 5.0);
        QCOMPARE(all["cache.bytes_per_token"], 18 / 5.0 * 1024);
        for (int site = 0; site < 3; ++site) {
            const Values one = valuesOf(root, "lru", 2, site);
            QCOMPARE(one["cache.hit_rate"], 4 / 10.0);
            QCOMPARE(one["cache.misses"], 6.0);
        }
        // A row says what it was served under; the file says it in full.
        const QJsonObject row = root["rows"].toArray().first().toObject(), params = row["params"].toObject();
        for (const auto& [name, value] :
            {std::pair{"policy", "lru"}, {"scope", "per-site"}, {"contract", "atomic"}, {"admission", "forced"}})
            QCOMPARE(params[name].toString(), QString(value));
        QCOMPARE(params["batch"].toInt(), 1);
        QCOMPARE(row["n"].toInt(), 10);
        QCOMPARE(row["uniform"].toDouble(), 0.5); // 2 slots of 4 experts
        const QJsonObject options = root["options"].toObject();
        QCOMPARE(options["contract"].toString(), QString("atomic, forced admission, one pool a site, empty at start"));
        QCOMPARE(options["steps"].toString(), QString("5"));
        QCOMPARE(options["requests"].toString(), QString("30"));
        QCOMPARE(options["truncated"].toString(), QString("false"));
        // 3 events with 2 misses, 12 with 1: every event but the first misses its second expert.
        const QJsonObject matrix = root["matrices"].toArray().first().toObject();
        QCOMPARE(matrix["metric"].toString(), QString("cache.misses_per_event"));
        QCOMPARE(matrix["values"].toArray().first().toVariant().toList(), QVariantList({0., 12., 3.}));
        QCOMPARE(root["matrices"].toArray().size(), 1);
        const QJsonArray each = jsonOf(run({"simulate", "cache", m_fixture, "--policy", "lru", "--capacity", "2",
            "--per-site-histograms", "--json"}))["matrices"]
                                    .toArray();
        QCOMPARE(each.size(), 4);
        for (int site = 0; site < 3; ++site) {
            const QJsonObject own = each[site + 1].toObject();
            QCOMPARE(own["site"].toInt(-1), site);
            QCOMPARE(own["values"].toArray().first().toVariant().toList(), QVariantList({0., 4., 1.}));
        }
    }

    /// How much of what is missed would be found by who knows the future.
    void gapToOpt()
    {
        const QJsonObject both = jsonOf(run({"simulate", "cache", m_fixture, "--policy", "fifo,opt", "--capacity", "2,3", "--json"}));
        for (const int capacity : {2, 3}) {
            const Values fifo = valuesOf(both, "fifo", capacity), opt = valuesOf(both, "opt", capacity);
            QVERIFY(opt["cache.hit_rate"] > 0);
            QCOMPARE(fifo["cache.gap_to_opt"], opt["cache.hit_rate"] - fifo["cache.hit_rate"]);
            QVERIFY(!opt.contains("cache.gap_to_opt"));
        }
        const QJsonObject alone = jsonOf(run({"simulate", "cache", m_fixture, "--policy", "fifo", "--capacity", "2", "--json"}));
        QVERIFY(!valuesOf(alone, "fifo", 2).contains("cache.gap_to_opt"));
        const Outcome tables = run({"simulate", "cache", m_fixture, "--policy", "lru,opt", "--capacity", "2,3"});
        for (const char* text : {"uniform", "0.5000", "0.7500", "gap to opt"})
            QVERIFY2(tables.out.contains(text), text);
    }

    void contractsChangeTheAnswer()
    {
        const auto hits = [&](const QStringList& more, const QString& policy = "lru", int capacity = 2) {
            const Outcome outcome = run(QStringList{"simulate", "cache", m_fixture, "--policy", policy, "--capacity",
                                            QString::number(capacity), "--json"}
                + more);
            return qRound(30 * valuesOf(jsonOf(outcome), policy, capacity).value("cache.hit_rate", -1));
        };
        QCOMPARE(hits({}), 12);
        QCOMPARE(hits({"--cold", "first-free"}), 18); // the two slots of each site are filled for nothing
        const auto preload = [&](const char* lists) {
            QFile file(at("preload.json"));
            file.open(QIODevice::WriteOnly);
            file.write(lists);
            return QStringList{"--cold", "preload:" + file.fileName()};
        };
        QCOMPARE(hits(preload("[[0, 1], [1, 0], [0, 1]]")), 18); // 0 and 1 of step 1 are there
        QCOMPARE(hits(preload("[[0, 1], [], [0]]")), 15);
        QCOMPARE(hits(preload("[[0, 1, 2, 3], [0, 1, 2, 3], [3, 2]]")), 16); // the first two stay
        const auto rows = valuesOf(jsonOf(run(QStringList{"simulate", "cache", m_fixture, "--policy", "lru",
                                                  "--capacity", "2", "--json"}
                                       + preload("[[2], [2], [2]]"))),
            "lru", 2);
        QCOMPARE(rows.value("cache.compulsory"), 9.); // 0, 1, 3
        QCOMPARE(hits({"--admission", "bypass"}, "opt"), 18); // 1 stays, 2 and 3 pass: hits 0, 0 1, 0, 0 1
        QCOMPARE(hits({"--scope", "global"}), 0); // 2 slots for 3 sites that ask in turn
        QCOMPARE(hits({"--scope", "global"}, "lru", 12), 18);
        QCOMPARE(hits({"--scope", "groups:3"}, "lru", 12), 18);
        // Sites 0 and 2 in turn in 2 slots find nothing; site 1 by itself 4 of 10.
        QCOMPARE(hits({"--scope", "groups:0,2/1"}), 4);
        QCOMPARE(hits({"--scope", "groups:0,2/"}), -30); // wrong
    }

    /// Prompts in chunks of 3 of the fixture's tokens: a site is asked for {0 0 0, 1 1, 2}, then for {0 0, 3, 1}. Of 2
    /// slots both are filled by the first event's 0 and 1, which the second asks for three times in two requests.
    void choicesBeforeUnion()
    {
        const Outcome outcome = run({"simulate", "cache", m_fixture, "--policy", "lru,opt,fifo", "--capacity", "2,4",
            "--prefill-chunk", "3", "--json"});
        const Values two = valuesOf(jsonOf(outcome), "lru", 2), four = valuesOf(jsonOf(outcome), "lru", 4);
        QCOMPARE(two["cache.hit_rate"], 2 / 6.0);
        QCOMPARE(two["cache.assignment_hit_rate"], 3 / 10.0);
        QCOMPARE(four["cache.hit_rate"], 2 / 6.0); // 3 is new
        QCOMPARE(four["cache.assignment_hit_rate"], 3 / 10.0);
        QCOMPARE(valuesOf(jsonOf(outcome), "opt", 4)["cache.assignment_hit_rate"], 3 / 10.0);
        QCOMPARE(valuesOf(jsonOf(outcome), "fifo", 4)["cache.assignment_hit_rate"], 3 / 10.0);
        const QByteArray table = run({"simulate", "cache", m_fixture, "--prefill-chunk", "3"}).out;
        QVERIFY(table.contains("Of choices"));
        QVERIFY(!run({"simulate", "cache", m_fixture}).out.contains("Of choices"));
    }

    /// By LRU a site of the fixture misses 6, 6, 4, 4 times with 1 to 4 slots, and 10 times without any. 6 slots for
    /// three sites: one of them with 3 and the others with at least 1 makes 16, the least; 2 each would make 18.
    void quotas()
    {
        const QStringList command{
            "simulate", "cache", m_fixture, "--policy", "lru,static", "--capacity", "2", "--quotas"};
        const QJsonObject root = jsonOf(run(command + QStringList{"--json"}));
        const Values model = valuesOf(root, "lru", 2);
        QCOMPARE(model["cache.hit_rate"], 12 / 30.0);
        QCOMPARE(model["cache.quota_hit_rate"], 14 / 30.0);
        std::vector<double> quota;
        for (int site = 0; site < 3; ++site)
            quota.push_back(valuesOf(root, "lru", 2, site)["cache.quota"]);
        std::ranges::sort(quota);
        QVERIFY(quota[0] >= 1 && quota[2] == 3 && quota[0] + quota[1] + quota[2] <= 6);
        const Outcome table = run(command, 80);
        QVERIFY(table.out.contains("Quotas:") && table.out.contains("0.4667"));
        for (const QByteArray& line : table.out.split('\n'))
            QVERIFY2(displayWidth(line.toStdString()) <= 80, line.constData());
        QVERIFY(valuesOf(jsonOf(run({"simulate", "cache", m_fixture, "--policy", "lru", "--capacity", "2", "--json"})),
                    "lru", 2)
                    .value("cache.quota_hit_rate", -1)
            == -1);
        QCOMPARE(run(command + QStringList{"--scope", "global"}).status, 1);
        QCOMPARE(run(command + QStringList{"--reroute", "prior"}).status, 2);
    }

    void firstLineIsTheContract()
    {
        const Outcome plain = run({"simulate", "cache", m_fixture}, 200);
        QCOMPARE(plain.status, 0);
        QCOMPARE(plain.out.split('\n').first(),
            QByteArray("atomic, forced admission, one pool a site, empty at start; 5 steps, 5 tokens, 30 requests, "
                       "batch 1, all that was selected"));
        const Outcome other = run({"simulate", "cache", m_fixture, "--contract", "sequential:random", "--seed", "7",
                                      "--scope", "groups:2", "--flush", "--warm-up", "1", "--cold", "first-free"},
            300);
        QVERIFY2(other.status == 0, other.err.constData());
        for (const char* text : {"sequential (random, seed 7)", "for each 2 sites", "first free", "flushed between",
                 "1 warm-up steps not counted", "T = "})
            QVERIFY2(other.out.contains(text), text);
    }

    void tablesFit()
    {
        const Outcome outcome = run({"simulate", "cache", m_trace, "--batch", "4", "--expert-bytes", "3MB"}, 80);
        QCOMPARE(outcome.status, 0);
        for (const QByteArray& line : outcome.out.split('\n'))
            QVERIFY2(displayWidth(line.toStdString()) <= 80, line.constData());
        for (const char* text : {"lru", "opt*", "a bound", "overflows", "|S| = ", "MiB/token", "100 %"})
            QVERIFY2(outcome.out.contains(text), text);
    }

    void helpListsWhatThereIs()
    {
        const QByteArray cache = run({"simulate", "cache", "--help"}).out;
        for (const simulation::PolicySpec& spec : simulation::policyRegistry())
            QVERIFY2(cache.contains(("  " + spec.name + "  ").c_str()), spec.name.c_str());
        const QByteArray placement = run({"simulate", "placement", "--help"}).out;
        QVERIFY(placement.contains("  cross_layer  ") && placement.contains("  eplb  "));
    }

    void policiesThatCannot()
    {
        const QStringList command{"simulate", "cache", m_fixture, "--contract", "sequential:resident"};
        const Outcome all = run(command);
        QCOMPARE(all.status, 0);
        QVERIFY2(all.out.contains("Left out: ") && all.out.contains("opt"), all.out.constData());
        const Outcome named = run(command + QStringList{"--policy", "lru,opt"});
        QCOMPARE(named.status, 2);
        QVERIFY(named.err.contains("policy 'opt'") && named.out.isEmpty());
        QCOMPARE(run(command + QStringList{"--policy", "lru"}).status, 0);
    }

    void selectionsAndFiles()
    {
        const QStringList command{"simulate", "cache", m_trace, "--where", "language=de", "--sites", "1,3",
            "--skip-first", "2", "--capacity", "25%,64-70", "--policy", "lru,ema:halflife=8"};
        const Outcome outcome = run(command + QStringList{"--json", "--threads", "1"});
        const QJsonObject root = jsonOf(outcome);
        QCOMPARE(root["options"].toObject()["requests"].toString(), QString::number(2 * 510 * 2 * 8));
        QVERIFY(valuesOf(root, "lru", 16, 1).contains("cache.hit_rate"));
        QVERIFY(valuesOf(root, "ema:halflife=8", 64, 3).contains("cache.hit_rate"));
        QVERIFY(valuesOf(root, "lru", 16, 0).isEmpty() && valuesOf(root, "lru", 65).isEmpty());
        QVERIFY(!valuesOf(root, "lru", 16).contains("cache.bytes_per_token"));
        QCOMPARE(run(command + QStringList{"--json", "--threads", "2"}).out, outcome.out);
        for (const char* name : {"o.json", "o.csv", "o.tex", "o.h5"})
            QCOMPARE(run(command + QStringList{"-o", at(name)}).status, 0);
        QFile json(at("o.json"));
        QVERIFY(json.open(QIODevice::ReadOnly));
        QCOMPARE(json.readAll(), outcome.out);
    }

    void usedWronglyIsTwo_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("nothing to simulate") << QStringList{"simulate"};
        QTest::newRow("no trace") << QStringList{"simulate", "cache"};
        const auto cache = [&](const QStringList& more) {
            QTest::newRow(qPrintable(more.join(' '))) << QStringList{"simulate", "cache", m_fixture} + more;
        };
        for (const char* capacity : {"0", "3-1", "x", "1,", "-1", "0%", "101%", "5-", "9999999"})
            cache({QString("--capacity=") + capacity});
        for (const char* policy : {"fastest", "lru:x=1", "lru,lru", "ema:halflife", "ema:=3", "", "halflife=3"})
            cache({QString("--policy=") + policy});
        cache({"--scope", "layer"});
        cache({"--scope", "groups:0"});
        cache({"--scope", "groups:0-x"});
        cache({"--scope", "groups:/1"});
        cache({"--contract", "sequential:best"});
        cache({"--admission", "never"});
        cache({"--cold", "warm"});
        cache({"--cold", "preload:/nowhere/list.json"});
        cache({"--batch", "0"});
        cache({"--flush", "--batch", "2"});
        cache({"--flush", "--prefill-chunk", "16"});
        for (const char* size : {"0", "-1", "big", "3XB", "nan"})
            cache({QString("--expert-bytes=") + size});
        cache({"--json", "--csv"});
        cache({"--sites", "1-"});
        const auto placement = [&](const QStringList& more) {
            QTest::newRow(qPrintable("placement " + more.join(' ')))
                << QStringList{"simulate", "placement", m_trace} + more;
        };
        placement({});
        placement({"--gpus", "0"});
        placement({"--gpus", "8", "--nodes", "3"});
        placement({"--gpus", "8", "--planner", "best"});
        placement({"--gpus", "8", "--planner", "eplb,eplb"});
        placement({"--gpus", "8", "--export", at("plan.json")});
        placement({"--gpus", "8", "--planner", "eplb,joint", "--export", at("plan.json")});
        placement({"--gpus", "8", "--export-form", "yaml"});
        placement({"--gpus", "8", "--dispatch", "any"});
        placement({"--gpus", "8", "--home", "any"});
        placement({"--gpus", "8", "--windows", "0"});
        placement({"--gpus", "8", "--load-cap", "0.9"});
        placement({"--gpus", "8", "--load-cap", "nan"});
        for (const char* weights : {"1,1", "1,1,1,1", "0,0,0", "1,-1,1", "1,x,1", "", "1,inf,1"})
            placement({"--gpus", "8", QString("--weights=") + weights});
        placement({"--gpus", "8", "--batch", "0"});
    }
    void usedWronglyIsTwo()
    {
        QFETCH(QStringList, arguments);
        const Outcome outcome = run(arguments);
        QCOMPARE(outcome.status, 2);
        QCOMPARE(outcome.out, QByteArray());
        QVERIFY(!outcome.err.isEmpty());
        QVERIFY(!QFile::exists(at("plan.json")));
    }

    void failuresAreOneLine()
    {
        for (const QStringList& arguments : {QStringList{"cache", at("nothing.h5")},
                 {"cache", m_trace, "--where", "topic=x"}, {"cache", m_trace, "--sites", "9"},
                 {"cache", m_trace, "--scope", "groups:0-1/1-2"}, {"cache", m_trace, "--scope", "groups:0-1/7,8"},
                 {"placement", at("nothing.h5"), "--gpus", "8"}, {"placement", m_trace, "--gpus", "8", "--sites", "9"},
                 {"placement", m_trace, "--gpus", "8", "--plan", at("no.json")},
                 {"placement", m_trace, "--gpus", "8", "--plan", m_trace}}) {
            const Outcome outcome = run(QStringList{"simulate"} + arguments);
            QCOMPARE(outcome.status, 1);
            QCOMPARE(outcome.out, QByteArray());
            QCOMPARE(outcome.err.count('\n'), 1);
        }
    }

    void placements()
    {
        const QStringList command{"simulate", "placement", m_trace, "--gpus", "8", "--nodes", "2"};
        const Outcome table = run(command + QStringList{"--score-learning"}, 80);
        QVERIFY2(table.status == 0, table.err.constData());
        QVERIFY2(table.out.simplified().startsWith("8 GPUs on 2 nodes, 0 replicas a site; learnt from every other "
                                                   "sequence, scored on the rest"),
            table.out.constData());
        for (const QByteArray& line : table.out.split('\n'))
            QVERIFY2(displayWidth(line.toStdString()) <= 80, line.constData());
        for (const char* text : {"contiguous", "cross_layer", "max/mean", "fan-out", "learnt from (flattering)"})
            QVERIFY2(table.out.contains(text), text);
        const QJsonObject root =
            jsonOf(run(command + QStringList{"--planner", "eplb,joint", "--batch", "3", "--json"}));
        int batches = 0;
        for (const auto& value : root["rows"].toArray()) {
            const QJsonObject row = value.toObject();
            if (row["params"].toObject()["batch"] != "3")
                continue;
            ++batches;
            QCOMPARE(row["n"].toInt(), 512 * 4); // steps: of 4 sequences of 512 tokens held out, 3 go side by side
            QVERIFY(row["value"].toDouble() > 0);
        }
        QCOMPARE(batches, 4);
        QVERIFY(root["options"].toObject()["contract"].toString().contains("scored on the rest"));
        QStringList planners;
        for (const auto& value : root["rows"].toArray()) {
            const QJsonObject row = value.toObject();
            if (row["metric"] == "placement.fan_out" && row["site"].isNull()) {
                planners += row["params"].toObject()["planner"].toString();
                QVERIFY(row["value"].toDouble() > 1 && row["value"].toDouble() <= 8);
                QCOMPARE(row["params"].toObject()["tokens"].toString(), QString("held_out"));
            }
        }
        QCOMPARE(planners, QStringList({"eplb", "joint"}));
    }

    void plansAreExported()
    {
        const MemoryTrace source = splitmixTrace('M', true);
        for (const char* form : {"full", "sglang", "list"}) {
            const QString file = at(form);
            const Outcome outcome = run({"simulate", "placement", m_trace, "--gpus", "8", "--replicas", "16",
                "--planner", "eplb", "--export", file, "--export-form", form});
            QVERIFY2(outcome.status == 0, outcome.err.constData());
            QFile json(file);
            QVERIFY(json.open(QIODevice::ReadOnly));
            const auto plan =
                placementFromJson(json.readAll().toStdString(), source.shape(), Cluster{.gpus = 8, .nodes = 1}, form);
            QVERIFY2(plan, plan ? "" : plan.error().message().c_str());
            QCOMPARE(plan->sites().size(), 4u);
            QCOMPARE(plan->sites()[2].expertOfSlot.size(), 80u);
            // Read back, it scores as it did.
            const QJsonObject root = jsonOf(run({"simulate", "placement", m_trace, "--gpus", "8", "--replicas", "16",
                "--planner", "eplb", "--plan", file, "--json"}));
            QMap<QString, QMap<QString, double>> values; // [plan]
            for (const auto& value : root["rows"].toArray()) {
                const QJsonObject row = value.toObject();
                QJsonObject params = row["params"].toObject();
                const QString planner = params["planner"].toString();
                params.remove("planner");
                params.remove("groups");
                values[planner][row["metric"].toString() + QJsonDocument(params).toJson()] = row["value"].toDouble();
            }
            QVERIFY(values["eplb"].size() > 8);
            QCOMPARE(values[form], values["eplb"]);
        }
    }
};

EXPERTSCOPE_TEST(TestSimulateCli)
#include "tst_simulate_cli.moc"
