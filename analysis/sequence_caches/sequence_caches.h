// SPDX-License-Identifier: GPL-3.0-or-later
//
// Caches of experts over one sequence, several sizes at once, in the frame of moe-lrc (metrics 1.2): the hits of a
// token are judged against the cache as it was before the token; then its experts enter one by one in rank order, each
// miss with a full cache evicting a member, never the one that comes in.
#pragma once

#include "analysis/sequence_caches/ranked_caches.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace expertscope {

/// The choices of one sequence.
struct AccessStream
{
    std::vector<std::uint32_t> experts; ///< token by token, in rank order
    std::vector<std::uint32_t> tokenEnds; ///< [T] where each token's choices end in `experts`

    void clear()
    {
        experts.clear();
        tokenEnds.clear();
    }
};

enum class SequencePolicy
{
    Lru, ///< evicts the expert not used for longest
    Lfu, ///< the one used least often since the sequence began, evicted or not; then the least recent
    Belady, ///< the one whose next use is farthest, counted in single choices
    LookAhead ///< the one used least in the rest of this token and the m - 1 after it; then the least recent (SCH v4)
};

struct CachePass
{
    SequencePolicy policy;
    std::size_t lookAhead = 0; ///< m of LookAhead, in tokens
};

/// Memory for simulations; one a thread.
///
/// All four policies evict by a priority that does not depend on the cache. Up to 256 experts are kept in its order
/// (ranked_caches.h). With more it is turned into a whole number, its key; a cache is the set of the keys of its
/// members, a bit each, and evicts the first bit. Four sizes are simulated at a time, side by side and without
/// branches: whether an expert is there is anybody's guess.
class SequenceCaches
{
public:
    /// Returns the number of hits, [pass][size]. `sizes`: at least 1 each. `warm`: the first `size` distinct experts of
    /// the sequence count as hits. Experts must be below numExperts; more than 2^28 choices throw std::length_error.
    std::span<const std::uint64_t> run(std::span<const CachePass> passes, const AccessStream& stream,
        std::size_t numExperts, std::span<const std::size_t> sizes, bool warm);

private:
    static constexpr std::uint32_t kNone = UINT32_MAX;
    static constexpr std::size_t kLanes = 4; ///< sizes at a time
    using Lanes = std::array<std::uint64_t, kLanes>;
    template <std::size_t Depth> class Caches;

    struct Expert
    {
        std::uint32_t key = kNone; ///< of its last use
        std::uint32_t place = 0, ahead = 0; ///< LookAhead: what its key is made of
        bool judged = false;
    };

    bool rank(const AccessStream& stream, std::size_t numExperts);
    std::uint64_t fillings(std::size_t size, bool warm) const;
    void lruRanked(std::span<const std::size_t> sizes, bool warm, std::uint64_t* hits) const;
    void runRanked(
        std::span<const CachePass> passes, std::span<const std::size_t> sizes, bool warm, std::uint64_t* hits);
    void runKeys(const CachePass& pass, const AccessStream& stream, std::size_t numExperts,
        std::span<const std::size_t> sizes, bool warm, std::uint64_t* hits);
    void keysOfUses(const AccessStream& stream);
    void keysOfNextUses(const AccessStream& stream);
    std::uint32_t keyOf(const Expert& expert) const;
    template <std::size_t Depth> void simulate(const AccessStream& stream, Caches<Depth>& caches);
    template <std::size_t Depth> void simulateLookAhead(const AccessStream& stream, Caches<Depth>& caches);
    template <std::size_t Depth> std::uint32_t renumber(Caches<Depth>& caches);

    std::vector<std::uint64_t> m_hits; ///< [pass][size]
    RankedStream m_ranked{};
    std::vector<std::uint32_t> m_lookAheads; ///< for m_ranked
    std::vector<std::uint64_t> m_someHits; ///< from m_ranked
    std::vector<std::uint8_t> m_bytes, m_firstUses; ///< for m_ranked
    std::uint32_t m_numUsed = 0; ///< experts
    std::vector<Expert> m_experts; ///< [E]
    std::vector<std::uint64_t> m_bits; ///< of the sets
    std::vector<std::uint32_t> m_keys; ///< [choice]
    std::vector<std::uint32_t> m_counts, m_last, m_starts; ///< for making keys
    std::size_t m_lookAhead = 0, m_span = 0; ///< LookAhead: places there are for keys
    std::vector<std::uint32_t> m_order; ///< LookAhead: [place] whose it is, when experts are renumbered
};

}
