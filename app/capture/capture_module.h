// SPDX-License-Identifier: GPL-3.0-or-later
//
// What expertscope-capture and the module that computes agree on. The module (lib/libexpertscope_capture.so beside
// bin/) is what links LibTorch: so the executable starts where that cannot be found, says so, and looks in more places
// than the loader would. Plain types, no LibTorch.
#pragma once

#include "io/backend/capture.h"

namespace expertscope {

/// The functions of the module.
struct CaptureModule
{
    /// Captures and reports, as JSON lines on standard output or for a person. Exit status: 0, or 1 after one line on
    /// stderr.
    int (*capture)(const CaptureRequest& request, bool json) = nullptr;
    /// Answers prompts until it is told to stop (resources/docs/serve-protocol.md). Exit status as above.
    int (*serve)(const CaptureRequest& request) = nullptr;
};

inline constexpr const char* kCaptureModule = "libexpertscope_capture.so";
/// Their names in the module.
inline constexpr const char* kCaptureEntry = "expertscopeCapture";
inline constexpr const char* kServeEntry = "expertscopeServe";

}
