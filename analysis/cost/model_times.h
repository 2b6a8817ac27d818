// SPDX-License-Identifier: GPL-3.0-or-later
//
// Modelled time: levels 0, 1 and 2 of the cost model (simulation.md 3.21) from what a replay counted, without replaying
// it. Fast enough to follow a slider: 15 policies x 64 capacities x 32 sites with 1024 watched steps take 6 to 9 ms on
// one core (tests/bench/bench_cost.cpp); the time grows with the watched steps. (Level 3, a queue with prefetch across
// events, has to replay the events.)
//
//   step     = dense + sum over sites of the event's time (event_time.h)
//   tokens/s = counted tokens / (steps x mean step)
//
// Sums over steps come from the histograms of misses, which know all events. Percentiles come from the watched steps: a
// step's time is the sum over *its own* events, never put together from the sites' histograms as if sites were
// independent. With all steps watched they are exact, else those of a sample.
//
// If events differ in size (batches), the site's mean number of experts and of tokens an expert stand for each event in
// the tables of event times; the computing of all experts is counted as it is (in watched steps, too). Without a CPU
// lane an event's time is then off by at most the GPU's time for the experts by which it differs from the mean, and not
// at all at level 1. Experts of one event count as if all had as many tokens; that matters where arithmetic bounds
// them.
#pragma once

#include "analysis/cost/event_time.h"
#include "analysis/cost/step_tally.h"

#include <optional>

namespace expertscope::cost {

/// One policy at one capacity, modelled. Empty: not known (no times at level 0; no counted steps or tokens).
struct ModelledPoint
{
    std::optional<double> bytesPerToken; ///< over the link: what the CPU lane ran is not in it
    std::optional<double> tokensPerSecond; ///< of all sequences of the batch together
    std::optional<double> stepSeconds; ///< mean time of a step = mean time between a sequence's tokens
    std::optional<double> p50, p95, p99; ///< s, of watched steps: the least that this share of them does not exceed
    std::optional<double> stallShare; ///< share of the time beyond computing with all experts resident
    std::optional<double> linkUse; ///< share of the time in which the link is busy, latencies with it
    std::optional<double> cpuShare; ///< share of the misses that the CPU lane ran; empty without misses
};

struct ModelledTimes
{
    std::vector<std::vector<ModelledPoint>> points; ///< [policy][capacity]
    /// [policy][capacity][site] mean s a step beyond computing with all experts resident; empty at level 0
    std::vector<std::vector<std::vector<double>>> siteStall;
};

/// `level` must not be Queue.
ModelledTimes modelTimes(const StepTally& tally, const Machine& machine, const Model& model, Level level);

}
