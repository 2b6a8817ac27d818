// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/strict_json.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <exception>

namespace expertscope {

const JsonValue* JsonValue::find(std::string_view key) const
{
    const auto* members = object();
    if (!members)
        return nullptr;
    const auto at = std::lower_bound(
        members->begin(), members->end(), key, [](const auto& member, std::string_view k) { return member.first < k; });
    return at != members->end() && at->first == key ? &at->second : nullptr;
}

const char* JsonValue::kind() const
{
    static constexpr const char* kNames[] = {
        "null", "a boolean", "an integer", "an integer", "a number", "a string", "an array", "an object"};
    return kNames[data.index()];
}

namespace {

/// Builds the tree from the parser's events; refuses what the limits and the duplicate rule forbid.
class TreeBuilder : public nlohmann::json_sax<nlohmann::json>
{
public:
    explicit TreeBuilder(const JsonLimits& limits)
        : m_limits(limits)
    {
    }

    bool null() override { return add({}); }
    bool boolean(bool value) override { return add({value}); }
    bool number_integer(number_integer_t value) override { return add({std::int64_t{value}}); }
    bool number_unsigned(number_unsigned_t value) override { return add({std::uint64_t{value}}); }
    bool number_float(number_float_t value, const string_t&) override { return add({double{value}}); }
    bool string(string_t& value) override { return add({std::move(value)}); }
    bool binary(binary_t&) override { return refuse("binary value"); }
    bool start_object(std::size_t) override { return open(JsonValue{JsonValue::Object{}}); }
    bool start_array(std::size_t) override { return open(JsonValue{JsonValue::Array{}}); }
    bool key(string_t& value) override
    {
        std::get<JsonValue::Object>(m_open.back().data).push_back({std::move(value), {}});
        return true;
    }
    bool end_object() override
    {
        auto& members = std::get<JsonValue::Object>(m_open.back().data);
        std::stable_sort(
            members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
        const auto twice = std::adjacent_find(
            members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first == b.first; });
        if (twice != members.end())
            return refuse("key '" + twice->first.substr(0, 200) + "' appears twice");
        return close();
    }
    bool end_array() override { return close(); }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& error) override
    {
        m_what = "not valid JSON at byte " + std::to_string(position);
        // The library's text after its last "; " says what was expected; before it stands a copy of the input.
        const std::string text = error.what();
        if (const auto at = text.rfind("; "); at != std::string::npos && text.size() - at < 120)
            m_what += ": " + text.substr(at + 2);
        return false;
    }

    JsonValue takeRoot() { return std::move(m_root); }
    const std::string& what() const { return m_what; }

private:
    bool refuse(std::string what)
    {
        m_what = std::move(what);
        return false;
    }

    bool count()
    {
        if (++m_values > m_limits.maxValues)
            return refuse("more than " + std::to_string(m_limits.maxValues) + " values");
        return true;
    }

    bool add(JsonValue value) { return count() && place(std::move(value)); }

    bool place(JsonValue value)
    {
        if (m_open.empty())
            m_root = std::move(value);
        else if (auto* array = std::get_if<JsonValue::Array>(&m_open.back().data))
            array->push_back(std::move(value));
        else
            std::get<JsonValue::Object>(m_open.back().data).back().second = std::move(value);
        return true;
    }

    bool open(JsonValue container)
    {
        if (!count())
            return false;
        if (static_cast<int>(m_open.size()) >= m_limits.maxDepth)
            return refuse("nested deeper than " + std::to_string(m_limits.maxDepth) + " levels");
        m_open.push_back(std::move(container));
        return true;
    }

    bool close()
    {
        auto done = std::move(m_open.back());
        m_open.pop_back();
        return place(std::move(done));
    }

    JsonLimits m_limits;
    std::vector<JsonValue> m_open;
    JsonValue m_root;
    std::size_t m_values = 0;
    std::string m_what;
};

}

Expected<JsonValue> parseStrictJson(std::string_view text, const JsonLimits& limits, const std::string& where)
{
    if (text.size() > limits.maxBytes)
        return fail("larger than " + std::to_string(limits.maxBytes) + " bytes", where);
    // The library takes a zero byte for the end of its input: what follows would go unseen.
    if (const auto zero = text.find('\0'); zero != std::string_view::npos)
        return fail("not valid JSON at byte " + std::to_string(zero + 1) + ": a zero byte", where);
    TreeBuilder builder(limits);
    try {
        if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder))
            return fail(builder.what(), where);
    } catch (const std::exception& error) {
        return fail(std::string("not valid JSON: ") + error.what(), where);
    }
    return builder.takeRoot();
}

}
