// SPDX-License-Identifier: GPL-3.0-or-later
//
// The replay behind prefetch_replay.h, event by event. It knows who has a slot from what it loads and what the caches
// say they evicted; the caches are asked for nothing else.
#pragma once

#include "analysis/prefetch/link_queue.h"
#include "analysis/prefetch/prefetch_replay.h"

namespace expertscope::prefetch {

template <bool Timed> class Replay
{
public:
    Replay(const Walk& walk, const simulation::Contract& contract, const CacheMaker& make, std::uint32_t capacity,
        const Predictions* predictions, const PrefetchOptions& options)
        : m_walk(walk)
        , m_predictions(options.budget ? predictions : nullptr)
        , m_budget(options.budget)
        , m_eviction(options.eviction)
        , m_times(options.times.value_or(QueueTimes{}))
        , m_capacity(capacity)
        , m_flush(contract.flushBetweenSequences)
        , m_firstCounted(contract.warmUpSteps)
        , m_walked(m_predictions ? m_predictions->horizon : 1)
        , m_link(Timed ? objectsOf(walk) : 0, m_times.latency, m_times.transfer, m_times.chunks)
        , m_states(objectsOf(walk))
        , m_until(m_states.size())
        , m_members(m_states.size())
    {
        std::uint32_t first = 0;
        for (const simulation::EventStream& stream : walk.events().pools) {
            const std::uint32_t slots = std::clamp(capacity, 1u, std::max(stream.numObjects(), 1u));
            m_pools.push_back({make(stream, slots), slots, first});
            first += stream.numObjects();
            m_missing.resize(std::max<std::size_t>(m_missing.size(), stream.largestEvent + std::size_t(1)));
        }
        for (std::size_t site = 0; site < walk.numSites(); ++site) {
            const Walk::Place& place = walk.place(site);
            const std::size_t target = (site + m_walked.size()) % walk.numSites();
            m_sites.push_back({&walk.pool(site), place.pool, place.member, place.sitesInPool,
                m_predictions && walk.place(target).pool == place.pool});
        }
        m_result.sites.resize(walk.numSites());
        for (std::size_t site = 0; site < walk.numSites(); ++site) {
            m_result.sites[site].cache.missesPerEvent.resize(walk.pool(site).largestEvent + 1);
            m_siteOf.resize(m_siteOf.size() + walk.place(site).numExperts, static_cast<std::uint16_t>(site));
        }
        m_uncounted = m_result.sites;
        m_lastTarget = walk.numEvents();
    }

    PrefetchResult run(const std::stop_token& stop)
    {
        const std::size_t L = m_walk.numSites();
        const auto& starts = m_walk.sequenceStarts();
        std::size_t start = 0;
        m_counters = m_firstCounted ? m_uncounted.data() : m_result.sites.data();
        for (std::uint64_t step = 0; step < m_walk.numSteps(); ++step) {
            if (step % 1024 == 0 && stop.stop_requested())
                break;
            if (step == m_firstCounted)
                m_counters = m_result.sites.data();
            if (m_flush) {
                if (start < starts.size() && starts[start] == step) {
                    ++start;
                    if (step > 0)
                        flush();
                }
                if (start < starts.size())
                    m_lastTarget = starts[start] * L;
                else
                    m_lastTarget = m_walk.numEvents();
            }
            const std::uint64_t began = m_time;
            for (std::size_t site = 0; site < L; ++site) {
                ++m_now;
                m_nowInHorizon = m_nowInHorizon + 1 == m_walked.size() ? 0 : m_nowInHorizon + 1;
                serve(step, site);
                if (m_predictions)
                    issue(site);
                if constexpr (Timed)
                    m_time = m_end;
            }
            if constexpr (Timed)
                m_result.stepTimes.push_back(m_time - began);
        }
        for (std::size_t object = 0; object < m_states.size(); ++object)
            m_result.sites[m_siteOf[object]].unused += (m_states[object] & kFresh) != 0;
        m_result.linkBusy = m_link.busy();
        return std::move(m_result);
    }

private:
    /// Bits of an object's state.
    enum : std::uint8_t
    {
        kHeld = 1, ///< it has a slot
        kFresh = 2, ///< prefetched and not used yet
        kComing = 4, ///< and queued or being sent; only with times
        kSeen = 8, ///< asked for before (since the last flush)
        kLoading = 16 ///< missing from the event at hand
    };
    /// What does not change, of a site.
    struct Site
    {
        const simulation::EventStream* stream;
        std::uint32_t pool, member, sitesInPool;
        bool meetsTarget; ///< prefetches issued here go to the same pool
    };
    struct Pool
    {
        std::unique_ptr<simulation::SteppedCache> cache;
        std::uint32_t slots, first; ///< first: place of its objects among all
        std::uint32_t held = 0;
        std::uint32_t guarded = 0; ///< held, and protected for an event that is still to come
        std::uint32_t membersHeld = 0; ///< held, of the event at hand, and not guarded
    };

    static std::size_t objectsOf(const Walk& walk)
    {
        std::size_t all = 0;
        for (const simulation::EventStream& stream : walk.events().pools)
            all += stream.numObjects();
        return all;
    }

    void serve(std::uint64_t step, std::size_t at)
    {
        const Site& site = m_sites[at];
        Pool& pool = m_pools[site.pool];
        std::uint8_t* const states = m_states.data() + pool.first;
        std::uint64_t* const until = m_until.data() + pool.first;
        const std::uint64_t inPool = step * site.sitesInPool + site.member;
        const auto event = site.stream->event(inPool);
        const bool plain = site.stream->assignments.empty();
        const std::uint64_t chosen = plain ? event.size() : site.stream->assignments[inPool];
        if constexpr (Timed) {
            m_known = m_time + m_times.dense.of(plain ? 1 : tokensOf(m_walk, at, chosen), 1);
            m_link.advance(m_known, [this](std::uint32_t object) { m_states[object] &= std::uint8_t(~kComing); });
        }
        if (m_predictions && m_eviction != Eviction::Any) { // what was foretold of this event has come due
            const auto named = m_predictions->of(m_now - 1);
            std::uint32_t& walked = m_walked[m_nowInHorizon];
            for (std::uint32_t i = 0; i < walked; ++i)
                pool.guarded -= until[named[i]] == m_now;
            walked = 0;
        }

        // No branch a member: whether it is held is what a processor cannot guess.
        PrefetchCounters& counters = m_counters[at];
        std::uint32_t missing = 0, firsts = 0, any = 0;
        for (const std::uint32_t object : event) {
            const std::uint32_t state = states[object], absent = ~state & kHeld;
            m_missing[missing] = object;
            missing += absent;
            firsts += absent & ~(state / kSeen);
            any |= state;
            states[object] = std::uint8_t(state | kSeen);
        }
        m_late.clear();
        if (any & kFresh)
            useFresh(event, states, counters);
        ++counters.cache.events;
        counters.cache.requests += event.size();
        counters.cache.assignments += chosen;
        counters.cache.hits += event.size() - missing;
        counters.cache.assignmentHits += plain ? event.size() - missing : hitsBeforeUnion(site, inPool, event, missing);
        counters.cache.compulsory += firsts;
        counters.cache.overflows += event.size() > m_capacity;
        ++counters.cache.missesPerEvent[missing];

        std::span<const std::uint32_t> served = event;
        if constexpr (Timed) {
            compute(event, missing, chosen, pool, counters);
            if (!m_onCpu.empty()) {
                const auto isOnCpu = [this](std::uint32_t object) {
                    return std::ranges::find(m_onCpu, object) != m_onCpu.end();
                };
                m_served.clear();
                std::ranges::remove_copy_if(event, std::back_inserter(m_served), isOnCpu);
                served = m_served;
                const auto left = std::remove_if(m_missing.begin(), m_missing.begin() + missing, isOnCpu);
                missing = static_cast<std::uint32_t>(left - m_missing.begin());
            }
        }
        load(site, pool, served, missing, counters);
    }

    /// (token, slot) pairs of the event that do not ask for the leading `missing` of m_missing, which are in its order.
    std::uint64_t hitsBeforeUnion(
        const Site& site, std::uint64_t inPool, std::span<const std::uint32_t> event, std::uint32_t missing) const
    {
        std::uint64_t hits = 0;
        std::uint32_t next = 0;
        for (std::size_t r = 0; r < event.size(); ++r) {
            if (next < missing && event[r] == m_missing[next])
                ++next;
            else
                hits += site.stream->multiplicity(site.stream->firstRequest(inPool) + r);
        }
        return hits;
    }

    /// Prefetches are used for the first time.
    void useFresh(std::span<const std::uint32_t> event, std::uint8_t* states, PrefetchCounters& counters)
    {
        for (const std::uint32_t object : event) {
            if (!(states[object] & kFresh))
                continue;
            states[object] &= std::uint8_t(~kFresh);
            if (states[object] & kComing)
                m_late.push_back(object);
            else
                ++counters.onTime;
        }
        counters.late += m_late.size();
    }

    /// The cache serves the event's objects, and those of m_missing enter it.
    void load(const Site& site, Pool& pool, std::span<const std::uint32_t> served, std::uint32_t missing,
        PrefetchCounters& counters)
    {
        std::uint8_t* const states = m_states.data() + pool.first;
        std::uint64_t* const until = m_until.data() + pool.first;
        const std::span<const std::uint32_t> loaded(m_missing.data(), missing);
        simulation::Kept kept{until, m_now};
        const bool fits = served.size() <= pool.slots;
        if (fits && (missing || site.meetsTarget)) {
            for (const std::uint32_t object : served)
                until[object] = m_now + 1;
            const std::uint32_t held = static_cast<std::uint32_t>(served.size()) - missing;
            const std::uint32_t full = std::max(pool.held + missing, pool.slots);
            if (full - pool.slots > pool.held - pool.guarded - held) { // the protected ones cannot all be spared
                std::uint64_t* const members = m_members.data() + pool.first;
                for (const std::uint32_t object : served)
                    members[object] = m_now + 1;
                kept.until = members;
            }
        }
        m_evicted.clear();
        pool.cache->serve(served, loaded, kept, m_evicted);
        for (const std::uint32_t object : loaded)
            states[object] |= kHeld | kLoading;
        pool.held += missing;
        for (const std::uint32_t object : m_evicted) {
            counters.cache.evictions += !(states[object] & kLoading);
            evict(pool, object);
        }
        for (const std::uint32_t object : loaded)
            states[object] &= std::uint8_t(~kLoading);
        pool.membersHeld = static_cast<std::uint32_t>(served.size());
        if (!fits) {
            pool.membersHeld = 0;
            for (const std::uint32_t object : served) {
                pool.membersHeld += states[object] & kHeld;
                until[object] = states[object] & kHeld ? m_now + 1 : 0;
            }
        }
    }

    /// It had a slot, and has none any more.
    void evict(Pool& pool, std::uint32_t object)
    {
        std::uint8_t& state = m_states[pool.first + object];
        std::uint64_t& until = m_until[pool.first + object];
        pool.guarded -= until > m_now; // members are no victims
        until = 0;
        --pool.held;
        state &= std::uint8_t(~kHeld);
        if (state & kFresh)
            lose(pool.first + object);
    }

    /// A prefetch that was not used.
    void lose(std::uint32_t object)
    {
        PrefetchCounters& counters = m_counters[m_siteOf[object]];
        if (Timed && (m_states[object] & kComing) && m_link.drop(object))
            ++counters.cancelled;
        else
            ++counters.wasted;
        m_states[object] &= std::uint8_t(~(kFresh | kComing));
    }

    /// Finds out when the event ends. What misses and what is late is sent, or computed where it is.
    void compute(std::span<const std::uint32_t> event, std::uint32_t missing, std::uint64_t chosen, const Pool& pool,
        PrefetchCounters& counters)
    {
        const std::uint64_t size = event.size(), each = size ? m_times.expert.of(chosen, size) : 0;
        const std::uint64_t pure = m_known + size * each;
        m_onCpu.clear();
        m_end = pure;
        if (missing == 0 && m_late.empty())
            return;
        std::uint8_t* const states = m_states.data() + pool.first;
        std::uint64_t gpu = m_known + (size - missing - m_late.size()) * each, cpu = m_known;
        const auto isLate = [&](std::uint32_t object) {
            return std::ranges::find(m_late, object - pool.first) != m_late.end();
        };
        const auto arrived = [this](std::uint32_t object) { m_states[object] &= std::uint8_t(~kComing); };
        bool demands = !m_late.empty(); // what misses may all be computed where it is
        std::uint64_t link = demands ? m_link.interrupt(m_known, isLate, arrived) : m_link.freeAt(m_known, isLate);
        for (const std::uint32_t object : m_late) { // was just being sent
            if (!(states[object] & kComing))
                gpu = std::max(gpu, link) + each;
        }
        const auto computed = [&](std::uint32_t object) { // by the CPU, if that is sooner
            const std::uint64_t there = cpu + m_times.cpu->of(chosen, size);
            if (there >= std::max(gpu, link + m_link.demandTime()) + each)
                return false;
            cpu = there;
            m_onCpu.push_back(object);
            ++counters.onCpu;
            return true;
        };
        const auto send = [&](std::uint32_t object) {
            if (!demands)
                m_link.interrupt(m_known, isLate, arrived);
            demands = true;
            link = m_link.demand(pool.first + object, link);
            states[object] &= std::uint8_t(~kComing);
            gpu = std::max(gpu, link) + each;
        };
        if (m_late.empty()) {
            for (std::uint32_t i = 0; i < missing; ++i) {
                if (!m_times.cpu || !computed(m_missing[i]))
                    send(m_missing[i]);
            }
        } else {
            for (const std::uint32_t object : event) { // by router rank
                if (states[object] & kComing || (!(states[object] & kHeld) && (!m_times.cpu || !computed(object))))
                    send(object);
            }
        }
        if (demands)
            m_link.resume(link);
        m_end = std::max(gpu, cpu);
        counters.stall += m_end - std::min(m_end, pure);
    }

    /// Prefetches for the event `horizon` after the one just served.
    void issue(std::size_t at)
    {
        const std::uint64_t target = m_now - 1 + m_predictions->horizon;
        if (target >= m_lastTarget)
            return;
        const std::size_t there = at + m_predictions->horizon < m_sites.size()
            ? at + m_predictions->horizon
            : at + m_predictions->horizon - m_sites.size();
        Pool& pool = m_pools[m_sites[there].pool];
        std::uint8_t* const states = m_states.data() + pool.first;
        std::uint64_t* const until = m_until.data() + pool.first;
        PrefetchCounters& counters = m_counters[there];
        const bool guards = m_eviction != Eviction::Any;
        const std::uint64_t due = guards ? target + 1 : m_now + 1;
        // Who may not leave: the event's, if it is of this pool, and the guarded ones.
        std::uint32_t kept = pool.guarded + (m_sites[at].meetsTarget ? pool.membersHeld : 0);
        std::uint32_t loads = 0, walked = 0;
        for (const std::uint32_t object : m_predictions->of(target)) {
            if (states[object] & kHeld) {
                ++counters.there;
            } else {
                if (loads == m_budget)
                    break;
                if (pool.held == pool.slots) {
                    if (m_eviction == Eviction::Never || pool.held <= kept) {
                        ++counters.noRoom;
                        ++walked;
                        continue;
                    }
                    evictFor(pool, object, counters);
                } else {
                    pool.cache->load(object, simulation::Kept{until, m_now});
                }
                ++loads;
                ++pool.held;
                states[object] |= kHeld | kFresh | (Timed ? kComing : 0);
                if constexpr (Timed)
                    m_link.push(pool.first + object, m_known);
            }
            ++walked;
            if (until[object] <= m_now)
                ++kept;
            else if (guards)
                --pool.membersHeld; // of the event at hand: only if the horizon is a whole step
            pool.guarded += guards;
            until[object] = due;
        }
        counters.issued += loads;
        m_walked[m_nowInHorizon] = walked;
    }

    void evictFor(Pool& pool, std::uint32_t object, PrefetchCounters& counters)
    {
        const std::uint32_t victim = pool.cache->load(object, simulation::Kept{m_until.data() + pool.first, m_now});
        evict(pool, victim);
        ++counters.evictedByPrefetch;
        ++counters.cache.evictions;
    }

    void flush()
    {
        m_link.advance(m_time, [this](std::uint32_t object) { m_states[object] &= std::uint8_t(~kComing); });
        for (Pool& pool : m_pools) {
            pool.cache->clear();
            pool.held = pool.guarded = pool.membersHeld = 0;
        }
        for (std::uint32_t object = 0; object < m_states.size(); ++object) {
            if (m_states[object] & kFresh)
                lose(object);
            m_states[object] = 0;
            m_until[object] = 0;
        }
    }

    const Walk& m_walk;
    const Predictions* const m_predictions;
    const std::uint32_t m_budget;
    const Eviction m_eviction;
    const QueueTimes m_times;
    const std::uint32_t m_capacity;
    const bool m_flush;
    const std::uint64_t m_firstCounted; ///< step
    std::vector<std::uint32_t> m_walked; ///< [event % horizon] so many of the named ones were looked at
    LinkQueue m_link;
    std::vector<Pool> m_pools;
    std::vector<Site> m_sites;
    std::vector<std::uint8_t> m_states; ///< [object] of all pools, as are the next ones
    std::vector<std::uint64_t> m_until; ///< kept as long as it is above m_now; above m_now + 1: guarded
    std::vector<std::uint64_t> m_members; ///< the same of the event's members only
    std::vector<std::uint16_t> m_siteOf;
    std::vector<PrefetchCounters> m_uncounted; ///< where warm-up goes
    PrefetchCounters* m_counters = nullptr; ///< [site]
    PrefetchResult m_result;
    std::uint64_t m_now = 0; ///< number of the event at hand, from 1
    std::size_t m_nowInHorizon = 0; ///< the same modulo the horizon
    std::uint64_t m_lastTarget = 0; ///< prefetches for events from there on are not issued
    std::uint64_t m_time = 0, m_known = 0, m_end = 0; ///< ps; of the event at hand: router known, end
    std::vector<std::uint32_t> m_missing, m_late, m_onCpu, m_served, m_evicted; ///< of the event at hand
};

}
