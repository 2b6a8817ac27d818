// SPDX-License-Identifier: GPL-3.0-or-later
//
// Rows of one numeric dataset, read so that no lie of a file costs memory: chunks are fetched raw under HDF5's lock and
// inflated outside of it into buffers of the size they must have. What was not written by us (other filters, other
// chunk shapes, contiguous) goes through H5Dread.
#pragma once

#include "io/trace/hdf5_handle.h"

#include <list>
#include <memory>
#include <span>
#include <unordered_map>

namespace expertscope {

/// Inflated chunks that were needed in part: the next block usually needs the rest. One for a file, bounded.
class ChunkCache
{
public:
    using Bytes = std::shared_ptr<const std::vector<std::byte>>;
    Bytes find(std::uint64_t dataset, std::uint64_t site, std::uint64_t chunk);
    void put(std::uint64_t dataset, std::uint64_t site, std::uint64_t chunk, Bytes bytes);

private:
    static constexpr std::size_t kLimit = 32u << 20;
    struct Entry
    {
        std::uint64_t key;
        Bytes bytes;
    };
    std::mutex m_mutex;
    std::list<Entry> m_entries; ///< most recently used first
    std::unordered_map<std::uint64_t, std::list<Entry>::iterator> m_byKey;
    std::size_t m_bytes = 0;
};

class NumericDataset
{
public:
    enum class Kind
    {
        Integer,
        Float
    };

    /// `dims`: the shape it must have; its first number may be `kAnyLength`. Fails on other types and shapes, on data
    /// kept in other files, on chunks too large to be read, and when the file is too small to hold what is claimed.
    static Expected<NumericDataset> open(hid_t file, const std::string& path, Kind kind, std::vector<hsize_t> dims,
        const std::string& fileName, std::uint64_t fileBytes, std::uint64_t cacheId = 0);
    static constexpr hsize_t kAnyLength = ~hsize_t(0);

    /// What was never written is read as the fill value. Without this it is an error: whatever is whole lacks nothing.
    void fillGaps() { m_fillsGaps = true; }

    const std::vector<hsize_t>& dims() const { return m_dims; }
    const std::string& where() const { return m_where; }

    /// Rows [first, first + count) of `site` (the second axis, where there is one), converted to the type of `out`.
    /// T: float for Float; std::uint16_t, int32 and int64 for Integer. Out of range: an error.
    template <class T>
    Expected<void> read(
        std::uint64_t first, std::uint64_t count, std::uint64_t site, T* out, ChunkCache* cache = nullptr) const;
    /// A chunk of a plain dataset (isPlain()) as it lies in the file, of at most `most` bytes; `skipped`: a set bit for each
    /// filter that was left out. False: it was never written, and gaps are filled.
    Expected<bool> readPacked(std::uint64_t chunk, std::uint64_t site, std::size_t most,
        std::vector<std::byte>& packed, std::uint32_t& skipped) const;
    /// All of a one-dimensional dataset.
    template <class T> Expected<std::vector<T>> readAll() const;

    /// Is it stored as T, so that no value changes when read as that? T as of read().
    template <class T> bool isStoredAs() const;
    /// The chunk shape; empty when not chunked.
    const std::vector<hsize_t>& chunk() const { return m_chunk; }
    bool isPlain() const { return m_direct; }
    hid_t id() const { return m_dataset; }
    /// How errors call a chunk.
    std::string placeOf(std::uint64_t chunk, std::uint64_t site) const;

private:
    Expected<void> readBytes(
        std::uint64_t first, std::uint64_t count, std::uint64_t site, std::byte* out, ChunkCache* cache) const;
    /// Of the chunk that begins at `offset` (one number a dimension); 0: it was never written, and gaps are filled.
    Expected<hsize_t> storedBytes(const hsize_t* offset, const std::string& place) const;
    /// Was every chunk of these rows written?
    Expected<void> checkWritten(const std::vector<hsize_t>& start, const std::vector<hsize_t>& size) const;
    Expected<void> inflate(std::uint64_t chunk, std::uint64_t site, std::span<std::byte> raw) const;
    Expected<void> readThroughLibrary(
        std::uint64_t first, std::uint64_t count, std::uint64_t site, hid_t (*memoryType)(), void* out) const;
    std::size_t rowBytes() const { return m_rowElements * m_elementSize; }

    hdf5::Handle m_dataset, m_type;
    std::string m_where;
    std::vector<hsize_t> m_dims, m_chunk;
    std::vector<std::byte> m_fill; ///< of a chunk that was never written
    std::size_t m_elementSize = 0;
    std::size_t m_rowElements = 1;
    std::uint64_t m_cacheId = 0;
    bool m_fillsGaps = false;
    bool m_direct = false; ///< chunks of one site each, shuffle and deflate at most
    bool m_shuffled = false, m_deflated = false;
};

}
