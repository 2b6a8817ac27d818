// SPDX-License-Identifier: GPL-3.0-or-later
//
// The machine and the model that times are modelled for (simulation.md 3.21): plain numbers in SI units, and the few
// formulas that every level of the cost model is made of. Nothing here is measured: a time from these numbers is
// always shown as "modelled", with its level.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace expertscope::cost {

/// How much of the machine a modelled time knows. Every output names it.
enum class Level : std::uint8_t
{
    Bytes = 0, ///< no time: bytes moved
    Serial = 1, ///< the step's computing, then its loads one after the other; nothing overlaps
    Overlap = 2, ///< in each event loads, GPU and CPU lane run side by side; events do not overlap
    Queue = 3 ///< loads and prefetches queue on the link across events: needs a replay of the events themselves
};

/// What missing experts come through. Loads follow each other (one at a time, first come first served); each takes
/// latency + bytes / bytesPerSecond.
struct Link
{
    std::string name;
    double bytesPerSecond = std::numeric_limits<double>::infinity(); ///< effective, not the standard's; > 0
    double latency = 0; ///< s a load, >= 0: call, doorbell, first byte
};

/// What runs experts out of its own memory: t = max(bytes / bytesPerSecond, flops / flopsPerSecond), the roofline
/// (Williams, Waterman, Patterson 2009). Infinite: never what one waits for.
struct Processor
{
    std::string name;
    double bytesPerSecond = std::numeric_limits<double>::infinity(); ///< > 0, effective, of the memory it reads
    double flopsPerSecond = std::numeric_limits<double>::infinity(); ///< > 0, effective, a multiply-add counts as 2
    double memoryBytes = 0; ///< that it can hold, as the data sheet says; 0: not known
};

struct Machine
{
    std::string name;
    Link link; ///< from where all experts are kept to the GPU's memory
    Processor gpu; ///< runs what is resident or loaded, and all that is not experts
    std::optional<Processor> cpu =
        {}; ///< the CPU lane: runs missing experts where they are kept instead of loading them
    bool copiesWhileComputing = true; ///< the GPU computes while the link is busy (a copy engine); else they take turns
};

/// The model as far as times need it.
struct Model
{
    std::string name;
    double expertBytes = 0; ///< weights of one routed expert; > 0
    double expertFlops = 0; ///< a token and expert
    /// All that is not routed experts (attention, router, shared experts, dense layers, head), a step:
    double denseBytes = 0; ///< weights read once a step
    double denseFlops = 0; ///< a token
    std::optional<double> denseSeconds = {}; ///< measured time of a step; takes the place of the two above
};

/// Three matrices (gate, up, down) of d_model x d_ff elements of `bits` (simulation.md 3.21; bits may be fractional:
/// 4.25 for MXFP4 with its scales). Two matrices for experts without a gate.
inline double expertBytes(double dModel, double dFf, double bits, int matrices = 3)
{
    return matrices * dModel * dFf * bits / 8;
}
/// A multiply and an add for each weight.
inline double expertFlops(double dModel, double dFf, int matrices = 3)
{
    return 2.0 * matrices * dModel * dFf;
}

/// s that the link is busy with one expert.
inline double loadSeconds(const Machine& machine, const Model& model)
{
    return machine.link.latency + model.expertBytes / machine.link.bytesPerSecond;
}
/// s that `processor` takes for one expert with `tokens` tokens (a mean may be fractional).
inline double expertSeconds(const Processor& processor, const Model& model, double tokens = 1)
{
    return std::max(
        model.expertBytes / processor.bytesPerSecond, tokens * model.expertFlops / processor.flopsPerSecond);
}
/// s a step of `tokens` tokens takes outside the routed experts.
inline double denseSeconds(const Machine& machine, const Model& model, double tokens = 1)
{
    if (model.denseSeconds)
        return *model.denseSeconds;
    return std::max(
        model.denseBytes / machine.gpu.bytesPerSecond, tokens * model.denseFlops / machine.gpu.flopsPerSecond);
}
/// The same of one site: a step's time is shared equally by its sites, and comes before the site's experts. Where in
/// the step it is spent matters to level 3 only.
inline double denseSecondsASite(const Machine& machine, const Model& model, double tokens, std::size_t sites)
{
    return denseSeconds(machine, model, tokens) / double(std::max<std::size_t>(sites, 1));
}

}
