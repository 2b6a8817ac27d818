// SPDX-License-Identifier: GPL-3.0-or-later
//
// OPT (Belady 1966, Mattson et al. 1970): evicts what is used again last. Objects ordered by their next use are objects
// ordered by their last use in the stream read backwards, so the new rank of a unit's member is its rank there.
#include "analysis/simulation/stack/priority_replay.h"

#include <numeric>

namespace expertscope::simulation {

namespace {

template <typename T> class NextUse final : public Ranker
{
public:
    NextUse(const Units& units, const std::stop_token& stop)
        : m_ranks(units.objects.size())
        , m_initial(units.stream.numObjects())
    {
        const EventStream& stream = units.stream;
        RecencyRanks recency(stream.numObjects());
        const std::uint64_t chunk = std::max<std::uint64_t>(1, 4096 / std::max(stream.largestEvent, 1u));
        std::vector<std::uint32_t> ranks(chunk * stream.largestEvent + kMostCounted);
        for (std::uint64_t end = stream.numEvents; end > 0 && !stop.stop_requested();) {
            const std::uint64_t begin = end - std::min(end, chunk);
            recency.of(units, begin, end - begin, true, ranks.data());
            const std::uint64_t first = units.firstObject(begin), count = units.firstObject(end) - first;
            for (std::uint64_t i = 0; i < count; ++i)
                m_ranks[first + i] = T(ranks[i]);
            end = begin;
        }
        m_initial = recency.all();
    }
    void next(std::uint64_t, std::uint64_t first, std::span<const std::uint32_t> members, Moves& moves) override
    {
        moves.membersLead = true;
        moves.to.resize(members.size());
        for (std::size_t j = 0; j < members.size(); ++j)
            moves.to[j] = m_ranks[first + j];
        if (moves.from.size() != members.size()) {
            moves.from.resize(members.size());
            std::iota(moves.from.begin(), moves.from.end(), 0u);
        }
    }
    const std::uint8_t* leading() const override
    {
        if constexpr (sizeof(T) == 1)
            return m_ranks.data();
        return nullptr;
    }
    std::vector<std::uint32_t> initialRanks() const override { return m_initial; }

private:
    std::vector<T> m_ranks; ///< after its unit, for each request
    std::vector<std::uint32_t> m_initial;
};

class Opt final : public Policy
{
public:
    PoolCurve replay(const EventStream& stream, const Contract& contract, std::span<const std::uint32_t> capacities,
        const std::stop_token& stop) const override
    {
        return replayByPriority(
            stream, contract, capacities, stop, [&](const Units& units) -> std::unique_ptr<Ranker> {
                if (stream.numObjects() <= 256)
                    return std::make_unique<NextUse<std::uint8_t>>(units, stop);
                if (stream.numObjects() <= 65536)
                    return std::make_unique<NextUse<std::uint16_t>>(units, stop);
                return std::make_unique<NextUse<std::uint32_t>>(units, stop);
            });
    }
};

}

PolicySpec optPolicy()
{
    return {.name = "opt",
        .definition = "evicts what is used again last: a bound, not a target",
        .source = "Belady 1966",
        .allSizes = true,
        .knowsFuture = true,
        .bypass = true,
        .make = [](const Parameters&) { return std::make_unique<Opt>(); }};
}

}
