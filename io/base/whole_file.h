// SPDX-License-Identifier: GPL-3.0-or-later
//
// Output that is there whole or not at all.
#pragma once

#include "io/base/error.h"

#include <filesystem>
#include <string>

namespace expertscope {

/// Whether a file can be written there, asked before the work that would be lost. Standard output (an empty path):
/// always.
Expected<void> checkOutput(const std::filesystem::path& path);

/// Writes the whole file or none of it, by way of a file beside it whose name ends with `part`; to standard output when
/// `path` is empty.
Expected<void> writeOutput(const std::filesystem::path& path, const std::string& text, const std::string& part = ".part");

}
