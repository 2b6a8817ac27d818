// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/results/result_document.h"

#include <iosfwd>

namespace expertscope::results {

/// Rows and matrices, a line each. Numbers read back to the same double. Text that is not UTF-8 gets U+FFFD.
void writeResultsJson(std::ostream& out, const ResultDocument& document);

// For comparison.cpp, which has rows of its own:

/// {"metric": …}: a row as the schema has it, without a line break.
void writeRowJson(std::ostream& out, const ResultRow& row, const ResultOrigin& origin);
/// "metric": …, "params": …, "site": …, "layer": …, "expert": …, "label": …, "other": …: what identifies a row.
void writeRowKeyJson(std::ostream& out, const ResultRow& row, const ResultOrigin& origin);
/// "trace": …, "tool": …, "options": …
void writeOriginJson(std::ostream& out, const ResultOrigin& origin);
std::string numberOrNull(const std::optional<double>& value);
/// [low, high] or null
std::string intervalJson(const std::optional<std::pair<double, double>>& interval);

}
