// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/base/output_place.h"

#include <cerrno>
#include <charconv>
#include <cstring>

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

namespace expertscope {

namespace fs = std::filesystem;

namespace {

constexpr int kMostLinks = 40; // as the kernel has it

FileIdentity identityOf(const struct stat& info)
{
    return {info.st_dev, info.st_ino};
}

/// "/proc/4711/fd", however it is named: what look like links in it are descriptors, which may be of nothing that has a
/// name, or of a file that must not be replaced but written to where it stands.
bool holdsDescriptors(const fs::path& folder)
{
    struct statfs system
    {
    };
    return folder.filename() == "fd" && statfs(folder.c_str(), &system) == 0 && system.f_type == PROC_SUPER_MAGIC;
}

/// The number of a descriptor of this program, or -1.
int ownDescriptor(const fs::path& folder, const fs::path& name)
{
    std::error_code error;
    const fs::path own = fs::canonical("/proc/self", error);
    if (error || !folder.string().starts_with(own.string() + '/'))
        return -1;
    const std::string digits = name.string();
    int number = -1;
    const auto [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return bad == std::errc() && end == digits.data() + digits.size() ? number : -1;
}

OutputPlace::What whatIs(mode_t mode)
{
    using What = OutputPlace::What;
    if (S_ISDIR(mode))
        return What::Folder;
    if (S_ISSOCK(mode))
        return What::Socket;
    if (S_ISBLK(mode))
        return What::Disk;
    return S_ISREG(mode) ? What::File : What::Stream;
}

}

std::optional<FileIdentity> identityOf(const fs::path& path)
{
    struct stat info
    {
    };
    if (stat(path.c_str(), &info) != 0)
        return std::nullopt;
    return identityOf(info);
}

const char* OutputPlace::name() const
{
    switch (what) {
    case What::Nothing:
        return "nothing";
    case What::File:
        return "a file";
    case What::Folder:
        return "a folder";
    case What::Stream:
        return "a pipe or a device";
    case What::Descriptor:
        return "a stream";
    case What::Socket:
        return "a socket";
    case What::Disk:
        return "a block device";
    }
    return "";
}

Expected<OutputPlace> OutputPlace::of(const fs::path& path)
{
    struct stat info
    {
    };
    // Links that the kernel does not let us follow are none that we follow on our own.
    if (stat(path.c_str(), &info) != 0 && errno != ENOENT)
        return fail(std::strerror(errno), path.string());
    OutputPlace place;
    place.path = path;
    for (int links = 0; links < kMostLinks; ++links) {
        if (lstat(place.path.c_str(), &info) != 0) {
            if (errno != ENOENT)
                return fail(std::strerror(errno), path.string());
            return place; // nothing yet, maybe at the end of a link
        }
        if (!S_ISLNK(info.st_mode)) {
            place.what = whatIs(info.st_mode);
            place.identity = identityOf(info);
            place.bytes = static_cast<std::uint64_t>(info.st_size);
            return place;
        }
        std::error_code error;
        const fs::path folder = fs::canonical(place.path.has_parent_path() ? place.path.parent_path() : ".", error);
        if (!error && holdsDescriptors(folder)) {
            if (stat(place.path.c_str(), &info) != 0)
                return fail(std::strerror(errno), path.string());
            place.descriptor = ownDescriptor(folder, place.path.filename());
            place.what = place.descriptor >= 0 ? What::Descriptor : What::Stream;
            place.identity = identityOf(info);
            return place;
        }
        const fs::path next = fs::read_symlink(place.path, error);
        if (error)
            return fail(error.message(), path.string());
        place.path = next.is_absolute() ? next : place.path.parent_path() / next;
    }
    return fail(std::strerror(ELOOP), path.string());
}

}
