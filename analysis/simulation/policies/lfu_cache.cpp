// SPDX-License-Identifier: GPL-3.0-or-later
//
// In-cache LFU: uses are counted while an object is resident (its load is the first) and forgotten when it leaves, which
// is why this is not a stack policy. `lfu` remembers all uses.
#include "analysis/simulation/one_size/counted_cache.h"

namespace expertscope::simulation {

namespace {

struct FewestUses
{
    static constexpr bool kForgets = true;
    static int compare(std::uint64_t a, std::uint64_t, std::uint64_t b, std::uint64_t)
    {
        return a < b ? -1 : a > b;
    }
};

}

PolicySpec lfuCachePolicy()
{
    return countedPolicy<FewestUses>(
        "lfu_cache", "evicts what was used least since it was loaded; ties: longest ago", "libCacheSim, MoE-Infinity");
}

}
