// SPDX-License-Identifier: GPL-3.0-or-later
//
// Traces of which only some tokens count.
#pragma once

#include "analysis/spine/token_set.h"
#include "tests/support/memory_trace.h"

namespace expertscope::testing {

/// About `share` of the tokens, in runs of some `run` on average. Deterministic in `seed`.
inline TokenSet someTokens(std::uint64_t numTokens, std::uint64_t seed, double share, double run = 1)
{
    TokenSet tokens(numTokens);
    bool in = false;
    for (std::uint64_t t = 0; t < numTokens; ++t) {
        const double chance = double(mix(seed * 1'000'003 + t) >> 11) * 0x1p-53;
        if (chance < 1 / run)
            in = double(mix(seed * 1'000'003 + t + (std::uint64_t(1) << 40)) >> 11) * 0x1p-53 < share;
        if (in)
            tokens.insert(TokenIndex(t));
    }
    return tokens;
}

/// The trace in which the tokens that are not in `kept` chose nobody.
inline MemoryTrace blanked(MemoryTrace trace, const TokenSet& kept)
{
    const std::size_t K = trace.shape().numSlots;
    for (auto& ids : trace.ids) {
        for (std::size_t t = 0; t < trace.shape().numTokens; ++t) {
            if (!kept.has(TokenIndex(t)))
                std::fill_n(ids.begin() + std::ptrdiff_t(t * K), K, kNoExpert);
        }
    }
    return trace;
}

/// The trace of the tokens in `kept` alone: sequences are shorter, neighbours are others.
inline MemoryTrace cutDown(MemoryTrace trace, const TokenSet& kept)
{
    const std::size_t T = trace.shape().numTokens;
    const auto cut = [&](auto& values) {
        const std::size_t width = T ? values.size() / T : 0;
        std::size_t to = 0;
        for (std::size_t t = 0; t < T && width; ++t) {
            if (kept.has(TokenIndex(t)))
                to = std::size_t(
                    std::copy_n(values.begin() + std::ptrdiff_t(t * width), width, values.begin() + std::ptrdiff_t(to))
                    - values.begin());
        }
        values.resize(to);
    };
    for (std::size_t site = 0; site < trace.shape().sites.size(); ++site) {
        cut(trace.ids[site]);
        cut(trace.weights[site]);
        cut(trace.entropy[site]);
        cut(trace.margin[site]);
        cut(trace.logits[site]);
    }
    cut(trace.tokenIds);
    cut(trace.predictedIds);
    cut(trace.loss);
    std::uint64_t begin = 0;
    for (Sequence& sequence : trace.editShape().sequences) {
        const TokenIndex first = sequence.begin, end(first.value + sequence.length);
        sequence.begin = TokenIndex(begin);
        sequence.length = sequence.promptLength = static_cast<std::uint32_t>(kept.count({first, end}));
        begin += sequence.length;
    }
    trace.editShape().numTokens = begin;
    return trace;
}

}
