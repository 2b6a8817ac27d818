// SPDX-License-Identifier: GPL-3.0-or-later
//
// The trace of language_trace.h with all that a capture can record beside the choices: what no chart has a reason to
// refuse.
#pragma once

#include "tests/support/language_trace.h"

#include <cmath>

namespace expertscope::testing {

/// With logits whose largest are the choices in their order, softmax weights of these, entropy, margin, token ids that
/// prefer an expert of the first layer, and the label "parallel", which two texts of each language share.
inline std::shared_ptr<MemoryTrace> fullTrace(
    std::size_t layers = 6, std::uint16_t experts = 32, std::uint32_t length = 400)
{
    auto trace = languageTrace(layers, experts, length);
    RoutingShape& shape = trace->editShape();
    shape.columns = {true, true, true, true, true, true};
    trace->addLabel("parallel", {"one", "one", "two", "two", "one", "two"});
    const std::size_t K = shape.numSlots;
    for (std::size_t l = 0; l < layers; ++l) {
        for (std::size_t t = 0; t < shape.numTokens; ++t) {
            const std::uint16_t* const chosen = trace->ids[l].data() + t * K;
            std::vector<float> logits(experts);
            double sum = 0, entropy = 0;
            for (std::uint16_t e = 0; e < experts; ++e) {
                logits[e] = float(mix((l * 1000003 + t) * 8191 + e) >> 40) / float(1 << 23); // 0 to 2
                for (std::size_t r = 0; r < K; ++r)
                    logits[e] += chosen[r] == e ? float(2 * (K - r)) : 0;
                sum += std::exp(double(logits[e]));
            }
            for (const float logit : logits) {
                const double p = std::exp(double(logit)) / sum;
                entropy -= p * std::log(p);
            }
            for (std::size_t r = 0; r < K; ++r)
                trace->weights[l].push_back(float(std::exp(double(logits[chosen[r]])) / sum));
            trace->entropy[l].push_back(float(entropy));
            trace->margin[l].push_back(logits[chosen[K - 1]]);
            trace->logits[l].insert(trace->logits[l].end(), logits.begin(), logits.end());
            if (l == 0) {
                trace->tokenIds.push_back(std::int32_t(chosen[0] * 4 + mix(t) % 4));
                trace->predictedIds.push_back(std::int32_t(chosen[1] * 4 + mix(t + 7) % 4));
            }
        }
    }
    return trace;
}

}
