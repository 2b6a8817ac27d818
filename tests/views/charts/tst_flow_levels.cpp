// SPDX-License-Identifier: GPL-3.0-or-later
//
// The flow chart beyond its window of ribbons: first choices and weights, blocks of several, paths of an expert's
// tokens, all routers, two traces; and its order on the demo.
#include "io/trace/trace_file.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"
#include "tests/views/charts/chart_table.h"
#include "tests/views/charts/flow_trace.h"
#include "tests/views/load_fixture.h"
#include "views/charts/kinds/flow_order.h"
#include "views/charts/kinds/flow_window.h"

#include <QTest>

#include <ctime>
#include <map>
#include <numeric>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

using Options = std::map<std::string, std::string>;

/// As flowTrace(), with weights.
std::shared_ptr<MemoryTrace> weightedTrace()
{
    auto trace = flowTrace(8);
    trace->editShape().columns.weights = true;
    for (std::size_t site = 0; site < 4; ++site) {
        for (std::size_t i = 0; i < trace->ids[site].size(); ++i)
            trace->weights[site].push_back(float(1 + mix(i * 5 + site) % 100) / 100);
    }
    return trace;
}

/// What is counted of pairs (expert, next expert) and of experts, of the tokens that are wanted, between two sites.
struct ByHand
{
    std::map<std::pair<unsigned, unsigned>, double> both;
    std::map<unsigned, double> from;
    double tokens = 0;

    template <class Wanted, class Share>
    ByHand(const MemoryTrace& trace, std::size_t site, unsigned choices, Wanted wanted, Share share)
    {
        for (std::size_t t = 0; t < trace.shape().numTokens; ++t) {
            if (!wanted(t))
                continue;
            ++tokens;
            for (unsigned a = 0; a < choices; ++a) {
                from[trace.ids[site][t * 4 + a]] += share(site, t, a);
                for (unsigned b = 0; b < choices; ++b)
                    both[{trace.ids[site][t * 4 + a], trace.ids[site + 1][t * 4 + b]}] +=
                        share(site, t, a) * share(site + 1, t, b);
            }
        }
    }
};

constexpr auto kAllTokens = [](std::size_t) { return true; };
constexpr auto kEach = [](std::size_t, std::size_t, unsigned) { return 1.0; };

std::string errorOf(const Study& study, const Options& options)
{
    const auto chart = drawnChart("flow", study, options);
    return chart ? "none" : chart.error().message();
}

}

class TestFlowLevels : public QObject
{
    Q_OBJECT

private slots:
    void firstChoicesAreCountedAlone()
    {
        const auto trace = flowTrace(8);
        const Study study = expertscope::testing::studyOf({trace.get()});
        const ChartTable table = tableOfChart("flow", study, {{"choices", "first"}, {"site", "1"}, {"columns", "2"}});
        const ByHand counted(*trace, 1, 1, kAllTokens, kEach);
        std::map<unsigned, double> to;
        for (const auto& [pair, count] : counted.both)
            to[pair.second] += count;
        int ribbons = 0;
        for (std::size_t r = 0; r < table.size(); ++r) {
            const auto expert = unsigned(table.number(r, "expert"));
            if (table.text(r, "kind") == "block")
                continue;
            const auto next = unsigned(table.number(r, "to_expert"));
            QCOMPARE(table.number(r, "count"), counted.both.at({expert, next}));
            QCOMPARE(table.number(r, "tokens"), counted.from.at(expert));
            QVERIFY(alike(table.number(r, "expected"), counted.from.at(expert) * to.at(next) / counted.tokens));
            QVERIFY(alike(table.number(r, "value"), 100 * counted.both.at({expert, next}) / counted.tokens));
            ++ribbons;
        }
        QVERIFY(ribbons >= 32);
    }

    void weightsAreSummed()
    {
        const auto trace = weightedTrace();
        const Study study = expertscope::testing::studyOf({trace.get()});
        const ChartTable table = tableOfChart(
            "flow", study, {{"choices", "weights"}, {"site", "1"}, {"columns", "2"}, {"least_tokens", "1"}});
        const auto share = [&](std::size_t site, std::size_t t, unsigned slot) {
            const float* const w = &trace->weights[site][t * 4];
            return double(w[slot]) / (double(w[0]) + w[1] + w[2] + w[3]);
        };
        const ByHand counted(*trace, 1, 4, kAllTokens, share);
        int ribbons = 0;
        for (std::size_t r = 0; r < table.size(); ++r) {
            const auto expert = unsigned(table.number(r, "expert"));
            if (table.text(r, "kind") == "block") {
                if (table.number(r, "site") == 1)
                    QVERIFY(alike(table.number(r, "value"), 100 * counted.from.at(expert) / counted.tokens));
                continue;
            }
            const double sum = counted.both.at({expert, unsigned(table.number(r, "to_expert"))});
            QVERIFY(alike(table.number(r, "count"), sum));
            QVERIFY(alike(table.number(r, "value"), 100 * sum / counted.tokens));
            ++ribbons;
        }
        QVERIFY2(ribbons >= 24, qPrintable(QString::number(ribbons))); // of 32 that are planted
        const auto plain = flowTrace(8);
        const std::string error = errorOf(expertscope::testing::studyOf({plain.get()}), {{"choices", "weights"}});
        QVERIFY2(error.find("does not hold weights") != std::string::npos, error.c_str());
    }

    /// What is drawn of the paths of an expert is what its tokens do, at all columns; B6 (7): and what a filter counts.
    void pathsAreOfTheTokensThemselves()
    {
        const auto trace = flowTrace(8);
        const Study study = expertscope::testing::studyOf({trace.get()});
        const ChartTable table = tableOfChart(
            "flow", study, {{"level", "paths"}, {"focus", "1:8"}, {"most", "4096"}, {"least_tokens", "1"}});
        const auto chose = [&](std::size_t t) {
            const std::uint16_t* const ids = &trace->ids[1][t * 4];
            return std::find(ids, ids + 4, 8) != ids + 4;
        };
        Scope scope;
        scope.chose = {{SiteIndex(1), ExpertIndex(8)}};
        const auto load = study.load(0, scope);
        VERIFY_OK(load);
        for (std::size_t site = 0; site < 3; ++site) {
            const ByHand own(*trace, site, 4, chose, kEach), all(*trace, site, 4, kAllTokens, kEach);
            double ribbons = 0, share = 0;
            for (std::size_t r = 0; r < table.size(); ++r) {
                if (table.number(r, "site") != double(site))
                    continue;
                const auto expert = unsigned(table.number(r, "expert"));
                if (table.text(r, "kind") == "block") {
                    const double tokens =
                        double((*load)->count(SiteIndex(std::uint16_t(site)), ExpertIndex(std::uint16_t(expert))));
                    QCOMPARE(table.number(r, "count"), tokens);
                    QVERIFY(alike(table.number(r, "value"), 100 * tokens / (4 * own.tokens)));
                    continue;
                }
                const std::pair pair(expert, unsigned(table.number(r, "to_expert")));
                QCOMPARE(table.number(r, "count"), own.both.at(pair));
                QVERIFY(alike(table.number(r, "expected"), all.both.at(pair) * own.tokens / all.tokens));
                share += table.number(r, "value");
                ++ribbons;
            }
            QCOMPARE(ribbons, double(own.both.size()));
            QVERIFY(std::abs(share - 100) < 1e-6); // nothing is left out
        }
        // Without a focus: of the expert that is chosen most.
        const auto all = study.load(0, {});
        unsigned most = 0;
        for (unsigned e = 1; e < 32; ++e) {
            const auto count = [&](unsigned expert) {
                return (*all)->count(SiteIndex(2), ExpertIndex(std::uint16_t(expert)));
            };
            most = count(e) > count(most) ? e : most;
        }
        const auto busiest = drawnChart("flow", study, {{"level", "paths"}, {"site", "2"}});
        VERIFY_OK(busiest);
        QVERIFY((*busiest)->picture()->note.endsWith(QString("paths of L2 E%1").arg(most)));
        QVERIFY(errorOf(study, {{"level", "paths"}, {"focus", "1:99"}}).find("go from 0 to 31") != std::string::npos);
    }

    void theSpineHoldsAllRouters()
    {
        const auto trace = flowTrace(8);
        const Study study = expertscope::testing::studyOf({trace.get()});
        const auto spine = drawnChart("flow", study, {{"level", "spine"}, {"columns", "2"}, {"most", "40"}});
        VERIFY_OK(spine);
        const Ribbons& flow = ribbonsOf(**spine);
        QCOMPARE(flow.stages(), std::size_t(4));
        const auto window = drawnChart("flow", study, {{"most", "5"}});
        for (std::size_t g = 0; g < 3; ++g) {
            QCOMPARE(flow.ribbons[g].size(), std::size_t(5));
            for (std::size_t r = 0; r < 5; ++r)
                QCOMPARE(flow.ribbons[g][r].size, ribbonsOf(**window).ribbons[g][r].size);
        }
    }

    /// Small experts in one block: nothing is lost, the last block of the column.
    void fewAreLumped()
    {
        const auto trace = flowTrace(8);
        for (std::size_t i = 0; i < trace->ids[1].size(); ++i) { // some are rare
            if (trace->ids[1][i] < 8 && mix(i) % 4)
                trace->ids[1][i] = std::uint16_t(8 + mix(i) % 24);
        }
        const Study study = expertscope::testing::studyOf({trace.get()});
        const Options first{
            {"choices", "first"}, {"least_z", "0"}, {"least_lift", "0"}, {"least_tokens", "1"}, {"most", "4096"}};
        Options lumped = first;
        lumped["other"] = "0.8";
        const auto chart = drawnChart("flow", study, lumped), whole = drawnChart("flow", study, first);
        VERIFY_OK(chart);
        const Ribbons &flow = ribbonsOf(**chart), &all = ribbonsOf(**whole);
        QVERIFY2(flow.blocks[1].back().name.startsWith("+"), qPrintable(flow.blocks[1].back().name));
        QVERIFY(flow.blocks[1].size() < 30);
        for (std::size_t c = 0; c < 4; ++c) {
            double height = 0;
            for (const FlowBlock& block : flow.blocks[c]) {
                height += block.size;
                if (!block.name.startsWith("+")) {
                    const auto same = std::ranges::find(all.blocks[c], block.name, &FlowBlock::name);
                    QVERIFY(same != all.blocks[c].end() && same->size == block.size && block.size >= 0.8 * 100 / 32);
                }
            }
            QVERIFY(std::abs(height - 100) < 1e-9);
        }
        for (std::size_t g = 0; g < 3; ++g) {
            const auto sum = [](const std::vector<FlowRibbon>& ribbons) {
                return std::accumulate(ribbons.begin(), ribbons.end(), 0.0,
                    [](double s, const FlowRibbon& ribbon) { return s + ribbon.size; });
            };
            QVERIFY(std::abs(sum(flow.ribbons[g]) - 100) < 1e-9 && std::abs(sum(all.ribbons[g]) - 100) < 1e-9);
        }
        const Mark mark{0, 0, 1, std::uint32_t(flow.blocks[1].size() - 1)};
        QVERIFY((*chart)->readout(mark).contains("other") && !(*chart)->subject(mark)->expert);
    }

    /// The same of two filters of a trace.
    void twoPartsOfATraceAreCompared()
    {
        const auto trace = flowTrace(8);
        std::vector<std::string> parts;
        for (std::size_t s = 0; s < trace->shape().sequences.size(); ++s)
            parts.push_back(s % 2 ? "b" : "a");
        trace->addLabel("part", parts);
        const Study study = expertscope::testing::studyOf({trace.get()});
        const auto of = [&](const char* part, const char* against) {
            Scope scope;
            scope.where = {{"part", part}};
            return drawnChart("flow", study, {{"against", against}}, {}, 0, scope);
        };
        const auto there = of("a", "part=b"), back = of("b", "part=a");
        VERIFY_OK(there);
        VERIFY_OK(back);
        const Ribbons &x = ribbonsOf(**there), &y = ribbonsOf(**back);
        int coloured = 0;
        for (std::size_t g = 0; g < 3; ++g) {
            QCOMPARE(x.ribbons[g].size(), y.ribbons[g].size());
            for (std::size_t r = 0; r < x.ribbons[g].size(); ++r) {
                QCOMPARE(x.ribbons[g][r].colour, -y.ribbons[g][r].colour);
                coloured += x.ribbons[g][r].colour != 0;
            }
        }
        QVERIFY(coloured > 30);
        QVERIFY((*there)->csv().contains("part=a against part=b"));
        Scope a;
        a.where = {{"part", "a"}};
        const auto alone = drawnChart("flow", study, {}, {}, 0, a);
        VERIFY_OK(alone);
        const ChartTable both((*there)->csv()), one((*alone)->csv());
        int compared = 0;
        for (std::size_t r = 0; r < both.size(); ++r) {
            for (std::size_t k = 0; both.text(r, "kind") == "ribbon" && k < one.size(); ++k) {
                const bool same = one.text(k, "kind") == "ribbon" && one.text(k, "site") == both.text(r, "site")
                    && one.text(k, "expert") == both.text(r, "expert") && one.text(k, "to_expert") == both.text(r, "to_expert");
                if (same) {
                    QVERIFY(alike(both.number(r, "share"), one.number(k, "value")));
                    ++compared;
                }
            }
        }
        QVERIFY(compared > 10);
    }

    /// B6 (5): named the other way round, every colour is the other's, and all else stays.
    void twoTracesAreCompared()
    {
        const auto a = flowTrace(8), b = flowTrace(3, 400, 7);
        const Study study = expertscope::testing::studyOf({a.get(), b.get()});
        const auto there = drawnChart("flow", study, {{"against_trace", "2"}});
        const auto back = drawnChart("flow", study, {{"against_trace", "1"}}, {}, 1);
        VERIFY_OK(there);
        VERIFY_OK(back);
        const Ribbons &x = ribbonsOf(**there), &y = ribbonsOf(**back);
        int coloured = 0;
        for (std::size_t c = 0; c < 4; ++c)
            QVERIFY(namesOf(x.blocks[c]) == namesOf(y.blocks[c]));
        const ChartTable table((*there)->csv());
        for (std::size_t g = 0; g < 3; ++g) {
            QCOMPARE(x.ribbons[g].size(), y.ribbons[g].size());
            for (std::size_t r = 0; r < x.ribbons[g].size(); ++r) {
                const FlowRibbon &one = x.ribbons[g][r], &other = y.ribbons[g][r];
                QVERIFY(one.from == other.from && one.to == other.to && one.size == other.size);
                QCOMPARE(one.colour, -other.colour);
                coloured += one.colour != 0;
            }
        }
        QVERIFY(coloured > 30);
        QCOMPARE((*there)->picture()->key->scale.low, -(*there)->picture()->key->scale.high);
        const ByHand first(*a, 0, 4, kAllTokens, kEach), second(*b, 0, 4, kAllTokens, kEach);
        for (std::size_t r = 0; r < table.size(); ++r) {
            if (table.text(r, "kind") != "ribbon" || table.number(r, "site") != 0)
                continue;
            const std::pair pair(unsigned(table.number(r, "expert")), unsigned(table.number(r, "to_expert")));
            const double p = 100 * first.both.at(pair) / (16 * first.tokens),
                         q = 100 * second.both.at(pair) / (16 * second.tokens);
            QVERIFY(alike(table.number(r, "share"), p) && alike(table.number(r, "against_share"), q));
            QVERIFY(alike(table.number(r, "value"), std::max(p, q)));
        }
        // Heights hold their ribbons.
        const RibbonPlaces places(x);
        for (std::size_t c = 0; c < 4; ++c) {
            for (std::size_t e = 0; e < x.blocks[c].size(); ++e) {
                const double end = places.blocks[c][e] - x.blocks[c][e].size;
                QVERIFY(places.rest[c][e].first >= end - 1e-9 && places.rest[c][e].second >= end - 1e-9);
            }
        }
        const auto same = flowTrace(8);
        const Study twice = expertscope::testing::studyOf({a.get(), same.get()});
        const auto none = drawnChart("flow", twice, {{"against_trace", "2"}});
        for (const auto& gap : ribbonsOf(**none).ribbons) {
            for (const FlowRibbon& ribbon : gap)
                QCOMPARE(ribbon.colour, 0.0);
        }
        MemoryTrace wider(4, 40, 4);
        wider.addSequence(10);
        fillUniform(wider, 1);
        const std::string error = errorOf(expertscope::testing::studyOf({a.get(), &wider}), {{"against_trace", "2"}});
        QVERIFY2(error.find("32 and 40 experts at site 0") != std::string::npos, error.c_str());
    }

    /// B6 (8): 128 experts of five layers, from results that are kept: processor time, which other programs disturb
    /// less.
    void largeWindowsAreQuick()
    {
        MemoryTrace trace(5, 128, 8);
        for (int s = 0; s < 20; ++s)
            trace.addSequence(1000);
        fillUniform(trace, 5);
        for (std::size_t site = 1; site < 5; ++site) {
            for (std::size_t t = 0; t < trace.shape().numTokens; ++t) { // as much structure as ribbons are wanted
                const auto next = std::uint16_t((trace.ids[site - 1][t * 8] * 37 + 11) % 128);
                std::uint16_t* const to = &trace.ids[site][t * 8];
                if (std::find(to, to + 8, next) == to + 8)
                    to[0] = next;
            }
        }
        const Study study = expertscope::testing::studyOf({&trace});
        const ChartSpec& spec = *findChart("flow").value();
        ChartQuestion question;
        question.params = *checkOptions(spec, {{"columns", "5"}, {"most", "192"}});
        VERIFY_OK(spec.compute(study, question, {}));
        const auto seconds = [](std::clock_t since) { return double(std::clock() - since) / CLOCKS_PER_SEC; };
        const std::clock_t computing = std::clock();
        const auto data = spec.compute(study, question, {});
        const double compute = seconds(computing);
        VERIFY_OK(data);
        double draw = 1;
        for (int i = 0; i < 5; ++i) { // the best of some: the first one fills caches
            Look look;
            const std::clock_t drawing = std::clock();
            VERIFY_OK(spec.draw(*data, question.params, look));
            draw = std::min(draw, seconds(drawing));
        }
        qInfo("computed in %.3f s, drawn in %.1f ms", compute, 1000 * draw);
        QVERIFY(compute < 1);
        QVERIFY(draw < 0.032); // a frame is 16 ms; twice that is no flaw of the machine
    }

    /// B6 (6)
    void theDemoCrossesLittle()
    {
        const std::filesystem::path folder = EXPERTSCOPE_SOURCE_DIR "/resources/demo/formation";
        std::filesystem::path last;
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            if (entry.path().extension() == ".h5" && entry.path().stem() > last.stem())
                last = entry.path();
        }
        const auto study = Study::open({last});
        VERIFY_OK(study);
        const ChartSpec& spec = *findChart("flow").value();
        ChartQuestion question;
        question.params = *checkOptions(spec, {{"level", "spine"}});
        const auto computed = spec.compute(**study, question, {});
        VERIFY_OK(computed);
        const auto& data = static_cast<const FlowWindow&>(**computed);
        double drawn = 0, byId = 0;
        for (std::size_t g = 0; g < data.gaps.size(); ++g) {
            std::vector<FlowLink> links;
            for (std::size_t i = 0; i < data.gaps[g].rows; ++i) {
                for (std::size_t j = 0; j < data.gaps[g].columns; ++j) {
                    const FlowCell cell = data.gaps[g].cell(i, j);
                    if (cell.excess() > 0 && cell.z > 0)
                        links.push_back({i, j, cell.excess()});
                }
            }
            std::vector<std::size_t> from(data.gaps[g].rows), to(data.gaps[g].columns);
            std::iota(from.begin(), from.end(), std::size_t(0));
            std::iota(to.begin(), to.end(), std::size_t(0));
            drawn += weightedCrossings(links, data.places[g], data.places[g + 1]);
            byId += weightedCrossings(links, from, to);
        }
        QVERIFY2(drawn <= 0.45 * byId, qPrintable(QString::number(drawn / byId)));
    }
};

EXPERTSCOPE_TEST(TestFlowLevels)
#include "tst_flow_levels.moc"
