// SPDX-License-Identifier: GPL-3.0-or-later
//
// SCH(w) of "Not all models suit expert offloading" (2505.16056): evicts what is used least in the next w steps, ties:
// longest ago. It looks ahead but is no upper bound.
#include "analysis/simulation/stack/rank_order.h"

namespace expertscope::simulation {

namespace {

class Window final : public Ranker
{
public:
    Window(const Units& units, std::uint64_t steps)
        : m_units(units)
        , m_order(units.stream.numObjects())
        , m_listed(units.stream.numObjects())
        , m_length(steps * units.stream.sites.size())
        , m_uses(units.stream.numObjects())
    {
        std::vector<std::uint32_t> all(units.stream.numObjects());
        for (std::uint32_t i = 0; i < all.size(); ++i) {
            all[i] = i;
            m_order.setKey(i, m_uses - 1 - i); // of those never used the lower ids are as if more recent
        }
        for (std::uint64_t i = 0; i < std::min(m_length, units.stream.numEvents); ++i) {
            for (const std::uint32_t object : units.stream.event(i))
                m_order.setKey(object, m_order.key(object) + kOneUse);
        }
        Moves moves;
        m_order.reorder(all, moves);
        m_initial = m_order.ranks();
    }
    /// Events are served as a whole. The window slides: from those after `event` - 1 to those after `event`.
    void next(std::uint64_t event, std::uint64_t, std::span<const std::uint32_t> members, Moves& moves) override
    {
        m_changed.assign(members.begin(), members.end());
        m_uses += members.size();
        for (std::uint32_t r = 0; r < members.size(); ++r) { // the first is the most recent
            m_listed[members[r]] = 1;
            const std::uint64_t coming = m_order.key(members[r]) / kOneUse - (m_length > 0);
            m_order.setKey(members[r], coming * kOneUse + m_uses - 1 - r);
        }
        if (m_length > 0 && event + m_length < m_units.stream.numEvents) {
            for (const std::uint32_t object : m_units.stream.event(event + m_length)) {
                m_order.setKey(object, m_order.key(object) + kOneUse);
                if (!m_listed[object])
                    m_changed.push_back(object);
            }
        }
        for (const std::uint32_t object : members)
            m_listed[object] = 0;
        m_order.reorder(m_changed, moves);
    }
    std::vector<std::uint32_t> initialRanks() const override { return m_initial; }

private:
    static constexpr std::uint64_t kOneUse = std::uint64_t(1) << 32; ///< more than there are uses in all (readEvents)

    const Units& m_units;
    RankOrder m_order; ///< by uses to come, then by the last one
    std::vector<std::uint8_t> m_listed;
    std::vector<std::uint32_t> m_changed, m_initial;
    const std::uint64_t m_length; ///< of the window, in events
    std::uint64_t m_uses; ///< so far, behind the objects as if they were used at the start
};

class Sch final : public Policy
{
public:
    explicit Sch(std::uint64_t window)
        : m_window(window)
    {
    }
    PoolCurve replay(const EventStream& stream, const Contract& contract, std::span<const std::uint32_t> capacities,
        const std::stop_token& stop) const override
    {
        return replayByPriority(stream, contract, capacities, stop,
            [this](const Units& units) { return std::make_unique<Window>(units, m_window); });
    }

private:
    const std::uint64_t m_window;
};

}

PolicySpec schPolicy()
{
    return {.name = "sch",
        .definition = "evicts what is used least in the next `window` steps; ties: longest ago",
        .source = "arXiv 2505.16056",
        .allSizes = true,
        .knowsFuture = true,
        .sequential = false,
        .bypass = true,
        .params = {{.name = "window", .standard = "64", .meaning = "steps looked ahead", .least = 0, .whole = true}},
        .make = [](const Parameters& params) {
            return std::make_unique<Sch>(static_cast<std::uint64_t>(params.number("window")));
        }};
}

}
