// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON from files nobody vouches for: bounded in size, depth and number of values. A plain tree.
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

/// A number that is no integer of 64 bits: a fraction, an integer larger than that, or NaN and the infinities.
struct JsonReal
{
    double value = 0;
    std::string text; ///< as it stands in the file
};

class JsonValue
{
public:
    using Array = std::vector<JsonValue>;
    using Object = std::vector<JsonMember>; ///< sorted by key
    std::variant<std::monostate, bool, std::int64_t, std::uint64_t, JsonReal, std::string, Array, Object> data;
    bool repeated = false; ///< of a key that was there before with another value (Python's dialect only)
    std::uint32_t position = 0; ///< among the members of its object, as the file has them

    bool isNull() const { return std::holds_alternative<std::monostate>(data); }
    const bool* boolean() const { return std::get_if<bool>(&data); }
    const std::string* string() const { return std::get_if<std::string>(&data); }
    const Array* array() const { return std::get_if<Array>(&data); }
    const Object* object() const { return std::get_if<Object>(&data); }
    /// The member `key` of an object; null where there is none or this is no object.
    const JsonValue* find(std::string_view key) const;
    /// For messages: "an object", "a string", …
    const char* kind() const;

    bool operator==(const JsonValue& other) const; ///< of numbers: written the same way
};

struct JsonMember
{
    std::string first;
    JsonValue second;

    bool operator==(const JsonMember&) const = default;
};

struct JsonLimits
{
    std::size_t maxBytes = 16u << 20;
    std::size_t maxValues = 1u << 20;
    int maxDepth = 64;
};

/// The tree of `text`, by RFC 8259 and without duplicate keys (which two readers could understand differently). Errors
/// name `where` and the byte.
Expected<JsonValue> parseStrictJson(std::string_view text, const JsonLimits& limits, const std::string& where);

/// The same as Python's json module understands it, which wrote most of the files: NaN, Infinity and -Infinity are
/// numbers, of a key that is there twice the last one counts, and half a surrogate pair is kept (as three bytes that
/// are not UTF-8, so that whoever needs the string notices).
Expected<JsonValue> parsePythonJson(std::string_view text, const JsonLimits& limits, const std::string& where);

}
