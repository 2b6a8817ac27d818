// SPDX-License-Identifier: GPL-3.0-or-later
//
// The small pieces of JSON that both file formats hold. Private to analysis/results.
#pragma once

#include "analysis/results/result_document.h"
#include "analysis/spine/result.h"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <string>

namespace expertscope::results {

/// The shortest text that reads back to the same double; "null" for what is not finite.
std::string numberText(double value);
/// In quotes, escaped; what is not UTF-8 gets U+FFFD.
std::string quotedJson(const std::string& text);
std::string paramsJson(const ParameterMap& params);
std::string textsJson(const TextMap& texts);
std::string pairsJson(const NamedValues& pairs);

/// Errors have no place: the caller knows it.
Expected<ParameterMap> toParams(const nlohmann::ordered_json& json);
Expected<TextMap> toTexts(const nlohmann::ordered_json& json);
Expected<NamedValues> toPairs(const nlohmann::ordered_json& json);
/// Of a text of at most 1 MiB, objects inside objects refused.
Expected<nlohmann::ordered_json> parseFlatObject(const std::string& text);

}
