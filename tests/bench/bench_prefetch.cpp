// SPDX-License-Identifier: GPL-3.0-or-later
//
// Events a second of replays with prefetches, and of predictors, on W2 (26 sites, 64 experts, k = 6). What the
// queue model costs is the difference between `queue` and `outcomes`.
#include "../analysis/simulation/workload.h"
#include "analysis/prefetch/prefetch_replay.h"

#include <benchmark/benchmark.h>

using namespace expertscope::testing;
using namespace expertscope::prefetch;

namespace {

const EventSet& workload()
{
    static const EventSet set = workloadEvents({12821, 26, 64, 6});
    return set;
}

/// A4-class link and GPU: a load takes as long as some six sites' computing.
QueueTimes times(bool fast)
{
    return {.latency = 10'000'000,
        .transfer = fast ? 10'000'000u : 500'000'000u,
        .dense = {80'000'000, 0},
        .expert = {10'000'000, 0},
        .cpu = {}};
}

const Predictions& predictionsOf(const Walk& walk, const char* name)
{
    static std::map<std::string, Predictions> known;
    if (!known.contains(name))
        known[name] = *predict(walk, {name, {}, {}});
    return known[name];
}

void replay(benchmark::State& state, const char* predictor, bool timed, bool fast, const char* policy = "lru")
{
    const Walk walk(workload());
    const Contract contract;
    const CacheMaker maker = *cacheMaker({policy}, contract);
    PrefetchOptions options;
    if (timed)
        options.times = times(fast);
    const Predictions* predictions = *predictor ? &predictionsOf(walk, predictor) : nullptr;
    for (auto _ : state) {
        auto result = replayPrefetch(walk, contract, maker, 16, predictions, options);
        benchmark::DoNotOptimize(result);
    }
    state.SetItemsProcessed(state.iterations() * std::int64_t(walk.numEvents()));
}

void prediction(benchmark::State& state, const char* predictor)
{
    const Walk walk(workload());
    for (auto _ : state) {
        auto predictions = predict(walk, {predictor, {}, {}});
        benchmark::DoNotOptimize(predictions);
    }
    state.SetItemsProcessed(state.iterations() * std::int64_t(walk.numEvents()));
}

}

BENCHMARK_CAPTURE(replay, lru_outcomes_alone, "", false, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(replay, lru_queue_alone, "", true, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(replay, lru_outcomes_static, "static", false, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(replay, lru_queue_static, "static", true, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(replay, lru_outcomes_transition, "transition", false, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(replay, lru_queue_transition, "transition", true, false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(replay, lru_queue_transition_fast, "transition", true, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(replay, fifo_outcomes_alone, "", false, false, "fifo")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(replay, fifo_queue_alone, "", true, false, "fifo")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(replay, fifo_queue_oracle, "oracle", true, true, "fifo")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(prediction, previous, "previous")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(prediction, static_list, "static")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(prediction, transition, "transition")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(prediction, eam, "eam")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(prediction, oracle, "oracle")->Unit(benchmark::kMillisecond);
BENCHMARK_MAIN();
