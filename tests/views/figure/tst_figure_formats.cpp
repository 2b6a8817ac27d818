// SPDX-License-Identifier: GPL-3.0-or-later
//
// `expertscope figure` in every format, for every venue, and all charts at once.
#include "tests/support/test_main.h"
#include "tests/support/verify.h"
#include "tests/views/figure/figure_process.h"
#include "tests/views/trace_fixture.h"
#include "views/figure/venues.h"

#include <QDir>
#include <QRegularExpression>
#include <QSet>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace expertscope;
using namespace expertscope::testing;

class TestFigureFormats : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    QString file(const QString& name) const { return m_dir.filePath(name); }
    /// Width and height in points that a line such as "%%BoundingBox: 0 0 234 94" says.
    static QSizeF boxOf(const QByteArray& text, const QString& key)
    {
        const auto found = QRegularExpression(key + ": 0 0 ([\\d.]+) ([\\d.]+)").match(QString::fromLatin1(text));
        return {found.captured(1).toDouble(), found.captured(2).toDouble()};
    }

private slots:
    void initTestCase()
    {
        QVERIFY(m_dir.isValid());
        VERIFY_OK(writeTrace(*loadTrace(), file("trace.h5").toStdString()));
    }

    void oneFigureInEveryFormat()
    {
        const Result all = run(kExpertscope,
            {"figure", "load", "trace.h5", "-o", "a.pdf", "-o", "a.svg", "-o", "a.png", "-o", "a.eps", "-o", "sub/b.pdf"}, {},
            (QDir(m_dir.path()).mkpath("sub"), m_dir.path()));
        QVERIFY2(all.status == 0, all.err);
        const QStringList written = QString::fromUtf8(all.out).split('\n', Qt::SkipEmptyParts);
        QCOMPARE(written,
            (QStringList{"a.pdf", "a.svg", "a.png", "a.eps", "sub/b.pdf", "a.csv", "a.json", "sub/b.csv", "sub/b.json"}));
        for (const QString& name : written)
            QVERIFY2(!content(file(name)).isEmpty(), qPrintable(name));
        QCOMPARE(content(file("sub/b.pdf")), content(file("a.pdf")));
        // Another time the same, and where one cannot be written none is.
        const QByteArray eps = content(file("a.eps"));
        QCOMPARE(run(kExpertscope, {"figure", "load", "trace.h5", "-o", "a.eps"}, {}, m_dir.path()).status, 0);
        QCOMPARE(content(file("a.eps")), eps);
        const Result wrong =
            run(kExpertscope, {"figure", "load", "trace.h5", "-o", "c.pdf", "-o", "no/c.svg"}, {}, m_dir.path());
        QCOMPARE(wrong.status, 1);
        QVERIFY2(wrong.err.contains("no/c.svg"), wrong.err);
        QVERIFY(!QFile::exists(file("c.pdf")));
        QCOMPARE(run(kExpertscope, {"figure", "load", "trace.h5", "-o", "d.pdf", "-o", "d.pdf"}, {}, m_dir.path()).status, 1);
    }

    /// Check 15 of C4: the box is the size, fonts are embedded as Type 42, none is Type 3.
    void epsIsOfTheSizeWithItsFonts()
    {
        const Result made = run(kExpertscope,
            {"figure", "load", "trace.h5", "-o", "e.eps", "--width", "89mm", "--height", "50mm", "--alone"}, {}, m_dir.path());
        QVERIFY2(made.status == 0, made.err);
        const QByteArray eps = content(file("e.eps"));
        QVERIFY(eps.startsWith("%!PS-Adobe-3.0 EPSF-3.0"));
        const QSizeF box = boxOf(eps, "HiResBoundingBox");
        QVERIFY(std::abs(box.width() - 89 * kPointsPerMm) < 0.01 && std::abs(box.height() - 50 * kPointsPerMm) < 0.01);
        QVERIFY(eps.contains("/FontType 42") && !eps.contains("/FontType 3 "));
        QVERIFY(eps.contains(", figure spec sha256:"));
        // A figure of ours, which the next one may replace; a stranger's is not.
        QCOMPARE(run(kExpertscope, {"figure", "balance", "trace.h5", "-o", "e.eps", "--alone"}, {}, m_dir.path()).status, 0);
        QFile other(file("other.eps"));
        QVERIFY(other.open(QIODevice::WriteOnly) && other.write("%!PS-Adobe-3.0 EPSF-3.0\n") > 0);
        other.close();
        QCOMPARE(run(kExpertscope, {"figure", "load", "trace.h5", "-o", "other.eps", "--alone"}, {}, m_dir.path()).status, 1);
    }

    void outlinesNeedNoFont()
    {
        const auto sizeOf = [](const QByteArray& svg) {
            return QRegularExpression("width=\"[\\d.]+mm\" height=\"[\\d.]+mm\" viewBox=\"[^\"]*\"")
                .match(QString::fromUtf8(svg))
                .captured();
        };
        for (const char* name : {"t.svg", "o.svg"}) {
            QStringList line{"figure", "load", "trace.h5", "-o", name, "--alone"};
            if (*name == 'o')
                line << "--outlines";
            const Result made = run(kExpertscope, line, {}, m_dir.path());
            QVERIFY2(made.status == 0, made.err);
        }
        const QByteArray text = content(file("t.svg")), outlines = content(file("o.svg"));
        QVERIFY(text.contains("<text") && !outlines.contains("<text") && !outlines.contains("font-family"));
        QVERIFY(!sizeOf(text).isEmpty());
        QCOMPARE(sizeOf(outlines), sizeOf(text));
        QVERIFY(outlines.contains("<title>load figure of trace.h5</title>"));
    }

    void aMissingProgramIsNamed()
    {
        const Result eps =
            run(kExpertscope, {"figure", "load", "trace.h5", "-o", "m.eps"}, {{"PATH", file("nothing")}}, m_dir.path());
        QCOMPARE(eps.status, 1);
        QVERIFY2(eps.err.count('\n') == 1 && eps.err.contains("pdftops") && eps.err.contains("poppler-utils"), eps.err);
        QVERIFY(!QFile::exists(file("m.eps")) && !QFile::exists(file("m.csv")));
    }

    void everyVenue_data()
    {
        QTest::addColumn<QString>("name");
        for (const Venue& venue : venues())
            QTest::addRow("%s", venue.name.c_str()) << QString::fromStdString(venue.name);
    }
    void everyVenue()
    {
        QFETCH(QString, name);
        const Venue& venue = **findVenue(name.toStdString());
        QVERIFY(venue.year > 2000 && !venue.title.isEmpty() && !venue.source.isEmpty());
        QVERIFY(venue.columnMm >= 70 && venue.fullMm >= venue.columnMm && venue.fontPt >= 5);
        for (const char* span : {"column", "full"}) {
            const Result made = run(kExpertscope,
                {"figure", "load", "trace.h5", "-o", "v.eps", "-o", "v.pdf", "--venue", name, "--span", span, "--alone"}, {},
                m_dir.path());
            QVERIFY2(made.status == 0, made.err);
            const double width = (*span == 'c' ? venue.columnMm : venue.fullMm) * kPointsPerMm;
            QVERIFY(std::abs(boxOf(content(file("v.eps")), "HiResBoundingBox").width() - width) < 0.01);
            QVERIFY(content(file("v.pdf")).contains(venue.font.contains("Serif") ? "LiberationSerif" : "LiberationSans"));
        }
    }

    void whatIsNamedBesideAVenueOverridesIt()
    {
        const Result made = run(kExpertscope,
            {"figure", "load", "trace.h5", "-o", "w.pdf", "--venue", "nature", "--width", "100mm", "--font-size", "9"}, {},
            m_dir.path());
        QVERIFY2(made.status == 0, made.err);
        const QByteArray spec = content(file("w.json"));
        QVERIFY2(spec.contains("\"width_mm\": 100") && spec.contains("\"size_pt\": 9"), spec);
        const Result high = run(kExpertscope,
            {"figure", "load", "trace.h5", "-o", "h.pdf", "--venue", "nature", "--height", "180mm"}, {}, m_dir.path());
        QCOMPARE(high.status, 1);
        QVERIFY2(high.err.contains("Nature allows 170"), high.err);
    }

    void allChartsAtOnce()
    {
        const Result all = run(kExpertscope,
            {"figure", "--all", "figures", "trace.h5", "--format", "pdf,svg", "--venue", "icml"}, {}, m_dir.path());
        QVERIFY2(all.status == 0, all.err);
        // Each is drawn or said not to be.
        QSet<QString> told;
        for (const QString& line : QString::fromUtf8(all.err).split('\n', Qt::SkipEmptyParts)) {
            QVERIFY2(line.startsWith("not drawn: "), qPrintable(line));
            told << line.section(": ", 1, 1);
        }
        for (const ChartSpec& chart : chartRegistry()) {
            const QString name = QString::fromStdString(chart.name);
            for (const char* ending : {".pdf", ".svg", ".csv", ".json"})
                QVERIFY2(QFile::exists(file("figures/" + name + ending)) != told.contains(name), qPrintable(name + ending));
        }
        QVERIFY(!told.contains("load") && !told.contains("balance"));
        // The same as alone.
        QCOMPARE(run(kExpertscope, {"figure", "load", "trace.h5", "-o", "figures/again.pdf", "--venue", "icml"}, {},
                     m_dir.path()).status,
            0);
        QCOMPARE(content(file("figures/again.pdf")), content(file("figures/load.pdf")));
        const Result nothing = run(kExpertscope, {"figure", "--all", "none", "no.h5"}, {}, m_dir.path());
        QVERIFY(nothing.status == 1 && !QFile::exists(file("none")));
    }

    void aPapersFiguresInOneCall()
    {
        const auto draw = [&](const QStringList& arguments) {
            return run(kExpertscope, QStringList{"figure"} + arguments, {}, m_dir.path());
        };
        QCOMPARE(draw({"load", "trace.h5", "-o", "one.pdf", "--where", "language=de"}).status, 0);
        QCOMPARE(draw({"balance", "trace.h5", "-o", "two.pdf", "--width", "60mm"}).status, 0);
        const Result both = draw({"--all", "paper", "--spec", "one.json", "--spec", "two.json", "--format", "pdf,eps"});
        QVERIFY2(both.status == 0 && both.err.isEmpty(), both.err);
        for (const char* name : {"one", "two"}) {
            QCOMPARE(content(file(QString("paper/%1.pdf").arg(name))), content(file(QString("%1.pdf").arg(name))));
            QVERIFY(content(file(QString("paper/%1.eps").arg(name))).startsWith("%!PS"));
        }
        // Where the specs lie they stay.
        const QByteArray spec = content(file("one.json"));
        QCOMPARE(draw({"--all", ".", "--spec", "one.json", "--spec", "two.json"}).status, 0);
        QCOMPARE(content(file("one.json")), spec);
        const Result wrong = draw({"--all", "paper", "--spec", "no.json"});
        QVERIFY2(wrong.status == 1 && wrong.err.contains("no.json"), wrong.err);
    }
};

EXPERTSCOPE_TEST(TestFigureFormats)
#include "tst_figure_formats.moc"
