// SPDX-License-Identifier: GPL-3.0-or-later
//
// `expertscope simulate topk` as a user runs it, on a slice of the demo trace (3 sites, top-4 of 32) that has logits.
#include "app/cli/terminal/table.h"
#include "cli_fixture.h"
#include "tests/support/test_main.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

const QString kLogitSlice = EXPERTSCOPE_TEST_DATA "/analysis/demo_slice.h5";

/// Value of the row of the whole model with these params among others.
double wholeModelValue(const Outcome& outcome, const char* metric, const QJsonObject& params)
{
    for (const auto& value : QJsonDocument::fromJson(outcome.out).object()["rows"].toArray()) {
        const QJsonObject row = value.toObject(), own = row["params"].toObject();
        bool fits = row["metric"].toString() == metric && row["site"].isNull();
        for (auto i = params.begin(); i != params.end(); ++i)
            fits &= own[i.key()] == i.value();
        if (fits)
            return row["value"].toDouble(std::nan(""));
    }
    return std::nan("");
}

}

class TestTopkCli : public QObject
{
    Q_OBJECT

private slots:
    void recordedIsThePlainRun()
    {
        const QStringList caches{"--policy", "lru,opt", "--capacity", "8,16", "--expert-bytes", "1MiB", "--batch", "2",
            "--json"};
        const Outcome plain = run(QStringList{"simulate", "cache", kLogitSlice} + caches);
        const Outcome fewer = run(QStringList{"simulate", "topk", kLogitSlice, "--keep", "2,4"} + caches);
        QVERIFY2(fewer.status == 0, fewer.err.constData());
        for (const char* policy : {"lru", "opt"}) {
            for (const int capacity : {8, 16}) {
                QJsonObject params{{"policy", policy}, {"capacity", capacity}};
                const double wanted = wholeModelValue(plain, "cache.hit_rate", params);
                QVERIFY(wanted > 0 && wanted < 1);
                params["cut"] = "none";
                QCOMPARE(wholeModelValue(fewer, "cache.hit_rate", params), wanted);
                params["cut"] = "keep";
                params["keep"] = 4;
                QCOMPARE(wholeModelValue(fewer, "cache.hit_rate", params), wanted);
                params["keep"] = 2;
                QVERIFY(wholeModelValue(fewer, "cache.misses", params) < wholeModelValue(plain, "cache.misses",
                    {{"policy", policy}, {"capacity", capacity}}));
            }
        }
        QCOMPARE(wholeModelValue(fewer, "topk.lost_weight", {{"keep", 4}}), 0.0);
        QCOMPARE(wholeModelValue(fewer, "topk.experts", {{"keep", 2}}), 2.0);
        QCOMPARE(wholeModelValue(fewer, "topk.bytes_saved", {{"keep", 2}}), 2.0 * 3 * 1024 * 1024);
        QVERIFY(wholeModelValue(fewer, "topk.lost_probability", {{"keep", 2}})
            < wholeModelValue(fewer, "topk.lost_weight", {{"keep", 2}})); // of all experts, not of the chosen
        const QJsonObject options = QJsonDocument::fromJson(fewer.out).object()["options"].toObject();
        QCOMPARE(options["keep"].toString(), QString("2,4"));
        QVERIFY(options["contract"] == QJsonDocument::fromJson(plain.out).object()["options"].toObject()["contract"]);
    }

    void tablesFit()
    {
        const Outcome outcome = run(
            {"simulate", "topk", kLogitSlice, "--expert-bytes", "1MiB", "--probability", "0.2", "--policy", "lru,lfu"}, 80);
        QVERIFY2(outcome.status == 0, outcome.err.constData());
        for (const QByteArray& line : outcome.out.split('\n'))
            QVERIFY2(displayWidth(line.toStdString()) <= 80, line.constData());
        for (const char* text : {"atomic, forced admission", "recorded", "keep 3", "share 0.95", "probability 0.2",
                 "same set", "lost weight", "lost prob.", "MiB saved/token", "Cache, lru", "Cache, lfu", "hits @8",
                 "not in a trace"})
            QVERIFY2(outcome.out.contains(text), text);
        const Outcome plain = run({"simulate", "topk", kLogitSlice, "--capacity", "none", "--keep", "3", "--share", "none"});
        QVERIFY(plain.out.contains("No caches: no caches were asked for.") && !plain.out.contains("share 0.5"));
        const Outcome chose = run({"simulate", "topk", kLogitSlice, "--chose", "0:1", "--keep", "3"});
        QVERIFY2(chose.status == 0 && chose.out.contains("No caches: a cache serves whole sequences"), chose.err.constData());
        const QByteArray help = run({"simulate", "topk", "--help"}).out;
        for (const char* text : {"--keep", "--share", "--probability", "--capacity", "--batch", "--where"})
            QVERIFY2(help.contains(text), text);
    }

    void usedWronglyIsTwo_data()
    {
        QTest::addColumn<QString>("argument");
        for (const char* argument : {"--keep=0", "--keep=3-2", "--keep=x", "--share=0", "--share=1.01",
                 "--share=0.5,", "--probability=no", "--capacity=0", "--policy=best", "--batch=0", "--scope=some"})
            QTest::newRow(argument) << argument;
    }
    void usedWronglyIsTwo()
    {
        QFETCH(const QString, argument);
        const Outcome outcome = run({"simulate", "topk", kLogitSlice, argument});
        QCOMPARE(outcome.status, 2);
        QCOMPARE(outcome.out, QByteArray());
        QCOMPARE(outcome.err.count('\n') > 0, true);
    }

    /// Of a capture of texts there is prefill alone, and its numbers are those of the plain run.
    void phasesApart()
    {
        const QStringList common{"simulate", "cache", kLogitSlice, "--policy", "lru", "--capacity", "8", "--json"};
        const Outcome plain = run(common), apart = run(common + QStringList{"--by-phase"});
        QCOMPARE(apart.status, 0);
        QCOMPARE(wholeModelValue(apart, "cache.hit_rate", {{"phase", "prefill"}}), wholeModelValue(plain, "cache.hit_rate", {}));
        QVERIFY(std::isnan(wholeModelValue(apart, "cache.hit_rate", {{"phase", "decode"}})));
        const Outcome tables = run({"simulate", "cache", kLogitSlice, "--policy", "lru", "--by-phase"}, 80);
        QVERIFY(tables.out.startsWith("prefill\natomic") && tables.out.contains("none was generated"));
        QCOMPARE(run({"simulate", "cache", kLogitSlice, "--by-phase", "--phase", "decode"}).status, 2);
        QCOMPARE(run({"simulate", "cache", kLogitSlice, "--by-phase", "--reroute", "lambda=0.1"}).status, 2);
    }

    void whatATraceDoesNotHold()
    {
        const QTemporaryDir folder;
        const QString noLogits = folder.filePath("m.h5");
        writeTraceM(noLogits);
        for (const auto& [argument, text] : {std::pair{"--keep=9", "at most 8"}, {"--probability=0.5", "no router logits"}}) {
            const Outcome outcome = run({"simulate", "topk", noLogits, argument});
            QCOMPARE(outcome.status, 1);
            QCOMPARE(outcome.out, QByteArray());
            QCOMPARE(outcome.err.count('\n'), 1);
            QVERIFY2(outcome.err.contains(text), outcome.err.constData());
        }
        QCOMPARE(run({"simulate", "topk", folder.filePath("none.h5")}).status, 1);
    }
};

EXPERTSCOPE_TEST(TestTopkCli)
#include "tst_topk_cli.moc"
