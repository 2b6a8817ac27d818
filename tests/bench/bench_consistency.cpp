// SPDX-License-Identifier: GPL-3.0-or-later
//
// Speed of the consistency metrics. `srp`: 2048 sequences of 512 tokens, top-8 of 64, one site, as moe-lrc's layers;
// items are (token, site) pairs. `cache`: one sequence of 512 tokens x 8 through a policy, or two;
// items are choices, for each policy.
// consistency_vs_moe_lrc.py sets these numbers against moe-lrc's own.
#include "analysis/metrics/analyse.h"
#include "analysis/sequence_caches/sequence_caches.h"
#include "tests/support/memory_trace.h"

#include <benchmark/benchmark.h>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

/// Sticky routing: a token keeps each of the experts before it with a probability of 1/2.
MemoryTrace sticky(std::uint32_t sequences, std::uint32_t length, std::uint16_t E, std::uint16_t k)
{
    MemoryTrace trace(1, E, k);
    for (std::uint32_t s = 0; s < sequences; ++s)
        trace.addSequence(length);
    auto& ids = trace.ids[0];
    ids.resize(trace.shape().numTokens * k);
    std::uint64_t state = 1;
    for (std::size_t t = 0; t < trace.shape().numTokens; ++t) {
        std::uint16_t* const now = &ids[t * k];
        for (std::size_t r = 0; r < k;) {
            state = mix(state);
            const bool keep = t % length && state >> 63;
            const auto x = keep ? now[std::ptrdiff_t(r) - k] : static_cast<std::uint16_t>((state >> 32) % E);
            if (std::find(now, now + r, x) == now + r)
                now[r++] = x;
        }
    }
    return trace;
}

/// Blocks without a file or a copy.
class Direct final : public BlockSource
{
public:
    explicit Direct(MemoryTrace trace)
        : m_trace(std::move(trace))
    {
    }
    const RoutingShape& shape() const override { return m_trace.shape(); }
    Expected<Block> read(SiteIndex site, TokenRange range, Columns, BlockBuffer&) override
    {
        Block block;
        block.site = site;
        block.firstToken = range.begin;
        block.numTokens = static_cast<std::uint32_t>(range.size());
        block.numSlots = shape().numSlots;
        block.numExperts = shape().sites[std::size_t(site)].numExperts;
        block.expertIds = std::span(m_trace.ids[std::size_t(site)])
                              .subspan(std::size_t(range.begin) * block.numSlots, range.size() * block.numSlots);
        return block;
    }

private:
    MemoryTrace m_trace;
};

void metric(benchmark::State& state, const MetricRequest& wanted, unsigned replicates = 0)
{
    const auto E = static_cast<std::uint16_t>(state.range(0)), k = static_cast<std::uint16_t>(state.range(1));
    static std::unique_ptr<Direct> source;
    static std::pair<int, int> shape;
    if (!source || shape != std::pair<int, int>(E, k)) {
        source = std::make_unique<Direct>(sticky(2048, 512, E, k));
        shape = {E, k};
    }
    AnalysisRequest request;
    request.metrics = {wanted};
    request.pass.threads = 1;
    request.bootstrap = replicates;
    request.simulateUniform = false;
    for (auto _ : state) {
        auto results = analyse(*source, request);
        benchmark::DoNotOptimize(results);
        if (!results)
            state.SkipWithError(results.error().message().c_str());
    }
    state.SetItemsProcessed(std::int64_t(state.iterations()) * 2048 * 512);
}

void cacheOf(benchmark::State& state, const std::vector<CachePass>& passes, const std::vector<std::size_t>& sizes)
{
    const auto E = static_cast<std::uint16_t>(state.range(0)), k = static_cast<std::uint16_t>(state.range(1));
    const std::size_t T = 512, sequences = 64;
    const MemoryTrace trace = sticky(sequences, T, E, k);
    std::vector<AccessStream> streams(sequences);
    for (std::size_t s = 0; s < sequences; ++s) {
        const auto first = trace.ids[0].begin() + std::ptrdiff_t(s * T * k);
        streams[s].experts.assign(first, first + std::ptrdiff_t(T * k));
        for (std::size_t t = 1; t <= T; ++t)
            streams[s].tokenEnds.push_back(std::uint32_t(t * k));
    }
    SequenceCaches simulator;
    for (auto _ : state) {
        for (const AccessStream& stream : streams) {
            const auto hits = simulator.run(passes, stream, E, sizes, true);
            benchmark::DoNotOptimize(hits[0]);
        }
    }
    state.SetItemsProcessed(std::int64_t(state.iterations() * sequences * T * k * passes.size()));
}

/// Four sizes, as the metrics have it.
void cache(benchmark::State& state, const std::vector<CachePass>& passes)
{
    const auto k = static_cast<std::size_t>(state.range(1));
    cacheOf(state, passes, {k / 2, k, 2 * k, 4 * k});
}

void allSizes(benchmark::State& state, const std::vector<CachePass>& passes)
{
    std::vector<std::size_t> sizes;
    for (std::int64_t size = 1; size <= state.range(0); ++size)
        sizes.push_back(static_cast<std::size_t>(size));
    cacheOf(state, passes, sizes);
}

void shapes(benchmark::internal::Benchmark* benchmark)
{
    benchmark->Args({64, 8})->Args({8, 2})->Args({128, 8})->Args({512, 10})->Unit(benchmark::kMillisecond);
}

}

BENCHMARK_CAPTURE(metric, srp, MetricRequest{"srp"})->Apply(shapes)->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(metric, srp_bootstrap, MetricRequest{"srp"}, 1000)
    ->Args({64, 8})
    ->Iterations(1)
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(metric, srp_m4, MetricRequest{"srp", {{"m", "4"}}})
    ->Args({64, 8})
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(metric, srp_m16, MetricRequest{"srp", {{"m", "16"}}})
    ->Args({64, 8})
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(metric, srp_m64, MetricRequest{"srp", {{"m", "64"}}})
    ->Args({64, 8})
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(metric, srp_m256, MetricRequest{"srp", {{"m", "256"}}})
    ->Args({64, 8})
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(metric, lifetime, MetricRequest{"lifetime"})->Apply(shapes)->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(metric, distinct, MetricRequest{"distinct"})->Apply(shapes)->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(metric, sch_cover, MetricRequest{"sch_cover"})
    ->Args({64, 8})
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(metric, load, MetricRequest{"load"})
    ->Args({64, 8})
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);
#define ES_CACHE(NAME, ...)                                                                                            \
    BENCHMARK_CAPTURE(cache, NAME, std::vector<CachePass>{__VA_ARGS__})->Apply(shapes)->MeasureProcessCPUTime();       \
    BENCHMARK_CAPTURE(allSizes, NAME##_all, std::vector<CachePass>{__VA_ARGS__})                                       \
        ->Name("cache_all/" #NAME "_all")                                                                              \
        ->Args({64, 8})                                                                                                \
        ->MeasureProcessCPUTime()                                                                                      \
        ->Unit(benchmark::kMillisecond)
ES_CACHE(lru, {SequencePolicy::Lru});
ES_CACHE(lfu, {SequencePolicy::Lfu});
ES_CACHE(belady, {SequencePolicy::Belady});
ES_CACHE(sch_4, {SequencePolicy::LookAhead, 4});
ES_CACHE(sch_64, {SequencePolicy::LookAhead, 64});
ES_CACHE(sch_4_64, {SequencePolicy::LookAhead, 4}, {SequencePolicy::LookAhead, 64}); // as the metric has several
BENCHMARK_MAIN();
