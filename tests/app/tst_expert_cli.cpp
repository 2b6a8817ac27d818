// SPDX-License-Identifier: GPL-3.0-or-later
//
// `expertscope expert`, and tokens by the experts they chose on the command line of the others.
#include "tests/app/cli_fixture.h"
#include "tests/support/test_main.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

using namespace expertscope::testing;

namespace {

QByteArray contentOf(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// The value of the first row with these keys; NaN: there is none.
double valueIn(const QByteArray& json, const QString& metric, const QJsonObject& keys)
{
    for (const QJsonValue& row : QJsonDocument::fromJson(json).object()["rows"].toArray()) {
        const QJsonObject object = row.toObject();
        bool same = object["metric"] == metric;
        for (auto key = keys.begin(); key != keys.end(); ++key) {
            const QJsonValue value = object[key.key()].isUndefined() ? object["other"].toObject()[key.key()] : object[key.key()];
            same = same && value == key.value();
        }
        if (same && object["value"].isDouble())
            return object["value"].toDouble();
    }
    return qQNaN();
}

}

class TestExpertCli : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    QString m_trace;

private slots:
    void initTestCase()
    {
        m_trace = m_dir.filePath("trace.h5");
        writeTraceM(m_trace);
    }

    void tellsTheCard()
    {
        const Outcome card = run({"expert", m_trace, "--layer", "2", "--expert", "7", "--least", "1"}, 80);
        QCOMPARE(card.status, 0);
        const QString text = QString::fromUtf8(card.out);
        for (const char* part : {"Layer 2, expert 7", "uniform 1.56 %", "of 64", "chosen as", "weight", "entropy", "margin", "Top tokens",
                 "Contexts", "Label language", "Label half", "Position", "Chosen together with", "Before it, layer 1", "After it, layer 3"})
            QVERIFY2(text.contains(part), part);
        for (const QString& line : text.split('\n'))
            QVERIFY2(line.size() <= 80, qPrintable(line));
    }

    void itsNumbersAreThoseOfAnalyze()
    {
        const QStringList scope{"--where", "half=first", "--skip-first", "3"};
        const Outcome card = run(QStringList{"expert", m_trace, "--site", "2", "--expert", "7", "--json"} + scope);
        QCOMPARE(card.status, 0);
        const Outcome load = run(QStringList{"analyze", m_trace, "--metric", "load", "--layers", "2", "--json"} + scope);
        QCOMPARE(load.status, 0);
        for (const char* what : {"count", "share", "relative"})
            QCOMPARE(valueIn(card.out, QString("expert.") + what, {{"expert", 7}}),
                valueIn(load.out, QString("load.") + what, {{"expert", 7}, {"site", 2}}));
        const Outcome chose = run(QStringList{"analyze", m_trace, "--metric", "router_entropy", "--metric", "margin", "--metric", "load",
                                      "--layers", "2", "--chose", "2:7", "--json"}
            + scope);
        QCOMPARE(chose.status, 0);
        QCOMPARE(valueIn(card.out, "expert.entropy", {{"of", "its tokens"}}), valueIn(chose.out, "router_entropy.mean", {{"site", 2}}));
        QCOMPARE(valueIn(card.out, "expert.margin", {{"of", "its tokens"}}), valueIn(chose.out, "margin.mean", {{"site", 2}}));
        // All of these tokens chose it, and what else they chose is what the card says of neighbours.
        const double count = valueIn(card.out, "expert.count", {});
        QCOMPARE(valueIn(chose.out, "load.count", {{"expert", 7}, {"site", 2}}), count);
        int neighbours = 0;
        for (const QJsonValue& row : QJsonDocument::fromJson(card.out).object()["rows"].toArray()) {
            const QJsonObject other = row["other"].toObject();
            if (row["metric"] != "expert.with_count" || other["where"] != "same layer")
                continue;
            ++neighbours;
            QCOMPARE(row["value"].toDouble(), valueIn(chose.out, "load.count", {{"expert", other["with"].toString().toInt()}, {"site", 2}}));
        }
        QCOMPARE(neighbours, 20);
    }

    void writesFiles()
    {
        for (const QString ending : {"json", "csv", "h5", "tex"}) {
            const QString path = m_dir.filePath("card." + ending);
            QCOMPARE(run({"expert", m_trace, "--layer", "1", "--expert", "0", "-o", path}).status, 0);
            QVERIFY2(!contentOf(path).isEmpty(), qPrintable(ending));
            QCOMPARE(run({"expert", m_trace, "--layer", "1", "--expert", "0", "-o", path}).status, 0); // its own kind
        }
        QVERIFY(contentOf(m_dir.filePath("card.csv")).contains("expert.share,,1,1,0,"));
    }

    void saysWhatIsWrong_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("status");
        QTest::addColumn<QString>("says");
        QTest::newRow("no layer") << QStringList{"--expert", "1"} << 2 << "of which layer?";
        QTest::newRow("both") << QStringList{"--expert", "1", "--layer", "1", "--site", "1"} << 2 << "not both";
        QTest::newRow("layer") << QStringList{"--expert", "1", "--layer", "9"} << 1 << "its routers are at layers 0-3";
        QTest::newRow("site") << QStringList{"--expert", "1", "--site", "4"} << 1 << "its sites: 0-3";
        QTest::newRow("expert") << QStringList{"--expert", "64", "--layer", "3"} << 1 << "layer 3 has no expert 64 (its experts: 0-63)";
        QTest::newRow("layers") << QStringList{"--expert", "1", "--layer", "1", "--layers", "2"} << 2 << "--layers: no such option";
        QTest::newRow("no expert") << QStringList{"--layer", "3"} << 2 << "--expert";
        QTest::newRow("nothing left") << QStringList{"--layer", "3", "--expert", "1", "--where", "half=first", "--where", "half=second"} << 1
                                      << "no token is left";
    }
    void saysWhatIsWrong()
    {
        QFETCH(QStringList, arguments);
        QFETCH(int, status);
        QFETCH(QString, says);
        const Outcome outcome = run(QStringList{"expert", m_trace} + arguments);
        QCOMPARE(outcome.status, status);
        QVERIFY2(outcome.err.contains(says.toUtf8()), outcome.err.constData());
        QCOMPARE(outcome.err.count('\n'), 1);
    }

    void tokensByTheExpertsTheyChose()
    {
        const auto count = [&](const QStringList& scope) {
            const Outcome outcome = run(QStringList{"analyze", m_trace, "--metric", "load", "--layers", "0", "--json"} + scope);
            double tokens = qQNaN();
            for (const QJsonValue& row : QJsonDocument::fromJson(outcome.out).object()["rows"].toArray())
                tokens = row["n"].toDouble();
            return tokens;
        };
        const double one = count({"--chose", "2:7"}), other = count({"--chose", "s3:9"}), either = count({"--chose", "2:7|3:9"}),
                     both = count({"--chose", "2:7", "--chose", "3:9"}), neither = count({"--spared", "2:7|3:9"}),
                     first = count({"--chose", "2:7", "--spared", "3:9"});
        QVERIFY(one > 100 && other > 100 && both > 0);
        QCOMPARE(either, one + other - both);
        QCOMPARE(neither, 4096 - either);
        QCOMPARE(first, one - both);
        // The same as a named set.
        QFile sets(m_dir.filePath("sets.json"));
        QVERIFY(sets.open(QIODevice::WriteOnly));
        sets.write(R"({"format": "expertscope-expert-sets", "sets": {"two": ["2:7", "s3:9"], "one": ["2:7"]}})");
        sets.close();
        QCOMPARE(count({"--chose", "set:" + sets.fileName() + "#two"}), either);
        QCOMPARE(count({"--spared", "set:" + sets.fileName() + "#one"}), 4096 - one);
        const Outcome which = run({"analyze", m_trace, "--chose", "set:" + sets.fileName()});
        QCOMPARE(which.status, 2);
        QVERIFY2(which.err.contains("its sets: one, two"), which.err.constData());
        const Outcome told = run({"analyze", m_trace, "--metric", "load", "--chose", "set:" + sets.fileName() + "#two"});
        QVERIFY2(told.out.contains("set two (2 experts)"), told.out.left(300).constData());
    }

    void choosingExpertsIsPartOfAShard()
    {
        const QStringList request{"--metric", "load", "--chose", "1:3|2:7", "--spared", "0:1"};
        QStringList parts;
        for (const QString part : {"1", "2"}) {
            parts << m_dir.filePath("part" + part + ".esp");
            QCOMPARE(run(QStringList{"analyze", m_trace, "--shard", part + "/2", "-o", parts.back()} + request).status, 0);
        }
        const Outcome merged = run(QStringList{"merge", "--csv"} + parts), whole = run(QStringList{"analyze", m_trace, "--csv"} + request);
        QCOMPARE(merged.status, 0);
        const auto rows = [](const QByteArray& csv) { return csv.mid(csv.indexOf("\nmetric,")); };
        QCOMPARE(rows(merged.out), rows(whole.out));
        QVERIFY(whole.out.contains("1:3|2:7"));
    }

    void wrongExperts_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("status");
        for (const char* text : {"", "5", "5:", ":5", "5:27|", "|5:27", "5:x", "-1:2", "5:27:1", "s:3", "s-1:3", "70000:1", "5 :27"})
            QTest::addRow("'%s'", text) << QString(text) << 2;
        QTest::newRow("no such layer") << "9:1" << 1;
        QTest::newRow("no such expert") << "2:64" << 1;
        QTest::newRow("no such site") << "s4:1" << 1;
        QTest::newRow("no such file") << "set:nowhere.json" << 2;
    }
    void wrongExperts()
    {
        QFETCH(QString, text);
        QFETCH(int, status);
        const Outcome outcome = run({"analyze", m_trace, "--metric", "load", "--chose", text});
        QCOMPARE(outcome.status, status);
        QCOMPARE(outcome.err.count('\n'), 1);
    }
};

EXPERTSCOPE_TEST(TestExpertCli)
#include "tst_expert_cli.moc"
