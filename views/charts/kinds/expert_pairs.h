// SPDX-License-Identifier: GPL-3.0-or-later
//
// What matrices of pairs of experts share: their one panel has a row an expert of a site.
#pragma once

#include "views/charts/chart.h"

namespace expertscope {

/// Chart::marks() of a `rows` x `columns` matrix whose cells' subjects are those of their row, an expert of `site`.
std::vector<Mark> marksOfRows(
    const Chart& chart, SiteIndex site, std::size_t rows, std::size_t columns, const Subject& wanted);

}
