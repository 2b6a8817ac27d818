// SPDX-License-Identifier: GPL-3.0-or-later
//
// Does a model fit a machine, and what does a token take on it: the arithmetic of analysis/cost (resources/docs/
// hardware.md, level 2), nothing measured.
#pragma once

#include "analysis/hardware/hardware.h"
#include "analysis/inspect/sizes.h"

namespace expertscope::inspect {

inline constexpr double kPrefillTokens = 1000;

/// One sequence on one machine. Weights are as stored, keys and values in 16 bits. What is not routed experts must lie
/// in the GPU's memory; as many experts as fit lie there too, as many of each site; the others come over the link.
struct Fit
{
    std::string machine;
    double memory = 0; ///< bytes of the GPU; 0: not known
    double fixed = 0; ///< bytes without the routed experts, with the cache of the context
    double needed = 0; ///< bytes of everything
    std::optional<double> residents; ///< experts a site that fit beside the rest, a fraction too; none: the rest does not fit
    double streamed = 0; ///< bytes of the experts that do not
    /// Modelled, s. Which experts are resident and which are chosen are taken as independent: any k of a site's experts
    /// are chosen as often as any others. A token of decoding: the mean over the hypergeometric number of missing ones.
    /// Prefill: kPrefillTokens in one step, which ask for E (1 - (1 - k/E)^n) experts of a site, the missing among them
    /// rounded.
    std::optional<double> decode, prefill;
    std::string notModelled; ///< why not
};

/// `context`: tokens whose keys and values are kept.
Fit fitOn(const cost::Machine& machine, const ArchSpec& arch, const Sizes& sizes, double context);

/// P(m of a token's k experts are missing) for m = 0 … k, where `residents` of the E are not: hypergeometric.
std::vector<double> missingChances(std::uint32_t experts, std::uint32_t residents, std::uint32_t chosen);

}
