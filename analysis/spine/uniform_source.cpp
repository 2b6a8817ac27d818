// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/spine/uniform_source.h"

#include "io/base/splitmix.h"

#include <algorithm>

namespace expertscope {

namespace {

/// So many tokens of a sequence at least: shorter ones would be other sequences.
constexpr std::uint64_t kLeastSimulatedTokens = 2048;
constexpr std::uint64_t kMostSimulatedPairs = std::uint64_t(1) << 21;
constexpr double kSimulatedNanoseconds = 0.25e9;

}

UniformSource::UniformSource(BlockSource& like, std::uint64_t seed)
    : m_like(like)
    , m_shape(like.shape())
    , m_seed(splitmix64(seed))
{
    m_shape.columns = {};
    m_shape.columns.tokenIds = like.shape().columns.tokenIds;
    m_shape.columns.predictedIds = like.shape().columns.predictedIds;
    m_shape.columns.loss = like.shape().columns.loss;
}

void UniformSource::setSeed(std::uint64_t seed)
{
    m_seed = splitmix64(seed);
}

UniformSource::Filled UniformSource::filledOf(const Block& block)
{
    const std::size_t K = block.numSlots;
    Filled filled;
    while (filled.even < K && !block.expertIds.empty() && block.expertIds[filled.even] != kNoExpert)
        ++filled.even;
    for (std::size_t i = 0; i < block.expertIds.size(); ++i) {
        if ((block.expertIds[i] != kNoExpert) == (i % K < filled.even))
            continue;
        for (const std::uint16_t id : block.expertIds)
            filled.bits.push_back(id != kNoExpert);
        break;
    }
    return filled;
}

Expected<Block> UniformSource::read(SiteIndex site, TokenRange range, Columns wanted, BlockBuffer& buffer)
{
    const std::size_t K = m_shape.numSlots, n = range.size();
    const std::uint16_t E = m_shape.sites[std::size_t(site)].numExperts;
    const std::array place{std::uint64_t(site.value), range.begin.value, range.end.value};
    const Filled* filled = nullptr;
    {
        const std::lock_guard lock(m_mutex);
        if (const auto known = m_filled.find(place); known != m_filled.end())
            filled = &known->second; // stays where it is
    }
    Block block;
    if (!filled || wanted.tokenIds || wanted.predictedIds || wanted.loss) {
        Columns columns;
        columns.tokenIds = wanted.tokenIds;
        columns.predictedIds = wanted.predictedIds;
        columns.loss = wanted.loss;
        ES_ASSIGN(block, m_like.read(site, range, columns, buffer));
    }
    if (!filled) {
        Filled fresh = filledOf(block);
        const std::lock_guard lock(m_mutex);
        filled = &m_filled.try_emplace(place, std::move(fresh)).first->second;
    }
    block.site = site;
    block.firstToken = range.begin;
    block.numTokens = static_cast<std::uint32_t>(n);
    block.numSlots = m_shape.numSlots;
    block.numExperts = E;
    buffer.expertIds.assign(n * K, kNoExpert);
    const std::uint64_t siteSeed = splitmix64(m_seed + site.value);
    std::vector<std::uint16_t> chosen;
    for (std::size_t t = 0; t < n; ++t) {
        std::uint16_t* const ids = buffer.expertIds.data() + t * K;
        std::uint64_t state = splitmix64(siteSeed ^ (range.begin.value + t));
        chosen.clear();
        for (std::size_t r = 0; r < K && chosen.size() < E; ++r) {
            if (filled->bits.empty() ? r >= filled->even : !filled->bits[t * K + r])
                continue;
            for (bool isNew = false; !isNew;) { // k is far below E: drawing again is rare
                state = splitmix64(state);
                const auto id = static_cast<std::uint16_t>((state >> 32) * E >> 32);
                isNew = std::ranges::find(chosen, id) == chosen.end();
                if (isNew)
                    chosen.push_back(ids[r] = id);
            }
        }
    }
    block.expertIds = buffer.expertIds;
    return block;
}

std::uint64_t simulatedPairs(double cost, unsigned choices, std::uint64_t measured)
{
    const double affordable = kSimulatedNanoseconds / std::max(cost * choices, 1e-3);
    return static_cast<std::uint64_t>(
        std::min(std::max(affordable, 0.1 * double(measured)), double(kMostSimulatedPairs)));
}

PassOptions simulationOptions(PassOptions options, const RoutingShape& shape, const Selection& selection, std::size_t numSites,
    std::uint64_t pairs)
{
    const std::uint64_t most = std::max<std::uint64_t>(
        pairs / kUniformDraws / std::max<std::size_t>(numSites, 1), kLeastSimulatedTokens);
    options.shard = {};
    options.progress = {};
    options.mostLength = static_cast<std::uint32_t>(std::min<std::uint64_t>(options.mostLength, most));
    std::uint64_t tokens = 0;
    for (const SequenceIndex s : selection.sequences)
        tokens += keptPositions(shape.sequences[std::size_t(s)], options).length();
    options.everySequence = static_cast<std::uint32_t>(std::max<std::uint64_t>(1, tokens / most));
    return options;
}

}
