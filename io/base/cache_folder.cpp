// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/base/cache_folder.h"

#include <cstdlib>

namespace expertscope {

std::filesystem::path cacheFolder()
{
    const auto variable = [](const char* name) {
        const char* const value = std::getenv(name);
        return std::filesystem::path(value ? value : "");
    };
    if (const auto own = variable("EXPERTSCOPE_CACHE"); !own.empty())
        return own;
    if (const auto all = variable("XDG_CACHE_HOME"); !all.empty())
        return all / "expertscope";
    const auto home = variable("HOME");
    return home.empty() ? home : home / ".cache" / "expertscope";
}

}
