// SPDX-License-Identifier: GPL-3.0-or-later
//
// One legend for several charts: a colour is one name, and a name one colour, in all panels.
#pragma once

#include "io/base/error.h"
#include "views/paint/picture.h"

#include <string>
#include <vector>

namespace expertscope {

/// Curves and bars whose colours contradict each other get others, as many as there are of the names that most panels
/// have; the rest turns grey, which the answer says, a note or nothing. Error: strips or words do.
Expected<QString> shareColours(const std::string& chart, std::vector<Panel>& panels);

}
