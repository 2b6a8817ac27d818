// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/base/error.h"

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace expertscope {

/// Bytes, one after another: of a file, a pipe, or made from those of another source.
class ByteSource
{
public:
    virtual ~ByteSource() = default;
    /// Fills the beginning of `into`, which is not empty; 0 only at the end.
    virtual Expected<std::size_t> read(std::span<char> into) = 0;
};

/// What is the input called in messages: the path, "stdin" for "-" and /dev/stdin.
std::string inputName(const std::filesystem::path& path);

/// A regular file of at most `maxBytes`, a pipe or standard input. Waiting for a pipe ends with an error when `stop`
/// gets set.
Expected<std::unique_ptr<ByteSource>> openBytes(
    const std::filesystem::path& path, std::uint64_t maxBytes, const std::atomic<bool>* stop);

/// A source whose beginning can be looked at.
class PeekSource final : public ByteSource
{
public:
    explicit PeekSource(std::unique_ptr<ByteSource> from)
        : m_from(std::move(from))
    {
    }
    /// The next `bytes` bytes, fewer only where the source ends; valid until the next call.
    Expected<std::string_view> peek(std::size_t bytes);
    /// Leaves out bytes that were peeked.
    void skip(std::size_t bytes) { m_begin += bytes; }
    Expected<std::size_t> read(std::span<char> into) override;

private:
    std::unique_ptr<ByteSource> m_from;
    std::string m_ahead;
    std::size_t m_begin = 0; // of what is left of it
};

}
