// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/hardware/hardware.h"
#include "analysis/prefetch/walk.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace expertscope::prefetch {

/// Times of the queue model, in picoseconds: sums of them are exact. tokens: of the step; with one a token, 1.
struct QueueTimes
{
    struct Roofline
    {
        std::uint64_t fixed = 0, each = 0;
        /// max(fixed, each x tokens / experts): of one of so many experts that share the tokens' choices equally.
        std::uint64_t of(std::uint64_t tokens, std::uint64_t experts) const
        {
            return std::max(fixed, tokens == experts ? each : each * tokens / experts);
        }
    };
    std::uint64_t latency = 0, transfer = 0; ///< a load
    std::uint32_t chunks = 1; ///< a demand overtakes a prefetch between chunks; 1: whole experts
    Roofline dense; ///< of a site, before its router is known
    Roofline expert; ///< of an expert with its share of the choices
    std::optional<Roofline> cpu; ///< of a missing expert where it is kept, one after the other, beside the GPU
};
/// Each site has its equal share of a step's dense time. Errors: a machine that cannot copy while it computes (a
/// prefetch would have no time to happen in); times beyond 10^6 s.
Expected<QueueTimes> queueTimes(const cost::Machine& machine, const cost::Model& model, std::size_t sites);

/// s that the steps from `firstStep` on would take with all experts resident.
double computeSeconds(const Walk& walk, const QueueTimes& times, std::uint64_t firstStep);

}
