// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/spine/uniform_source.h"

#include "io/base/splitmix.h"

#include <algorithm>

namespace expertscope {

UniformSource::UniformSource(BlockSource& like, std::uint64_t seed)
    : m_like(like)
    , m_shape(like.shape())
    , m_seed(splitmix64(seed))
{
    m_shape.columns = {};
    m_shape.columns.tokenIds = like.shape().columns.tokenIds;
    m_shape.columns.predictedIds = like.shape().columns.predictedIds;
}

Expected<Block> UniformSource::read(SiteIndex site, TokenRange range, Columns wanted, BlockBuffer& buffer)
{
    const Site& description = m_shape.sites[std::size_t(site)];
    const std::size_t K = m_shape.numSlots, k = std::min<std::size_t>(description.topK, K), n = range.size();
    Block block;
    if (wanted.tokenIds || wanted.predictedIds) {
        Columns columns;
        columns.tokenIds = wanted.tokenIds;
        columns.predictedIds = wanted.predictedIds;
        ES_ASSIGN(block, m_like.read(site, range, columns, buffer));
    }
    block.site = site;
    block.firstToken = range.begin;
    block.numTokens = static_cast<std::uint32_t>(n);
    block.numSlots = m_shape.numSlots;
    block.numExperts = description.numExperts;
    buffer.expertIds.assign(n * K, kNoExpert);
    const std::uint64_t siteSeed = splitmix64(m_seed + site.value);
    for (std::size_t t = 0; t < n; ++t) {
        std::uint16_t* const ids = buffer.expertIds.data() + t * K;
        std::uint64_t state = splitmix64(siteSeed ^ (range.begin.value + t));
        for (std::size_t r = 0; r < k;) { // k is far below E: drawing again is rare
            state = splitmix64(state);
            const auto id = static_cast<std::uint16_t>((state >> 32) * description.numExperts >> 32);
            if (std::find(ids, ids + r, id) == ids + r)
                ids[r++] = id;
        }
    }
    block.expertIds = buffer.expertIds;
    return block;
}

PassOptions simulationOptions(
    PassOptions options, const RoutingShape& shape, const Selection& selection, std::size_t numSites)
{
    const std::uint64_t most = std::max<std::uint64_t>(kSimulatedPairs / std::max<std::size_t>(numSites, 1), 1);
    options.shard = {};
    options.progress = {};
    options.mostLength = static_cast<std::uint32_t>(std::min<std::uint64_t>(options.mostLength, most));
    std::uint64_t tokens = 0;
    for (const SequenceIndex s : selection.sequences)
        tokens += std::min(shape.sequences[std::size_t(s)].length - options.skipFirst, options.mostLength);
    options.everySequence = static_cast<std::uint32_t>(std::max<std::uint64_t>(1, tokens / most));
    return options;
}

}
