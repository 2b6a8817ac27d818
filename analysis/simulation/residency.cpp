// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/residency.h"

namespace expertscope::simulation {

namespace {

/// Who is resident, since when, and what that adds up to.
class Residents
{
public:
    Residents(std::uint32_t objects, std::uint64_t firstCounted)
        : m_firstCounted(firstCounted)
        , m_since(objects, kNever)
    {
        m_result.objects.resize(objects);
    }

    bool has(std::uint32_t object) const { return m_since[object] != kNever; }
    void ask(std::uint32_t object, std::uint64_t event)
    {
        if (event < m_firstCounted)
            return;
        ++m_result.objects[object].requests;
        m_result.objects[object].hits += has(object);
    }
    void load(std::uint32_t object, std::uint64_t event) { m_since[object] = event; }
    void evict(std::uint32_t object, std::uint64_t event)
    {
        m_result.objects[object].evictions += event >= m_firstCounted && m_since[object] < event;
        leave(object, event);
    }
    /// It is not resident after this event any more.
    void leave(std::uint32_t object, std::uint64_t event)
    {
        const std::uint64_t since = std::max(m_since[object], m_firstCounted);
        m_result.objects[object].held += event > since ? event - since : 0;
        m_since[object] = kNever;
    }
    void leaveAll(std::uint64_t event)
    {
        for (std::uint32_t object = 0; object < m_since.size(); ++object) {
            if (has(object))
                leave(object, event);
        }
    }
    PoolResidency take(std::uint64_t events)
    {
        leaveAll(events);
        m_result.events = events - std::min(events, m_firstCounted);
        return std::move(m_result);
    }

private:
    static constexpr std::uint64_t kNever = UINT64_MAX;
    const std::uint64_t m_firstCounted;
    std::vector<std::uint64_t> m_since; ///< [object] the event that loaded it; kNever: it is not resident
    PoolResidency m_result;
};

}

PoolResidency replayResidency(const EventStream& stream, const Contract& contract, SteppedCache& cache,
    std::uint64_t end, FateWindow* window, const std::stop_token& stop)
{
    const std::uint32_t objects = stream.numObjects();
    Residents residents(objects, std::uint64_t(contract.warmUpSteps) * stream.sites.size());
    std::vector<std::uint64_t> pinnedUntil(objects);
    std::vector<std::uint32_t> missing, evicted;
    std::vector<Fate> fates(objects);
    std::size_t start = 0;
    end = std::min(end, stream.numEvents);
    for (std::uint64_t i = 0; i < end; ++i) {
        if (i % 4096 == 0 && stop.stop_requested())
            break;
        if (contract.flushBetweenSequences && start < stream.sequenceStarts.size() && stream.sequenceStarts[start] == i) {
            ++start;
            residents.leaveAll(i);
            cache.clear();
        }
        const auto event = stream.event(i);
        const bool watched = window && i >= window->first && i - window->first < window->count;
        for (std::uint32_t object = 0; watched && object < objects; ++object)
            fates[object] = residents.has(object) ? Fate::Held : Fate::Absent;
        missing.clear();
        evicted.clear();
        for (const std::uint32_t object : event) {
            residents.ask(object, i);
            pinnedUntil[object] = i + 1;
            if (!residents.has(object))
                missing.push_back(object);
        }
        cache.serve(event, missing, Kept{pinnedUntil.data(), i}, evicted);
        for (const std::uint32_t object : missing)
            residents.load(object, i);
        for (const std::uint32_t object : evicted)
            residents.evict(object, i);
        if (!watched)
            continue;
        for (const std::uint32_t object : evicted)
            fates[object] = Fate::Evicted;
        for (const std::uint32_t object : event) // an event that does not fit loses some of its own
            fates[object] = Fate::Hit;
        for (const std::uint32_t object : missing)
            fates[object] = Fate::Loaded;
        window->fates.insert(window->fates.end(), fates.begin(), fates.end());
    }
    return residents.take(end);
}

}
