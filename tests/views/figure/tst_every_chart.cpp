// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a production editor checks (research C4), over every chart: three shapes of models, three widths, four formats.
#include "io/trace/trace_file.h"
#include "tests/support/scored_trace.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"
#include "tests/views/figure/pdf_tools.h"
#include "tests/views/load_fixture.h"
#include "views/figure/figure.h"

#include <QImage>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>

#include <cmath>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

struct Shape
{
    const char* name;
    std::vector<std::shared_ptr<BlockSource>> traces; ///< two where a chart compares checkpoints
    bool lacks = false; ///< columns or labels that some charts need
};

/// A piece of what the bundled model was seen to choose.
std::shared_ptr<BlockSource> demoSlice()
{
    auto file = TraceFile::open(EXPERTSCOPE_TEST_DATA "/analysis/demo_slice.h5");
    return file ? std::shared_ptr<BlockSource>(std::move(*file)) : nullptr;
}

const std::vector<Shape>& shapes()
{
    static const std::vector<Shape> all{{"6 x 32", {scoredTrace(), scoredTrace()}},
        {"94 x 128", {scoredTrace(94, 128, 40), scoredTrace(94, 128, 40)}},
        {"48 x 512", {scoredTrace(48, 512, 40), scoredTrace(48, 512, 40)}}, {"the demo", {demoSlice(), demoSlice()}, true}};
    return all;
}

/// Of the first trace alone; a training of both.
Study studyFor(const Shape& shape, const std::string& chart)
{
    std::vector<BlockSource*> sources{shape.traces[0].get()};
    if (chart == "training" || chart == "expert_life")
        sources.push_back(shape.traces[1].get());
    return expertscope::testing::studyOf(sources);
}

/// A word on the page, in points from its upper left corner.
struct Word
{
    QString text;
    QRectF box;
};

std::vector<Word> wordsOf(const QByteArray& bboxes)
{
    std::vector<Word> words;
    QXmlStreamReader xml(bboxes);
    while (!xml.atEnd()) {
        if (xml.readNext() != QXmlStreamReader::StartElement || xml.name() != QLatin1String("word"))
            continue;
        const auto a = xml.attributes();
        const auto number = [&](const char* name) { return a.value(QLatin1String(name)).toDouble(); };
        const QRectF box(QPointF(number("xMin"), number("yMin")), QPointF(number("xMax"), number("yMax")));
        words.push_back({xml.readElementText(), box});
    }
    return words;
}

}

class TestEveryChart : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;

    QString write(const QByteArray& bytes, const QString& name) const
    {
        QFile file(m_dir.filePath(name));
        return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() ? file.fileName() : QString();
    }

    /// Nothing lies on something else, nothing leaves the page.
    void checkWords(const Figure& figure, const QString& pdf, bool running)
    {
        const auto words = wordsOf(runTool("pdftotext", {"-bbox", pdf, "-"}));
        QVERIFY(words.size() >= 2);
        const QRectF page(0, 0, figure.spec.page.widthMm * kPointsPerMm, figure.spec.page.heightMm * kPointsPerMm);
        for (std::size_t i = 0; i < words.size(); ++i) {
            const Word& word = words[i];
            QVERIFY2(page.adjusted(-0.5, -1.5, 0.5, 1.5).contains(word.box),
                qPrintable(QString("'%1' leaves the page: %2 %3 %4 %5").arg(word.text).arg(word.box.left()).arg(word.box.top())
                               .arg(word.box.right()).arg(word.box.bottom())));
            QVERIFY2(word.text != "nan" && word.text != "inf", qPrintable(word.text));
            for (std::size_t j = 0; j < i && !running; ++j) {
                // Boxes have room for the tallest letters and for those below the line; what is there has less.
                const auto ink = [](const QRectF& box) {
                    const double free = 0.2 * std::min(box.width(), box.height());
                    return box.adjusted(free, free, -free, -free);
                };
                const QRectF a = ink(word.box), b = ink(words[j].box), both = a.intersected(b);
                const double least = std::min(a.width() * a.height(), b.width() * b.height());
                QVERIFY2(both.width() * both.height() < 0.25 * least,
                    qPrintable(QString("'%1' lies on '%2'").arg(word.text, words[j].text)));
            }
        }
    }

    void checkPdf(const Figure& figure, const QString& pdf)
    {
        // 1: fonts. 2: the page. 4, 5: text and images. 9: sound and small.
        const auto fonts = runTool("pdffonts", {pdf}).split('\n');
        QVERIFY(fonts.size() >= 4);
        static const QRegularExpression row(
            R"(^\S*LiberationSans(?:-Bold)?\s+CID TrueType\s+Identity-H\s+yes\s+\S+\s+yes\s)");
        for (int i = 2; i < fonts.size() - 1; ++i)
            QVERIFY2(row.match(QString::fromUtf8(fonts[i])).hasMatch(), fonts[i].constData());
        const QString info = QString::fromUtf8(runTool("pdfinfo", {"-box", pdf}));
        static const QRegularExpression box(R"(MediaBox:\s+0\.00\s+0\.00\s+(\S+)\s+(\S+))");
        const auto size = box.match(info);
        QVERIFY2(info.contains("Pages:           1") && size.hasMatch(), qPrintable(info));
        QVERIFY(std::abs(size.captured(1).toDouble() - figure.spec.page.widthMm * kPointsPerMm) < 0.01);
        QVERIFY(std::abs(size.captured(2).toDouble() - figure.spec.page.heightMm * kPointsPerMm) < 0.01);
        const QByteArray images = runTool("pdfimages", {"-list", pdf});
        QVERIFY2(!images.contains("jpeg") && !images.contains(" yes "), images.constData());
        const QByteArray check = runTool("qpdf", {"--check", pdf});
        QVERIFY2(check.contains("No syntax or stream encoding errors"), check.constData());
        QVERIFY2(QFileInfo(pdf).size() < 1 << 20, qPrintable(QString::number(QFileInfo(pdf).size())));
        // 3: text as large as asked for, and nothing scales it.
        const QString stream = QString::fromLatin1(runTool("qpdf", {"--qdf", "--object-streams=disable", pdf, "-"}));
        static const QRegularExpression font(R"(/F\d+ (\S+) Tf)");
        for (auto it = font.globalMatch(stream); it.hasNext();)
            QCOMPARE(it.next().captured(1).toDouble(), double(figure.spec.page.fontSizePt));
    }

    void checkOthers(const Figure& figure)
    {
        // 10: SVG, with text and without.
        const auto svg = renderSvg(figure), outlines = renderOutlinedSvg(figure);
        VERIFY_OK(svg);
        VERIFY_OK(outlines);
        for (const QByteArray& bytes : {*svg, *outlines}) {
            QXmlStreamReader xml(bytes);
            QVERIFY(xml.readNextStartElement() && xml.attributes().value("width") == QLatin1String("89mm"));
            while (!xml.atEnd())
                xml.readNext();
            QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
        }
        QVERIFY(svg->contains("<text") && !outlines->contains("<text"));
        QVERIFY2(svg->size() < 1 << 20, qPrintable(QString::number(svg->size())));
        // 11: PNG of the size and with the resolution.
        const auto png = renderPng(figure);
        VERIFY_OK(png);
        const QImage image = QImage::fromData(*png);
        QCOMPARE(image.width(), int(std::lround(89 / 25.4 * figure.spec.page.dpi)));
        QCOMPARE(image.dotsPerMeterX(), int(std::lround(figure.spec.page.dpi / 0.0254)));
        // 15: EPS.
        const auto eps = renderEps(figure);
        VERIFY_OK(eps);
        static const QRegularExpression box(R"(%%HiResBoundingBox: 0 0 (\S+) (\S+))");
        const auto size = box.match(QString::fromLatin1(*eps));
        QVERIFY(std::abs(size.captured(1).toDouble() - 89 * kPointsPerMm) < 0.01);
        QVERIFY(std::abs(size.captured(2).toDouble() - figure.spec.page.heightMm * kPointsPerMm) < 0.01);
        QVERIFY(eps->contains("/FontType 42") && !eps->contains("/FontType 3 "));
    }

private slots:
    void checks_data()
    {
        QTest::addColumn<QString>("chart");
        QTest::addColumn<int>("shape");
        for (const ChartSpec& chart : chartRegistry())
            for (std::size_t i = 0; i < shapes().size(); ++i)
                QTest::addRow("%s, %s", chart.name.c_str(), shapes()[i].name) << QString::fromStdString(chart.name) << int(i);
    }
    void checks()
    {
        QFETCH(QString, chart);
        QFETCH(int, shape);
        for (const char* tool : {"pdffonts", "pdfinfo", "pdfimages", "pdftotext", "pdftops", "pdftocairo", "qpdf"})
            NEEDS(tool);
        const Study study = studyFor(shapes()[std::size_t(shape)], chart.toStdString());
        FigureSpec spec = loadSpec();
        spec.chart = chart.toStdString();
        spec.page.dpi = 150;
        for (const double width : {89., 40., 183.}) {
            spec.page.widthMm = width;
            const auto figure = makeFigure(study, spec);
            if (!figure && shapes()[std::size_t(shape)].lacks) {
                QVERIFY2(figure.error().what.starts_with("nothing to draw") || !figure.error().where.empty(),
                    figure.error().message().c_str());
                return;
            }
            QVERIFY2(figure.has_value(), figure ? "" : (std::to_string(width) + " mm: " + figure.error().message()).c_str());
            const auto bytes = renderPdf(*figure);
            QVERIFY2(bytes.has_value(), bytes ? "" : (std::to_string(width) + " mm: " + bytes.error().message()).c_str());
            const QString pdf = write(*bytes, "figure.pdf");
            checkWords(*figure, pdf, chart == "tokens");
            if (QTest::currentTestFailed()) {
                qWarning("%g mm", width);
                return;
            }
            if (width != 89)
                continue;
            checkPdf(*figure, pdf);
            checkOthers(*figure);
        }
    }
};

EXPERTSCOPE_TEST(TestEveryChart)
#include "tst_every_chart.moc"
