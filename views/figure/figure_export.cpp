// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/figure/figure.h"

#include "views/figure/convert_pdf.h"
#include "views/figure/page.h"
#include "views/figure/pdf_patch.h"

#include <QBuffer>
#include <QCryptographicHash>
#include <QFileInfo>
#include <QImage>
#include <QPageSize>
#include <QPdfWriter>
#include <QRegularExpression>
#include <QSvgGenerator>

#include <cmath>

namespace expertscope {

namespace {

/// Where the trace lies does not change the figure: its uuid and name stand for it.
QByteArray specHash(FigureSpec spec)
{
    for (TraceRef& trace : spec.traces)
        trace.path = QFileInfo(trace.path).fileName();
    return QCryptographicHash::hash(writeFigureSpec(spec), QCryptographicHash::Sha256).toHex();
}

/// "load figure of a.h5, b.h5"
QString documentTitle(const FigureSpec& spec)
{
    QStringList names;
    for (const TraceRef& trace : spec.traces)
        names << QFileInfo(trace.path).fileName();
    return QString::fromStdString(spec.chart) + " figure of " + names.join(", ");
}

QSizeF pagePoints(const FigureSpec& spec)
{
    return {spec.page.widthMm * kPointsPerMm, spec.page.heightMm * kPointsPerMm};
}

QString number(double value)
{
    return QString::number(value, 'f', 4).remove(QRegularExpression("\\.?0+$"));
}

QString madeBy(const Figure& figure)
{
    return figure.spec.tool + ", figure spec sha256:" + specHash(figure.spec);
}

/// Writers know whole pixels or points only: the size that was asked for, and a view box that agrees with it. One pixel
/// is one cell: viewers must not blur them into each other.
Expected<QByteArray> ofAskedSize(QString svg, const FigureSpec& spec)
{
    const QSizeF points = pagePoints(spec);
    static const QRegularExpression size(R"((<svg[^>]*?) width="[^"]*" height="[^"]*"\s+viewBox="[^"]*")");
    const auto match = size.match(svg);
    if (!match.hasMatch())
        return fail("unexpected SVG: no size", "SVG export");
    svg.replace(match.capturedStart(), match.capturedLength(),
        match.captured(1)
            + QString(R"( width="%1mm" height="%2mm" viewBox="0 0 %3 %4")")
                  .arg(number(spec.page.widthMm), number(spec.page.heightMm), number(points.width()),
                      number(points.height())));
    return svg.replace("<image ", "<image style=\"image-rendering:pixelated\" ").toUtf8();
}

}

Expected<QByteArray> renderPdf(const Figure& figure)
{
    orderFonts();
    ES_ASSIGN(const auto page, Page::create(figure, kMaxPdfRectangles));
    const QSizeF points = pagePoints(figure.spec);
    QByteArray pdf;
    QBuffer buffer(&pdf);
    buffer.open(QIODevice::WriteOnly);
    {
        QPdfWriter writer(&buffer);
        writer.setResolution(72); // one unit is one point: a 7 pt font is exactly 7
        // Qt rounds to whole points, some of them up, which would cut the top off: the box is what is painted, and
        // patchPdf() makes the page as large as was asked for.
        writer.setPageSize(
            QPageSize(QSizeF(page->width(), page->height()), QPageSize::Point, QString(), QPageSize::ExactMatch));
        writer.setPageMargins(QMarginsF());
        writer.setTitle(documentTitle(figure.spec));
        writer.setCreator(madeBy(figure));
        identify(writer, specHash(figure.spec));
        ES_TRY(page->paint(&writer, 1, true));
    }
    return patchPdf(pdf, points, figure.created);
}

Expected<QByteArray> renderSvg(const Figure& figure)
{
    ES_ASSIGN(const auto page, Page::create(figure, kMaxSvgRectangles));
    QByteArray svg;
    QBuffer buffer(&svg);
    buffer.open(QIODevice::WriteOnly);
    {
        QSvgGenerator generator;
        generator.setOutputDevice(&buffer);
        generator.setResolution(72);
        generator.setSize(QSize(page->width(), page->height()));
        generator.setViewBox(QRect(0, 0, page->width(), page->height()));
        generator.setTitle(documentTitle(figure.spec));
        generator.setDescription(madeBy(figure));
        ES_TRY(page->paint(&generator, 1, true));
    }
    // Viewers without the font take one of the same widths.
    QString text = QString::fromUtf8(svg);
    const QString family = figure.spec.page.fontFamily;
    text.replace(QString("font-family=\"%1\"").arg(family),
        QString("font-family=\"%1, %2\"")
            .arg(figure.spec.page.families().join(", "),
                family.contains("serif", Qt::CaseInsensitive) || family.contains("Times")
                    ? "Times New Roman, Times, serif"
                    : "Arial, Helvetica, sans-serif"));
    return ofAskedSize(std::move(text), figure.spec);
}

Expected<QByteArray> renderPng(const Figure& figure)
{
    ES_ASSIGN(const auto page, Page::create(figure, 0));
    const double scale = figure.spec.page.dpi / 72.0;
    const QSizeF points = pagePoints(figure.spec);
    QImage image(
        int(std::lround(points.width() * scale)), int(std::lround(points.height() * scale)), QImage::Format_RGB32);
    if (image.isNull())
        return fail("no memory for an image of this size", "PNG export");
    image.fill(Qt::white);
    image.setDotsPerMeterX(int(std::lround(figure.spec.page.dpi / 0.0254)));
    image.setDotsPerMeterY(image.dotsPerMeterX());
    ES_TRY(page->paint(&image, scale, false));
    image.setText("Software", figure.spec.tool);
    image.setText("Description", "figure spec sha256:" + specHash(figure.spec));
    QByteArray png;
    QBuffer buffer(&png);
    buffer.open(QIODevice::WriteOnly);
    if (!image.save(&buffer, "PNG"))
        return fail("Qt cannot write PNG here", "PNG export");
    return png;
}

Expected<QByteArray> renderEps(const Figure& figure)
{
    ES_ASSIGN(const QByteArray pdf, renderPdf(figure));
    return convertPdf(pdf, "pdftops", {"-eps", "-level3"}); // takes over who made it, as a comment
}

Expected<QByteArray> renderOutlinedSvg(const Figure& figure)
{
    ES_ASSIGN(const QByteArray pdf, renderPdf(figure));
    ES_ASSIGN(const QByteArray converted, convertPdf(pdf, "pdftocairo", {"-svg"}));
    QString svg = QString::fromUtf8(converted);
    const qsizetype tag = svg.indexOf("<svg"), inside = tag < 0 ? -1 : svg.indexOf('>', tag) + 1;
    if (inside <= 0)
        return fail("unexpected SVG", "pdftocairo");
    svg.insert(inside,
        QString("\n<title>%1</title>\n<desc>%2</desc>")
            .arg(documentTitle(figure.spec).toHtmlEscaped(), madeBy(figure).toHtmlEscaped()));
    return ofAskedSize(std::move(svg), figure.spec);
}

}
