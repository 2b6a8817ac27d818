// SPDX-License-Identifier: GPL-3.0-or-later
//
// Caches replayed with prefetches, and what they are compared on.
#pragma once

#include "analysis/what_if/model_sizes.h"
#include "analysis/what_if/prefetch_options.h"

namespace expertscope {

/// What prefetching was compared on, and what came out.
struct PrefetchModel
{
    PrefetchRequest request;
    std::vector<std::uint32_t> capacities;
    std::vector<SiteIndex> sites;
    prefetch::PrefetchComparison comparison;
    std::optional<cost::Machine> machine; ///< that times are of
    std::vector<std::pair<std::string, std::string>>
        modelled; ///< what times are made of, in full, by name; if they are
    std::optional<double> expertBytes;
    std::optional<double> computeSeconds; ///< of the whole run with all experts resident; for the break-even bandwidth
    std::uint64_t tokens = 0; ///< that are counted; 0: not known
};

/// Errors: those of comparePrefetch() and queueTimes(). expertBytes and tokens are the caller's to fill in.
Expected<PrefetchModel> replayPrefetches(const PrefetchRequest& request, const TimeRequest& time,
    const ModelSizes& sizes, const simulation::EventSet& events, const simulation::Contract& contract,
    const std::vector<std::uint32_t>& capacities, unsigned threads, const std::function<bool(double)>& progress);

}
