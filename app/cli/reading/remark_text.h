// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is remarkable, in words: the lines that analyze and compare begin with.
#pragma once

#include "analysis/results/remarks.h"
#include "app/cli/reading/page.h"

namespace expertscope {

/// At most so many lines, heading and all.
inline constexpr std::size_t kRemarkLines = 20;

/// Empty where nothing can be compared with anything. `layers`: the model's layer of each site; empty: not known.
std::string remarkText(const Results& results, const std::vector<std::uint16_t>& layers, const Page& page);
std::string remarkText(
    const results::Comparison& comparison, const std::vector<std::uint16_t>& layers, const Page& page);

}
