// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/memory_trace.h"

#include <limits>
#include <string>

namespace expertscope::testing {

/// A number in [0, 1).
inline double chance(std::uint64_t x)
{
    return double(mix(x) >> 11) * 0x1p-53;
}

/// 26 sequences of 0 to 90 tokens at three sites: 12 experts, softmax; the same, sigmoid; 6 experts. Some slots are
/// empty, some tokens have no choice, some no logits (NaN). Labels: language (one sequence has none), parallel.
inline MemoryTrace raggedScores(std::uint64_t seed)
{
    MemoryTrace trace(3, 12, 3);
    trace.editShape().sites[1].score = ScoreFunction::Sigmoid;
    trace.editShape().sites[2].numExperts = 6;
    trace.editShape().sites[2].topK = 2;
    trace.editShape().columns.logits = true;
    std::vector<std::string> language, parallel;
    for (unsigned s = 0; s < 26; ++s) {
        trace.addSequence(s == 5 ? 0 : s == 9 ? 1 : unsigned(mix(seed * 1000 + s) % 90));
        language.push_back(s == 11 ? "" : std::vector<std::string>{"en", "de", "fr"}[s % 3]);
        parallel.push_back(s == 12 ? "" : "p" + std::to_string(s / 3 % 6)); // two sequences share a value and a key
    }
    trace.addLabel("language", language);
    trace.addLabel("parallel", parallel);
    fillUniform(trace, seed);
    for (std::size_t site = 0; site < 3; ++site) {
        const std::size_t E = trace.shape().sites[site].numExperts;
        for (std::size_t t = 0; t < trace.shape().numTokens; ++t) {
            const std::uint64_t key = (seed * 10 + site) * 1'000'000 + t;
            for (std::size_t r = 0; r < 3; ++r) {
                if (mix(key) % 40 == 0 || mix(key + 500'000 + r * 77) % 9 == 0)
                    trace.ids[site][t * 3 + r] = kNoExpert;
            }
            for (std::size_t e = 0; e < E; ++e)
                trace.logits[site].push_back(
                    mix(key) % 23 == 1 ? std::numeric_limits<float>::quiet_NaN() : float(6 * chance(key * 50 + e) - 2));
        }
    }
    return trace;
}

/// Plain restatement of the router's probabilities at a token; empty where logits are not recorded, or nothing was chosen: such a
/// token does not count.
inline std::vector<double> plainProbabilities(const MemoryTrace& trace, std::size_t site, std::size_t token)
{
    const Site& description = trace.shape().sites[site];
    std::vector<double> p;
    const auto first = trace.ids[site].begin() + std::ptrdiff_t(token * trace.shape().numSlots);
    if (std::all_of(first, first + trace.shape().numSlots, [](std::uint16_t id) { return id == kNoExpert; }))
        return {};
    double sum = 0;
    for (std::size_t e = 0; e < description.numExperts; ++e) {
        const double z = trace.logits[site][token * description.numExperts + e];
        if (std::isnan(z))
            return {};
        p.push_back(description.score == ScoreFunction::Sigmoid ? 1 / (1 + std::exp(-z)) : std::exp(z));
        sum += p.back();
    }
    for (double& v : p)
        v /= sum;
    return p;
}

/// The chosen experts of a token, in rank order.
inline std::vector<std::uint16_t> plainChoices(const MemoryTrace& trace, std::size_t site, std::size_t token)
{
    const std::size_t k = trace.shape().numSlots;
    std::vector<std::uint16_t> chosen;
    for (std::size_t r = 0; r < k; ++r) {
        if (trace.ids[site][token * k + r] != kNoExpert)
            chosen.push_back(trace.ids[site][token * k + r]);
    }
    return chosen;
}

}
