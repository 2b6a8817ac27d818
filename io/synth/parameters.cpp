// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/synth/parameters.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>

namespace expertscope {

namespace {

std::optional<double> parseNumber(const std::string& text)
{
    double value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end || !std::isfinite(value))
        return std::nullopt;
    return value;
}

/// "1234", "1e8", "1.5M": whole numbers only.
std::optional<std::uint64_t> parseCount(const std::string& text)
{
    std::uint64_t whole = 0;
    const char* end = text.data() + text.size();
    if (const auto [stop, error] = std::from_chars(text.data(), end, whole); error == std::errc() && stop == end)
        return whole;
    if (text.empty())
        return std::nullopt;
    double unit = 1;
    switch (text.back()) {
    case 'k':
        unit = 1e3;
        break;
    case 'M':
        unit = 1e6;
        break;
    case 'G':
        unit = 1e9;
        break;
    }
    const auto value = parseNumber(unit == 1 ? text : text.substr(0, text.size() - 1));
    if (!value || *value < 0 || *value * unit > 0x1p53 || *value * unit != std::floor(*value * unit))
        return std::nullopt;
    return static_cast<std::uint64_t>(*value * unit);
}

/// The shortest text that reads back as this number.
std::string plain(double value)
{
    char text[40];
    if (value == std::round(value) && std::abs(value) < 1e15) {
        std::snprintf(text, sizeof text, "%.0f", value);
        return text;
    }
    for (int digits = 1; digits <= 17; ++digits) {
        std::snprintf(text, sizeof text, "%.*g", digits, value);
        if (parseNumber(text) == value)
            break;
    }
    return text;
}

}

Expected<SynthValues> SynthValues::resolve(
    const std::vector<SynthParameter>& parameters, const std::map<std::string, std::string>& given)
{
    SynthValues values;
    for (const auto& [name, text] : given) {
        if (std::ranges::find(parameters, name, &SynthParameter::name) == parameters.end())
            return fail("this kind has no such option", "--" + name);
    }
    for (const SynthParameter& p : parameters) {
        const auto found = given.find(p.name);
        const std::string& text = found == given.end() ? p.otherwise : found->second;
        const auto bad = [&](const std::string& needs) {
            return fail("needs " + needs + ", not '" + text + "'", "--" + p.name);
        };
        const std::string limits = plain(p.least) + " to " + (p.most >= 0x1p64 ? "2^64 - 1" : plain(p.most));
        if (p.type == SynthParameter::Type::Flag) {
            values.m_counts[p.name] = found == given.end() ? 0 : 1;
            values.m_texts[p.name] = found == given.end() ? "no" : "yes";
        } else if (p.type == SynthParameter::Type::Count) {
            const auto value = parseCount(text);
            if (!value || double(*value) < p.least || double(*value) > p.most)
                return bad("a whole number from " + limits);
            values.m_counts[p.name] = *value;
            values.m_texts[p.name] = std::to_string(*value);
        } else {
            const auto value = parseNumber(text);
            if (!value || *value < p.least || *value > p.most)
                return bad("a number from " + limits);
            values.m_numbers[p.name] = *value;
            values.m_texts[p.name] = plain(*value);
        }
    }
    return values;
}

}
