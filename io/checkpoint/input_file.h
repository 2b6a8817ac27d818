// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/base/error.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace expertscope {

/// A regular file open for reading by position. Reads with pread, never mmap: a file that shrinks under us gives an
/// error instead of SIGBUS, and reading weights once does not push everything else out of the page cache's favour.
class InputFile
{
public:
    static Expected<InputFile> open(const std::filesystem::path& path);

    std::uint64_t size() const { return m_size; }
    const std::filesystem::path& path() const { return m_path; }
    /// Fills `destination` from byte `offset` on; less than that in the file is an error. Safe from several threads.
    Expected<void> read(std::uint64_t offset, std::span<std::byte> destination) const;

    InputFile(InputFile&& other) noexcept;
    InputFile& operator=(InputFile&& other) noexcept;
    ~InputFile();

private:
    InputFile() = default;
    int m_descriptor = -1;
    std::uint64_t m_size = 0;
    std::filesystem::path m_path;
};

/// The whole of a text file of at most `maxBytes`. A Git LFS pointer in its place is an error.
Expected<std::string> readTextFile(const std::filesystem::path& path, std::size_t maxBytes);

}
