// SPDX-License-Identifier: GPL-3.0-or-later
//
// An order of rows and columns that puts alike ones beside each other.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace expertscope {

struct Seriation
{
    std::vector<std::size_t> rows, columns; ///< ids in order
};

/// Of `values` [rows, columns], not negative, by their first axis of correspondence analysis (reciprocal averaging;
/// Hill 1974): a row's score is the mean of its columns' scores, and the other way round. Groups that have little to do
/// with each other lie apart; the order runs the way that is nearer to the ids'. NaN, as on the diagonal of
/// co-activation, stands for the row's largest value, negative values for 0; rows and columns without any come last.
/// Deterministic; O(rows * columns) a step, at most 300 steps and fewer of large matrices.
Seriation seriate(std::span<const double> values, std::size_t rows, std::size_t columns);

}
