// SPDX-License-Identifier: GPL-3.0-or-later
//
// On which machine a user wants time to be modelled.
#pragma once

#include "analysis/hardware/hardware.h"
#include "io/base/error.h"

#include <filesystem>
#include <optional>

namespace expertscope {

struct TimeOptions
{
    std::string hardware, level, expertBits, denseMs; ///< as the user gives them
    std::filesystem::path model; ///< a config.json; empty: the trace's own
};

/// What they mean, checked without the trace.
struct TimeRequest
{
    std::optional<cost::Machine> machine; ///< none: no time is asked for
    cost::Level level = cost::Level::Overlap;
    std::optional<double> expertBits, denseSeconds;
    std::filesystem::path model;
};
Expected<TimeRequest> checkTime(const TimeOptions& options);

/// "25 GB/s after 10 us a load", "806.4 GB/s, 82.6 Tflop/s".
std::string ratesText(const cost::Link& link);
std::string ratesText(const cost::Processor& processor);

}
