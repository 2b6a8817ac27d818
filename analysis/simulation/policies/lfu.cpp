// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/stack/rank_order.h"

namespace expertscope::simulation {

namespace {

class Counts final : public Ranker
{
public:
    explicit Counts(const Units& units)
        : m_order(units.stream.numObjects())
    {
    }
    void next(std::uint64_t, std::uint64_t, std::span<const std::uint32_t> members, Moves& moves) override
    {
        for (const std::uint32_t object : members)
            m_order.setKey(object, m_order.key(object) + 1);
        m_order.reorder(members, moves);
    }
    std::vector<std::uint32_t> initialRanks() const override { return m_order.ranks(); }

private:
    RankOrder m_order;
};

class Lfu final : public Policy
{
public:
    PoolCurve replay(const EventStream& stream, const Contract& contract, std::span<const std::uint32_t> capacities,
        const std::stop_token& stop) const override
    {
        return replayByPriority(stream, contract, capacities, stop,
            [](const Units& units) { return std::make_unique<Counts>(units); });
    }
};

}

PolicySpec lfuPolicy()
{
    return {.name = "lfu",
        .definition = "evicts what was used least since the start, in the cache or not; ties: longest ago",
        .source = "perfect LFU",
        .allSizes = true,
        .bypass = true,
        .make = [](const Parameters&) { return std::make_unique<Lfu>(); }};
}

}
