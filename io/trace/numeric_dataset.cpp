// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/numeric_dataset.h"

#include "io/trace/chunk_codec.h"
#include "io/trace/trace_schema.h"

#include <algorithm>
#include <cstring>

namespace expertscope {

namespace {

/// Deflate cannot do better than 1,032 : 1; a file that claims more data than this times its size lies.
constexpr std::uint64_t kMostRatio = 1040;

template <class T> hid_t memoryType();
template <> hid_t memoryType<float>()
{
    return H5T_NATIVE_FLOAT;
}
template <> hid_t memoryType<std::uint16_t>()
{
    return H5T_NATIVE_UINT16;
}
template <> hid_t memoryType<std::int32_t>()
{
    return H5T_NATIVE_INT32;
}
template <> hid_t memoryType<std::int64_t>()
{
    return H5T_NATIVE_INT64;
}

std::uint64_t cacheKey(std::uint64_t dataset, std::uint64_t site, std::uint64_t chunk)
{
    return dataset << 60 | site << 44 | chunk;
}

}

ChunkCache::Bytes ChunkCache::find(std::uint64_t dataset, std::uint64_t site, std::uint64_t chunk)
{
    const std::lock_guard lock(m_mutex);
    const auto it = m_byKey.find(cacheKey(dataset, site, chunk));
    if (it == m_byKey.end())
        return {};
    m_entries.splice(m_entries.begin(), m_entries, it->second);
    return it->second->bytes;
}

void ChunkCache::put(std::uint64_t dataset, std::uint64_t site, std::uint64_t chunk, Bytes bytes)
{
    if (bytes->size() > kLimit / 4)
        return;
    const std::lock_guard lock(m_mutex);
    const auto key = cacheKey(dataset, site, chunk);
    if (m_byKey.contains(key))
        return;
    m_bytes += bytes->size();
    m_entries.push_front({key, std::move(bytes)});
    m_byKey[key] = m_entries.begin();
    while (m_bytes > kLimit) {
        m_bytes -= m_entries.back().bytes->size();
        m_byKey.erase(m_entries.back().key);
        m_entries.pop_back();
    }
}

Expected<NumericDataset> NumericDataset::open(hid_t file, const std::string& path, Kind kind, std::vector<hsize_t> dims,
    const std::string& fileName, std::uint64_t fileBytes, std::uint64_t cacheId)
{
    const hdf5::Lock lock;
    NumericDataset d;
    d.m_where = fileName + ": dataset '" + path + "'";
    d.m_cacheId = cacheId;
    ES_ASSIGN(d.m_dataset, hdf5::openDataset(file, path, fileName));
    d.m_type = hdf5::Handle(H5Dget_type(d.m_dataset), H5Tclose);
    if (!d.m_type)
        return hdf5::failed("has no type", d.m_where);
    if (H5Tget_class(d.m_type) != (kind == Kind::Integer ? H5T_INTEGER : H5T_FLOAT))
        return fail(
            kind == Kind::Integer ? "does not hold integers" : "does not hold floating-point numbers", d.m_where);
    d.m_elementSize = H5Tget_size(d.m_type);
    if (d.m_elementSize == 0 || d.m_elementSize > 16)
        return fail("elements of " + std::to_string(d.m_elementSize) + " bytes", d.m_where);

    ES_ASSIGN(d.m_dims, hdf5::dimensions(d.m_dataset, d.m_where));
    const auto shape = [](const std::vector<hsize_t>& v) {
        std::string text;
        for (const auto n : v)
            text += (text.empty() ? "" : ", ") + (n == kAnyLength ? std::string("any") : std::to_string(n));
        return "[" + text + "]";
    };
    bool matches = d.m_dims.size() == dims.size() && !dims.empty();
    for (std::size_t i = 0; matches && i < dims.size(); ++i)
        matches = dims[i] == kAnyLength || dims[i] == d.m_dims[i];
    if (!matches)
        return fail("has shape " + shape(d.m_dims) + ", not " + shape(dims), d.m_where);
    unsigned __int128 bytes = d.m_elementSize;
    for (const auto n : d.m_dims)
        bytes = std::min<unsigned __int128>(bytes * n, ~std::uint64_t(0));
    if (bytes > static_cast<unsigned __int128>(fileBytes) * kMostRatio)
        return fail("claims " + shape(d.m_dims) + " values, more than a file of " + std::to_string(fileBytes)
                + " bytes can hold",
            d.m_where);
    for (std::size_t i = 2; i < d.m_dims.size(); ++i)
        d.m_rowElements *= d.m_dims[i];

    const hdf5::Handle creation(H5Dget_create_plist(d.m_dataset), H5Pclose);
    if (!creation)
        return hdf5::failed("cannot be opened", d.m_where);
    const auto layout = H5Pget_layout(creation);
    if (layout == H5D_VIRTUAL || H5Pget_external_count(creation) > 0)
        return fail("keeps its data in other files; a trace holds its data itself", d.m_where);
    if (layout == H5D_CHUNKED) {
        d.m_chunk.resize(d.m_dims.size());
        if (H5Pget_chunk(creation, static_cast<int>(d.m_chunk.size()), d.m_chunk.data())
            != static_cast<int>(d.m_chunk.size()))
            return hdf5::failed("has no chunk shape", d.m_where);
        unsigned __int128 chunkBytes = d.m_elementSize;
        for (const auto n : d.m_chunk)
            chunkBytes *= n;
        if (chunkBytes == 0 || chunkBytes > kMaxChunkBytes)
            return fail("has chunks of " + shape(d.m_chunk) + " values, more than 256 MiB each", d.m_where);
        d.m_direct = true;
        const int numFilters = H5Pget_nfilters(creation);
        for (int i = 0; i < numFilters; ++i) {
            unsigned flags = 0, config = 0;
            std::size_t numValues = 0;
            const auto filter =
                H5Pget_filter2(creation, static_cast<unsigned>(i), &flags, &numValues, nullptr, 0, nullptr, &config);
            if (filter == H5Z_FILTER_SHUFFLE && i == 0)
                d.m_shuffled = true;
            else if (filter == H5Z_FILTER_DEFLATE && i == numFilters - 1)
                d.m_deflated = true;
            else
                d.m_direct = false;
        }
        d.m_direct = d.m_direct && (d.m_dims.size() < 2 || d.m_chunk[1] == 1);
        for (std::size_t i = 2; i < d.m_dims.size(); ++i)
            d.m_direct = d.m_direct && d.m_chunk[i] == d.m_dims[i];
        const auto size = d.m_elementSize;
        d.m_direct = d.m_direct && (size == 1 || size == 2 || size == 4 || size == 8);
        if (d.m_direct) {
            d.m_fill.resize(d.m_elementSize);
            if (H5Pget_fill_value(creation, d.m_type, d.m_fill.data()) < 0)
                return hdf5::failed("has no fill value", d.m_where);
        }
    }
    return d;
}

template <class T> bool NumericDataset::isStoredAs() const
{
    const hdf5::Lock lock; // the name of a type is a call, too
    return H5Tequal(m_type, memoryType<T>()) > 0;
}

std::string NumericDataset::placeOf(std::uint64_t chunk, std::uint64_t site) const
{
    return m_where + ": chunk at row " + std::to_string(chunk * m_chunk[0])
        + (m_dims.size() > 1 ? ", site " + std::to_string(site) : "");
}

Expected<hsize_t> NumericDataset::storedBytes(const hsize_t* offset, const std::string& place) const
{
    hsize_t size = 0;
    if (H5Dget_chunk_storage_size(m_dataset, offset, &size) < 0) {
        // HDF5 1.10 says so of a chunk that was never written, later ones 0 bytes. All else is damage of the index that
        // finds chunks, and must not pass for a gap.
        const std::string reason = hdf5::takeReason();
        if (reason != "chunk storage is not allocated")
            return fail("is damaged: the index of its chunks cannot be read (HDF5: " + reason + ")", place);
        size = 0;
    }
    if (size == 0 && !m_fillsGaps)
        return fail("is missing", place, "the file was not written to its end, or is damaged");
    return size;
}

Expected<bool> NumericDataset::readPacked(std::uint64_t chunk, std::uint64_t site, std::size_t most,
    std::vector<std::byte>& packed, std::uint32_t& skipped) const
{
    const hdf5::Lock lock;
    const hsize_t offset[H5S_MAX_RANK] = {chunk * m_chunk[0], site};
    ES_ASSIGN(const hsize_t size, storedBytes(offset, placeOf(chunk, site)));
    if (size > most)
        return fail("claims " + std::to_string(size) + " bytes, at most " + std::to_string(most) + " are possible",
            placeOf(chunk, site));
    packed.resize(size);
    if (size > 0 && H5Dread_chunk(m_dataset, H5P_DEFAULT, offset, &skipped, packed.data()) < 0)
        return hdf5::failed("cannot be read", placeOf(chunk, site));
    return size > 0;
}

Expected<void> NumericDataset::inflate(std::uint64_t chunk, std::uint64_t site, std::span<std::byte> raw) const
{
    thread_local std::vector<std::byte> packed;
    std::uint32_t skipped = 0;
    ES_ASSIGN(const bool there, readPacked(chunk, site, packedBound(raw.size()) + 1024, packed, skipped));
    if (!there) {
        for (std::size_t at = 0; at < raw.size(); at += m_elementSize)
            std::memcpy(raw.data() + at, m_fill.data(), m_elementSize);
        return {};
    }
    // A set bit of the mask: this filter was left out for this chunk. Bit 0 is the first filter.
    const bool shuffled = m_shuffled && (skipped & 1) == 0;
    const bool deflated = m_deflated && (skipped >> (m_shuffled ? 1 : 0) & 1) == 0;
    if (auto status = unpackChunk(packed, deflated, shuffled, static_cast<std::uint32_t>(m_elementSize), raw); !status)
        return fail(status.error().what, placeOf(chunk, site));
    return {};
}

Expected<void> NumericDataset::readBytes(
    std::uint64_t first, std::uint64_t count, std::uint64_t site, std::byte* out, ChunkCache* cache) const
{
    const auto row = rowBytes();
    const std::uint64_t length = m_chunk[0];
    for (std::uint64_t at = first; at < first + count;) {
        const auto chunk = at / length, inChunk = at % length;
        const auto n = std::min(length - inChunk, first + count - at);
        auto* target = out + (at - first) * row;
        if (n == length) {
            ES_TRY(inflate(chunk, site, {target, length * row}));
        } else {
            auto bytes = cache ? cache->find(m_cacheId, site, chunk) : nullptr;
            if (!bytes) {
                auto fresh = std::make_shared<std::vector<std::byte>>(length * row);
                ES_TRY(inflate(chunk, site, *fresh));
                bytes = std::move(fresh);
                if (cache)
                    cache->put(m_cacheId, site, chunk, bytes);
            }
            std::memcpy(target, bytes->data() + inChunk * row, n * row);
        }
        at += n;
    }
    return {};
}

Expected<void> NumericDataset::checkWritten(const std::vector<hsize_t>& start, const std::vector<hsize_t>& size) const
{
    if (m_fillsGaps)
        return {};
    if (m_chunk.empty()) {
        // Contiguous: all of it or, when nothing was ever written, nothing.
        if (H5Dget_storage_size(m_dataset) == 0)
            return fail("was never written", m_where);
        return {};
    }
    const auto first = [&](std::size_t axis) { return start[axis] / m_chunk[axis] * m_chunk[axis]; };
    std::vector<hsize_t> offset(m_dims.size());
    for (std::size_t i = 0; i < offset.size(); ++i)
        offset[i] = first(i);
    for (std::size_t axis = 0; axis < offset.size();) {
        std::string place;
        for (const hsize_t n : offset)
            place += (place.empty() ? "" : ", ") + std::to_string(n);
        ES_TRY(storedBytes(offset.data(), m_where + ": chunk at [" + place + "]"));
        for (axis = 0; axis < offset.size(); ++axis) { // counting with a digit an axis
            offset[axis] += m_chunk[axis];
            if (offset[axis] < start[axis] + size[axis])
                break;
            offset[axis] = first(axis);
        }
    }
    return {};
}

Expected<void> NumericDataset::readThroughLibrary(
    std::uint64_t first, std::uint64_t count, std::uint64_t site, hid_t (*memoryType)(), void* out) const
{
    const hdf5::Lock lock;
    std::vector<hsize_t> start(m_dims.size(), 0), size = m_dims;
    start[0] = first;
    size[0] = count;
    if (m_dims.size() > 1) {
        start[1] = site;
        size[1] = 1;
    }
    ES_TRY(checkWritten(start, size));
    const hdf5::Handle memory(H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr), H5Sclose);
    const hdf5::Handle space(H5Dget_space(m_dataset), H5Sclose);
    if (!memory || !space || H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr) < 0
        || H5Dread(m_dataset, memoryType(), memory, space, H5P_DEFAULT, out) < 0)
        return hdf5::failed(
            "rows " + std::to_string(first) + " to " + std::to_string(first + count) + " cannot be read", m_where);
    return {};
}

template <class T>
Expected<void> NumericDataset::read(
    std::uint64_t first, std::uint64_t count, std::uint64_t site, T* out, ChunkCache* cache) const
{
    if (first > m_dims[0] || count > m_dims[0] - first || (m_dims.size() > 1 && site >= m_dims[1]))
        return fail("rows " + std::to_string(first) + " to " + std::to_string(first + count) + " asked for, "
                + std::to_string(m_dims[0]) + " are there",
            m_where);
    if (count == 0)
        return {};
    if (!m_direct)
        return readThroughLibrary(first, count, site, memoryType<T>, out);
    if (isStoredAs<T>())
        return readBytes(first, count, site, reinterpret_cast<std::byte*>(out), cache);
    // Other widths and byte orders: inflated by us, converted by HDF5.
    const auto elements = count * m_rowElements;
    std::vector<std::byte> raw(elements * std::max(m_elementSize, sizeof(T)));
    ES_TRY(readBytes(first, count, site, raw.data(), cache));
    const hdf5::Lock lock;
    if (H5Tconvert(m_type, memoryType<T>(), elements, raw.data(), nullptr, H5P_DEFAULT) < 0)
        return hdf5::failed("cannot be converted", m_where);
    std::memcpy(out, raw.data(), elements * sizeof(T));
    return {};
}

template <class T> Expected<std::vector<T>> NumericDataset::readAll() const
{
    // Piece by piece: memory grows with what was really read.
    std::vector<T> values;
    const std::uint64_t piece =
        m_chunk.empty() ? 65536 : std::max<std::uint64_t>(m_chunk[0], 65536 / m_chunk[0] * m_chunk[0]);
    for (std::uint64_t first = 0; first < m_dims[0]; first += piece) {
        const auto n = std::min<std::uint64_t>(piece, m_dims[0] - first);
        values.resize(first + n);
        ES_TRY(read(first, n, 0, values.data() + first));
    }
    return values;
}

template Expected<void> NumericDataset::read(std::uint64_t, std::uint64_t, std::uint64_t, float*, ChunkCache*) const;
template Expected<void> NumericDataset::read(
    std::uint64_t, std::uint64_t, std::uint64_t, std::uint16_t*, ChunkCache*) const;
template Expected<void> NumericDataset::read(
    std::uint64_t, std::uint64_t, std::uint64_t, std::int32_t*, ChunkCache*) const;
template Expected<void> NumericDataset::read(
    std::uint64_t, std::uint64_t, std::uint64_t, std::int64_t*, ChunkCache*) const;
template bool NumericDataset::isStoredAs<float>() const;
template bool NumericDataset::isStoredAs<std::uint16_t>() const;
template bool NumericDataset::isStoredAs<std::int32_t>() const;
template Expected<std::vector<float>> NumericDataset::readAll() const;
template Expected<std::vector<std::uint16_t>> NumericDataset::readAll() const;
template Expected<std::vector<std::int64_t>> NumericDataset::readAll() const;

}
