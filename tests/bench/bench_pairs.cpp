// SPDX-License-Identifier: GPL-3.0-or-later
//
// Metrics of pairs, and the ways to count pairs of sets: ns a (token, site) in each case.
#include "analysis/counts/pair_counts.h"
#include "analysis/metrics/registry.h"
#include "analysis/spine/accumulator.h"
#include "analysis/spine/selection.h"
#include "tests/support/memory_trace.h"

#include <benchmark/benchmark.h>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

constexpr std::uint32_t kTokens = 32768, kSequence = 2048, kSites = 4;

/// A tile of routing by chance, as the pass makes them.
struct Sample
{
    Sample(unsigned E, unsigned k)
        : trace(kSites, std::uint16_t(E), std::uint16_t(k))
    {
        for (std::uint32_t s = 0; s < kTokens / kSequence; ++s) {
            trace.addSequence(kSequence);
            runs.push_back({SequenceIndex(s), s * kSequence, kSequence, 0});
        }
        fillUniform(trace, 1);
        for (std::uint16_t site = 0; site < kSites; ++site) {
            Block block;
            block.site = SiteIndex(site);
            block.numTokens = kTokens;
            block.numSlots = block.evenSlots = std::uint16_t(k);
            block.numExperts = std::uint16_t(E);
            block.expertIds = trace.ids[site];
            block.runs = runs;
            blocks.push_back(block);
            sites.push_back(block.site);
        }
    }

    /// As a pass does with each tile.
    void forgetBits()
    {
        for (std::size_t i = 0; i < blocks.size(); ++i)
            bits[i].reset(blocks[i]);
    }

    MemoryTrace trace;
    std::vector<SequenceRun> runs;
    std::vector<Block> blocks;
    std::vector<ChoiceBits> bits{kSites};
    std::vector<SiteIndex> sites;
};

void report(benchmark::State& state, unsigned sites)
{
    state.counters["ns/(token,site)"] = benchmark::Counter(
        double(state.iterations()) * kTokens * sites * 1e-9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void metric(benchmark::State& state, const std::string& name)
{
    Sample sample(unsigned(state.range(0)), unsigned(state.range(1)));
    const auto spec = std::ranges::find(metricRegistry(), name, &MetricSpec::name);
    MetricContext context;
    context.shape = &sample.trace.shape();
    context.params = Parameters::check(spec->params, {}).value();
    context.sites = sample.sites;
    auto selection = std::make_shared<Selection>();
    for (std::uint32_t s = 0; s < kTokens / kSequence; ++s) {
        selection->sequences.emplace_back(s);
        selection->rank.push_back(std::int32_t(s));
    }
    context.selection = selection;
    const auto first = spec->make(context);
    if (spec->twoPasses)
        first->observe({sample.blocks, sample.bits});
    const auto accumulator = spec->twoPasses ? first->secondPass() : nullptr;
    for (auto _ : state) {
        sample.forgetBits();
        (accumulator ? *accumulator : *first).observe({sample.blocks, sample.bits});
    }
    report(state, kSites);
}

/// Making the sets, plain and turned, that metrics share.
void bits(benchmark::State& state)
{
    Sample sample(unsigned(state.range(0)), unsigned(state.range(1)));
    for (auto _ : state) {
        sample.forgetBits();
        benchmark::DoNotOptimize(sample.bits[0].turned().words);
    }
    report(state, 1);
}

/// Pairs of sets as SetPairs counts them, given the bits.
void pairsOfSets(benchmark::State& state)
{
    Sample sample(unsigned(state.range(0)), unsigned(state.range(1)));
    sample.forgetBits();
    SetPairs pairs(sample.trace.shape().sites[0], sample.trace.shape().sites[1]);
    for (auto _ : state)
        pairs.observe({sample.blocks[0], sample.bits[0]}, {sample.blocks[1], sample.bits[1]});
    report(state, 1);
}

/// The same cell by cell.
void pairsByCell(benchmark::State& state)
{
    Sample sample(unsigned(state.range(0)), unsigned(state.range(1)));
    const std::size_t E = std::size_t(state.range(0)), k = std::size_t(state.range(1));
    PairCounts pairs{unsigned(E), unsigned(E)};
    for (auto _ : state) {
        std::uint32_t* const cells = pairs.cells(kTokens);
        const std::uint16_t *x = sample.trace.ids[0].data(), *y = sample.trace.ids[1].data();
        for (std::uint32_t t = 0; t < kTokens; ++t, x += k, y += k) {
            for (std::size_t a = 0; a < k; ++a) {
                for (std::size_t b = 0; b < k; ++b)
                    ++cells[x[a] * E + y[b]];
            }
        }
        benchmark::ClobberMemory();
    }
    report(state, 1);
}

void shapes(benchmark::internal::Benchmark* b)
{
    for (const auto& [E, k] :
        {std::pair(8, 2), {16, 2}, {32, 4}, {64, 2}, {64, 4}, {64, 6}, {64, 8}, {128, 6}, {128, 8}, {256, 8}})
        b->Args({E, k});
}

}

BENCHMARK_CAPTURE(metric, coactivation, "coactivation")->Apply(shapes);
BENCHMARK_CAPTURE(metric, coactivation_adjacent, "coactivation_adjacent")->Args({64, 8});
BENCHMARK_CAPTURE(metric, affinity, "affinity")->Apply(shapes);
BENCHMARK_CAPTURE(metric, mutual_information, "mutual_information")->Args({64, 8});
BENCHMARK_CAPTURE(metric, fan_out, "fan_out")->Args({64, 8});
BENCHMARK_CAPTURE(metric, predict, "predict")->Args({64, 8});
BENCHMARK(bits)->Apply(shapes);
BENCHMARK(pairsOfSets)->Apply(shapes);
BENCHMARK(pairsByCell)->Apply(shapes);
BENCHMARK_MAIN();
