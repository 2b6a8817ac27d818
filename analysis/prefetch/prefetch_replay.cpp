// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/prefetch/prefetch_replay.h"

#include "analysis/prefetch/link_queue.h"

namespace expertscope::prefetch {

using namespace simulation;

namespace {

template <bool Timed> class Replay
{
public:
    Replay(const Walk& walk, const Contract& contract, const CacheMaker& make, std::uint32_t capacity,
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
        , m_objects(objectsOf(walk))
        , m_until(m_objects.size())
        , m_members(m_objects.size())
    {
        std::uint32_t first = 0;
        for (const EventStream& stream : walk.events().pools) {
            const std::uint32_t slots = std::clamp(capacity, 1u, std::max(stream.numObjects(), 1u));
            m_pools.push_back({make(stream, slots), slots, first});
            first += stream.numObjects();
        }
        m_result.sites.resize(walk.numSites());
        for (std::size_t site = 0; site < walk.numSites(); ++site) {
            m_result.sites[site].cache.missesPerEvent.resize(walk.pool(site).largestEvent + 1);
            m_siteOf.resize(m_siteOf.size() + walk.place(site).numExperts, static_cast<std::uint16_t>(site));
        }
        m_uncounted = m_result.sites;
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
                m_nextFlush = start < starts.size() ? starts[start] * L : UINT64_MAX;
            }
            const std::uint64_t began = m_time;
            for (std::size_t site = 0; site < L; ++site) {
                ++m_now;
                serve(step, site);
                if (m_predictions)
                    issue(site);
                if constexpr (Timed)
                    m_time = m_end;
            }
            if constexpr (Timed)
                m_result.stepTimes.push_back(m_time - began);
        }
        for (std::size_t object = 0; object < m_objects.size(); ++object)
            m_result.sites[m_siteOf[object]].unused += m_objects[object].fresh;
        m_result.linkBusy = m_link.busy();
        return std::move(m_result);
    }

private:
    struct Object
    {
        std::uint8_t held = 0; ///< it has a slot
        std::uint8_t fresh = 0; ///< prefetched and not used yet
        std::uint8_t coming = 0; ///< and queued or being sent; only with times
        std::uint8_t seen = 0; ///< asked for before (since the last flush)
    };
    struct Pool
    {
        std::unique_ptr<SteppedCache> cache;
        std::uint32_t slots, first; ///< first: place of its objects among all
        std::uint32_t held = 0;
        std::uint32_t guarded = 0; ///< held, and protected for an event that is still to come
        std::uint32_t membersHeld = 0; ///< held, of the event at hand, and not guarded
    };

    static std::size_t objectsOf(const Walk& walk)
    {
        std::size_t all = 0;
        for (const EventStream& stream : walk.events().pools)
            all += stream.numObjects();
        return all;
    }

    void serve(std::uint64_t step, std::size_t site)
    {
        Pool& pool = m_pools[m_walk.place(site).pool];
        Object* const objects = m_objects.data() + pool.first;
        std::uint64_t* const until = m_until.data() + pool.first;
        const auto event = m_walk.event(step, site);
        const auto& assignments = m_walk.pool(site).assignments;
        const std::uint64_t chosen = assignments.empty() ? event.size() : assignments[m_walk.eventInPool(step, site)];
        if constexpr (Timed) {
            const std::uint64_t k = std::max<std::uint64_t>(m_walk.pool(site).topK[m_walk.place(site).member], 1);
            m_known = m_time
                + m_times.dense.of(assignments.empty() ? 1 : std::max<std::uint64_t>(1, (chosen + k - 1) / k), 1);
            m_link.advance(m_known, [this](std::uint32_t object) { m_objects[object].coming = 0; });
        }
        if (m_predictions) { // what was foretold of this event has come due
            const auto named = m_predictions->of(m_now - 1);
            std::uint32_t& walked = m_walked[m_now % m_walked.size()];
            for (std::uint32_t i = 0; m_eviction != Eviction::Any && i < walked; ++i)
                pool.guarded -= until[named[i]] == m_now;
            walked = 0;
        }

        PrefetchCounters& counters = m_counters[site];
        m_missing.clear();
        m_late.clear();
        for (const std::uint32_t object : event) {
            Object& state = objects[object];
            if (!state.held) {
                m_missing.push_back(object);
                counters.cache.compulsory += !state.seen;
            } else if (state.fresh) {
                state.fresh = 0;
                if (Timed && state.coming)
                    m_late.push_back(object);
                else
                    ++counters.onTime;
            }
            state.seen = 1;
        }
        counters.late += m_late.size();
        ++counters.cache.events;
        counters.cache.requests += event.size();
        counters.cache.assignments += chosen;
        counters.cache.hits += event.size() - m_missing.size();
        counters.cache.overflows += event.size() > m_capacity;
        ++counters.cache.missesPerEvent[m_missing.size()];

        std::span<const std::uint32_t> served = event;
        if constexpr (Timed) {
            compute(event, chosen, pool, counters);
            if (!m_onCpu.empty()) {
                m_served.clear();
                std::ranges::copy_if(event, std::back_inserter(m_served),
                    [this](std::uint32_t object) { return std::ranges::find(m_onCpu, object) == m_onCpu.end(); });
                std::erase_if(m_missing,
                    [this](std::uint32_t object) { return std::ranges::find(m_onCpu, object) != m_onCpu.end(); });
                served = m_served;
            }
        }
        load(pool, served, counters);
    }

    /// The cache serves the event's objects, and m_missing of them enter it.
    void load(Pool& pool, std::span<const std::uint32_t> served, PrefetchCounters& counters)
    {
        Object* const objects = m_objects.data() + pool.first;
        std::uint64_t* const until = m_until.data() + pool.first;
        Kept kept{until, m_now};
        if (served.size() <= pool.slots) {
            for (const std::uint32_t object : served)
                until[object] = m_now + 1;
            const std::size_t held = served.size() - m_missing.size();
            const std::size_t leave =
                pool.held + m_missing.size() - std::min<std::size_t>(pool.held + m_missing.size(), pool.slots);
            if (leave > pool.held - pool.guarded - held) { // the protected ones cannot all be spared
                std::uint64_t* const members = m_members.data() + pool.first;
                for (const std::uint32_t object : served)
                    members[object] = m_now + 1;
                kept.until = members;
            }
        }
        m_evicted.clear();
        pool.cache->serve(served, m_missing, kept, m_evicted);
        for (const std::uint32_t object : m_missing)
            objects[object].held = 2; // just loaded
        pool.held += static_cast<std::uint32_t>(m_missing.size());
        for (const std::uint32_t object : m_evicted) {
            counters.cache.evictions += objects[object].held == 1;
            evict(pool, object);
        }
        pool.membersHeld = 0;
        for (const std::uint32_t object : m_missing)
            objects[object].held = objects[object].held != 0;
        for (const std::uint32_t object : served) {
            pool.membersHeld += objects[object].held;
            until[object] = objects[object].held ? m_now + 1 : 0;
        }
    }

    /// It had a slot, and has none any more.
    void evict(Pool& pool, std::uint32_t object)
    {
        Object& state = m_objects[pool.first + object];
        std::uint64_t& until = m_until[pool.first + object];
        pool.guarded -= until > m_now; // members are no victims
        until = 0;
        --pool.held;
        state.held = 0;
        if (state.fresh)
            lose(pool.first + object);
    }

    /// A prefetch that was not used.
    void lose(std::uint32_t object)
    {
        Object& state = m_objects[object];
        PrefetchCounters& counters = m_counters[m_siteOf[object]];
        if (Timed && state.coming && m_link.drop(object))
            ++counters.cancelled;
        else
            ++counters.wasted;
        state.fresh = state.coming = 0;
    }

    /// Finds out when the event ends. What misses and what is late is sent, or computed where it is.
    void compute(
        std::span<const std::uint32_t> event, std::uint64_t chosen, const Pool& pool, PrefetchCounters& counters)
    {
        Object* const objects = m_objects.data() + pool.first;
        const std::uint64_t size = std::max<std::uint64_t>(event.size(), 1);
        const std::uint64_t each = m_times.expert.of(chosen, size);
        const std::uint64_t pure = m_known + event.size() * each;
        m_onCpu.clear();
        m_end = pure;
        if (m_missing.empty() && m_late.empty())
            return;
        std::uint64_t gpu = m_known + (event.size() - m_missing.size() - m_late.size()) * each, cpu = m_known;
        const auto isLate = [&](std::uint32_t object) {
            return std::ranges::find(m_late, object - pool.first) != m_late.end();
        };
        const auto arrived = [this](std::uint32_t object) { m_objects[object].coming = 0; };
        bool demands = !m_late.empty(); // what misses may all be computed where it is
        std::uint64_t link = demands ? m_link.interrupt(m_known, isLate, arrived) : m_link.freeAt(m_known, isLate);
        for (const std::uint32_t object : m_late) { // was just being sent
            if (!objects[object].coming)
                gpu = std::max(gpu, link) + each;
        }
        for (const std::uint32_t object : event) {
            const bool missing = !objects[object].held;
            if (!missing && !objects[object].coming)
                continue;
            if (missing && m_times.cpu) {
                const std::uint64_t there = cpu + m_times.cpu->of(chosen, size);
                if (there < std::max(gpu, link + m_link.demandTime()) + each) {
                    cpu = there;
                    m_onCpu.push_back(object);
                    ++counters.onCpu;
                    continue;
                }
            }
            if (!demands)
                m_link.interrupt(m_known, isLate, arrived);
            demands = true;
            link = m_link.demand(pool.first + object, link);
            objects[object].coming = 0;
            gpu = std::max(gpu, link) + each;
        }
        if (demands)
            m_link.resume(link);
        m_end = std::max(gpu, cpu);
        counters.stall += m_end - std::min(m_end, pure);
    }

    /// Prefetches for the event `horizon` after the one just served.
    void issue(std::size_t site)
    {
        const std::uint64_t target = m_now - 1 + m_predictions->horizon;
        if (target >= std::min(m_walk.numEvents(), m_nextFlush))
            return;
        const std::size_t at = (site + m_predictions->horizon) % m_walk.numSites();
        Pool& pool = m_pools[m_walk.place(at).pool];
        Object* const objects = m_objects.data() + pool.first;
        std::uint64_t* const until = m_until.data() + pool.first;
        PrefetchCounters& counters = m_counters[at];
        const bool guards = m_eviction != Eviction::Any;
        const std::uint64_t due = guards ? target + 1 : m_now + 1;
        // Who may not leave: the event's, if it is of this pool, and the guarded ones.
        std::uint32_t kept = pool.guarded + (m_walk.place(site).pool == m_walk.place(at).pool ? pool.membersHeld : 0);
        std::uint32_t loads = 0, walked = 0;
        for (const std::uint32_t object : m_predictions->of(target)) {
            Object& state = objects[object];
            if (state.held) {
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
                    pool.cache->load(object, Kept{until, m_now});
                }
                ++loads;
                ++counters.issued;
                ++pool.held;
                state.held = state.fresh = 1;
                if constexpr (Timed) {
                    state.coming = 1;
                    m_link.push(pool.first + object, m_known);
                }
            }
            ++walked;
            if (until[object] <= m_now)
                ++kept;
            else if (guards)
                --pool.membersHeld; // of the event at hand: only if the horizon is a whole step
            if (guards)
                ++pool.guarded;
            until[object] = due;
        }
        m_walked[(target + 1) % m_walked.size()] = walked;
    }

    void evictFor(Pool& pool, std::uint32_t object, PrefetchCounters& counters)
    {
        const std::uint32_t victim = pool.cache->load(object, Kept{m_until.data() + pool.first, m_now});
        evict(pool, victim);
        ++counters.evictedByPrefetch;
        ++counters.cache.evictions;
    }

    void flush()
    {
        m_link.advance(m_time, [this](std::uint32_t object) { m_objects[object].coming = 0; });
        for (Pool& pool : m_pools) {
            pool.cache->clear();
            pool.held = pool.guarded = pool.membersHeld = 0;
        }
        for (std::uint32_t object = 0; object < m_objects.size(); ++object) {
            if (m_objects[object].fresh)
                lose(object);
            m_objects[object] = {};
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
    std::vector<Object> m_objects; ///< of all pools, as are the next ones
    std::vector<std::uint64_t> m_until; ///< kept as long as it is above m_now; above m_now + 1: guarded
    std::vector<std::uint64_t> m_members; ///< the same of the event's members only
    std::vector<std::uint16_t> m_siteOf;
    std::vector<PrefetchCounters> m_uncounted; ///< where warm-up goes
    PrefetchCounters* m_counters = nullptr; ///< [site]
    PrefetchResult m_result;
    std::uint64_t m_now = 0; ///< number of the event at hand, from 1
    std::uint64_t m_nextFlush = UINT64_MAX; ///< event
    std::uint64_t m_time = 0, m_known = 0, m_end = 0; ///< ps; of the event at hand: router known, end
    std::vector<std::uint32_t> m_missing, m_late, m_onCpu, m_served, m_evicted; ///< of the event at hand
};

/// ps that the whole walk takes at most.
double longest(const Walk& walk, const QueueTimes& times)
{
    double choices = 0, tokens = double(walk.events().tokens) * double(walk.numSites());
    for (const EventStream& pool : walk.events().pools) {
        choices += double(pool.objects.size());
        for (const std::uint32_t assignments : pool.assignments)
            choices += assignments;
    }
    const double events = double(walk.numEvents()), load = double(times.latency) + double(times.transfer);
    tokens = std::max(tokens, events);
    return events * (double(times.dense.fixed) + 2 * load) + tokens * double(times.dense.each)
        + choices * (load + double(times.expert.fixed) + double(times.expert.each));
}

}

PrefetchCounters& PrefetchCounters::operator+=(const PrefetchCounters& other)
{
    cache += other.cache;
    for (const auto member : {&PrefetchCounters::onTime, &PrefetchCounters::late, &PrefetchCounters::onCpu,
             &PrefetchCounters::issued, &PrefetchCounters::wasted, &PrefetchCounters::cancelled,
             &PrefetchCounters::unused, &PrefetchCounters::there, &PrefetchCounters::noRoom,
             &PrefetchCounters::evictedByPrefetch, &PrefetchCounters::stall})
        this->*member += other.*member;
    return *this;
}

PrefetchCounters PrefetchResult::total() const
{
    PrefetchCounters all;
    for (const PrefetchCounters& site : sites)
        all += site;
    return all;
}

Expected<PrefetchResult> replayPrefetch(const Walk& walk, const Contract& contract, const CacheMaker& cache,
    std::uint32_t capacity, const Predictions* predictions, const PrefetchOptions& options, const std::stop_token& stop)
{
    ES_TRY(checkPrefetchContract(contract));
    if (options.times && longest(walk, *options.times) > 0x1p62)
        return fail("modelled times of this trace are too long to be added up");
    if (options.times)
        return Replay<true>(walk, contract, cache, capacity, predictions, options).run(stop);
    return Replay<false>(walk, contract, cache, capacity, predictions, options).run(stop);
}

Expected<void> checkPrefetchContract(const Contract& contract)
{
    if (contract.service != Service::Atomic || contract.admission != Admission::Forced)
        return fail("prefetches are replayed under the atomic contract with forced admission only");
    if (contract.coldStart != ColdStart::Empty)
        return fail("prefetches are replayed from an empty cache only: what would fill its free slots at no cost?");
    return {};
}

}
