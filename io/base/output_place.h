// SPDX-License-Identifier: GPL-3.0-or-later
//
// What lies at the end of a path that something is to be written to.
#pragma once

#include "io/base/error.h"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace expertscope {

/// The same file, whatever names it has.
struct FileIdentity
{
    std::uint64_t device = 0, inode = 0;
    bool operator==(const FileIdentity&) const = default;
};
/// Of what the path leads to, through links; none where that is nothing.
std::optional<FileIdentity> identityOf(const std::filesystem::path& path);

struct OutputPlace
{
    enum class What
    {
        Nothing, ///< a file can be made, if the folder allows it
        File,
        Folder,
        Stream, ///< takes bytes as they come: a pipe by name, a terminal, /dev/null; a descriptor of another program
        Descriptor, ///< one of our own by name: /dev/stdout, /dev/fd/3
        Socket,
        Disk ///< a block device
    };
    What what = What::Nothing;
    std::filesystem::path path; ///< after all links, so that a link stays when what it leads to is replaced
    int descriptor = -1; ///< of What::Descriptor
    std::optional<FileIdentity> identity; ///< of what is there
    std::uint64_t bytes = 0; ///< of What::File

    /// "a pipe", for messages: what is there
    const char* name() const;

    /// Errors: links that lead in a circle; what may not be looked at.
    static Expected<OutputPlace> of(const std::filesystem::path& path);
};

}
