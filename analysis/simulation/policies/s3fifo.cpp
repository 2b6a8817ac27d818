// SPDX-License-Identifier: GPL-3.0-or-later
//
// S3-FIFO (Yang et al., SOSP 2023): a small queue for what is new, a main queue for what was used again, and a ghost
// queue of names that left the small one. Uses are counted up to 3 and forgotten in moving from small to main.
//   small holds its share or more: its oldest goes to main if it was used more than once (and the next is looked at), to
//     the ghosts if not; if main overflows by that, or small is exhausted, main evicts instead.
//   main: the oldest that was not used leaves; those before it lose one use and go to the newest end.
// Sizes: small = `small` x capacity, rounded down, but at least 1; main = the rest, and as many ghosts, at least 1. So it
// works from capacity 1 on. Members of the event are passed as if they were not there; a queue of nothing else leaves
// the eviction to the other.
#include "analysis/simulation/one_size/one_size_replay.h"

namespace expertscope::simulation {

namespace {

class S3FifoCache
{
public:
    static constexpr bool kHitsAreMarks = true;

    S3FifoCache(std::uint32_t numObjects, std::uint32_t capacity, const Contract&, double smallShare)
        : m_capacity(capacity)
        , m_smallSize(std::clamp(static_cast<std::uint32_t>(double(capacity) * smallShare), 1u, capacity))
        , m_mainSize(std::max(capacity - m_smallSize, 1u))
        , m_lists(numObjects)
        , m_uses(numObjects)
    {
    }
    bool holds(std::uint32_t object) const { return m_lists.listOf(object) < kGhosts; }
    void hit(std::uint32_t object) { m_uses[object] = static_cast<std::uint8_t>(std::min(m_uses[object] + 1, 3)); }
    template <typename Pinned> std::uint32_t load(std::uint32_t object, const Pinned& pinned)
    {
        std::uint32_t victim = kNobody;
        const bool known = m_lists.listOf(object) == kGhosts;
        if (known)
            m_lists.remove(object);
        if (m_lists.size(kSmall) + m_lists.size(kMain) == m_capacity) {
            if (m_lists.size(kSmall) >= m_smallSize)
                victim = evictSmall(pinned);
            if (victim == kNobody)
                victim = evictMain(pinned);
            if (victim == kNobody) // members of the event fill the main queue
                toGhosts(victim = m_lists.oldestBut(kSmall, pinned));
        }
        m_uses[object] = 0;
        m_lists.append(known ? kMain : kSmall, object);
        return victim;
    }
    void clear() { m_lists.clear(); }

private:
    enum : std::uint32_t
    {
        kSmall,
        kMain,
        kGhosts,
        kNumLists
    };

    template <typename Pinned> std::uint32_t evictSmall(const Pinned& pinned)
    {
        std::uint32_t candidate = m_lists.oldestBut(kSmall, pinned);
        while (candidate != kNobody) {
            if (m_uses[candidate] <= 1) {
                toGhosts(candidate);
                return candidate;
            }
            m_uses[candidate] = 0;
            m_lists.moveTo(kMain, candidate);
            if (m_lists.size(kMain) > m_mainSize)
                return kNobody; // main evicts
            candidate = m_lists.oldestBut(kSmall, pinned);
        }
        return kNobody;
    }
    template <typename Pinned> std::uint32_t evictMain(const Pinned& pinned)
    {
        std::uint32_t candidate = m_lists.oldestBut(kMain, pinned);
        while (candidate != kNobody && m_uses[candidate] > 0) {
            --m_uses[candidate];
            m_lists.moveTo(kMain, candidate);
            candidate = m_lists.oldestBut(kMain, pinned);
        }
        if (candidate != kNobody)
            m_lists.remove(candidate);
        return candidate;
    }
    void toGhosts(std::uint32_t object)
    {
        m_lists.moveTo(kGhosts, object);
        if (m_lists.size(kGhosts) > m_mainSize)
            m_lists.remove(m_lists.oldest(kGhosts));
    }

    const std::uint32_t m_capacity, m_smallSize, m_mainSize;
    ObjectLists<kNumLists> m_lists;
    std::vector<std::uint8_t> m_uses;
};

}

PolicySpec s3fifoPolicy()
{
    return {.name = "s3fifo",
        .definition = "a small queue for new ones, a main queue for those used again, and the names of those that left the "
                      "small one",
        .source = "Yang et al., SOSP 2023",
        .residentFirst = true,
        .params = {{.name = "small",
            .standard = "0.1",
            .meaning = "share of the slots that is the small queue's; it has at least 1",
            .least = 0,
            .most = 1}},
        .make = [](const Parameters& params) {
            return std::make_unique<OneSizePolicy<S3FifoCache, double>>(params.number("small"));
        },
        .capacitiesATask = 1,
        .makeCache =
            [](const Parameters& params, const EventStream& stream, std::uint32_t capacity, const Contract& contract) {
                return std::make_unique<SteppedCacheOf<S3FifoCache>>(
                    stream.numObjects(), capacity, contract, params.number("small"));
            },
        .makeStepped = [](const Parameters& params, const EventStream& stream, const Contract& contract,
                           std::uint32_t capacity) {
            return std::make_unique<OneSizeReplay<S3FifoCache>>(stream, contract, capacity, params.number("small"));
        }};
}

}
