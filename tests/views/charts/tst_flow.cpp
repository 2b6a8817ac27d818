// SPDX-License-Identifier: GPL-3.0-or-later
//
// The flow chart: heights add up, numbers are those of a count by hand, chance draws next to nothing, the order holds.
#include "tests/support/test_main.h"
#include "tests/support/verify.h"
#include "tests/views/charts/chart_table.h"
#include "tests/views/charts/flow_trace.h"
#include "tests/views/load_fixture.h"
#include "views/charts/kinds/flow_order.h"

#include <QTest>

#include <map>
#include <numeric>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

double plainCrossings(
    const std::vector<FlowLink>& links, const std::vector<std::size_t>& from, const std::vector<std::size_t>& to)
{
    double sum = 0;
    for (std::size_t a = 0; a < links.size(); ++a) {
        for (std::size_t b = 0; b < a; ++b) {
            const double above = double(from[links[a].from]) - double(from[links[b].from]),
                         beyond = double(to[links[a].to]) - double(to[links[b].to]);
            sum += above * beyond < 0 ? links[a].weight * links[b].weight : 0;
        }
    }
    return sum;
}

}

class TestFlow : public QObject
{
    Q_OBJECT

private slots:
    /// B6 (1): ribbons and what is left of a block are its height, however many are drawn.
    void heightsAddUp()
    {
        const auto trace = flowTrace(8);
        const Study study = expertscope::testing::studyOf({trace.get()});
        for (const char* most : {"0", "5", "32", "4096"}) {
            const auto chart = drawnChart("flow", study, {{"most", most}, {"least_z", "0"}, {"least_lift", "0"}});
            VERIFY_OK(chart);
            const Ribbons& flow = ribbonsOf(**chart);
            const RibbonPlaces places(flow);
            QCOMPARE(flow.stages(), std::size_t(4));
            for (std::size_t c = 0; c < 4; ++c) {
                double all = 0, top = 100;
                for (std::size_t b = 0; b < flow.blocks[c].size(); ++b) {
                    const double size = flow.blocks[c][b].size;
                    double in = 0, out = 0;
                    for (const FlowRibbon& r : c > 0 ? flow.ribbons[c - 1] : std::vector<FlowRibbon>())
                        in += r.to == b ? r.size : 0;
                    for (const FlowRibbon& r : c < 3 ? flow.ribbons[c] : std::vector<FlowRibbon>())
                        out += r.from == b ? r.size : 0;
                    const auto [restIn, restOut] = places.rest[c][b];
                    QVERIFY(std::abs(places.blocks[c][b] - top) < 1e-9);
                    QVERIFY(std::abs(places.blocks[c][b] - restIn - in) < 1e-9 && in <= size + 1e-9);
                    QVERIFY(std::abs(places.blocks[c][b] - restOut - out) < 1e-9 && out <= size + 1e-9);
                    all += size;
                    top -= size;
                }
                QVERIFY(std::abs(all - 100) < 1e-9);
            }
        }
    }

    /// B6 (2): what is drawn is what a count by hand gives; the readout says what the table says.
    void numbersAreThoseOfACountByHand()
    {
        const auto trace = flowTrace(8);
        const Study study = expertscope::testing::studyOf({trace.get()});
        const auto chart = drawnChart("flow", study, {{"site", "1"}, {"columns", "2"}});
        VERIFY_OK(chart);
        const ChartTable table((*chart)->csv());
        std::map<std::pair<unsigned, unsigned>, double> both;
        std::map<unsigned, double> from;
        const std::size_t tokens = trace->shape().numTokens;
        for (std::size_t t = 0; t < tokens; ++t) {
            for (int a = 0; a < 4; ++a) {
                ++from[trace->ids[1][t * 4 + std::size_t(a)]];
                for (int b = 0; b < 4; ++b)
                    ++both[{trace->ids[1][t * 4 + std::size_t(a)], trace->ids[2][t * 4 + std::size_t(b)]}];
            }
        }
        int ribbons = 0;
        for (std::size_t r = 0; r < table.size(); ++r) {
            const auto expert = unsigned(table.number(r, "expert"));
            if (table.text(r, "kind") == "block") {
                if (table.number(r, "site") == 1)
                    QVERIFY(alike(table.number(r, "value"), 100 * from[expert] / double(4 * tokens)));
                continue;
            }
            const auto to = unsigned(table.number(r, "to_expert"));
            const double count = both[{expert, to}];
            QCOMPARE(table.number(r, "count"), count);
            QCOMPARE(table.number(r, "tokens"), from[expert]);
            QVERIFY(alike(table.number(r, "value"), 100 * count / double(16 * tokens)));
            QVERIFY(alike(table.number(r, "lift"), count / table.number(r, "expected")));
            const QString words = (*chart)->readout({0, 0, 2, std::uint32_t(ribbons++)});
            const QString begins = QString("L1 E%1 → L2 E%2: ").arg(expert).arg(to);
            QVERIFY2(words.startsWith(begins) && words.contains(" (") && words.contains(", lift "), qPrintable(words));
            QString counted = words.mid(begins.size());
            counted = counted.left(counted.indexOf(" of ")).remove(',');
            QCOMPARE(counted.toDouble(), count);
        }
        QVERIFY(ribbons >= 32); // planted
        for (unsigned e = 0; e < 32; ++e)
            QVERIFY((*chart)->csv().contains(QByteArray("ribbon,1,1,") + QByteArray::number(e) + ",2,2,"
                + QByteArray::number((e * 5 + 3) % 32) + ','));
    }

    /// B6 (3)
    void chanceDrawsNextToNothing()
    {
        const auto trace = flowTrace(0);
        const Study study = expertscope::testing::studyOf({trace.get()});
        const auto chart = drawnChart("flow", study, {{"most", "4096"}});
        VERIFY_OK(chart);
        for (const auto& gap : ribbonsOf(**chart).ribbons)
            QVERIFY(double(gap.size()) < 0.01 * 32 * 32);
        QVERIFY2(
            (*chart)->picture()->panels[0].title.contains("sampling noise at this size"),
            qPrintable((*chart)->picture()->panels[0].title));
        const auto structured = flowTrace(16, 3000);
        const Study other = expertscope::testing::studyOf({structured.get()});
        QVERIFY(!(*drawnChart("flow", other))->picture()->panels[0].title.contains("noise"));
    }

    /// B6 (4): a filter moves nothing.
    void theOrderStays()
    {
        const auto trace = flowTrace(8);
        const Study study = expertscope::testing::studyOf({trace.get()});
        const ChartSpec& spec = *findChart("flow").value();
        ChartQuestion question;
        question.params = *checkOptions(spec, {});
        std::vector<std::vector<QString>> names;
        for (const char* language : {"", "de", "en"}) {
            if (*language)
                question.scope.where = {{"language", language}};
            Look look;
            const auto data = spec.compute(study, question, {});
            VERIFY_OK(data);
            const auto chart = spec.draw(*data, question.params, look);
            VERIFY_OK(chart);
            std::vector<std::vector<QString>> here;
            for (const auto& column : ribbonsOf(**chart).blocks)
                here.push_back(namesOf(column));
            if (names.empty())
                names = here;
            QVERIFY(names == here);
        }
    }

    void windowsAreMovedAndRefused()
    {
        const auto trace = flowTrace(8);
        const Study study = expertscope::testing::studyOf({trace.get()});
        const auto stages = [&](const std::map<std::string, std::string>& options) {
            return ribbonsOf(**drawnChart("flow", study, options)).stages();
        };
        QCOMPARE(stages({{"columns", "9"}}), std::size_t(4));
        QCOMPARE(stages({{"site", "3"}, {"columns", "3"}}), std::size_t(3));
        QCOMPARE(stages({{"distance", "2"}}), std::size_t(2));
        QVERIFY(drawnChart("flow", study, {{"site", "4"}}).error().message().find("there is no such site")
            != std::string::npos);
        QVERIFY(drawnChart("flow", study, {{"distance", "4"}}).error().message().find("choose 3 or lower")
            != std::string::npos);
    }

    void aFocusLeavesOnlyItsRibbons()
    {
        const auto trace = flowTrace(8);
        const Study study = expertscope::testing::studyOf({trace.get()});
        const auto chart = drawnChart("flow", study, {{"focus", "1:8"}, {"most", "4096"}});
        VERIFY_OK(chart);
        const ChartTable table((*chart)->csv()), all((*drawnChart("flow", study, {{"most", "4096"}}))->csv());
        const auto touches = [](const ChartTable& t, std::size_t r) {
            return t.text(r, "kind") == "ribbon"
                && ((t.number(r, "site") == 1 && t.number(r, "expert") == 8)
                    || (t.number(r, "to_site") == 1 && t.number(r, "to_expert") == 8));
        };
        std::size_t here = 0, ribbons = 0, wanted = 0;
        for (std::size_t r = 0; r < table.size(); ++r) {
            here += touches(table, r);
            ribbons += table.text(r, "kind") == "ribbon";
        }
        for (std::size_t r = 0; r < all.size(); ++r)
            wanted += touches(all, r);
        QVERIFY(wanted >= 2 && here == wanted && ribbons == wanted);
        QVERIFY((*chart)->picture()->note.contains("only ribbons of L1 E8"));
        const auto error = [&](const char* focus) {
            return QString::fromStdString(drawnChart("flow", study, {{"focus", focus}}).error().message());
        };
        QVERIFY(error("8").contains("SITE:EXPERT") && error("1:32").contains("experts go from 0 to 31"));
        QVERIFY(error("7:1").contains("not among the columns"));
    }

    /// B6 (6): Fenwick's tree counts what two loops count; a layout is never worse than ids, and finds a planted one.
    void crossingsAreCountedAndFew()
    {
        for (std::uint64_t seed = 1; seed < 30; ++seed) {
            std::vector<std::vector<double>> sizes;
            std::vector<std::vector<std::size_t>> ids;
            for (std::size_t c = 0; c < 3; ++c) {
                sizes.emplace_back(3 + mix(seed * 7 + c) % 12);
                for (double& size : sizes.back())
                    size = double(1 + mix(seed + sizes.size() * 31 + std::size_t(&size - sizes.back().data())) % 50);
                ids.emplace_back(sizes.back().size());
                std::iota(ids.back().begin(), ids.back().end(), std::size_t(0));
            }
            std::vector<std::vector<FlowLink>> links(2);
            for (std::size_t i = 0; i < 80; ++i) {
                const std::size_t g = i % 2;
                links[g].push_back({mix(seed * 1000 + i) % sizes[g].size(), mix(seed * 2000 + i) % sizes[g + 1].size(),
                    double(mix(seed * 3000 + i) % 100 + 1) / 100});
            }
            const auto total = [&](const std::vector<std::vector<std::size_t>>& places, auto crossings) {
                return crossings(links[0], places[0], places[1]) + crossings(links[1], places[1], places[2]);
            };
            const auto orders = flowOrder(sizes, links);
            QVERIFY(orders == flowOrder(sizes, links));
            std::vector<std::vector<std::size_t>> places;
            for (const auto& order : orders)
                places.push_back(placesOf(order));
            for (std::size_t c = 0; c < 3; ++c) { // a permutation
                auto sorted = orders[c];
                std::ranges::sort(sorted);
                QCOMPARE(sorted, ids[c]);
            }
            QVERIFY(std::abs(total(places, weightedCrossings) - total(places, plainCrossings)) < 1e-9);
            QVERIFY(total(places, plainCrossings) <= total(ids, plainCrossings) + 1e-9);
            const auto heaviest = std::size_t(std::ranges::max_element(sizes[0]) - sizes[0].begin());
            QVERIFY(2 * places[0][heaviest] + 1 <= sizes[0].size());
        }
        std::vector<FlowLink> planted;
        for (std::size_t e = 0; e < 32; ++e)
            planted.push_back({e, (e * 5 + 3) % 32, 1});
        const auto orders = flowOrder({std::vector<double>(32, 1), std::vector<double>(32, 1)}, {planted});
        QCOMPARE(weightedCrossings(planted, placesOf(orders[0]), placesOf(orders[1])), 0.0);
    }

    void aSubjectLightsItsBlockAndItsRibbons()
    {
        const auto trace = flowTrace(8);
        const Study study = expertscope::testing::studyOf({trace.get()});
        const auto chart = *drawnChart("flow", study);
        const auto marks = chart->marks({.site = SiteIndex(1), .expert = ExpertIndex(8)});
        QVERIFY(marks.size() >= 3 && marks[0].row == 1); // comes in, is, goes on
        QVERIFY(std::ranges::any_of(marks, [](const Mark& m) { return m.row == 4; }));
        QVERIFY(std::ranges::any_of(marks, [](const Mark& m) { return m.row == 5; }));
    }
};

EXPERTSCOPE_TEST(TestFlow)
#include "tst_flow.moc"
