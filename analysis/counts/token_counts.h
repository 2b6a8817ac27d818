// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/spine/archive.h"
#include "io/trace/routing.h"

#include <vector>

namespace expertscope {

/// How often each expert was chosen for each token id, at one site.
///
/// Memory is bounded by what occurs: an id keeps the list of its choices (2 bytes each) until a row of E counters is no
/// larger, then the row. So an id costs at most 4 E bytes and about 60, however frequent it is, and all ids together
/// hardly more than the choices they were counted from. The few ids that make up most of a text have rows, and those
/// stay in the cache.
class TokenCounts
{
public:
    explicit TokenCounts(std::uint16_t numExperts);

    /// Counts tokens begin, begin + 1, … of a block: the first `slots` of each (0: all) for ids[0], ids[1], …; ids
    /// below 0 and tokens without a choice there are left out.
    void add(const Block& block, std::size_t begin, std::size_t length, const std::int32_t* ids, unsigned slots);
    /// One token.
    void add(std::int32_t id, const std::uint16_t* experts, unsigned number);
    void add(const TokenCounts& other);
    void persist(Archive& archive);

    /// Calls visit(occurrences, counts [E]) for each id that occurs at least so often, in no particular order.
    template <class Visit> void forEach(std::uint64_t leastOccurrences, Visit visit) const
    {
        std::vector<std::uint32_t> counts(m_numExperts);
        for (const Entry& entry : m_entries) {
            if (entry.occurrences < leastOccurrences)
                continue;
            copyCounts(entry, counts);
            visit(entry.occurrences, std::span<const std::uint32_t>(counts));
        }
    }

    std::uint16_t numExperts() const { return m_numExperts; }
    /// Whether the counters of some id, which hold 2^32 - 1, were too small.
    bool overflowed() const;

private:
    static constexpr std::uint32_t kNone = UINT32_MAX;
    static constexpr std::uint32_t kChunk = 14;

    /// A piece of an id's list of choices.
    struct Chunk
    {
        std::uint32_t previous = kNone;
        std::uint16_t experts[kChunk] = {};
    };
    struct Entry
    {
        std::uint64_t occurrences = 0;
        std::uint32_t id = 0;
        std::uint32_t where = kNone; ///< its row, or the last chunk of its list
        std::uint32_t listed = 0; ///< choices in the list; kNone: it is a row
    };

    std::uint32_t longestList() const { return sizeof(std::uint32_t) * m_numExperts * kChunk / sizeof(Chunk); }
    std::size_t place(std::uint32_t id) const { return std::size_t(id * 0x9E3779B97F4A7C15u >> m_shift); }
    std::uint32_t find(std::uint32_t id);
    std::uint32_t insert(std::uint32_t id);
    void makeTable(std::size_t size);
    void addBatch(
        const std::uint16_t* token, std::size_t stride, unsigned even, const std::int32_t* ids, std::size_t n);
    void push(Entry& entry, const std::uint16_t* experts, unsigned number);
    void append(Entry& entry, const std::uint16_t* experts, unsigned number);
    void makeRow(Entry& entry);
    void addCounts(Entry& entry, std::span<const std::uint32_t> counts, bool many);
    std::uint32_t* rowOf(const Entry& entry) { return m_rows.data() + std::size_t(entry.where) * m_numExperts; }
    void copyCounts(const Entry& entry, std::span<std::uint32_t> counts) const;

    std::uint16_t m_numExperts;
    int m_shift = 0;
    std::vector<std::uint64_t> m_table; ///< open addressing: id << 32 | entry; kFree
    std::vector<Entry> m_entries;
    std::vector<Chunk> m_chunks;
    std::uint32_t m_freeChunk = kNone; ///< the first of those that are free, linked by `previous`
    std::vector<std::uint32_t> m_rows; ///< [rows, E]
};

}
