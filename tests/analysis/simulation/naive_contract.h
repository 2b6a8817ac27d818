// SPDX-License-Identifier: GPL-3.0-or-later
//
// The contract of a replay word by word and slowly, for one capacity: what is held is looked up before and after each
// unit (an event, or sequentially one request of it).
#pragma once

#include "streams.h"

#include "analysis/simulation/serving_order.h"

#include <optional>
#include <set>

namespace expertscope::testing {

using Object = std::uint32_t;

class NaiveContract
{
public:
    NaiveContract(const EventStream& stream, const Contract& contract, std::uint32_t capacity)
        : m_stream(stream)
        , m_contract(contract)
        , m_capacity(capacity)
    {
    }
    virtual ~NaiveContract() = default;

    std::vector<Counters> counters()
    {
        std::vector<Counters> sites(m_stream.sites.size());
        for (Counters& site : sites)
            site.missesPerEvent.resize(m_stream.largestEvent + 1);
        ServingOrder order(m_stream, m_contract);
        std::vector<Object> preloaded;
        for (m_event = 0; m_event < m_stream.numEvents; ++m_event) {
            if (m_event == 0
                || (m_contract.flushBetweenSequences
                    && std::ranges::find(m_stream.sequenceStarts, m_event) != m_stream.sequenceStarts.end())) {
                m_seen.clear();
                restart();
            }
            const auto asked = m_stream.event(m_event);
            if (m_event < preloadEvents(m_stream, m_contract)) {
                if (asked.empty() && m_contract.service == Service::Atomic)
                    use({}, held());
                for (const Object object : asked) {
                    preloaded.push_back(object);
                    m_seen.insert(object);
                    const bool full = preloaded.size() > m_capacity;
                    preload(object, full ? std::optional(preloaded[preloaded.size() - 1 - m_capacity]) : std::nullopt);
                }
                continue;
            }
            Counters event;
            event.events = 1;
            event.requests = asked.size();
            event.assignments = m_stream.assignments.empty() ? asked.size() : m_stream.assignments[m_event];
            event.overflows = asked.size() > m_capacity;
            std::uint64_t misses = 0;
            if (m_contract.service == Service::Atomic) {
                misses += serve({asked.begin(), asked.end()}, event);
            } else {
                const std::set<Object> before = held();
                const auto served = order.of(m_event, [&](Object object) { return before.contains(object); });
                for (const Object object : std::vector<Object>(served.begin(), served.end()))
                    misses += serve({object}, event);
            }
            event.hits = event.requests - misses;
            event.missesPerEvent.resize(m_stream.largestEvent + 1);
            event.missesPerEvent[misses] = 1;
            if (m_event >= std::uint64_t(m_contract.warmUpSteps) * sites.size())
                sites[m_event % sites.size()] += event;
        }
        return sites;
    }

protected:
    /// An empty cache.
    virtual void restart() = 0;
    virtual std::set<Object> held() const = 0;
    /// Serves a unit; `before`: what was held.
    virtual void use(const std::vector<Object>& objects, const std::set<Object>& before) = 0;
    /// Loads an object before the first step, for one that leaves if the cache is full.
    virtual void preload(Object object, std::optional<Object> leaving) = 0;
    /// Whether none of the unit's objects may be evicted.
    bool pins(const std::vector<Object>& objects) const
    {
        return m_contract.admission == Admission::Forced && objects.size() <= m_capacity;
    }

    const EventStream& m_stream;
    const Contract m_contract;
    const std::uint32_t m_capacity;

private:
    std::uint64_t serve(const std::vector<Object>& objects, Counters& event)
    {
        const std::set<Object> before = held();
        std::uint64_t misses = 0;
        for (const Object object : objects) {
            const std::uint64_t times = timesAsked(m_stream, m_event, object);
            if (before.contains(object)) {
                event.assignmentHits += times;
                continue;
            }
            const bool first = !m_seen.contains(object);
            const bool free = first && m_contract.coldStart == ColdStart::FirstFree && m_seen.size() < m_capacity;
            event.assignmentHits += free ? times : 0;
            m_seen.insert(object);
            misses += !free;
            event.compulsory += first && !free;
        }
        use(objects, before);
        const std::set<Object> after = held();
        for (const Object object : before)
            event.evictions += !after.contains(object);
        return misses;
    }

    std::set<Object> m_seen;
    std::uint64_t m_event = 0;
};

}
