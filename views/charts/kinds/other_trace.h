// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/charts/chart.h"

namespace expertscope {

/// The option that names a trace to compare with.
inline constexpr const char* kAgainstTrace = "against_trace";

/// The trace of that option: another one of the study, by name or by its place from 1. Errors: no such trace; the one
/// that is asked about.
Expected<std::size_t> otherTrace(const Study& study, const ChartQuestion& question);

}
