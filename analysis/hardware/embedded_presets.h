// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>

namespace expertscope::cost {

struct EmbeddedPreset
{
    const char* name; ///< of the file, without .json
    const char* json;
};

/// resources/hardware, in a file that CMake writes.
std::span<const EmbeddedPreset> embeddedPresets();

}
