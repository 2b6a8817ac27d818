// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

namespace expertscope {

/// Where things lie that can be made again (results, fetched libraries, traces that are only looked at), as
/// installer/bootstrap has it: $EXPERTSCOPE_CACHE, else expertscope/ in $XDG_CACHE_HOME or ~/.cache. Empty: the environment
/// names none.
std::filesystem::path cacheFolder();

}
