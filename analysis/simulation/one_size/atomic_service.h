// SPDX-License-Identifier: GPL-3.0-or-later
//
// How a cache of one size (one_size_replay.h says what that is) serves an atomic event.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace expertscope::simulation {

/// Pins nobody.
struct NoPins
{
    bool operator()(std::uint32_t) const { return false; }
};

/// An event that fits: its objects are used, the weakest router rank first, so that the strongest is the most recent.
/// `missing`: those not held, in the same order; if there are any, all objects must be `pinned`. Calls
/// evicted(object or kNobody) after each load.
template <typename Cache, typename Pinned, typename Evicted>
void serveFitting(Cache& cache, std::span<const std::uint32_t> objects, std::span<const std::uint32_t> missing,
    const Pinned& pinned, const Evicted& evicted)
{
    if constexpr (requires { requires Cache::kHitsAreMarks; }) {
        for (const std::uint32_t object : objects)
            cache.hit(object);
        for (std::size_t r = missing.size(); r-- > 0;)
            evicted(cache.load(missing[r], pinned));
    } else {
        for (std::size_t r = objects.size(); r-- > 0;) {
            if (cache.holds(objects[r]))
                cache.hit(objects[r]);
            else
                evicted(cache.load(objects[r], pinned));
        }
    }
}

/// An event that does not fit: those that hit first, then the missing, so that the last `capacity` loads stay.
/// isMissing(object) tells them apart.
template <typename Cache, typename IsMissing, typename Evicted>
void serveOverflow(Cache& cache, std::span<const std::uint32_t> objects, std::span<const std::uint32_t> missing,
    const IsMissing& isMissing, const Evicted& evicted)
{
    for (std::size_t r = objects.size(); r-- > 0;) {
        if (!isMissing(objects[r]))
            cache.hit(objects[r]);
    }
    for (std::size_t r = missing.size(); r-- > 0;)
        evicted(cache.load(missing[r], NoPins()));
}

}
