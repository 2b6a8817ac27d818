// SPDX-License-Identifier: GPL-3.0-or-later
//
// Planners on the workloads of our simulation notes: time of planning (counts given), and beside it what the plan is
// worth on the tokens it was learnt from, as the notes' table 4.1 has it, and on held-out ones. W4's shape shows what
// 256 experts on 32 GPUs cost. Targets: W2 lpt_swap max/mean <= 1.001 in < 10 ms, cross_layer <= .848; ExFlow-like
// cross_layer <= .727 in < 1 s.
#include "../analysis/placement/workload.h"
#include "analysis/placement/compare.h"
#include "analysis/placement/held_out.h"
#include "analysis/placement/registry.h"

#include <benchmark/benchmark.h>

using namespace expertscope;
using namespace expertscope::placement;
using namespace expertscope::testing;

namespace {

struct Case
{
    const char* name;
    Workload workload;
    Cluster cluster;
    std::uint32_t replicas;
};

constexpr Case kCases[] = {
    {"W2", kW2, {8, 1}, 0},
    {"W2_16_replicas", kW2, {8, 1}, 16},
    {"ExFlow", kExFlow, {4, 1}, 0},
    {"W4", {36206, 58, 256, 8, 0.35, 0.6, 8, 1}, {32, 4}, 32},
};

/// Traces and what was learnt of them, made once.
struct Prepared
{
    std::unique_ptr<MemoryTrace> trace;
    LearnedCounts all, half;
    std::unique_ptr<HeldOutSplit> split;
};

Prepared& prepared(const Case& what)
{
    static std::map<std::string, Prepared> cases;
    Prepared& p = cases[what.name];
    if (!p.trace) {
        p.trace = std::make_unique<MemoryTrace>(makeWorkload(what.workload));
        p.all = *learn(*p.trace, {true, true, NextPairs::All}, {});
        p.split = std::make_unique<HeldOutSplit>(*HeldOutSplit::create(*p.trace, {}));
        p.half = *learn(*p.split, {true, true, NextPairs::All}, p.split->learning());
    }
    return p;
}

/// Counters: max/mean, fan-out and cross-site share of a plan.
void report(benchmark::State& state, const std::string& prefix, const Score& score)
{
    double largest = 0, fanOut = 0, pairs = 0, apart = 0;
    for (const SiteScore& site : score.sites) {
        largest += double(std::ranges::max(site.load)) * double(site.load.size()) / double(site.choices);
        fanOut += double(site.gpus) / double(site.tokens);
        pairs += double(site.pairs);
        apart += double(site.pairsApart);
    }
    const double M = double(score.sites.size());
    state.counters[prefix + "max_over_mean"] = largest / M;
    state.counters[prefix + "fan_out"] = fanOut / M;
    state.counters[prefix + "cross_site"] = apart / pairs;
}

void planning(benchmark::State& state, const Case& what, const Planner& planner)
{
    Prepared& p = prepared(what);
    const PlanRequest request{.cluster = what.cluster, .replicas = what.replicas};
    for (auto _ : state) {
        const auto plan = planner.make(p.all, request);
        benchmark::DoNotOptimize(plan);
    }
    report(state, "", replay(*p.trace, std::vector{*planner.make(p.all, request)}, {}, {})->front());
    const auto halfPlan = planner.make(p.half, request);
    report(state, "held_out_", replay(*p.split, std::vector{*halfPlan}, {}, p.split->scoring())->front());
}

/// Tokens x sites x plans a second, all planners' plans together.
void replaying(benchmark::State& state, const Case& what)
{
    Prepared& p = prepared(what);
    std::vector<Placement> plans;
    for (const char* name : {"contiguous", "eplb", "lpt_swap"})
        plans.push_back(*(*findPlanner(name))->make(p.all, {.cluster = what.cluster, .replicas = what.replicas}));
    ReplayOptions how;
    how.windows = {256};
    PassOptions options;
    options.threads = 1;
    for (auto _ : state) {
        const auto scores = replay(*p.trace, plans, how, options);
        benchmark::DoNotOptimize(scores);
    }
    state.SetItemsProcessed(state.iterations() * std::int64_t(what.workload.tokens) * what.workload.sites * 3);
}

void learning(benchmark::State& state, const Case& what)
{
    Prepared& p = prepared(what);
    PassOptions options;
    options.threads = 1;
    for (auto _ : state) {
        const auto counts = learn(*p.trace, {true, true, NextPairs::All}, options);
        benchmark::DoNotOptimize(counts);
    }
    state.SetItemsProcessed(state.iterations() * std::int64_t(what.workload.tokens) * what.workload.sites);
}

}

int main(int argc, char** argv)
{
    for (const Case& what : kCases) {
        const auto named = [&](const std::string& name) { return std::string(what.name) + "/" + name; };
        for (const Planner& planner : plannerRegistry())
            benchmark::RegisterBenchmark(named(planner.name).c_str(), planning, what, planner)
                ->Unit(benchmark::kMillisecond);
        benchmark::RegisterBenchmark(named("learning").c_str(), learning, what)
            ->Unit(benchmark::kMillisecond)
            ->MeasureProcessCPUTime()
            ->UseRealTime();
        benchmark::RegisterBenchmark(named("replaying").c_str(), replaying, what)
            ->Unit(benchmark::kMillisecond)
            ->MeasureProcessCPUTime()
            ->UseRealTime();
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 1;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
