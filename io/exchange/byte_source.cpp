// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/exchange/byte_source.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace expertscope {

namespace {

constexpr int kPollMilliseconds = 100; // how soon a stop is seen

bool isStandardInput(const std::filesystem::path& path)
{
    return path == "-" || path == "/dev/stdin";
}

class DescriptorSource final : public ByteSource
{
public:
    DescriptorSource(int descriptor, bool owned, bool waits, std::string name, const std::atomic<bool>* stop)
        : m_descriptor(descriptor)
        , m_owned(owned)
        , m_waits(waits)
        , m_name(std::move(name))
        , m_stop(stop)
    {
    }
    ~DescriptorSource() override
    {
        if (m_owned)
            ::close(m_descriptor);
    }
    DescriptorSource(const DescriptorSource&) = delete;
    DescriptorSource& operator=(const DescriptorSource&) = delete;

    Expected<std::size_t> read(std::span<char> into) override
    {
        for (;;) {
            if (m_stop && *m_stop)
                return fail("stopped", m_name);
            if (m_waits) {
                // Before anybody has opened a named pipe for writing, read() would say that it is at its end.
                pollfd ready{m_descriptor, POLLIN, 0};
                if (::poll(&ready, 1, kPollMilliseconds) <= 0)
                    continue;
            }
            const auto got = ::read(m_descriptor, into.data(), into.size());
            if (got >= 0)
                return static_cast<std::size_t>(got);
            if (errno != EINTR && errno != EAGAIN)
                return fail(std::string("cannot be read: ") + std::strerror(errno), m_name);
        }
    }

private:
    const int m_descriptor;
    const bool m_owned;
    const bool m_waits;
    const std::string m_name;
    const std::atomic<bool>* m_stop;
};

}

std::string inputName(const std::filesystem::path& path)
{
    return isStandardInput(path) ? "stdin" : path.string();
}

Expected<std::unique_ptr<ByteSource>> openBytes(
    const std::filesystem::path& path, std::uint64_t maxBytes, const std::atomic<bool>* stop)
{
    const std::string name = inputName(path);
    const bool standard = isStandardInput(path);
    // O_NONBLOCK: opening a named pipe must not wait where no stop is seen.
    const int descriptor = standard ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return fail(std::string("cannot be opened: ") + std::strerror(errno), name);
    struct stat status = {};
    const bool known = ::fstat(descriptor, &status) == 0;
    auto source = std::make_unique<DescriptorSource>(descriptor, !standard, !S_ISREG(status.st_mode), name, stop);
    if (!known)
        return fail(std::string("cannot be read: ") + std::strerror(errno), name);
    if (S_ISDIR(status.st_mode) || S_ISBLK(status.st_mode))
        return fail(S_ISDIR(status.st_mode) ? "is a folder" : "is a device", name);
    if (S_ISREG(status.st_mode) && static_cast<std::uint64_t>(status.st_size) > maxBytes)
        return fail("larger than " + std::to_string(maxBytes >> 20) + " MiB", name, "split it");
    return source;
}

Expected<std::string_view> PeekSource::peek(std::size_t bytes)
{
    m_ahead.erase(0, std::exchange(m_begin, 0));
    while (m_ahead.size() < bytes) {
        const auto have = m_ahead.size();
        m_ahead.resize(bytes);
        auto got = m_from->read(std::span(m_ahead).subspan(have));
        m_ahead.resize(have + (got ? *got : 0));
        if (!got)
            return tl::unexpected(std::move(got).error());
        if (*got == 0)
            break;
    }
    return std::string_view(m_ahead).substr(0, bytes);
}

Expected<std::size_t> PeekSource::read(std::span<char> into)
{
    if (m_begin == m_ahead.size())
        return m_from->read(into);
    const auto count = std::min(into.size(), m_ahead.size() - m_begin);
    std::copy_n(m_ahead.data() + m_begin, count, into.data());
    m_begin += count;
    return count;
}

}
