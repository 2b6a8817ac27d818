// SPDX-License-Identifier: GPL-3.0-or-later
//
// Layers that are no heat maps: what is where, what the mouse finds, what is coloured how.
#include "tests/support/test_main.h"
#include "tests/views/paint/plot_screen.h"
#include "views/paint/word_lines.h"

#include <QTest>

#include <cmath>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

Axis wordAxis(const char* title, const QStringList& words)
{
    Axis axis{title, Axis::Scale::Cells};
    axis.words.assign(words.begin(), words.end());
    return axis;
}

std::shared_ptr<Picture> onePanel(Axis x, Axis y, Layer layer)
{
    auto picture = std::make_shared<Picture>();
    picture->panels = {{std::move(x), std::move(y), {std::move(layer)}, {}}};
    return picture;
}

Bars twoSeries(bool stacked, bool horizontal)
{
    Bars bars;
    bars.series = {{"a", {10, 20, 30}, {}, {}, 0}, {"b", {5, std::nan(""), 15}, {}, {}, 1}};
    bars.stacked = stacked;
    bars.horizontal = horizontal;
    bars.reference = {12, 12, 12};
    bars.referenceName = "uniform routing";
    return bars;
}

std::shared_ptr<Picture> barPicture(bool stacked, bool horizontal)
{
    const Axis categories = wordAxis("Language", {"de", "en", "fr"}), values{"Share (%)"};
    return horizontal ? onePanel(values, categories, twoSeries(stacked, true))
                      : onePanel(categories, values, twoSeries(stacked, false));
}

StripsPtr strips(
    std::size_t rows, std::size_t columns, const std::function<std::uint16_t(std::size_t, std::size_t)>& of)
{
    auto made = std::make_shared<Strips>();
    made->numRows = rows;
    made->numColumns = columns;
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < columns; ++c)
            made->values.push_back(of(r, c));
    made->categories = Categories("other experts");
    made->categories.add(7, "expert 7");
    made->categories.add(3, "expert 3");
    return made;
}

Axis cells(const char* title, std::size_t count)
{
    Axis axis{title, Axis::Scale::Cells};
    for (std::size_t i = 0; i < count; ++i)
        axis.names.push_back(int(i));
    return axis;
}

std::shared_ptr<Picture> wordPicture(std::size_t repeats, std::size_t rows)
{
    auto words = std::make_shared<Words>();
    for (std::size_t i = 0; i < repeats; ++i)
        for (const char* piece : {"The", " quick", "ly", " fox", ".", "\n", "  "})
            words->pieces.emplace_back(piece);
    for (std::size_t r = 0; r < rows; ++r) {
        WordRow row{QString("row %1").arg(r), {}, true};
        for (std::size_t i = 0; i < words->pieces.size(); ++i)
            row.values.push_back(i % 7 == 5 ? std::nanf("") : float(i % 3) / 2);
        words->colours.push_back(std::move(row));
    }
    const Axis none{{}, Axis::Scale::None};
    auto picture = onePanel(none, none, WordsPtr(words));
    picture->key = ColourKey{{colourTable("viridis").value(), ScaleKind::Linear, 0, 1}, Reducer::Max, "Entropy (nats)"};
    return picture;
}

/// Every mark that holds something is found where it is.
void verifyMarks(Screen& screen)
{
    const LayerMarks marks(screen.builder.picture()->panels[0].layers[0]);
    std::size_t seen = 0;
    for (std::uint32_t r = 0; r < marks.rows(); ++r) {
        for (std::uint32_t c = 0; c < marks.columns(r); ++c) {
            const Mark mark{0, 0, r, c};
            const QRectF place = screen.builder.placeOf(mark);
            if (!marks.has(r, c) && place.isEmpty())
                continue;
            QVERIFY(!place.isEmpty());
            ++seen;
            QCOMPARE(screen.builder.markAt(place.center()), std::optional(mark));
        }
    }
    QVERIFY(seen > 2);
}

}

class TestLayers : public QObject
{
    Q_OBJECT

private slots:
    void barsAreFoundAndAsLongAsTheirValues()
    {
        for (const bool stacked : {false, true}) {
            for (const bool horizontal : {false, true}) {
                Screen screen(barPicture(stacked, horizontal));
                verifyMarks(screen);
                const auto length = [&](std::uint32_t r, std::uint32_t c) {
                    const QRectF place = screen.builder.placeOf({0, 0, r, c});
                    return horizontal ? place.width() : place.height();
                };
                QVERIFY(std::abs(length(0, 2) / length(0, 0) - 3) < 0.02);
                QVERIFY(std::abs(length(0, 0) / length(1, 0) - 2) < 0.02);
                QVERIFY(screen.builder.placeOf({0, 0, 1, 1}).isEmpty()); // no value, no bar
                QCOMPARE(QColor(screen.colourAt(screen.builder.placeOf({0, 0, 0, 0}).center())), testStyle().series[0]);
                QCOMPARE(QColor(screen.colourAt(screen.builder.placeOf({0, 0, 1, 2}).center())), testStyle().series[1]);
                QVERIFY(!screen.builder.isReduced());
            }
        }
    }

    void barsStandOnZero()
    {
        Screen screen(barPicture(false, true));
        QCOMPARE(screen.builder.view().panels[0].first.low, 0.0);
        QVERIFY(screen.builder.view().panels[0].first.high >= 30);
        Screen stacked(barPicture(true, false));
        QVERIFY(stacked.builder.view().panels[0].second.high >= 45);
    }

    void wordsOfAnAxisAreCutAndTurned()
    {
        const QStringList languages{"a very long name of a language that nobody speaks", "German", "French"};
        const auto labels = [](Screen& screen) {
            const QCPAxis* axis = screen.plot.axisRect(0)->axis(QCPAxis::atBottom);
            const auto ticker = axis->ticker().dynamicCast<QCPAxisTickerText>();
            return std::pair(QStringList(ticker->ticks().values()), axis->tickLabelRotation());
        };
        Bars bars;
        bars.series = {{"", {1, 2, 3}, {}, {}, 0}};
        Screen narrow(onePanel(wordAxis("Language", languages), {"n"}, bars), {300, 300});
        QCOMPARE(labels(narrow).first.size(), 3);
        QVERIFY(
            labels(narrow).first.first().contains(QChar(0x2026)) && labels(narrow).first.first().endsWith("speaks"));
        QCOMPARE(labels(narrow).second, -90.0);
        QVERIFY(narrow.builder.areaOf(0).height() > 120);
        Screen wide(onePanel(wordAxis("Language", {"de", "en", "fr"}), {"n"}, bars), {300, 300});
        QCOMPARE(labels(wide).second, 0.0);
        QCOMPARE(labels(wide).first, QStringList({"de", "en", "fr"}));
    }

    void theLastLayerOfACurveIsNamed()
    {
        Curve curve{"", {}, {}};
        for (int layer = 0; layer < 32; ++layer) {
            curve.x.push_back(layer);
            curve.y.push_back(layer % 5);
        }
        Screen screen(onePanel({"Layer", Axis::Scale::Linear, 0, 0, true}, {"Gini"}, Curves{{curve}}), {420, 300});
        const auto ticker = screen.plot.axisRect(0)->axis(QCPAxis::atBottom)->ticker().dynamicCast<QCPAxisTickerText>();
        QCOMPARE(ticker->ticks().first(), QString("0"));
        QCOMPARE(ticker->ticks().last(), QString("31"));
    }

    void pointsStandAlone()
    {
        Curve points{"", {1, 3, 2}, {1, 2, 3}, {0.5, 1.5, std::nan("")}, {1.5, 3, std::nan("")}};
        points.line = false;
        points.labels = {"one", "two", "three"};
        Curves curves{{points}, {{"chance", 0.8, 1.2}}};
        Screen screen(onePanel({"m"}, {"SRP"}, curves));
        verifyMarks(screen);
        const QPointF between =
            (screen.builder.placeOf({0, 0, 0, 0}).center() + screen.builder.placeOf({0, 0, 0, 1}).center()) / 2;
        QVERIFY(QColor(screen.colourAt(between)) != testStyle().series[0]); // no line
        const QPointF bar = screen.builder.placeOf({0, 0, 0, 1}).center() + QPointF(0, 12);
        QVERIFY(QColor(screen.colourAt(bar)) != QColor(Qt::white)); // an error bar
    }

    void ribbonsAreAsWideAsTheirValues()
    {
        auto flow = std::make_shared<Ribbons>();
        flow->blocks = {{{"a", 60}, {"b", 40}}, {{"c", 30}, {"d", 70}}, {{"e", 100}}};
        flow->ribbons = {{{0, 0, 20, 4}, {1, 1, 30, 2}}, {{0, 0, 25, 1}, {1, 0, 50, 0.5}}};
        Axis x = cells("Layer", 3);
        x.low = -0.2;
        x.high = 2.2;
        auto picture = onePanel(std::move(x), {"Share (%)", Axis::Scale::Linear, 0, 100}, RibbonsPtr(flow));
        picture->key = ColourKey{{colourTable("vik").value(), ScaleKind::Log2, 0.25, 4}, Reducer::Extreme, "Lift"};
        Screen screen(picture);
        verifyMarks(screen);
        const double unit = screen.builder.areaOf(0).height() / 100;
        for (std::uint32_t row = 0; row < flow->rows(); ++row) {
            for (std::uint32_t i = 0; i < flow->columns(row); ++i) {
                const QRectF place = screen.builder.placeOf({0, 0, row, i});
                QVERIFY(std::abs(place.height() - flow->value(row, i) * unit) < 0.5);
                if (row < flow->stages())
                    continue;
                const QColor full = QColor::fromRgb(picture->key->scale.colour(flow->ribbons[row - 3][i].colour));
                const QColor seen(screen.colourAt(place.center()));
                for (const auto channel : {&QColor::red, &QColor::green, &QColor::blue}) // seen through, on white
                    QVERIFY(std::abs((seen.*channel)() - (0.6 * (full.*channel)() + 0.4 * 255)) < 3);
            }
        }
        // Widths at both ends and the rest are the heights of the blocks.
        const RibbonPlaces places(*flow);
        QCOMPARE(places.rest[0][0], std::pair(100.0, 80.0));
        QCOMPARE(places.rest[1][1], std::pair(40.0, 20.0));
        QCOMPARE(places.rest[2][0], std::pair(25.0, 100.0));
        // On a dark background the strongest are the brightest, on their colour bar too.
        const QPointF strongest = screen.builder.placeOf({0, 0, 3, 0}).center();
        Style dark = testStyle();
        dark.background = QColor(0x22, 0x26, 0x2c);
        const int before = qGray(screen.colourAt(strongest));
        screen.builder.restyle(dark);
        screen.plot.replot();
        QCOMPARE(flow->ribbons[0][0].colour, 4.f);
        QVERIFY(qGray(screen.colourAt(strongest)) > 120 && before < 140);
        screen.builder.restyle(testStyle());
        screen.plot.replot();
        QCOMPARE(qGray(screen.colourAt(strongest)), before);
        // Between the ribbons, and in a stub, there is nothing.
        QVERIFY(!screen.builder.markAt(screen.builder.areaOf(0).topLeft() + QPointF(2, 2)));
    }

    void stripsNeverMix()
    {
        const auto columns = std::size_t(1000);
        // Halves: the left one 7, the right one 3; below all kinds.
        const auto raster = strips(2, columns, [&](std::size_t r, std::size_t c) {
            return r == 1 ? std::uint16_t(c % 5) : c < columns / 2 ? std::uint16_t(7) : std::uint16_t(3);
        });
        QCOMPARE(raster->render({0, double(columns), 0, 2, 4, 2}),
            (std::vector<int>{0, 0, 1, 1, Categories::kRest, Categories::kRest, Categories::kRest, Categories::kRest}));
        const auto mixed =
            strips(1, 4, [](std::size_t, std::size_t c) { return c % 2 ? std::uint16_t(7) : std::uint16_t(3); });
        QCOMPARE(mixed->render({0, 4, 0, 1, 2, 1}), (std::vector<int>{Strips::kMixed, Strips::kMixed}));
        QCOMPARE(mixed->render({0, 4, 0, 1, 4, 1}), (std::vector<int>{1, 0, 1, 0}));
        const auto nothing = strips(1, 2, [](std::size_t, std::size_t) { return Strips::kNothing; });
        QCOMPARE(nothing->render({0, 2, 0, 1, 1, 1}), (std::vector<int>{Strips::kNone}));

        Screen screen(onePanel(cells("Token", columns), cells("Layer", 2), raster), {400, 200});
        QVERIFY(screen.builder.isReduced());
        const QRectF area = screen.builder.areaOf(0);
        QCOMPARE(QColor(screen.colourAt({area.left() + 30, area.top() + 10})), testStyle().categories[0]);
        QCOMPARE(QColor(screen.colourAt({area.right() - 30, area.top() + 10})), testStyle().categories[1]);
        QCOMPARE(QColor(screen.colourAt({area.right() - 30, area.bottom() - 10})), testStyle().rest);
        Screen few(onePanel(cells("Token", 12), cells("Layer", 2),
            strips(2, 12, [](std::size_t, std::size_t c) { return std::uint16_t(c); })));
        verifyMarks(few);
        QVERIFY(!few.builder.isReduced());
    }

    void tokensKeepWordsTogether()
    {
        QFont font = testStyle().font;
        const QFontMetricsF metrics(font);
        const std::vector<QString> pieces{"Un", "believ", "able", " sto", "ries", "\n", "end", " ", ""};
        const double width = metrics.horizontalAdvance("Unbelievable sto") + 2;
        const auto placed = placeWords(pieces, metrics, width);
        std::vector<std::size_t> lines;
        for (const PlacedWord& word : placed)
            lines.push_back(word.line);
        QCOMPARE(lines, (std::vector<std::size_t>{0, 0, 0, 1, 1, 1, 2, 2, 2}));
        QCOMPARE(placed[5].text, QString(kBreakSign));
        QCOMPARE(placed[7].text, QString(kSpaceSign));
        QVERIFY(placed[8].width > 0);
        for (const PlacedWord& word : placed)
            QVERIFY(word.left + word.width <= width + 1e-9);
        const auto cut = placeWords({QString(300, 'w')}, metrics, 100);
        QVERIFY(cut[0].width <= 100 && cut[0].text.contains(QChar(0x2026)));
    }

    void everyTokenIsFoundAndColoured()
    {
        for (const std::size_t rows : {1, 3}) {
            Screen screen(wordPicture(3, rows));
            const auto& picture = *screen.builder.picture();
            const LayerMarks marks(picture.panels[0].layers[0]);
            for (std::uint32_t r = 0; r < rows; ++r) {
                for (std::uint32_t c = 0; c < marks.columns(r); ++c) {
                    const QRectF place = screen.builder.placeOf({0, 0, r, c});
                    QCOMPARE(screen.builder.markAt(place.center()), std::optional(Mark{0, 0, r, c}));
                    if (marks.has(r, c))
                        QCOMPARE(screen.colourAt(place.topLeft() + QPointF(1, 1)),
                            picture.key->scale.colour(marks.value(r, c)));
                }
            }
        }
    }

    void longTextsAreCutAndScrolled()
    {
        Screen screen(wordPicture(200, 1), {300, 200});
        PlotBuilder& b = screen.builder;
        QVERIFY(!b.placeOf({0, 0, 0, 0}).isEmpty());
        QVERIFY(b.placeOf({0, 0, 0, 1399}).isEmpty());
        b.reveal({0, 0, 0, 1399});
        screen.plot.replot();
        QVERIFY(!b.placeOf({0, 0, 0, 1398}).isEmpty());
        QVERIFY(b.placeOf({0, 0, 0, 0}).isEmpty());
        b.panBy(0, -100);
        QVERIFY(!b.placeOf({0, 0, 0, 0}).isEmpty());
        QVERIFY(!b.isZoomed());
        QVERIFY(b.wantedHeight(0, 280).value() > 1000);
    }

    void whatTheFontLacksIsSaid()
    {
        auto words = std::make_shared<Words>();
        words->pieces = {"a", QString::fromUtf8(" \u65e5\u672c"), "b"};
        words->colours = {{"", {0, 1, 2}, false}};
        words->categories = Categories("others");
        const Axis none{{}, Axis::Scale::None};
        const auto picture = onePanel(none, none, WordsPtr(words));
        QCustomPlot plot;
        PlotBuilder paper(plot, paperStyle(figureFont({"Liberation Sans"}, 7, {}).value(), 1000, 600));
        paper.show(picture);
        QVERIFY(paper.texts().contains(QString::fromUtf8(" \u25a1\u25a1")));
        QVERIFY(figureFont({"Liberation Sans"}, 7, paper.texts()).has_value());
        QVERIFY(paper.layOut({200, 60}).has_value());
        Screen screen(picture); // where another font steps in
        QVERIFY(!screen.builder.texts().contains(QString::fromUtf8(" \u25a1\u25a1")));
    }

    void aNarrowPageHasFewerColumns()
    {
        auto picture = std::make_shared<Picture>();
        for (int i = 0; i < 6; ++i)
            picture->panels.push_back(
                {wordAxis("Language", {"de", "en"}), {"Share (%)"}, {twoSeries(false, false)}, {}});
        picture->columns = 3;
        QCustomPlot plot;
        PlotBuilder builder(plot, paperStyle(figureFont({"Liberation Sans"}, 7, {}).value(), 1000, 600));
        builder.show(picture);
        for (const auto& [width, columns] : {std::pair(520., 3u), std::pair(252., 2u), std::pair(113., 1u)}) {
            QVERIFY(builder.layOut({width, 700}).has_value());
            QCOMPARE(builder.columns(), std::size_t(columns));
            QVERIFY(builder.areaOf(columns).top() > builder.areaOf(0).bottom());
        }
        QVERIFY(!builder.layOut({113, 200}));
    }

    void lettersAndSharedTitles()
    {
        auto picture = std::make_shared<Picture>();
        for (int i = 0; i < 4; ++i)
            picture->panels.push_back({wordAxis("Language", {"de", "en", "fr"}), {"Share (%)"},
                {twoSeries(false, false)}, QString("layer %1").arg(i)});
        picture->columns = 2;
        Screen screen(picture, {700, 500});
        const auto label = [&](int i, QCPAxis::AxisType type) {
            return screen.plot.axisRects().at(i)->axis(type)->label();
        };
        QCOMPARE(label(0, QCPAxis::atBottom), QString());
        QCOMPARE(label(2, QCPAxis::atBottom), QString("Language"));
        QCOMPARE(label(0, QCPAxis::atLeft), QString("Share (%)"));
        QCOMPARE(label(3, QCPAxis::atLeft), QString());
        for (std::size_t i = 1; i < 4; ++i) {
            QVERIFY(std::abs(screen.builder.areaOf(i).width() - screen.builder.areaOf(0).width()) <= 2);
            QVERIFY(std::abs(screen.builder.areaOf(i).height() - screen.builder.areaOf(0).height()) <= 2);
        }
    }
};

EXPERTSCOPE_TEST(TestLayers)
#include "tst_layers.moc"
