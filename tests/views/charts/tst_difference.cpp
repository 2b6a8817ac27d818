// SPDX-License-Identifier: GPL-3.0-or-later
//
// Maps of one trace minus those of another.
#include "tests/support/scored_trace.h"
#include "tests/support/test_main.h"
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

private slots:
    void everyMapIsSubtracted_data()
    {
        QTest::addColumn<QString>("chart");
        for (const ChartSpec& spec : chartRegistry()) {
            if (spec.name != "flow" && // compares by itself, and is no map
                std::ranges::any_of(spec.options, [](const ChartOption& o) { return o.name == "against_trace"; }))
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
