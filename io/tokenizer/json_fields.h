// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/tokenizer/json_tree.h"

#include <initializer_list>
#include <optional>
#include <vector>

namespace expertscope::tokenizer {

/// An object of the file read field by field. A key nobody asked for is an error in finish(): an option we do not know
/// could change the ids. Every error names the path, "tokenizer.json: pre_tokenizer.pretokenizers[1].behavior".
class JsonFields
{
public:
    static Expected<JsonFields> open(const JsonValue& value, std::string place);

    const std::string& place() const { return m_place; }
    std::string place(std::string_view key) const;

    /// nullptr when absent; the key counts as known from now on.
    const JsonValue* find(std::string_view key);
    Expected<const JsonValue*> require(std::string_view key);

    Expected<std::string_view> string(std::string_view key);
    /// Absent and null are the same.
    Expected<std::optional<std::string_view>> optionalString(std::string_view key);
    Expected<bool> boolean(std::string_view key);
    /// Absent and null give `fallback`.
    Expected<bool> boolean(std::string_view key, bool fallback);
    /// A whole number in 0 .. 2^31 - 2.
    Expected<std::int32_t> count(std::string_view key);
    Expected<std::span<const JsonValue>> array(std::string_view key);
    /// A string that is exactly one code point.
    Expected<char32_t> character(std::string_view key);
    /// One of `names`; gives its position.
    Expected<std::size_t> oneOf(std::string_view key, std::initializer_list<std::string_view> names);

    Expected<void> finish() const;

private:
    JsonFields() = default;
    std::span<const JsonMember> m_members;
    std::vector<bool> m_known;
    std::string m_place;
};

/// "expected an array, found null"
tl::unexpected<Error> wrongKind(const char* expected, const JsonValue& found, std::string place);
/// A whole number in 0 .. 2^31 - 2.
Expected<std::int32_t> idOf(const JsonValue& value, const std::string& place);
/// For messages: cut to a line's length at a code point boundary, in quotes.
std::string inQuotes(std::string_view text);

}
