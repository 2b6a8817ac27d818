// SPDX-License-Identifier: GPL-3.0-or-later
//
// How a router that knows what is resident chooses (Skliar et al., "Mixture of Cache-Conditional Experts for Efficient
// Mobile Device Inference", arXiv 2412.00099, TMLR 2025). All rules of that paper promote residents: the `keep` experts
// with the largest logits are chosen in any case; the other slots go to the largest of logit + bonus, where only
// residents among the first `window` experts get the bonus. The weights stay what the logits make them.
#pragma once

#include "analysis/spine/parameters.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

namespace expertscope::rerouting {

/// What a rule may look at: a token at a site, before the residents are known.
struct TokenScores
{
    std::span<const float> logits; ///< [E] largest first
    std::span<const float> probabilities; ///< [E] in that order; they sum to 1
    double meanRange = 0; ///< mean of largest minus smallest logit over the site's tokens so far, this one included
};

struct Promotion
{
    double bonus = 0; ///< of residents, in logits; may be infinite
    std::uint32_t window = 0; ///< only those among so many largest logits get it
};

class Rule
{
public:
    virtual ~Rule() = default;
    virtual Promotion promote(const TokenScores& token) const = 0;
};

struct RuleSpec
{
    std::string name;
    std::string definition; ///< one line
    ParameterSpec strength; ///< the parameter a curve is drawn over, a list; 0 or more
    std::function<std::unique_ptr<Rule>(double strength)> make;
};

}
