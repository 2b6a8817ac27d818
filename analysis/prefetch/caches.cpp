// SPDX-License-Identifier: GPL-3.0-or-later
//
// Stack policies replay all capacities at once; here are those that have no cache of one capacity for other ends.
#include "analysis/prefetch/caches.h"

#include "analysis/prefetch/ema_cache.h"
#include "analysis/simulation/one_size/counted_cache.h"
#include "io/base/text.h"

namespace expertscope::prefetch {

using namespace simulation;

namespace {

/// Perfect LFU: counts outlive residency.
struct FewestUsesEver
{
    static constexpr bool kForgets = false;
    static int compare(std::uint64_t a, std::uint64_t, std::uint64_t b, std::uint64_t) { return a < b ? -1 : a > b; }
};

/// Evicts what is used again last, of one event the weaker router rank; of what is not used again the lower id.
class OptCache
{
public:
    OptCache(std::uint32_t numObjects, std::uint32_t capacity, const EventStream& stream)
        : m_stream(stream)
        , m_capacity(capacity)
        , m_starts(numObjects + std::size_t(1))
        , m_uses(stream.objects.size())
        , m_held(numObjects)
    {
        for (const std::uint32_t object : stream.objects)
            ++m_starts[object + 1];
        for (std::size_t i = 1; i < m_starts.size(); ++i)
            m_starts[i] += m_starts[i - 1];
        m_next.assign(m_starts.begin(), m_starts.end() - 1);
        for (std::uint64_t i = 0; i < stream.objects.size(); ++i)
            m_uses[m_next[stream.objects[i]]++] = i;
        m_next.assign(m_starts.begin(), m_starts.end() - 1);
    }
    bool holds(std::uint32_t object) const { return m_held[object]; }
    void nextUnit() { m_asked += m_stream.event(m_numEvents++).size(); }
    void hit(std::uint32_t) { }
    template <typename Pinned> std::uint32_t load(std::uint32_t object, const Pinned& pinned)
    {
        std::uint32_t victim = kNobody;
        if (m_residents.size() == m_capacity) {
            std::size_t at = 0;
            std::uint64_t farthest = 0;
            for (std::size_t i = 0; i < m_residents.size(); ++i) {
                const std::uint32_t candidate = m_residents[i];
                if (pinned(candidate))
                    continue;
                const std::uint64_t next = nextUse(candidate);
                if (victim == kNobody || next > farthest || (next == farthest && candidate < victim)) {
                    victim = candidate;
                    farthest = next;
                    at = i;
                }
            }
            m_residents[at] = m_residents.back();
            m_residents.pop_back();
            m_held[victim] = 0;
        }
        m_residents.push_back(object);
        m_held[object] = 1;
        return victim;
    }
    /// An event that does not fit: those of all that are used again soonest stay, as of OPT's stack.
    std::uint32_t keepBest(std::span<const std::uint32_t> objects)
    {
        for (const std::uint32_t object : objects) {
            if (!m_held[object])
                m_residents.push_back(object);
        }
        const auto evictions =
            static_cast<std::uint32_t>(m_residents.size() - std::min<std::size_t>(m_residents.size(), m_capacity));
        std::ranges::fill(m_held, 0);
        std::ranges::sort(m_residents, [this](std::uint32_t a, std::uint32_t b) {
            const std::uint64_t first = nextUse(a), second = nextUse(b);
            return first != second ? first < second : a > b;
        });
        m_residents.resize(std::min<std::size_t>(m_residents.size(), m_capacity));
        for (const std::uint32_t object : m_residents)
            m_held[object] = 1;
        return evictions;
    }
    void clear()
    {
        std::ranges::fill(m_held, 0);
        m_residents.clear();
    }

private:
    /// The first request for it after the event at hand.
    std::uint64_t nextUse(std::uint32_t object)
    {
        std::uint64_t& next = m_next[object];
        while (next < m_starts[object + 1] && m_uses[next] < m_asked)
            ++next;
        return next < m_starts[object + 1] ? m_uses[next] : UINT64_MAX;
    }

    const EventStream& m_stream;
    const std::uint32_t m_capacity;
    std::vector<std::uint64_t> m_starts, m_uses; ///< requests for each object, object after object
    std::vector<std::uint64_t> m_next; ///< place of its next use in m_uses, or before that
    std::vector<std::uint8_t> m_held;
    std::vector<std::uint32_t> m_residents;
    std::uint64_t m_numEvents = 0, m_asked = 0; ///< events, and their requests, the event at hand included
};

/// Policies whose registered form replays all capacities at once.
CacheMaker ownMaker(const std::string& name, const Parameters& params, const Contract& contract)
{
    if (name == "lfu")
        return [contract](const EventStream& stream, std::uint32_t capacity) {
            return std::make_unique<SteppedCacheOf<CountedCache<FewestUsesEver>>>(stream.numObjects(), capacity, contract);
        };
    if (name == "ema")
        return [halflife = params.number("halflife")](const EventStream& stream, std::uint32_t capacity) {
            return std::make_unique<SteppedCacheOf<EmaCache>>(
                stream.numObjects(), capacity, stream.sites.size(), halflife);
        };
    if (name == "opt")
        return [](const EventStream& stream, std::uint32_t capacity) {
            return std::make_unique<SteppedCacheOf<OptCache>>(stream.numObjects(), capacity, stream);
        };
    return {};
}

}

Expected<CacheMaker> cacheMaker(const PolicyRequest& policy, const Contract& contract)
{
    const auto spec = std::ranges::find(policyRegistry(), policy.name, &PolicySpec::name);
    if (spec == policyRegistry().end())
        return fail("unknown policy '" + policy.name + "'");
    auto params = Parameters::check(spec->params, policy.params);
    if (!params) {
        Error error = std::move(params).error();
        error.what = "policy '" + policy.name + "': " + error.what;
        return tl::unexpected(std::move(error));
    }
    if (CacheMaker own = ownMaker(policy.name, *params, contract))
        return own;
    if (spec->makeCache)
        return [make = spec->makeCache, params = *params, contract](const EventStream& stream, std::uint32_t capacity) {
            return make(params, stream, capacity, contract);
        };
    return fail("policy '" + policy.name + "' cannot be replayed with prefetches: "
            + (policy.name == "static" ? "nothing can be loaded into a fixed list"
                                       : "its order is that of events, not of loads between them"),
        {}, "those that can: " + joined(steppedPolicies()));
}

std::vector<std::string> steppedPolicies()
{
    std::vector<std::string> names;
    for (const PolicySpec& spec : policyRegistry()) {
        if (spec.makeCache || ownMaker(spec.name, *Parameters::check(spec.params, {}), {}))
            names.push_back(spec.name);
    }
    return names;
}

}
