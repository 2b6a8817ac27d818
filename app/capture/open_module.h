// SPDX-License-Identifier: GPL-3.0-or-later
//
// Finds LibTorch, which may lie where the build found it, or where another user of the machine can read it.
#pragma once

#include "app/capture/capture_module.h"

#include <optional>

namespace expertscope {

/// "2.11" of a folder that holds include/ and lib/; none where its headers are not there.
std::optional<std::string> torchVersionOf(const std::filesystem::path& folder);

/// The folders to try, in this order: EXPERTSCOPE_TORCH_DIR and no other, where it is set; the build's; lib/torch
/// beside the executable's bin/; those that installer/bootstrap fetched into this user's cache.
std::vector<std::filesystem::path> torchFolders();

/// Opens libtorch_cpu of the first of them that can be read and has the version of the build, then the module. An error
/// says of each folder why not.
Expected<CaptureModule> openCaptureModule();

}
