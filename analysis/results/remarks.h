// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is remarkable among results: the rows farthest beyond what uniform routing and its noise would give, and the
// differences of two traces that their noise does not explain.
//
// Score of a row: |value - uniform| / s, where s is the standard deviation of the value under uniform routing by its
// closed form (chance_noise.h) or that of the bootstrap (width of its 95 % interval / 3.92), the larger one. Without
// either: |log2(value / uniform)|. Of a difference: |B - A| / sqrt(s_A^2 + s_B^2), where s is the bootstrap's, or
// without intervals the closed form's at the value itself; without either |log2(B / A)|.
//
// A row is beyond noise when s is known and its score at least 5 (of ten thousand rows of chance none is), else at
// least 1: twice or half, unless both numbers are below 0.001. With intervals a difference must also leave both of
// them: A lies outside B's and B outside A's.
//
// Those are told in turns, so that no subject drives out the others: of each metric the one with the largest score,
// then the second ones, and so on, at most three a metric. Those with s come before those without. Of rows of experts
// an expert (of one site, one label value) is told once, whatever the metric; of the others a measure is. The whole
// model is told where a measure has no sites. Of a measure in bins of the position the bins are not told.
#pragma once

#include "analysis/results/comparison.h"

namespace expertscope::results {

struct Remark
{
    const ResultRow* row = nullptr; ///< in a comparison A's
    double value = 0; ///< as the row has it; of choices counted (load.count) over what is uniform
    std::optional<double> uniform; ///< likewise
    std::optional<double> other; ///< in a comparison B's value
    std::optional<double> noise; ///< s; in a comparison of B - A
    double score = 0;
};

struct Remarks
{
    std::vector<Remark> told; ///< turn by turn, metrics by their largest score
    std::size_t judged = 0; ///< rows that have something to be compared with
    std::size_t beyond = 0; ///< of these, beyond noise
};

/// The family of a metric's rows: "srp" of "srp.value". Turns go by families.
std::string familyOf(const ResultRow& row);

/// `most`: told at most. The results must outlive the remarks.
Remarks remarksOn(const Results& results, std::size_t most);
Remarks remarksOn(const Comparison& comparison, std::size_t most);

/// Whether the difference of two rows is beyond noise, as above; none: of no measure that is told, or there is nothing
/// to compare.
std::optional<bool> beyondNoise(const ComparedRow& row);

}
