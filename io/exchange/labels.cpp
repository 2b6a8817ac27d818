// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/exchange/labels.h"

#include "io/base/text.h"
#include "io/base/utf8.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace expertscope {

namespace {

constexpr std::size_t kMaxLooseBytes = 200; // longer texts beside a text describe it, they do not group it
constexpr std::size_t kManyValues = 256; // from there on nearly every document having its own is no grouping

/// A decimal number in one way of writing, exactly: "10", "0.25", "1.5e+40".
std::string numberText(std::string_view number)
{
    const bool negative = number.starts_with('-');
    const auto exponentAt = std::min(number.find_first_of("eE"), number.size());
    std::string digits;
    std::int64_t point = -1; // how many digits stand before it
    for (const char c : number.substr(negative, exponentAt - negative)) {
        if (c == '.')
            point = static_cast<std::int64_t>(digits.size());
        else
            digits += c;
    }
    if (point < 0)
        point = static_cast<std::int64_t>(digits.size());
    if (exponentAt < number.size()) {
        const auto text = number.substr(exponentAt + (number[exponentAt + 1] == '+' ? 2 : 1));
        std::int32_t exponent = 0;
        if (std::from_chars(text.data(), text.data() + text.size(), exponent).ec != std::errc())
            return std::string(number);
        point += exponent;
    }
    const auto first = digits.find_first_not_of('0');
    if (first == std::string::npos)
        return "0";
    digits.erase(digits.find_last_not_of('0') + 1);
    digits.erase(0, first);
    point -= static_cast<std::int64_t>(first);

    // 0.d1 d2 d3 … times 10 to the `point`
    const auto count = static_cast<std::int64_t>(digits.size());
    constexpr std::int64_t kSmallest = -6, kLargest = 40; // beyond these an exponent is shorter
    if (point <= kSmallest || point > kLargest) {
        const auto exponent = point - 1;
        if (count > 1)
            digits.insert(1, ".");
        digits += (exponent < 0 ? "e-" : "e+") + std::to_string(std::abs(exponent));
    } else if (point <= 0) {
        digits.insert(0, "0." + std::string(static_cast<std::size_t>(-point), '0'));
    } else if (point < count) {
        digits.insert(static_cast<std::size_t>(point), ".");
    } else {
        digits.append(static_cast<std::size_t>(point - count), '0');
    }
    return negative ? "-" + digits : digits;
}

}

Expected<std::optional<std::string>> labelText(const JsonValue& value)
{
    if (value.isNull())
        return std::optional<std::string>();
    if (const auto* text = value.string()) {
        if (invalidUtf8At(*text))
            return fail("holds half of a surrogate pair");
        return *text;
    }
    if (const auto* truth = value.boolean())
        return std::string(*truth ? "true" : "false");
    if (const auto* number = std::get_if<std::uint64_t>(&value.data))
        return std::to_string(*number);
    if (const auto* number = std::get_if<std::int64_t>(&value.data))
        return std::to_string(*number);
    if (const auto* real = std::get_if<JsonReal>(&value.data)) {
        if (std::isnan(real->value))
            return std::optional<std::string>();
        return real->text.ends_with("Infinity") ? real->text : numberText(real->text);
    }
    return fail(std::string("is ") + value.kind() + ", not a string, a number or a boolean");
}

bool isLabelName(std::string_view name)
{
    return !name.empty() && name.find_first_of("/=\n") == std::string_view::npos && !invalidUtf8At(name);
}

void KeysBesideText::add(const std::string& key, const JsonValue& value, Values& values)
{
    Key& state = m_keys[key];
    if (!state.reason.empty())
        return;
    auto text = labelText(value);
    if (!text)
        state.reason = value.string() ? text.error().what : value.kind();
    else if (!isLabelName(key))
        state.reason = "no name for a label";
    else if (!*text)
        return;
    else if ((*text)->size() > kMaxLooseBytes)
        state.reason = "longer than " + std::to_string(kMaxLooseBytes) + " bytes";
    else if (std::ranges::any_of(**text, [](char c) { return static_cast<unsigned char>(c) < 0x20; }))
        state.reason = "not one line of text";
    if (!state.reason.empty())
        return;
    ++state.documents;
    state.distinct.insert(**text);
    values.emplace(key, std::move(**text));
}

std::vector<std::string> KeysBesideText::notLabels()
{
    std::vector<std::string> names;
    for (auto& [key, state] : m_keys) {
        if (state.reason.empty() && state.distinct.size() > kManyValues && state.distinct.size() * 2 > state.documents)
            state.reason = "nearly every document has its own";
        state.distinct.clear();
        if (!state.reason.empty())
            names.push_back(printable(key.substr(0, 80)) + " (" + state.reason + ")");
    }
    return names;
}

void KeysBesideText::keepLabels(Values& values) const
{
    std::erase_if(values, [&](const auto& value) { return !m_keys.at(value.first).reason.empty(); });
}

}
