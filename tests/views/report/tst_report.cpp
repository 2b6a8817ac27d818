// SPDX-License-Identifier: GPL-3.0-or-later
//
// A report: every chart or why not, one file that needs nothing else, the same bytes each time.
#include "tests/support/scored_trace.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"
#include "tests/views/load_fixture.h"
#include "views/report/pdf_outline.h"
#include "views/report/report.h"

#include <QRegularExpression>
#include <QSet>
#include <QTest>
#include <QXmlStreamReader>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

Report reportOf(const std::vector<std::shared_ptr<MemoryTrace>>& traces, const Scope& scope = {})
{
    std::vector<BlockSource*> sources;
    for (const auto& trace : traces)
        sources.push_back(trace.get());
    ReportRequest request;
    request.scope = scope;
    request.arguments = "trace.h5";
    return makeReport(expertscope::testing::studyOf(sources), request).value();
}

QStringList captured(const QString& pattern, const QString& text)
{
    QStringList found;
    for (auto it = QRegularExpression(pattern).globalMatch(text); it.hasNext();)
        found << it.next().captured(1);
    return found;
}

}

class TestReport : public QObject
{
    Q_OBJECT

    Report m_report;

private slots:
    void initTestCase() { m_report = reportOf({scoredTrace()}); }

    void everyChartIsThereOrItsReason()
    {
        QSet<QString> there;
        for (const ReportSection& section : m_report.sections) {
            QVERIFY(!section.drawings.empty() && !section.definition.isEmpty());
            QCOMPARE(section.command, "expertscope figure " + QString::fromStdString(section.chart) + " trace.h5 -o "
                    + QString::fromStdString(section.chart) + ".pdf");
            there << section.title;
        }
        for (const auto& [title, why] : m_report.notDrawn) {
            QVERIFY(!why.isEmpty() && !there.contains(title));
            there << title;
        }
        for (const ChartSpec& chart : chartRegistry())
            QVERIFY2(there.contains(chart.title), chart.name.c_str());
        QVERIFY(m_report.sections.size() > chartRegistry().size() / 2);
        QCOMPARE(m_report.remarks.title, std::string("Remarkable"));
        QVERIFY(!m_report.remarks.sentences.empty());
    }

    void theFiguresAreThoseOfTheCommand()
    {
        const auto trace = scoredTrace();
        const Study study = expertscope::testing::studyOf({trace.get()});
        for (const ReportSection& section : m_report.sections) {
            FigureSpec spec = section.drawings.front().figure.spec;
            spec.look = {}; // as the chart would have it
            const auto figure = makeFigure(study, spec);
            VERIFY_OK(figure);
            QVERIFY2(figure->csv() == section.drawings.front().figure.csv(), section.chart.c_str());
        }
    }

    void aPageOfItsOwn()
    {
        const auto html = reportHtml(m_report);
        VERIFY_OK(html);
        const QString text = QString::fromUtf8(*html);
        QVERIFY(text.startsWith("<!DOCTYPE html>\n<html lang=\"en\">"));
        QVERIFY(html->size() < 5'000'000);
        // Nothing is fetched and nothing runs.
        QVERIFY(!text.contains("<script", Qt::CaseInsensitive) && !text.contains("<link", Qt::CaseInsensitive));
        for (const QString& address : captured("(?:src|href|url)\\s*[=(]\\s*[\"']?([^\"')\\s>]+)", text))
            QVERIFY2(address.startsWith('#') || address.startsWith("data:"), qPrintable(address.left(80)));
        // Names are unique, and each link leads somewhere.
        const QStringList ids = captured("\\sid=\"([^\"]+)\"", text);
        QCOMPARE(QSet<QString>(ids.begin(), ids.end()).size(), ids.size());
        for (const QString& target : captured("href=\"#([^\"]+)\"", text))
            QVERIFY2(ids.contains(target), qPrintable(target));
        // Every drawing is XML as it stands, and says what it is.
        const QStringList drawings = captured("(<svg.*?</svg>)", QString(text).replace('\n', ' '));
        QCOMPARE(std::size_t(drawings.size()), m_report.sections.size());
        for (const QString& drawing : drawings) {
            QXmlStreamReader reader(drawing);
            while (!reader.atEnd())
                reader.readNext();
            QVERIFY2(!reader.hasError(), qPrintable(reader.errorString()));
            QVERIFY(drawing.contains("role=\"img\" aria-label=\""));
        }
    }

    void namesCannotBreakThePage()
    {
        Report report = m_report;
        report.title = "<b>&\"'";
        report.traces.front().facts.front().second = "</table><script>";
        const QString text = QString::fromUtf8(reportHtml(report).value());
        QVERIFY(text.contains("<h1>&lt;b&gt;&amp;&quot;") && !text.contains("<script"));
    }

    void pagesWithAnOutline()
    {
        const auto pdf = reportPdf(m_report);
        VERIFY_OK(pdf);
        QVERIFY(pdf->startsWith("%PDF-1.") && pdf->endsWith("%%EOF\n"));
        QVERIFY(pdf->contains("/PageMode /UseOutlines"));
        QCOMPARE(std::size_t(pdf->count("/Title <FEFF")), m_report.sections.size());
        QVERIFY(pdf->contains("/Title <FEFF004C006F00610064>")); // Load
        // The table behind the end points at what it says.
        const qsizetype start = pdf->lastIndexOf("startxref\n") + 10;
        const qsizetype table = pdf->mid(start, pdf->indexOf('\n', start) - start).toLongLong();
        QCOMPARE(pdf->mid(table, 5), QByteArray("xref\n"));
        int objects = 0;
        for (const QString& offset : captured("(\\d{10}) 00000 n ", QString::fromLatin1(pdf->mid(table)))) {
            QVERIFY(QRegularExpression("^\\d+ 0 obj").match(QString::fromLatin1(pdf->mid(offset.toLongLong(), 20))).hasMatch());
            ++objects;
        }
        QCOMPARE(std::size_t(objects), m_report.sections.size() + 2);
        QVERIFY(!withOutline("no PDF", {{"a", 0, 0}}));
        QVERIFY(!withOutline(*pdf, {{"a", 1000, 0}}));
    }

    void bytesAreStable()
    {
        const Report again = reportOf({scoredTrace()});
        QVERIFY(reportHtml(again).value() == reportHtml(m_report).value());
        QVERIFY(reportPdf(again).value() == reportPdf(m_report).value());
    }

    void twoTracesAreCompared()
    {
        const Report report = reportOf({scoredTrace(), scoredTrace(6, 32, 150)});
        QCOMPARE(report.traces.size(), std::size_t(2));
        QVERIFY(report.title.contains(" and "));
        const auto load = std::ranges::find(report.sections, "load", &ReportSection::chart);
        QVERIFY(load != report.sections.end());
        QCOMPARE(load->drawings.size(), std::size_t(3));
        QVERIFY(load->drawings[0].figure.spec.look.limits.has_value());
        QCOMPARE(load->drawings[0].figure.spec.look.limits, load->drawings[1].figure.spec.look.limits);
        QVERIFY2(load->drawings[2].caption.contains(" − "), qPrintable(load->drawings[2].caption));
        const auto balance = std::ranges::find(report.sections, "balance", &ReportSection::chart);
        QCOMPARE(balance->drawings.size(), std::size_t(1));
        QVERIFY(reportHtml(report).has_value());
    }

    void aPartIsSaid()
    {
        Scope german;
        german.where = {{"language", "de"}};
        const Report report = reportOf({scoredTrace()}, german);
        QCOMPARE(report.tokens, QString("language=de"));
        QVERIFY(reportHtml(report)->contains("of the tokens with language=de"));
        ReportRequest nothing;
        nothing.scope = german;
        nothing.scope.without = german.where;
        const auto trace = scoredTrace();
        QVERIFY(!makeReport(expertscope::testing::studyOf({trace.get()}), nothing));
    }

    void cancelIsHeard()
    {
        const auto trace = scoredTrace();
        for (const int after : {0, 5, 40}) {
            int calls = 0;
            const auto report = makeReport(
                expertscope::testing::studyOf({trace.get()}), {}, [&](double) { return calls++ < after; });
            if (!report)
                QCOMPARE(report.error().what, std::string(kCancelled));
            else
                QVERIFY(calls <= after);
        }
    }
};

EXPERTSCOPE_TEST(TestReport)
#include "tst_report.moc"
