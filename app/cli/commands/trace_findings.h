// SPDX-License-Identifier: GPL-3.0-or-later
//
// What `info --check` and `repair` say of a trace.
#pragma once

#include "io/trace/trace_check.h"

#include <nlohmann/json_fwd.hpp>

namespace expertscope {

/// checkTrace() with progress on a terminal.
Expected<TraceCheck> checkWithProgress(const std::filesystem::path& path);

/// One line a finding, or that there is none.
std::string findingsText(const TraceCheck& check);
nlohmann::ordered_json findingsJson(const TraceCheck& check);

/// The exit status: 0 where nothing was found, else 1 after one line on stderr.
int findingsStatus(const std::string& command, const std::string& file, const TraceCheck& check);

}
