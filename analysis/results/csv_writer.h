// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/results/result_document.h"

#include <iosfwd>

namespace expertscope::results {

/// "# name: value" lines, a header, then a row a line (RFC 4180). Same numbers as the JSON; matrices are left out, a
/// comment says so.
void writeResultsCsv(std::ostream& out, const ResultDocument& document);

// For comparison.cpp, which has rows of its own:

/// A field of CSV, in quotes where it needs them (RFC 4180).
std::string csvField(const std::string& field);
/// "m=16;ids=next"
std::string csvParams(const ParameterMap& params);
std::string csvTexts(const TextMap& texts);
/// The columns of writeRowKeyCsv().
inline constexpr const char* kRowKeyCsv = "metric,params,site,layer,expert,label,label_value,other,to_layer";
void writeRowKeyCsv(std::ostream& out, const ResultRow& row, const ResultOrigin& origin);
/// "# trace path: …" and so on, a line each.
void writeOriginCsv(std::ostream& out, const ResultOrigin& origin);

}
