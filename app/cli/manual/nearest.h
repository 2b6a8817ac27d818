// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace expertscope {

/// The known word that `word` may be meant for: few letters apart; empty when there is none.
std::string nearestOf(const std::string& word, const std::vector<std::string>& known);

}
