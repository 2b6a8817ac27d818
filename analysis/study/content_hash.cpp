// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/study/content_hash.h"

#include "io/base/sha256.h"
#include "io/base/workers.h"

#include <algorithm>
#include <atomic>
#include <ctime>
#include <optional>
#include <sstream>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

namespace expertscope {

namespace {

constexpr std::uint64_t kPiece = 16u << 20;

/// Of a regular file.
std::optional<std::uint64_t> sizeOf(int file)
{
    struct stat info
    {
    };
    if (file < 0 || fstat(file, &info) != 0 || !S_ISREG(info.st_mode))
        return std::nullopt;
    return std::uint64_t(info.st_size);
}

FileState stateOf(const struct stat& info)
{
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    std::ostringstream text;
    text << info.st_dev << ' ' << info.st_ino << ' ' << info.st_size << ' ' << info.st_mtim.tv_sec << '.'
         << info.st_mtim.tv_nsec << ' ' << info.st_ctim.tv_sec << '.' << info.st_ctim.tv_nsec;
    return {std::move(text).str(), now.tv_sec - std::max(info.st_mtim.tv_sec, info.st_ctim.tv_sec) >= 2};
}

/// Of the bytes from `begin` on, at most kPiece; empty when they cannot be read, or need not be.
std::string pieceHash(int file, std::uint64_t begin, const std::function<bool()>& wanted)
{
    Sha256 hash;
    std::vector<std::byte> buffer(1u << 20);
    for (std::uint64_t done = 0; done < kPiece;) {
        const ssize_t n = pread(file, buffer.data(), std::min<std::uint64_t>(buffer.size(), kPiece - done),
            static_cast<off_t>(begin + done));
        if (n < 0 || !wanted())
            return {};
        if (n == 0)
            break;
        hash.update({buffer.data(), std::size_t(n)});
        done += std::uint64_t(n);
    }
    return hash.hex();
}

}

std::string contentHash(int file, const std::function<bool()>& goOn)
{
    const auto size = sizeOf(file);
    if (!size)
        return {};
    std::vector<std::string> pieces((*size + kPiece - 1) / kPiece);
    std::atomic<std::size_t> next = 0;
    std::atomic<bool> stopped = false;
    const auto work = [&](const std::function<bool()>& wanted) {
        for (std::size_t i = next++; i < pieces.size() && !stopped; i = next++)
            pieces[i] = pieceHash(file, i * kPiece, wanted);
    };
    const auto notStopped = [&] { return !stopped.load(); };
    const auto asked = [&] {
        if (goOn && !goOn())
            stopped = true;
        return !stopped.load();
    };
    {
        Workers workers;
        const std::size_t most = std::max(std::thread::hardware_concurrency(), 1u);
        workers.start(unsigned(std::max<std::size_t>(std::min(most, pieces.size()), 1) - 1),
            [&](unsigned) { work(notStopped); });
        work(asked);
        workers.join();
    }
    Sha256 whole;
    for (const std::string& piece : pieces) {
        if (piece.empty())
            return {};
        whole.update(std::as_bytes(std::span(piece)));
    }
    return whole.hex();
}

std::string fingerprintOf(int file)
{
    constexpr std::uint64_t kPieces = 64, kPiece = 65536;
    const auto known = sizeOf(file);
    if (!known)
        return {};
    const std::uint64_t size = *known;
    Sha256 hash;
    const std::string head = std::to_string(size);
    hash.update(std::as_bytes(std::span(head)));
    std::vector<std::byte> buffer(std::min(kPiece, size));
    std::uint64_t last = UINT64_MAX;
    for (std::uint64_t i = 0; i < kPieces; ++i) {
        // From the first byte to the last piece; overlapping pieces of a small file are read once.
        const std::uint64_t at = size <= kPiece ? 0 : (size - kPiece) / (kPieces - 1) * i;
        const std::uint64_t begin = i + 1 == kPieces && size > kPiece ? size - kPiece : at;
        if (begin == last)
            continue;
        last = begin;
        for (std::size_t done = 0; done < buffer.size();) {
            const ssize_t n = pread(file, buffer.data() + done, buffer.size() - done, static_cast<off_t>(begin + done));
            if (n <= 0)
                return {};
            done += std::size_t(n);
        }
        hash.update(buffer);
    }
    return hash.hex();
}

FileState fileState(const std::filesystem::path& path)
{
    struct stat info
    {
    };
    return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) ? stateOf(info) : FileState();
}

FileState fileState(int file)
{
    struct stat info
    {
    };
    return file >= 0 && fstat(file, &info) == 0 && S_ISREG(info.st_mode) ? stateOf(info) : FileState();
}

}
