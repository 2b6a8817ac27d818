// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a path is instead, when it is no checkpoint in the Hugging Face layout, and what to do about it.
#pragma once

#include "io/base/error.h"

#include <filesystem>

namespace expertscope {

Error notAFolder(const std::filesystem::path& path);
Error noConfig(const std::filesystem::path& folder);
Error noWeights(const std::filesystem::path& folder);

}
