// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/spine/selection.h"

#include <map>
#include <mutex>

namespace expertscope {

/// A trace's tokens and sequences, routed by chance: every token draws as many experts as it really chose, a uniformly random
/// subset in random order, independently at every site, and puts them into the same slots. Counter-based: the same
/// choices whatever is read in which order.
class UniformSource final : public BlockSource
{
public:
    /// `like` must outlive this; token ids and predictions are its own. How many experts tokens chose is read from it and
    /// kept, a bit a slot where they differ.
    explicit UniformSource(BlockSource& like, std::uint64_t seed = 1);

    void setSeed(std::uint64_t seed); ///< another draw

    const RoutingShape& shape() const override { return m_shape; }
    Expected<Block> read(SiteIndex site, TokenRange range, Columns wanted, BlockBuffer& buffer) override;

private:
    /// Which slots hold a choice: the first `even` of each token, or where a bit is set.
    struct Filled
    {
        std::size_t even = 0;
        std::vector<bool> bits; ///< [tokens * slots], or empty
    };
    static Filled filledOf(const Block& block);

    BlockSource& m_like;
    RoutingShape m_shape;
    std::uint64_t m_seed;
    std::mutex m_mutex;
    std::map<std::array<std::uint64_t, 3>, Filled> m_filled; ///< site, first token, end
};

/// A simulation is of so many traces, so that it tells how far they scatter.
inline constexpr unsigned kUniformDraws = 10;
/// Options for a simulation that costs little: of a large selection every so-many-th sequence, and of a long sequence
/// its beginning, so that about `pairs` (token, site) pairs are left, in all draws together.
PassOptions simulationOptions(PassOptions options, const RoutingShape& shape, const Selection& selection, std::size_t numSites,
    std::uint64_t pairs);
/// So many for a metric of this cost (MetricSpec::cost) for each of `choices` of a token that itself looks at `measured` pairs:
/// a quarter of a second of a core, or a tenth of what it takes itself.
std::uint64_t simulatedPairs(double cost, unsigned choices, std::uint64_t measured);

}
