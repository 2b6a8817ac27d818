// SPDX-License-Identifier: GPL-3.0-or-later
//
// LFRU of moe-cache-eval (arXiv 2608.07911): score = uses / age, lowest leaves. Uses: all of them, resident or not. Age:
// in events of the pool since the last use, plus 1 (sequential: in requests). Scores are compared exactly. Three
// differences from there: with one pool a site, ages count that site's events only (there, all sites'); equal scores
// fall back on recency (there, chance, or sequentially the lower id); and one request after the other ages as events of
// one object do (there, sequentially, ages are one less, so that the last request counts as one asked for just now).
#include "analysis/simulation/one_size/counted_cache.h"

namespace expertscope::simulation {

namespace {

struct FewestForAge
{
    static constexpr bool kForgets = false;
    static int compare(std::uint64_t a, std::uint64_t ageOfA, std::uint64_t b, std::uint64_t ageOfB)
    {
        const std::uint64_t first = a * ageOfB, second = b * ageOfA; // events and uses: below 2^32
        return first < second ? -1 : first > second;
    }
};

}

PolicySpec lfruPolicy()
{
    return countedPolicy<CountedCache<FewestForAge>>(
        "lfru", "evicts the lowest uses / (events since the last use + 1); ties: longest ago", "arXiv 2608.07911");
}

}
