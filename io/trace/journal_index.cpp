// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/journal.h"

#include <algorithm>

namespace expertscope {

void JournalIndex::put(Column column, std::uint16_t site, std::uint64_t chunk, JournalChunk where)
{
    auto& there = m_chunks[key(column, site, chunk)];
    if (where.numTokens >= there.numTokens)
        there = where;
}

const JournalChunk* JournalIndex::find(Column column, std::uint16_t site, std::uint64_t chunk) const
{
    const auto it = m_chunks.find(key(column, site, chunk));
    return it == m_chunks.end() ? nullptr : &it->second;
}

std::uint64_t storedTokens(const JournalIndex& index, const Geometry& g, Column column, std::uint16_t site)
{
    const std::uint64_t length = g.chunkLength(column);
    std::uint64_t tokens = 0;
    for (std::uint64_t chunk = 0; chunk < g.numChunks(column); ++chunk) {
        const auto* found = index.find(column, site, chunk);
        if (!found)
            break;
        tokens = chunk * length + found->numTokens;
        if (found->numTokens < length)
            break;
    }
    return tokens;
}

std::uint64_t storedTokens(const JournalIndex& index, const Geometry& g, bool wholeChunks, bool withPerToken)
{
    std::uint64_t tokens = g.numTokens;
    for (const auto column : kAllColumns) {
        if (!g.has(column) || (isPerToken(column) && !withPerToken))
            continue;
        for (std::uint16_t site = 0; site < g.sitesOf(column); ++site)
            tokens = std::min(tokens, storedTokens(index, g, column, site));
    }
    if (wholeChunks && tokens < g.numTokens)
        tokens -= tokens % g.chunkTokens;
    return tokens;
}

}
