// SPDX-License-Identifier: GPL-3.0-or-later
//
// Names with parameters as a user writes them: "lru,ema:halflife=8".
#pragma once

#include "io/base/error.h"

#include <charconv>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace expertscope {

/// A name and its parameters, as in "ema:halflife=8".
struct NamedParams
{
    std::string name;
    std::map<std::string, std::string> params;
};
/// A list of them with commas between: a part with '=' but no ':' is one more parameter of the name before it. Errors, of
/// `option`: what is no KEY=VALUE (`hint` shows one), a parameter that is named twice.
Expected<std::vector<NamedParams>> parseNamed(const std::string& text, const char* option, const char* hint);
/// The other way round, of one.
std::string namedText(const std::string& name, const std::map<std::string, std::string>& params);

/// "8,1-64" -> "8", "1-64"; an empty text is one empty part.
std::vector<std::string> splitAt(const std::string& text, char separator);

/// Reads a number that is the whole text.
template <typename T> bool readWhole(std::string_view text, T& value)
{
    const char* const end = text.data() + text.size();
    const auto [next, error] = std::from_chars(text.data(), end, value);
    return error == std::errc() && next == end;
}

}
