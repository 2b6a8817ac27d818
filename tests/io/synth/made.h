// SPDX-License-Identifier: GPL-3.0-or-later
//
// All routing of a generator in memory, as it comes.
#pragma once

#include "io/synth/kinds.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace expertscope::testing {

using Options = std::map<std::string, std::string>;

/// Dies where the options are wrong: tests of errors call makeSynthetic() themselves.
inline std::unique_ptr<Generator> generator(const std::string& kind, const Options& options = {})
{
    auto made = makeSynthetic(kind, options);
    if (!made) {
        std::fprintf(stderr, "%s: %s\n", kind.c_str(), made.error().message().c_str());
        std::abort();
    }
    return std::move(*made);
}

struct Made
{
    RoutingShape shape;
    std::vector<std::vector<std::uint16_t>> ids; ///< [site][T * K]
    std::vector<std::int32_t> tokenIds; ///< [T]

    std::span<const std::uint16_t> set(std::size_t site, std::uint64_t token) const
    {
        return std::span(ids[site]).subspan(token * shape.numSlots, shape.numSlots);
    }
};

/// Makes the whole trace, `step` tokens at a time.
inline Made makeAll(Generator& generator, std::uint32_t step = 1000)
{
    Made made;
    made.shape = generator.shape();
    made.ids.resize(made.shape.sites.size());
    for (std::uint64_t token = 0; token < made.shape.numTokens; token += step) {
        const auto n = static_cast<std::uint32_t>(std::min<std::uint64_t>(step, made.shape.numTokens - token));
        const auto status = generator.next(n, [&](const RoutingSlab& slab) -> Expected<void> {
            const std::size_t K = made.shape.numSlots;
            for (std::size_t cell = 0; cell < std::size_t(slab.numTokens) * slab.numSites; ++cell) {
                auto& out = made.ids[slab.firstSite.value + cell % slab.numSites];
                out.insert(out.end(), slab.expertIds.begin() + std::ptrdiff_t(cell * K),
                    slab.expertIds.begin() + std::ptrdiff_t((cell + 1) * K));
            }
            return {};
        });
        if (!status)
            std::abort();
    }
    made.tokenIds.resize(made.shape.numTokens);
    generator.tokenIds(TokenIndex(0), made.tokenIds);
    return made;
}

inline Made makeAll(const std::string& kind, const Options& options = {}, std::uint32_t step = 1000)
{
    return makeAll(*generator(kind, options), step);
}

/// Does every cell hold k different experts of E?
inline bool allSetsAreSound(const Made& made)
{
    std::vector<std::uint64_t> seen(made.shape.numExperts);
    std::uint64_t stamp = 0;
    for (const auto& ids : made.ids) {
        if (ids.size() != made.shape.numTokens * made.shape.numSlots)
            return false;
        for (std::size_t i = 0; i < ids.size(); ++i) {
            if (i % made.shape.numSlots == 0)
                ++stamp;
            if (ids[i] >= made.shape.numExperts || seen[ids[i]] == stamp)
                return false;
            seen[ids[i]] = stamp;
        }
    }
    return true;
}

}
