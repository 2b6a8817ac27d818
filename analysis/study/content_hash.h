// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace expertscope {

/// SHA-256 over the SHA-256 of each 16 MiB of an open file, in hexadecimal: pieces can be hashed at the same time. Empty
/// when it cannot be read, or when `goOn` (called often, from the caller's thread) has returned false.
/// By descriptor, so that what is hashed is what is read: another file may have taken the name meanwhile.
std::string contentHash(int file, const std::function<bool()>& goOn = {});

/// SHA-256 of the size and of 64 pieces spread over an open file: tells traces apart without reading them whole on every
/// node. Empty when it cannot be read.
std::string fingerprintOf(int file);

/// A file as far as the file system knows it, without a look into it: a file that changes is in another state.
struct FileState
{
    std::string text; ///< empty: there is no such file
    bool settled = false; ///< old enough for another state to look different: clocks tick

    bool operator==(const FileState& other) const { return text == other.text; }
};
FileState fileState(const std::filesystem::path& path);
FileState fileState(int file);

}
