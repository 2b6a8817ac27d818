// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/results/json_text.h"

#include <nlohmann/json.hpp>

#include <charconv>
#include <cmath>

namespace expertscope::results {

using Json = nlohmann::ordered_json;

std::string numberText(double value)
{
    if (!std::isfinite(value))
        return "null";
    if (value == 0)
        return "0"; // nobody means -0
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

std::string quotedJson(const std::string& text)
{
    return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

namespace {

template <class Pairs, class Write> std::string objectText(const Pairs& pairs, Write write)
{
    std::string text = "{";
    for (const auto& [name, value] : pairs)
        text += (text.size() > 1 ? ", " : "") + quotedJson(name) + ": " + write(value);
    return text + "}";
}

/// Numbers and truth values as text, for readers that take text.
std::optional<std::string> scalarText(const Json& json)
{
    if (json.is_string())
        return json.get<std::string>();
    if (json.is_number_float())
        return numberText(json.get<double>());
    if (json.is_number() || json.is_boolean())
        return json.dump();
    if (json.is_null())
        return std::string();
    return std::nullopt;
}

}

std::string paramsJson(const ParameterMap& params)
{
    return objectText(params, [](const ParameterValue& value) {
        const double* number = std::get_if<double>(&value);
        return number ? numberText(*number) : quotedJson(std::get<std::string>(value));
    });
}

std::string textsJson(const TextMap& texts)
{
    return objectText(texts, quotedJson);
}

std::string pairsJson(const NamedValues& pairs)
{
    return objectText(pairs, quotedJson);
}

Expected<ParameterMap> toParams(const Json& json)
{
    ParameterMap params;
    if (json.is_null())
        return params;
    if (!json.is_object())
        return fail("'params' is no object");
    for (const auto& [name, value] : json.items()) {
        if (value.is_number())
            params[name] = value.get<double>();
        else if (value.is_string())
            params[name] = value.get<std::string>();
        else
            return fail("parameter '" + name + "' is neither a number nor text");
    }
    return params;
}

Expected<TextMap> toTexts(const Json& json)
{
    TextMap texts;
    ES_ASSIGN(const NamedValues pairs, toPairs(json));
    for (const auto& [name, value] : pairs)
        texts[name] = value;
    return texts;
}

Expected<NamedValues> toPairs(const Json& json)
{
    NamedValues pairs;
    if (json.is_null())
        return pairs;
    if (!json.is_object())
        return fail("is no object");
    for (const auto& [name, value] : json.items()) {
        const auto text = scalarText(value);
        if (!text)
            return fail("'" + name + "' is neither text nor a number");
        pairs.emplace_back(name, *text);
    }
    return pairs;
}

Expected<Json> parseFlatObject(const std::string& text)
{
    constexpr std::size_t kMostBytes = 1u << 20;
    if (text.size() > kMostBytes)
        return fail("more than 1 MiB of JSON");
    bool nested = false;
    Json json = Json::parse(
        text,
        [&](int depth, Json::parse_event_t event, Json&) {
            const bool opens = event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
            nested |= opens && depth > 0;
            return !nested; // what is nested is dropped, so it cannot grow deep
        },
        false);
    if (nested || json.is_discarded() || !json.is_object())
        return fail("is no flat JSON object");
    return json;
}

}
