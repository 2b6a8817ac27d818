// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/sequence_caches/sequence_caches.h"

#include "analysis/sequence_caches/key_sets.h"

#include <algorithm>
#include <stdexcept>

namespace expertscope {

/// The caches of four sizes.
template <std::size_t Depth> class SequenceCaches::Caches
{
public:
    Caches(
        std::vector<std::uint64_t>& bits, std::size_t numKeys, const std::array<std::size_t, kLanes>& sizes, bool warm)
        : m_sets(bits, numKeys)
        , m_sizes(sizes)
        , m_warm(warm)
    {
    }

    /// Counts the hits of a token.
    void judge(const std::uint32_t* begin, const std::uint32_t* end, std::vector<Expert>& experts)
    {
        for (; begin != end; ++begin) {
            Expert& expert = experts[*begin];
            if (expert.key != kNone) {
                const Lanes there = m_sets.has(expert.key);
                for (std::size_t j = 0; j < kLanes; ++j)
                    m_hits[j] += there[j];
            } else if (!expert.judged) {
                expert.judged = true;
                for (std::size_t j = 0; j < kLanes; ++j)
                    m_hits[j] += m_warm && m_numJudged < m_sizes[j];
                ++m_numJudged;
            }
        }
    }

    /// Brings the expert in, with the key that it has from now on.
    void use(Expert& expert, std::uint32_t key)
    {
        if (expert.key != kNone) {
            m_sets.replace(expert.key, key, m_full);
        } else {
            m_sets.add(key, m_full);
            ++m_numUsed;
            for (std::size_t j = 0; j < kLanes; ++j)
                m_full[j] = m_sizes[j] <= m_numUsed;
        }
        expert.key = key;
    }

    /// Gives the expert another key, where it is.
    void move(Expert& expert, std::uint32_t key)
    {
        m_sets.move(expert.key, key);
        expert.key = key;
    }

    const Lanes& hits() const { return m_hits; }

private:
    KeySets<Depth, kLanes> m_sets;
    std::array<std::size_t, kLanes> m_sizes;
    bool m_warm;
    Lanes m_hits{};
    Lanes m_full{}; ///< 1: the size is used up
    std::size_t m_numUsed = 0, m_numJudged = 0; ///< distinct experts so far
};

std::span<const std::uint64_t> SequenceCaches::run(std::span<const CachePass> passes, const AccessStream& stream,
    std::size_t numExperts, std::span<const std::size_t> sizes, bool warm)
{
    m_hits.assign(passes.size() * sizes.size(), 0);
    const bool ranked = numExperts <= kMostRanked && rank(stream, numExperts);
    std::uint64_t* hits = m_hits.data();
    for (std::size_t p = 0; p < passes.size(); ++p, hits += sizes.size()) {
        if (!ranked || passes[p].lookAhead > kMostLookAhead) {
            runKeys(passes[p], stream, numExperts, sizes, warm, hits);
        } else if (passes[p].policy == SequencePolicy::Lru) {
            lruRanked(sizes, warm, hits);
        } else {
            // Those that only look ahead less or more are one.
            const auto others = passes.subspan(p + 1);
            const auto another = std::ranges::find_if(others, [&](const CachePass& other) {
                return other.policy != SequencePolicy::LookAhead || passes[p].policy != other.policy
                    || other.lookAhead > kMostLookAhead;
            });
            const auto more = static_cast<std::size_t>(another - others.begin());
            runRanked(passes.subspan(p, 1 + more), sizes, warm, hits);
            p += more;
            hits += more * sizes.size();
        }
    }
    return m_hits;
}

void SequenceCaches::runKeys(const CachePass& pass, const AccessStream& stream, std::size_t numExperts,
    std::span<const std::size_t> sizes, bool warm, std::uint64_t* hits)
{
    const std::size_t n = stream.experts.size();
    if (n > std::size_t(1) << 28)
        throw std::length_error("a sequence of more than 2^28 choices is too long for a simulated cache");
    m_keys.resize(n);
    m_counts.assign(numExperts, 0);
    m_last.assign(numExperts, kNone);
    std::size_t numKeys = n;
    switch (pass.policy) {
    case SequencePolicy::Lru:
        for (std::size_t i = 0; i < n; ++i)
            m_keys[i] = static_cast<std::uint32_t>(i);
        break;
    case SequencePolicy::Lfu:
        keysOfUses(stream);
        break;
    case SequencePolicy::Belady:
        keysOfNextUses(stream);
        break;
    case SequencePolicy::LookAhead:
        m_lookAhead = pass.lookAhead;
        m_span = std::min(n, std::max<std::size_t>(2 * numExperts, 1024)) + 1;
        numKeys = (pass.lookAhead + 1) * m_span;
    }
    for (std::size_t i = 0; i < sizes.size(); i += kLanes) {
        std::array<std::size_t, kLanes> some;
        for (std::size_t j = 0; j < kLanes; ++j)
            some[j] = sizes[std::min(i + j, sizes.size() - 1)];
        m_experts.assign(numExperts, {});
        const auto simulation = [&]<std::size_t Depth>() {
            Caches<Depth> caches(m_bits, numKeys, some, warm);
            if (pass.policy == SequencePolicy::LookAhead)
                simulateLookAhead(stream, caches);
            else
                simulate(stream, caches);
            for (std::size_t j = 0; j < std::min(kLanes, sizes.size() - i); ++j)
                hits[i + j] = caches.hits()[j];
        };
        if (numKeys <= std::size_t(1) << 12)
            simulation.template operator()<2>();
        else if (numKeys <= std::size_t(1) << 18)
            simulation.template operator()<3>();
        else if (numKeys <= std::size_t(1) << 24)
            simulation.template operator()<4>();
        else
            simulation.template operator()<6>();
    }
}

/// False: a token names an expert twice.
bool SequenceCaches::rank(const AccessStream& stream, std::size_t numExperts)
{
    const std::size_t n = stream.experts.size();
    const std::uint32_t numWords = numExperts <= 64 ? 1 : numExperts <= 128 ? 2 : 4;
    const auto numTokens = static_cast<std::uint32_t>(stream.tokenEnds.size());
    m_bytes.resize(2 * n + 16);
    m_firstUses.resize(64 * numWords);
    m_counts.resize(numTokens + kMostLookAhead + 3);
    m_ranked = {m_bytes.data(), stream.tokenEnds.data(), numTokens, numWords, 0, m_firstUses.data(), m_bytes.data() + n,
        m_counts.data()};
    return rankedKernels().prepare(stream.experts.data(), m_ranked, m_bytes.data(), m_firstUses.data(), m_numUsed);
}

/// Hits that are none: those that fill a cache which starts empty.
std::uint64_t SequenceCaches::fillings(std::size_t size, bool warm) const
{
    return warm ? 0 : std::min<std::size_t>(size, m_numUsed);
}

void SequenceCaches::lruRanked(std::span<const std::size_t> sizes, bool warm, std::uint64_t* hits) const
{
    std::array<std::uint64_t, kMostRanked + 1> upTo{};
    rankedKernels().lru(m_ranked, upTo.data() + 1);
    for (std::size_t d = 0; d < kMostRanked; ++d)
        upTo[d + 1] += upTo[d];
    for (std::size_t s = 0; s < sizes.size(); ++s)
        hits[s] = upTo[std::min<std::size_t>(sizes[s], kMostRanked)] - fillings(sizes[s], warm);
}

/// One pass, or several of LookAhead.
void SequenceCaches::runRanked(
    std::span<const CachePass> passes, std::span<const std::size_t> sizes, bool warm, std::uint64_t* hits)
{
    const RankedPolicy order = passes[0].policy == SequencePolicy::Lfu ? RankedPolicy::Lfu
        : passes[0].policy == SequencePolicy::Belady                   ? RankedPolicy::Belady
                                                                    : RankedPolicy::LookAhead;
    m_lookAheads.clear();
    for (const CachePass& pass : passes)
        m_lookAheads.push_back(static_cast<std::uint32_t>(pass.lookAhead));
    for (std::size_t begin = 0; begin < sizes.size(); begin += kMostSizes) {
        const std::size_t count = std::min<std::size_t>(sizes.size() - begin, kMostSizes);
        std::array<std::uint32_t, kMostSizes> some;
        for (std::size_t s = 0; s < count; ++s)
            some[s] = static_cast<std::uint32_t>(std::min<std::size_t>(sizes[begin + s], kMostRanked));
        m_someHits.assign(passes.size() * count, 0);
        rankedKernels().caches(m_ranked, order, m_lookAheads.data(), static_cast<std::uint32_t>(m_lookAheads.size()),
            some.data(), static_cast<std::uint32_t>(count), m_someHits.data());
        for (std::size_t i = 0; i < m_someHits.size(); ++i) {
            const std::size_t size = begin + i % count;
            hits[i / count * sizes.size() + size] = m_someHits[i] - fillings(sizes[size], warm);
        }
    }
}

/// By (uses so far, time).
void SequenceCaches::keysOfUses(const AccessStream& stream)
{
    const std::size_t n = stream.experts.size();
    m_starts.assign(n + 2, 0);
    for (std::size_t i = 0; i < n; ++i) {
        m_keys[i] = ++m_counts[stream.experts[i]];
        ++m_starts[m_keys[i] + 1];
    }
    for (std::size_t c = 1; c < m_starts.size(); ++c)
        m_starts[c] += m_starts[c - 1];
    for (std::size_t i = 0; i < n; ++i)
        m_keys[i] = m_starts[m_keys[i]]++;
}

/// First those that are not used again, in any order; then the farther the next use, the smaller.
void SequenceCaches::keysOfNextUses(const AccessStream& stream)
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
        keyOfUse = --m_counts[x] == 0 ? kNone : place++; // a first use is nobody's next
    }
}

template <std::size_t Depth> void SequenceCaches::simulate(const AccessStream& stream, Caches<Depth>& caches)
{
    const std::uint32_t* const x = stream.experts.data();
    std::size_t i = 0;
    for (const std::size_t end : stream.tokenEnds) {
        caches.judge(x + i, x + end, m_experts);
        for (; i < end; ++i)
            caches.use(m_experts[x[i]], m_keys[i]);
    }
}

/// Uses ahead are at most m, unless a token names an expert twice.
std::uint32_t SequenceCaches::keyOf(const Expert& expert) const
{
    return static_cast<std::uint32_t>(std::min<std::size_t>(expert.ahead, m_lookAhead) * m_span + expert.place);
}

/// Keys by (uses ahead, time of the last use), which change at a use and when a use comes into sight. Times are counted
/// from 0 to m_span, then the experts are numbered afresh in their order.
template <std::size_t Depth> void SequenceCaches::simulateLookAhead(const AccessStream& stream, Caches<Depth>& caches)
{
    const std::uint32_t* const x = stream.experts.data();
    const std::size_t T = stream.tokenEnds.size();
    std::size_t seen = 0;
    std::uint32_t now = 0;
    const auto see = [&](std::size_t end) {
        for (; seen < end; ++seen) {
            Expert& expert = m_experts[x[seen]];
            ++expert.ahead;
            if (expert.key != kNone)
                caches.move(expert, keyOf(expert));
        }
    };
    if (T > 0)
        see(stream.tokenEnds[std::min(m_lookAhead, T) - 1]);
    std::size_t i = 0;
    for (std::size_t t = 0; t < T; ++t) {
        const std::size_t end = stream.tokenEnds[t];
        caches.judge(x + i, x + end, m_experts);
        for (; i < end; ++i) {
            if (now == m_span)
                now = renumber(caches);
            Expert& expert = m_experts[x[i]];
            --expert.ahead;
            expert.place = now++;
            caches.use(expert, keyOf(expert));
        }
        if (t + m_lookAhead < T)
            see(stream.tokenEnds[t + m_lookAhead]);
    }
}

/// Returns the number of experts used so far.
template <std::size_t Depth> std::uint32_t SequenceCaches::renumber(Caches<Depth>& caches)
{
    m_order.assign(m_span, kNone);
    for (std::uint32_t x = 0; x < m_experts.size(); ++x) {
        if (m_experts[x].key != kNone)
            m_order[m_experts[x].place] = x;
    }
    std::uint32_t place = 0;
    for (const std::uint32_t x : m_order) { // places only go down: no two experts ever share one
        if (x == kNone)
            continue;
        Expert& expert = m_experts[x];
        expert.place = place++;
        caches.move(expert, keyOf(expert));
    }
    return place;
}

}
