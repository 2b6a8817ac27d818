// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <limits>

namespace expertscope {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN(); ///< a value that is not there

}
