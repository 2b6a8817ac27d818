// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON written by hand: an answer holds hundreds of thousands of numbers, and each must come back as the same bits.
#pragma once

#include <charconv>
#include <cmath>
#include <concepts>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace expertscope {

/// An object on one line.
class JsonLine
{
public:
    JsonLine() = default;

    JsonLine& add(std::string_view key, std::string_view text);
    JsonLine& add(std::string_view key, const char* text) { return add(key, std::string_view(text)); }
    JsonLine& add(std::string_view key, const std::string& text) { return add(key, std::string_view(text)); }
    template <class Number>
        requires std::integral<Number> || std::floating_point<Number>
    JsonLine& add(std::string_view key, Number value)
    {
        begin(key);
        put(value);
        return *this;
    }
    template <class Range>
        requires requires(const Range& range) { std::span(range); }
        && (!std::convertible_to<Range, std::string_view>)
    JsonLine& add(std::string_view key, const Range& values)
    {
        begin(key);
        m_text += '[';
        for (bool first = true; const auto& value : values) {
            if (!std::exchange(first, false))
                m_text += ',';
            put(value);
        }
        m_text += ']';
        return *this;
    }
    /// What is JSON already.
    JsonLine& addJson(std::string_view key, std::string_view json);

    std::string object() const { return '{' + m_text + '}'; }
    std::string line() const { return '{' + m_text + "}\n"; }

private:
    void begin(std::string_view key);
    void put(std::string_view text);
    void put(const std::string& text) { put(std::string_view(text)); }
    void put(bool value) { m_text += value ? "true" : "false"; }
    /// Shortest text that is read as the same number; no finite number: null.
    template <class Number>
        requires(!std::same_as<Number, bool>) && (std::integral<Number> || std::floating_point<Number>)
    void put(Number value)
    {
        if constexpr (std::floating_point<Number>) {
            if (!std::isfinite(value)) {
                m_text += "null";
                return;
            }
        }
        char digits[40];
        const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
        m_text.append(digits, end);
        if constexpr (std::floating_point<Number>) {
            if (value == 0 && std::signbit(value))
                m_text += ".0"; // as a whole number it would lose its sign
        }
    }

    std::string m_text;
};

/// Two digits a byte.
std::string hexText(std::string_view bytes);

}
