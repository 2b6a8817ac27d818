// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/study/result_cache.h"
#include "io/base/sha256.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

namespace expertscope {

namespace {

constexpr std::uint64_t kPiece = 16u << 20;

/// Of the bytes from `begin` on, at most kPiece; empty when they cannot be read.
std::string pieceHash(int file, std::uint64_t begin)
{
    Sha256 hash;
    std::vector<std::byte> buffer(1u << 20);
    for (std::uint64_t done = 0; done < kPiece;) {
        const ssize_t n = pread(file, buffer.data(), std::min<std::uint64_t>(buffer.size(), kPiece - done),
            static_cast<off_t>(begin + done));
        if (n < 0)
            return {};
        if (n == 0)
            break;
        hash.update({buffer.data(), std::size_t(n)});
        done += std::uint64_t(n);
    }
    return hash.hex();
}

}

std::string contentHash(const std::filesystem::path& path)
{
    std::error_code error;
    const std::uint64_t size = std::filesystem::file_size(path, error);
    const int file = error ? -1 : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return {};
    std::vector<std::string> pieces((size + kPiece - 1) / kPiece);
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
        for (std::size_t i = next++; i < pieces.size(); i = next++)
            pieces[i] = pieceHash(file, i * kPiece);
    };
    {
        std::vector<std::jthread> workers;
        const std::size_t most = std::max(std::thread::hardware_concurrency(), 1u);
        for (std::size_t i = 1; i < std::min(most, pieces.size()); ++i)
            workers.emplace_back(work);
        work();
    }
    ::close(file);
    Sha256 whole;
    for (const std::string& piece : pieces) {
        if (piece.empty())
            return {};
        whole.update(std::as_bytes(std::span(piece)));
    }
    return whole.hex();
}

}
