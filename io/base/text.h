// SPDX-License-Identifier: GPL-3.0-or-later
//
// Text for people to read, whatever shows it.
#pragma once

#include <cstdint>
#include <functional>
#include <ranges>
#include <string>
#include <string_view>

namespace expertscope {

struct Character
{
    std::int32_t codepoint = -1; ///< < 0: a byte that is not UTF-8
    std::string_view bytes;
};
/// The first character of a text that is not empty; takes it away.
Character takeCharacter(std::string_view& text);

/// A word as a shell takes it: in quotes where it must be.
std::string shellWord(const std::string& text);

/// Text with everything that could confuse a terminal (control characters, broken UTF-8) replaced by '?'.
std::string printable(std::string_view text);

/// A number by a printf pattern that takes one double, at most 63 bytes long.
std::string format(const char* pattern, double value);

/// Lengthens a list that is text: no separator before the first part.
inline void addPart(std::string& list, std::string_view part, std::string_view separator = ", ")
{
    if (!list.empty())
        list += separator;
    list += part;
}

/// "a, b, c": what `projection` makes of each part.
template <std::ranges::input_range Range, class Projection = std::identity>
std::string joined(const Range& parts, std::string_view separator = ", ", Projection projection = {})
{
    std::string list;
    bool first = true;
    for (const auto& part : parts) {
        if (!first)
            list += separator;
        list += std::invoke(projection, part);
        first = false;
    }
    return list;
}

}
