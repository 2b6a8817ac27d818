// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/base/json.h"

#include "io/base/utf8.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <exception>
#include <limits>

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
    if (const auto* real = std::get_if<JsonReal>(&data); real && !std::isfinite(real->value))
        return std::isnan(real->value) ? "NaN" : "infinite";
    return kNames[data.index()];
}

bool JsonValue::operator==(const JsonValue& other) const
{
    const auto* real = std::get_if<JsonReal>(&data);
    const auto* otherReal = std::get_if<JsonReal>(&other.data);
    if (real || otherReal) // by the text: NaN is the same as NaN here
        return real && otherReal && real->text == otherReal->text;
    return data.index() == other.data.index()
        && std::visit(
            [&](const auto& value) {
                using T = std::decay_t<decltype(value)>;
                if constexpr (std::is_same_v<T, JsonReal>)
                    return false;
                else
                    return value == std::get<T>(other.data);
            },
            data);
}

namespace {

/// Recursive descent; the depth is bounded, and so is the stack.
class Parser
{
public:
    Parser(std::string_view text, const JsonLimits& limits, bool python)
        : m_text(text)
        , m_limits(limits)
        , m_python(python)
    {
    }

    bool run(JsonValue& root)
    {
        if (m_text.starts_with("\xef\xbb\xbf"))
            m_at = 3;
        if (!value(root, 0))
            return false;
        skipSpace();
        return m_at == m_text.size() || invalid("the end was expected");
    }

    const std::string& what() const { return m_what; }

private:
    bool refuse(std::string what)
    {
        m_what = std::move(what);
        return false;
    }

    /// About the character at hand.
    bool invalid(const char* why) { return refuse("not valid JSON at byte " + std::to_string(m_at + 1) + ": " + why); }

    bool atEnd() const { return m_at == m_text.size(); }
    char here() const { return m_at < m_text.size() ? m_text[m_at] : '\0'; }

    void skipSpace()
    {
        while (!atEnd() && (here() == ' ' || here() == '\n' || here() == '\r' || here() == '\t'))
            ++m_at;
    }

    bool word(std::string_view expected)
    {
        if (m_text.substr(m_at, expected.size()) != expected)
            return false;
        m_at += expected.size();
        return true;
    }

    bool value(JsonValue& out, int depth)
    {
        skipSpace();
        if (++m_values > m_limits.maxValues)
            return refuse("more than " + std::to_string(m_limits.maxValues) + " values");
        switch (here()) {
        case '{':
        case '[':
            if (depth >= m_limits.maxDepth)
                return refuse("nested deeper than " + std::to_string(m_limits.maxDepth) + " levels");
            return here() == '{' ? object(out, depth) : array(out, depth);
        case '"': {
            std::string text;
            if (!string(text))
                return false;
            out.data = std::move(text);
            return true;
        }
        case 't':
        case 'f':
            out.data = here() == 't';
            return word(here() == 't' ? "true" : "false") || invalid("a value was expected");
        case 'n':
            return word("null") || invalid("a value was expected");
        default:
            return number(out);
        }
    }

    bool object(JsonValue& out, int depth)
    {
        JsonValue::Object members;
        ++m_at;
        skipSpace();
        for (bool first = true; here() != '}'; first = false) {
            if (!first) {
                if (here() != ',')
                    return invalid(atEnd() ? "the file ends inside an object" : "',' or '}' was expected");
                ++m_at;
                skipSpace();
            }
            if (here() != '"')
                return invalid(atEnd() ? "the file ends inside an object" : "a key in quotes was expected");
            JsonMember member;
            if (!string(member.first))
                return false;
            skipSpace();
            if (here() != ':')
                return invalid("':' was expected");
            ++m_at;
            if (!value(member.second, depth + 1))
                return false;
            member.second.position = static_cast<std::uint32_t>(members.size());
            members.push_back(std::move(member));
            skipSpace();
        }
        ++m_at;
        if (!sortAndMerge(members))
            return false;
        out.data = std::move(members);
        return true;
    }

    bool sortAndMerge(JsonValue::Object& members)
    {
        std::stable_sort(
            members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
        const auto same = [](const auto& a, const auto& b) { return a.first == b.first; };
        auto twice = std::adjacent_find(members.begin(), members.end(), same);
        if (twice == members.end())
            return true;
        if (!m_python)
            return refuse("key '" + twice->first.substr(0, 200) + "' appears twice");
        JsonValue::Object kept;
        for (auto& member : members) {
            if (!kept.empty() && kept.back().first == member.first) {
                const auto& before = kept.back().second;
                member.second.position = before.position; // as in Python's dict
                member.second.repeated = before.repeated || !(before == member.second);
                kept.back() = std::move(member);
            } else {
                kept.push_back(std::move(member));
            }
        }
        members = std::move(kept);
        return true;
    }

    bool array(JsonValue& out, int depth)
    {
        JsonValue::Array items;
        ++m_at;
        skipSpace();
        for (bool first = true; here() != ']'; first = false) {
            if (!first) {
                if (here() != ',')
                    return invalid(atEnd() ? "the file ends inside an array" : "',' or ']' was expected");
                ++m_at;
            }
            if (!value(items.emplace_back(), depth + 1))
                return false;
            skipSpace();
        }
        ++m_at;
        out.data = std::move(items);
        return true;
    }

    bool string(std::string& out)
    {
        ++m_at;
        for (;;) {
            const auto begin = m_at;
            while (!atEnd() && here() != '"' && here() != '\\' && static_cast<unsigned char>(here()) >= 0x20)
                ++m_at;
            out.append(m_text, begin, m_at - begin);
            if (atEnd())
                return invalid("the file ends inside a string");
            if (here() == '"') {
                ++m_at;
                return true;
            }
            if (here() != '\\')
                return invalid("a control character in a string");
            if (!escape(out))
                return false;
        }
    }

    bool escape(std::string& out)
    {
        static constexpr std::string_view kLetters = "\"\\/bfnrt", kMeant = "\"\\/\b\f\n\r\t";
        ++m_at;
        if (const auto simple = kLetters.find(here()); !atEnd() && simple != std::string_view::npos) {
            out += kMeant[simple];
            ++m_at;
            return true;
        }
        if (here() != 'u')
            return invalid("an unknown escape");
        const auto first = m_at - 1;
        std::uint32_t c = 0;
        if (!fourDigits(c))
            return false;
        if (c >= 0xD800 && c < 0xDC00 && m_text.substr(m_at, 2) == "\\u") {
            const auto behind = m_at++;
            std::uint32_t low = 0;
            if (!fourDigits(low))
                return false;
            if (low >= 0xDC00 && low < 0xE000)
                c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            else
                m_at = behind;
        }
        if (c >= 0xD800 && c < 0xE000 && !m_python) {
            m_at = first;
            return invalid("half a surrogate pair");
        }
        appendUtf8(out, c);
        return true;
    }

    bool fourDigits(std::uint32_t& c)
    {
        ++m_at; // the u
        const auto digits = m_text.substr(m_at, 4);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), c, 16);
        if (error != std::errc() || end != digits.data() + 4)
            return invalid("four hexadecimal digits were expected");
        m_at += 4;
        return true;
    }

    bool digits()
    {
        const auto begin = m_at;
        while (here() >= '0' && here() <= '9')
            ++m_at;
        return m_at > begin;
    }

    /// Of a number that is not 0, without its sign. (strtod would ask the locale what a point is.)
    static bool isBelowOne(std::string_view number)
    {
        const auto mantissaEnd = std::min(number.find_first_of("eE"), number.size());
        const auto mantissa = number.substr(0, mantissaEnd);
        const auto point = static_cast<std::int64_t>(std::min(mantissa.find('.'), mantissa.size()));
        auto first = static_cast<std::int64_t>(mantissa.find_first_of("123456789"));
        if (first > point)
            --first;
        std::int64_t exponent = 0;
        if (mantissaEnd < number.size()) {
            const bool negative = number[mantissaEnd + 1] == '-';
            const auto digits = number.substr(number.find_first_of("0123456789", mantissaEnd));
            if (std::from_chars(digits.data(), digits.data() + digits.size(), exponent).ec != std::errc())
                exponent = std::numeric_limits<std::int32_t>::max();
            exponent = std::min<std::int64_t>(exponent, std::numeric_limits<std::int32_t>::max()); // what follows adds to it
            exponent = negative ? -exponent : exponent;
        }
        return point - first + exponent <= 0;
    }

    bool number(JsonValue& out)
    {
        const auto begin = m_at;
        constexpr double kInfinity = std::numeric_limits<double>::infinity();
        if (m_python) {
            for (const auto& [name, value] : {std::pair("NaN", std::numeric_limits<double>::quiet_NaN()),
                     std::pair("Infinity", kInfinity), std::pair("-Infinity", -kInfinity)}) {
                if (word(name)) {
                    out.data = JsonReal{value, name};
                    return true;
                }
            }
        }
        if (here() == '-')
            ++m_at;
        const bool zero = here() == '0';
        if (zero)
            ++m_at;
        else if (!digits())
            return invalid(begin == m_at ? "a value was expected" : "a digit was expected");
        bool whole = true;
        if (here() == '.') {
            whole = false;
            ++m_at;
            if (!digits())
                return invalid("a digit was expected");
        }
        if (here() == 'e' || here() == 'E') {
            whole = false;
            ++m_at;
            if (here() == '+' || here() == '-')
                ++m_at;
            if (!digits())
                return invalid("a digit was expected");
        }
        const auto text = m_text.substr(begin, m_at - begin);
        const auto parsed = [&](auto& value) {
            return std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc();
        };
        std::uint64_t natural = 0;
        std::int64_t integer = 0;
        if (whole && text.front() != '-' && parsed(natural)) {
            out.data = natural;
            return true;
        }
        if (whole && parsed(integer)) {
            out.data = integer;
            return true;
        }
        JsonReal real{0, std::string(text)};
        if (!parsed(real.value)) { // beyond what a double holds, or below
            const bool small = isBelowOne(text);
            if (!small && !m_python) {
                m_at = begin;
                return invalid("a number too large");
            }
            real.value = small ? 0 : text.front() == '-' ? -kInfinity : kInfinity;
        }
        out.data = std::move(real);
        return true;
    }

    const std::string_view m_text;
    const JsonLimits m_limits;
    const bool m_python;
    std::size_t m_at = 0;
    std::size_t m_values = 0;
    std::string m_what;
};

Expected<JsonValue> parse(std::string_view text, const JsonLimits& limits, bool python, const std::string& where)
{
    if (text.size() > limits.maxBytes)
        return fail("larger than " + std::to_string(limits.maxBytes) + " bytes", where);
    if (const auto zero = text.find('\0'); zero != std::string_view::npos)
        return fail("not valid JSON at byte " + std::to_string(zero + 1) + ": a zero byte", where);
    if (const auto bad = invalidUtf8At(text))
        return fail("not valid JSON at byte " + std::to_string(*bad + 1) + ": not UTF-8", where);
    try {
        Parser parser(text, limits, python);
        JsonValue root;
        if (!parser.run(root))
            return fail(parser.what(), where);
        return root;
    } catch (const std::exception& error) { // out of memory
        return fail(std::string("cannot be read: ") + error.what(), where);
    }
}

}

Expected<JsonValue> parseStrictJson(std::string_view text, const JsonLimits& limits, const std::string& where)
{
    return parse(text, limits, false, where);
}

Expected<JsonValue> parsePythonJson(std::string_view text, const JsonLimits& limits, const std::string& where)
{
    return parse(text, limits, true, where);
}

}
