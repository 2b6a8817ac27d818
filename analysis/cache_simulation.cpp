// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/cache_simulation.h"

#include <algorithm>
#include <array>
#include <bit>
#include <stdexcept>

namespace expertscope {

/// The members by size: ring 0 holds those of the smallest, ring j what size j holds beyond size j - 1. A set of keys is
/// a bit each; a word of one of the Depth - 1 levels above tells which of 64 words below are not 0.
template <std::size_t Depth> class CacheSimulator::Rings
{
public:
    Rings(std::vector<std::uint64_t>& bits, std::size_t numRings, std::size_t numKeys)
    {
        std::size_t words = numKeys;
        for (std::size_t level = 0; level < Depth; ++level) {
            words = std::max<std::size_t>((words + 63) / 64, 1);
            m_offset[level] = m_size;
            m_size += words;
        }
        bits.assign(m_size * numRings, 0);
        m_bits = bits.data();
    }

    void insert(std::size_t ring, std::uint32_t key)
    {
        std::uint64_t* const bits = m_bits + ring * m_size;
        for (std::size_t level = 0; level < Depth; ++level) {
            bits[m_offset[level] + (key >> 6)] |= std::uint64_t(1) << (key & 63);
            key >>= 6;
        }
    }
    void erase(std::size_t ring, std::uint32_t key)
    {
        std::uint64_t* const bits = m_bits + ring * m_size;
        for (std::size_t level = 0; level < Depth; ++level) {
            if ((bits[m_offset[level] + (key >> 6)] &= ~(std::uint64_t(1) << (key & 63))) != 0)
                return;
            key >>= 6;
        }
    }
    /// The ring must not be empty.
    std::uint32_t least(std::size_t ring) const
    {
        const std::uint64_t* const bits = m_bits + ring * m_size;
        std::uint32_t place = 0;
        for (std::size_t level = Depth; level-- > 0;)
            place = place * 64 + static_cast<std::uint32_t>(std::countr_zero(bits[m_offset[level] + place]));
        return place;
    }

private:
    std::array<std::size_t, Depth> m_offset{}; ///< of a level among the words of a ring; the last has one word
    std::size_t m_size = 0;
    std::uint64_t* m_bits;
};

std::span<const std::uint64_t> CacheSimulator::run(CachePolicy policy, const AccessStream& stream,
    std::size_t numExperts, std::span<const std::size_t> sizes, bool warm, std::size_t lookAhead)
{
    if (stream.experts.size() > (std::size_t(1) << 30))
        throw std::length_error("a sequence of more than 2^30 choices is too long for a simulated cache");
    m_sizes = sizes;
    m_hits.assign(sizes.size(), 0);
    m_hitsAt.assign(sizes.size() + 1, 0);
    m_experts.assign(numExperts, {0, static_cast<std::uint16_t>(sizes.size()), false, false});
    m_numUsed = m_numJudged = m_numFull = 0;
    if (policy == CachePolicy::Lru) {
        simulateLru(stream, warm);
    } else {
        makeKeys(policy, stream, lookAhead);
        const std::size_t m = policy == CachePolicy::LookAhead ? lookAhead : 0;
        const std::size_t keys = numKeys();
        if (keys <= std::size_t(1) << 12)
            simulate<2>(stream, warm, m);
        else if (keys <= std::size_t(1) << 18)
            simulate<3>(stream, warm, m);
        else if (keys <= std::size_t(1) << 24)
            simulate<4>(stream, warm, m);
        else
            simulate<6>(stream, warm, m);
    }
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i)
        m_hits[i] = sum += m_hitsAt[i];
    return m_hits;
}

void CacheSimulator::makeKeys(CachePolicy policy, const AccessStream& stream, std::size_t lookAhead)
{
    const std::size_t n = stream.experts.size();
    m_keys.resize(n);
    m_owners.resize(n);
    m_counts.assign(m_experts.size(), 0);
    m_last.assign(m_experts.size(), kNone);
    if (policy == CachePolicy::Lfu)
        keysOfUses(stream);
    else if (policy == CachePolicy::Belady)
        keysOfNextUses(stream);
    else
        keysOfLookAhead(stream, lookAhead);
}

/// By (uses so far, time).
void CacheSimulator::keysOfUses(const AccessStream& stream)
{
    const std::size_t n = stream.experts.size();
    m_starts.assign(n + 2, 0);
    for (std::size_t i = 0; i < n; ++i) {
        m_keys[i] = ++m_counts[stream.experts[i]];
        ++m_starts[m_keys[i] + 1];
    }
    for (std::size_t c = 1; c < m_starts.size(); ++c)
        m_starts[c] += m_starts[c - 1];
    for (std::size_t i = 0; i < n; ++i) {
        m_keys[i] = m_starts[m_keys[i]]++;
        m_owners[m_keys[i]] = stream.experts[i];
    }
}

/// First those that are not used again, in any order; then the farther the next use, the smaller.
void CacheSimulator::keysOfNextUses(const AccessStream& stream)
{
    const std::size_t n = stream.experts.size();
    std::uint32_t never = 0;
    for (std::size_t i = 0; i < n; ++i)
        never += m_counts[stream.experts[i]]++ == 0; // as many experts have a last use as have a first one
    std::uint32_t place = never;
    for (std::size_t i = n; i-- > 0;) {
        const std::uint32_t x = stream.experts[i];
        std::uint32_t& keyOfUse = m_last[x]; // of having its next use at the last place that we saw
        m_keys[i] = keyOfUse == kNone ? --never : keyOfUse;
        m_owners[m_keys[i]] = x;
        keyOfUse = --m_counts[x] == 0 ? kNone : place++; // a first use is nobody's next
    }
}

/// By (uses ahead, time of the last use), both as they change: at the use, and whenever a use comes into sight.
void CacheSimulator::keysOfLookAhead(const AccessStream& stream, std::size_t lookAhead)
{
    const std::size_t n = stream.experts.size(), T = stream.tokenEnds.size();
    const std::uint32_t* const x = stream.experts.data();
    // m_offsets[i]: how many keys the use i has; m_starts[i]: uses ahead just after it
    m_offsets.assign(n + 1, 0);
    m_starts.assign(n, 0);
    std::size_t seen = 0;
    std::uint32_t most = 0;
    const auto see = [&](std::size_t end) {
        for (; seen < end; ++seen) {
            most = std::max(most, ++m_counts[x[seen]]);
            if (m_last[x[seen]] != kNone)
                ++m_offsets[m_last[x[seen]]];
        }
    };
    if (T > 0)
        see(stream.tokenEnds[std::min(lookAhead, T) - 1]);
    std::size_t i = 0;
    for (std::size_t t = 0; t < T; ++t) {
        for (; i < stream.tokenEnds[t]; ++i) {
            m_starts[i] = --m_counts[x[i]];
            m_offsets[i] = 1;
            m_last[x[i]] = static_cast<std::uint32_t>(i);
        }
        if (t + lookAhead < T)
            see(stream.tokenEnds[t + lookAhead]);
    }
    std::vector<std::uint32_t> firstOf(std::size_t(most) + 2, 0); // [uses ahead] the next key
    std::uint32_t keys = 0;
    for (i = 0; i < n; ++i) {
        for (std::uint32_t c = 0; c < m_offsets[i]; ++c)
            ++firstOf[m_starts[i] + c + 1];
        keys += m_offsets[i];
    }
    for (std::size_t c = 1; c < firstOf.size(); ++c)
        firstOf[c] += firstOf[c - 1];
    m_keys.resize(keys);
    m_owners.resize(keys);
    std::uint32_t at = 0;
    for (i = 0; i < n; ++i) {
        const std::uint32_t count = m_offsets[i];
        m_offsets[i] = at;
        for (std::uint32_t c = 0; c < count; ++c) {
            const std::uint32_t key = firstOf[m_starts[i] + c]++;
            m_keys[at++] = key;
            m_owners[key] = x[i];
        }
    }
}

/// Against the caches as they are.
void CacheSimulator::judge(const std::uint32_t* begin, const std::uint32_t* end, bool warm)
{
    for (; begin != end; ++begin) {
        Expert& expert = m_experts[*begin];
        ++m_hitsAt[expert.level];
        if (expert.judged)
            continue;
        expert.judged = true;
        const auto fits = std::ranges::upper_bound(m_sizes, m_numJudged++);
        if (warm) {
            --m_hitsAt[expert.level];
            ++m_hitsAt[std::size_t(fits - m_sizes.begin())];
        }
    }
}

template <std::size_t Depth> void CacheSimulator::use(Rings<Depth>& rings, std::uint32_t x, std::uint32_t key)
{
    Expert& expert = m_experts[x];
    const auto outside = static_cast<std::uint16_t>(m_sizes.size());
    const std::uint16_t level = expert.level;
    if (level != outside)
        rings.erase(level, expert.key);
    // All sizes below `last` are full, lack x, and lose one: the least of all they hold. It is the least of their own
    // ring or what the size before has just lost.
    const auto last = static_cast<std::uint16_t>(std::min<std::size_t>(level, m_numFull));
    if (last > 0) {
        std::uint32_t lost = rings.least(0);
        rings.erase(0, lost);
        for (std::uint16_t j = 1; j < last; ++j) {
            const std::uint32_t least = rings.least(j);
            if (least > lost)
                continue;
            rings.erase(j, least);
            rings.insert(j, lost);
            m_experts[m_owners[lost]].level = j;
            lost = least;
        }
        if (last != outside)
            rings.insert(last, lost);
        m_experts[m_owners[lost]].level = last;
    }
    rings.insert(0, key);
    expert.key = key;
    expert.level = 0;
    if (!expert.used) {
        expert.used = true;
        ++m_numUsed;
        while (m_numFull < m_sizes.size() && m_sizes[m_numFull] <= m_numUsed)
            ++m_numFull;
    }
}

template <std::size_t Depth>
void CacheSimulator::simulate(const AccessStream& stream, bool warm, std::size_t lookAhead)
{
    Rings<Depth> rings(m_bits, m_sizes.size(), numKeys());
    const std::size_t T = stream.tokenEnds.size();
    const std::uint32_t* const x = stream.experts.data();
    if (lookAhead)
        m_place.assign(m_experts.size(), 0);
    std::size_t i = 0, seen = lookAhead && T ? stream.tokenEnds[std::min(lookAhead, T) - 1] : 0;
    for (std::size_t t = 0; t < T; ++t) {
        const std::size_t end = stream.tokenEnds[t];
        judge(x + i, x + end, warm);
        if (!lookAhead) {
            for (; i < end; ++i)
                use(rings, x[i], m_keys[i]);
            continue;
        }
        for (; i < end; ++i) {
            m_place[x[i]] = m_offsets[i];
            use(rings, x[i], m_keys[m_offsets[i]]);
        }
        if (t + lookAhead >= T)
            continue;
        for (; seen < stream.tokenEnds[t + lookAhead]; ++seen) {
            Expert& expert = m_experts[x[seen]];
            if (!expert.used)
                continue;
            const std::uint32_t key = m_keys[++m_place[x[seen]]];
            if (expert.level < m_sizes.size()) {
                rings.erase(expert.level, expert.key);
                rings.insert(expert.level, key);
                expert.key = key;
            }
        }
    }
}

/// The same with a list in the order of use: what a full size loses is the last it holds.
void CacheSimulator::simulateLru(const AccessStream& stream, bool warm)
{
    const auto end = static_cast<std::uint32_t>(m_experts.size());
    m_links.assign(m_experts.size() + 1, {end, end});
    m_oldest.assign(m_sizes.size(), end);
    const std::uint32_t* const x = stream.experts.data();
    std::size_t i = 0;
    for (const std::size_t tokenEnd : stream.tokenEnds) {
        judge(x + i, x + tokenEnd, warm);
        for (; i < tokenEnd; ++i) {
            Expert& expert = m_experts[x[i]];
            const std::uint32_t first = m_links[end].next;
            if (x[i] == first)
                continue;
            if (expert.used) {
                const Link link = m_links[x[i]];
                m_links[link.previous].next = link.next;
                m_links[link.next].previous = link.previous;
                if (expert.level < m_oldest.size() && m_oldest[expert.level] == x[i])
                    m_oldest[expert.level] = link.previous;
            }
            m_links[x[i]] = {end, first};
            m_links[first].previous = x[i];
            m_links[end].next = x[i];
            const std::size_t last = std::min<std::size_t>(expert.level, m_numFull);
            for (std::size_t j = 0; j < last; ++j) {
                const std::uint32_t lost = m_oldest[j];
                m_experts[lost].level = static_cast<std::uint16_t>(j + 1);
                m_oldest[j] = m_links[lost].previous;
            }
            expert.level = 0;
            if (!expert.used) {
                expert.used = true;
                ++m_numUsed;
                while (m_numFull < m_sizes.size() && m_sizes[m_numFull] <= m_numUsed)
                    m_oldest[m_numFull++] = m_links[end].previous;
            }
        }
    }
}

}
