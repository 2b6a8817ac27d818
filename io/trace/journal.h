// SPDX-License-Identifier: GPL-3.0-or-later
//
// The append-only file beside a trace that is being captured ("trace.h5.part"). Any prefix of it is a valid journal, so
// no moment of a kill -9 can spoil it. Its format: resources/docs/trace-format.md, "Journal".
#pragma once

#include "io/trace/plan_codec.h"
#include "io/trace/trace_schema.h"

#include <optional>
#include <unordered_map>

namespace expertscope {

/// Where in the journal a chunk's bytes lie.
struct JournalChunk
{
    std::uint64_t offset = 0; ///< of the packed bytes
    std::uint32_t size = 0;
    std::uint32_t numTokens = 0; ///< less than the chunk length in the trace's last chunk, and after a graceful stop
};

/// Which chunks are there; a later record of a chunk replaces an earlier one, unless it holds fewer tokens.
class JournalIndex
{
public:
    void put(Column column, std::uint16_t site, std::uint64_t chunk, JournalChunk where);
    const JournalChunk* find(Column column, std::uint16_t site, std::uint64_t chunk) const;
    bool empty() const { return m_chunks.empty(); }

private:
    static std::uint64_t key(Column column, std::uint16_t site, std::uint64_t chunk)
    {
        return (std::uint64_t(column) << 60) | (std::uint64_t(site) << 44) | chunk;
    }
    std::unordered_map<std::uint64_t, JournalChunk> m_chunks;
};

/// Tokens of `column` at `site` that are there without a gap, from the first on.
std::uint64_t storedTokens(const JournalIndex& index, const Geometry& geometry, Column column, std::uint16_t site);
/// The least of storedTokens() over all sites; `wholeChunks`: cut to a multiple of the chunk length (unless it is all);
/// `withPerToken`: columns of no site, such as the loss, count as well.
std::uint64_t storedTokens(const JournalIndex& index, const Geometry& geometry, bool wholeChunks, bool withPerToken);

class Journal
{
public:
    enum class Access
    {
        CreateIfMissing,
        MustExist,
        StartAnew ///< what a journal there holds is not looked at: start() follows
    };

    /// Opens and locks; a named error when another process writes the same trace, or when what is there is no journal.
    /// Scans what is there.
    static Expected<Journal> open(const std::filesystem::path& path, Access access);
    /// As it is at this moment, for reading only, whoever writes it. Its last record may be torn: it is being written.
    static Expected<Journal> look(const std::filesystem::path& path);
    Journal(Journal&& other) noexcept;
    Journal& operator=(Journal&&) = delete;
    ~Journal();

    /// The plan found, when there is one: without it the journal holds nothing.
    const std::optional<PlanRecord>& record() const { return m_record; }
    const Geometry& geometry() const { return m_geometry; }
    const JournalIndex& index() const { return m_index; }
    /// Bytes behind the last whole record: a torn one, or damage. They are cut off by the first append.
    std::uint64_t tornBytes() const { return m_fileSize - m_validSize; }
    std::uint64_t validBytes() const { return m_validSize; }

    /// Starts anew with this plan. `importing`: the journal counts only once endImport() was called.
    Expected<void> start(PlanRecord record, bool importing = false);
    Expected<void> endImport();
    Expected<void> append(Column column, std::uint16_t site, std::uint64_t chunk, std::uint32_t numTokens,
        std::span<const std::byte> packed);
    Expected<void> read(const JournalChunk& chunk, std::vector<std::byte>& packed) const;
    /// Deletes the file; the lock goes with this object.
    void remove();

private:
    Journal(int fd, std::filesystem::path path);
    Expected<void> checkMagic();
    Expected<void> scan();
    Expected<void> appendRecord(std::uint32_t type, std::span<const std::byte> head, std::span<const std::byte> body);
    Expected<void> appendPlan(const PlanRecord& record);
    Expected<void> truncate(std::uint64_t size);

    int m_fd = -1;
    std::filesystem::path m_path;
    std::uint64_t m_fileSize = 0;
    std::uint64_t m_validSize = 0;
    std::optional<PlanRecord> m_record;
    Geometry m_geometry;
    JournalIndex m_index;
};

}
