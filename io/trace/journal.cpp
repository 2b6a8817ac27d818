// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/journal.h"

#include "io/trace/chunk_codec.h"

#include <libdeflate.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace expertscope {

namespace {

constexpr char kMagic[8] = {'E', 'S', 'J', 'O', 'U', 'R', 'N', '\n'};
constexpr std::uint32_t kJournalVersion = 1;
constexpr std::uint64_t kMaxPlanBytes = 16ull << 30;

struct FileHead
{
    char magic[8];
    std::uint32_t version;
    std::uint32_t reserved;
};
static_assert(sizeof(FileHead) == 16);

enum RecordType : std::uint32_t
{
    kPlan = 1,
    kChunk = 2,
    kImportBegin = 3,
    kImportEnd = 4
};

struct RecordHead
{
    std::uint32_t type;
    std::uint32_t crc; ///< CRC-32 of type, length and payload
    std::uint64_t length;
};
static_assert(sizeof(RecordHead) == 16);

struct ChunkHead
{
    std::uint16_t column;
    std::uint16_t site;
    std::uint32_t numTokens;
    std::uint64_t chunk;
};
static_assert(sizeof(ChunkHead) == 16);

/// libdeflate starts anew when it is handed no buffer; we go on.
std::uint32_t crcOf(std::uint32_t crc, const void* data, std::size_t size)
{
    return size == 0 ? crc : libdeflate_crc32(crc, data, size);
}

std::uint32_t headCrc(const RecordHead& head)
{
    const auto crc = crcOf(0, &head.type, sizeof head.type);
    return crcOf(crc, &head.length, sizeof head.length);
}

tl::unexpected<Error> systemError(const std::string& what, const std::filesystem::path& path)
{
    const int code = errno;
    return fail(what + ": " + std::strerror(code), path.string(),
        code == ENOSPC ? "free space there; what was written so far is kept" : "");
}

/// Reads exactly `size` bytes; false at the end of the file.
Expected<bool> readAt(int fd, std::uint64_t offset, void* data, std::size_t size, const std::filesystem::path& path)
{
    auto* p = static_cast<char*>(data);
    while (size > 0) {
        const auto n = pread(fd, p, size, static_cast<off_t>(offset));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return systemError("cannot be read", path);
        if (n == 0)
            return false;
        p += n;
        offset += static_cast<std::uint64_t>(n);
        size -= static_cast<std::size_t>(n);
    }
    return true;
}

}

Journal::Journal(int fd, std::filesystem::path path)
    : m_fd(fd)
    , m_path(std::move(path))
{
}

Journal::Journal(Journal&& other) noexcept
    : m_fd(std::exchange(other.m_fd, -1))
    , m_path(std::move(other.m_path))
    , m_fileSize(other.m_fileSize)
    , m_validSize(other.m_validSize)
    , m_record(std::move(other.m_record))
    , m_geometry(other.m_geometry)
    , m_index(std::move(other.m_index))
{
}

Journal::~Journal()
{
    if (m_fd >= 0)
        ::close(m_fd);
}

Expected<Journal> Journal::open(const std::filesystem::path& path, Access access)
{
    // Another process may remove the file between open and lock: then try again with the new one.
    for (int attempt = 0; attempt < 100; ++attempt) {
        const int flags = O_RDWR | O_CLOEXEC | (access == Access::MustExist ? 0 : O_CREAT);
        const int fd = ::open(path.c_str(), flags, 0666);
        if (fd < 0)
            return systemError("cannot be opened", path);
        Journal journal(fd, path);
        if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
            if (errno == EWOULDBLOCK)
                return fail(
                    "another process is writing this trace", path.string(), "wait for it, or choose another name");
            return systemError("cannot be locked", path);
        }
        struct stat mine
        {
        }, there{};
        if (fstat(fd, &mine) != 0)
            return systemError("cannot be read", path);
        if (!S_ISREG(mine.st_mode))
            return fail("is not a regular file", path.string());
        if (::stat(path.c_str(), &there) != 0 || mine.st_ino != there.st_ino || mine.st_dev != there.st_dev)
            continue;
        journal.m_fileSize = static_cast<std::uint64_t>(mine.st_size);
        ES_TRY(access == Access::StartAnew ? journal.checkMagic() : journal.scan());
        return journal;
    }
    return fail("is removed and made anew all the time", path.string());
}

Expected<Journal> Journal::look(const std::filesystem::path& path)
{
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return systemError("cannot be opened", path);
    Journal journal(fd, path);
    struct stat file
    {
    };
    if (fstat(fd, &file) != 0)
        return systemError("cannot be read", path);
    if (!S_ISREG(file.st_mode))
        return fail("is not a regular file", path.string());
    journal.m_fileSize = static_cast<std::uint64_t>(file.st_size);
    ES_TRY(journal.scan());
    return journal;
}

/// Whatever is cut off or replaced here is a journal, not a file of the user's that has its name.
Expected<void> Journal::checkMagic()
{
    char magic[sizeof kMagic];
    const auto bytes = std::min<std::uint64_t>(m_fileSize, sizeof magic);
    ES_ASSIGN([[maybe_unused]] const bool read, readAt(m_fd, 0, magic, bytes, m_path));
    if (std::memcmp(magic, kMagic, bytes) != 0)
        return fail("is not a journal of a capture", m_path.string(), "move it away");
    return {};
}

Expected<void> Journal::scan()
{
    ES_TRY(checkMagic());
    const auto place = m_path.string();
    FileHead head{};
    const auto headBytes = std::min<std::uint64_t>(m_fileSize, sizeof head);
    ES_ASSIGN([[maybe_unused]] const bool read, readAt(m_fd, 0, &head, headBytes, m_path));
    if (headBytes < sizeof head)
        return {}; // killed within the first write
    if (head.version != kJournalVersion)
        return fail("journal of version " + std::to_string(head.version) + "; this program knows version 1", place);

    bool importing = false;
    std::vector<std::byte> buffer(1 << 20), plan;
    std::uint64_t offset = sizeof head;
    while (m_fileSize - offset >= sizeof(RecordHead)) {
        RecordHead record{};
        ES_ASSIGN(const bool whole, readAt(m_fd, offset, &record, sizeof record, m_path));
        const auto body = offset + sizeof record;
        // A length that does not fit is a torn record, as is a checksum that is wrong: the journal ends before it.
        if (!whole || record.length > m_fileSize - body || (record.type == kPlan && record.length > kMaxPlanBytes))
            break;
        ChunkHead chunk{};
        auto crc = headCrc(record);
        plan.clear();
        for (std::uint64_t done = 0; done < record.length;) {
            const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), record.length - done));
            ES_ASSIGN(const bool there, readAt(m_fd, body + done, buffer.data(), n, m_path));
            if (!there)
                return fail("became shorter while it was read", place);
            crc = crcOf(crc, buffer.data(), n);
            if (record.type == kPlan)
                plan.insert(plan.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(n));
            else if (done == 0)
                std::memcpy(&chunk, buffer.data(), std::min(n, sizeof chunk));
            done += n;
        }
        if (crc != record.crc)
            break;
        const auto recordPlace = place + ": record at byte " + std::to_string(offset);
        switch (record.type) {
        case kPlan: {
            if (m_record)
                return fail("second plan", recordPlace);
            ES_ASSIGN(m_record, decodePlan(plan, recordPlace));
            m_geometry = geometryOf(m_record->plan);
            break;
        }
        case kChunk: {
            if (!m_record)
                return fail("chunk before the plan", recordPlace);
            const auto column = static_cast<Column>(chunk.column);
            if (record.length < sizeof chunk || chunk.column >= kAllColumns.size() || !m_geometry.has(column))
                return fail("chunk of unknown column " + std::to_string(chunk.column), recordPlace);
            const auto size = record.length - sizeof chunk;
            const std::uint64_t length = m_geometry.chunkLength(column);
            if (chunk.site >= m_geometry.sitesOf(column))
                return fail("chunk of site " + std::to_string(chunk.site) + ", the plan has "
                        + std::to_string(m_geometry.sitesOf(column)),
                    recordPlace);
            if (chunk.chunk >= m_geometry.numChunks(column))
                return fail("chunk " + std::to_string(chunk.chunk) + ", the plan has "
                        + std::to_string(m_geometry.numChunks(column)),
                    recordPlace);
            const auto most = std::min(length, m_geometry.numTokens - chunk.chunk * length);
            if (chunk.numTokens == 0 || chunk.numTokens > most)
                return fail("chunk of " + std::to_string(chunk.numTokens) + " tokens, at most " + std::to_string(most)
                        + " are allowed",
                    recordPlace);
            if (size == 0 || size > packedBound(m_geometry.chunkBytes(column)))
                return fail("chunk of " + std::to_string(size) + " bytes is larger than it could be", recordPlace);
            m_index.put(column, chunk.site, chunk.chunk,
                {body + sizeof chunk, static_cast<std::uint32_t>(size), chunk.numTokens});
            break;
        }
        case kImportBegin:
            importing = true;
            break;
        case kImportEnd:
            importing = false;
            break;
        default:
            return fail("record of unknown type " + std::to_string(record.type), recordPlace);
        }
        offset = body + record.length;
    }
    m_validSize = offset;
    if (importing) {
        // Killed while chunks were copied out of an incomplete trace, which still has them all.
        m_record.reset();
        m_index = {};
    }
    return {};
}

Expected<void> Journal::truncate(std::uint64_t size)
{
    if (ftruncate(m_fd, static_cast<off_t>(size)) != 0)
        return systemError("cannot be cut", m_path);
    m_fileSize = m_validSize = size;
    return {};
}

Expected<void> Journal::appendRecord(
    std::uint32_t type, std::span<const std::byte> head, std::span<const std::byte> body)
{
    if (m_fileSize != m_validSize)
        ES_TRY(truncate(m_validSize));
    RecordHead record{type, 0, head.size() + body.size()};
    const auto crc = crcOf(headCrc(record), head.data(), head.size());
    record.crc = crcOf(crc, body.data(), body.size());
    std::array<iovec, 3> parts{{{&record, sizeof record}, {const_cast<std::byte*>(head.data()), head.size()},
        {const_cast<std::byte*>(body.data()), body.size()}}};
    std::size_t part = 0;
    auto offset = m_validSize;
    while (part < parts.size()) {
        const auto n = pwritev(m_fd, &parts[part], static_cast<int>(parts.size() - part), static_cast<off_t>(offset));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            const auto error = systemError("cannot be written", m_path);
            m_fileSize = std::max(m_fileSize, offset); // the next append cuts the torn record off
            return error;
        }
        offset += static_cast<std::uint64_t>(n);
        for (auto left = static_cast<std::size_t>(n); part < parts.size();) {
            const auto taken = std::min(left, parts[part].iov_len);
            parts[part].iov_base = static_cast<char*>(parts[part].iov_base) + taken;
            parts[part].iov_len -= taken;
            left -= taken;
            if (parts[part].iov_len > 0)
                break;
            ++part;
        }
    }
    m_fileSize = m_validSize = offset;
    return {};
}

/// In pieces, three times over: for the length, the checksum, and the bytes themselves.
Expected<void> Journal::appendPlan(const PlanRecord& record)
{
    RecordHead head{kPlan, 0, 0};
    encodePlan(record, [&](auto bytes) { head.length += bytes.size(); });
    head.crc = headCrc(head);
    encodePlan(record, [&](auto bytes) { head.crc = crcOf(head.crc, bytes.data(), bytes.size()); });

    auto offset = m_validSize;
    Expected<void> status;
    std::vector<std::byte> buffer;
    const auto write = [&](std::span<const std::byte> bytes) {
        while (status && !bytes.empty()) {
            const auto n = pwrite(m_fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
            if (n < 0 && errno != EINTR)
                status = systemError("cannot be written", m_path);
            if (n <= 0)
                continue;
            offset += static_cast<std::uint64_t>(n);
            bytes = bytes.subspan(static_cast<std::size_t>(n));
        }
    };
    const auto put = [&](std::span<const std::byte> bytes) {
        if (buffer.size() + bytes.size() > (1u << 20)) {
            write(buffer);
            buffer.clear();
        }
        if (bytes.size() > (1u << 20))
            write(bytes);
        else
            buffer.insert(buffer.end(), bytes.begin(), bytes.end());
    };
    put(std::as_bytes(std::span(&head, 1)));
    encodePlan(record, put);
    write(buffer);
    m_fileSize = std::max(m_fileSize, offset); // a torn record is cut off by the next append
    if (status)
        m_validSize = offset;
    return status;
}

Expected<void> Journal::start(PlanRecord record, bool importing)
{
    ES_TRY(truncate(0));
    m_index = {};
    FileHead head{};
    std::memcpy(head.magic, kMagic, sizeof kMagic);
    head.version = kJournalVersion;
    if (pwrite(m_fd, &head, sizeof head, 0) != static_cast<ssize_t>(sizeof head))
        return systemError("cannot be written", m_path);
    m_fileSize = m_validSize = sizeof head;
    if (importing)
        ES_TRY(appendRecord(kImportBegin, {}, {}));
    ES_TRY(appendPlan(record));
    m_geometry = geometryOf(record.plan);
    m_record = std::move(record);
    return {};
}

Expected<void> Journal::endImport()
{
    return appendRecord(kImportEnd, {}, {});
}

Expected<void> Journal::append(
    Column column, std::uint16_t site, std::uint64_t chunk, std::uint32_t numTokens, std::span<const std::byte> packed)
{
    const ChunkHead head{static_cast<std::uint16_t>(column), site, numTokens, chunk};
    ES_TRY(appendRecord(kChunk, std::as_bytes(std::span(&head, 1)), packed));
    m_index.put(
        column, site, chunk, {m_validSize - packed.size(), static_cast<std::uint32_t>(packed.size()), numTokens});
    return {};
}

Expected<void> Journal::read(const JournalChunk& chunk, std::vector<std::byte>& packed) const
{
    packed.resize(chunk.size);
    ES_ASSIGN(const bool whole, readAt(m_fd, chunk.offset, packed.data(), packed.size(), m_path));
    if (!whole)
        return fail("became shorter while it was read", m_path.string());
    return {};
}

void Journal::remove()
{
    ::unlink(m_path.c_str());
}

}
