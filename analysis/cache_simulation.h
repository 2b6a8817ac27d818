// SPDX-License-Identifier: GPL-3.0-or-later
//
// Caches of experts over one sequence, several sizes at once, in the frame of moe-lrc (metrics 1.2): the hits of a token
// are judged against the cache as it was before the token; then its experts enter one by one in rank order, each miss
// with a full cache evicting a member, never the one that comes in.
#pragma once

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

enum class CachePolicy
{
    Lru, ///< evicts the expert not used for longest
    Lfu, ///< the one used least often since the sequence began, evicted or not; then the least recent
    Belady, ///< the one whose next use is farthest, counted in single choices
    LookAhead ///< the one used least in the rest of this token and the m - 1 after it; then the least recent (SCH v4)
};

/// Memory for simulations; one a thread.
///
/// All four policies evict by a priority that does not depend on the cache. So a smaller cache holds a part of what a
/// larger one holds (Mattson et al. 1970), and it is enough to know for each expert the smallest size that holds it.
/// Priorities are turned into whole numbers beforehand, in their order, none twice; the members that one size has and the
/// next smaller one has not are a set of bits, the first of which is the next to go.
class CacheSimulator
{
public:
    /// Returns the number of hits by size. `sizes`: ascending, at least 1 each. `warm`: the first `size` distinct experts
    /// of the sequence count as hits. `lookAhead`: m of LookAhead, in tokens. Experts must be below numExperts; more than
    /// 2^30 choices throw std::length_error.
    std::span<const std::uint64_t> run(CachePolicy policy, const AccessStream& stream, std::size_t numExperts,
        std::span<const std::size_t> sizes, bool warm, std::size_t lookAhead = 0);

private:
    static constexpr std::uint32_t kNone = UINT32_MAX;

    struct Expert
    {
        std::uint32_t key = 0; ///< in the ring number `level`
        std::uint16_t level = 0; ///< the smallest size that holds it, by number; as many as there are sizes: none
        bool judged = false, used = false; ///< came up
    };
    template <std::size_t Depth> class Rings;

    std::size_t numKeys() const { return m_owners.size(); }
    void makeKeys(CachePolicy policy, const AccessStream& stream, std::size_t lookAhead);
    void keysOfUses(const AccessStream& stream);
    void keysOfNextUses(const AccessStream& stream);
    void keysOfLookAhead(const AccessStream& stream, std::size_t lookAhead);
    void judge(const std::uint32_t* begin, const std::uint32_t* end, bool warm);
    template <std::size_t Depth> void simulate(const AccessStream& stream, bool warm, std::size_t lookAhead);
    template <std::size_t Depth> void use(Rings<Depth>& rings, std::uint32_t x, std::uint32_t key);
    void simulateLru(const AccessStream& stream, bool warm);

    std::span<const std::size_t> m_sizes;
    std::vector<std::uint64_t> m_hits; ///< [size]
    std::vector<std::uint64_t> m_hitsAt; ///< [size + 1] choices of experts at a level
    std::vector<Expert> m_experts; ///< [E]
    std::size_t m_numUsed = 0, m_numJudged = 0; ///< distinct experts so far
    std::size_t m_numFull = 0; ///< sizes that are full
    std::vector<std::uint64_t> m_bits; ///< of the rings
    std::vector<std::uint32_t> m_keys; ///< by choice; LookAhead: from m_offsets on those that it gets later
    std::vector<std::uint32_t> m_offsets; ///< [choice]
    std::vector<std::uint32_t> m_owners; ///< [key] whose
    std::vector<std::uint32_t> m_counts, m_last, m_starts; ///< for making keys
    std::vector<std::uint32_t> m_place; ///< LookAhead: [E] where its key stands in m_keys
    struct Link
    {
        std::uint32_t previous, next;
    };
    std::vector<Link> m_links; ///< Lru: [E + 1], from the most recent one on
    std::vector<std::uint32_t> m_oldest; ///< Lru: [size] the next to go
};

}
