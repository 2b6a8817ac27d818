// SPDX-License-Identifier: GPL-3.0-or-later
//
// Result rows as a table to read, as JSON and as CSV.
#pragma once

#include "analysis/result.h"

#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

namespace expertscope {

/// What made the rows; goes into every file. Ordered name-value pairs.
struct ResultOrigin
{
    std::vector<std::pair<std::string, std::string>> trace; ///< path, uuid, model, tokens, …
    std::vector<std::pair<std::string, std::string>> tool; ///< name, version
    std::vector<std::pair<std::string, std::string>> options; ///< as given
};

/// {"trace": {…}, "tool": {…}, "options": {…}, "rows": [{"metric": …, "params": …, "site": …, …}]}, a row a line.
/// Numbers read back to the same double. Text that is not UTF-8 gets U+FFFD.
void writeJson(std::ostream& out, const ResultOrigin& origin, const std::vector<ResultRow>& rows);

/// "# name: value" lines, a header, then a row a line (RFC 4180). Same numbers as the JSON.
void writeCsv(std::ostream& out, const ResultOrigin& origin, const std::vector<ResultRow>& rows);

/// Tables to read, one a metric, the uniform value in brackets beside each number; of long expert lists the ends.
void writeTables(std::ostream& out, const RoutingShape& shape, const std::vector<ResultRow>& rows, std::size_t width);

}
