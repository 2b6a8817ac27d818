// SPDX-License-Identifier: GPL-3.0-or-later
//
// A trace that holds all a capture can record: charts of scores, token ids and parallel texts draw it.
#pragma once

#include "tests/support/language_trace.h"

namespace expertscope::testing {

/// languageTrace() with logits that agree with its choices, what follows from them, token ids, and a label "parallel":
/// each language says the same two texts.
inline std::shared_ptr<MemoryTrace> scoredTrace(
    std::size_t layers = 6, std::uint16_t experts = 32, std::uint32_t length = 400)
{
    auto trace = languageTrace(layers, experts, length);
    trace->addLabel("parallel", {"a", "a", "b", "b", "a", "b"});
    const std::size_t tokens = trace->shape().numTokens, k = trace->shape().numSlots;
    trace->editShape().columns = {true, true, true, true, true, true, true};
    for (std::size_t t = 0; t < tokens; ++t)
        trace->tokenIds.push_back(std::int32_t(mix(t) % 7));
    for (std::size_t t = 0; t < tokens; ++t)
        trace->predictedIds.push_back(t + 1 < tokens && t % 3 ? trace->tokenIds[t + 1] : 0);
    for (const Sequence& sequence : trace->shape().sequences) {
        for (std::uint32_t t = 0; t < sequence.length; ++t) // none follows the last
            trace->loss.push_back(t + 1 < sequence.length ? float(mix(trace->loss.size() + 5) >> 40) * 0x1p-22f : NAN);
    }
    std::vector<float> logits(experts);
    for (std::size_t s = 0; s < layers; ++s) {
        for (std::size_t t = 0; t < tokens; ++t) {
            const std::uint16_t* const ids = &trace->ids[s][t * k];
            float largest = 0; // of the experts not chosen
            for (std::size_t e = 0; e < experts; ++e) {
                logits[e] = float(mix((s * tokens + t) * experts + e) >> 40) * 0x1p-24f;
                if (std::find(ids, ids + k, e) == ids + k)
                    largest = std::max(largest, logits[e]);
            }
            for (std::size_t r = 0; r < k; ++r)
                logits[ids[r]] += 1 + float(k - r);
            double sum = 0, entropy = 0;
            for (const float z : logits)
                sum += std::exp(double(z));
            for (const float z : logits)
                entropy -= std::exp(double(z)) / sum * (z - std::log(sum));
            for (std::size_t r = 0; r < k; ++r)
                trace->weights[s].push_back(float(std::exp(double(logits[ids[r]])) / sum));
            trace->entropy[s].push_back(float(entropy));
            trace->margin[s].push_back(logits[ids[k - 1]] - largest);
            trace->logits[s].insert(trace->logits[s].end(), logits.begin(), logits.end());
        }
    }
    return trace;
}

}
