// SPDX-License-Identifier: GPL-3.0-or-later
//
// `expertscope compare`: rows of two traces by their keys, differences, intervals of differences.
#include "analysis/results/comparison.h"
#include "cli_fixture.h"
#include "tests/support/test_main.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <cmath>

using namespace expertscope;
using namespace expertscope::results;
using namespace expertscope::testing;

static ResultRow row(int site, double value, std::optional<std::pair<double, double>> interval = {})
{
    ResultRow r;
    r.metric = "f.value";
    r.site = SiteIndex(std::uint16_t(site));
    r.value = value;
    r.interval = interval;
    return r;
}

class TestCompareCli : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_a, m_b;

    QString at(const QString& name) const { return m_folder.filePath(name); }
    static QJsonObject object(const Outcome& outcome) { return QJsonDocument::fromJson(outcome.out).object(); }

private slots:
    void initTestCase()
    {
        m_a = at("M.h5");
        m_b = at("B.h5");
        writeTraceM(m_a, 'M');
        writeTraceM(m_b, 'B');
    }

    void rowsAreAligned()
    {
        Results a, b;
        a.rows = {row(0, 1, {{0.5, 2.0}}), row(1, 5), row(2, 7)};
        b.rows = {row(1, 2), row(3, 9), row(0, 4, {{3.0, 4.5}})};
        a.rows.back().value.reset();
        a.rows.back().undefined = "never";
        b.rows.push_back(row(2, 1));
        const Comparison comparison = compareResults(a, b);
        QCOMPARE(comparison.rows.size(), 3u);
        QCOMPARE(*comparison.rows[0].difference, 3.0);
        // MOVER: 3 - sqrt(1^2 + 1^2), 3 + sqrt(0.5^2 + 0.5^2)
        QVERIFY(std::abs(comparison.rows[0].interval->first - (3 - std::sqrt(2))) < 1e-15);
        QVERIFY(std::abs(comparison.rows[0].interval->second - (3 + std::sqrt(0.5))) < 1e-15);
        QCOMPARE(*comparison.rows[1].difference, -3.0);
        QVERIFY(!comparison.rows[1].interval);
        QVERIFY(!comparison.rows[2].difference);
        QVERIFY(comparison.onlyA.empty());
        QCOMPARE(comparison.onlyB.size(), 1u);
        QCOMPARE(comparison.onlyB[0].site->value, 3);
    }

    void numbersAreThoseOfEach()
    {
        const QStringList options{
            "--metric", "load", "--metric", "repetition", "--by", "language", "--bootstrap", "20", "--json"};
        const QJsonObject root = object(run(QStringList{"compare", m_a, m_b} + options));
        const QJsonArray rows = root["rows"].toArray();
        const QJsonArray a = object(run(QStringList{"analyze", m_a} + options))["rows"].toArray();
        const QJsonArray b = object(run(QStringList{"analyze", m_b} + options))["rows"].toArray();
        QVERIFY(rows.size() > 1000);
        QCOMPARE(rows.size(), a.size());
        QVERIFY(root["only_a"].toArray().isEmpty() && root["only_b"].toArray().isEmpty());
        int intervals = 0;
        for (int i = 0; i < rows.size(); ++i) {
            const QJsonObject line = rows[i].toObject(), x = a[i].toObject(), y = b[i].toObject();
            for (const char* key : {"metric", "params", "site", "expert", "label", "other", "unit"})
                QCOMPARE(line[key], x[key]);
            QCOMPARE(line["a"], x["value"]);
            QCOMPARE(line["b"], y["value"]);
            QCOMPARE(line["uniform_a"], x["uniform"]);
            QCOMPARE(line["n_b"], y["n"]);
            QCOMPARE(line["interval_b"], y["interval"]);
            if (!line["a"].isNull() && !line["b"].isNull())
                QCOMPARE(line["difference"].toDouble(), line["b"].toDouble() - line["a"].toDouble());
            const QJsonArray interval = line["interval"].toArray();
            if (interval.isEmpty())
                continue;
            ++intervals;
            QVERIFY(interval[0].toDouble() <= line["difference"].toDouble());
            QVERIFY(interval[1].toDouble() >= line["difference"].toDouble());
        }
        QVERIFY(intervals > 0);
    }

    /// Two parts of one trace: what analyze says of each.
    void partsOfOneTrace()
    {
        const QStringList options{"--metric", "load", "--metric", "repetition", "--bootstrap", "20", "--json"};
        const QJsonObject root = object(run(QStringList{"compare", m_a, "--where", "half=first", "--where", "language!=de",
                                                "--against", "half=second", "--against", "language=a,\"b\""}
            + options));
        QVERIFY(root.isEmpty()); // a quote in the middle: said below
        const QStringList against{"--against", "half=second"};
        const QJsonObject parts = object(run(QStringList{"compare", m_a, "--where", "half=first"} + against + options));
        const QJsonArray rows = parts["rows"].toArray();
        const QJsonArray a = object(run(QStringList{"analyze", m_a, "--where", "half=first"} + options))["rows"].toArray();
        const QJsonArray b = object(run(QStringList{"analyze", m_a, "--where", "half=second"} + options))["rows"].toArray();
        QVERIFY(rows.size() > 500);
        QCOMPARE(rows.size(), a.size());
        int differ = 0;
        for (int i = 0; i < rows.size(); ++i) {
            const QJsonObject line = rows[i].toObject();
            QCOMPARE(line["metric"], a[i].toObject()["metric"]);
            QCOMPARE(line["a"], a[i].toObject()["value"]);
            QCOMPARE(line["b"], b[i].toObject()["value"]);
            QCOMPARE(line["interval_a"], a[i].toObject()["interval"]);
            differ += line["a"] != line["b"];
        }
        QVERIFY(differ > 100);
        const QJsonArray traces = parts["trace"].toArray();
        QCOMPARE(traces.size(), 2);
        for (const auto& [at, name, side] : {std::tuple(0, "first", "half=first"), std::tuple(1, "second", "half=second")}) {
            QCOMPARE(traces[at].toObject()["name"].toString(), QString(name));
            QCOMPARE(traces[at].toObject()["side"].toString(), QString(side));
            QCOMPARE(traces[at].toObject()["side_tokens"].toString(), QString("2048"));
        }
        QCOMPARE(parts["options"].toObject()["against"].toString(), QString("half=second"));
        // The other way round every difference changes its sign.
        const QJsonArray back = object(run(QStringList{"compare", m_a, "--where", "half=second", "--against", "half=first"}
            + options))["rows"].toArray();
        for (int i = 0; i < rows.size(); ++i) {
            if (!rows[i].toObject()["difference"].isNull())
                QCOMPARE(back[i].toObject()["difference"].toDouble(), -rows[i].toObject()["difference"].toDouble());
        }
        // Of another trace.
        const QJsonObject other = object(run(QStringList{"compare", m_a, m_b, "--where", "half=first"} + against + options));
        const QJsonArray ofB = object(run(QStringList{"analyze", m_b, "--where", "half=second"} + options))["rows"].toArray();
        QCOMPARE(other["rows"].toArray()[0].toObject()["b"], ofB[0].toObject()["value"]);
        QCOMPARE(other["trace"].toArray()[1].toObject()["name"].toString(), QString("B, second"));
    }

    void partsToRead()
    {
        const Outcome outcome = run({"compare", m_a, "--where", "half=first", "--against", "half"});
        QCOMPARE(outcome.status, 0);
        QVERIFY2(outcome.out.contains("A: M.h5: 2048 tokens in 4 sequences (of 4096 in 8: half=first)"), outcome.out.constData());
        QVERIFY(outcome.out.contains("B: M.h5: 4096 tokens in 8 sequences"));
        const auto wrong = [&](const QStringList& options, int status, const char* text) {
            const Outcome failed = run(QStringList{"compare", m_a} + options);
            QCOMPARE(failed.status, status);
            QVERIFY2(failed.err.contains(text) && failed.err.count('\n') == 1, failed.err.constData());
        };
        wrong({"--where", "half=first", "--against", "half=first"}, 2, "both sides are the same tokens");
        wrong({"--where", "half=first", "--against", "quarter"}, 2, "no LABEL=VALUE");
        wrong({"--where", "half=first", "--against", "half=third"}, 1, "side B: label 'half' has no value 'third'");
        wrong({"--where", "half=first", "--against", "half=second", "--against", "language=de"}, 1, "side B: ");
        wrong({}, 2, "--against");
    }

    void csvHoldsTheSame()
    {
        const QStringList command{"compare", m_a, m_b, "--metric", "repetition"};
        const QJsonArray rows = object(run(command + QStringList{"--json"}))["rows"].toArray();
        QStringList lines = QString::fromUtf8(run(command + QStringList{"--csv"}).out).split('\n', Qt::SkipEmptyParts);
        lines.removeIf([](const QString& line) { return line.startsWith('#'); });
        const QStringList header = fields(lines.takeFirst());
        QCOMPARE(lines.size(), rows.size());
        for (int i = 0; i < rows.size(); ++i) {
            const QStringList cells = fields(lines[i]);
            QCOMPARE(cells.size(), header.size());
            for (const char* name : {"a", "b", "difference"})
                QCOMPARE(cells[header.indexOf(name)].toDouble(), rows[i].toObject()[name].toDouble());
        }
    }

    void tablesToRead()
    {
        const Outcome outcome = run({"compare", m_a, m_b, "--by", "language", "--bootstrap", "10"});
        QCOMPARE(outcome.status, 0);
        QCOMPARE(outcome.err, QByteArray());
        for (const char* text : {"A: M.h5: 4096 tokens", "B: B.h5: 4096 tokens", "B - A", "MOVER",
                 "load.count [choices]: the largest differences", "Differs most: A \xe2\x86\x92 B",
                 "repetition.jaccard", "日本語"})
            QVERIFY2(outcome.out.contains(text), text);
        for (const QByteArray& line : outcome.out.split('\n'))
            QVERIFY2(QString::fromUtf8(line).size() <= 100, line.constData());
        const Outcome tex = run({"compare", m_a, m_b, "--metric", "repetition", "--latex"});
        QVERIFY(tex.out.contains("\\begin{tabular}") && tex.out.contains("B - A"));
    }

    void traceWithItself()
    {
        for (const auto& value : object(run({"compare", m_a, m_a, "--json"}))["rows"].toArray()) {
            const QJsonObject line = value.toObject();
            if (!line["difference"].isNull())
                QCOMPARE(line["difference"].toDouble(), 0.0);
        }
        // To read, one line says so.
        const QString copy = at("copy of M.h5");
        QVERIFY(QFile::copy(m_a, copy));
        for (const QStringList& more : {QStringList{}, {"--by", "language"}, {"--full"}}) {
            const Outcome outcome = run(QStringList{"compare", m_a, copy} + more, 200);
            QCOMPARE(outcome.status, 0);
            QCOMPARE(outcome.out.count('\n'), 1);
            QVERIFY2(outcome.out.contains("do not differ: all ") && outcome.out.endsWith(" numbers are the same.\n"),
                outcome.out.constData());
        }
        // What is the same in both has no tables but a line.
        const Outcome other = run({"compare", m_a, m_b});
        QVERIFY(other.out.contains("\nthe same in A and B\n"));
    }

    void whatCannotBeAligned()
    {
        const QString demo = EXPERTSCOPE_SOURCE_DIR "/resources/demo/formation/tokens-000000000.h5";
        QVERIFY(QFile::exists(demo));
        const Outcome outcome = run({"compare", m_a, demo, "--metric", "balance"});
        QCOMPARE(outcome.status, 0);
        QVERIFY2(outcome.out.contains("rows are only in B: sites 4, 5"), outcome.out.constData());
        QVERIFY(!outcome.out.contains("only in A"));
    }

    void usedWrongly()
    {
        for (const QStringList& arguments :
            {QStringList{m_a}, QStringList{m_a, m_b, m_a}, QStringList{m_a, m_b, "--hdf5"},
                QStringList{m_a, m_b, "-o", at("x.h5")}, QStringList{m_a, m_b, "--metric", "loaf"}})
            QCOMPARE(run(QStringList{"compare"} + arguments).status, 2);
        const Outcome missing = run({"compare", m_a, at("nothing.h5")});
        QCOMPARE(missing.status, 1);
        QVERIFY(missing.err.contains("nothing.h5") && missing.err.count('\n') == 1);
        QCOMPARE(run({"compare", m_a, m_b, "--by", "topic"}).status, 1);
    }
};

EXPERTSCOPE_TEST(TestCompareCli)
#include "tst_compare_cli.moc"
