// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/exchange/decompression.h"

namespace expertscope {

struct TextLimits
{
    std::uint64_t maxBytes = std::uint64_t(4) << 30; ///< of an input, packed and unpacked
    std::size_t maxDocument = std::size_t(512) << 20; ///< what the tokenizer takes
    ExpansionLimits expansion;
};

/// The text of one input: unpacked, and made UTF-8 where a byte order mark says that it is UTF-16. Nothing else is
/// guessed; that it is valid UTF-8 is for the caller to check, document by document.
class TextReader
{
public:
    static Expected<TextReader> open(
        const std::filesystem::path& path, const TextLimits& limits, const std::atomic<bool>* stop);
    static Expected<TextReader> open(std::unique_ptr<ByteSource> from, std::string name, const TextLimits& limits);

    const std::string& name() const { return m_name; }
    /// The beginning of what comes next, up to 64 KiB.
    Expected<std::string_view> ahead();
    /// Text at hand, empty only at the end; take() what was used.
    Expected<std::string_view> some();
    void take(std::size_t bytes) { m_begin += bytes; }

    /// The next line without its end (\n or \r\n); false at the end.
    Expected<bool> line(std::string& into);
    /// All that is left.
    Expected<std::string> rest();
    /// About a document that has grown too long.
    tl::unexpected<Error> tooLong(const std::string& where) const;
    std::size_t maxDocument() const { return m_limits.maxDocument; }

private:
    TextReader(std::unique_ptr<ByteSource> from, std::string name, const TextLimits& limits)
        : m_from(std::move(from))
        , m_name(std::move(name))
        , m_limits(limits)
    {
    }
    Expected<bool> readMore();

    std::unique_ptr<ByteSource> m_from;
    std::string m_name;
    TextLimits m_limits;
    std::string m_buffer;
    std::size_t m_begin = 0; // of what is left of it
    std::uint64_t m_read = 0;
};

/// Whether every byte of it is UTF-8; the error says at which one it is not.
Expected<void> checkUtf8(std::string_view text, const std::string& where);

}
