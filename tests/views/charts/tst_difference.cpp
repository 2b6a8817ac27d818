// SPDX-License-Identifier: GPL-3.0-or-later
//
// One side against another: maps of one trace minus those of another, or of other tokens; curves of both.
#include "tests/support/scored_trace.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"
#include "tests/views/charts/chart_table.h"
#include "tests/views/load_fixture.h"

#include <QTest>

#include <cmath>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

const HeatMap& mapOf(const ChartPtr& chart)
{
    return *std::get<HeatMapPtr>(chart->picture()->panels.front().layers.front());
}

}

class TestDifference : public QObject
{
    Q_OBJECT

    static Scope scopeOf(const char* language)
    {
        Scope scope;
        scope.where = {{"language", language}};
        return scope;
    }
    /// Of one part of the texts.
    static Expected<ChartPtr> drawnOf(const std::string& chart, const Study& study,
        const std::map<std::string, std::string>& options, const char* part)
    {
        Scope scope;
        scope.where = {{"part", part}};
        return drawnChart(chart, study, options, {}, 0, scope);
    }

private slots:
    void everyMapIsSubtracted_data()
    {
        QTest::addColumn<QString>("chart");
        for (const ChartSpec& spec : chartRegistry()) {
            if (std::ranges::any_of(spec.options, [](const ChartOption& o) { return o.name == "against_as"; }))
                QTest::addRow("%s", spec.name.c_str()) << QString::fromStdString(spec.name);
        }
    }
    void everyMapIsSubtracted()
    {
        QFETCH(QString, chart);
        const std::string name = chart.toStdString();
        const auto one = scoredTrace(), other = scoredTrace(6, 32, 150);
        const Study study = studyOf({one.get(), other.get()});
        const auto a = drawnChart(name, study, {}), b = drawnChart(name, study, {}, {}, 1);
        const auto difference = drawnChart(name, study, {{"against_trace", "2"}});
        QVERIFY2(difference.has_value(), difference ? "" : difference.error().message().c_str());
        const HeatMap &from = mapOf(*a), &less = mapOf(*b), &map = mapOf(*difference);
        std::size_t records = 0;
        double reach = 0;
        for (std::size_t r = 0; r < map.rows(); ++r) {
            for (std::size_t c = 0; c < map.columns(); ++c) {
                const Mark mark{0, 0, std::uint32_t(r), std::uint32_t(c)};
                const float value = map.values.at(r, c);
                QCOMPARE(std::isnan(value), std::isnan(from.values.at(r, c)) || std::isnan(less.values.at(r, c)));
                if (std::isnan(value)) {
                    QVERIFY(!(*difference)->subject(mark));
                    continue;
                }
                QCOMPARE(value, from.values.at(r, c) - less.values.at(r, c));
                QVERIFY((*difference)->subject(mark) == (*a)->subject(mark));
                QVERIFY((*difference)->readout(mark).contains("difference"));
                reach = std::max(reach, std::abs(double(value)));
                ++records;
            }
        }
        QVERIFY(records > 0);
        // About 0, as far to either side.
        const ColourScale& scale = (*difference)->picture()->key->scale;
        QCOMPARE(scale.low, -scale.high);
        QVERIFY(scale.table.diverging && scale.kind == ScaleKind::Linear && reach > 0);
        const QByteArray csv = (*difference)->csv();
        QVERIFY(csv.contains("\nrow,column,first,second,value\n"));
        QCOMPARE(std::size_t(csv.count('\n')), records + std::size_t(csv.count("\n#")) + 2);
        // The other way round, by name.
        const auto back = drawnChart(name, study, {{"against_trace", "trace"}}, {}, 1);
        QVERIFY(back.has_value());
        QCOMPARE((*back)->picture()->key->scale.high, scale.high);
    }

    /// A language against another, the other way round, and ratios: what the tables of each alone say.
    void tokensAreSubtracted_data() { everyMapIsSubtracted_data(); }
    void tokensAreSubtracted()
    {
        QFETCH(QString, chart);
        const std::string name = chart.toStdString();
        const auto trace = scoredTrace(4, 16, 120);
        trace->addLabel("part", {"a", "a", "b", "b", "a", "b"});
        const Study study = studyOf({trace.get()});
        const auto a = drawnOf(name, study, {}, "a"), b = drawnOf(name, study, {}, "b");
        const auto forth = drawnOf(name, study, {{"against", "part=b"}}, "a");
        const auto back = drawnOf(name, study, {{"against", "part=a"}}, "b");
        if (!a || !b || !forth) { // half the texts lack what some compare, or have other rows: it is said
            QVERIFY2(name == "label_divergence" || name == "cache_map" || name == "placement" || name == "load_by_label",
                forth ? "" : forth.error().message().c_str());
            return;
        }
        VERIFY_OK(back);
        const HeatMap &from = mapOf(*a), &less = mapOf(*b), &map = mapOf(*forth), &swapped = mapOf(*back);
        std::size_t cells = 0, other = 0;
        for (std::size_t r = 0; r < map.rows(); ++r) {
            for (std::size_t c = 0; c < map.columns(); ++c) {
                const float value = map.values.at(r, c);
                QCOMPARE(std::isnan(value), std::isnan(from.values.at(r, c)) || std::isnan(less.values.at(r, c)));
                if (std::isnan(value))
                    continue;
                ++cells;
                other += value != 0;
                QCOMPARE(value, from.values.at(r, c) - less.values.at(r, c));
                QCOMPARE(swapped.values.at(r, c), -value);
            }
        }
        QVERIFY(cells > 0 && other > 0);
        const QString key = QString((*forth)->picture()->key->title).replace(QChar::Nbsp, ' ');
        QVERIFY2(key.endsWith(": a − b") && !key.contains("part=a"), qPrintable(key));
        QVERIFY((*forth)->csv().contains("# first: a: part=a, 360 tokens\n# second: b: part=b, 360 tokens\n"));
        // The same tokens under two names: nothing differs.
        const auto none = drawnOf(name, study, {{"against", "part=a half=1"}}, "a");
        QVERIFY(!none); // no such label
        trace->addLabel("half", {"1", "1", "2", "2", "1", "2"});
        const Study again = studyOf({trace.get()});
        const auto zero = drawnOf(name, again, {{"against", "part half=1"}}, "a");
        VERIFY_OK(zero);
        for (const float v : mapOf(*zero).values.values())
            QVERIFY(std::isnan(v) || v == 0);
    }

    void ratiosAreOfEnough()
    {
        const auto trace = scoredTrace(4, 16, 30);
        const Study study = studyOf({trace.get()});
        const auto of = [&](const char* language, std::map<std::string, std::string> options) {
            Scope scope;
            scope.where = {{"language", language}};
            return drawnChart("load", study, std::move(options), {}, 0, scope);
        };
        const auto ratio = of("de", {{"against", "language=fr"}, {"against_as", "ratio"}});
        VERIFY_OK(ratio);
        const auto back = of("fr", {{"against", "language=de"}, {"against_as", "ratio"}});
        const auto de = study.load(0, scopeOf("de")).value(), fr = study.load(0, scopeOf("fr")).value();
        std::size_t few = 0, none = 0, cells = 0;
        for (std::size_t r = 0; r < 4; ++r) {
            for (std::size_t c = 0; c < 16; ++c) {
                const SiteIndex site(static_cast<std::uint16_t>(r));
                const ExpertIndex expert(static_cast<std::uint16_t>(c));
                const double x = double(de->count(site, expert)), y = double(fr->count(site, expert));
                const float value = mapOf(*ratio).values.at(r, c);
                few += x < 5 || y < 5;
                QCOMPARE(std::isnan(value), x < 5 || y < 5);
                QCOMPARE((*ratio)->subject({0, 0, std::uint32_t(r), std::uint32_t(c)}).has_value(), !std::isnan(value));
                if (std::isnan(value))
                    continue;
                ++cells;
                const double expected = std::log2(x / double(de->choices[r]) / (y / double(fr->choices[r])));
                QVERIFY(std::abs(value - expected) < 1e-5);
                QCOMPARE(mapOf(*back).values.at(r, c), -value);
            }
        }
        QVERIFY(few > 0 && cells > 10 && none == 0);
        const QString note = (*ratio)->picture()->note;
        QVERIFY2(note.contains(QString("%1 cells with fewer than 5 choices on a side left out").arg(few)), qPrintable(note));
        QVERIFY2(note.contains("de: language=de, 60 tokens; fr: language=fr, 60 tokens"), qPrintable(note));
        QVERIFY((*ratio)->readout(*steppedMark(*(*ratio)->picture(), {}, 0, 0)).contains("log2 ratio"));
        const auto below = drawnChart(
            "risk_difference", study, {{"against", "parallel=a"}, {"against_as", "ratio"}}, {}, 0, {});
        QVERIFY(!below && below.error().message().find("below 0") != std::string::npos);
    }

    /// The words that the load's `against` has of its own mean what they did.
    void wordsOfTheChartStay()
    {
        const auto trace = scoredTrace(4, 16, 120);
        const Study study = studyOf({trace.get()});
        const auto title = [&](const std::string& against) {
            const auto chart = drawnChart("load", study, {{"against", against}}, {}, 0, scopeOf("de"));
            return QString(chart ? (*chart)->picture()->key->title : QString::fromStdString(chart.error().message()))
                .replace(QChar::Nbsp, ' ');
        };
        QCOMPARE(title("uniform"), QString("Share in language=de / uniform"));
        QCOMPARE(title("all"), QString("Share in language=de / whole trace"));
        QCOMPARE(title("language"), QString("Share / uniform: de − all"));
        QCOMPARE(title("language=fr"), QString("Share / uniform: de − fr"));
        // All tokens beside a part of them: one quantity.
        const auto beside = drawnChart("load", study, {{"against", "language=fr"}, {"against_as", "beside"}});
        VERIFY_OK(beside);
        QCOMPARE((*beside)->picture()->panels.size(), std::size_t(2));
        QCOMPARE((*beside)->picture()->panels[0].title, QString("all"));
        QCOMPARE(QString((*beside)->picture()->key->title).replace(QChar::Nbsp, ' '), QString("Share / uniform"));
        const QString readout = (*beside)->readout({1, 0, 2, 3});
        QVERIFY2(readout.contains("fr − all"), qPrintable(readout));
        QVERIFY(title("alle").contains("is no LABEL=VALUE"));
        QVERIFY(title("language=xx").contains("side B") && title("language=xx").contains("xx"));
    }

    /// Both sides as curves: what each alone says.
    void curvesOfBoth_data()
    {
        QTest::addColumn<QString>("chart");
        for (const ChartSpec& spec : chartRegistry()) {
            const auto has = [&](const char* name) {
                return std::ranges::any_of(spec.options, [&](const ChartOption& o) { return o.name == name; });
            };
            if (has("against") && !has("against_as") && spec.name != "flow") // of ribbons: tst_flow_levels
                QTest::addRow("%s", spec.name.c_str()) << QString::fromStdString(spec.name);
        }
    }
    void curvesOfBoth()
    {
        QFETCH(QString, chart);
        const std::string name = chart.toStdString();
        const auto trace = scoredTrace(4, 16, 120);
        trace->addLabel("part", {"a", "a", "b", "b", "a", "b"});
        const Study study = studyOf({trace.get()});
        const auto both = drawnOf(name, study, {{"against", "part=b"}}, "a");
        const auto a = drawnOf(name, study, {}, "a"), b = drawnOf(name, study, {}, "b");
        if (!a || !b) {
            QVERIFY2(name == "divergence" && !both, name.c_str()); // one text has nothing parallel
            return;
        }
        VERIFY_OK(both);
        const ChartTable table((*both)->csv()), ofA((*a)->csv()), ofB((*b)->csv());
        std::size_t records[2] = {};
        for (std::size_t i = 0; i < table.size(); ++i) {
            const bool first = table.text(i, "trace") == "a";
            QVERIFY(first || table.text(i, "trace") == "b");
            const ChartTable& own = first ? ofA : ofB;
            // In the same order within a panel; panels follow each other.
            bool found = false;
            for (std::size_t k = 0; k < own.size() && !found; ++k)
                found = own.text(k, "metric") == table.text(i, "metric") && alike(own.number(k, "value"), table.number(i, "value"))
                    && own.text(k, "n") == table.text(i, "n");
            QVERIFY(found);
            ++records[first ? 0 : 1];
        }
        QCOMPARE(records[0], ofA.size());
        QCOMPARE(records[1], ofB.size());
        const Curves& curves = std::get<Curves>((*both)->picture()->panels.front().layers.front());
        QVERIFY(curves.curves.size() >= 2);
        QVERIFY(curves.curves[0].name.startsWith("a") && curves.curves[0].colour == 0);
        QVERIFY((*both)->picture()->note.contains("a: part=a, 360 tokens; b: part=b, 360 tokens"));
    }

    void whatCannotBeSubtractedIsNamed()
    {
        const auto one = scoredTrace(), other = scoredTrace(5, 32, 100), wide = scoredTrace(6, 48, 100);
        const Study study = studyOf({one.get(), other.get(), wide.get()});
        const auto error = [&](const std::string& chart, std::map<std::string, std::string> options) {
            const auto result = drawnChart(chart, study, options);
            return result ? QString("drawn") : QString::fromStdString(result.error().message());
        };
        QVERIFY(error("load", {{"against_trace", "2"}}).contains("6 and 5 rows (Layer)"));
        QVERIFY(error("load", {{"against_trace", "3"}}).contains("32 and 48 columns (Expert)"));
        QVERIFY(error("load", {{"against_trace", "4"}}).contains("no such trace (there is: 1 (trace)"));
        QVERIFY(error("load", {{"against_trace", "0"}}).contains("no such trace"));
        QVERIFY(error("load", {{"against_trace", "trace"}}).contains("not compared with itself"));
        QVERIFY(error("load", {{"against_trace", "2"}, {"sort", "load"}}).contains("sort=load"));
        QVERIFY(error("coactivation", {{"against_trace", "3"}, {"order", "seriation"}}).contains("order=seriation"));
        const Study alone = studyOf({one.get()});
        const auto single = drawnChart("load", alone, {{"against_trace", "2"}});
        QVERIFY(!single && single.error().message().find("one trace was opened") != std::string::npos);
        Look log;
        log.scale = ScaleKind::Log2;
        const auto logged = drawnChart("load", studyOf({one.get(), one.get()}), {{"against_trace", "2"}}, log);
        QVERIFY(!logged && logged.error().message().find("linear") != std::string::npos);
    }
};

EXPERTSCOPE_TEST(TestDifference)
#include "tst_difference.moc"
