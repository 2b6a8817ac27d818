// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace expertscope {

/// The known word that `word` may be meant for: few letters apart; empty when there is none.
std::string nearestOf(const std::string& word, const std::vector<std::string>& known);

/// "did you mean lru?": the nearest, or those few that have `word` as a part; empty when there is none.
std::string didYouMean(const std::string& word, const std::vector<std::string>& known);
/// The same before `rest`, which says what there is.
std::string nearestHint(const std::string& word, const std::vector<std::string>& known, const std::string& rest);

}
