// SPDX-License-Identifier: GPL-3.0-or-later
//
// The law of all charts: what each of the registry promises, over traces of several shapes.
#include "io/base/version.h"
#include "tests/support/scored_trace.h"
#include "tests/support/test_main.h"
#include "tests/views/load_fixture.h"
#include "views/figure/page.h"

#include <QImage>
#include <QTest>
#include <QTimeZone>

#include <cmath>
#include <set>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

/// A trace, or two, and which part of it is looked at.
struct ChartCase
{
    std::string name;
    std::vector<std::shared_ptr<MemoryTrace>> traces;
    Scope scope = {};
};

Scope scopeOf(std::vector<LabelFilter> where, std::vector<LabelFilter> without = {}, std::vector<ExpertAt> chose = {},
    std::vector<SiteIndex> sites = {})
{
    Scope scope;
    scope.where = std::move(where);
    scope.without = std::move(without);
    scope.chose = std::move(chose);
    scope.sites = std::move(sites);
    return scope;
}

/// As scoredTrace(), of `left` quarters of the tokens with other choices: a checkpoint of the same training.
std::shared_ptr<MemoryTrace> checkpoint(unsigned left)
{
    auto trace = scoredTrace();
    const std::size_t k = trace->shape().numSlots;
    for (auto& ids : trace->ids) {
        for (std::size_t i = 0; i < ids.size(); ++i)
            ids[i] = std::uint16_t(mix(i / k) % 4 < left ? (ids[i] + 1) % trace->shape().numExperts : ids[i]);
    }
    return trace;
}

const std::vector<ChartCase>& cases()
{
    static const std::vector<ChartCase> all{{"labelled", {scoredTrace()}}, {"one layer", {scoredTrace(1, 16, 100)}},
        {"4,096 experts", {scoredTrace(2, 4096, 60)}}, {"a part", {scoredTrace()}, scopeOf({{"language", "de"}})},
        {"an expert's tokens", {scoredTrace()}, scopeOf({}, {}, {{SiteIndex(0), ExpertIndex(1)}})},
        {"some sites", {scoredTrace()}, scopeOf({}, {}, {}, {SiteIndex(0), SiteIndex(2)})},
        {"nothing", {scoredTrace()}, scopeOf({{"language", "de"}}, {{"language", "de"}})},
        {"two traces", {scoredTrace(), scoredTrace(6, 32, 150)}}, {"choices alone", {loadTrace()}},
        {"a training", {checkpoint(3), checkpoint(1), checkpoint(0)}}};
    return all;
}

/// Which of them a chart draws whatever its options.
const ChartCase& caseFor(const std::string& chart)
{
    return chart == "training" || chart == "expert_life" ? cases().back() : cases().front();
}

Study caseStudy(const ChartCase& c)
{
    std::vector<BlockSource*> sources;
    for (const auto& trace : c.traces)
        sources.push_back(trace.get());
    return expertscope::testing::studyOf(sources);
}

struct Drawn
{
    ChartDataPtr data;
    ChartPtr chart;
    Look look;
};

Expected<Drawn> draw(const ChartSpec& spec, const Study& study, const Scope& scope,
    const std::map<std::string, std::string>& options = {}, Look look = {}, const Progress& progress = {})
{
    ChartQuestion question;
    question.scope = scope;
    ES_ASSIGN(question.params, checkOptions(spec, options));
    Drawn drawn;
    drawn.look = std::move(look);
    ES_ASSIGN(drawn.data, spec.compute(study, question, progress));
    ES_ASSIGN(drawn.chart, spec.draw(drawn.data, question.params, drawn.look));
    return drawn;
}

/// Every mark that is about something.
std::vector<Mark> marksOf(const Chart& chart)
{
    std::vector<Mark> marks;
    const PicturePtr picture = chart.picture();
    for (std::size_t p = 0; p < picture->panels.size(); ++p) {
        for (std::size_t l = 0; l < picture->panels[p].layers.size(); ++l) {
            const LayerMarks layer(picture->panels[p].layers[l]);
            for (std::size_t r = 0; r < layer.rows(); ++r) {
                for (std::size_t c = 0; c < layer.columns(r); ++c) {
                    const Mark mark{std::uint16_t(p), std::uint16_t(l), std::uint32_t(r), std::uint32_t(c)};
                    if (chart.subject(mark))
                        marks.push_back(mark);
                }
            }
        }
    }
    return marks;
}

double valueAt(const Picture& picture, const Mark& mark)
{
    return LayerMarks(picture.panels[mark.panel].layers[mark.layer]).value(mark.row, mark.column);
}

/// What others are compared with has a column of its own.
bool isReference(const Picture& picture, const Mark& mark)
{
    return LayerMarks(picture.panels[mark.panel].layers[mark.layer]).isReference(mark.row);
}

/// The numbers of a column; NaN where a field is empty.
std::vector<double> column(const QByteArray& csv, const QByteArray& name, const QByteArray& first = {})
{
    std::vector<double> values;
    qsizetype at = -1;
    for (const QByteArray& line : csv.split('\n')) {
        if (line.startsWith('#') || line.isEmpty())
            continue;
        const auto fields = line.split(',');
        if (at < 0) {
            at = fields.indexOf(name);
            if (at < 0)
                return {};
        } else if (first.isEmpty() || (fields[0] == "uniform") == (first == "uniform")) {
            values.push_back(fields[at].isEmpty() ? std::nan("") : fields[at].toDouble());
        }
    }
    return values;
}

int distance(QRgb a, QRgb b)
{
    return std::max({std::abs(qRed(a) - qRed(b)), std::abs(qGreen(a) - qGreen(b)), std::abs(qBlue(a) - qBlue(b))});
}

}

/// What a chart cannot draw, and says so: all else it has to draw.
static bool mayRefuse(const std::string& chart, const ChartCase& given)
{
    static const std::set<std::string> needSequences{"aux_loss", "cache_curves", "cache_map", "cache_phases", "cache_residency",
        "cache_time", "cache_timeline", "divergence",
        "domain_cv", "drop", "expert_similarity", "experts_per_token", "hot_set", "importance", "label_divergence", "lifetime", "locality",
        "placement", "position", "predict", "predictability", "prefetch", "reroute", "risk_difference", "sch", "srp", "vocabulary"};
    static const std::set<std::string> needColumns{"aux_loss", "divergence", "expert_similarity", "fewer_experts", "importance",
        "label_divergence", "locality", "position", "reroute", "sharpness", "tokens", "vocabulary"};
    static const std::set<std::string> needTwoSites{"affinity", "flow", "mutual_information", "path"};
    static const std::set<std::string> needTwoValues{"divergence", "domain_cv", "label_divergence", "risk_difference"};
    return given.name == "nothing" || (needSequences.contains(chart) && given.scope.splitsSequences())
        || (given.name == "choices alone" && needColumns.contains(chart))
        || (given.name == "one layer" && needTwoSites.contains(chart))
        || (given.name == "a part" && needTwoValues.contains(chart))
        || ((chart == "affinity" || chart == "flow") && given.name == "some sites") // which are no neighbours
        || (chart == "training" && given.name != "a training")
        || (chart == "expert_life" && given.traces.size() < 2)
        || (chart == "reroute" && given.name == "a training"); // whose choices its logits do not explain
}

/// What an option may be and no trace of these cases is large enough for.
static bool mayRefuse(const std::string& chart, const ChartOption& option, const std::string& value)
{
    return chart == "vocabulary" && option.name == "quantity" && value == "spread_position"; // > n_min sequences
}

class TestCharts : public QObject
{
    Q_OBJECT

    static void eachChartAndCase()
    {
        QTest::addColumn<QString>("chart");
        QTest::addColumn<int>("index");
        for (const ChartSpec& spec : chartRegistry())
            for (std::size_t i = 0; i < cases().size(); ++i)
                QTest::addRow("%s, %s", spec.name.c_str(), cases()[i].name.c_str())
                    << QString::fromStdString(spec.name) << int(i);
    }
    static void eachChart()
    {
        QTest::addColumn<QString>("chart");
        for (const ChartSpec& spec : chartRegistry())
            QTest::addRow("%s", spec.name.c_str()) << QString::fromStdString(spec.name);
    }

private slots:
    void theRegistryIsInOrder()
    {
        std::set<std::string> names;
        std::set<QString> titles;
        for (const ChartSpec& spec : chartRegistry()) {
            QVERIFY(names.insert(spec.name).second);
            QVERIFY2(titles.insert(spec.title).second, spec.name.c_str()); // of a menu
            QVERIFY(!spec.title.isEmpty() && !spec.definition.isEmpty() && spec.compute && spec.draw);
            QVERIFY2(checkOptions(spec, {}).has_value(), spec.name.c_str());
            QVERIFY(findChart(spec.name).value() == &spec);
            std::set<std::string> options;
            for (const ChartOption& option : spec.options) {
                QVERIFY(options.insert(option.name).second);
                QVERIFY(!option.title.isEmpty() && !option.meaning.empty());
                // The standard value is one that may be given.
                QVERIFY2(checkOptions(spec, {{option.name, option.standard}}).has_value(), option.name.c_str());
            }
        }
        const auto unknown = findChart("pie");
        QVERIFY(!unknown && unknown.error().message().find("load") != std::string::npos);
        QVERIFY(!checkOptions(chartRegistry().front(), {{"no such", "1"}}));
        QVERIFY(!checkOptions(*findChart("load").value(), {{"metric", "share/ratio"}})); // one word
        QVERIFY(checkOptions(*findChart("cache_curves").value(), {{"policy", "lru/opt"}}));
    }

    void drawsOrSaysWhyNot_data() { eachChartAndCase(); }
    void drawsOrSaysWhyNot()
    {
        QFETCH(QString, chart);
        QFETCH(int, index);
        const ChartSpec& spec = *findChart(chart.toStdString()).value();
        const ChartCase& given = cases()[std::size_t(index)];
        const Study study = caseStudy(given);
        const auto drawn = draw(spec, study, given.scope);
        if (!drawn) {
            // By name: what is wrong, and of what.
            QVERIFY2(!drawn.error().what.empty() && !drawn.error().where.empty(), drawn.error().message().c_str());
            QVERIFY2(mayRefuse(spec.name, given), drawn.error().message().c_str());
            return;
        }
        QVERIFY(given.name != "nothing");
        const Chart& c = *drawn->chart;
        const PicturePtr picture = c.picture();
        QVERIFY(picture && !picture->panels.empty());
        QCOMPARE(c.picture(), picture);
        const bool maps = std::ranges::any_of(picture->panels, [](const Panel& panel) {
            return std::ranges::any_of(panel.layers, [](const Layer& l) { return keyedValues(l).has_value(); });
        });
        QCOMPARE(picture->key.has_value(), maps);
        if (maps) {
            QVERIFY(picture->key->scale.low < picture->key->scale.high);
            QVERIFY(drawn->look.limits && drawn->look.scale && drawn->look.reducer && !drawn->look.colours.isEmpty());
        }
        for (const Panel& panel : picture->panels) {
            QVERIFY(panel.x.scale == Axis::Scale::None || (!panel.x.title.isEmpty() && !panel.y.title.isEmpty()));
            for (const Layer& layer : panel.layers) {
                const LayerMarks cells(layer);
                if (std::holds_alternative<HeatMapPtr>(layer) || std::holds_alternative<StripsPtr>(layer)) {
                    QCOMPARE(panel.x.cells(), cells.columns(0));
                    QCOMPARE(panel.y.cells(), cells.rows());
                } else if (const auto* ribbons = std::get_if<RibbonsPtr>(&layer)) {
                    QCOMPARE(panel.x.cells(), (*ribbons)->stages());
                } else if (const auto* bars = std::get_if<Bars>(&layer)) {
                    QCOMPARE((bars->horizontal ? panel.y : panel.x).cells(), bars->categories());
                }
            }
        }
        // Marks, subjects and words agree.
        const std::vector<Mark> marks = marksOf(c);
        QVERIFY(!marks.empty());
        const std::size_t step = std::max<std::size_t>(1, marks.size() / 40);
        for (std::size_t i = 0; i < marks.size(); i += step) {
            const Mark mark = marks[i];
            const auto back = c.marks(*c.subject(mark));
            QVERIFY(std::ranges::find(back, mark) != back.end());
            for (std::size_t j = 0; j < back.size(); j += std::max<std::size_t>(1, back.size() / 20))
                QVERIFY(c.subject(back[j]).has_value());
            const QString words = c.readout(mark);
            QVERIFY(!words.isEmpty() && !words.contains('\n') && !words.contains("nan"));
        }
        const Mark beyond{0, 0, 60000, 60000};
        QVERIFY(!c.subject(beyond) && c.readout(beyond).isEmpty());
        const bool tokens = std::ranges::any_of(marks, [&](const Mark& m) { return c.subject(m)->token.has_value(); });
        QVERIFY(tokens || c.marks(Subject{.token = TokenIndex(1)}).empty());
    }

    void theTableIsThePicture_data() { eachChartAndCase(); }
    void theTableIsThePicture()
    {
        QFETCH(QString, chart);
        QFETCH(int, index);
        const ChartSpec& spec = *findChart(chart.toStdString()).value();
        const ChartCase& given = cases()[std::size_t(index)];
        const Study study = caseStudy(given);
        const auto drawn = draw(spec, study, given.scope);
        if (!drawn)
            return;
        const Picture& picture = *drawn->chart->picture();
        const std::vector<Mark> marks = marksOf(*drawn->chart);
        if (marks.size() > 1000000)
            QSKIP("too large a table");
        const QByteArray csv = drawn->chart->csv();
        QVERIFY(csv.startsWith("# expertscope " + QByteArray(kVersion) + ", figure " + spec.name.c_str() + '\n'));
        const bool rates = spec.name == "cache_curves"; // in its own columns
        std::vector<double> said = column(csv, rates ? "hit_rate" : "value", rates ? "policies" : "");
        std::erase_if(said, [](double v) { return std::isnan(v); });
        std::vector<double> shown;
        for (const Mark& mark : marks) {
            if (!isReference(picture, mark) && !std::isnan(valueAt(picture, mark)))
                shown.push_back(valueAt(picture, mark));
        }
        QCOMPARE(said.size(), shown.size());
        for (std::size_t i = 0; i < said.size(); ++i) {
            const double v = rates ? 100 * said[i] : said[i];
            QVERIFY2(
                std::abs(v - shown[i]) <= 2e-7 * (1 + std::abs(v)), qPrintable(QString("%1 %2").arg(v).arg(shown[i])));
        }
    }

    void screenAndPaperShowTheSame_data() { eachChart(); }
    void screenAndPaperShowTheSame()
    {
        QFETCH(QString, chart);
        const ChartSpec& spec = *findChart(chart.toStdString()).value();
        const Study study = caseStudy(caseFor(chart.toStdString()));
        const auto drawn = draw(spec, study, {});
        QVERIFY(drawn.has_value());
        FigureSpec page = loadSpec();
        page.chart = spec.name;
        page.look = drawn->look;
        const auto figure = makeFigure(drawn->chart, page, QDateTime::fromSecsSinceEpoch(0, QTimeZone::utc()));
        QVERIFY2(figure.has_value(), figure ? "" : figure.error().message().c_str());
        QCOMPARE(figure->picture->panels.size(), drawn->chart->picture()->panels.size());
        for (std::size_t p = 0; p < figure->picture->panels.size(); ++p) {
            const auto& paper = figure->picture->panels[p];
            const auto& screen = drawn->chart->picture()->panels[p];
            QCOMPARE(paper.layers.size(), screen.layers.size());
            QCOMPARE(paper.x.names, screen.x.names);
            for (std::size_t l = 0; l < paper.layers.size(); ++l) {
                if (const auto* map = std::get_if<HeatMapPtr>(&screen.layers[l]))
                    QCOMPARE(std::get<HeatMapPtr>(paper.layers[l]), *map); // the very same cells
            }
        }
    }

    void bytesAreStable_data() { eachChart(); }
    void bytesAreStable()
    {
        QFETCH(QString, chart);
        FigureSpec spec = loadSpec();
        spec.chart = chart.toStdString();
        QByteArray before;
        for (int round = 0; round < 2; ++round) {
            const auto figure = makeFigure(caseStudy(caseFor(spec.chart)), spec);
            QVERIFY2(figure.has_value(), figure ? "" : figure.error().message().c_str());
            const auto pdf = renderPdf(*figure);
            QVERIFY2(pdf.has_value(), pdf ? "" : pdf.error().message().c_str());
            QVERIFY(renderSvg(*figure).has_value());
            const QByteArray all = *pdf + figure->csv() + writeFigureSpec(figure->spec);
            if (round == 1)
                QVERIFY(all == before);
            before = all;
            // What was resolved gives the same again.
            const auto again = makeFigure(caseStudy(caseFor(spec.chart)), figure->spec);
            QVERIFY(again.has_value());
            QVERIFY(renderPdf(*again).value() == *pdf);
        }
    }

    void optionsGoThroughTheSpec_data() { eachChart(); }
    void optionsGoThroughTheSpec()
    {
        QFETCH(QString, chart);
        const ChartSpec& spec = *findChart(chart.toStdString()).value();
        const Study study = caseStudy(caseFor(chart.toStdString()));
        for (const ChartOption& option : spec.options) {
            std::vector<std::string> values{option.standard};
            if (option.kind == ParameterSpec::Kind::Choices)
                values.insert(values.end(), option.choices.begin(), option.choices.end());
            for (const std::string& value : values) {
                FigureSpec figure = loadSpec();
                figure.chart = spec.name;
                figure.options = {{option.name, value}};
                const auto back = parseFigureSpec(writeFigureSpec(figure), "a.json");
                QVERIFY2(back.has_value(), back ? "" : back.error().message().c_str());
                QVERIFY(*back == figure);
                const auto drawn = draw(spec, study, {}, back->options);
                QVERIFY2(drawn.has_value() || mayRefuse(spec.name, option, value),
                    drawn ? "" : (option.name + "=" + value + ": " + drawn.error().message()).c_str());
                QVERIFY(drawn || !drawn.error().where.empty());
            }
            // What only draws gives another picture of the same data.
            if (!option.computes && values.size() > 2) {
                // How two sides are compared is seen where there are two.
                const bool sides = option.name == "against_as";
                const auto drawnAs = [&](const std::string& value) {
                    std::map<std::string, std::string> options{{option.name, value}};
                    if (sides)
                        options["against"] = "parallel=a";
                    return draw(spec, study, {}, options);
                };
                const auto one = drawnAs(values[1]), other = drawnAs(values.back());
                if (sides && (!one || !other)) { // texts without partners
                    QVERIFY2(chart == "label_divergence", (one ? other : one).error().message().c_str());
                    continue;
                }
                QVERIFY(one->chart->csv() != other->chart->csv());
            }
        }
    }

    void cancelIsHeard_data() { eachChart(); }
    void cancelIsHeard()
    {
        QFETCH(QString, chart);
        const ChartSpec& spec = *findChart(chart.toStdString()).value();
        const ChartCase large{"large", std::vector(caseFor(spec.name).traces.size(), scoredTrace(6, 32, 4000))};
        for (const int after : {0, 1, 3}) {
            const Study study = caseStudy(large); // nothing is known to it
            int calls = 0, late = 0;
            const auto drawn = draw(spec, study, {}, {}, {}, [&](double) {
                late += calls > after;
                return calls++ < after;
            });
            if (drawn) {
                QVERIFY(calls <= after + 1); // it was over when it was asked to stop
                continue;
            }
            QCOMPARE(drawn.error().what, std::string(kCancelled));
            QVERIFY(late <= 2); // it does not go on asking
        }
    }

    /// The warmest cell has its colour on paper of every size, however many cells a pixel covers.
    void aHotCellIsHotAtEverySize_data() { eachChartAndCase(); }
    void aHotCellIsHotAtEverySize()
    {
        QFETCH(QString, chart);
        QFETCH(int, index);
        const ChartSpec& spec = *findChart(chart.toStdString()).value();
        const ChartCase& given = cases()[std::size_t(index)];
        const Study study = caseStudy(given);
        Look look;
        look.colours = "viridis";
        look.scale = ScaleKind::Linear;
        look.reducer = Reducer::Max;
        const auto drawn = draw(spec, study, given.scope, {}, look);
        if (!drawn || !drawn->chart->picture()->key)
            return;
        const Picture& picture = *drawn->chart->picture();
        const auto* cells = std::get_if<HeatMapPtr>(&picture.panels[0].layers[0]);
        if (!cells)
            return; // ribbons lie on each other: tst_layers has their colours
        const HeatMap& map = **cells;
        std::size_t hot = 0;
        for (std::size_t i = 0; i < map.values.values().size(); ++i) {
            if (!(map.values.values()[i] <= map.values.values()[hot]))
                hot = std::isnan(map.values.values()[i]) ? hot : i;
        }
        const std::size_t row = hot / map.columns(), at = hot % map.columns();
        for (const double width : {45., 89., 183.}) {
            FigureSpec page = loadSpec();
            page.chart = spec.name;
            page.look = drawn->look;
            page.page.widthMm = width;
            page.page.dpi = 150;
            const auto figure = makeFigure(drawn->chart, page, QDateTime::fromSecsSinceEpoch(0, QTimeZone::utc()));
            QVERIFY2(figure.has_value(), figure ? "" : figure.error().message().c_str());
            const QImage image = QImage::fromData(renderPng(*figure).value()).convertToFormat(QImage::Format_RGB32);
            const QRectF area = Page::create(*figure, 0).value()->areaOf(0);
            const double scale = 150 / 72.0;
            const QPointF place(area.left() + (double(at) + 0.5) * area.width() / double(map.columns()),
                area.top() + (double(row) + 0.5) * area.height() / double(map.rows()));
            const QRgb wanted = picture.key->scale.colour(map.values.at(row, at));
            int nearest = 255;
            for (int dx = -1; dx <= 1; ++dx)
                for (int dy = -1; dy <= 1; ++dy)
                    nearest = std::min(nearest,
                        distance(wanted, image.pixel(int(place.x() * scale) + dx, int(place.y() * scale) + dy)));
            QVERIFY2(nearest <= 2, qPrintable(QString("%1 mm: %2").arg(width).arg(nearest)));
        }
    }

    void subjectsAgree()
    {
        const Subject cell{.site = SiteIndex(3), .expert = ExpertIndex(27)};
        QVERIFY(agree(cell, cell) && agree(cell, {.site = SiteIndex(3)}) && agree({.expert = ExpertIndex(27)}, cell));
        QVERIFY(!agree(cell, {.site = SiteIndex(4)}) && !agree(cell, {.token = TokenIndex(1)}) && !agree(cell, {}));
        QVERIFY(!agree(cell, {.site = SiteIndex(3), .expert = ExpertIndex(1)}));
    }

    void titlesSayWhatAPartIsComparedWith()
    {
        const auto trace = loadTrace();
        const Study study = expertscope::testing::studyOf({trace.get()});
        const ChartSpec& spec = *findChart("load").value();
        const Scope german = scopeOf({{"language", "de"}});
        const auto title = [&](const Scope& scope, const std::map<std::string, std::string>& options) {
            return QString(draw(spec, study, scope, options)->chart->picture()->key->title).replace(QChar::Nbsp, ' ');
        };
        QCOMPARE(title({}, {}), QString("Relative load (1 = uniform)"));
        QCOMPARE(title(german, {}), QString("Share in language=de / uniform"));
        QCOMPARE(title(german, {{"against", "all"}}), QString("Share in language=de / whole trace"));
        QCOMPARE(title(german, {{"metric", "share"}}), QString("Share of choices in language=de (%)"));
        const auto chart = draw(spec, study, german)->chart;
        const QString words = chart->readout({0, 0, 1, 4});
        QVERIFY2(
            words.startsWith("Layer 2 · expert 4 · ") && words.contains("(uniform 3.13 %)") && words.contains(" of 32"),
            qPrintable(words));
        QVERIFY(chart->csv().contains("\n# tokens: language=de\n"));
    }

    /// Charts of one site answer for it alone; those of all sites for rows of it.
    void aSubjectIsFoundInEveryChart()
    {
        const auto trace = loadTrace();
        const Study study = expertscope::testing::studyOf({trace.get()});
        const Subject third{.site = SiteIndex(3), .expert = ExpertIndex(7)};
        const auto load = draw(*findChart("load").value(), study, {})->chart;
        QCOMPARE(load->marks(third), (std::vector<Mark>{{0, 0, 3, 7}}));
        QCOMPARE(load->marks({.site = SiteIndex(3)}).size(), std::size_t(32));
        QCOMPARE(load->marks({.expert = ExpertIndex(7)}).size(), std::size_t(6));
        const auto sorted = draw(*findChart("load").value(), study, {}, {{"sort", "load"}})->chart;
        const auto moved = sorted->marks(third);
        QCOMPARE(moved.size(), std::size_t(1));
        QCOMPARE(sorted->readout(moved[0]), load->readout({0, 0, 3, 7}));
        const ChartSpec& pairs = *findChart("coactivation").value();
        QVERIFY(draw(pairs, study, {})->chart->marks(third).empty()); // it is of site 0
        QCOMPARE(
            draw(pairs, study, {}, {{"site", "3"}})->chart->marks(third).size(), std::size_t(31)); // not with itself
        const auto balance = draw(*findChart("balance").value(), study, {})->chart;
        QCOMPARE(balance->marks(third).size(), std::size_t(2)); // the trace, and uniform routing
    }

    void aScopeThatCannotBeIsNamed()
    {
        const auto trace = loadTrace();
        const Study study = expertscope::testing::studyOf({trace.get()});
        const auto error = [&](const char* chart, const Scope& scope, std::map<std::string, std::string> options = {}) {
            const auto drawn = draw(*findChart(chart).value(), study, scope, options);
            return drawn ? QString("drawn") : QString::fromStdString(drawn.error().message());
        };
        const Scope tokens = scopeOf({}, {}, {{SiteIndex(0), ExpertIndex(1)}});
        QVERIFY2(error("cache_curves", tokens).contains("whole sequences"), qPrintable(error("cache_curves", tokens)));
        QVERIFY(error("coactivation", {}, {{"site", "6"}})
                    .contains("site 6: there is no such site (sites go from 0 to 5)"));
        QVERIFY(error("coactivation", scopeOf({}, {}, {}, {SiteIndex(2)}))
                    .contains("is not among the sites that are kept"));
        QVERIFY(
            error("affinity", {}, {{"site", "6"}}).contains("site 6: there is no such site (sites go from 0 to 5)"));
        QVERIFY(error("affinity", {}, {{"site", "5"}}).contains("site 5: is the last router"));
        QVERIFY(error("affinity", scopeOf({}, {}, {}, {SiteIndex(0), SiteIndex(2), SiteIndex(3)}))
                    .contains("site 0: the next one, site 1, is not among the sites that are kept (choose 2)"));
        QVERIFY(error("affinity", scopeOf({}, {}, {}, {SiteIndex(2)}))
                    .contains("site 0: is not among the sites that are kept (keep two in a row)"));
        const auto single = loadTrace(1, 16, 100);
        const auto alone = draw(*findChart("affinity").value(), expertscope::testing::studyOf({single.get()}), {});
        QVERIFY(!alone && alone.error().message().find("has one router: affinity needs two") != std::string::npos);
        QVERIFY(error("balance", scopeOf({{"language", "xx"}})).contains("xx"));
    }
};

EXPERTSCOPE_TEST(TestCharts)
#include "tst_charts.moc"
