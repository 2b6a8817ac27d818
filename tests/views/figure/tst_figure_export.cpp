// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a publisher's checker would look at (research/qt_and_style C4), with other people's PDF tools.
#include "tests/support/test_main.h"
#include "tests/views/figure/pdf_tools.h"
#include "tests/views/load_fixture.h"
#include "views/figure/figure_files.h"
#include "views/figure/page.h"
#include "views/figure/pdf_patch.h"

#include <QDir>
#include <QFile>
#include <QFontDatabase>
#include <QImage>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <QTimeZone>
#include <QXmlStreamReader>
#include <QtEndian>

#include <cmath>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

/// A figure of any matrix, with the given scale.
Figure matrixFigure(std::size_t rows, std::size_t columns, std::vector<float> values, double low, double high)
{
    auto map = std::make_shared<HeatMap>();
    map->values = Pyramid(rows, columns, std::move(values));
    auto picture = std::make_shared<Picture>();
    Panel panel{{"Expert", Axis::Scale::Cells}, {"Layer", Axis::Scale::Cells}, {map}};
    for (std::size_t r = 0; r < rows; ++r)
        panel.y.names.push_back(int(r));
    for (std::size_t c = 0; c < columns; ++c)
        panel.x.names.push_back(int(c));
    picture->panels = {panel};
    picture->key = ColourKey{{colourTable("viridis").value(), ScaleKind::Linear, low, high}, Reducer::Max, "Value"};
    Figure figure;
    figure.spec = loadSpec();
    figure.spec.page.heightMm = 60;
    figure.picture = picture;
    figure.created = QDateTime::fromSecsSinceEpoch(0, QTimeZone::utc());
    return figure;
}

const HeatMap& mapOf(const Figure& figure)
{
    return *std::get<HeatMapPtr>(figure.picture->panels[0].layers[0]);
}
const ColourScale& scaleOf(const Figure& figure)
{
    return figure.picture->key->scale;
}

/// Where the cells are on the page, in points.
QRectF cellArea(const Figure& figure)
{
    return Page::create(figure, 0).value()->areaOf(0);
}

int distance(QRgb a, QRgb b)
{
    return std::max({std::abs(qRed(a) - qRed(b)), std::abs(qGreen(a) - qGreen(b)), std::abs(qBlue(a) - qBlue(b))});
}

}

class TestFigureExport : public QObject
{
    Q_OBJECT

    QTemporaryDir m_dir;
    std::shared_ptr<MemoryTrace> m_trace = loadTrace();

    QString file(const QString& name) const { return m_dir.filePath(name); }
    QString writePdf(const Figure& figure, const QString& name)
    {
        const auto pdf = renderPdf(figure);
        if (!pdf) {
            qWarning("%s", pdf.error().message().c_str());
            return {};
        }
        QFile out(file(name));
        if (!out.open(QIODevice::WriteOnly) || out.write(*pdf) != pdf->size())
            return {};
        return out.fileName();
    }
    QImage rasterise(const QString& pdf, int dpi, const QString& engine = "pdftoppm")
    {
        const QString stem = file("page-" + engine);
        if (engine == "gs")
            runTool("gs",
                {"-q", "-dBATCH", "-dNOPAUSE", "-dSAFER", "-sDEVICE=png16m", QString("-r%1").arg(dpi),
                    "-dTextAlphaBits=1", "-dGraphicsAlphaBits=4", "-sOutputFile=" + stem + ".png", pdf});
        else
            runTool(engine, {"-r", QString::number(dpi), "-png", "-singlefile", pdf, stem});
        return QImage(stem + ".png").convertToFormat(QImage::Format_RGB32);
    }
    /// The picture's colour at the centre of each cell against the table; returns the worst difference.
    int worstCell(const Figure& figure, const QImage& image, double dpi, bool fromTop)
    {
        const HeatMap& map = mapOf(figure);
        const QRectF area = cellArea(figure);
        // A PDF page is measured from its lower edge, and is up to a point higher than what is painted.
        const double shift = fromTop
            ? 0
            : figure.spec.page.heightMm * kPointsPerMm - std::floor(figure.spec.page.heightMm * kPointsPerMm);
        int worst = 0;
        for (std::size_t r = 0; r < map.rows(); ++r) {
            for (std::size_t c = 0; c < map.columns(); ++c) {
                if (map.marked(r, c))
                    continue;
                const double x = area.left() + (double(c) + 0.5) * area.width() / double(map.columns());
                const double y = area.top() + (double(r) + 0.5) * area.height() / double(map.rows()) + shift;
                const QRgb got = image.pixel(int(x * dpi / 72), int(y * dpi / 72));
                const float v = map.values.at(r, c);
                worst = std::max(worst, distance(got, std::isnan(v) ? kNoDataColour : scaleOf(figure).colour(v)));
            }
        }
        return worst;
    }

private slots:
    void initTestCase() { QVERIFY(m_dir.isValid()); }

    void fontsAreEmbeddedAndOnlyTheAskedFor() // C4.1
    {
        NEEDS("pdffonts");
        const QString pdf = writePdf(loadFigure(*m_trace, loadSpec()), "fonts.pdf");
        const auto lines = runTool("pdffonts", {pdf}).split('\n');
        QVERIFY(lines.size() >= 4); // two of heading, one font or more, the end
        for (int i = 2; i < lines.size() - 1; ++i) {
            static const QRegularExpression row(R"(^(\S+)\s+CID TrueType\s+Identity-H\s+yes\s+\S+\s+yes\s)");
            const auto match = row.match(QString::fromUtf8(lines[i]));
            QVERIFY2(match.hasMatch(), lines[i].constData());
            QVERIFY2(match.captured(1).endsWith("LiberationSans"), lines[i].constData());
        }
    }

    void charactersOfOtherFonts()
    {
        NEEDS("pdffonts");
        NEEDS("pdftotext");
        FigureSpec spec = loadSpec();
        spec.labels.x = QString::fromUtf8("専門家 (expert)");
        const int font = QFontDatabase::addApplicationFont(EXPERTSCOPE_TEST_DATA "/fonts/fallback.ttf");
        QVERIFY(font >= 0);
        const Figure plain = loadFigure(*m_trace, loadSpec());
        QCOMPARE(plain.spec.page.fontFallbacks, QStringList());
        const Figure figure = loadFigure(*m_trace, spec);
        QCOMPARE(figure.spec.page.fontFallbacks.size(), 1);
        // Written into the spec, it is taken again; a font that is named but not there is an error.
        const auto again = parseFigureSpec(writeFigureSpec(figure.spec), "a.json");
        QVERIFY(again && *again == figure.spec);
        const QString pdf = writePdf(figure, "other-fonts.pdf");
        const QByteArray fonts = runTool("pdffonts", {pdf}), svg = *renderSvg(figure);
        const QString family = figure.spec.page.fontFallbacks.front();
        QVERIFY2(fonts.contains("LiberationSans") && fonts.contains(QString(family).remove(' ').toUtf8()), fonts.constData());
        QVERIFY(!fonts.contains("Type 3") && fonts.count("yes yes") + fonts.count("yes no") >= 2);
        QVERIFY(QString::fromUtf8(runTool("pdftotext", {pdf, "-"})).contains(QString::fromUtf8("専門家 (expert)")));
        QVERIFY(svg.contains(("font-family=\"Liberation Sans, " + family + ", Arial").toUtf8()));
        QVERIFY(renderPng(figure).has_value());
        QVERIFY(QFontDatabase::removeApplicationFont(font));
        if (family == "Expertscope Ideographs") {
            const auto gone = makeLoadFigure(*m_trace, *again);
            QVERIFY(!gone && QString::fromStdString(gone.error().message()).startsWith("Expertscope Ideographs: no such font"));
        }
    }

    void pageHasTheAskedSize_data() // C4.2
    {
        QTest::addColumn<double>("width");
        QTest::addColumn<double>("height");
        QTest::newRow("89 mm") << 89.0 << 0.0;
        QTest::newRow("183 x 120 mm") << 183.0 << 120.0;
        QTest::newRow("A4, which Qt would recognise") << 210.0 << 297.0;
        QTest::newRow("odd") << 77.77 << 33.33;
    }
    void pageHasTheAskedSize()
    {
        NEEDS("pdfinfo");
        QFETCH(double, width);
        QFETCH(double, height);
        FigureSpec spec = loadSpec();
        spec.page.widthMm = width;
        spec.page.heightMm = height;
        const Figure figure = loadFigure(*m_trace, spec);
        const QByteArray info = runTool("pdfinfo", {"-box", writePdf(figure, "size.pdf")});
        QVERIFY2(info.contains("Pages:           1"), info.constData());
        QVERIFY2(info.contains("Page rot:        0"), info.constData());
        static const QRegularExpression box(R"((MediaBox|CropBox):\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+))");
        auto matches = box.globalMatch(QString::fromUtf8(info));
        QVERIFY(matches.hasNext());
        while (matches.hasNext()) {
            const auto match = matches.next();
            QCOMPARE(match.captured(2).toDouble(), 0.0);
            QCOMPARE(match.captured(3).toDouble(), 0.0);
            QVERIFY(std::abs(match.captured(4).toDouble() - width / 25.4 * 72) <= 0.01);
            QVERIFY(std::abs(match.captured(5).toDouble() - figure.spec.page.heightMm / 25.4 * 72) <= 0.01);
        }
    }

    void textHasTheAskedSize_data() // C4.3
    {
        QTest::addColumn<int>("size");
        QTest::newRow("5") << 5;
        QTest::newRow("7") << 7;
        QTest::newRow("9") << 9;
    }
    void textHasTheAskedSize()
    {
        NEEDS("qpdf");
        QFETCH(int, size);
        FigureSpec spec = loadSpec();
        spec.page.fontSizePt = size;
        spec.page.heightMm = 60;
        const QString pdf = writePdf(loadFigure(*m_trace, spec), "text.pdf");
        const QString stream = QString::fromLatin1(runTool("qpdf", {"--qdf", "--object-streams=disable", pdf, "-"}));
        static const QRegularExpression font(R"(/F\d+ (\S+) Tf ?(\S+ \S+ \S+ \S+) \S+ \S+ Tm)");
        auto matches = font.globalMatch(stream);
        int texts = 0;
        for (; matches.hasNext(); ++texts) {
            const auto match = matches.next();
            QCOMPARE(match.captured(1).toDouble(), double(size));
            QCOMPARE(match.captured(2), QString("1 0 0 -1"));
        }
        QVERIFY(texts >= 10);
        // Nothing scales the page: every matrix only moves, flips or turns.
        static const QRegularExpression matrix(R"((\S+) (\S+) (\S+) (\S+) \S+ \S+ cm)");
        auto matrices = matrix.globalMatch(stream);
        QVERIFY(matrices.hasNext());
        while (matrices.hasNext()) {
            const auto m = matrices.next();
            const double a = m.captured(1).toDouble(), b = m.captured(2).toDouble(), c = m.captured(3).toDouble(),
                         d = m.captured(4).toDouble();
            QVERIFY2(std::abs(std::abs(a * d - b * c) - 1) < 1e-6, qPrintable(m.captured(0)));
        }
    }

    void textCanBeFound() // C4.4
    {
        NEEDS("pdftotext");
        const QLocale before;
        QLocale::setDefault(QLocale(QLocale::German)); // decimal comma
        FigureSpec spec = loadSpec();
        spec.page.heightMm = 70;
        spec.labels.x = QString::fromUtf8("Expert α²");
        spec.labels.y = "Layer (ordinal)";
        spec.labels.colour = QString::fromUtf8("Δ load (%)");
        spec.look.scale = ScaleKind::Linear;
        spec.look.limits = {-1.5, 1.5};
        const QString pdf = writePdf(loadFigure(*m_trace, spec), "found.pdf");
        QLocale::setDefault(before);
        const QString text = QString::fromUtf8(runTool("pdftotext", {pdf, "-"}));
        for (const char* wanted : {"Expert α²", "Layer (ordinal)", "Δ load (%)", "−0.5", "0.5", "−1.5", "28"})
            QVERIFY2(text.contains(QString::fromUtf8(wanted)), wanted);
        QVERIFY(!text.contains("0,5"));
        QVERIFY2(text.contains("never chosen: 1"), qPrintable(text));
    }

    void imagesAreLosslessAndNative() // C4.5
    {
        NEEDS("pdfimages");
        const std::size_t rows = 94, columns = 512; // 48,128 cells: beyond rectangles
        std::vector<float> values(rows * columns);
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = float(mix(i) % 1000);
        Figure figure = matrixFigure(rows, columns, std::move(values), 0, 1000);
        figure.spec.page.widthMm = 183; // cells of several pixels: viewers place images on whole ones
        const QString pdf = writePdf(figure, "image.pdf");
        const QString list = QString::fromUtf8(runTool("pdfimages", {"-list", pdf}));
        QVERIFY2(!list.contains("jpeg"), qPrintable(list));
        static const QRegularExpression row(R"(\n\s*1\s+\d+\s+image\s+512\s+94\s+rgb\s+3\s+8\s+image\s+no\s)");
        QVERIFY2(row.match(list).hasMatch(), qPrintable(list));
        QCOMPARE(list.count("\n"), 3); // heading, rule, this one
        NEEDS("pdftoppm");
        QVERIFY(worstCell(figure, rasterise(pdf, 600), 600, false) <= 1);
    }

    void everyCellHasItsColour_data() // C4.6
    {
        QTest::addColumn<QString>("name");
        QTest::newRow("load") << "load";
        QTest::newRow("ratio") << "ratio";
        QTest::newRow("to all") << "all";
        QTest::newRow("ragged layers") << "ragged";
        QTest::newRow("48 x 128") << "large";
    }
    void everyCellHasItsColour()
    {
        NEEDS("pdftoppm");
        QFETCH(QString, name);
        FigureSpec spec = loadSpec();
        auto trace = name == "large" ? loadTrace(48, 128, 200) : loadTrace();
        if (name == "ratio" || name == "all") {
            spec.scope.where = {{"language", "de"}};
            spec.options["metric"] = "ratio";
            spec.options["against"] = name == "all" ? "all" : "uniform";
        }
        if (name == "ragged") {
            trace->editShape().sites[2].numExperts = 20;
            for (auto& id : trace->ids[2])
                id = std::uint16_t(id % 20);
        }
        const Figure figure = loadFigure(*trace, spec);
        const QString pdf = writePdf(figure, "cells.pdf");
        const QImage image = rasterise(pdf, 600);
        QVERIFY(!image.isNull());
        QVERIFY2(worstCell(figure, image, 600, false) <= 1, "PDF");
        const QImage png = QImage::fromData(renderPng(figure).value()).convertToFormat(QImage::Format_RGB32);
        QCOMPARE(worstCell(figure, png, 600, true), 0);
    }

    void aSingleHotCellStaysVisible() // C4.6
    {
        NEEDS("pdftoppm");
        const std::size_t rows = 64, columns = 65536;
        for (const std::size_t at : {std::size_t(12345), std::size_t(40000), columns - 1}) {
            std::vector<float> values(rows * columns, 0);
            values[31 * columns + at] = 1;
            const Figure figure = matrixFigure(rows, columns, std::move(values), 0, 1);
            const QString pdf = writePdf(figure, "hot.pdf");
            QVERIFY(QFileInfo(pdf).size() < 1 << 20);
            const QImage image = rasterise(pdf, 600);
            const QRectF area = cellArea(figure);
            const double scale = 600 / 72.0;
            const double x = area.left() + (double(at) + 0.5) * area.width() / double(columns);
            const double y = area.top() + 31.5 * area.height() / double(rows);
            // Beside the frame a viewer may mix a pixel with it: nearer to the hot colour than to any other.
            const auto isHot = [&](QRgb p) {
                const int hot = distance(p, scaleOf(figure).colour(1));
                return hot < 128 && hot < distance(p, scaleOf(figure).colour(0)) && hot < distance(p, qRgb(0, 0, 0));
            };
            bool found = false;
            for (int dx = -2; dx <= 2; ++dx)
                found = found || isHot(image.pixel(int(x * scale) + dx, int(y * scale)));
            if (!found) {
                QString near;
                for (int dx = -6; dx <= 4; ++dx)
                    near += QColor(image.pixel(int(x * scale) + dx, int(y * scale))).name() + ' ';
                QVERIFY2(false, qPrintable(QString("cell %1: %2").arg(at).arg(near)));
            }
        }
    }

    void noSeamsBetweenCells_data() // C4.7
    {
        QTest::addColumn<QString>("engine");
        for (const char* engine : {"pdftoppm", "pdftocairo", "gs"})
            QTest::newRow(engine) << engine;
    }
    void noSeamsBetweenCells()
    {
        QFETCH(QString, engine);
        if (QStandardPaths::findExecutable(engine).isEmpty())
            QSKIP(qPrintable(engine + " is not installed"));
        // Two dark, neighbouring colours in a chequer: no cells merge, and a hairline of paper would stand out.
        const std::size_t rows = 24, columns = 50;
        std::vector<float> values(rows * columns);
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = float((i / columns + i % columns) % 2) + 0.5f;
        const Figure figure = matrixFigure(rows, columns, std::move(values), 0, 256);
        const QRgb even = scaleOf(figure).colour(0.5), odd = scaleOf(figure).colour(1.5);
        QVERIFY(even != odd);
        const QImage image = rasterise(writePdf(figure, "seams.pdf"), 200, engine);
        QVERIFY(!image.isNull());
        const QRectF area = cellArea(figure).adjusted(1, 1, -1, -1);
        const double scale = 200 / 72.0;
        int wrong = 0, all = 0;
        for (int y = int(area.top() * scale) + 1; y < int(area.bottom() * scale); ++y) {
            for (int x = int(area.left() * scale) + 1; x < int(area.right() * scale); ++x, ++all) {
                const QRgb p = image.pixel(x, y);
                wrong += distance(p, even) > 3 && distance(p, odd) > 3;
            }
        }
        QVERIFY(all > 50000);
        QCOMPARE(wrong, 0);
    }

    void sameFigureSameBytes() // C4.8
    {
        const Figure figure = loadFigure(*m_trace, loadSpec());
        const Figure again = loadFigure(*loadTrace(), loadSpec());
        QCOMPARE(renderPdf(figure).value(), renderPdf(again).value());
        QCOMPARE(renderSvg(figure).value(), renderSvg(again).value());
        QCOMPARE(renderPng(figure).value(), renderPng(again).value());
        FigureSpec elsewhere = loadSpec();
        elsewhere.traces[0].path = "/some/other/folder/trace.h5"; // the same trace, moved
        QCOMPARE(renderPdf(loadFigure(*m_trace, elsewhere)).value(), renderPdf(figure).value());
        FigureSpec other = loadSpec();
        other.labels.x = "Other";
        QVERIFY(renderPdf(loadFigure(*m_trace, other)).value() != renderPdf(figure).value());
        QVERIFY(renderPdf(figure)->contains("(D:20260101000000Z)"));
    }

    void fileIsSoundAndSmall() // C4.9
    {
        NEEDS("qpdf");
        const QString pdf = writePdf(loadFigure(*loadTrace(48, 128, 200), loadSpec()), "sound.pdf");
        int status = -1;
        const QByteArray out = runTool("qpdf", {"--check", pdf}, &status);
        QVERIFY2(status == 0 && !out.contains("WARNING"), out.constData());
        QVERIFY(QFileInfo(pdf).size() < 1 << 20);
    }

    void svgHasPhysicalSize() // C4.10
    {
        for (auto trace : {loadTrace(), loadTrace(94, 512, 100)}) {
            const QByteArray svg = renderSvg(loadFigure(*trace, loadSpec())).value();
            QXmlStreamReader xml(svg);
            QVERIFY(xml.readNextStartElement());
            QCOMPARE(xml.name().toString(), QString("svg"));
            QCOMPARE(xml.attributes().value("width").toString(), QString("89mm"));
            const QString height = xml.attributes().value("height").toString();
            QVERIFY(height.endsWith("mm"));
            const auto box = xml.attributes().value("viewBox").toString().split(' ');
            QCOMPARE(box.size(), 4);
            QVERIFY(std::abs(box[2].toDouble() - 252.283) < 0.001);
            QVERIFY(std::abs(box[3].toDouble() - height.chopped(2).toDouble() / 25.4 * 72) < 0.001);
            bool text = false;
            while (!xml.atEnd()) {
                if (xml.readNext() == QXmlStreamReader::Characters && xml.text() == QString("Expert"))
                    text = true;
            }
            QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
            QVERIFY(text);
            QVERIFY(svg.size() < 1 << 20);
        }
    }

    void pngHasItsResolution() // C4.11
    {
        FigureSpec spec = loadSpec();
        spec.page.dpi = 300;
        spec.page.heightMm = 50.8;
        const QByteArray png = renderPng(loadFigure(*m_trace, spec)).value();
        const auto phys = png.indexOf("pHYs");
        QVERIFY(phys > 0);
        const auto word = [&](qsizetype at) { return qFromBigEndian<quint32>(png.constData() + at); };
        QCOMPARE(word(phys + 4), 11811u); // 300 dpi in pixels per metre
        QCOMPARE(word(phys + 8), 11811u);
        QCOMPARE(int(png[phys + 12]), 1);
        const QImage image = QImage::fromData(png);
        QCOMPARE(image.width(), int(std::lround(89 / 25.4 * 300)));
        QCOMPARE(image.height(), 600);
    }

    void csvHoldsThePlottedNumbers() // C4.12
    {
        FigureSpec spec = loadSpec();
        spec.scope.where = {{"language", "de"}};
        spec.options["metric"] = "ratio";
        spec.options["sort"] = "load";
        const Figure figure = loadFigure(*m_trace, spec);
        PassOptions german;
        german.where = spec.scope.where;
        const LoadTable table = loadTable(*m_trace, german).value();
        const auto lines = figure.csv().split('\n');
        int header = 0;
        while (lines[header].startsWith('#'))
            ++header;
        QVERIFY(figure.csv().contains("# tokens: language=de\n"));
        QVERIFY(figure.csv().contains(loadSpec().traces[0].uuid.toUtf8()));
        QCOMPARE(lines[header], QByteArray("layer,site,expert,rank,count,share,relative_load,value"));
        int rows = 0;
        for (int i = header + 1; i < lines.size() - 1; ++i, ++rows) {
            const auto cells = lines[i].split(',');
            QCOMPARE(cells.size(), 8);
            const auto site = std::size_t(cells[1].toInt());
            const int column = rows % 32;
            QCOMPARE(cells[0].toInt(), m_trace->shape().sites[site].layer);
            const auto count = table.count(SiteIndex(std::uint16_t(site)), ExpertIndex(cells[2].toUShort()));
            QCOMPARE(cells[4].toULongLong(), qulonglong(count));
            QCOMPARE(cells[3].toInt(), column + 1); // sorted by load: the rank counts columns from 1
            const double wanted = double(count) * 32 / double(table.choices[site]);
            QVERIFY(std::abs(cells[6].toDouble() - wanted) <= 1e-8 * (1 + wanted));
            QCOMPARE(float(cells[7].toDouble()), mapOf(figure).values.at(site, std::size_t(column)));
        }
        QCOMPARE(rows, 6 * 32);
    }

    void whatCannotBeDoneIsNamed() // C4.14
    {
        FigureSpec spec = loadSpec();
        const auto message = [&]() -> QString {
            const auto figure = makeLoadFigure(*m_trace, spec);
            const auto pdf = figure ? renderPdf(*figure) : tl::unexpected(figure.error());
            return pdf ? "drawn" : QString::fromStdString(pdf.error().message());
        };
        spec.page.fontFamily = "No Such Family";
        QVERIFY2(message().startsWith("No Such Family: no such font family on this system"), qPrintable(message()));
        spec.page.fontFamily = "Liberation Sans";
        const char32_t nobodys = 0x10FFF0;
        spec.labels.x = QString::fromUcs4(&nobodys, 1);
        QVERIFY2(message().contains("lacks the character U+10FFF0"), qPrintable(message()));
        spec.labels.x.clear();
        spec.labels.colour = QString(200, 'W');
        QVERIFY2(message().contains("does not fit"), qPrintable(message()));
        spec.labels.colour.clear();
        spec.page.heightMm = 10;
        QVERIFY2(message().contains("figure size: leaves no room"), qPrintable(message()));
        const Figure figure = loadFigure(*m_trace, loadSpec());
        const auto written = writeFigure(figure, {file("x.bmp")}, {});
        QVERIFY(!written);
        QVERIFY(QString::fromStdString(written.error().message()).contains("is no kind of figure"));
        QVERIFY(!writeFigure(figure, {file("no/such/folder/x.pdf")}, {}));
        QVERIFY(!QFile::exists(file("no")));
    }

    /// Default labels fit any sensible width, and the height follows.
    void narrowFiguresDrawThemselves_data()
    {
        QTest::addColumn<double>("width");
        for (const double width : {40., 60., 89., 183., 400.})
            QTest::addRow("%g mm", width) << width;
    }
    void narrowFiguresDrawThemselves()
    {
        QFETCH(double, width);
        FigureSpec spec = loadSpec();
        spec.page.widthMm = width;
        const auto figure = makeLoadFigure(*m_trace, spec);
        QVERIFY2(figure.has_value(), figure ? "" : figure.error().message().c_str());
        QVERIFY(renderPdf(*figure).has_value());
        const QRectF area = cellArea(*figure);
        QVERIFY(area.width() >= 0.2 * width * kPointsPerMm && area.height() >= 16);
    }

    void noClockIsLeftInAPdf()
    {
        // As Qt 6.8 writes it; older versions have no XMP.
        const QByteArray head = "%PDF-1.4\n", page = "1 0 obj\n<< /MediaBox [0 0 100 100] >>\nendobj\n";
        const QByteArray xmp =
            "2 0 obj\n<< /Length 67 >>\nstream\n"
            "<a xmp:CreateDate=\"2026-11-22T02:36:47+09:00\" xmp:ModifyDate=\"\"/>\nendstream\nendobj\n";
        const auto pdfWith = [&](QByteArray stream) {
            const QByteArray body = head + page + stream;
            const auto entry = [](qsizetype at) {
                return QByteArray::number(at).rightJustified(10, '0') + " 00000 n \n";
            };
            return body + "xref\n0 3\n0000000000 65535 f \n" + entry(head.size()) + entry(head.size() + page.size())
                + "trailer\n<< >>\nstartxref\n" + QByteArray::number(body.size()) + "\n%%EOF\n";
        };
        const auto date = QDateTime::fromSecsSinceEpoch(0, QTimeZone::utc());
        QVERIFY(!patchPdf(pdfWith(xmp), {252.283, 100}, date)); // an empty date is none
        for (const char* zone : {"+09:00", "Z"}) {
            QByteArray stream = xmp;
            stream.replace("+09:00", zone)
                .replace("ModifyDate=\"\"", QByteArray("ModifyDate=\"2026-11-22T02:36:47") + zone + "\"");
            const auto patched = patchPdf(pdfWith(stream), {252.283, 100}, date);
            QVERIFY(patched.has_value());
            QVERIFY(!patched->contains("2026"));
            QCOMPARE(patched->count("1970-01-01T00:00:00"), 2);
            const qsizetype second = patched->indexOf("2 0 obj"), end = patched->indexOf("xref\n");
            QCOMPARE(end - second, stream.size()); // the stream kept its length, the table its places
            QVERIFY(patched->contains(QByteArray::number(second).rightJustified(10, '0') + " 00000 n"));
            QVERIFY(patched->contains("startxref\n" + QByteArray::number(end) + "\n"));
        }
    }

    void specAndDataLieBesideIt()
    {
        const Figure figure = loadFigure(*m_trace, loadSpec());
        QDir(m_dir.path()).mkdir("beside");
        const auto written = writeFigure(figure, {file("beside/a.b.pdf")}, {});
        QVERIFY(written.has_value());
        QCOMPARE(QDir(file("beside")).entryList(QDir::Files), QStringList({"a.b.csv", "a.b.json", "a.b.pdf"}));
        QFile json(file("beside/a.b.json"));
        QVERIFY(json.open(QIODevice::ReadOnly));
        const auto spec = parseFigureSpec(json.readAll(), "a.b.json");
        QVERIFY(spec.has_value());
        QVERIFY(*spec == figure.spec);
        // What was resolved from the data gives the same figure when it is given.
        QCOMPARE(renderPdf(loadFigure(*m_trace, *spec)).value(), renderPdf(figure).value());
        QVERIFY(writeFigure(figure, {file("alone.svg")}, {true}).value().size() == 1);
        QVERIFY(!QFile::exists(file("alone.csv")));
    }
};

EXPERTSCOPE_TEST(TestFigureExport)
#include "tst_figure_export.moc"
