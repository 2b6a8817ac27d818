// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/figure/figure.h"

#include "views/figure/page.h"
#include "views/figure/pdf_patch.h"

#include <QBuffer>
#include <QCryptographicHash>
#include <QFileInfo>
#include <QHash>
#include <QImage>
#include <QPageSize>
#include <QPdfWriter>
#include <QRegularExpression>
#include <QSvgGenerator>
#include <QUuid>

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

}

Expected<QByteArray> renderPdf(const Figure& figure)
{
    // Qt writes a document's fonts in the order of a hash, which is another in each run unless its seed is fixed.
    QHashSeed::setDeterministicGlobalSeed();
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
        writer.setCreator(figure.spec.tool + ", figure spec sha256:" + specHash(figure.spec));
#if QT_VERSION >= QT_VERSION_CHECK(6, 8, 0)
        writer.setDocumentId(QUuid::createUuidV5(QUuid(), specHash(figure.spec)));
#endif
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
        generator.setDescription(figure.spec.tool + ", figure spec sha256:" + specHash(figure.spec));
        ES_TRY(page->paint(&generator, 1, true));
    }
    // The generator knows whole pixels only: write the size that was asked for, and a view box that agrees with it.
    QString text = QString::fromUtf8(svg);
    const QSizeF points = pagePoints(figure.spec);
    static const QRegularExpression head(R"(<svg width="[^"]*" height="[^"]*"\s+viewBox="[^"]*")");
    const auto match = head.match(text);
    if (!match.hasMatch())
        return fail("unexpected SVG from Qt: no size", "SVG export");
    text.replace(match.capturedStart(), match.capturedLength(),
        QString(R"(<svg width="%1mm" height="%2mm" viewBox="0 0 %3 %4")")
            .arg(number(figure.spec.page.widthMm), number(figure.spec.page.heightMm), number(points.width()),
                number(points.height())));
    // Viewers without the font take one of the same widths.
    text.replace(QString("font-family=\"%1\"").arg(figure.spec.page.fontFamily),
        QString("font-family=\"%1, Arial, Helvetica, sans-serif\"").arg(figure.spec.page.fontFamily));
    // One pixel is one cell: viewers must not blur them into each other.
    text.replace("<image ", "<image style=\"image-rendering:pixelated\" ");
    return text.toUtf8();
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

}
