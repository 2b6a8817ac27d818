// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/exchange/decompression.h"

#include <vector>

#include <zlib.h>
#include <zstd.h>

namespace expertscope {

namespace {

constexpr std::size_t kBufferBytes = std::size_t(128) << 10;

/// What both have: packed bytes at hand, and counts of what went in and came out.
class Unpacker : public ByteSource
{
public:
    Unpacker(std::unique_ptr<ByteSource> from, std::string name, const ExpansionLimits& limits)
        : m_from(std::move(from))
        , m_name(std::move(name))
        , m_limits(limits)
        , m_buffer(kBufferBytes)
    {
    }

protected:
    std::span<const char> packed() const { return std::span(m_buffer).subspan(m_begin, m_end - m_begin); }
    void taken(std::size_t bytes) { m_begin += bytes; }

    /// Gets more when nothing is at hand; false at the end.
    Expected<bool> refill()
    {
        if (m_begin < m_end)
            return true;
        ES_ASSIGN(m_end, m_from->read(m_buffer));
        m_begin = 0;
        m_in += m_end;
        return m_end > 0;
    }

    Expected<std::size_t> checked(std::size_t produced)
    {
        m_out += produced;
        if (m_out > m_limits.freeBytes && m_out / m_limits.factor > m_in)
            return fail("expands to more than " + std::to_string(m_limits.factor) + " times its size", m_name,
                "unpack it first if that is meant to be");
        return produced;
    }

    tl::unexpected<Error> damaged(const char* what, const char* why) const
    {
        return fail(std::string("damaged ") + what + " data" + (why ? std::string(": ") + why : std::string())
                + ", after " + std::to_string(m_out) + " bytes of text",
            m_name);
    }
    tl::unexpected<Error> endsEarly(const char* what) const
    {
        return fail(std::string("the ") + what + " data ends early, after " + std::to_string(m_out) + " bytes of text",
            m_name, "is the file complete?");
    }

private:
    std::unique_ptr<ByteSource> m_from;
    const std::string m_name;
    const ExpansionLimits m_limits;
    std::vector<char> m_buffer;
    std::size_t m_begin = 0, m_end = 0;
    std::uint64_t m_in = 0, m_out = 0;
};

class GzipSource final : public Unpacker
{
public:
    using Unpacker::Unpacker;
    ~GzipSource() override
    {
        if (m_started)
            inflateEnd(&m_stream);
    }
    GzipSource(const GzipSource&) = delete;
    GzipSource& operator=(const GzipSource&) = delete;

    Expected<std::size_t> read(std::span<char> into) override
    {
        if (!m_started && inflateInit2(&m_stream, 15 + 16) != Z_OK) // 16: a gzip header, no other
            return fail("no memory to unpack it", "gzip");
        m_started = true;
        while (!m_done) {
            ES_ASSIGN(const bool more, refill());
            if (!more)
                return endsEarly("gzip");
            const auto in = packed();
            m_stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
            m_stream.avail_in = static_cast<uInt>(in.size());
            m_stream.next_out = reinterpret_cast<Bytef*>(into.data());
            m_stream.avail_out = static_cast<uInt>(std::min(into.size(), kBufferBytes));
            const auto room = m_stream.avail_out;
            const int status = inflate(&m_stream, Z_NO_FLUSH);
            taken(in.size() - m_stream.avail_in);
            if (status == Z_STREAM_END)
                ES_TRY(nextMember());
            else if (status != Z_OK && status != Z_BUF_ERROR)
                return damaged("gzip", m_stream.msg);
            if (const auto produced = room - m_stream.avail_out; produced > 0)
                return checked(produced);
        }
        return std::size_t(0);
    }

private:
    /// Another member may follow, or zeros that fill a block of a tape.
    Expected<void> nextMember()
    {
        for (bool zeros = false;; zeros = true) {
            ES_ASSIGN(const bool more, refill());
            m_done = !more;
            if (m_done)
                return {};
            if (packed().front() != '\0') {
                if (zeros || packed().front() != '\x1f')
                    return damaged("gzip", "something else stands behind it");
                return inflateReset(&m_stream) == Z_OK ? Expected<void>() : damaged("gzip", m_stream.msg);
            }
            taken(1);
        }
    }

    z_stream m_stream = {};
    bool m_started = false;
    bool m_done = false;
};

class ZstdSource final : public Unpacker
{
public:
    ZstdSource(std::unique_ptr<ByteSource> from, std::string name, const ExpansionLimits& limits)
        : Unpacker(std::move(from), std::move(name), limits)
        , m_context(ZSTD_createDCtx(), &ZSTD_freeDCtx)
    {
        if (m_context)
            ZSTD_DCtx_setParameter(m_context.get(), ZSTD_d_windowLogMax, limits.windowLog);
    }

    Expected<std::size_t> read(std::span<char> into) override
    {
        if (!m_context)
            return fail("no memory to unpack it", "zstd");
        for (;;) {
            // What is left inside the library comes out before more goes in.
            ES_ASSIGN(const bool more, refill());
            if (!more && m_frameDone)
                return std::size_t(0);
            ZSTD_inBuffer in{packed().data(), packed().size(), 0};
            ZSTD_outBuffer out{into.data(), into.size(), 0};
            const std::size_t status = ZSTD_decompressStream(m_context.get(), &out, &in);
            if (ZSTD_isError(status))
                return damaged("zstd", ZSTD_getErrorName(status));
            taken(in.pos);
            m_frameDone = status == 0;
            if (out.pos > 0)
                return checked(out.pos);
            if (!more && !m_frameDone)
                return endsEarly("zstd");
        }
    }

private:
    std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> m_context;
    bool m_frameDone = true;
};

}

Expected<std::unique_ptr<PeekSource>> decompressed(
    std::unique_ptr<ByteSource> from, const std::string& name, const ExpansionLimits& limits)
{
    auto raw = std::make_unique<PeekSource>(std::move(from));
    ES_ASSIGN(const std::string_view head, raw->peek(4));
    if (head.starts_with("\x1f\x8b"))
        return std::make_unique<PeekSource>(std::make_unique<GzipSource>(std::move(raw), name, limits));
    const bool skippable = head.size() == 4 && (head[0] & '\xf0') == '\x50' && head.substr(1) == "\x2a\x4d\x18";
    if (head == "\x28\xb5\x2f\xfd" || skippable)
        return std::make_unique<PeekSource>(std::make_unique<ZstdSource>(std::move(raw), name, limits));
    return raw;
}

}
