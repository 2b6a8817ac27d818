// SPDX-License-Identifier: GPL-3.0-or-later
//
// Prefetching once more, word by word and slowly: time goes on in steps of 1, and at each one looks at everything.
#pragma once

#include "../simulation/streams.h"
#include "analysis/prefetch/prefetch_replay.h"

#include <deque>
#include <map>
#include <set>

namespace expertscope::testing {

using namespace prefetch;

/// Several tokens a step: each object is asked for 1 to 3 times; chance(n) draws below n.
template <typename Chance> void weigh(EventStream& stream, Chance& chance)
{
    for (std::uint64_t i = 0; i < stream.numEvents; ++i) {
        std::uint32_t& choices = stream.assignments.emplace_back(0);
        for (std::size_t r = 0; r < stream.event(i).size(); ++r) {
            stream.multiplicities.push_back(std::uint32_t(1 + chance(3)));
            choices += stream.multiplicities.back();
        }
    }
}

/// A walk of pools with `sitesInPool` sites each out of a stream of all of them.
inline EventSet poolsOf(const EventStream& all, std::size_t sitesInPool)
{
    EventSet set;
    const std::size_t L = all.sites.size();
    for (std::size_t first = 0; first < L; first += sitesInPool) {
        const std::size_t count = std::min(sitesInPool, L - first);
        EventStream& pool = set.pools.emplace_back();
        for (std::size_t m = 0; m < count; ++m) {
            pool.sites.push_back(all.sites[first + m]);
            pool.topK.push_back(all.topK[first + m]);
            pool.firstObject.push_back(all.firstObject[first + m] - all.firstObject[first]);
        }
        pool.firstObject.push_back(all.firstObject[first + count] - all.firstObject[first]);
        for (std::uint64_t i = 0; i < all.numEvents; ++i) {
            if (i % L < first || i % L >= first + count)
                continue;
            for (const std::uint32_t object : all.event(i))
                pool.objects.push_back(object - all.firstObject[first]);
            for (std::size_t r = 0; r < all.event(i).size() && !all.multiplicities.empty(); ++r)
                pool.multiplicities.push_back(all.multiplicity(all.firstRequest(i) + r));
            pool.ends.push_back(pool.objects.size());
            pool.largestEvent = std::max(pool.largestEvent, std::uint32_t(all.event(i).size()));
            if (!all.assignments.empty())
                pool.assignments.push_back(all.assignments[i]);
        }
        pool.numEvents = pool.ends.size();
        for (const std::uint64_t start : all.sequenceStarts)
            pool.sequenceStarts.push_back(start / L * count);
        set.requests += pool.objects.size();
    }
    set.steps = set.tokens = all.numEvents / L;
    return set;
}

/// One of: lru, fifo, lfu. The policy is the order in which who may leave does.
class NaivePrefetch
{
public:
    NaivePrefetch(const Walk& walk, const Contract& contract, std::string policy, std::uint32_t capacity,
        const Predictions* predictions, const PrefetchOptions& options)
        : m_walk(walk)
        , m_contract(contract)
        , m_policy(std::move(policy))
        , m_predictions(predictions)
        , m_options(options)
        , m_capacity(capacity)
    {
        m_result.sites.resize(walk.numSites());
        for (std::size_t site = 0; site < walk.numSites(); ++site)
            m_result.sites[site].cache.missesPerEvent.resize(walk.pool(site).largestEvent + 1);
    }

    PrefetchResult run()
    {
        const std::size_t L = m_walk.numSites();
        for (m_event = 0; m_event < m_walk.numEvents(); ++m_event) {
            const std::uint64_t step = m_event / L;
            m_counting = step >= m_contract.warmUpSteps;
            const auto& starts = m_walk.sequenceStarts();
            const auto isStart = [&](std::uint64_t s) { return std::ranges::find(starts, s) != starts.end(); };
            if (m_event % L == 0) {
                m_stepBegan = m_time;
                if (m_contract.flushBetweenSequences && step > 0 && isStart(step))
                    flush();
            }
            serve();
            const std::uint64_t target = m_event + (m_predictions ? m_predictions->horizon : 0);
            bool across = false;
            for (std::uint64_t s = step + 1; s <= target / L; ++s)
                across |= m_contract.flushBetweenSequences && isStart(s);
            if (m_predictions && m_options.budget && target < m_walk.numEvents() && !across)
                issue(target);
            if (m_options.times)
                finishEvent();
            if (m_event % L == L - 1 && m_options.times)
                m_result.stepTimes.push_back(m_time - m_stepBegan);
        }
        for (const auto& [key, slot] : m_held)
            m_result.sites[key.first].unused += slot.fresh;
        return m_result;
    }

private:
    using Key = std::pair<std::size_t, std::uint32_t>; ///< site, object of its pool
    struct Slot
    {
        bool fresh = false, coming = false;
        std::uint64_t loaded = 0, used = 0; ///< order of loads and uses
        std::uint64_t due = 0; ///< protected until that event
        bool guarded = false;
        std::uint64_t transfer = 0; ///< id of its transfer
    };
    struct Transfer
    {
        std::uint64_t id = 0;
        Key key;
        std::uint64_t done = 0; ///< time of the load that is through, latency apart
        std::uint64_t latencyLeft = 0;
        bool begun = false, demanded = false, orphan = false;
    };

    PrefetchCounters& counters(std::size_t site) { return m_counting ? m_result.sites[site] : m_uncounted[site]; }
    std::size_t site() const { return m_event % m_walk.numSites(); }
    std::uint32_t poolOf(std::size_t site) const { return m_walk.place(site).pool; }
    std::uint32_t room(std::size_t site) const { return std::min(m_capacity, m_walk.pool(site).numObjects()); }
    std::size_t siteOf(std::size_t nearSite, std::uint32_t object) const
    {
        for (std::size_t s = 0; s < m_walk.numSites(); ++s) {
            if (poolOf(s) == poolOf(nearSite) && object >= m_walk.place(s).firstObject
                && object < m_walk.place(s).firstObject + m_walk.place(s).numExperts)
                return s;
        }
        return SIZE_MAX;
    }
    std::size_t heldIn(std::uint32_t pool) const
    {
        std::size_t count = 0;
        for (const auto& entry : m_held)
            count += poolOf(entry.first.first) == pool;
        return count;
    }

    /// Whom the policy would have leave first among those that may.
    std::optional<Key> victim(std::uint32_t pool, const std::function<bool(const Key&, const Slot&)>& may)
    {
        std::optional<Key> worst;
        std::vector<double> worstKey;
        for (const auto& [key, slot] : m_held) {
            if (poolOf(key.first) != pool || !may(key, slot))
                continue;
            std::vector<double> own{double(slot.used)};
            if (m_policy == "fifo")
                own = {double(slot.loaded)};
            else if (m_policy == "lfu")
                own = {double(m_uses[key]), double(slot.used)};
            if (!worst || own < worstKey) {
                worst = key;
                worstKey = own;
            }
        }
        return worst;
    }
    void enter(const Key& key, bool fresh)
    {
        Slot slot;
        slot.fresh = fresh;
        slot.loaded = slot.used = ++m_clock;
        ++m_uses[key];
        m_held[key] = slot;
    }
    void use(const Key& key)
    {
        m_held[key].used = ++m_clock;
        ++m_uses[key];
    }
    void leave(const Key key) // a copy: it may be the one in m_held
    {
        const Slot slot = m_held[key];
        m_held.erase(key);
        if (!slot.fresh)
            return;
        bool cancelled = false;
        for (std::size_t i = 0; i < m_queue.size(); ++i) {
            if (slot.coming && m_queue[i].id == slot.transfer) {
                if (m_queue[i].begun) {
                    m_queue[i].orphan = true;
                } else {
                    cancelled = true;
                    m_queue.erase(m_queue.begin() + std::ptrdiff_t(i));
                }
                break;
            }
        }
        ++(cancelled ? counters(key.first).cancelled : counters(key.first).wasted);
    }
    void flush()
    {
        while (!m_held.empty())
            leave(m_held.begin()->first);
        m_seen.clear();
    }

    void serve()
    {
        const std::size_t here = site();
        const std::uint32_t pool = poolOf(here), room = this->room(here);
        const auto event = m_walk.event(m_event / m_walk.numSites(), here);
        const std::uint64_t inPool = m_walk.eventInPool(m_event / m_walk.numSites(), here);
        const auto& assignments = m_walk.pool(here).assignments;
        m_choices = assignments.empty() ? event.size() : assignments[inPool];
        if (m_options.times) {
            const std::uint64_t k = std::max<std::uint64_t>(m_walk.pool(here).topK[m_walk.place(here).member], 1);
            const std::uint64_t tokens = assignments.empty() ? 1 : std::max<std::uint64_t>(1, (m_choices + k - 1) / k);
            for (std::uint64_t i = 0; i < m_options.times->dense.of(tokens, 1); ++i)
                tick();
            arrivals();
        }
        m_known = m_time;
        PrefetchCounters& c = counters(here);
        std::vector<Key> missing;
        m_wanted.clear();
        m_ready = 0;
        for (auto& [key, slot] : m_held) {
            if (slot.guarded && slot.due == m_event)
                slot.guarded = false;
        }
        for (const std::uint32_t object : event) {
            const Key key{here, object};
            const auto found = m_held.find(key);
            c.cache.assignmentHits += found == m_held.end() ? 0 : timesAsked(m_walk.pool(here), inPool, object);
            if (found == m_held.end()) {
                missing.push_back(key);
                c.cache.compulsory += !m_seen.contains(key);
            } else if (found->second.fresh) {
                found->second.fresh = false;
                ++(found->second.coming ? c.late : c.onTime);
            }
            m_seen.insert(key);
        }
        ++c.cache.events;
        c.cache.requests += event.size();
        c.cache.assignments += m_choices;
        c.cache.hits += event.size() - missing.size();
        c.cache.overflows += event.size() > m_capacity;
        ++c.cache.missesPerEvent[missing.size()];
        std::vector<Key> served;
        for (const std::uint32_t object : event)
            served.push_back({here, object});
        if (m_options.times)
            demand(missing, served, c);
        const std::set<Key> members(served.begin(), served.end());
        const std::set<Key> absent(missing.begin(), missing.end());
        if (served.size() <= room) {
            std::size_t others = 0;
            for (const auto& [key, slot] : m_held)
                others += poolOf(key.first) == pool && !members.contains(key) && !slot.guarded;
            const std::size_t after = heldIn(pool) + missing.size();
            const bool spared = after <= room || after - room <= others;
            for (std::size_t r = served.size(); r-- > 0;) { // the strongest is the most recent
                if (!absent.contains(served[r])) {
                    use(served[r]);
                    continue;
                }
                if (heldIn(pool) == room) {
                    ++c.cache.evictions;
                    leave(*victim(pool, [&](const Key& key, const Slot& slot) {
                        return !members.contains(key) && (!spared || !slot.guarded);
                    }));
                }
                enter(served[r], false);
            }
        } else {
            for (std::size_t r = served.size(); r-- > 0;) {
                if (!absent.contains(served[r]))
                    use(served[r]);
            }
            if (m_policy
                != "fifo") { // the best of all; of the event's the strongest are the most recent, loaded or not
                for (std::size_t r = missing.size(); r-- > 0;)
                    enter(missing[r], false);
                for (std::size_t r = served.size(); r-- > 0;)
                    m_held[served[r]].used = ++m_clock;
                while (heldIn(pool) > room) {
                    const Key out = *victim(pool, [](const Key&, const Slot&) { return true; });
                    c.cache.evictions += !absent.contains(out);
                    leave(out);
                }
            } else {
                for (std::size_t r = missing.size(); r-- > 0;) {
                    if (heldIn(pool) == room) {
                        const Key out = *victim(pool, [](const Key&, const Slot&) { return true; });
                        c.cache.evictions += !absent.contains(out);
                        leave(out);
                    }
                    enter(missing[r], false);
                }
            }
        }
        m_members = members;
    }

    void issue(std::uint64_t target)
    {
        const std::size_t there = target % m_walk.numSites();
        const std::uint32_t pool = poolOf(there), room = this->room(there);
        PrefetchCounters& c = counters(there);
        std::set<Key> named;
        std::uint32_t loads = 0;
        for (const std::uint32_t object : m_predictions->of(target)) {
            const Key key{there, object};
            if (m_held.contains(key)) {
                ++c.there;
            } else {
                if (loads == m_options.budget)
                    break;
                if (heldIn(pool) == room) {
                    const auto out = m_options.eviction == Eviction::Never
                        ? std::nullopt
                        : victim(pool, [&](const Key& other, const Slot& slot) {
                              return !m_members.contains(other) && !named.contains(other) && !slot.guarded;
                          });
                    if (!out) {
                        ++c.noRoom;
                        continue;
                    }
                    ++c.evictedByPrefetch;
                    ++c.cache.evictions;
                    leave(*out);
                }
                ++loads;
                ++c.issued;
                enter(key, true);
                if (m_options.times) {
                    Transfer transfer;
                    transfer.id = ++m_transfers;
                    transfer.key = key;
                    m_queue.push_back(transfer);
                    m_held[key].coming = true;
                    m_held[key].transfer = transfer.id;
                }
            }
            named.insert(key);
            if (m_options.eviction != Eviction::Any) {
                m_held[key].guarded = true;
                m_held[key].due = target;
            }
        }
    }

    // Time.

    const QueueTimes& times() const { return *m_options.times; }
    std::uint64_t border(std::uint64_t chunks) const { return times().transfer * chunks / times().chunks; }
    bool isBorder(std::uint64_t done) const
    {
        for (std::uint64_t i = 0; i <= times().chunks; ++i) {
            if (border(i) == done)
                return true;
        }
        return false;
    }

    /// Splits what misses into what is sent and what the CPU computes, and queues it.
    void demand(std::vector<Key>& missing, std::vector<Key>& served, PrefetchCounters& c)
    {
        const std::uint64_t n = std::max<std::uint64_t>(served.size(), 1);
        m_each = times().expert.of(m_choices, n);
        m_ready = served.size() - missing.size();
        m_pure = m_known + served.size() * m_each;
        m_cpuEnd = m_known;
        m_left = served.size();
        std::uint64_t gpu = m_known, link = m_known;
        std::vector<Key> late;
        for (const Key& key : served) {
            if (m_held.contains(key) && m_held[key].coming) {
                late.push_back(key);
                --m_ready;
            }
        }
        gpu += m_ready * m_each;
        // Foresees, for the choice of the CPU, when the link is free.
        bool demands = !late.empty() || !missing.empty();
        std::set<Key> sent;
        if (m_sending && demands) {
            const Transfer& now = m_queue.front();
            const bool wanted = !now.orphan && std::ranges::find(late, now.key) != late.end();
            std::uint64_t done = now.done;
            link += now.latencyLeft;
            const bool fresh = now.latencyLeft > 0;
            if (wanted) {
                link += times().transfer - done;
                sent.insert(now.key);
                gpu = std::max(gpu, link) + m_each;
            } else if (fresh || !isBorder(done) || done == m_stintFrom) {
                do {
                    ++done;
                    ++link;
                } while (!isBorder(done));
            }
        }
        std::vector<Key> onCpu;
        for (const Key& key : served) {
            const bool misses = !m_held.contains(key);
            if (!misses && (!m_held[key].coming || sent.contains(key)))
                continue;
            std::uint64_t time = times().latency + times().transfer;
            if (misses && times().cpu) {
                const std::uint64_t there = m_cpuEnd + times().cpu->of(m_choices, n);
                if (there < std::max(gpu, link + time) + m_each) {
                    m_cpuEnd = there;
                    onCpu.push_back(key);
                    ++c.onCpu;
                    --m_left;
                    continue;
                }
            }
            if (!misses) {
                for (const Transfer& transfer : m_queue) {
                    if (transfer.id == m_held[key].transfer)
                        time -= transfer.done;
                }
            }
            link += time;
            gpu = std::max(gpu, link) + m_each;
        }
        for (const Key& key : onCpu) {
            std::erase(missing, key);
            std::erase(served, key);
        }
        for (const Key& key : served) {
            if (!m_held.contains(key) || (m_held[key].coming && !sent.contains(key)))
                m_wanted.push_back(key);
        }
        for (Transfer& transfer : m_queue) {
            if (!transfer.orphan && std::ranges::find(served, transfer.key) != served.end()
                && m_held.contains(transfer.key) && m_held[transfer.key].transfer == transfer.id)
                transfer.demanded = true;
        }
    }

    /// What is through at this moment.
    void arrivals()
    {
        if (m_sending && m_queue.front().latencyLeft == 0 && m_queue.front().done == times().transfer) {
            const Transfer through = m_queue.front();
            m_queue.pop_front();
            m_sending = false;
            if (!through.orphan && m_held.contains(through.key) && m_held[through.key].transfer == through.id)
                m_held[through.key].coming = false;
            if (through.demanded)
                ++m_ready;
        }
        if (m_demandSending && m_demandLeft == 0) {
            m_demandSending = false;
            ++m_ready;
        }
    }
    /// What goes on in one unit of time.
    void tick()
    {
        arrivals();
        // A demand overtakes where it may.
        if (m_sending && !m_wanted.empty() && !m_queue.front().demanded) {
            const Transfer& now = m_queue.front();
            if (now.latencyLeft == 0 && isBorder(now.done) && now.done != m_stintFrom)
                m_sending = false;
        }
        if (!m_sending && !m_demandSending && !m_wanted.empty()) {
            const Key key = m_wanted.front();
            m_wanted.erase(m_wanted.begin());
            m_demandLeft = times().latency + times().transfer;
            for (std::size_t i = 0; i < m_queue.size(); ++i) {
                if (m_queue[i].demanded && m_queue[i].key == key) {
                    m_demandLeft -= m_queue[i].done;
                    m_queue.erase(m_queue.begin() + std::ptrdiff_t(i));
                    if (m_held.contains(key)) // it may not have been kept
                        m_held[key].coming = false;
                    break;
                }
            }
            m_demandSending = true;
        }
        if (!m_sending && !m_demandSending && !m_queue.empty()) {
            m_sending = true;
            m_queue.front().begun = true;
            m_queue.front().latencyLeft = times().latency;
            m_stintFrom = m_queue.front().done;
        }
        if (m_demandSending) {
            --m_demandLeft;
            ++m_result.linkBusy;
        } else if (m_sending) {
            Transfer& now = m_queue.front();
            if (now.latencyLeft)
                --now.latencyLeft;
            else
                ++now.done;
        }
        ++m_time;
    }
    /// The GPU computes what is there, one after the other, until all is done.
    void finishEvent()
    {
        PrefetchCounters& c = counters(site());
        std::uint64_t computing = 0;
        const std::uint64_t each = m_each;
        for (;;) {
            arrivals();
            if (computing == 0 && m_ready > 0) {
                --m_ready;
                computing = each;
            }
            if (computing == 0 && m_left == 0 && m_time >= m_cpuEnd)
                break;
            tick();
            if (computing && --computing == 0)
                --m_left;
        }
        c.stall += m_time > m_pure ? m_time - m_pure : 0;
    }

    const Walk& m_walk;
    const Contract m_contract;
    const std::string m_policy;
    const Predictions* const m_predictions;
    const PrefetchOptions m_options;
    const std::uint32_t m_capacity;
    PrefetchResult m_result;
    struct Uncounted
    {
        PrefetchCounters& operator[](std::size_t)
        {
            counters = {};
            counters.cache.missesPerEvent.resize(1000);
            return counters;
        }
        PrefetchCounters counters;
    } m_uncounted;
    std::map<Key, Slot> m_held;
    std::map<Key, std::uint64_t> m_uses;
    std::set<Key> m_seen, m_members;
    std::deque<Transfer> m_queue; ///< prefetches; the first may be begun
    std::vector<Key> m_wanted; ///< demands that wait for the link
    bool m_counting = true, m_sending = false, m_demandSending = false;
    std::uint64_t m_event = 0, m_time = 0, m_known = 0, m_stepBegan = 0, m_clock = 0, m_transfers = 0;
    std::uint64_t m_choices = 0, m_each = 0, m_pure = 0, m_cpuEnd = 0, m_ready = 0, m_left = 0, m_demandLeft = 0,
                  m_stintFrom = 0;
};

}
