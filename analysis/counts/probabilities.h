// SPDX-License-Identifier: GPL-3.0-or-later
//
// The router's probabilities over all experts, from its logits.
#pragma once

#include "io/trace/routing.h"

#include <algorithm>

namespace expertscope {

/// Softmax over all experts of one token, p [E]; false when a logit is not finite.
bool softmax(std::span<const float> logits, std::vector<double>& p);

/// Probabilities that sum to 1 over all experts, before any top-k renormalisation: the softmax, or, as DeepSeek-V3 does
/// for its balance loss, sigmoid or sqrt-softplus scores over their sum. False when a logit is not finite or the
/// site's score function gives no probabilities (identity, sparse mixer).
bool routerProbabilities(const Site& site, std::span<const float> logits, std::vector<double>& p);

/// "softmax", "sigmoid", …: for messages.
std::string scoresInWords(ScoreFunction score);

inline std::span<const float> logitsOf(const Block& block, std::size_t token)
{
    return block.logits.subspan(token * block.numExperts, block.numExperts);
}

inline std::span<const std::uint16_t> choicesOf(const Block& block, std::size_t token)
{
    return block.expertIds.subspan(token * block.numSlots, block.numSlots);
}

/// Whether a token made a choice: only such tokens count, also where their scores are what is looked at.
inline bool anyChoice(const Block& block, std::size_t token)
{
    const auto choices = choicesOf(block, token);
    return block.evenSlots || std::ranges::any_of(choices, [](std::uint16_t id) { return id != kNoExpert; });
}

/// Calls visit(token) for all tokens in the runs of a block, in order.
template <class Visit> void forEachToken(const Block& block, Visit visit)
{
    for (const SequenceRun& run : block.runs) {
        for (std::size_t t = run.begin; t < std::size_t(run.begin) + run.length; ++t)
            visit(t);
    }
}

/// The same for those that made a choice.
template <class Visit> void forEachChoosingToken(const Block& block, Visit visit)
{
    forEachToken(block, [&](std::size_t t) {
        if (anyChoice(block, t))
            visit(t);
    });
}

}
