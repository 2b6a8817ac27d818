// SPDX-License-Identifier: GPL-3.0-or-later
//
// The time of one event: what a step spends on the routed experts of one site, from the moment they are known
// (simulation.md 3.21).
//
// With s experts of which m are missing, g = GPU time of an expert, c = CPU time of one, L = load time:
//   Serial   Each missing expert is loaded and run by the GPU, or run by the CPU if that is sooner (c < L + g); one
//   after
//            the other:                        s g + m L      without a CPU lane
//   Overlap  The GPU runs the s - m resident ones at once and the loaded ones as they arrive, one by one, while the
//   link
//            goes on; each missing expert in turn goes where it will be done sooner, over the link to the GPU or into
//            the CPU's queue (greedy; a tie is loaded):  max(s g, L + m g, m L + g)      without a CPU lane and with m
//            > 0 If copies and kernels take turns (!copiesWhileComputing), the former is what is left: s g + m L.
#pragma once

#include "analysis/hardware/hardware.h"

namespace expertscope::cost {

struct EventTime
{
    double seconds = 0;
    double extra = 0; ///< s beyond s g, the time with all experts resident; < 0 where the CPU lane beats the GPU
    std::uint32_t loaded = 0; ///< missing experts that came over the link; the others ran on the CPU
};

/// `experts`: s, a mean may be fractional; below `misses` it counts as that. `tokens` an expert. Level: Serial or
/// Overlap.
EventTime eventTime(
    const Machine& machine, const Model& model, Level level, double experts, double tokens, std::uint32_t misses);

}
