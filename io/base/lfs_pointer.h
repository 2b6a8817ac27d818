// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/base/error.h"

#include <string_view>

namespace expertscope {

/// The error about a file that git-lfs has not fetched: a clone without it leaves a small text in the file's place.
/// `head`: the file's first 40 bytes or more.
Expected<void> refuseLfsPointer(std::string_view head, const std::string& where);

}
