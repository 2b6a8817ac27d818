// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/simulation/stack/priority_replay.h"

namespace expertscope::simulation {

/// Objects in the order of a score, higher first; ties go to the more recent, of an event to the stronger router rank,
/// then to the lower id. Scores change for a few objects at a time.
class RankOrder
{
public:
    explicit RankOrder(std::uint32_t numObjects);

    double score(std::uint32_t object) const { return m_keys[object].score; }
    /// The next use of an object; sets how recent it is. Of an event's objects the first is the most recent.
    void use(std::uint32_t object, std::uint64_t event, std::uint32_t rank);
    /// To be followed by reorder() of all objects whose score or recency changed.
    void setScore(std::uint32_t object, double score) { m_keys[object].score = score; }
    /// Multiplies all scores: no order changes unless scores become equal, which the caller must rule out or not mind.
    void scale(double factor);
    /// Puts these objects, each named once, where they belong, and says how they moved.
    void reorder(std::span<const std::uint32_t> objects, Moves& moves);
    const std::vector<std::uint32_t>& ranks() const { return m_ranks; }

private:
    struct Key
    {
        double score = 0;
        std::uint64_t recency = 0; ///< of those never used the lower ids have more; no two have the same
    };
    static constexpr int kRankBits = 20; ///< of a recency, for the router rank
    static bool before(const Key& x, const Key& y)
    {
        return bool(int(x.score > y.score) | (int(x.score == y.score) & int(x.recency > y.recency)));
    }
    void move(std::uint32_t object);

    std::vector<Key> m_keys; ///< [U]
    std::vector<Key> m_placed; ///< [U] when last reordered
    std::vector<std::uint32_t> m_ranks; ///< [U] by object
    std::vector<std::uint32_t> m_order; ///< [U] by rank
    const std::uint64_t m_offset; ///< of events in recencies: these are above all that are never used
    std::vector<std::uint32_t> m_kept, m_sorted; ///< scratch
};

}
