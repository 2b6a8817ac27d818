// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/tokenizer/json_fields.h"

#include "io/tokenizer/unicode.h"

namespace expertscope::tokenizer {

tl::unexpected<Error> wrongKind(const char* expected, const JsonValue& found, std::string place)
{
    return fail(std::string("expected ") + expected + ", found " + found.kindName(), std::move(place));
}

Expected<std::int32_t> idOf(const JsonValue& value, const std::string& place)
{
    if (value.kind() != JsonValue::Kind::Integer || value.integer() < 0 || value.integer() >= INT32_MAX)
        return fail("not a whole number from 0 to 2147483646", place);
    return static_cast<std::int32_t>(value.integer());
}

std::string inQuotes(std::string_view text)
{
    constexpr std::size_t kLimit = 60;
    if (text.size() <= kLimit)
        return "'" + std::string(text) + "'";
    std::size_t end = kLimit;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
        --end;
    return "'" + std::string(text.substr(0, end)) + "...'";
}

Expected<JsonFields> JsonFields::open(const JsonValue& value, std::string place)
{
    if (value.kind() != JsonValue::Kind::Object)
        return wrongKind("an object", value, std::move(place));
    JsonFields fields;
    fields.m_members = value.members();
    fields.m_known.resize(fields.m_members.size());
    fields.m_place = std::move(place);
    return fields;
}

std::string JsonFields::place(std::string_view key) const
{
    // The first part of a place is the file: "file: a.b"
    const bool top = m_place.find(": ") == std::string::npos;
    return m_place + (top ? ": " : ".") + std::string(key);
}

const JsonValue* JsonFields::find(std::string_view key)
{
    for (std::size_t i = 0; i < m_members.size(); ++i) {
        if (m_members[i].key == key) {
            m_known[i] = true;
            return &m_members[i].value;
        }
    }
    return nullptr;
}

Expected<const JsonValue*> JsonFields::require(std::string_view key)
{
    if (const JsonValue* value = find(key))
        return value;
    return fail("'" + std::string(key) + "' is missing", m_place);
}

Expected<std::string_view> JsonFields::string(std::string_view key)
{
    ES_ASSIGN(const JsonValue* value, require(key));
    if (value->kind() != JsonValue::Kind::String)
        return wrongKind("a string", *value, place(key));
    return value->string();
}

Expected<std::optional<std::string_view>> JsonFields::optionalString(std::string_view key)
{
    const JsonValue* value = find(key);
    if (!value || value->isNull())
        return std::nullopt;
    ES_ASSIGN(const std::string_view text, string(key));
    return text;
}

Expected<bool> JsonFields::boolean(std::string_view key)
{
    ES_ASSIGN(const JsonValue* value, require(key));
    if (value->kind() != JsonValue::Kind::Boolean)
        return wrongKind("a boolean", *value, place(key));
    return value->boolean();
}

Expected<bool> JsonFields::boolean(std::string_view key, bool fallback)
{
    const JsonValue* value = find(key);
    return !value || value->isNull() ? Expected<bool>(fallback) : boolean(key);
}

Expected<std::int32_t> JsonFields::count(std::string_view key)
{
    ES_ASSIGN(const JsonValue* value, require(key));
    return idOf(*value, place(key));
}

Expected<std::span<const JsonValue>> JsonFields::array(std::string_view key)
{
    ES_ASSIGN(const JsonValue* value, require(key));
    if (value->kind() != JsonValue::Kind::Array)
        return wrongKind("an array", *value, place(key));
    return value->items();
}

Expected<char32_t> JsonFields::character(std::string_view key)
{
    ES_ASSIGN(const std::string_view text, string(key));
    std::size_t at = 0;
    const char32_t c = text.empty() ? U'\0' : nextCodePoint(text, at);
    if (text.empty() || at != text.size())
        return fail("not exactly one character: " + inQuotes(text), place(key));
    return c;
}

Expected<std::size_t> JsonFields::oneOf(std::string_view key, std::initializer_list<std::string_view> names)
{
    ES_ASSIGN(const std::string_view text, string(key));
    std::string known;
    std::size_t i = 0;
    for (const std::string_view name : names) {
        if (name == text)
            return i;
        known += (i++ == 0 ? "known: " : ", ") + std::string(name);
    }
    return fail("unknown value " + inQuotes(text), place(key), known);
}

Expected<void> JsonFields::finish() const
{
    for (std::size_t i = 0; i < m_members.size(); ++i)
        if (!m_known[i])
            return fail("unknown option " + inQuotes(m_members[i].key), m_place, "it could change the ids");
    return {};
}

}
