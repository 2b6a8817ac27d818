// SPDX-License-Identifier: GPL-3.0-or-later
//
// Small multiples: their numbers are those of the charts that are drawn alone, their scales are shared.
#include "tests/support/scored_trace.h"
#include "tests/support/test_main.h"
#include "tests/views/charts/chart_table.h"
#include "tests/views/load_fixture.h"
#include "views/charts/kinds/grid_colours.h"
#include "views/charts/kinds/table_records.h"
#include "views/paint/axis_range.h"

#include <QTest>

#include <algorithm>
#include <cmath>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

Expected<ChartPtr> drawnOf(const std::string& chart, const Study& study, const Scope& scope, std::size_t trace,
    const std::map<std::string, std::string>& options, Look* look = nullptr)
{
    const ChartSpec& spec = *findChart(chart).value();
    ChartQuestion question{trace, scope, {}};
    ES_ASSIGN(question.params, checkOptions(spec, options));
    ES_ASSIGN(const ChartDataPtr data, spec.compute(study, question, {}));
    Look own;
    return spec.draw(data, question.params, look ? *look : own);
}

std::vector<Mark> marksOf(const Chart& chart, std::size_t firstPanel, std::size_t panels)
{
    std::vector<Mark> marks;
    for (std::size_t p = firstPanel; p < firstPanel + panels; ++p) {
        const Panel& panel = chart.picture()->panels[p];
        for (std::size_t l = 0; l < panel.layers.size(); ++l) {
            const LayerMarks layer(panel.layers[l]);
            for (std::size_t r = 0; r < layer.rows(); ++r)
                for (std::size_t c = 0; c < layer.columns(r); ++c)
                    marks.push_back({std::uint16_t(p), std::uint16_t(l), std::uint32_t(r), std::uint32_t(c)});
        }
    }
    return marks;
}

double valueAt(const Chart& chart, const Mark& mark)
{
    return LayerMarks(chart.picture()->panels[mark.panel].layers[mark.layer]).value(mark.row, mark.column);
}

/// The lines of a table that are records, without the first `skip` fields.
QByteArrayList recordsOf(const QByteArray& csv, int skip)
{
    QByteArrayList records;
    for (const QByteArray& line : csv.split('\n')) {
        if (!line.isEmpty() && !line.startsWith('#'))
            records << line.split(',').mid(skip).join(',');
    }
    records.removeFirst();
    return records;
}

/// What a chart of the registry says when it is asked for panels.
QString errorOf(
    const std::string& chart, const Study& study, std::map<std::string, std::string> options, const Scope& scope = {})
{
    const auto drawn = drawnOf(chart, study, scope, 0, options);
    return drawn ? QString("drawn") : QString::fromStdString(drawn.error().message());
}

}

class TestMultiples : public QObject
{
    Q_OBJECT

    /// Panels are the charts `alone`, each with the title that begins with its name.
    static void compare(const Chart& all, const std::vector<ChartPtr>& alone, const QStringList& titles)
    {
        const Picture& picture = *all.picture();
        std::size_t first = 0;
        QByteArrayList records;
        for (std::size_t i = 0; i < alone.size(); ++i) {
            const Picture& own = *alone[i]->picture();
            QVERIFY(first + own.panels.size() <= picture.panels.size());
            for (std::size_t p = 0; p < own.panels.size(); ++p) {
                const Panel &here = picture.panels[first + p], &there = own.panels[p];
                QVERIFY2(here.title.startsWith(titles[qsizetype(i)]), qPrintable(here.title));
                QCOMPARE(here.layers.size(), there.layers.size());
                for (const bool isX : {true, false}) { // nothing that was seen is cut off
                    const auto range = fullRange(here, isX), least = fullRange(there, isX);
                    QVERIFY(range.first <= least.first && range.second >= least.second);
                }
            }
            if (own.key)
                QVERIFY(picture.key->scale.low <= own.key->scale.low && picture.key->scale.high >= own.key->scale.high);
            const auto marks = marksOf(all, first, own.panels.size());
            QCOMPARE(marks.size(), marksOf(*alone[i], 0, own.panels.size()).size());
            for (std::size_t m = 0; m < marks.size(); m += std::max<std::size_t>(1, marks.size() / 200)) {
                Mark there = marks[m];
                there.panel = std::uint16_t(there.panel - first);
                const double value = valueAt(all, marks[m]), wanted = valueAt(*alone[i], there);
                QVERIFY(value == wanted || (std::isnan(value) && std::isnan(wanted)));
                const auto subject = all.subject(marks[m]);
                QVERIFY(subject == alone[i]->subject(there));
                QVERIFY(all.readout(marks[m]).endsWith(alone[i]->readout(there)));
                if (subject && alone[i]->marks(*subject).size() < 2000) {
                    const auto back = all.marks(*subject);
                    QVERIFY(std::ranges::find(back, marks[m]) != back.end());
                }
            }
            records << recordsOf(alone[i]->csv(), 0);
            first += own.panels.size();
        }
        QCOMPARE(first, picture.panels.size());
        QVERIFY(recordsOf(all.csv(), 1) == records);
        const Mark beyond{std::uint16_t(first), 0, 0, 0};
        QVERIFY(!all.subject(beyond) && all.readout(beyond).isEmpty());
    }

    static void sharedRanges(const Picture& picture)
    {
        for (const auto& [axis, isX] : {std::pair(&Panel::x, true), std::pair(&Panel::y, false)}) {
            std::map<QString, std::pair<double, double>> shown;
            for (const Panel& panel : picture.panels) {
                if ((panel.*axis).scale == Axis::Scale::Cells || (panel.*axis).scale == Axis::Scale::None)
                    continue;
                const auto range = fullRange(panel, isX);
                QCOMPARE(shown.try_emplace((panel.*axis).title, range).first->second, range);
            }
        }
    }

private slots:
    void everyChartIsCutByALabel_data()
    {
        QTest::addColumn<QString>("chart");
        for (const ChartSpec& spec : chartRegistry())
            QTest::addRow("%s", spec.name.c_str()) << QString::fromStdString(spec.name);
    }
    void everyChartIsCutByALabel()
    {
        QFETCH(QString, chart);
        const std::string name = chart.toStdString();
        const auto trace = scoredTrace();
        const Study study = studyOf({trace.get()});
        const auto all = drawnOf(name, study, {}, 0, {{"panels", "label:language"}});
        std::vector<ChartPtr> alone;
        QStringList titles;
        std::string firstError;
        for (const std::string& value : trace->shape().labels.front().values) {
            Scope scope;
            scope.where = {{"language", value}};
            auto one = drawnOf(name, study, scope, 0, {});
            if (!one) {
                firstError = firstError.empty() ? one.error().what : firstError;
                continue;
            }
            alone.push_back(*one);
            titles << QString::fromStdString("language=" + value);
        }
        if (!all) { // because none can be drawn, or a colour would have several names
            QVERIFY2(
                alone.empty() || all.error().what.find("colour") != std::string::npos, all.error().message().c_str());
            QVERIFY(!alone.empty() || all.error().what == firstError);
            return;
        }
        QVERIFY(!alone.empty());
        compare(**all, alone, titles);
        sharedRanges(*(*all)->picture());
    }

    void layersAreSitesOfTheChart_data()
    {
        QTest::addColumn<QString>("chart");
        for (const ChartSpec& spec : chartRegistry())
            QTest::addRow("%s", spec.name.c_str()) << QString::fromStdString(spec.name);
    }
    void layersAreSitesOfTheChart()
    {
        QFETCH(QString, chart);
        const std::string name = chart.toStdString();
        const auto one = scoredTrace(), other = scoredTrace();
        const Study study =
            name == "expert_life" ? studyOf({one.get(), other.get()}) : studyOf({one.get()}); // which needs a training
        const ChartSpec& spec = *findChart(name).value();
        const bool option = std::ranges::any_of(spec.options, [](const ChartOption& o) { return o.name == "site"; });
        const auto all = drawnOf(name, study, {}, 0, {{"panels", "layers"}});
        if (!all) {
            QVERIFY(!all.error().where.empty());
            QVERIFY2(!option || all.error().what.find("colour") != std::string::npos, all.error().message().c_str());
            return;
        }
        std::vector<ChartPtr> alone;
        QStringList titles;
        for (std::uint16_t s = 0; s < 6; ++s) {
            Scope scope;
            if (!option)
                scope.sites = {SiteIndex(s)};
            auto single = drawnOf(name, study, scope, 0,
                option ? std::map<std::string, std::string>{{"site", std::to_string(s)}}
                       : std::map<std::string, std::string>());
            if (!single)
                continue;
            alone.push_back(*single);
            titles << "Layer " + QString::number(one->shape().sites[s].layer);
        }
        compare(**all, alone, titles);
        sharedRanges(*(*all)->picture());
    }

    void tracesAreInTheirOrder()
    {
        const auto one = scoredTrace(), other = scoredTrace(6, 32, 150);
        const Study study = studyOf({one.get(), other.get()});
        for (const char* chart : {"load", "coactivation", "importance"}) {
            const auto all = drawnOf(chart, study, {}, 0, {{"panels", "traces"}});
            QVERIFY2(all.has_value(), all ? "" : all.error().message().c_str());
            compare(**all, {*drawnOf(chart, study, {}, 0, {}), *drawnOf(chart, study, {}, 1, {})},
                {QString::fromStdString(study.traces()[0].name), QString::fromStdString(study.traces()[1].name)});
        }
        // Differences from the first: it is left out.
        const auto differences = drawnOf("load", study, {}, 0, {{"panels", "traces"}, {"against_trace", "1"}});
        QVERIFY(differences.has_value());
        compare(**differences, {*drawnOf("load", study, {}, 1, {{"against_trace", "1"}})},
            {QString::fromStdString(study.traces()[1].name)});
        QVERIFY((*differences)->picture()->note.contains("left out: a trace is not compared with itself"));
        const auto layers = drawnOf("coactivation", study, {}, 0, {{"panels", "layers"}, {"against_trace", "2"}});
        QVERIFY(layers.has_value());
        const ColourScale& scale = (*layers)->picture()->key->scale;
        QVERIFY((*layers)->picture()->panels.size() == 6 && scale.low == -scale.high);
    }

    void whatIsSharedIsSaidOnce()
    {
        const auto trace = scoredTrace();
        const Study study = studyOf({trace.get()});
        Look look;
        const auto load = drawnOf("load", study, {}, 0, {{"panels", "label:language"}}, &look);
        const Picture& picture = *(*load)->picture();
        QCOMPARE(QString(picture.key->title).replace(QChar::Nbsp, ' '), QString("Share / uniform"));
        QVERIFY(look.limits == std::pair(picture.key->scale.low, picture.key->scale.high));
        QVERIFY(look.scale && look.reducer && !look.colours.isEmpty());
        QVERIFY((*load)->readout({1, 0, 0, 0}).startsWith(picture.panels[1].title + " · Layer "));
        Look given;
        given.limits = {0.25, 4};
        const auto limited = drawnOf("load", study, {}, 0, {{"panels", "label:language"}}, &given);
        QCOMPARE((*limited)->picture()->key->scale.low, 0.25);
        // A head says once what is of all, and of each what is its own.
        const QByteArray csv = (*load)->csv();
        QCOMPARE(csv.count("# expertscope "), 1);
        QVERIFY(csv.contains("\n# panel: language\n") && csv.contains("\n# panel de, tokens: language=de\n"));
        QVERIFY(csv.contains("\npanel,layer,site,"));
        const auto pairs = drawnOf("affinity", study, {}, 0, {{"panels", "layers"}});
        QCOMPARE((*pairs)->picture()->panels.size(), std::size_t(5));
        QVERIFY2((*pairs)->picture()->note.contains("Layer 6 left out: is the last router")
                || (*pairs)->picture()->note.contains("left out: is the last router"),
            qPrintable((*pairs)->picture()->note));
        const auto together = drawnOf("coactivation", study, {}, 0, {{"panels", "layers"}});
        for (const Panel& panel : (*together)->picture()->panels)
            QCOMPARE(panel.y.title, QString("Expert"));
    }

    void manyAreChosenAndCounted()
    {
        const auto deep = scoredTrace(20, 16, 100);
        const auto layers = drawnOf("coactivation", studyOf({deep.get()}), {}, 0, {{"panels", "layers"}});
        const Picture& picture = *(*layers)->picture();
        QCOMPARE(picture.panels.size(), std::size_t(12));
        QVERIFY2(picture.note.contains("12 of 20 layers"), qPrintable(picture.note));
        const auto titleOf = [&](std::size_t site) {
            return "Layer " + QString::number(deep->shape().sites[site].layer);
        };
        QCOMPARE(picture.panels.front().title, titleOf(0));
        QCOMPARE(picture.panels.back().title, titleOf(19));
        const auto trace = scoredTrace();
        std::vector<std::string> values;
        for (std::size_t s = 0; s < trace->shape().sequences.size(); ++s)
            values.push_back("v" + std::to_string(s));
        trace->addLabel("own", values);
        Scope scope;
        scope.where = {{"own", "v1", {"v3"}}};
        const auto own = drawnOf("load", studyOf({trace.get()}), scope, 0, {{"panels", "label:own"}});
        QVERIFY2(own.has_value(), own ? "" : own.error().message().c_str());
        QCOMPARE((*own)->picture()->panels.size(), std::size_t(2)); // those that the scope keeps
        QCOMPARE((*own)->picture()->panels.back().title, QString("own=v3"));
        QVERIFY((*own)->picture()->note.isEmpty());
    }

    void whatCannotBeCutIsNamed()
    {
        const auto trace = scoredTrace();
        const Study study = studyOf({trace.get()});
        const auto error = [&](const std::string& chart, std::map<std::string, std::string> options) {
            return errorOf(chart, study, std::move(options));
        };
        QVERIFY(error("load", {{"panels", "tokens"}}).contains("panels=tokens: no such panels (there is: layers"));
        QVERIFY(error("load", {{"panels", "label:topic"}})
                    .contains("panels=label:topic: no sequence has a label of this name (there is: language"));
        QVERIFY(error("load", {{"panels", "traces"}}).contains("one trace was opened"));
        QVERIFY(error("load", {{"panels", "layers"}}).contains("draws the layers beside each other already"));
        QVERIFY(error("balance", {{"panels", "layers"}}).contains("a single point"));
        QVERIFY(error("mutual_information", {{"panels", "layers"}}).startsWith("Layer "));
        QVERIFY(error("specialisation", {{"panels", "layers"}, {"quantity", "max_share"}})
                    .contains("draws the same in every panel"));
        const auto other = scoredTrace(6, 32, 150);
        QVERIFY(errorOf("balance", studyOf({trace.get(), other.get()}), {{"panels", "traces"}})
                    .contains("draws the same in every panel"));
    }

    /// What a figure's spec says gives the same panels again, to the byte.
    void aSpecGivesThePanelsAgain()
    {
        const auto trace = scoredTrace();
        for (const char* chart : {"load", "coactivation", "cache_curves", "sharpness"}) {
            FigureSpec spec = loadSpec();
            spec.chart = chart;
            spec.options = {{"panels", std::string(chart) == "coactivation" ? "layers" : "label:language"}};
            const auto figure = makeFigure(studyOf({trace.get()}), spec);
            QVERIFY2(figure.has_value(), figure ? "" : figure.error().message().c_str());
            const auto read = parseFigureSpec(writeFigureSpec(figure->spec), "a.json");
            QVERIFY(read.has_value());
            const auto again = makeFigure(studyOf({trace.get()}), *read);
            QVERIFY(again.has_value());
            QVERIFY(renderPdf(*again).value() == renderPdf(*figure).value());
            QVERIFY(again->csv() == figure->csv());
        }
    }

    void cancelIsHeardInEveryPanel()
    {
        const auto trace = scoredTrace();
        const ChartSpec& spec = *findChart("coactivation").value();
        ChartQuestion question;
        question.params = checkOptions(spec, {{"panels", "layers"}}).value();
        double last = 0;
        QVERIFY(spec.compute(studyOf({trace.get()}), question, [&](double done) {
            const bool rises = done >= last && done <= 1;
            last = done;
            return rises;
        }));
        QVERIFY(last > 5. / 6); // parted
        const auto stopped = spec.compute(studyOf({trace.get()}), question, [](double done) { return done < 0.5; });
        QVERIFY(!stopped && stopped.error().what == kCancelled);
    }

    void askedTogetherIsWhatIsAskedAlone()
    {
        const ChartSpec& pairs = *findChart("load").value();
        const auto asked = [](const ChartSpec& spec, const std::string& panels) {
            return spec.metrics(checkOptions(spec, {{"panels", panels}}).value()).size();
        };
        QCOMPARE(asked(pairs, ""), std::size_t(1));
        QCOMPARE(asked(pairs, "label:language"), std::size_t(0)); // of other tokens
    }

    void aColourIsOneName()
    {
        const auto panelOf = [](std::vector<std::pair<const char*, int>> names) {
            Curves curves;
            for (const auto& [name, colour] : names)
                curves.curves.push_back({name, {0, 1}, {0, 1}, {}, {}, colour});
            return Panel{{}, {}, {std::move(curves)}};
        };
        const auto coloursOf = [](const std::vector<Panel>& panels) {
            std::vector<std::pair<std::string, int>> colours;
            for (const Panel& panel : panels)
                for (const Curve& curve : std::get<Curves>(panel.layers[0]).curves)
                    colours.emplace_back(curve.name.toStdString(), curve.colour);
            return colours;
        };
        using Colours = std::vector<std::pair<std::string, int>>;
        std::vector<Panel> agree{panelOf({{"a", 0}, {"b", 1}, {"", -1}}), panelOf({{"b", 1}, {"c", 2}})};
        QCOMPARE(shareColours("x", agree).value(), QString());
        QCOMPARE(coloursOf(agree), (Colours{{"a", 0}, {"b", 1}, {"", -1}, {"b", 1}, {"c", 2}}));
        std::vector<Panel> differ{panelOf({{"a", 0}, {"b", 1}, {"", -1}}), panelOf({{"b", 0}, {"c", 1}})};
        QCOMPARE(shareColours("x", differ).value(), QString());
        QCOMPARE(coloursOf(differ), (Colours{{"a", 0}, {"b", 1}, {"", -1}, {"b", 1}, {"c", 2}}));
        std::vector<Panel> often{panelOf({{"a", 0}, {"b", 1}, {"c", 2}, {"d", 3}}),
            panelOf({{"e", 0}, {"f", 1}, {"g", 2}, {"h", 3}, {"i", 4}}), panelOf({{"i", 0}, {"a", 1}})};
        QCOMPARE(shareColours("x", often).value(), QString("7 of 9 names are in colour"));
        QCOMPARE(coloursOf(often)[8], (std::pair<std::string, int>("i", 6)));
        std::vector<Panel> many;
        for (int i = 0; i < 9; ++i)
            many.push_back(panelOf({{QByteArray("n" + QByteArray::number(i)).constData(), 0}}));
        QCOMPARE(shareColours("x", many).value(), QString("7 of 9 names are in colour"));
        QCOMPARE(coloursOf(many)[6], (std::pair<std::string, int>("n6", 6)));
        QVERIFY(coloursOf(many)[7].first.empty() && coloursOf(many)[7].second > 7);
    }

    void tablesAreJoinedByTheirColumns()
    {
        const QByteArray joined =
            joinedTables({{"a", "# one\n# of a\npanel,x,value\np,1,2\n"},
                             {"b,c", "# one\n# of b\nx,y,value\n\"1,\n2\",\"say \"\"no\"\"\",3\n"}},
                "label");
        QCOMPARE(joined,
            QByteArray("# one\n# panel: label\n# panel a, of a\n# panel b,c, of b\npanel,inner_panel,x,value,y\n"
                       "a,p,1,2,\n\"b,c\",,\"1,\n2\",3,\"say \"\"no\"\"\"\n"));
    }
};

EXPERTSCOPE_TEST(TestMultiples)
#include "tst_multiples.moc"
