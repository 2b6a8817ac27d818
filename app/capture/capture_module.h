// SPDX-License-Identifier: GPL-3.0-or-later
//
// What expertscope-capture and the module that computes agree on. The module (lib/libexpertscope_capture.so beside
// bin/) is what links LibTorch: so the executable starts where that cannot be found, says so, and looks in more places
// than the loader would. Plain types, no LibTorch.
#pragma once

#include "io/backend/capture.h"

namespace expertscope {

/// Captures and reports, as JSON lines on standard output or for a person. Exit status: 0, or 1 after one line on
/// stderr.
using CaptureModule = int (*)(const CaptureRequest& request, bool json);

inline constexpr const char* kCaptureModule = "libexpertscope_capture.so";
/// The name of that function in the module.
inline constexpr const char* kCaptureModuleEntry = "expertscopeCapture";

}
