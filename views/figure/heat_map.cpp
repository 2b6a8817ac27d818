// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/figure/heat_map.h"

#include <algorithm>

namespace expertscope {

std::size_t HeatMap::markCount() const
{
    return std::size_t(std::count(marks.begin(), marks.end(), 1));
}

}
