// SPDX-License-Identifier: GPL-3.0-or-later
//
// The link that experts come over (simulation.md 3.21), one transfer at a time: demands first, in the order in which
// they are given; prefetches when nothing else is wanted, first come first served. A transfer takes latency + transfer,
// the latter in equal chunks; a demand waits for the chunk that is being sent, then the interrupted prefetch goes on
// behind the demands and pays the latency again. With one chunk nothing is ever interrupted.
//
// Times only grow, and an event waits for all its demands: so the queue of prefetches need not be looked at but when
// an event begins.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace expertscope::prefetch {

class LinkQueue
{
public:
    /// Times in any unit.
    LinkQueue(std::size_t numObjects, std::uint64_t latency, std::uint64_t transfer, std::uint32_t chunks)
        : m_tickets(numObjects)
        , m_latency(latency)
        , m_transfer(transfer)
        , m_chunks(chunks)
    {
    }

    /// A prefetch, at time `now`; it begins then at the earliest.
    void push(std::uint32_t object, std::uint64_t now)
    {
        m_tickets[object] = ++m_lastTicket;
        m_queue.push_back({now, m_lastTicket, object});
    }
    bool isComing(std::uint32_t object) const { return m_tickets[object] != 0; }
    /// Nobody wants it any more. True: nothing of it was sent, nor will be. False: it is sent to its end.
    bool drop(std::uint32_t object)
    {
        const bool begun = m_current.ticket && m_current.ticket == m_tickets[object];
        m_tickets[object] = 0;
        return !begun;
    }

    /// Prefetches go on until then; calls arrived(object) for each that is there by `until`.
    template <typename Arrived> void advance(std::uint64_t until, const Arrived& arrived)
    {
        for (;;) {
            if (!m_current.ticket) {
                while (m_head < m_queue.size() && m_tickets[m_queue[m_head].object] != m_queue[m_head].ticket)
                    ++m_head;
                if (m_head == m_queue.size()) {
                    m_queue.clear();
                    m_head = 0;
                    return;
                }
                const std::uint64_t start = std::max(m_free, m_queue[m_head].ready);
                if (start >= until)
                    return;
                m_current = m_queue[m_head++];
                m_start = start;
                m_done = 0;
            }
            const std::uint64_t end = border(m_chunks);
            if (end > until)
                return;
            finish(end, arrived);
        }
    }

    /// When the link would be free for demands that come at `now`, up to which the prefetches went on; or, if what is
    /// just being sent is one of them (isWanted(object)), when that is there.
    template <typename IsWanted> std::uint64_t freeAt(std::uint64_t now, const IsWanted& isWanted) const
    {
        return isSending(now) ? border(lastChunk(now, isWanted)) : now;
    }
    /// There are such demands. Returns freeAt().
    template <typename IsWanted, typename Arrived>
    std::uint64_t interrupt(std::uint64_t now, const IsWanted& isWanted, const Arrived& arrived)
    {
        if (!isSending(now))
            return now;
        const std::uint32_t last = lastChunk(now, isWanted);
        const std::uint64_t end = border(last);
        if (last == m_chunks) {
            finish(end, arrived);
        } else {
            m_busy += end - m_start;
            m_done = last;
        }
        return end;
    }
    /// A demand, once the link is free; returns when it is there. What was sent of it as a prefetch counts.
    std::uint64_t demand(std::uint32_t object, std::uint64_t free)
    {
        std::uint64_t time = m_latency + m_transfer;
        if (m_current.ticket && m_tickets[object] == m_current.ticket) {
            time = m_latency + m_transfer - sent(m_done);
            m_current.ticket = 0;
        }
        m_tickets[object] = 0;
        m_busy += time;
        return free + time;
    }
    std::uint64_t demandTime() const { return m_latency + m_transfer; }
    /// The demands are served; what was interrupted goes on.
    void resume(std::uint64_t free) { m_free = m_start = free; }

    std::uint64_t busy() const { return m_busy; } ///< time of all that was sent, but for what is being sent

private:
    struct Transfer
    {
        std::uint64_t ready = 0;
        std::uint64_t ticket = 0; ///< 0: none
        std::uint32_t object = 0;
    };

    bool isSending(std::uint64_t now) const { return m_current.ticket && m_start < now; }
    /// Which chunk of the current transfer is the last before demands at `now`.
    template <typename IsWanted> std::uint32_t lastChunk(std::uint64_t now, const IsWanted& isWanted) const
    {
        if (m_tickets[m_current.object] == m_current.ticket && isWanted(m_current.object))
            return m_chunks;
        std::uint32_t last = m_done + 1;
        while (border(last) < now)
            ++last;
        return last;
    }
    std::uint64_t sent(std::uint32_t chunks) const { return m_transfer * chunks / m_chunks; }
    /// When so many chunks of the current transfer are through.
    std::uint64_t border(std::uint32_t chunks) const { return m_start + m_latency + sent(chunks) - sent(m_done); }
    template <typename Arrived> void finish(std::uint64_t end, const Arrived& arrived)
    {
        m_busy += end - m_start;
        m_free = end;
        if (m_tickets[m_current.object] == m_current.ticket) {
            m_tickets[m_current.object] = 0;
            arrived(m_current.object);
        }
        m_current.ticket = 0;
    }

    std::vector<std::uint64_t> m_tickets; ///< [object] of its prefetch; 0: none is coming
    std::vector<Transfer> m_queue; ///< from m_head on; those whose ticket is no more their object's were taken out
    std::size_t m_head = 0;
    Transfer m_current; ///< begun; being sent from m_start on, if that is in the past
    std::uint64_t m_start = 0, m_free = 0, m_busy = 0, m_lastTicket = 0;
    std::uint32_t m_done = 0; ///< chunks of the current one before m_start
    const std::uint64_t m_latency, m_transfer;
    const std::uint32_t m_chunks;
};

}
