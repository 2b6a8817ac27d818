// SPDX-License-Identifier: GPL-3.0-or-later
//
// coverage SEQUENCES [REPLICATES [METRIC...]]: how often intervals hold what they are of. Traces of so many sequences are drawn
// from one model of routing, in which some experts are liked more than others, sequences have topics, and tokens cling to
// what the tokens before them chose. What is true of the model a trace of very many sequences says. Prints a line a row name:
// intervals looked at (of sites, and of all sites; of two experts), share of them that hold the truth, median width over that of the
// values' own scatter (1: as wide as they must be).
#include "analysis/metrics/analyse.h"
#include "tests/support/memory_trace.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

constexpr unsigned E = 12, K = 3, kSites = 2, kTopics = 4;
constexpr unsigned kTrueSequences = 20'000;

/// Numbers in [0, 1), and normal ones.
class Random
{
public:
    explicit Random(std::uint64_t seed)
        : m_state(mix(seed))
    {
    }
    double real() { return (double((m_state = mix(m_state)) >> 11) + 0.5) * 0x1p-53; }
    double normal() { return std::sqrt(-2 * std::log(real())) * std::cos(6.283185307179586 * real()); }
    double gumbel() { return -std::log(-std::log(real())); }

private:
    std::uint64_t m_state;
};

MemoryTrace drawTrace(unsigned sequences, std::uint64_t seed)
{
    Random model(7), random(seed);
    double liked[kSites][kTopics + 1][E];
    for (auto& site : liked) {
        for (unsigned topic = 0; topic <= kTopics; ++topic) {
            for (double& score : site[topic])
                score = model.normal() * (topic ? 0.5 : 0.6);
        }
    }
    MemoryTrace trace(kSites, E, K);
    trace.editShape().columns = {.weights = true, .entropy = true, .margin = true, .logits = true, .tokenIds = true,
        .loss = true};
    std::vector<std::string> language, parallel;
    for (unsigned s = 0; s < sequences; ++s) {
        trace.addSequence(30 + unsigned(30 * random.real()));
        language.push_back(s % 2 ? "de" : "en");
        parallel.push_back("p" + std::to_string(s / 2));
    }
    trace.addLabel("language", language);
    trace.addLabel("parallel", parallel);
    for (unsigned s = 0; s < sequences; ++s) {
        const auto topic = 1 + std::min(kTopics - 1, unsigned(random.real() * (s % 2 ? 2 : kTopics)));
        double own[kSites][E], clung[kSites][E] = {};
        for (auto& site : own) {
            for (double& score : site)
                score = 0.3 * random.normal();
        }
        for (unsigned t = 0; t < trace.shape().sequences[s].length; ++t) {
            trace.tokenIds.push_back(std::int32_t(40 * random.real() * random.real()));
            for (unsigned site = 0; site < kSites; ++site) {
                double z[E], sum = 0, entropy = 0;
                unsigned order[E];
                for (unsigned e = 0; e < E; ++e) {
                    order[e] = e;
                    clung[site][e] = 0.7 * clung[site][e] + 0.7 * (random.gumbel() - 0.577);
                    z[e] = liked[site][0][e] + liked[site][topic][e] + own[site][e] + clung[site][e];
                    sum += std::exp(z[e]);
                }
                std::sort(order, order + E, [&](unsigned a, unsigned b) { return z[a] > z[b]; });
                for (unsigned e = 0; e < E; ++e) {
                    const double p = std::exp(z[e]) / sum;
                    entropy -= p * std::log(p);
                    trace.logits[site].push_back(float(z[e]));
                }
                for (unsigned r = 0; r < K; ++r) {
                    trace.ids[site].push_back(std::uint16_t(order[r]));
                    trace.weights[site].push_back(float(std::exp(z[order[r]]) / sum));
                }
                trace.entropy[site].push_back(float(entropy));
                if (site == 0) // a little more where it is unsure, and of whole sequences
                    trace.loss.push_back(float(2 + entropy + own[0][0] + random.gumbel()));
                trace.margin[site].push_back(float((std::exp(z[order[K - 1]]) - std::exp(z[order[K]])) / sum));
            }
        }
    }
    return trace;
}

struct Tally
{
    double intervals = 0, held = 0, below = 0, width = 0;
    std::map<RowKey, std::vector<double>> values; ///< of each row, over replicates
};

Results resultsOf(MemoryTrace& trace, const std::vector<std::string>& metrics, unsigned bootstrap)
{
    AnalysisRequest request;
    for (const std::string& name : metrics)
        request.metrics.push_back({name});
    request.by = {};
    for (const std::string& name : metrics) {
        if ((*findMetric(name))->needsLabel)
            request.by = "language";
    }
    request.bootstrap = bootstrap;
    request.simulateUniform = false;
    request.pass.threads = 1;
    auto results = analyse(trace, request);
    if (!results) {
        std::fprintf(stderr, "%s\n", results.error().message().c_str());
        std::exit(1);
    }
    return std::move(*results);
}

}

int main(int argc, char** argv)
{
    const unsigned sequences = argc > 1 ? unsigned(std::atoi(argv[1])) : 100;
    const unsigned replicates = argc > 2 ? unsigned(std::atoi(argv[2])) : 200;
    std::vector<std::string> metrics(argv + std::min(argc, 3), argv + argc);
    for (const MetricSpec& spec : metricRegistry()) {
        if (argc <= 3 && spec.minTraces < 2)
            metrics.push_back(spec.name);
    }
    for (const std::string& metric : metrics) {
        MemoryTrace large = drawTrace(kTrueSequences, 1);
        std::map<RowKey, double> truth;
        for (const ResultRow& row : resultsOf(large, {metric}, 0).rows) {
            if (row.value)
                truth[keyOf(row)] = *row.value;
        }
        std::map<std::string, Tally> tallies;
        for (unsigned r = 0; r < replicates; ++r) {
            MemoryTrace trace = drawTrace(sequences, 1000 + r);
            for (const ResultRow& row : resultsOf(trace, {metric}, 50).rows) {
                const auto found = truth.find(keyOf(row));
                const bool counts = row.metric == "load.count" || row.metric.starts_with("affinity.rank_aligned");
                if (!row.interval || found == truth.end() || counts || (row.expert && !row.extreme && row.expert->value % 6))
                    continue; // a count is of so many tokens: nothing is true of it
                Tally& tally = tallies[row.metric];
                ++tally.intervals;
                tally.held += row.interval->first <= found->second + 1e-12 && found->second <= row.interval->second + 1e-12;
                tally.below += row.interval->second < found->second;
                tally.width += row.interval->second - row.interval->first;
                tally.values[found->first].push_back(*row.value);
            }
        }
        for (const auto& [name, tally] : tallies) {
            double scatter = 0, rows = 0;
            for (const auto& [key, values] : tally.values) {
                double mean = 0, squares = 0;
                for (const double value : values)
                    mean += value / double(values.size());
                for (const double value : values)
                    squares += (value - mean) * (value - mean) / double(values.size());
                scatter += 3.92 * std::sqrt(squares) * double(values.size());
                rows += double(values.size());
            }
            std::printf("%-34s %6.0f  %5.1f %%  %4.2f\n", name.c_str(), tally.intervals,
                100 * tally.held / tally.intervals, tally.width / std::max(scatter, 1e-300));
            std::fflush(stdout);
        }
    }
}
