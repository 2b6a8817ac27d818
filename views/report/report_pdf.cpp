// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/report/report.h"

#include "views/figure/page.h"
#include "views/figure/pdf_patch.h"
#include "views/paint/fonts.h"
#include "views/report/pdf_outline.h"

#include <QBuffer>
#include <QPageSize>
#include <QPdfWriter>
#include <QTextDocument>
#include <QTextLayout>

#include <qcustomplot.h>

#include <cmath>

namespace expertscope {

namespace {

const QSizeF kA4(210 * kPointsPerMm, 297 * kPointsPerMm);
constexpr double kMargin = 42, kGap = 12; ///< points
constexpr int kTitlePt = 16, kHeadPt = 12, kTextPt = 9;

/// Writes downwards, a page after the other.
class Paper
{
public:
    Paper(QPdfWriter& writer, QCPPainter& painter, const QFont& font)
        : m_writer(writer)
        , m_painter(painter)
        , m_font(font)
        , m_y(kMargin)
    {
    }

    int page() const { return m_page; }
    double y() const { return m_y; }
    double width() const { return std::floor(kA4.width()) - 2 * kMargin; }

    /// Room for what must not be divided; on the next page, where this one has not enough.
    void need(double height)
    {
        if (m_y + height > kA4.height() - kMargin && m_y > kMargin) {
            m_writer.newPage();
            ++m_page;
            m_y = kMargin;
        }
    }
    void space(double points) { m_y += points; }

    void text(const QString& text, int pt, bool bold = false, const QColor& colour = Qt::black, double indent = 0)
    {
        QFont font = m_font;
        font.setPixelSize(pt);
        font.setBold(bold);
        QTextLayout layout(text, font);
        layout.beginLayout();
        for (QTextLine line = layout.createLine(); line.isValid(); line = layout.createLine())
            line.setLineWidth(width() - indent);
        layout.endLayout();
        m_painter.setPen(colour);
        for (int i = 0; i < layout.lineCount(); ++i) {
            const QTextLine line = layout.lineAt(i);
            const double height = std::ceil(1.3 * pt);
            need(height);
            m_painter.setFont(font);
            m_painter.drawText(QPointF(kMargin + indent, m_y + line.ascent()),
                text.mid(line.textStart(), line.textLength()).trimmed());
            m_y += height;
        }
    }

    Expected<void> figure(const Figure& figure)
    {
        ES_ASSIGN(const auto page, Page::create(figure, kMaxPdfRectangles));
        need(page->height());
        page->paint(m_painter, {kMargin, m_y});
        m_y += page->height();
        return {};
    }
    static double heightOf(const Figure& figure) { return figure.spec.page.heightMm * kPointsPerMm; }

private:
    QPdfWriter& m_writer;
    QCPPainter& m_painter;
    QFont m_font;
    double m_y;
    int m_page = 0;
};

const QColor kFaint(0x5a, 0x5a, 0x5a);

void begin(Paper& paper, const Report& report)
{
    paper.text(report.title, kTitlePt, true);
    paper.text(report.sections.front().drawings.front().figure.spec.tool
            + (report.tokens.isEmpty() ? QString() : "; of the tokens with " + report.tokens),
        kTextPt, false, kFaint);
    paper.space(kGap);
    if (!report.remarks.title.empty()) {
        paper.text(QString::fromStdString(report.remarks.title), kHeadPt, true);
        paper.text(QString::fromStdString(report.remarks.rest), kTextPt, false, kFaint);
        for (const results::RemarkSentence& said : report.remarks.sentences) {
            QString line = QString::fromStdString(said.place + ": " + said.before + said.value + said.after);
            if (!said.beside.empty())
                line += " (" + QString::fromStdString(said.beside) + ')';
            paper.text("• " + line, kTextPt);
        }
        paper.space(kGap);
    }
    for (const Report::Trace& trace : report.traces) {
        paper.need(4 * kHeadPt);
        paper.text(report.traces.size() > 1 ? trace.name : QString("Trace"), kHeadPt, true);
        for (const auto& [name, value] : trace.facts)
            paper.text(name + ": " + value, kTextPt);
        paper.space(kGap);
    }
}

Expected<void> add(Paper& paper, const ReportSection& section)
{
    paper.need(3 * kHeadPt + 2 * kTextPt + Paper::heightOf(section.drawings.front().figure));
    paper.text(section.title, kHeadPt, true);
    paper.text(section.definition + '.', kTextPt, false, kFaint);
    for (const auto& drawing : section.drawings) {
        if (!drawing.caption.isEmpty()) {
            paper.need(2 * kTextPt + Paper::heightOf(drawing.figure));
            paper.text(drawing.caption, kTextPt);
        }
        ES_TRY(paper.figure(drawing.figure));
    }
    paper.space(2 * kGap);
    return {};
}

}

Expected<QByteArray> reportPdf(const Report& report)
{
    orderFonts();
    ES_ASSIGN(QFont font, figureFont({"Liberation Sans"}, kTextPt, {}));
    font.setStyleStrategy(QFont::PreferOutline); // names of traces and labels may be in any script
    QByteArray pdf;
    QBuffer buffer(&pdf);
    buffer.open(QIODevice::WriteOnly);
    QList<OutlineEntry> outline;
    {
        QPdfWriter writer(&buffer);
        writer.setResolution(72);
        writer.setPageSize(QPageSize(QPageSize::A4));
        writer.setPageMargins(QMarginsF());
        writer.setTitle(report.title);
        writer.setCreator(report.sections.front().drawings.front().figure.spec.tool + ", " + kReportMark);
        QString all = report.title + report.tokens + report.created.toString(Qt::ISODate);
        for (const ReportSection& section : report.sections)
            all += section.command;
        identify(writer, all.toUtf8());
        QCPPainter painter;
        if (!painter.begin(&writer))
            return fail("Qt cannot paint to this kind of file here", "report");
        Paper paper(writer, painter, font);
        begin(paper, report);
        for (const ReportSection& section : report.sections) {
            paper.need(3 * kHeadPt + 2 * kTextPt + Paper::heightOf(section.drawings.front().figure));
            outline.append({section.title, paper.page(), kA4.height() - paper.y()});
            ES_TRY(add(paper, section));
        }
        if (!report.notDrawn.isEmpty()) {
            paper.need(4 * kHeadPt);
            paper.text("Not drawn", kHeadPt, true);
            for (const auto& [title, why] : report.notDrawn)
                paper.text(title + ": " + why, kTextPt);
        }
        painter.end();
    }
    ES_ASSIGN(const QByteArray patched, patchPdf(pdf, kA4, report.created));
    return withOutline(patched, outline);
}

}
