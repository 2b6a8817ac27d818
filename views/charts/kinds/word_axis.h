// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/paint/picture.h"

#include <vector>

namespace expertscope {

/// An axis of cells that have words for names.
Axis wordAxis(QString title, const std::vector<std::string>& words);

}
