// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/stack/recency_ranks.h"

#include "analysis/simulation/serving_order.h"

#include <numeric>

namespace expertscope::simulation {

Units::Units(const EventStream& events, const Contract& contract)
    : stream(events)
    , single(contract.service == Service::Sequential)
    , objects(events.objects)
{
    m_multiplicities = events.multiplicities;
    if (!m_multiplicities.empty())
        m_multiplicities.resize(objects.size(), 1);
    multiplicities = m_multiplicities;
    if (!single || contract.order == Order::RouterRank)
        return;
    std::vector<std::uint32_t> counts(multiplicities.empty() ? 0 : stream.numObjects());
    ServingOrder order(stream, contract);
    m_reordered.reserve(stream.objects.size());
    for (std::uint64_t i = 0; i < stream.numEvents; ++i) {
        const auto event = order.of(i, [](std::uint32_t) { return false; });
        const std::uint64_t first = m_reordered.size();
        m_reordered.insert(m_reordered.end(), event.begin(), event.end());
        for (std::uint64_t r = first; !counts.empty() && r < m_reordered.size(); ++r)
            counts[stream.objects[r]] = stream.multiplicity(r);
        for (std::uint64_t r = first; !counts.empty() && r < m_reordered.size(); ++r)
            m_multiplicities[r] = counts[m_reordered[r]];
    }
    objects = m_reordered;
}

RecencyRanks::RecencyRanks(std::uint32_t numObjects)
{
    // Four slots an object: tidying up is rare. (Two would do: an event must fit behind all objects.)
    std::uint32_t words = (numObjects + 15) / 16;
    if (words > kWordsInBlock)
        words = (words + kWordsInBlock - 1) / kWordsInBlock * kWordsInBlock;
    m_taken.resize(words);
    m_objectAt.resize(std::size_t(words) * 64);
    m_slotOf.resize(numObjects);
    m_inBlock.resize(words / kWordsInBlock + 1);
    m_behind.resize(std::max<std::size_t>(kWordsInBlock, m_inBlock.size()));
    for (std::uint32_t i = 0; i < numObjects; ++i) {
        m_taken[i / 64] |= std::uint64_t(1) << (i % 64);
        m_objectAt[i] = m_slotOf[i] = i;
        ++m_inBlock[i / 64 / kWordsInBlock];
    }
    if (isByRank()) {
        m_byRank.resize(64);
        std::iota(m_byRank.begin(), m_byRank.end(), std::uint8_t(0));
        std::reverse(m_byRank.begin(), m_byRank.begin() + numObjects);
    }
    m_state = {numObjects, words, numObjects, m_taken.data(), m_slotOf.data(), m_objectAt.data(), m_inBlock.data(),
        m_behind.data(), m_byRank.data()};
}

std::vector<std::uint32_t> RecencyRanks::all() const
{
    std::vector<std::uint32_t> ranks(m_slotOf.size());
    for (std::uint32_t r = 0; isByRank() && r < ranks.size(); ++r)
        ranks[m_byRank[r]] = r;
    if (isByRank())
        return ranks;
    std::uint32_t rank = 0;
    for (std::size_t slot = m_objectAt.size(); slot-- > 0;) {
        if (m_taken[slot / 64] >> (slot % 64) & 1)
            ranks[m_objectAt[slot]] = rank++;
    }
    return ranks;
}

void RecencyRanks::of(
    const Units& units, std::uint64_t first, std::uint64_t count, bool backwards, std::uint32_t* ranks)
{
    const EventStream& stream = units.stream;
    const EventRange range{
        units.objects.data(), stream.ends.empty() ? nullptr : stream.ends.data(), stream.fixedSize, first, count};
    m_kernels.recency(m_state, range, units.single, backwards, ranks);
}

}
