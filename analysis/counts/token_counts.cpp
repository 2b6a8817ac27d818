// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/counts/token_counts.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <utility>

namespace expertscope {

namespace {

constexpr std::uint64_t kFree = UINT64_MAX; // no id is that large
constexpr std::size_t kFirstTable = 256;
constexpr std::size_t kBatch = 64; // tokens that are looked up together

}

TokenCounts::TokenCounts(std::uint16_t numExperts)
    : m_numExperts(numExperts)
{
    makeTable(kFirstTable);
}

void TokenCounts::makeTable(std::size_t size)
{
    m_table.assign(size, kFree);
    m_shift = 64 - std::countr_zero(size);
    for (std::size_t entry = 0; entry < m_entries.size(); ++entry) {
        std::size_t at = place(m_entries[entry].id);
        while (m_table[at] != kFree)
            at = (at + 1) & (size - 1);
        m_table[at] = std::uint64_t(m_entries[entry].id) << 32 | entry;
    }
}

/// The entry of an id, made when it is new.
std::uint32_t TokenCounts::find(std::uint32_t id)
{
    for (std::size_t at = place(id);; at = (at + 1) & (m_table.size() - 1)) {
        if (m_table[at] >> 32 == id)
            return static_cast<std::uint32_t>(m_table[at]);
        if (m_table[at] == kFree)
            return insert(id);
    }
}

std::uint32_t TokenCounts::insert(std::uint32_t id)
{
    const auto entry = static_cast<std::uint32_t>(m_entries.size());
    m_entries.push_back({.id = id});
    if (m_entries.size() * 2 > m_table.size()) {
        makeTable(m_table.size() * 2);
        return entry;
    }
    std::size_t at = place(id);
    while (m_table[at] != kFree)
        at = (at + 1) & (m_table.size() - 1);
    m_table[at] = std::uint64_t(id) << 32 | entry;
    return entry;
}

inline void TokenCounts::push(Entry& entry, const std::uint16_t* experts, unsigned number)
{
    if (entry.listed != kNone) {
        append(entry, experts, number);
        return;
    }
    std::uint32_t* const row = rowOf(entry);
    for (unsigned r = 0; r < number; ++r)
        ++row[experts[r]];
}

void TokenCounts::append(Entry& entry, const std::uint16_t* experts, unsigned number)
{
    if (entry.listed + number > longestList()) {
        makeRow(entry);
        push(entry, experts, number);
        return;
    }
    while (number > 0) {
        const std::uint32_t in = entry.listed % kChunk;
        if (in == 0) {
            std::uint32_t fresh = m_freeChunk;
            if (fresh == kNone) {
                fresh = static_cast<std::uint32_t>(m_chunks.size());
                m_chunks.emplace_back();
            } else {
                m_freeChunk = m_chunks[fresh].previous;
            }
            m_chunks[fresh].previous = entry.where;
            entry.where = fresh;
        }
        const unsigned fitting = std::min(number, kChunk - in);
        std::uint16_t* const to = m_chunks[entry.where].experts + in;
        for (unsigned i = 0; i < fitting; ++i) // a call would cost more
            to[i] = experts[i];
        entry.listed += fitting;
        experts += fitting;
        number -= fitting;
    }
}

void TokenCounts::makeRow(Entry& entry)
{
    const std::size_t first = m_rows.size();
    m_rows.resize(first + m_numExperts);
    copyCounts(entry, std::span(m_rows).subspan(first));
    for (std::uint32_t chunk = entry.where; chunk != kNone;) {
        const std::uint32_t previous = std::exchange(m_chunks[chunk].previous, m_freeChunk);
        m_freeChunk = std::exchange(chunk, previous);
    }
    entry.where = static_cast<std::uint32_t>(first / m_numExperts);
    entry.listed = kNone;
}

void TokenCounts::copyCounts(const Entry& entry, std::span<std::uint32_t> counts) const
{
    if (entry.listed == kNone) {
        std::copy_n(
            m_rows.begin() + std::ptrdiff_t(std::size_t(entry.where) * m_numExperts), m_numExperts, counts.begin());
        return;
    }
    std::ranges::fill(counts, 0);
    std::uint32_t left = entry.listed;
    for (std::uint32_t chunk = entry.where; left > 0; chunk = m_chunks[chunk].previous) {
        const std::uint32_t here = (left - 1) % kChunk + 1; // the last chunk may be part full
        for (std::uint32_t i = 0; i < here; ++i)
            ++counts[m_chunks[chunk].experts[i]];
        left -= here;
    }
}

void TokenCounts::add(std::int32_t id, const std::uint16_t* experts, unsigned number)
{
    Entry& entry = m_entries[find(static_cast<std::uint32_t>(id))];
    ++entry.occurrences;
    push(entry, experts, number);
}

/// Full tokens, at most kBatch of them. Ids lie all over the memory: first all are looked up, then what they point to
/// is asked for, and counted when it is there.
inline void TokenCounts::addBatch(
    const std::uint16_t* token, std::size_t stride, unsigned even, const std::int32_t* ids, std::size_t n)
{
    std::array<std::uint32_t, kBatch> entries, tokens;
    std::size_t known = 0;
    for (std::size_t t = 0; t < n; ++t)
        __builtin_prefetch(&m_table[place(static_cast<std::uint32_t>(ids[t]))]);
    for (std::size_t t = 0; t < n; ++t) {
        if (ids[t] < 0)
            continue;
        entries[known] = find(static_cast<std::uint32_t>(ids[t]));
        tokens[known] = static_cast<std::uint32_t>(t);
        __builtin_prefetch(&m_entries[entries[known]]);
        ++known;
    }
    for (std::size_t i = 0; i < known; ++i) {
        const Entry& entry = m_entries[entries[i]];
        if (entry.listed == kNone)
            __builtin_prefetch(rowOf(entry) + token[tokens[i] * stride]);
        else if (entry.listed)
            __builtin_prefetch(&m_chunks[entry.where]);
    }
    for (std::size_t i = 0; i < known; ++i) {
        Entry& entry = m_entries[entries[i]];
        ++entry.occurrences;
        push(entry, token + tokens[i] * stride, even);
    }
}

void TokenCounts::add(
    const Block& block, std::size_t begin, std::size_t length, const std::int32_t* ids, unsigned slots)
{
    const std::size_t stride = block.numSlots;
    const unsigned taken = slots ? std::min<unsigned>(slots, block.numSlots) : block.numSlots;
    const std::uint16_t* token = block.expertIds.data() + begin * stride;
    if (const unsigned even = std::min<unsigned>(taken, block.evenSlots)) {
        for (std::size_t t = 0; t < length; t += kBatch)
            addBatch(token + t * stride, stride, even, ids + t, std::min(kBatch, length - t));
        return;
    }
    std::vector<std::uint16_t> chosen(taken);
    for (std::size_t t = 0; t < length; ++t, token += stride) {
        unsigned filled = 0;
        for (unsigned r = 0; r < taken; ++r) {
            if (token[r] < m_numExperts)
                chosen[filled++] = token[r];
        }
        if (ids[t] >= 0 && filled)
            add(ids[t], chosen.data(), filled);
    }
}

void TokenCounts::add(const TokenCounts& other)
{
    for (const Entry& theirs : other.m_entries) {
        Entry& mine = m_entries[find(theirs.id)];
        mine.occurrences += theirs.occurrences;
        if (theirs.listed == kNone) {
            const auto row = other.m_rows.begin() + std::ptrdiff_t(std::size_t(theirs.where) * m_numExperts);
            addCounts(mine, std::span(row, m_numExperts), true);
            continue;
        }
        std::uint32_t left = theirs.listed;
        for (std::uint32_t chunk = theirs.where; left > 0; chunk = other.m_chunks[chunk].previous) {
            const std::uint32_t here = (left - 1) % kChunk + 1; // the last chunk may be part full
            push(mine, other.m_chunks[chunk].experts, here);
            left -= here;
        }
    }
}

/// Counts [E] of what was a row elsewhere, or is to be one here because there are many.
void TokenCounts::addCounts(Entry& entry, std::span<const std::uint32_t> counts, bool many)
{
    if (many && entry.listed != kNone)
        makeRow(entry);
    if (entry.listed == kNone) {
        std::uint32_t* const row = rowOf(entry);
        for (std::uint16_t e = 0; e < m_numExperts; ++e)
            row[e] += counts[e];
        return;
    }
    for (std::uint16_t e = 0; e < m_numExperts; ++e) {
        for (std::uint32_t i = 0; i < counts[e]; ++i) // no more than a list holds, or a row by then
            push(entry, &e, 1);
    }
}

bool TokenCounts::overflowed() const
{
    return std::ranges::any_of(
        m_entries, [](const Entry& entry) { return entry.occurrences > std::numeric_limits<std::uint32_t>::max(); });
}

/// Ids in ascending order, each with those experts that it chose.
void TokenCounts::persist(Archive& archive)
{
    std::vector<std::uint32_t> ids, cells, counts, row(m_numExperts);
    std::vector<std::uint64_t> occurrences;
    std::vector<std::uint16_t> experts;
    if (!archive.reading()) {
        std::vector<const Entry*> sorted;
        for (const Entry& entry : m_entries)
            sorted.push_back(&entry);
        std::ranges::sort(sorted, {}, &Entry::id);
        for (const Entry* entry : sorted) {
            copyCounts(*entry, row);
            const std::size_t before = experts.size();
            for (std::uint16_t e = 0; e < m_numExperts; ++e) {
                if (row[e]) {
                    experts.push_back(e);
                    counts.push_back(row[e]);
                }
            }
            ids.push_back(entry->id);
            occurrences.push_back(entry->occurrences);
            cells.push_back(static_cast<std::uint32_t>(experts.size() - before));
        }
    }
    archive(ids, occurrences, cells, experts, counts);
    if (!archive.reading() || !archive.ok())
        return;
    std::uint64_t sum = 0;
    for (const std::uint32_t cell : cells)
        sum += cell;
    if (occurrences.size() != ids.size() || cells.size() != ids.size() || experts.size() != sum
        || counts.size() != sum) {
        archive.refuse();
        return;
    }
    std::size_t cell = 0;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const std::size_t end = cell + cells[i];
        bool believable =
            ids[i] <= std::uint32_t(std::numeric_limits<std::int32_t>::max()) && (i == 0 || ids[i] > ids[i - 1]);
        for (std::size_t c = cell; c < end; ++c)
            believable &= experts[c] < m_numExperts && (c == cell || experts[c] > experts[c - 1]);
        if (!believable) {
            archive.refuse();
            return;
        }
        Entry& entry = m_entries[find(ids[i])];
        entry.occurrences = occurrences[i];
        std::uint64_t choices = 0;
        std::ranges::fill(row, 0);
        for (; cell < end; ++cell)
            choices += row[experts[cell]] = counts[cell];
        addCounts(entry, row, choices > longestList());
    }
}

}
