// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/base/new_file.h"

#include "io/base/interrupts.h"
#include "io/base/output_place.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <random>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace expertscope {

namespace {

/// Short: a name of 250 bytes must leave room for it. Nobody else's, and hidden.
std::string ownName()
{
    std::random_device random; // not one a thread: without memory for its end glibc aborts
    char name[24];
    std::snprintf(name, sizeof name, ".es-%08x", static_cast<unsigned>(random()));
    return name;
}

std::string linkOf(int descriptor)
{
    return "/proc/self/fd/" + std::to_string(descriptor);
}

tl::unexpected<Error> systemError(const std::filesystem::path& name)
{
    return fail(std::strerror(errno), name.string());
}

}

Expected<NewFile> NewFile::create(const std::filesystem::path& target)
{
    ES_ASSIGN(const OutputPlace place, OutputPlace::of(target));
    using What = OutputPlace::What;
    if (place.what != What::Nothing && place.what != What::File)
        return place.what == What::Folder ? fail(std::strerror(EISDIR), target.string())
                                          : fail(std::string("is ") + place.name() + ", no file", target.string());
    NewFile file;
    file.m_name = target;
    file.m_last = place.path.filename().string();
    if (file.m_last.empty())
        return fail(std::strerror(EISDIR), target.string());
    const std::filesystem::path folder = place.path.has_parent_path() ? place.path.parent_path() : ".";
    file.m_folder = ::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (file.m_folder < 0)
        return systemError(target);
    ES_TRY(file.open());
    struct stat before
    {
    };
    if (place.what == What::File && fstatat(file.m_folder, file.m_last.c_str(), &before, 0) == 0) {
        // Whose it is matters to root alone, and only the owner may say who may read it.
        if (fchown(file.m_file, before.st_uid, before.st_gid) != 0)
            errno = 0;
        if (fchmod(file.m_file, before.st_mode & 07777) != 0)
            return systemError(target);
    }
    return file;
}

Expected<void> NewFile::open()
{
    m_file = openat(m_folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
    if (m_file >= 0 && access(linkOf(m_file).c_str(), F_OK) == 0)
        return {};
    const bool unknown = m_file >= 0 || errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL || errno == ENOENT;
    if (!unknown)
        return systemError(m_name);
    if (m_file >= 0) // no /proc here, which gives it its name later
        ::close(std::exchange(m_file, -1));
    return named([&](const char* own) {
        m_file = openat(m_folder, own, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666);
        if (m_file >= 0)
            m_unfinished = std::make_unique<Unfinished>(linkOf(m_folder) + '/' + own);
        return m_file >= 0;
    });
}

/// Gives it a name that `take` finds free.
Expected<void> NewFile::named(const auto& take)
{
    for (int attempt = 0; attempt < 100; ++attempt) {
        const std::string own = ownName();
        if (take(own.c_str())) {
            m_own = own;
            return {};
        }
        if (errno != EEXIST)
            break;
    }
    return systemError(m_name);
}

NewFile::NewFile(NewFile&& other) noexcept
    : m_name(std::move(other.m_name))
    , m_last(std::move(other.m_last))
    , m_own(std::exchange(other.m_own, {}))
    , m_unfinished(std::move(other.m_unfinished))
    , m_folder(std::exchange(other.m_folder, -1))
    , m_file(std::exchange(other.m_file, -1))
{
}

NewFile& NewFile::operator=(NewFile&& other) noexcept
{
    std::swap(m_name, other.m_name);
    std::swap(m_last, other.m_last);
    std::swap(m_own, other.m_own);
    std::swap(m_unfinished, other.m_unfinished);
    std::swap(m_folder, other.m_folder);
    std::swap(m_file, other.m_file);
    return *this;
}

NewFile::~NewFile()
{
    close();
}

void NewFile::close()
{
    if (!m_own.empty())
        unlinkat(m_folder, m_own.c_str(), 0);
    for (const int descriptor : {m_file, m_folder}) {
        if (descriptor >= 0)
            ::close(descriptor);
    }
    m_own.clear();
    m_unfinished.reset();
    m_file = m_folder = -1;
}

Expected<void> NewFile::write(std::string_view bytes)
{
    if (!writeAll(m_file, bytes))
        return systemError(m_name);
    return {};
}

Expected<void> NewFile::finish(bool toDisk)
{
    // Network file systems send what was written when a descriptor is closed.
    const int again = dup(m_file);
    if (again < 0 || ::close(again) != 0 || (toDisk && fsync(m_file) != 0))
        return systemError(m_name);
    return {};
}

Expected<void> NewFile::place(bool toDisk)
{
    const Uninterrupted both; // it gets a name of its own on the way
    if (m_own.empty()) {
        ES_TRY(named([&](const char* own) {
            return linkat(AT_FDCWD, linkOf(m_file).c_str(), m_folder, own, AT_SYMLINK_FOLLOW) == 0;
        }));
    }
    if (renameat(m_folder, m_own.c_str(), m_folder, m_last.c_str()) != 0)
        return systemError(m_name);
    m_own.clear();
    if (toDisk) { // Some file systems cannot sync a folder; that is no reason to lose a file.
        const int folder = openat(m_folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folder >= 0) {
            (void)fsync(folder);
            ::close(folder);
        }
    }
    close();
    return {};
}

Expected<void> replaceFile(const std::filesystem::path& path, std::string_view bytes)
{
    ES_ASSIGN(NewFile file, NewFile::create(path));
    ES_TRY(file.write(bytes));
    ES_TRY(file.finish());
    return file.place();
}

bool writeAll(int descriptor, std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t n = ::write(descriptor, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

}
