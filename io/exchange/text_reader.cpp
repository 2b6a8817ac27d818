// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/exchange/text_reader.h"

#include "io/base/utf8.h"

namespace expertscope {

namespace {

constexpr std::size_t kAheadBytes = std::size_t(64) << 10;
constexpr std::size_t kChunkBytes = std::size_t(256) << 10;

class Utf16Source final : public ByteSource
{
public:
    Utf16Source(std::unique_ptr<ByteSource> from, bool bigEndian, std::string name)
        : m_from(std::move(from))
        , m_bigEndian(bigEndian)
        , m_name(std::move(name))
    {
    }

    Expected<std::size_t> read(std::span<char> into) override
    {
        while (m_done == m_text.size()) {
            m_text.clear();
            m_done = 0;
            m_units.resize(kChunkBytes);
            ES_ASSIGN(const std::size_t got, m_from->read(std::span(m_units).subspan(m_odd)));
            if (got == 0) {
                if (m_odd > 0 || m_high != 0)
                    return cutShort();
                return std::size_t(0);
            }
            ES_TRY(decode(std::exchange(m_odd, 0) + got));
        }
        const auto count = std::min(into.size(), m_text.size() - m_done);
        m_text.copy(into.data(), count, m_done);
        m_done += count;
        return count;
    }

private:
    tl::unexpected<Error> cutShort() const { return fail("ends in the middle of a UTF-16 character", m_name); }

    Expected<void> decode(std::size_t bytes)
    {
        const auto byte = [&](std::size_t i) {
            return static_cast<std::uint32_t>(static_cast<std::uint8_t>(m_units[i]));
        };
        for (std::size_t i = 0; i + 1 < bytes; i += 2, m_at += 2) {
            const auto unit = m_bigEndian ? byte(i) << 8 | byte(i + 1) : byte(i + 1) << 8 | byte(i);
            const bool low = unit >= 0xDC00 && unit < 0xE000;
            if (low != (m_high != 0))
                return fail("not UTF-16 at byte " + std::to_string(m_at) + ": half a surrogate pair", m_name);
            if (unit >= 0xD800 && unit < 0xDC00)
                m_high = unit;
            else
                appendUtf8(
                    m_text, low ? 0x10000 + ((std::exchange(m_high, 0) - 0xD800) << 10) + (unit - 0xDC00) : unit);
        }
        m_odd = bytes % 2;
        if (m_odd > 0)
            m_units[0] = m_units[bytes - 1];
        return {};
    }

    std::unique_ptr<ByteSource> m_from;
    const bool m_bigEndian;
    const std::string m_name;
    std::string m_units; // as they come; the first m_odd bytes are left from before
    std::size_t m_odd = 0;
    std::uint32_t m_high = 0; // the first half of a pair
    std::uint64_t m_at = 2; // byte of the input: behind the byte order mark
    std::string m_text;
    std::size_t m_done = 0; // of m_text
};

}

Expected<TextReader> TextReader::open(
    const std::filesystem::path& path, const TextLimits& limits, const std::atomic<bool>* stop)
{
    ES_ASSIGN(auto bytes, openBytes(path, limits.maxBytes, stop));
    return open(std::move(bytes), inputName(path), limits);
}

Expected<TextReader> TextReader::open(std::unique_ptr<ByteSource> from, std::string name, const TextLimits& limits)
{
    ES_ASSIGN(auto source, decompressed(std::move(from), name, limits.expansion));
    ES_ASSIGN(const std::string_view mark, source->peek(4));
    if (mark == std::string_view("\xff\xfe\0\0", 4) || mark == std::string_view("\0\0\xfe\xff", 4))
        return fail("is UTF-32", name, "make it UTF-8: iconv -f UTF-32 -t UTF-8");
    const bool little = mark.starts_with("\xff\xfe"), big = mark.starts_with("\xfe\xff");
    if (little || big) {
        source->skip(2);
        return TextReader(std::make_unique<Utf16Source>(std::move(source), big, name), name, limits);
    }
    if (mark.starts_with("\xef\xbb\xbf"))
        source->skip(3);
    return TextReader(std::move(source), std::move(name), limits);
}

Expected<bool> TextReader::readMore()
{
    m_buffer.erase(0, std::exchange(m_begin, 0));
    const auto have = m_buffer.size();
    m_buffer.resize(have + kChunkBytes);
    auto got = m_from->read(std::span(m_buffer).subspan(have));
    m_buffer.resize(have + (got ? *got : 0));
    if (!got)
        return tl::unexpected(std::move(got).error());
    m_read += *got;
    if (m_read > m_limits.maxBytes)
        return fail("more than " + std::to_string(m_limits.maxBytes >> 20) + " MiB of text", m_name, "split it");
    return *got > 0;
}

Expected<std::string_view> TextReader::ahead()
{
    while (m_buffer.size() - m_begin < kAheadBytes) {
        ES_ASSIGN(const bool more, readMore());
        if (!more)
            break;
    }
    return std::string_view(m_buffer).substr(m_begin, kAheadBytes);
}

Expected<std::string_view> TextReader::some()
{
    if (m_begin == m_buffer.size())
        ES_TRY(readMore());
    return std::string_view(m_buffer).substr(m_begin);
}

tl::unexpected<Error> TextReader::tooLong(const std::string& where) const
{
    return fail("a document longer than " + std::to_string(m_limits.maxDocument >> 20) + " MiB", where, "split it");
}

Expected<bool> TextReader::line(std::string& into)
{
    into.clear();
    for (bool any = false;; any = true) {
        ES_ASSIGN(const std::string_view text, some());
        if (text.empty())
            return any;
        const auto end = text.find('\n');
        const auto part = text.substr(0, end);
        if (into.size() + part.size() > m_limits.maxDocument)
            return tooLong(m_name);
        into += part;
        take(part.size() + (end == std::string_view::npos ? 0 : 1));
        if (end != std::string_view::npos) {
            if (into.ends_with('\r'))
                into.pop_back();
            return true;
        }
    }
}

Expected<std::string> TextReader::rest()
{
    std::string all;
    for (;;) {
        ES_ASSIGN(const std::string_view text, some());
        if (text.empty())
            return all;
        if (all.size() + text.size() > m_limits.maxDocument)
            return tooLong(m_name);
        all += text;
        take(text.size());
    }
}

Expected<void> checkUtf8(std::string_view text, const std::string& where)
{
    if (const auto bad = invalidUtf8At(text))
        return fail("not UTF-8 at byte " + std::to_string(*bad), where, "another encoding? iconv -f LATIN1 -t UTF-8");
    return {};
}

}
