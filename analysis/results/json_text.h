// SPDX-License-Identifier: GPL-3.0-or-later
//
// The small pieces of JSON that both file formats hold. Private to analysis/results.
#pragma once

#include "analysis/results/result_document.h"
#include "analysis/spine/result.h"

#include <nlohmann/json_fwd.hpp>

#include <iosfwd>
#include <map>
#include <string>

namespace expertscope {

using ParameterMap = std::map<std::string, ParameterValue>;
using TextMap = std::map<std::string, std::string>;

/// The shortest text that reads back to the same double; "null" for what is not finite.
std::string numberText(double value);
/// In quotes, escaped; what is not UTF-8 gets U+FFFD.
std::string quotedJson(const std::string& text);
std::string paramsJson(const ParameterMap& params);
std::string textsJson(const TextMap& texts);
std::string pairsJson(const NamedValues& pairs);

/// {"metric": …}: a row as the schema has it, without a line break.
void writeRowJson(std::ostream& out, const ResultRow& row);
/// "metric": …, "params": …, "site": …, "expert": …, "label": …, "other": …: what identifies a row.
void writeRowKeyJson(std::ostream& out, const ResultRow& row);
/// "trace": …, "tool": …, "options": …
void writeOriginJson(std::ostream& out, const ResultOrigin& origin);
std::string numberOrNull(const std::optional<double>& value);
/// [low, high] or null
std::string intervalJson(const std::optional<std::pair<double, double>>& interval);

/// A field of CSV, in quotes where it needs them (RFC 4180).
std::string csvField(const std::string& field);
/// "m=16;ids=next"
std::string csvParams(const ParameterMap& params);
std::string csvTexts(const TextMap& texts);
/// metric,params,site,expert,label,label_value,other
void writeRowKeyCsv(std::ostream& out, const ResultRow& row);
/// "# trace path: …" and so on, a line each.
void writeOriginCsv(std::ostream& out, const ResultOrigin& origin);

/// Errors have no place: the caller knows it.
Expected<ParameterMap> toParams(const nlohmann::ordered_json& json);
Expected<TextMap> toTexts(const nlohmann::ordered_json& json);
Expected<NamedValues> toPairs(const nlohmann::ordered_json& json);
/// Of a text of at most 1 MiB, objects inside objects refused.
Expected<nlohmann::ordered_json> parseFlatObject(const std::string& text);

}
