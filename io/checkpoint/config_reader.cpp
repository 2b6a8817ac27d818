// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/config_reader.h"

#include <cmath>
#include <limits>

namespace expertscope {

ConfigReader::ConfigReader(const JsonValue& object, std::string where)
    : m_object(&object)
    , m_where(std::move(where))
    , m_error(std::make_shared<std::optional<Error>>())
{
}

bool ConfigReader::has(std::string_view key) const
{
    return find(key) != nullptr;
}

bool ConfigReader::isNull(std::string_view key) const
{
    const auto* value = find(key);
    return !value || value->isNull();
}

const JsonValue* ConfigReader::find(std::string_view key) const
{
    const auto* value = m_object->find(key);
    if (value && value->repeated)
        refuse(key, "is there twice, with different values");
    return value;
}

void ConfigReader::refuse(std::string_view key, std::string what, std::string hint) const
{
    if (!m_error->has_value())
        *m_error = Error{std::move(what), m_where + ": " + std::string(key), std::move(hint)};
}

void ConfigReader::wrongType(std::string_view key, const JsonValue& value, const char* wanted)
{
    refuse(key, std::string("is ") + value.kind() + ", " + wanted + " was expected");
}

std::int64_t ConfigReader::asInteger(std::string_view key, const JsonValue& value, std::int64_t low, std::int64_t high)
{
    std::int64_t result = 0;
    if (const auto* n = std::get_if<std::int64_t>(&value.data)) {
        result = *n;
    } else if (const auto* n = std::get_if<std::uint64_t>(&value.data)) {
        result = *n > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())
            ? std::numeric_limits<std::int64_t>::max()
            : static_cast<std::int64_t>(*n);
    } else {
        wrongType(key, value, "an integer");
        return low;
    }
    if (result < low || result > high) {
        refuse(
            key, "is " + std::to_string(result) + ", must be " + std::to_string(low) + " to " + std::to_string(high));
        return low;
    }
    return result;
}

double ConfigReader::asNumber(std::string_view key, const JsonValue& value)
{
    if (const auto* n = std::get_if<JsonReal>(&value.data); n && !std::isnan(n->value))
        return n->value;
    if (const auto* n = std::get_if<std::int64_t>(&value.data))
        return static_cast<double>(*n);
    if (const auto* n = std::get_if<std::uint64_t>(&value.data))
        return static_cast<double>(*n);
    // The reference library writes what JSON has no word for as {"__float__": "Infinity"}.
    if (const auto* tagged = value.find("__float__"); tagged && tagged->string() && value.object()->size() == 1) {
        if (*tagged->string() == "Infinity")
            return std::numeric_limits<double>::infinity();
        if (*tagged->string() == "-Infinity")
            return -std::numeric_limits<double>::infinity();
    }
    wrongType(key, value, "a number");
    return 1;
}

std::int64_t ConfigReader::integer(std::string_view key, std::int64_t fallback, std::int64_t low, std::int64_t high)
{
    const auto* value = find(key);
    return value ? asInteger(key, *value, low, high) : fallback;
}

std::optional<std::int64_t> ConfigReader::optionalInteger(std::string_view key, std::int64_t low, std::int64_t high)
{
    if (isNull(key))
        return std::nullopt;
    return asInteger(key, *find(key), low, high);
}

std::int64_t ConfigReader::size(std::string_view key, std::int64_t fallback)
{
    return integer(key, fallback, 1, std::numeric_limits<std::int32_t>::max());
}

std::int64_t ConfigReader::sizeOfEachLayer(std::string_view key, std::int64_t fallback)
{
    const auto* value = find(key);
    const auto* layers = value ? value->array() : nullptr;
    if (!layers)
        return size(key, fallback);
    if (layers->empty()) {
        refuse(key, "is an empty list");
        return 1;
    }
    for (std::size_t i = 1; i < layers->size(); ++i) {
        if (!((*layers)[i] == layers->front()))
            refuse(std::string(key) + "[" + std::to_string(i) + "]", "differs from that of the first layer");
    }
    return asInteger(std::string(key) + "[0]", layers->front(), 1, std::numeric_limits<std::int32_t>::max());
}

double ConfigReader::number(std::string_view key, double fallback)
{
    const auto* value = find(key);
    return value ? asNumber(key, *value) : fallback;
}

double ConfigReader::requiredNumber(std::string_view key)
{
    const auto* value = find(key);
    if (!value) {
        refuse(key, "is missing");
        return 1;
    }
    return asNumber(key, *value);
}

std::optional<double> ConfigReader::optionalNumber(std::string_view key)
{
    if (isNull(key))
        return std::nullopt;
    return asNumber(key, *find(key));
}

bool ConfigReader::boolean(std::string_view key, bool fallback)
{
    const auto* value = find(key);
    if (!value)
        return fallback;
    if (const auto* b = value->boolean())
        return *b;
    wrongType(key, *value, "true or false");
    return fallback;
}

std::optional<std::string> ConfigReader::string(std::string_view key)
{
    if (isNull(key))
        return std::nullopt;
    const auto* value = find(key);
    if (const auto* text = value->string())
        return *text;
    wrongType(key, *value, "a string");
    return std::nullopt;
}

std::optional<std::vector<std::string>> ConfigReader::strings(std::string_view key)
{
    if (isNull(key))
        return std::nullopt;
    const auto* value = find(key);
    std::vector<std::string> result;
    if (!value->array())
        wrongType(key, *value, "a list of strings");
    else {
        for (const auto& item : *value->array()) {
            if (!item.string())
                wrongType(std::string(key) + "[" + std::to_string(result.size()) + "]", item, "a string");
            result.push_back(item.string() ? *item.string() : std::string());
        }
    }
    return result;
}

std::vector<std::int64_t> ConfigReader::integers(std::string_view key)
{
    std::vector<std::int64_t> result;
    if (isNull(key))
        return result;
    const auto* value = find(key);
    if (!value->array()) {
        wrongType(key, *value, "a list of integers");
        return result;
    }
    for (const auto& item : *value->array()) {
        result.push_back(asInteger(std::string(key) + "[" + std::to_string(result.size()) + "]", item,
            std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()));
    }
    return result;
}

bool ConfigReader::isWord(std::string_view key, std::string_view word) const
{
    const auto* value = m_object->find(key);
    return value && value->string() && *value->string() == word;
}

std::vector<double> ConfigReader::requiredNumbers(std::string_view key)
{
    std::vector<double> result;
    const auto* value = find(key);
    if (!value) {
        refuse(key, "is missing");
        return result;
    }
    if (!value->array()) {
        wrongType(key, *value, "a list of numbers");
        return result;
    }
    for (const auto& item : *value->array())
        result.push_back(asNumber(std::string(key) + "[" + std::to_string(result.size()) + "]", item));
    return result;
}

std::optional<ConfigReader> ConfigReader::object(std::string_view key)
{
    if (isNull(key))
        return std::nullopt;
    const auto* value = find(key);
    if (!value->object()) {
        wrongType(key, *value, "an object");
        return std::nullopt;
    }
    ConfigReader reader(*value, m_where + ": " + std::string(key));
    reader.m_error = m_error;
    return reader;
}

}
