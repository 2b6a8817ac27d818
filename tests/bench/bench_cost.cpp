// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a hardware slider waits for: everything that is shown of modelled time, recomputed. All policies that can serve
// the contract, 64 capacities, 32 sites, 64 experts, 6 of them a token (acceptance D of issue 5: < 16 ms).
#include "../analysis/simulation/workload.h"
#include "analysis/cost/model_times.h"
#include "analysis/simulation/watched_steps.h"

#include <benchmark/benchmark.h>

using namespace expertscope::testing;
using namespace expertscope::cost;

namespace {

constexpr std::uint64_t kSteps = 4096;

const StepTally& tally(std::uint64_t watched)
{
    static std::map<std::uint64_t, StepTally> tallies;
    if (const auto found = tallies.find(watched); found != tallies.end())
        return found->second;
    EventSet events = workloadEvents({kSteps, 32, 64, 6});
    watchSteps(events, {}, watched);
    std::vector<PolicyRequest> policies;
    for (const PolicySpec& spec : policyRegistry())
        policies.push_back({spec.name});
    auto results = simulateCaches(events, {}, policies, upTo(64), 2);
    if (!results)
        throw std::runtime_error(results.error().message());
    return tallies[watched] = tallySteps(events, {}, *results, events.tokens);
}

/// range: 0 level, 1 watched steps, 2 whether there is a CPU lane.
void slider(benchmark::State& state)
{
    const StepTally& counted = tally(std::uint64_t(state.range(1)));
    Machine machine{.name = "bench", .link = {"link", 25e9, 10e-6}, .gpu = {"gpu", 800e9, 80e12}};
    if (state.range(2))
        machine.cpu = Processor{"cpu", 60e9, 1e12};
    const Model model{.name = "bench",
        .expertBytes = expertBytes(2048, 1024, 4.5),
        .expertFlops = expertFlops(2048, 1024),
        .denseBytes = 1e9,
        .denseFlops = 2e9};
    for (auto _ : state) {
        machine.link.bytesPerSecond *= 1.0001; // a slider moves
        auto times = modelTimes(counted, machine, model, Level(state.range(0)));
        benchmark::DoNotOptimize(times);
    }
    state.counters["points"] = double(counted.points.size() * counted.capacities.size());
}

}

BENCHMARK(slider)
    ->ArgNames({"level", "watched", "cpu"})
    ->Args({0, 1024, 0})
    ->Args({1, 1024, 0})
    ->Args({2, 1024, 0})
    ->Args({2, 1024, 1})
    ->Args({2, 4096, 0})
    ->Unit(benchmark::kMillisecond);
BENCHMARK_MAIN();
