// SPDX-License-Identifier: GPL-3.0-or-later
//
// Full chunks, packed and journaled. Private to io/trace.
#pragma once

#include "io/trace/journal.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace expertscope {

/// A chunk as it is before packing.
struct RawChunk
{
    Column column = Column::ExpertId;
    std::uint16_t site = 0;
    std::uint64_t chunk = 0;
    std::uint32_t numTokens = 0; ///< the rows beyond hold fill values
    std::vector<std::byte> bytes; ///< a whole chunk
};

/// With one thread it packs in the caller's, and chunks reach the journal in the order they came. With more it has so
/// many of its own; a chunk's record may then overtake another's, which a journal allows: it counts for each column and
/// site what is there without a gap.
class ChunkPacker
{
public:
    ChunkPacker(Journal& journal, unsigned threads);
    ~ChunkPacker(); ///< packs what was put

    /// Waits while twice as many chunks as threads are under way. An error may be that of an earlier chunk.
    Expected<void> put(RawChunk chunk);
    /// Waits until all that was put is in the journal. After it the journal may be read.
    Expected<void> drain();

private:
    void work();
    Expected<void> store(RawChunk& chunk, std::vector<std::byte>& packed);

    Journal& m_journal;
    const Geometry m_geometry;
    std::vector<std::byte> m_packed; ///< without threads

    std::mutex m_journalMutex;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::deque<RawChunk> m_waiting;
    std::size_t m_underWay = 0; ///< waiting, or being packed
    bool m_stopping = false;
    std::optional<Error> m_error;
    std::vector<std::thread> m_threads;
};

}
