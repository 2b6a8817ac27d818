// SPDX-License-Identifier: GPL-3.0-or-later
//
// `expertscope figure` as a process: without a display, under other scales and locales, and what it says when something
// is wrong.
#include "tests/support/scored_trace.h"
#include "tests/support/test_main.h"
#include "tests/views/figure/figure_process.h"
#include "tests/views/trace_fixture.h"

#include <QDir>
#include <QElapsedTimer>
#include <QImage>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include <sys/resource.h>

using namespace expertscope;
using namespace expertscope::testing;

class TestFigureCommand : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    QString file(const QString& name) const { return m_dir.filePath(name); }

private slots:
    void initTestCase()
    {
        QVERIFY(m_dir.isValid());
        const auto written = writeTrace(*scoredTrace(), file("trace.h5").toStdString());
        QVERIFY2(written.has_value(), written ? "" : written.error().message().c_str());
    }

    void writesFigureDataAndSpec_data()
    {
        QTest::addColumn<QString>("suffix");
        QTest::addColumn<QByteArray>("magic");
        QTest::newRow("pdf") << "pdf" << QByteArray("%PDF-1.");
        QTest::newRow("svg") << "svg" << QByteArray("<?xml");
        QTest::newRow("png") << "png" << QByteArray("\x89PNG");
    }
    void writesFigureDataAndSpec()
    {
        QFETCH(QString, suffix);
        QFETCH(QByteArray, magic);
        const QString name = file("first." + suffix);
        const Result result = run(kExpertscope, {"figure", "load", file("trace.h5"), "-o", name});
        QVERIFY2(result.status == 0, result.err.constData());
        QCOMPARE(result.err, QByteArray());
        QCOMPARE(result.out, (name + "\n" + file("first.csv") + "\n" + file("first.json") + "\n").toUtf8());
        QVERIFY(content(name).startsWith(magic));
        QVERIFY(content(file("first.csv")).contains("\n1,0,0,"));
    }

    void otherFontsAreSaid()
    {
        QVERIFY(QDir(m_dir.path()).mkpath("share/fonts"));
        QVERIFY(QFile::copy(EXPERTSCOPE_TEST_DATA "/fonts/fallback.ttf", file("share/fonts/fallback.ttf")));
        const QMap<QString, QString> own{{"XDG_DATA_HOME", file("share")}, {"XDG_CACHE_HOME", file("font-cache")}};
        const Result result = run(kExpertscope,
            {"figure", "load", file("trace.h5"), "-o", file("ideographs.pdf"), "--title", QString::fromUtf8("専門家")}, own);
        QVERIFY2(result.status == 0, result.err.constData());
        QVERIFY2(result.err.startsWith("set in ") && result.err.endsWith(": characters that Liberation Sans lacks\n"),
            result.err.constData());
        QVERIFY(content(file("ideographs.json")).contains("\"fallbacks\""));
    }

    void theSpecGivesTheSameBytesElsewhere()
    {
        const QStringList options{"--where", "language=de", "--against", "all", "--width", "3.5in", "--font-size", "8"};
        QCOMPARE(
            run(kExpertscope, QStringList{"figure", "load", file("trace.h5"), "-o", file("a.pdf")} + options).status,
            0);
        QDir(m_dir.path()).mkdir("sub");
        const QMap<QString, QString> other{
            {"LC_ALL", "de_DE.UTF-8"}, {"QT_SCALE_FACTOR", "2"}, {"QT_FONT_DPI", "144"}, {"TZ", "Asia/Tokyo"}};
        const Result result =
            run(kExpertscope, {"figure", "load", "--spec", file("a.json"), "-o", file("sub/b.pdf"), "--json"}, other);
        QVERIFY2(result.status == 0, result.err.constData());
        QCOMPARE(content(file("sub/b.pdf")), content(file("a.pdf")));
        QVERIFY(!content(file("a.pdf")).isEmpty());
        QVERIFY(result.out.startsWith("{\"written\":["));
        QVERIFY(content(file("sub/b.json")).contains("\"../trace.h5\""));
        // SOURCE_DATE_EPOCH decides the date.
        QCOMPARE(run(kExpertscope, {"figure", "load", "--spec", file("a.json"), "-o", file("c.pdf"), "--alone"},
                     {{"SOURCE_DATE_EPOCH", "86400"}})
                     .status,
            0);
        QVERIFY(content(file("c.pdf")).contains("(D:19700102000000Z)"));
        QVERIFY(!QFile::exists(file("c.json")));
    }

    void phasesAreThoseOfTheSequences()
    {
        const auto trace = scoredTrace();
        RoutingShape& shape = trace->editShape();
        for (std::size_t s = 0; s < shape.sequences.size(); ++s)
            shape.sequences[s].promptLength = shape.sequences[s].length / 4 + std::uint32_t(s);
        QVERIFY(writeTrace(*trace, file("phases.h5").toStdString()).has_value());
        for (const bool decode : {false, true}) {
            std::vector<std::uint64_t> counts(32); // of the first site
            for (const Sequence& sequence : shape.sequences) {
                for (std::uint32_t t = 0; t < sequence.length; ++t) {
                    const std::size_t token = std::size_t(sequence.begin) + t;
                    for (std::size_t r = 0; r < shape.numSlots && (t >= sequence.promptLength) == decode; ++r)
                        ++counts[trace->ids[0][token * shape.numSlots + r]];
                }
            }
            const QString phase = decode ? "decode" : "prompt", name = file(phase + ".pdf");
            const Result result =
                run(kExpertscope, {"figure", "load", file("phases.h5"), "-o", name, "--phase", phase});
            QVERIFY2(result.status == 0, result.err.constData());
            const QByteArray csv = content(file(phase + ".csv"));
            for (std::size_t e = 0; e < counts.size(); ++e) {
                const qsizetype at = csv.indexOf(QString("\n1,0,%1,").arg(e).toUtf8());
                QVERIFY2(at >= 0, csv.constData());
                QCOMPARE(csv.mid(at + 1).split('\n')[0].split(',')[4].toULongLong(), qulonglong(counts[e]));
            }
            QVERIFY(content(file(phase + ".json")).contains("\"phase\": \"" + phase.toUtf8() + '"'));
            QCOMPARE(
                run(kExpertscope, {"figure", "load", "--spec", file(phase + ".json"), "-o", file("again.pdf")}).status, 0);
            QCOMPARE(content(file("again.pdf")), content(name));
        }
        QVERIFY(content(file("prompt.csv")) != content(file("decode.csv")));
        const Result report =
            run(kExpertscope, {"report", file("phases.h5"), "-o", file("phases.html"), "--phase", "decode"});
        QVERIFY2(report.status == 0, report.err.constData());
        QVERIFY(content(file("phases.html")).contains(" --phase decode -o load.pdf"));
        QVERIFY(content(file("phases.html")).contains("generated tokens"));
    }

    void everyChartGivesTheSameBytesInEveryRun()
    {
        QVERIFY(writeTrace(*scoredTrace(), file("again.h5").toStdString()).has_value());
        const Result list = run(kExpertscope, {"figure", "--list"});
        QCOMPARE(list.status, 0);
        int charts = 0;
        for (const QByteArray& line : list.out.split('\n')) {
            const QString chart = QString::fromUtf8(line.left(line.indexOf(' ')));
            if (chart.isEmpty())
                continue; // the definition goes on
            ++charts;
            QMap<QString, QByteArray> before;
            for (int round = 0; round < 3; ++round) { // Qt's hashes are in another order in each
                const QString name = file(chart + ".pdf");
                QStringList traces{file("trace.h5")};
                if (chart == "training" || chart == "expert_life")
                    traces << file("again.h5");
                const Result result = run(kExpertscope, QStringList{"figure", chart} + traces + QStringList{"-o", name});
                QVERIFY2(result.status == 0, result.err.constData());
                for (const char* suffix : {".pdf", ".csv", ".json"}) {
                    const QByteArray bytes = content(file(chart + suffix));
                    QVERIFY(!bytes.isEmpty());
                    if (round > 0)
                        QVERIFY2(bytes == before[suffix], qPrintable(chart + suffix));
                    before[suffix] = bytes;
                }
            }
        }
        QVERIFY(charts >= 4);
    }

    void whatIsWrongIsOneLine_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("status");
        QTest::addColumn<QString>("message");
        const auto row = [](const char* name, QStringList arguments, int status, const char* message) {
            QTest::newRow(name) << arguments << status << QString(message);
        };
        row("no trace", {"no.h5", "-o", "x.pdf"}, 1, "expertscope: no.h5: ");
        row("not a trace", {"text.txt", "-o", "x.pdf"}, 1, "expertscope: text.txt: ");
        row("label", {"trace.h5", "-o", "x.pdf", "--where", "lang=de"}, 1, "lang");
        row("value", {"trace.h5", "-o", "x.pdf", "--where", "language=xx"}, 1, "xx");
        row("no equals", {"trace.h5", "-o", "x.pdf", "--where", "de"}, 2,
            "expertscope: --where: 'de' is no LABEL=VALUE");
        row("nothing left", {"trace.h5", "-o", "x.pdf", "--where", "language=de", "--where", "language=fr"}, 1,
            "no token is left: none of the ");
        row("all skipped", {"trace.h5", "-o", "x.pdf", "--skip-first", "1000000"}, 1,
            "the first 1,000,000 of each are left out");
        row("phase", {"trace.h5", "-o", "x.pdf", "--phase", "decod"}, 2,
            "expertscope: --phase: 'decod' is none of prompt, decode (did you mean decode?)");
        row("phase that nothing is of", {"trace.h5", "-o", "x.pdf", "--phase", "decode"}, 1, "none was generated");
        row("sites and layers", {"trace.h5", "-o", "x.pdf", "--sites", "0", "--layers", "1"}, 2, "not both");
        row("layer", {"trace.h5", "-o", "x.pdf", "--layers", "999"}, 1, "the trace has no router at layer 999");
        row("width", {"trace.h5", "-o", "x.pdf", "--width", "wide"}, 2, "expertscope: --width wide: is not a length");
        row("colour", {"trace.h5", "-o", "x.pdf", "--colour", "jet"}, 2,
            "expertscope: --colour jet: is none of viridis");
        row("limits", {"trace.h5", "-o", "x.pdf", "--limits", "3"}, 2, "expertscope: --limits 3: is not LOW,HIGH");
        row("limits turned", {"trace.h5", "-o", "x.pdf", "--limits", "3,1"}, 1, "figure: look.limits");
        row("metric", {"trace.h5", "-o", "x.pdf", "--metric", "x"}, 2, "expertscope: --metric x: is none of");
        row("nearest choice", {"trace.h5", "-o", "x.pdf", "--metric", "shaer"}, 2, "(did you mean share?)");
        row("nearest colour", {"trace.h5", "-o", "x.pdf", "--colour", "virdis"}, 2, "(did you mean viridis?)");
        row("nearest venue", {"trace.h5", "-o", "x.pdf", "--venue", "ICML"}, 2, "(did you mean icml?)");
        row("nearest value", {"trace.h5", "-o", "x.pdf", "--where", "langauge=de"}, 1, "(did you mean language? its labels: ");
        row("font", {"trace.h5", "-o", "x.pdf", "--font", "Nope"}, 1, "expertscope: Nope: no such font family");
        row("glyph", {"trace.h5", "-o", "x.pdf", "--title", QString::fromUcs4(U"\U0010FFF0", 1)}, 1,
            "lacks the character U+10FFF0");
        row("suffix", {"trace.h5", "-o", "x.bmp"}, 1, "expertscope: x.bmp: is no kind of figure");
        row("folder", {"trace.h5", "-o", "no/such/x.pdf"}, 1, "no/such/x.pdf");
        row("spec", {"-o", "x.pdf", "--spec", "none.json"}, 1, "expertscope: none.json: ");
        row("bad spec", {"-o", "x.pdf", "--spec", "text.txt"}, 1, "expertscope: text.txt:1: not JSON");
        row("no trace at all", {"-o", "x.pdf"}, 2, "expertscope: figure: which trace?");
        row("output", {"trace.h5"}, 2, "--output");
    }
    void whatIsWrongIsOneLine()
    {
        QFETCH(QStringList, arguments);
        QFETCH(int, status);
        QFETCH(QString, message);
        QFile text(file("text.txt"));
        QVERIFY(text.open(QIODevice::WriteOnly));
        text.write("no trace, no spec\n");
        text.close();
        const Result result = run(kExpertscope, QStringList{"figure", "load"} + arguments, {}, m_dir.path());
        QVERIFY2(result.err.contains(message.toUtf8()), result.err.constData());
        QCOMPARE(result.status, status);
        if (status == 1)
            QCOMPARE(result.err.count('\n'), 1);
        QVERIFY(!QFile::exists(file("x.pdf")) && !QFile::exists(file("x.csv")));
    }

    void anotherTraceUnderTheNameIsNoticed()
    {
        QCOMPARE(run(kExpertscope, {"figure", "load", file("trace.h5"), "-o", file("d.pdf")}).status, 0);
        QByteArray spec = content(file("d.json"));
        QVERIFY(writeTrace(*loadTrace(4, 16), file("other.h5").toStdString()).has_value());
        spec.replace("trace.h5", "other.h5");
        QFile changed(file("e.json"));
        QVERIFY(changed.open(QIODevice::WriteOnly));
        changed.write(spec);
        changed.close();
        const Result result = run(kExpertscope, {"figure", "load", "--spec", file("e.json"), "-o", file("e.pdf")});
        QCOMPARE(result.status, 1);
        QVERIFY2(result.err.contains("is not the trace this figure was made of"), result.err.constData());
        // Named on purpose it may be drawn.
        QCOMPARE(run(kExpertscope, {"figure", "load", file("other.h5"), "--spec", file("e.json"), "-o", file("f.pdf")})
                     .status,
            0);
        // Under the spec's own name it would have to replace what it reads.
        QCOMPARE(run(kExpertscope, {"figure", "load", file("other.h5"), "--spec", file("e.json"), "-o", file("e.pdf")})
                     .status,
            1);
        QVERIFY(content(file("e.json")) == spec);
    }

    void aBuildWithoutFiguresSaysSo()
    {
        QDir(m_dir.path()).mkpath("bare/bin");
        const QString copy = file("bare/bin/expertscope");
        QVERIFY(QFile::copy(kExpertscope, copy));
        const Result result = run(copy, {"figure", "load", file("trace.h5"), "-o", file("none.pdf")});
        QCOMPARE(result.status, 1);
        QVERIFY2(result.err.contains("this build has no figures"), result.err.constData());
        QCOMPARE(result.err.count('\n'), 1);
    }
};

EXPERTSCOPE_TEST(TestFigureCommand)
#include "tst_figure_command.moc"
