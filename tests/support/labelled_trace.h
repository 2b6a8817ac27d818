// SPDX-License-Identifier: GPL-3.0-or-later
//
// A trace with everything that specialisation and importance look at, in the shapes that trip code up.
#pragma once

#include "tests/support/memory_trace.h"

#include <set>

namespace expertscope::testing {

/// 40 sequences of 0 to 150 tokens, three sites of different shape, empty slots, tokens without any choice, a label
/// that some sequences lack, token ids of which some are common and some unknown, weights, logits. Routing depends on
/// the token id and on the language. Site 1 renormalises its weights, site 2 has sigmoid scores.
inline MemoryTrace labelledTrace(std::uint64_t seed)
{
    MemoryTrace trace(3, 12, 3);
    trace.editShape().sites[1].renormalisation = Renormalisation::Sum;
    trace.editShape().sites[2].numExperts = 5;
    trace.editShape().sites[2].topK = 2;
    trace.editShape().sites[2].score = ScoreFunction::Sigmoid;
    Columns& columns = trace.editShape().columns;
    columns.weights = columns.logits = columns.tokenIds = columns.predictedIds = true;
    std::vector<std::string> language;
    for (unsigned s = 0; s < 40; ++s) {
        trace.addSequence(s == 7 ? 0 : unsigned(mix(seed + s) % 150));
        language.push_back(std::vector<std::string>{"de", "en", "", "fr"}[mix(seed + 100 + s) % 4]);
    }
    trace.addLabel("language", language);
    fillUniform(trace, seed);
    const std::size_t T = trace.shape().numTokens;
    std::vector<std::uint64_t> code(T);
    for (std::size_t s = 0; s < 40; ++s) {
        for (std::size_t t = 0; t < trace.shape().sequences[s].length; ++t)
            code[trace.shape().sequences[s].begin.value + t] = std::uint64_t(trace.shape().labels[0].codes[s] + 1);
    }
    for (std::size_t t = 0; t < T; ++t) {
        const std::uint64_t random = mix(seed + 31 * t);
        trace.tokenIds.push_back(random % 37 == 0 ? -1
                : random % 3                      ? std::int32_t(random / 64 % 9)
                                                  : std::int32_t(random / 64 % 151936));
        trace.predictedIds.push_back(mix(t) % 11 == 0 ? -1 : std::int32_t(mix(seed + t) % 30));
    }
    const auto real = [](std::uint64_t x) { return float(double(mix(x) >> 11) * 0x1p-53); };
    for (std::size_t site = 0; site < 3; ++site) {
        const std::uint16_t E = trace.shape().sites[site].numExperts;
        for (std::size_t t = 0; t < T; ++t) {
            std::uint16_t* const ids = &trace.ids[site][t * 3];
            const auto liked = std::uint16_t((std::uint64_t(trace.tokenIds[t] + 1) * 5 + code[t]) % E);
            if (mix(seed + t * 7 + site) % 2 && std::find(ids, ids + 3, liked) == ids + 3)
                ids[0] = liked;
            for (std::size_t r = 0; r < 3; ++r) {
                if (mix(seed + t * 3 + r + 7777 * site) % 12 == 0 || mix(t + seed) % 40 == 0)
                    ids[r] = kNoExpert;
                trace.weights[site].push_back(ids[r] == kNoExpert ? NAN : real(seed + t * 3 + r + site * 99) / 4);
            }
            for (std::size_t e = 0; e < E; ++e)
                trace.logits[site].push_back(8 * real(seed + (t * 20 + e) * 3 + site) - 2);
        }
    }
    return trace;
}

/// The tokens that a pass looks at, one by one.
struct TokenOfTrace
{
    std::size_t token = 0, sequence = 0;
    std::uint32_t position = 0, end = 0; ///< in its sequence; length of the sequence
    std::int32_t code = -1; ///< of the first label
    std::vector<std::uint16_t> chosen; ///< in rank order, without empty slots

    TokenOfTrace(const MemoryTrace& trace, std::size_t site, std::size_t s, std::uint32_t at)
        : token(trace.shape().sequences[s].begin.value + at)
        , sequence(s)
        , position(at)
        , end(trace.shape().sequences[s].length)
        , code(trace.shape().labels.empty() ? -1 : trace.shape().labels[0].codes[s])
    {
        for (std::size_t r = 0; r < trace.shape().numSlots; ++r) {
            if (const std::uint16_t id = trace.ids[site][token * trace.shape().numSlots + r]; id != kNoExpert)
                chosen.push_back(id);
        }
    }
    bool chose(std::size_t e) const { return std::ranges::find(chosen, e) != chosen.end(); }
};

inline std::vector<TokenOfTrace> tokensOf(const MemoryTrace& trace, std::size_t site, std::uint32_t skipFirst = 0)
{
    std::vector<TokenOfTrace> tokens;
    for (std::size_t s = 0; s < trace.shape().sequences.size(); ++s) {
        for (std::uint32_t at = skipFirst; at < trace.shape().sequences[s].length; ++at)
            tokens.emplace_back(trace, site, s, at);
    }
    return tokens;
}

}
