// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/expert_pairs.h"

namespace expertscope {

std::vector<Mark> marksOfRows(
    const Chart& chart, SiteIndex site, std::size_t rows, std::size_t columns, const Subject& wanted)
{
    std::vector<Mark> marks;
    if (wanted.site && *wanted.site != site) // of another site: none of so many cells
        return marks;
    for (std::uint32_t r = 0; r < rows; ++r) {
        if (wanted.expert && wanted.expert->value != r)
            continue;
        for (std::uint32_t c = 0; c < columns; ++c) {
            const auto cell = chart.subject({0, 0, r, c});
            if (cell && agree(*cell, wanted))
                marks.push_back({0, 0, r, c});
        }
    }
    return marks;
}

}
