// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/spine/pass_options.h"
#include "analysis/spine/fixed_sum.h"
#include "analysis/topk/cut.h"

namespace expertscope::topk {

/// What a cut does to the tokens of a site. Plain sums.
struct CutCounts
{
    std::uint64_t kept = 0; ///< choices that stay
    std::uint64_t same = 0; ///< tokens with an expert that keep all of theirs
    FixedSum lostWeight; ///< share of the token's weights, over SiteCounts::weighed tokens
    FixedSum lostProbability; ///< of the router's probability over all experts, over SiteCounts::scored tokens

    void add(const CutCounts& other);
};

struct SiteCounts
{
    std::uint64_t tokens = 0; ///< of the selection
    std::uint64_t choosing = 0; ///< of these: with an expert
    std::uint64_t choices = 0;
    std::uint64_t weighed = 0, scored = 0; ///< of `choosing`: see CutToken
    std::vector<CutCounts> cuts; ///< as they were asked for

    void add(const SiteCounts& other);
};

/// One pass over the selection: [selected site, in order]. Weights and logits are looked at where they are recorded. The
/// same whatever the threads and blocks. Errors: those of runPass.
Expected<std::vector<SiteCounts>> countCuts(
    BlockSource& source, const std::vector<Cut>& cuts, const PassOptions& selection);

}
