// SPDX-License-Identifier: GPL-3.0-or-later
//
// `expertscope analyze` and `expertscope metrics` as a user runs them, on trace M of metrics.md 9.1 in a file.
#include "analysis/metrics/registry.h"
#include "analysis/results/chance_noise.h"
#include "analysis/results/json_writer.h"
#include "analysis/results/result_document.h"
#include "analysis/results/result_files.h"
#include "analysis/results/measure_words.h"
#include "app/cli/terminal/table.h"
#include "cli_fixture.h"
#include "io/base/named.h"
#include "tests/support/test_main.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include <sstream>

using namespace expertscope;
using namespace expertscope::results;
using namespace expertscope::testing;

class TestAnalyzeCli : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_trace;

    QString at(const char* name) const { return m_folder.filePath(name); }

private slots:
    void initTestCase()
    {
        m_trace = at("trace M.h5");
        writeTraceM(m_trace);
    }

    void tablesToRead()
    {
        const Outcome plain = run({"analyze", m_trace});
        QCOMPARE(plain.status, 0);
        QCOMPARE(plain.err, QByteArray());
        for (const char* text : {"trace M.h5: 4096 tokens in 8 sequences, 4 sites, top-8 of 64", "0.1543", "(0.6791)",
                 "E30 591", "risk_difference", "\nload\nchoices of each expert: count c", "load.count [choices]: "})
            QVERIFY2(plain.out.contains(text), text);
        const Outcome by = run({"analyze", m_trace, "--by", "language"});
        QCOMPARE(by.status, 0);
        QVERIFY(by.out.contains("日本語") && by.out.contains("a,\"b\""));
        // Columns line up, also behind wide characters: every line of a table ends where the others do.
        std::size_t checked = 0;
        QVector<QVector<std::size_t>> tables(1);
        for (const QByteArray& line : by.out.split('\n')) {
            QVERIFY2(displayWidth(line.toStdString()) <= 100 || line.contains("In brackets"), line.constData());
            if (line.endsWith(')') && line.contains("0.") && !line.contains("uniform ")) {
                tables.back().append(displayWidth(line.toStdString()));
            } else if (!tables.back().isEmpty()) {
                tables.append(QVector<std::size_t>());
            }
        }
        for (const auto& widths : tables) {
            for (const std::size_t width : widths) {
                QCOMPARE(width, widths.front());
                ++checked;
            }
        }
        QVERIFY(checked > 40);
    }

    /// The first lines say what is remarkable, in at most 20; nothing in routing by chance.
    void whatIsRemarkableComesFirst()
    {
        const auto remarksIn = [](const Outcome& outcome) {
            const qsizetype start = outcome.out.indexOf("\n\n") + 2;
            return outcome.out.mid(start, outcome.out.indexOf("\n\n", start) - start).split('\n');
        };
        for (const int columns : {60, 80, 120}) {
            for (const QStringList& more : {QStringList{}, {"--by", "language"}}) {
                const auto lines = remarksIn(run(QStringList{"analyze", m_trace} + more, columns));
                QVERIFY(lines.front().startsWith("Remarkable: ") && lines.size() > 5 && lines.size() <= 20);
                for (const QByteArray& line : lines)
                    QVERIFY(QString::fromUtf8(line).size() <= columns);
            }
        }
        // Trace M keeps a part of its scores for 16 tokens: so the experts of neighbouring tokens are alike.
        const QByteArray remarks = remarksIn(run({"analyze", m_trace}, 120)).join('\n');
        QVERIFY2(remarks.contains("a token shares 0.31"), remarks.constData());
        QVERIFY2(
            remarks.contains("of its experts with the one before (uniform 0.125 \xc2\xb1 0.00"), remarks.constData());

        const QString chance = at("chance.h5");
        QCOMPARE(run({"synth", "uniform", "-o", chance, "--tokens", "20000", "--sites", "3", "--experts", "64",
                         "--top-k", "8", "--length", "500"})
                     .status,
            0);
        const auto nothing = remarksIn(run({"analyze", chance}));
        QVERIFY2(nothing.size() == 1 && nothing.front().startsWith("Nothing is remarkable: all "),
            nothing.join('\n').constData());
    }

    void everyToldMeasureHasWords()
    {
        for (const ToldMeasure& measure : toldMeasures()) {
            QVERIFY2(results::hasWords(measure.metric), measure.metric);
            QVERIFY(
                named(metricRegistry(), std::string(measure.metric).substr(0, std::string(measure.metric).find('.'))));
        }
    }

    /// Long tables are shortened and say so; --full shows them whole, and a file has what a pipe gets.
    void fullAndPlain()
    {
        const QStringList command{"analyze", m_trace, "--by", "language"};
        const Outcome brief = run(command), full = run(command + QStringList{"--full"});
        QVERIFY(brief.out.contains(" lines more: --metric srp, or --full for all metrics\n"));
        QVERIFY(full.out.count('\n') > 2 * brief.out.count('\n') && !full.out.contains(" lines more"));
        QCOMPARE(run(command + QStringList{"--plain"}).out, brief.out);
        const QString file = at("tables.txt");
        QCOMPARE(run(command + QStringList{"-o", file}).status, 0);
        QFile tables(file);
        QVERIFY(tables.open(QIODevice::ReadOnly));
        QVERIFY(tables.readAll().endsWith(brief.out));
    }

    void jsonAndCsvHoldTheSameNumbers()
    {
        const QStringList command{"analyze", m_trace, "--by", "language", "--skip-first", "2"};
        const Outcome json = run(command + QStringList{"--json"}), csv = run(command + QStringList{"--csv"});
        QCOMPARE(json.status, 0);
        QCOMPARE(csv.status, 0);
        QJsonParseError problem;
        const QJsonObject root = QJsonDocument::fromJson(json.out, &problem).object();
        QCOMPARE(problem.error, QJsonParseError::NoError);
        QCOMPARE(root["tool"].toObject()["name"].toString(), QString("expertscope analyze"));
        QCOMPARE(root["trace"].toObject()["tokens"].toString(), QString("4096"));
        QCOMPARE(root["options"].toObject()["skip_first"].toString(), QString("2"));
        const QJsonArray rows = root["rows"].toArray();
        QVERIFY(rows.size() > 3000);

        QStringList lines = QString::fromUtf8(csv.out).split('\n', Qt::SkipEmptyParts);
        int comments = 0;
        while (lines.first().startsWith("# ")) {
            lines.removeFirst();
            ++comments;
        }
        QVERIFY(comments >= 8);
        const QStringList header = fields(lines.takeFirst());
        QCOMPARE(header.size(), 18);
        QCOMPARE(lines.size(), rows.size());
        for (int i = 0; i < rows.size(); ++i) {
            const QJsonObject row = rows[i].toObject();
            const QStringList cells = fields(lines[i]);
            QCOMPARE(cells.size(), header.size());
            const auto cell = [&](const char* name) { return cells[header.indexOf(name)]; };
            QCOMPARE(cell("metric"), row["metric"].toString());
            for (const char* name : {"value", "uniform", "uniform_sd", "site", "layer", "expert", "n"}) {
                QCOMPARE(cell(name).isEmpty(), row[name].isNull());
                if (!row[name].isNull())
                    QCOMPARE(cell(name).toDouble(), row[name].toDouble());
            }
            const QJsonObject label = row["label"].toObject();
            QCOMPARE(cell("label"), label.keys().join(""));
            QCOMPARE(cell("label_value"), label["language"].toString());
            QCOMPARE(cell("undefined"), row["undefined"].toString());
            QCOMPARE(cell("uniform_undefined"), row["uniform_undefined"].toString());
            QVERIFY(row["value"].isNull() != row["undefined"].isNull());
        }
    }

    void goldenThroughTheFile()
    {
        const Outcome outcome = run({"analyze", m_trace, "--metric", "repetition", "--metric", "router_entropy",
            "--sites", "0", "--json", "--threads", "2"});
        QCOMPARE(outcome.status, 0);
        const QJsonArray rows = QJsonDocument::fromJson(outcome.out).object()["rows"].toArray();
        QHash<QString, double> values;
        for (const auto& row : rows) {
            if (row.toObject()["site"].toInt(-1) == 0)
                values[row.toObject()["metric"].toString()] = row.toObject()["value"].toDouble();
        }
        QCOMPARE(values.size(), 12);
        QVERIFY(values["router_entropy.q05"] < values["router_entropy.q50"]
            && values["router_entropy.q50"] < values["router_entropy.q95"]);
        QVERIFY(std::abs(values["repetition.first"] - .092955) < 5.1e-7);
        QVERIFY(std::abs(values["repetition.jaccard"] - .195160) < 5.1e-7);
        QVERIFY(std::abs(values["router_entropy.mean"] - 3.229051) < 5.1e-7);
    }

    void filtersAndFiles()
    {
        const QString file = at("out.csv");
        QCOMPARE(run({"analyze", m_trace, "--where", "language=日本語", "--metric", "load", "-o", file}).status, 0);
        QFile csv(file);
        QVERIFY(csv.open(QIODevice::ReadOnly));
        const QByteArray text = csv.readAll();
        QVERIFY(text.startsWith("# trace path: ") && text.contains("load.count,,0,0,5,,,,,"));
        QVERIFY(!QFile::exists(file + ".part"));
        double sum = 0;
        for (const QByteArray& line : text.split('\n')) {
            if (line.startsWith("load.count,,2,"))
                sum += fields(QString::fromUtf8(line))[9].toDouble();
        }
        QCOMPARE(sum, 2 * 512 * 8.0);
        const Outcome unwritable = run({"analyze", m_trace, "-o", at("missing/out.json")});
        QCOMPARE(unwritable.status, 1);
        QVERIFY(unwritable.err.contains("missing/out.json: No such file or directory"));
        // It is said before the work: ahead of what is wrong with the trace.
        const QString noTrace = at("no-such-trace.h5");
        const QString intoFile = at("out.csv/out.json"), folder = QFileInfo(m_trace).path();
        for (const QStringList& command :
            {QStringList{"analyze", noTrace}, {"compare", noTrace, noTrace}, {"simulate", "cache", noTrace}}) {
            for (const QString& out : {intoFile, folder}) {
                const Outcome early = run(command + QStringList{"-o", out});
                QCOMPARE(early.status, 1);
                QVERIFY2(early.err.contains(out.toUtf8() + ": ") && !early.err.contains("no-such-trace"), early.err);
            }
        }
    }

    void whichSequences_data()
    {
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<int>("sequences"); ///< of 512 tokens each
        QTest::addColumn<QString>("heading");
        QTest::newRow("one value") << QStringList{"language=de"} << 2 << "language=de";
        QTest::newRow("alternatives") << QStringList{"language=de|日本語"} << 4 << "language=de|日本語";
        QTest::newRow("none of these") << QStringList{"language!=de|日本語"} << 4 << "language!=de|日本語"; // and without
        QTest::newRow("all hold") << QStringList{"language=de|日本語", "half!=second"} << 4
                                  << "language=de|日本語, half!=second";
        QTest::newRow("quotes") << QStringList{"\"language\"=\"a,\\\"b\\\"\""} << 3 << "language=\"a,\\\"b\\\"\"";
        QTest::newRow("either as three") << QStringList{"language=de", "language=de|日本語"} << 2
                                         << "language=de, language=de|日本語";
    }
    void whichSequences()
    {
        QFETCH(QStringList, options);
        QFETCH(int, sequences);
        QFETCH(QString, heading);
        QStringList command{"analyze", m_trace, "--metric", "load"};
        for (const QString& option : options)
            command << "--where" << option;
        const Outcome json = run(command + QStringList{"--json"});
        QVERIFY2(json.status == 0, json.err.constData());
        const QJsonArray rows = QJsonDocument::fromJson(json.out).object()["rows"].toArray();
        QCOMPARE(rows[0].toObject()["n"].toInt(), 512 * sequences);
        // What was asked stands over the tables, as it could be asked again.
        const Outcome tables = run(command, 200);
        const QString head = QString("%1 tokens in %2 sequences (of 4096 in 8: %3)").arg(512 * sequences).arg(sequences).arg(heading);
        QVERIFY2(QString::fromUtf8(tables.out).contains(head), tables.out.left(400).constData());
    }

    void nothingLeftIsAnError_data()
    {
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<QString>("message");
        QTest::newRow("two values") << QStringList{"--where", "half=first", "--where", "half=second"}
                                    << "no token is left: none of the 4 sequences with half=first has half=second "
                                       "(half=first|second takes either)";
        QTest::newRow("excluded") << QStringList{"--where", "language=de", "--where", "half!=first"}
                                  << "no token is left: none of the 2 sequences with language=de has half!=first";
        QTest::newRow("skipped") << QStringList{"--skip-first", "512"}
                                 << "no token is left: the longest of the 8 sequences has 512 tokens, and the first 512 "
                                    "of each are left out";
        QTest::newRow("phase") << QStringList{"--phase", "decode", "--where", "language=de"}
                               << "no token is left: all tokens of the 2 sequences with language=de were given as prompts, "
                                  "none was generated";
        QTest::newRow("skipped of some") << QStringList{"--where", "language=de", "--skip-first", "100000"}
                                         << "no token is left: the longest of the 2 sequences with language=de has 512 "
                                            "tokens, and the first 100,000 of each are left out";
    }
    void nothingLeftIsAnError()
    {
        QFETCH(QStringList, options);
        QFETCH(QString, message);
        const QList<QStringList> commands{{"analyze", m_trace}, {"analyze", m_trace, "--shard", "1/2", "-o", at("part.esp")},
            {"compare", m_trace, m_trace}, {"simulate", "cache", m_trace}, {"simulate", "placement", m_trace, "--gpus", "4"}};
        for (const QStringList& command : commands) {
            const Outcome outcome = run(command + options);
            QVERIFY2(outcome.status == 1, outcome.out.left(300).constData());
            QCOMPARE(outcome.out, QByteArray());
            QCOMPARE(QString::fromUtf8(outcome.err), "expertscope: " + m_trace + ": " + message + "\n");
            QVERIFY(!QFile::exists(at("part.esp")));
        }
    }

    void nothingComputedIsOne()
    {
        // Without weights, logits or a second trace: what is named is told with its reason, and the status says so.
        const QString bare = at("bare.h5");
        writeCacheFixture(bare);
        const QList<QStringList> commands{{"analyze", bare, "--metric", "margin"}, {"compare", bare, bare, "--metric", "margin"},
            {"analyze", m_trace, "--metric", "flip_rate"}};
        for (const QStringList& command : commands) {
            for (const QStringList& format : {QStringList{}, {"--json"}, {"--csv"}, {"-o", at("none.h5")}}) {
                if (command[0] == "compare" && format.contains(at("none.h5")))
                    continue; // comparisons have no such file
                const Outcome outcome = run(command + format);
                QVERIFY2(outcome.status == 1, (command + format).join(' ').toUtf8().constData());
                QVERIFY2(outcome.err.contains("nothing of what was asked for could be computed: "), outcome.err.constData());
                QCOMPARE(outcome.err.count('\n'), 1);
                QVERIFY(!outcome.out.isEmpty() || QFile::exists(at("none.h5")));
            }
        }
        // One number is enough.
        QCOMPARE(run({"analyze", bare, "--metric", "margin", "--metric", "load"}).status, 0);
        QCOMPARE(run({"compare", bare, bare, "--metric", "margin", "--metric", "load"}).status, 0);
    }

    void layersAndSites()
    {
        // Of trace M the layers are the places.
        const QStringList command{"analyze", m_trace, "--metric", "balance", "--json"};
        QCOMPARE(run(command + QStringList{"--layers", "1,3"}).status, 0);
        const auto rows = [&](const QStringList& options) -> QJsonValue {
            return QJsonDocument::fromJson(run(command + options).out).object().value("rows");
        };
        QCOMPARE(rows({"--layers", "1,3"}), rows({"--sites", "1,3"}));
        QVERIFY(rows({"--layers", "1,3"}) != rows({"--sites", "0"}));
        const Outcome none = run(command + QStringList{"--layers", "1,9"});
        QCOMPARE(none.status, 1);
        QVERIFY2(none.err.contains("the trace has no router at layer 9 (its routers are at layers 0-3)"), none.err);
        QCOMPARE(run(command + QStringList{"--layers", "1", "--sites", "1"}).status, 2);
    }

    void promptsOfATraceOfPromptsAreAll()
    {
        const auto rows = [&](const QStringList& options) {
            const Outcome outcome = run(QStringList{"analyze", m_trace, "--metric", "srp", "--json"} + options);
            return QJsonDocument::fromJson(outcome.out).object();
        };
        const QJsonObject all = rows({}), prompts = rows({"--phase", "prompt"});
        QVERIFY(all["rows"].toArray().size() > 10);
        QCOMPARE(prompts["rows"], all["rows"]);
        QCOMPARE(prompts["options"].toObject()["phase"].toString(), QString("prompt"));
        const Outcome tables = run({"analyze", m_trace, "--phase", "prompt", "--skip-first", "2"});
        QVERIFY2(tables.out.startsWith("trace M.h5: 4080 tokens in 8 sequences (of 4096 in 8: prompts, without"), tables.out);
    }

    /// In rows, options, heading and above tables; of no more sequences than there are nothing is a sample.
    void samplesSaySo()
    {
        const QStringList command{"analyze", m_trace, "--metric", "load", "--metric", "sch:m=4,rho=1", "--sample"};
        const Outcome outcome = run(command + QStringList{"3", "--json"});
        QCOMPARE(outcome.status, 0);
        const QJsonObject root = QJsonDocument::fromJson(outcome.out).object();
        QCOMPARE(root["options"].toObject()["sample"].toString(), QString("3"));
        double tokens = 0;
        for (const auto& row : root["rows"].toArray()) {
            QCOMPARE(row.toObject()["params"].toObject()["sample"].toDouble(), 3.);
            if (row.toObject()["metric"] == "load.count" && row.toObject()["site"] == 0)
                tokens = row.toObject()["n"].toDouble();
        }
        QCOMPARE(tokens, 3 * 512.);
        const QByteArray tables = run(command + QStringList{"3"}).out;
        QVERIFY2(tables.contains("a sample of 3 sequences") && tables.contains("sample = 3"), tables);
        const QByteArray whole = run(command + QStringList{"1000"}).out;
        QVERIFY2(!whole.contains("sample = "), whole);
        QVERIFY(run({"analyze", m_trace}).out.contains("On request, named with --metric"));
    }

    void usedWronglyIsTwo_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("no trace") << QStringList{};
        QTest::newRow("unknown option") << QStringList{m_trace, "--metrics", "load"};
        QTest::newRow("unknown metric") << QStringList{m_trace, "--metric", "loaf"};
        for (const char* sites : {"x", "1-", "3-1", "1,,2", "1,", "-1", "70000", "1-2-3", "", "0x1"})
            QTest::newRow(qPrintable(QString("sites '%1'").arg(sites)))
                << QStringList{m_trace, QString("--sites=") + sites};
        QTest::newRow("where without =") << QStringList{m_trace, "--where", "language"};
        QTest::newRow("where without label") << QStringList{m_trace, "--where", "=de"};
        QTest::newRow("misspelt metric") << QStringList{m_trace, "--metric", "loda"};
        QTest::newRow("unknown phase") << QStringList{m_trace, "--phase", "answer"};
        QTest::newRow("sample of one") << QStringList{m_trace, "--sample", "1"};
        QTest::newRow("sample and exact") << QStringList{m_trace, "--sample", "3", "--exact"};
        QTest::newRow("negative skip") << QStringList{m_trace, "--skip-first", "-3"};
        QTest::newRow("word for a number") << QStringList{m_trace, "--threads", "many"};
        QTest::newRow("two formats") << QStringList{m_trace, "--json", "--csv"};
        QTest::newRow("one trace twice") << QStringList{m_trace, m_folder.path() + "/./trace M.h5"};
        QTest::newRow("unknown ending") << QStringList{m_trace, "-o", at("out.xlsx")};
        QTest::newRow("HDF5 to nowhere") << QStringList{m_trace, "--hdf5"};
        QTest::newRow("no such parameter") << QStringList{m_trace, "--metric", "load:m=3"};
        QTest::newRow("no key") << QStringList{m_trace, "--metric", "load:3"};
        QTest::newRow("no parameter") << QStringList{m_trace, "--metric", "load:"};
        QTest::newRow("one replicate") << QStringList{m_trace, "--bootstrap", "1"};
        QTest::newRow("too many replicates") << QStringList{m_trace, "--bootstrap", "1000000"};
    }
    void usedWronglyIsTwo()
    {
        QFETCH(QStringList, arguments);
        const Outcome outcome = run(QStringList{"analyze"} + arguments);
        QCOMPARE(outcome.status, 2);
        QCOMPARE(outcome.out, QByteArray());
        QVERIFY(!outcome.err.isEmpty());
    }

    void failuresAreOneLine_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("message");
        QFile(at("text.h5")).open(QIODevice::WriteOnly);
        QFile text(at("text.h5"));
        QVERIFY(text.open(QIODevice::WriteOnly) && text.write("not a trace\n"));
        QTest::newRow("no file") << QStringList{at("nothing.h5")} << "nothing.h5";
        QTest::newRow("no trace") << QStringList{at("text.h5")} << "text.h5";
        QTest::newRow("no label") << QStringList{m_trace, "--by", "topic"}
                                  << "the trace has no label 'topic' (its labels: ";
        QTest::newRow("no label to filter")
            << QStringList{m_trace, "--where", "topic=x"} << "the trace has no label 'topic' (its labels: ";
        QTest::newRow("no value") << QStringList{m_trace, "--where", "language=en"}
                                  << "label 'language' has no value 'en' (its values: de, 日本語, a,\"b\")";
        QTest::newRow("no site") << QStringList{m_trace, "--sites", "2-4"}
                                 << "the trace has no site 4 (its sites: 0-3)";
    }
    void failuresAreOneLine()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, message);
        const Outcome outcome = run(QStringList{"analyze"} + arguments);
        QCOMPARE(outcome.status, 1);
        QCOMPARE(outcome.out, QByteArray());
        QVERIFY2(outcome.err.contains(message.toUtf8()), outcome.err.constData());
        QCOMPARE(outcome.err.count('\n'), 1);
    }

    void metricsAreListed()
    {
        const Outcome text = run({"metrics"}), json = run({"metrics", "--json"});
        QCOMPARE(text.status, 0);
        const QJsonArray list = QJsonDocument::fromJson(json.out).array();
        QCOMPARE(list.size(), qsizetype(metricRegistry().size()));
        QVERIFY(list.size() >= 7);
        for (const auto& metric : list) {
            for (const char* name : {"name", "definition", "source", "needs"})
                QVERIFY(!metric.toObject()[name].toString().isEmpty());
            QVERIFY(text.out.simplified().contains(metric.toObject()["definition"].toString().simplified().toUtf8()));
            for (const auto& param : metric.toObject()["params"].toArray()) {
                QVERIFY(text.out.contains(("param:  " + param.toObject()["name"].toString() + "=").toUtf8()));
                QVERIFY(!param.toObject()["kind"].toString().isEmpty());
            }
        }
        for (const QByteArray& line : text.out.split('\n'))
            QVERIFY2(line.size() <= 100 || !line.contains(' '), line.constData());
        const Outcome one = run({"metrics", "load", "balance"});
        QVERIFY(one.out.startsWith("load\n") && one.out.contains("\nbalance\n") && !one.out.contains("repetition"));
        QCOMPARE(QJsonDocument::fromJson(run({"metrics", "load", "--json"}).out).array().size(), 1);
        QCOMPARE(run({"metrics", "loaf"}).status, 2);
    }

    void intervalsAreShown()
    {
        const QStringList command{"analyze", m_trace, "--metric", "balance", "--bootstrap", "50"};
        const Outcome table = run(command), json = run(command + QStringList{"--json"});
        QVERIFY(table.out.contains("[95 %]") && table.out.contains(" ["));
        int intervals = 0;
        for (const auto& value : QJsonDocument::fromJson(json.out).object()["rows"].toArray()) {
            const QJsonObject row = value.toObject();
            const QJsonArray interval = row["interval"].toArray();
            if (interval.isEmpty())
                continue;
            ++intervals;
            QVERIFY(interval[0].toDouble() <= interval[1].toDouble());
        }
        QVERIFY(intervals > 20);
        QVERIFY(!run({"analyze", m_trace, "--metric", "balance"}).out.contains("[95 %]"));
    }

    void endingsChooseTheFormat()
    {
        const QStringList command{"analyze", m_trace, "--metric", "balance", "--metric", "load"};
        for (const char* name : {"o.json", "o.csv", "o.tex", "o.h5", "o.hdf5", "o.txt"})
            QCOMPARE(run(command + QStringList{"-o", at(name)}).status, 0);
        const auto content = [&](const char* name) {
            QFile file(at(name));
            return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
        };
        QCOMPARE(content("o.json"), run(command + QStringList{"--json"}).out);
        QCOMPARE(content("o.csv"), run(command + QStringList{"--csv"}).out);
        QCOMPARE(content("o.tex"), run(command + QStringList{"--latex"}).out);
        const QByteArray tables = content("o.txt"); // one line says what the file is
        QVERIFY(tables.startsWith("Tables of expertscope "));
        QCOMPARE(tables.mid(tables.indexOf("\n\n") + 2), run(command).out);
        QVERIFY(content("o.tex").contains("\\begin{tabular}"));
        // What the files hold is the same.
        const auto json = readResults(at("o.json").toStdString()), hdf5 = readResults(at("o.h5").toStdString());
        QVERIFY(json && hdf5);
        QVERIFY(json->origin == hdf5->origin && json->results.rows.size() > 500);
        std::ostringstream again;
        writeResultsJson(again, *hdf5);
        QCOMPARE(again.str(), content("o.json").toStdString());
        // An option wins over the ending.
        QCOMPARE(run(command + QStringList{"--csv", "-o", at("c.json")}).status, 0);
        QCOMPARE(content("c.json"), content("o.csv"));
    }

    void severalTraces()
    {
        const QString other = at("trace B.h5");
        writeTraceM(other, 'B');
        const Outcome outcome = run({"analyze", m_trace, other, "--json"});
        QVERIFY2(outcome.status == 0, outcome.err.constData());
        const QJsonObject root = QJsonDocument::fromJson(outcome.out).object();
        QCOMPARE(root["trace"].toArray().size(), 2);
        QCOMPARE(root["trace"].toArray()[1].toObject()["name"].toString(), QString("trace B"));
        // Each trace has the rows it has alone, but for its name.
        const auto alone = [](const QString& trace) {
            QJsonArray rows = QJsonDocument::fromJson(run({"analyze", trace, "--json"}).out).object()["rows"].toArray();
            return rows;
        };
        QHash<QString, QJsonArray> rowsOf;
        for (const auto& value : root["rows"].toArray()) {
            QJsonObject row = value.toObject(), others = row["other"].toObject();
            const MetricSpec* spec = named(metricRegistry(), row["metric"].toString().section('.', 0, 0).toStdString());
            QVERIFY(spec);
            if (spec->minTraces > 1)
                continue;
            const QString name = others.take("trace").toString();
            row["other"] = others.isEmpty() ? QJsonValue() : QJsonValue(others);
            rowsOf[name].append(row);
        }
        QCOMPARE(rowsOf.size(), 2);
        QCOMPARE(rowsOf["trace M"], alone(m_trace));
        QCOMPARE(rowsOf["trace B"], alone(other));
        const Outcome tables = run({"analyze", m_trace, other, "--metric", "balance"});
        QVERIFY(tables.out.contains("trace B") && tables.out.contains("trace M"));
        // Without a common token there is nothing to compare, and the rest still works.
        QCOMPARE(run({"analyze", m_trace, at("nothing.h5")}).status, 1);
    }

    void narrowTerminals()
    {
        for (const int columns : {40, 60, 80, 200}) {
            const Outcome outcome = run({"analyze", m_trace, "--by", "language", "--bootstrap", "10"}, columns);
            QCOMPARE(outcome.status, 0);
            // Nothing is wider than its key columns and one group of numbers need.
            for (const QByteArray& line : outcome.out.split('\n'))
                QVERIFY2(displayWidth(line.toStdString()) <= std::size_t(std::max(columns, 90)), line.constData());
        }
    }

    void tableCellsAreHarmless()
    {
        QCOMPARE(printable("a\x1b[31mb\n\xff"
                           "c\u202e"),
            std::string("a?[31mb??c?"));
        QCOMPARE(displayWidth("日本"), 4u);
        QCOMPARE(displayWidth("e\u0301"), 1u);
        QCOMPARE(wrapped("one two three", 8, 2), std::string("one two\n  three\n"));
        QCOMPARE(shortened("日本語abc", 6), std::string("日本…"));
        QCOMPARE(shortened("abc", 3), std::string("abc"));
    }
};

EXPERTSCOPE_TEST(TestAnalyzeCli)
#include "tst_analyze_cli.moc"
