// SPDX-License-Identifier: GPL-3.0-or-later
//
// What there is to choose from, below the options of a command: each thing with its definition and parameters, a few
// lines each, as wide as the terminal.
#pragma once

#include <string>

namespace expertscope {

std::string policyHelp();
std::string predictorHelp();
std::string ruleHelp();
std::string hardwareHelp();
std::string plannerHelp();

}
