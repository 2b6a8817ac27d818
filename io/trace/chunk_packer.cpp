// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/chunk_packer.h"

#include "io/trace/chunk_codec.h"

#include <exception>

namespace expertscope {

ChunkPacker::ChunkPacker(Journal& journal, unsigned threads)
    : m_journal(journal)
    , m_geometry(journal.geometry())
{
    try {
        for (unsigned i = 0; threads > 1 && i < threads; ++i)
            m_threads.emplace_back([this] { work(); });
    } catch (const std::exception&) { // the system starts no more: fewer pack, or who calls put()
    }
}

ChunkPacker::~ChunkPacker()
{
    {
        const std::lock_guard lock(m_mutex);
        m_stopping = true;
    }
    m_changed.notify_all();
    for (auto& thread : m_threads)
        thread.join();
}

Expected<void> ChunkPacker::put(RawChunk chunk)
{
    if (m_threads.empty())
        return store(chunk, m_packed);
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [&] { return m_underWay < 2 * m_threads.size() || m_error; });
    if (m_error)
        return tl::unexpected(*m_error);
    ++m_underWay;
    m_waiting.push_back(std::move(chunk));
    m_changed.notify_all();
    return {};
}

Expected<void> ChunkPacker::drain()
{
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [&] { return m_underWay == 0; });
    if (m_error)
        return tl::unexpected(*m_error);
    return {};
}

void ChunkPacker::work()
{
    std::vector<std::byte> packed;
    std::unique_lock lock(m_mutex);
    while (true) {
        m_changed.wait(lock, [&] { return m_stopping || !m_waiting.empty(); });
        if (m_waiting.empty())
            return;
        auto chunk = std::move(m_waiting.front());
        m_waiting.pop_front();
        if (!m_error) {
            lock.unlock();
            const auto status = [&]() -> Expected<void> {
                try {
                    return store(chunk, packed);
                } catch (const std::exception& problem) {
                    return fail(reasonOf(problem), "packing");
                }
            }();
            lock.lock();
            if (!status && !m_error)
                m_error = status.error();
        }
        --m_underWay;
        m_changed.notify_all();
    }
}

Expected<void> ChunkPacker::store(RawChunk& chunk, std::vector<std::byte>& packed)
{
    const auto column = chunk.column;
    if (column == Column::Weight || column == Column::Entropy || column == Column::Margin)
        roundSignificant(
            std::span(reinterpret_cast<float*>(chunk.bytes.data()), chunk.bytes.size() / 4), kSignificantBits);
    packChunk(chunk.bytes, m_geometry.elementSize(column), kDeflateLevel, packed);
    const std::lock_guard lock(m_journalMutex);
    return m_journal.append(column, chunk.site, chunk.chunk, chunk.numTokens, packed);
}

}
