// SPDX-License-Identifier: GPL-3.0-or-later
//
// Pictures in a plot: what is where, what zooming keeps, what is laid over, and the words around.
#include "tests/support/test_main.h"
#include "tests/views/paint/plot_screen.h"
#include "views/paint/axis_ticks.h"
#include "views/paint/label_lines.h"

#include <QSignalSpy>
#include <QTest>

#include <cmath>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

Axis cellAxis(const char* title, std::size_t count)
{
    Axis axis{title, Axis::Scale::Cells};
    for (std::size_t i = 0; i < count; ++i)
        axis.names.push_back(int(i));
    return axis;
}

std::shared_ptr<Picture> mapPicture(std::size_t rows, std::size_t columns, std::size_t panels = 1)
{
    std::vector<float> values(rows * columns);
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = float(i % 7) / 6;
    auto map = std::make_shared<HeatMap>();
    map->values = Pyramid(rows, columns, std::move(values));
    auto picture = std::make_shared<Picture>();
    for (std::size_t p = 0; p < panels; ++p)
        picture->panels.push_back({cellAxis("Expert", columns), cellAxis("Layer", rows), {HeatMapPtr(map)}, {}});
    picture->key = ColourKey{{colourTable("viridis").value(), ScaleKind::Linear, 0, 1}, Reducer::Max, "Load"};
    return picture;
}

std::shared_ptr<Picture> curvePicture(Axis x = {"Layer"}, Axis y = {"Load (%)"})
{
    Curve a{"a", {1, 2, 3, 4}, {10, 20, std::nan(""), 40}}, b{"b", {1, 2, 3, 4}, {5, 5, 5, 5}};
    b.colour = 1;
    auto picture = std::make_shared<Picture>();
    picture->panels = {{x, y, {Curves{{a, b}}}, {}}};
    return picture;
}

}

class TestPlotBuilder : public QObject
{
    Q_OBJECT

private slots:
    void everyCellIsFoundWhereItIs()
    {
        Screen screen(mapPicture(6, 20));
        for (std::uint32_t r = 0; r < 6; ++r) {
            for (std::uint32_t c = 0; c < 20; ++c) {
                const Mark mark{0, 0, r, c};
                const QRectF place = screen.builder.placeOf(mark);
                QVERIFY(screen.builder.areaOf(0).contains(place.center()));
                QCOMPARE(screen.builder.markAt(place.center()), std::optional(mark));
            }
        }
        QVERIFY(!screen.builder.markAt(QPointF(1, 1)));
        QVERIFY(screen.builder.placeOf({0, 0, 6, 0}).isEmpty());
        QVERIFY(screen.builder.placeOf({1, 0, 0, 0}).isEmpty());
        QVERIFY(!screen.builder.isReduced());
        QCOMPARE(screen.builder.panelAt(screen.builder.areaOf(0).center()), std::optional<std::size_t>(0));
    }

    void everyCellHasItsColour()
    {
        const auto picture = mapPicture(5, 13);
        Screen screen(picture);
        const QImage image = screen.plot.grab().toImage();
        const double ratio = image.devicePixelRatio();
        const HeatMap& map = *std::get<HeatMapPtr>(picture->panels[0].layers[0]);
        for (std::uint32_t r = 0; r < 5; ++r) {
            for (std::uint32_t c = 0; c < 13; ++c) {
                // The corners too: what a cell covers and where the mouse finds it is the same.
                const QRectF place = screen.builder.placeOf({0, 0, r, c}).adjusted(2, 2, -2, -2);
                const QRgb wanted = picture->key->scale.colour(map.values.at(r, c));
                for (const QPointF& at : {place.center(), place.topLeft(), place.bottomRight()})
                    QCOMPARE(image.pixel((at * ratio).toPoint()), wanted);
            }
        }
    }

    void aHotCellIsSeenOnASmallScreen()
    {
        const std::size_t columns = 4096;
        for (const std::size_t at : {std::size_t(0), std::size_t(1234), columns - 1}) {
            std::vector<float> values(8 * columns, 0);
            values[3 * columns + at] = 1;
            auto map = std::make_shared<HeatMap>();
            map->values = Pyramid(8, columns, std::move(values));
            auto picture = mapPicture(8, columns);
            picture->panels[0].layers = {HeatMapPtr(map)};
            for (const QSize size : {QSize(240, 160), QSize(640, 400)}) {
                Screen screen(picture, size);
                QVERIFY(screen.builder.isReduced());
                const QImage image = screen.plot.grab().toImage();
                const QPointF place = screen.builder.placeOf({0, 0, 3, std::uint32_t(at)}).center();
                bool hot = false;
                for (int dx = -1; dx <= 1; ++dx)
                    hot = hot
                        || image.pixel(int(std::floor(place.x())) + dx, int(place.y()))
                            == picture->key->scale.colour(1);
                QVERIFY2(hot, qPrintable(QString("cell %1, %2 pixels").arg(at).arg(size.width())));
            }
        }
    }

    void zoomStaysInsideTheData()
    {
        Screen screen(mapPicture(6, 20));
        PlotBuilder& b = screen.builder;
        const PlotView all = b.view();
        QVERIFY(!b.isZoomed());
        b.zoomBy(4);
        QVERIFY(!b.isZoomed());
        QCOMPARE(b.view(), all);
        const QPointF cursor = b.placeOf({0, 0, 4, 15}).center();
        b.zoomBy(0.5, cursor);
        QVERIFY(b.isZoomed());
        QCOMPARE(b.markAt(cursor), std::optional(Mark{0, 0, 4, 15})); // what is under the cursor stays there
        b.panBy(5, 5);
        QVERIFY(b.view().panels[0].first.high <= 19.5 + 1e-9 && b.view().panels[0].second.high <= 5.5 + 1e-9);
        QCOMPARE(b.markAt(b.areaOf(0).bottomRight() - QPointF(2, 2)), std::optional(Mark{0, 0, 5, 19}));
        b.reveal({0, 0, 0, 0});
        QVERIFY(!b.placeOf({0, 0, 0, 0}).isEmpty());
        for (int i = 0; i < 40; ++i)
            b.zoomBy(0.5);
        QVERIFY(b.view().panels[0].first.high - b.view().panels[0].first.low >= 2 - 1e-9); // never less than two cellAxis
        b.fit();
        QCOMPARE(b.view(), all);
        b.setView({{{{2, 8}, {1, 4}}}});
        QCOMPARE(b.view(), (PlotView{{{{2, 8}, {1, 4}}}}));
        b.setView({{}});
        QCOMPARE(b.view(), (PlotView{{{{2, 8}, {1, 4}}}})); // of another picture
    }

    void theSameShapeKeepsWhatIsSeen()
    {
        Screen screen(mapPicture(6, 20));
        screen.builder.setView({{{{2, 8}, {1, 4}}}});
        const PlotView seen = screen.builder.view();
        QSignalSpy changed(&screen.builder, &PlotBuilder::viewChanged);
        screen.show(mapPicture(6, 20));
        QCOMPARE(screen.builder.view(), seen);
        screen.show(mapPicture(6, 24));
        QVERIFY(!screen.builder.isZoomed());
        screen.show(curvePicture());
        QVERIFY(!screen.builder.isZoomed());
        QVERIFY(screen.builder.view().panels[0].first.low < 1 && screen.builder.view().panels[0].first.high > 4);
        screen.show(nullptr);
        QVERIFY(screen.builder.view().panels.empty() && !screen.builder.markAt(QPointF(200, 200)));
        QVERIFY(changed.count() >= 4);
    }

    void theOverlayLeavesTheCellsAlone()
    {
        Screen screen(mapPicture(6, 20));
        const QImage before = screen.plot.grab().toImage();
        QSignalSpy replots(&screen.plot, &QCustomPlot::afterReplot);
        const Mark hovered{0, 0, 2, 7}, pinned{0, 0, 4, 12};
        screen.builder.setOverlay({{hovered}, {pinned}, hovered, {}});
        QCOMPARE(replots.count(), 0);
        const QImage after = screen.plot.grab().toImage();
        QCOMPARE(screen.builder.overlay().pinned, std::vector<Mark>{pinned});
        for (const Mark& mark : {hovered, pinned}) {
            const QRectF place = screen.builder.placeOf(mark);
            QCOMPARE(after.pixel(place.center().toPoint()), before.pixel(place.center().toPoint())); // not filled
            bool light = false, dark = false, accent = false;
            for (int x = int(place.left()) - 5; x <= int(place.left()) + 2; ++x) {
                const QColor c(after.pixel(x, int(place.center().y()) - (mark == hovered ? 6 : 0)));
                light = light || c == QColor(Qt::white);
                dark = dark || c == QColor(Qt::black);
                accent = accent || c == QColor(0, 114, 178);
            }
            QVERIFY(light && (mark == hovered ? dark : accent));
        }
        screen.builder.setOverlay({});
        QCOMPARE(screen.plot.grab().toImage(), before);
        // A whole row is one outline: no lines between its cellAxis.
        std::vector<Mark> row;
        for (std::uint32_t c = 0; c < 20; ++c)
            row.push_back({0, 0, 3, c});
        screen.builder.setOverlay({row, {}, {}, {}});
        const QImage outlined = screen.plot.grab().toImage();
        const QRectF between = screen.builder.placeOf({0, 0, 3, 9});
        QCOMPARE(outlined.pixel(int(between.right()), int(between.center().y())),
            before.pixel(int(between.right()), int(between.center().y())));
    }

    void pointsOfCurvesAreFound()
    {
        Screen screen(curvePicture());
        PlotBuilder& b = screen.builder;
        for (const Mark mark : {Mark{0, 0, 0, 0}, Mark{0, 0, 0, 3}, Mark{0, 0, 1, 2}})
            QCOMPARE(b.markAt(b.placeOf(mark).center() + QPointF(3, -3)), std::optional(mark));
        QVERIFY(b.placeOf({0, 0, 0, 2}).isEmpty()); // a gap
        QVERIFY(!b.markAt(b.areaOf(0).topLeft() + QPointF(30, 30)));
        QVERIFY(!b.isReduced());
        // Both dots lie inside the axes, and the legend outside of them.
        QVERIFY(b.areaOf(0).right() < screen.plot.width() - 30);
    }

    void panelsStandInAGrid()
    {
        auto picture = mapPicture(4, 10, 5);
        picture->columns = 2;
        for (std::size_t i = 0; i < 5; ++i)
            picture->panels[i].title = QString("panel %1").arg(i);
        Screen screen(picture, {800, 600});
        std::vector<QRectF> areas;
        for (std::size_t i = 0; i < 5; ++i)
            areas.push_back(screen.builder.areaOf(i));
        for (std::size_t i = 0; i < 5; ++i) {
            QVERIFY(areas[i].width() > 150 && areas[i].height() > 80);
            for (std::size_t j = i + 1; j < 5; ++j)
                QVERIFY(!areas[i].intersects(areas[j]));
        }
        QCOMPARE(areas[0].top(), areas[1].top());
        QCOMPARE(areas[0].left(), areas[4].left());
        QVERIFY(areas[2].top() > areas[0].bottom());
        QCOMPARE(screen.builder.markAt(screen.builder.placeOf({3, 0, 1, 1}).center()), std::optional(Mark{3, 0, 1, 1}));
        QVERIFY(screen.builder.areaOf(5).isNull());
    }

    void paperTellsWhatDoesNotFit()
    {
        const QFont font = figureFont({"Liberation Sans"}, 7, {}).value();
        QCustomPlot plot;
        PlotBuilder builder(plot, paperStyle(font, 1000, 600));
        auto picture = mapPicture(6, 20);
        builder.show(picture);
        QVERIFY(builder.layOut({252.283, 150}).has_value());
        QCOMPARE(plot.viewport(), QRect(0, 0, 252, 150));
        QVERIFY(builder.areaOf(0).width() > 150 && builder.areaOf(0).bottom() < 150);
        QVERIFY(builder.texts().contains("Load") && builder.texts().contains("19"));
        QVERIFY(!builder.layOut({60, 20}));
        picture = std::make_shared<Picture>(*picture);
        picture->key->title = QString(300, 'W');
        builder.show(picture);
        const auto wrong = builder.layOut({252, 150});
        QVERIFY(!wrong && wrong.error().what == "does not fit the figure");
        QVERIFY(QString::fromStdString(wrong.error().where).contains("WWW"));
    }

    void stylesChangeNothingElse()
    {
        Screen screen(mapPicture(6, 20));
        screen.builder.setView({{{{2, 8}, {1, 4}}}});
        const PlotView seen = screen.builder.view();
        Style dark =
            screenStyle({QColor(0x2a, 0x2e, 0x34), Qt::white, Qt::gray, Qt::darkGray, Qt::cyan}, testStyle().font);
        screen.builder.restyle(dark);
        screen.plot.replot();
        QCOMPARE(screen.builder.view(), seen);
        QCOMPARE(QColor(screen.plot.grab().toImage().pixel(2, 2)), QColor(0x2a, 0x2e, 0x34));
        QVERIFY(seriesPen(dark, 0, false).colour != seriesPen(testStyle(), 0, false).colour);
    }

    void seriesAreToldApart()
    {
        const Style style = testStyle();
        std::vector<std::pair<QColor, std::vector<double>>> seen;
        for (int i = 0; i < 16; ++i) {
            const SeriesPen pen = seriesPen(style, i, false);
            const auto look = std::pair(pen.colour, pen.dashes);
            QVERIFY(std::ranges::find(seen, look) == seen.end());
            seen.push_back(look);
        }
        QCOMPARE(seriesPen(style, -1, true).colour, style.reference);
    }

    void arrowKeysStepOverNothing()
    {
        auto picture = mapPicture(3, 4);
        std::vector<float> values(12, 1);
        values[1] = values[5] = std::nanf("");
        auto map = std::make_shared<HeatMap>();
        map->values = Pyramid(3, 4, std::move(values));
        picture->panels[0].layers = {HeatMapPtr(map)};
        const Mark first{0, 0, 0, 0};
        QCOMPARE(steppedMark(*picture, {}, 0, 1), std::optional(first));
        QCOMPARE(steppedMark(*picture, first, 0, 1), std::optional(Mark{0, 0, 0, 2}));
        QCOMPARE(steppedMark(*picture, first, 0, -1), std::optional(first));
        QCOMPARE(steppedMark(*picture, first, 5, 0), std::optional(Mark{0, 0, 2, 0}));
        const auto curves = curvePicture();
        QCOMPARE(steppedMark(*curves, Mark{0, 0, 0, 1}, 0, 1), std::optional(Mark{0, 0, 0, 3})); // over the gap
        QCOMPARE(steppedMark(*curves, Mark{0, 0, 1, 2}, -1, 0)->row, 0u);
        QVERIFY(!steppedMark(Picture(), {}, 1, 0));
    }

    void longTitlesBreakEvenly()
    {
        const QFont font = testStyle().font;
        const QFontMetricsF metrics(font);
        const double length = metrics.horizontalAdvance("Share in language=de /");
        const auto lines =
            labelLines(QString("Share in language=de") + QChar::Nbsp + '/' + QChar::Nbsp + "uniform", font, length, 4);
        QVERIFY(lines.has_value());
        QCOMPARE(*lines, QString("Share in\nlanguage=de / uniform"));
        QVERIFY(!labelLines("unbreakable", font, 10));
        QVERIFY(!labelLines("a b c d e f", font, metrics.horizontalAdvance("a"), 4));
        QVERIFY(elidedLines("unbreakable", font, 40, 1).endsWith(QChar(0x2026)));
        // What does not fit fills the lines there are.
        const QStringList cut = elidedLines("a b c d e f", font, metrics.horizontalAdvance("a b"), 2).split('\n');
        QCOMPARE(cut.size(), 2);
        QCOMPARE(cut[0], QString("a b"));
        QVERIFY(cut[1].endsWith(QChar(0x2026)) && metrics.horizontalAdvance(cut[1]) <= metrics.horizontalAdvance("a b"));
    }
};

EXPERTSCOPE_TEST(TestPlotBuilder)
#include "tst_plot_builder.moc"
