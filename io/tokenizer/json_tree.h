// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/base/error.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>

namespace expertscope::tokenizer {

struct JsonMember;

/// A JSON value as a small handle: strings and children live in the JsonTree it came from. A vocabulary of 150,000
/// entries with as many merges costs about 20 MB this way.
class JsonValue
{
public:
    enum class Kind : std::uint8_t
    {
        Null,
        Boolean,
        Integer,
        Real,
        String,
        Array,
        Object
    };

    Kind kind() const { return m_kind; }
    bool isNull() const { return m_kind == Kind::Null; }
    bool boolean() const { return m_integer != 0; }
    std::int64_t integer() const { return m_integer; }
    double real() const { return m_real; }
    std::string_view string() const { return {m_string, m_size}; }
    std::span<const JsonValue> items() const { return {m_items, m_size}; }
    std::span<const JsonMember> members() const;
    /// "a string", "an object", ...: for messages.
    const char* kindName() const;

private:
    friend class JsonTreeBuilder;
    Kind m_kind = Kind::Null;
    std::size_t m_size = 0;
    union {
        std::int64_t m_integer = 0;
        double m_real;
        const char* m_string;
        const JsonValue* m_items;
        const JsonMember* m_members;
    };
};

struct JsonMember
{
    std::string_view key;
    JsonValue value;
};

inline std::span<const JsonMember> JsonValue::members() const
{
    return {m_members, m_size};
}

/// A parsed file; owns what its values point to.
struct JsonTree
{
    std::unique_ptr<std::pmr::monotonic_buffer_resource> memory;
    JsonValue root;
};

constexpr std::size_t kMaxJsonBytes = std::size_t(256) << 20;
constexpr std::size_t kMaxJsonDepth = 32;

/// Strict JSON: valid UTF-8, no duplicate keys, at most kMaxJsonBytes and kMaxJsonDepth. `name` stands for the file in
/// errors.
Expected<JsonTree> parseJson(std::string_view text, const std::string& name);

}
