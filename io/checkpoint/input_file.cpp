// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/input_file.h"

#include "io/base/lfs_pointer.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace expertscope {

Expected<InputFile> InputFile::open(const std::filesystem::path& path)
{
    InputFile file;
    file.m_path = path;
    // O_NONBLOCK: opening a pipe that nobody writes to must not hang; it changes nothing for regular files.
    file.m_descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file.m_descriptor < 0)
        return fail(std::string("cannot open: ") + std::strerror(errno), path.string());
    struct stat status = {};
    if (::fstat(file.m_descriptor, &status) != 0)
        return fail(std::string("cannot read its size: ") + std::strerror(errno), path.string());
    if (!S_ISREG(status.st_mode))
        return fail("not a regular file", path.string());
    file.m_size = static_cast<std::uint64_t>(status.st_size);
    return file;
}

Expected<void> InputFile::read(std::uint64_t offset, std::span<std::byte> destination) const
{
    if (offset > m_size || destination.size() > m_size - offset) {
        return fail("ends early: " + std::to_string(destination.size()) + " bytes wanted at " + std::to_string(offset)
                + ", the file has " + std::to_string(m_size),
            m_path.string());
    }
    std::size_t done = 0;
    while (done < destination.size()) {
        const auto got = ::pread(
            m_descriptor, destination.data() + done, destination.size() - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(
                "cannot read at byte " + std::to_string(offset + done) + ": " + std::strerror(errno), m_path.string());
        if (got == 0) {
            return fail("ends at byte " + std::to_string(offset + done) + ", it had " + std::to_string(m_size)
                    + " bytes when it was opened",
                m_path.string(), "is something still writing it?");
        }
        done += static_cast<std::size_t>(got);
    }
    return {};
}

InputFile::InputFile(InputFile&& other) noexcept
    : m_descriptor(std::exchange(other.m_descriptor, -1))
    , m_size(other.m_size)
    , m_path(std::move(other.m_path))
{
}

InputFile& InputFile::operator=(InputFile&& other) noexcept
{
    std::swap(m_descriptor, other.m_descriptor);
    std::swap(m_size, other.m_size);
    std::swap(m_path, other.m_path);
    return *this;
}

InputFile::~InputFile()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

Expected<std::string> readTextFile(const std::filesystem::path& path, std::size_t maxBytes)
{
    ES_ASSIGN(auto file, InputFile::open(path));
    if (file.size() > maxBytes) {
        return fail(
            std::to_string(file.size()) + " bytes, more than the " + std::to_string(maxBytes) + " such a file may have",
            path.string());
    }
    std::string text(static_cast<std::size_t>(file.size()), '\0');
    ES_TRY(file.read(0, std::as_writable_bytes(std::span(text))));
    ES_TRY(refuseLfsPointer(text, path.string()));
    return text;
}

}
