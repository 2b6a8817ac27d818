// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/placement/compare.h"
#include "analysis/placement/registry.h"
#include "plans.h"
#include "tests/support/rows.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"
#include "workload.h"

#include <QTest>

#include <set>

using namespace expertscope;
using namespace expertscope::placement;
using namespace expertscope::testing;

namespace {

using Params = std::map<std::string, ParameterValue>;

/// The row of a planner that has all of these params.
const ResultRow* rowOf(const PlannerComparison& comparison, const std::string& metric, Params params, int site = -1)
{
    for (const ResultRow& row : comparison.results.rows) {
        const bool fits = std::ranges::all_of(params, [&](const auto& p) {
            const auto found = row.params.find(p.first);
            return found != row.params.end() && found->second == p.second;
        });
        if (row.metric == "placement." + metric && fits && (site < 0 ? !row.site : row.site && row.site->value == site))
            return &row;
    }
    return nullptr;
}

double valueOf(const PlannerComparison& comparison, const std::string& metric, Params params)
{
    const ResultRow* row = rowOf(comparison, metric, std::move(params));
    return row && row->value ? *row->value : std::numeric_limits<double>::quiet_NaN();
}

CompareRequest requestFor(std::uint32_t gpus, std::uint32_t nodes, std::uint32_t replicas)
{
    CompareRequest request;
    request.plan.cluster = {gpus, nodes};
    request.plan.replicas = replicas;
    request.plan.restarts = 2;
    request.replay.windows = {256};
    return request;
}

}

class TestComparePlanners : public QObject
{
    Q_OBJECT
private slots:
    void threadsAndBlocksCannotShow()
    {
        MemoryTrace trace = makeWorkload({3000, 4, 16, 3, .35, .6, 4, 1}, 100);
        CompareRequest request = requestFor(4, 2, 4);
        request.sizes = {2048, 1, 2, {1e6}};
        request.perSite = request.scoreLearning = true;
        std::optional<PlannerComparison> first;
        for (const unsigned threads : {1u, 4u}) {
            for (const std::uint32_t block : {0u, 130u}) {
                PassOptions options;
                options.threads = threads;
                options.blockTokens = block;
                const auto made = comparePlanners(trace, request, options);
                VERIFY_OK(made);
                if (!first)
                    first = *made;
                QVERIFY(identical(made->results, first->results));
            }
        }
        QVERIFY(first->results.rows.size() > 100);
        // No two rows with the same key.
        std::set<RowKey> keys;
        for (const ResultRow& row : first->results.rows)
            QVERIFY2(keys.insert(keyOf(row)).second, row.metric.c_str());
    }

    void everyRowSaysWhatItIs()
    {
        MemoryTrace trace = makeWorkload({3000, 4, 16, 3, .35, .6, 4, 1}, 100);
        CompareRequest request = requestFor(4, 2, 0);
        request.perSite = true;
        const auto made = comparePlanners(trace, request, {});
        VERIFY_OK(made);
        QCOMPARE(made->plans.size(), plannerRegistry().size());
        QVERIFY(!made->halves);
        for (const ResultRow& row : made->results.rows) {
            for (const char* name : {"planner", "gpus", "nodes", "replicas", "dispatch", "home", "tokens"})
                QVERIFY2(row.params.contains(name), row.metric.c_str());
            QCOMPARE(std::get<std::string>(row.params.at("tokens")), std::string("held_out"));
            QCOMPARE(row.value.has_value(), row.undefined.empty());
        }
        // The mean over the sites, and the sites.
        double sum = 0;
        for (int site = 0; site < 4; ++site)
            sum += *rowOf(*made, "fan_out", {{"planner", "eplb"}}, site)->value;
        QVERIFY(std::abs(valueOf(*made, "fan_out", {{"planner", "eplb"}}) - sum / 4) < 1e-12);
        // Unknown sizes are unknown, not 0.
        const ResultRow* bytes = rowOf(*made, "dispatch_bytes", {{"planner", "eplb"}});
        QVERIFY(bytes && !bytes->value && !bytes->undefined.empty());
        QVERIFY(!rowOf(*made, "memory", {{"planner", "eplb"}})->value);
        QVERIFY(!rowOf(*made, "migration_bytes", {{"planner", "eplb"}})->value);
        QVERIFY(rowOf(*made, "moved_experts", {{"planner", "eplb"}})->value);
        QCOMPARE(valueOf(*made, "moved_experts", {{"planner", "contiguous"}}), 0.0);
        const std::string contract = comparisonContract(request, *made);
        QVERIFY(contract.find("every other sequence") != std::string::npos);
    }

    void bytesFollowTheSizes()
    {
        MemoryTrace trace = makeWorkload({2000, 3, 16, 3, .35, .6, 4, 1}, 100);
        CompareRequest request = requestFor(4, 2, 4);
        request.sizes = {1024, 1, 2, {10, 20, 30}};
        const auto made = comparePlanners(trace, request, {});
        VERIFY_OK(made);
        for (const char* between : {"gpus", "nodes"}) {
            double states[2];
            for (const bool dedup : {true, false}) {
                const Params params{{"planner", "lpt_swap"}, {"between", between}, {"dedup", dedup ? "yes" : "no"}};
                states[dedup] = valueOf(*made, "sent_states", params);
                QVERIFY(states[dedup] > 0);
                QCOMPARE(valueOf(*made, "dispatch_bytes", params), states[dedup] * 1024);
                QCOMPARE(valueOf(*made, "combine_bytes", params), states[dedup] * 2048);
            }
            QVERIFY(states[1] <= states[0]);
        }
        // 20 slots on 4 GPUs: 5 a GPU and site.
        QCOMPARE(valueOf(*made, "memory", {{"planner", "joint"}, {"of", "largest"}}), 5 * 60.0);
        QVERIFY(valueOf(*made, "migration_bytes", {{"planner", "joint"}, {"between", "gpus"}}) > 0);
        request.sizes.expertBytes = {1, 2};
        QVERIFY(!comparePlanners(trace, request, {}));
        request.sizes.expertBytes = {-1};
        QVERIFY(!comparePlanners(trace, request, {}));
    }

    void chanceIsWhatChanceGives()
    {
        MemoryTrace trace(4, 16, 4);
        for (int s = 0; s < 20; ++s)
            trace.addSequence(2000);
        fillUniform(trace, 3);
        const auto made = comparePlanners(trace, requestFor(8, 2, 0), {});
        VERIFY_OK(made);
        for (const NamedPlan& named : made->plans) {
            for (const auto& [metric, tolerance] : std::map<std::string, double>{
                     {"fan_out", .01}, {"node_fan_out", .01}, {"cross_site", .01}, {"hops", .03}}) {
                const ResultRow* row = rowOf(*made, metric, {{"planner", named.name}});
                QVERIFY2(row && row->value && row->uniform, metric.c_str());
                QVERIFY2(std::abs(*row->value - *row->uniform) < tolerance, (metric + " of " + named.name).c_str());
            }
        }
        // With replicas there is no closed form.
        const auto copies = comparePlanners(trace, requestFor(8, 2, 8), {});
        VERIFY_OK(copies);
        QVERIFY(!rowOf(*copies, "fan_out", {{"planner", "eplb"}})->uniform);
    }

    void heldOutIsHarderThanLearnt()
    {
        // One long sequence: first half learnt, second scored. A plan fits what it has seen better.
        MemoryTrace trace = makeWorkload(kW2);
        CompareRequest request = requestFor(8, 1, 0);
        request.scoreLearning = true;
        const auto made = comparePlanners(trace, request, {});
        VERIFY_OK(made);
        QVERIFY(made->halves);
        const auto value = [&](const char* metric, const char* planner, const char* tokens,
                               const char* window = nullptr) {
            Params params{{"planner", planner}, {"tokens", tokens}};
            if (window)
                params["window"] = window;
            return valueOf(*made, metric, params);
        };
        QVERIFY(value("max_over_mean", "lpt_swap", "learning", "all") < 1.001);
        QVERIFY(value("max_over_mean", "lpt_swap", "held_out", "all") > 1.01);
        QVERIFY(value("max_over_mean", "lpt_swap", "held_out", "all")
            < value("max_over_mean", "contiguous", "held_out", "all"));
        // Balanced on average is not balanced in every window.
        QVERIFY(value("max_over_mean", "lpt_swap", "learning", "256") > 1.05);
        QVERIFY(value("balancedness", "lpt_swap", "learning", "all") > .999);
        // What was learnt of traffic and co-activation still helps on tokens that nobody has seen.
        QVERIFY(value("cross_site", "cross_layer", "held_out") < value("cross_site", "contiguous", "held_out") - .01);
        QVERIFY(value("fan_out", "coactivation", "held_out") < value("fan_out", "contiguous", "held_out") - .05);
    }

    void givenPlansAreScoredToo()
    {
        MemoryTrace trace = makeWorkload({2000, 3, 16, 3, .35, .6, 4, 1}, 100);
        CompareRequest request = requestFor(4, 1, 0);
        request.planners = {"contiguous"};
        request.given = {{"mine", samePlan(trace.shape(), {4, 1}, inOrder(16, 16))}};
        const auto made = comparePlanners(trace, request, {});
        VERIFY_OK(made);
        QCOMPARE(made->plans.size(), 2u);
        QCOMPARE(valueOf(*made, "cross_site", {{"planner", "mine"}}),
            valueOf(*made, "cross_site", {{"planner", "contiguous"}}));
        request.planners = {"magic"};
        QVERIFY(!comparePlanners(trace, request, {}));
    }

    void tracesThatRouteNowhere()
    {
        MemoryTrace trace(2, 4, 2);
        trace.addSequence(4);
        trace.addSequence(4);
        for (auto& ids : trace.ids)
            ids.assign(16, kNoExpert);
        const auto made = comparePlanners(trace, requestFor(2, 1, 1), {});
        VERIFY_OK(made);
        const ResultRow* row = rowOf(*made, "max_over_mean", {{"planner", "joint"}, {"window", "all"}});
        QVERIFY(row && !row->value && !row->undefined.empty());
        QVERIFY(!rowOf(*made, "cross_site", {{"planner", "joint"}})->value);
        MemoryTrace attention(1, 4, 1);
        attention.editShape().sites[0].kind = SiteKind::Attention;
        QVERIFY(!comparePlanners(attention, requestFor(2, 1, 0), {}));
    }
};

EXPERTSCOPE_TEST(TestComparePlanners)
#include "tst_compare_planners.moc"
