// SPDX-License-Identifier: GPL-3.0-or-later
//
// The router grammar (research: models_and_engines A.0), once: from logits to what is recorded and what is computed.
#pragma once

#include "io/checkpoint/arch_spec.h"

#include <cstdint>

namespace expertscope {

/// Where routeTokens() writes. A stride is in values from token to token; null pointers are skipped.
struct RouterOutput
{
    std::int32_t* chosen = nullptr; ///< [n, topK] packed: ids for the experts' computation
    float* chosenWeights = nullptr; ///< [n, topK] packed
    std::uint16_t* ids = nullptr; ///< [n, …] the trace's columns
    float* weights = nullptr;
    std::int64_t slotStride = 0; ///< of ids and weights
    float* entropy = nullptr;
    float* margin = nullptr;
    std::int64_t tokenStride = 0; ///< of entropy and margin
    float* logits = nullptr;
    std::int64_t logitStride = 0;
};

/// For each of n tokens: the experts of the topK highest selection scores in rank order (highest first; of equal ones the
/// lowest id first). Without a selection bias (null) these are those of the highest logits, told apart also where scores
/// are rounded to 0 or 1. With groups, only experts of the best groups are chosen from. Their weights as the experts' outputs are multiplied by them, the entropy in nats of the full score distribution
/// (scores normalised to sum 1; Identity: softmax of the logits), and the margin: selection score of the last chosen
/// minus that of the first unchosen of the groups that are chosen from (NaN where there is none; SparseMixer: of logits).
/// All in fp32. A logit that is not a number gives
/// scores that are not: such a token gets the experts 0..k-1 and NaN weights, entropy and margin. `scratch`: 3 *
/// numExperts floats. logits: [n, E], packed; selectionBias: [E] or null.
void routeTokens(const RouterSpec& spec, const float* logits, const float* selectionBias, std::int64_t n,
    const RouterOutput& out, float* scratch);

}
