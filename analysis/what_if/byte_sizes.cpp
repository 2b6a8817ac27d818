// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/byte_sizes.h"

#include "io/base/text.h"

#include <charconv>
#include <cmath>

namespace expertscope {

Expected<double> parseSize(const std::string& text, const std::string& option)
{
    const auto wrong = [&] { return fail("'" + text + "' is no size", option, "such as 1769472, 27MiB or 28.3MB"); };
    double value = 0;
    const char* const end = text.data() + text.size();
    const auto [next, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || !(value > 0) || !std::isfinite(value))
        return wrong();
    std::string unit(next, end);
    std::erase(unit, ' ');
    if (unit.empty() || unit == "B")
        return value;
    const auto power = std::string("KMGT").find(unit[0] == 'k' ? 'K' : unit[0]);
    const std::string rest = unit.substr(1);
    if (power == std::string::npos || (!rest.empty() && rest != "iB" && rest != "B"))
        return wrong();
    return value * std::pow(rest == "B" ? 1000.0 : 1024.0, double(power + 1));
}

std::string sizeText(double bytes)
{
    static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    for (; bytes >= 1024 && unit + 1 < std::size(kUnits); ++unit)
        bytes /= 1024;
    return format("%.4g ", bytes) + kUnits[unit];
}

}
