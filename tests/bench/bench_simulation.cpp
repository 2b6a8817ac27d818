// SPDX-License-Identifier: GPL-3.0-or-later
//
// Requests a second of cache simulation, all capacities at once, on workloads W1 and larger (simulation.md 1.2).
// rival_simulation.py runs libCacheSim beside it.
#include "../analysis/simulation/workload.h"

#include <benchmark/benchmark.h>

using namespace expertscope::testing;

namespace {

const EventSet& workload(std::uint32_t experts)
{
    static std::map<std::uint32_t, EventSet> sets;
    if (!sets.contains(experts)) {
        const std::uint32_t k = experts <= 64 ? 6 : experts <= 256 ? 8 : 10;
        sets[experts] = workloadEvents({2000004 / k, 1, experts, k});
    }
    return sets[experts];
}

/// One thread; `range` = experts.
void replay(benchmark::State& state, const char* policy, Service service, Admission admission)
{
    const EventSet& events = workload(std::uint32_t(state.range(0)));
    Contract contract;
    contract.service = service;
    contract.admission = admission;
    const auto capacities = upTo(std::uint32_t(state.range(0)));
    for (auto _ : state) {
        auto results = simulateCaches(events, contract, {{policy}}, capacities, 1);
        benchmark::DoNotOptimize(results);
        if (!results)
            state.SkipWithError(results.error().message().c_str());
    }
    state.SetItemsProcessed(std::int64_t(state.iterations()) * std::int64_t(events.requests));
}

/// A policy that replays one capacity at a time: `range` = experts; a quarter of them is the capacity, as 16 of 64 is
/// what rival_simulation.py asks of libCacheSim.
void replayOne(benchmark::State& state, const char* policy, Service service)
{
    const auto experts = std::uint32_t(state.range(0));
    const EventSet& events = workload(experts);
    Contract contract;
    contract.service = service;
    const std::vector<std::uint32_t> capacities{experts / 4};
    for (auto _ : state) {
        auto results = simulateCaches(events, contract, {{policy}}, capacities, 1);
        benchmark::DoNotOptimize(results);
        if (!results)
            state.SkipWithError(results.error().message().c_str());
    }
    state.SetItemsProcessed(std::int64_t(state.iterations()) * std::int64_t(events.requests));
}

/// LRU and both OPT on 1e8 requests in 50 pools, two threads.
void large(benchmark::State& state)
{
    EventSet events;
    for (int i = 0; i < 50; ++i)
        events.pools.push_back(workload(64).pools[0]);
    Contract bypass;
    bypass.admission = Admission::Bypass;
    for (auto _ : state) {
        auto forced = simulateCaches(events, {}, {{"lru"}, {"opt"}}, upTo(64), 2);
        auto bypassed = simulateCaches(events, bypass, {{"opt"}}, upTo(64), 2);
        benchmark::DoNotOptimize(forced);
        benchmark::DoNotOptimize(bypassed);
    }
    state.SetItemsProcessed(std::int64_t(state.iterations()) * 50 * std::int64_t(workload(64).requests));
}

}

// The work is done in another thread, so its own time would not count.
#define ES_REPLAY(NAME, POLICY, SERVICE, ADMISSION)                                                                    \
    BENCHMARK_CAPTURE(replay, NAME, POLICY, Service::SERVICE, Admission::ADMISSION)                                    \
        ->Arg(64)                                                                                                      \
        ->Arg(256)                                                                                                     \
        ->Arg(1024)                                                                                                    \
        ->MeasureProcessCPUTime()                                                                                      \
        ->Unit(benchmark::kMillisecond)
ES_REPLAY(lru_atomic, "lru", Atomic, Forced);
ES_REPLAY(lru_sequential, "lru", Sequential, Forced);
ES_REPLAY(opt_forced, "opt", Atomic, Forced);
ES_REPLAY(opt_bypass, "opt", Atomic, Bypass);
ES_REPLAY(opt_sequential, "opt", Sequential, Forced);
ES_REPLAY(lfu, "lfu", Atomic, Forced);
ES_REPLAY(ema, "ema", Atomic, Forced);
ES_REPLAY(sch, "sch", Atomic, Forced);
ES_REPLAY(static_list, "static", Atomic, Forced);
#define ES_REPLAY_ONE(NAME, POLICY, SERVICE)                                                                           \
    BENCHMARK_CAPTURE(replayOne, NAME, POLICY, Service::SERVICE)                                                       \
        ->Arg(64)                                                                                                      \
        ->Arg(256)                                                                                                     \
        ->Arg(1024)                                                                                                    \
        ->MeasureProcessCPUTime()                                                                                      \
        ->Unit(benchmark::kMillisecond)
#define ES_REPLAY_BOTH(POLICY)                                                                                         \
    ES_REPLAY_ONE(POLICY##_atomic, #POLICY, Atomic);                                                                   \
    ES_REPLAY_ONE(POLICY##_sequential, #POLICY, Sequential)
ES_REPLAY_BOTH(fifo);
ES_REPLAY_BOTH(clock);
ES_REPLAY_BOTH(sieve);
ES_REPLAY_BOTH(s3fifo);
ES_REPLAY_BOTH(twoq);
ES_REPLAY_BOTH(arc);
BENCHMARK(large)->Iterations(1)->MeasureProcessCPUTime()->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_MAIN();
