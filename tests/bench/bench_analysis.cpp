// SPDX-License-Identifier: GPL-3.0-or-later
//
// Throughput of the pass: 1 M tokens x 16 sites x top-8 of 64 in memory. `rival` is rival_analysis.py (numpy) on data
// of the same shape; it needs a Python with numpy: EXPERTSCOPE_PYTHON, default python3.
#include "analysis/counts/load_table.h"
#include "analysis/metrics/analyse.h"
#include "tests/support/memory_trace.h"

#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

constexpr std::uint32_t kTokens = 1u << 20, kSites = 16, kExperts = 64, kSlots = 8, kSequence = 2048;

/// All sites share the memory of one: the pass cannot know, and 16 of them would not fit a small machine.
class BenchTrace final : public BlockSource
{
public:
    BenchTrace()
        : m_one(1, kExperts, kSlots)
    {
        std::vector<std::string> language;
        for (std::uint32_t s = 0; s < kTokens / kSequence; ++s) {
            m_one.addSequence(kSequence);
            language.push_back(std::string(1, char('a' + mix(s) % 4)));
        }
        m_one.addLabel("language", language);
        m_one.editShape().columns = {false, true, false, false, false};
        fillUniform(m_one, 1);
        for (std::uint64_t t = 0; t < kTokens; ++t)
            m_one.entropy[0].push_back(float(double(mix(t) >> 11) * 0x1p-53 * 4));
        m_shape = m_one.shape();
        m_shape.sites.assign(kSites, m_shape.sites[0]);
    }
    const RoutingShape& shape() const override { return m_shape; }
    Expected<Block> read(SiteIndex site, TokenRange range, Columns wanted, BlockBuffer& buffer) override
    {
        auto block = m_one.read(SiteIndex(0), range, wanted, buffer);
        block->site = site;
        return block;
    }

private:
    MemoryTrace m_one;
    RoutingShape m_shape;
};

BenchTrace& trace()
{
    static BenchTrace trace;
    return trace;
}

void report(benchmark::State& state)
{
    state.SetItemsProcessed(std::int64_t(state.iterations()) * kTokens); // tokens, each with 16 sites
}

void analysis(benchmark::State& state, const std::vector<std::string>& metrics, const std::string& by)
{
    std::vector<MetricRequest> requests;
    for (const std::string& name : metrics)
        requests.push_back({name});
    PassOptions options;
    options.threads = unsigned(state.range(0));
    BenchTrace& source = trace();
    for (auto _ : state) {
        auto rows = analyse(source, requests, by, options);
        benchmark::DoNotOptimize(rows);
        if (!rows)
            state.SkipWithError(rows.error().message().c_str());
    }
    report(state);
}

/// Reading alone: what no metric can beat.
void copying(benchmark::State& state)
{
    PassOptions options;
    options.threads = unsigned(state.range(0));
    BenchTrace& source = trace();
    for (auto _ : state) {
        auto none = runPass(
            source, {{.entropy = true}, false}, [] { return AccumulatorSet(); }, options);
        benchmark::DoNotOptimize(none);
    }
    report(state);
}

void loading(benchmark::State& state)
{
    PassOptions options;
    options.threads = unsigned(state.range(0));
    BenchTrace& source = trace();
    for (auto _ : state) {
        auto table = loadTable(source, options);
        benchmark::DoNotOptimize(table);
    }
    report(state);
}

void rival(benchmark::State& state)
{
    const char* python = std::getenv("EXPERTSCOPE_PYTHON");
    const std::string command = std::string(python ? python : "python3")
        + " " EXPERTSCOPE_SOURCE_DIR "/tests/bench/rival_analysis.py " + std::to_string(kTokens) + " "
        + std::to_string(kSites) + " " + std::to_string(kExperts) + " " + std::to_string(kSlots) + " "
        + std::to_string(kSequence);
    for (auto _ : state) {
        FILE* pipe = popen(command.c_str(), "r");
        double seconds = 0;
        if (!pipe || std::fscanf(pipe, "%lf", &seconds) != 1)
            state.SkipWithError("no Python with numpy: set EXPERTSCOPE_PYTHON");
        if (pipe)
            pclose(pipe);
        state.SetIterationTime(seconds);
    }
    report(state);
}

}

BENCHMARK_CAPTURE(
    analysis, all_metrics, {"load", "balance", "router_entropy", "specialisation", "repetition"}, "language")
    ->Arg(1)
    ->Arg(2)
    ->MeasureProcessCPUTime()->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(analysis, balance, {"balance"}, "")->Arg(1)->MeasureProcessCPUTime()->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(analysis, specialisation, {"specialisation"}, "language")
    ->Arg(1)
    ->MeasureProcessCPUTime()->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(analysis, repetition, {"repetition"}, "")->Arg(1)->MeasureProcessCPUTime()->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(analysis, router_entropy, {"router_entropy"}, "")
    ->Arg(1)
    ->MeasureProcessCPUTime()->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(loading)->Arg(1)->Arg(2)->MeasureProcessCPUTime()->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(copying)->Arg(1)->Arg(2)->MeasureProcessCPUTime()->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(rival)->Iterations(1)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK_MAIN();
