// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/spine/selection.h"

namespace expertscope {

/// A trace's tokens and sequences, routed by chance: every token draws its k experts, a uniformly random subset in
/// random order, independently at every site. Counter-based: the same choices whatever is read in which order.
class UniformSource final : public BlockSource
{
public:
    /// `like` must outlive this; token ids and predictions are its own.
    explicit UniformSource(BlockSource& like, std::uint64_t seed = 1);

    const RoutingShape& shape() const override { return m_shape; }
    Expected<Block> read(SiteIndex site, TokenRange range, Columns wanted, BlockBuffer& buffer) override;

private:
    BlockSource& m_like;
    RoutingShape m_shape;
    const std::uint64_t m_seed;
};

/// Options for a simulation that costs little: of a large selection every so-many-th sequence, and of a long sequence
/// its beginning, so that about kSimulatedPairs (token, site) pairs are left. Estimates that shrink with the number
/// of tokens, such as mutual information, then come out somewhat high.
inline constexpr std::uint64_t kSimulatedPairs = std::uint64_t(1) << 21;
PassOptions simulationOptions(PassOptions options, const RoutingShape& shape, const Selection& selection, std::size_t numSites);

}
