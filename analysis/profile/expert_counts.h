// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a pass counts of one expert.
#pragma once

#include "analysis/profile/weight_sample.h"
#include "analysis/spine/fixed_sum.h"
#include "analysis/spine/tile.h"
#include "analysis/spine/token_set.h"
#include "analysis/study/scope.h"

#include <map>

namespace expertscope {

/// Tokens of each sequence. One for all workers: the pieces of a sequence are shown to one of them.
struct SequenceCounts
{
    explicit SequenceCounts(std::size_t numSequences)
        : tokens(numSequences)
        , chosen(numSequences)
    {
    }
    std::vector<std::uint32_t> tokens, chosen; ///< [S]
};

/// Occurrences of token ids, and how many of them chose the expert. Ids of usual vocabularies have a row of a table.
class IdCounts
{
public:
    struct Count
    {
        std::uint64_t occurrences = 0, chosen = 0;
    };
    void add(std::int32_t id, bool chosen)
    {
        if (id < 0)
            return;
        Count& count = countOf(id);
        ++count.occurrences;
        count.chosen += chosen;
    }
    void add(const IdCounts& other);
    /// visit(id, count) for each id that occurs.
    template <class Visit> void forEach(const Visit& visit) const
    {
        for (std::size_t id = 0; id < m_table.size(); ++id) {
            if (m_table[id].occurrences > 0)
                visit(std::int32_t(id), m_table[id]);
        }
        for (const auto& [id, count] : m_others)
            visit(id, count);
    }

private:
    static constexpr std::int32_t kTable = 1 << 20;
    Count& countOf(std::int32_t id)
    {
        if (id >= kTable)
            return m_others[id];
        if (std::size_t(id) >= m_table.size())
            m_table.resize(std::size_t(id) + 1);
        return m_table[std::size_t(id)];
    }

    std::vector<Count> m_table;
    std::map<std::int32_t, Count> m_others;
};

/// At the expert's own site. Tokens without a choice there are no tokens here.
class ExpertCounts
{
public:
    ExpertCounts(const RoutingShape& shape, ExpertAt expert, SequenceCounts& sequences);

    void observe(const Tile& tile);
    void merge(const ExpertCounts& other);

    static constexpr std::size_t kBins = 33; ///< of positions: 0, 1, 2-3, 4-7, …
    struct Bin
    {
        std::uint64_t tokens = 0, chosen = 0;
    };

    std::uint64_t tokens = 0, chosen = 0;
    std::uint64_t filled = 0, squares = 0; ///< sums over tokens of their choices, and of the squares of these
    std::vector<std::uint64_t> load, together; ///< [E] tokens that chose it; of these, the expert too
    std::vector<std::uint64_t> bySlot; ///< [K]
    FixedSum weight, entropy, entropyOfAll, margin, marginOfAll;
    IdCounts ids;
    std::vector<Bin> bins; ///< [kBins]
    WeightSample sample;
    TokenSet choosing, those; ///< tokens that chose anything; the expert

private:
    void observe(const Block& block, const SequenceRun& run);

    ExpertIndex m_expert;
    SequenceCounts* m_sequences;
};

/// At another site: who is chosen there by tokens that chose at the expert's site.
class NeighbourCounts
{
public:
    NeighbourCounts(std::uint16_t numExperts, const TokenSet& choosing, const TokenSet& those);

    void observe(const Tile& tile);
    void merge(const NeighbourCounts& other);

    std::uint64_t tokens = 0, chosen = 0; ///< that chose here too; of these, the expert
    std::vector<std::uint64_t> load, together; ///< [E]

private:
    const TokenSet *m_choosing, *m_those;
};

}
