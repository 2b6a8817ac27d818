// SPDX-License-Identifier: GPL-3.0-or-later
//
// `expertscope simulate cache --reroute` as a user runs it, on a slice of the demo trace (3 sites, top-4 of 32) that
// has logits.
#include "app/cli/terminal/table.h"
#include "cli_fixture.h"
#include "tests/support/test_main.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

const QString kSlice = EXPERTSCOPE_TEST_DATA "/analysis/demo_slice.h5";

QJsonArray rowsOf(const Outcome& outcome)
{
    return QJsonDocument::fromJson(outcome.out).object()["rows"].toArray();
}

/// "cache.hit_rate 8 2" -> value: metric, capacity, site (-1: whole model), of the rows whose params hold all of
/// `params`.
QMap<QString, double> valuesOf(const QJsonArray& rows, const QJsonObject& params)
{
    QMap<QString, double> values;
    for (const auto& value : rows) {
        const QJsonObject row = value.toObject(), own = row["params"].toObject();
        bool fits = !row["value"].isNull();
        for (auto i = params.begin(); i != params.end(); ++i)
            fits &= own[i.key()] == i.value();
        if (fits)
            values[QString("%1 %2 %3")
                       .arg(row["metric"].toString())
                       .arg(own["capacity"].toInt())
                       .arg(row["site"].toInt(-1))] = row["value"].toDouble();
    }
    return values;
}

}

class TestRerouteCli : public QObject
{
    Q_OBJECT

private slots:
    void recordedIsThePlainRun()
    {
        const QStringList common{"simulate", "cache", kSlice, "--capacity", "4,8,16", "--expert-bytes", "1MiB",
            "--json", "--batch", "2", "--warm-up", "3"};
        const Outcome plain = run(common + QStringList{"--policy", "lru,arc"});
        const Outcome anew = run(common + QStringList{"--policy", "lru,arc", "--reroute", "lambda=0/0.2,keep=2"});
        QVERIFY2(anew.status == 0, anew.err.constData());
        const QJsonArray rows = rowsOf(anew);
        for (const char* policy : {"lru", "arc"}) {
            const auto expected = valuesOf(rowsOf(plain), {{"policy", policy}});
            QVERIFY(expected.size() > 60);
            QCOMPARE(valuesOf(rows, {{"policy", policy}, {"reroute", "none"}}), expected);
            auto none = valuesOf(rows, {{"policy", policy}, {"reroute", "prior"}, {"lambda", 0}, {"keep", 2}});
            const auto some = valuesOf(rows, {{"policy", policy}, {"reroute", "prior"}, {"lambda", 0.2}});
            QCOMPARE(some.size(), none.size());
            for (const char* metric : {"changed", "dropped", "added", "left"}) {
                for (const int capacity : {4, 8, 16}) {
                    for (int site = -1; site < 3; ++site) {
                        const QString key = QString("reroute.%1 %2 %3").arg(metric).arg(capacity).arg(site);
                        QVERIFY(none.contains(key) && some.contains(key));
                        QCOMPARE(none.take(key), 0.0);
                        QVERIFY(some[key] < 1 && (some[key] > 0) == (QString(metric) != "left"));
                    }
                }
            }
            QCOMPARE(none, expected);
            QVERIFY(some["cache.hit_rate 8 -1"] > expected["cache.hit_rate 8 -1"] + 0.1);
            QVERIFY(some["reroute.added 8 -1"] < some["reroute.dropped 8 -1"]);
        }
        const QJsonObject options = QJsonDocument::fromJson(anew.out).object()["options"].toObject();
        QCOMPARE(options["reroute"].toString(), QString("lambda=0/0.2,keep=2"));
        const QJsonObject plainOptions = QJsonDocument::fromJson(plain.out).object()["options"].toObject();
        for (const char* name : {"contract", "run"})
            QVERIFY(options[name] == plainOptions[name] || QString(name) == "run");
    }

    void tablesFit()
    {
        const Outcome outcome =
            run({"simulate", "cache", kSlice, "--reroute", "cumulative", "--expert-bytes", "1MiB"}, 80);
        QVERIFY2(outcome.status == 0, outcome.err.constData());
        for (const QByteArray& line : outcome.out.split('\n'))
            QVERIFY2(displayWidth(line.toStdString()) <= 80, line.constData());
        QVERIFY(outcome.out.startsWith("atomic, forced admission"));
        for (const char* text :
            {"lru", "share", "recorded", "miss rate", "changed", "dropped", "added", "MiB/token", "not in a trace"})
            QVERIFY2(outcome.out.contains(text), text);
        QVERIFY(!outcome.out.contains("fifo")); // lru alone, unless named
        const Outcome all =
            run({"simulate", "cache", kSlice, "--reroute", "prior", "--policy", "all", "--capacity", "8"});
        QVERIFY(all.out.contains("\ntwoq\n") && all.out.contains("Left out: opt, lfu, ema, static, sch"));
        QCOMPARE(run({"simulate", "cache", kSlice, "--reroute", "prior", "--csv"}).status, 0);
        const QByteArray help = run({"simulate", "cache", "--help"}).out;
        for (const char* text : {"--reroute", "max_rank", "cumulative", "lambda=", "tolerance="})
            QVERIFY2(help.contains(text), text);
    }

    void usedWronglyIsTwo_data()
    {
        QTest::addColumn<QStringList>("arguments");
        for (const char* rule : {"", "x", "prior:", "lambda=", "lambda=1,", "lambda=-1", "lambda=1e400", "prior:lambda",
                 "lambda=1,lambda=2", "lambda=1/1", "rank=3", "max_rank:rank=1.5", "tolerance=2", "keep=-1",
                 "cumulative:share=2"})
            QTest::newRow(rule) << QStringList{QString("--reroute=") + rule};
        QTest::newRow("opt") << QStringList{"--reroute=prior", "--policy", "opt"};
        QTest::newRow("no policy can") << QStringList{"--reroute=prior", "--policy", "lru", "--admission", "bypass"};
        QTest::newRow("capacity") << QStringList{"--reroute=prior", "--capacity", "0"};
    }
    void usedWronglyIsTwo()
    {
        QFETCH(const QStringList, arguments);
        const Outcome outcome = run(QStringList{"simulate", "cache", kSlice} + arguments);
        QCOMPARE(outcome.status, 2);
        QCOMPARE(outcome.out, QByteArray());
        QVERIFY(!outcome.err.isEmpty());
    }

    void tracesThatCannotBeRerouted()
    {
        const QTemporaryDir folder;
        const QString noLogits = folder.filePath("m.h5");
        writeTraceM(noLogits);
        // Choices and logits of this one are drawn apart.
        const QString ragged = EXPERTSCOPE_TEST_DATA "/analysis/ragged.h5";
        for (const auto& [trace, text] :
            {std::pair{noLogits, "no router logits"}, {ragged, "not those with the largest"}}) {
            const Outcome outcome = run({"simulate", "cache", trace, "--reroute", "lambda=0.1"});
            QCOMPARE(outcome.status, 1);
            QCOMPARE(outcome.out, QByteArray());
            QCOMPARE(outcome.err.count('\n'), 1);
            QVERIFY2(outcome.err.contains(text), outcome.err.constData());
        }
        const Outcome left = run({"simulate", "cache", ragged, "--reroute", "lambda=0.1,tolerance=1"});
        QVERIFY2(left.status == 0 && left.out.contains("of the tokens stay as recorded"), left.err.constData());
    }
};

EXPERTSCOPE_TEST(TestRerouteCli)
#include "tst_reroute_cli.moc"
