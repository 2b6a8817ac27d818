// SPDX-License-Identifier: GPL-3.0-or-later
//
// What there is to choose from, below the options of a command: each thing with its definition and parameters, a few
// lines each, of at most `width` columns.
#pragma once

#include <cstddef>
#include <string>

namespace expertscope {

std::string policyHelp(std::size_t width);
std::string predictorHelp(std::size_t width);
std::string ruleHelp(std::size_t width);
std::string hardwareHelp(std::size_t width);
std::string plannerHelp(std::size_t width);

}
