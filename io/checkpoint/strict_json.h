// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON from files nobody vouches for: bounded in size, depth and number of values, without duplicate keys (which two
// readers could understand differently). A plain tree, so that only strict_json.cpp needs the JSON library.
#pragma once

#include "io/base/error.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace expertscope {

struct JsonMember;

class JsonValue
{
public:
    using Array = std::vector<JsonValue>;
    using Object = std::vector<JsonMember>; ///< sorted by key
    /// Integers that fit no 64-bit type arrive as double.
    std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Array, Object> data;

    bool isNull() const { return std::holds_alternative<std::monostate>(data); }
    const bool* boolean() const { return std::get_if<bool>(&data); }
    const std::string* string() const { return std::get_if<std::string>(&data); }
    const Array* array() const { return std::get_if<Array>(&data); }
    const Object* object() const { return std::get_if<Object>(&data); }
    /// The member `key` of an object; null where there is none or this is no object.
    const JsonValue* find(std::string_view key) const;
    /// For messages: "an object", "a string", …
    const char* kind() const;
};

struct JsonMember
{
    std::string first;
    JsonValue second;
};

struct JsonLimits
{
    std::size_t maxBytes = 16u << 20;
    std::size_t maxValues = 1u << 20;
    int maxDepth = 64;
};

/// The tree of `text`. Errors name `where` and the byte.
Expected<JsonValue> parseStrictJson(std::string_view text, const JsonLimits& limits, const std::string& where);

}
