// SPDX-License-Identifier: GPL-3.0-or-later
//
// A report as a file.
#pragma once

#include "io/base/output.h"
#include "views/report/report.h"

namespace expertscope {

/// Where a report is to go: NAME.html or NAME.pdf. Error: another ending.
Expected<Output> reportOutput(const std::filesystem::path& path, std::vector<std::filesystem::path> inputs, bool force);

/// By the ending of the output. Errors: those of reportHtml() and reportPdf(), and of an output.
Expected<void> writeReport(const Report& report, const Output& output);

}
