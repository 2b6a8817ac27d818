// SPDX-License-Identifier: GPL-3.0-or-later
//
// The results of two traces beside each other.
#pragma once

#include "analysis/results/result_document.h"

#include <optional>

namespace expertscope::results {

/// Rows of A and of B with the same key: metric, parameters, site, expert, label, other.
struct ComparedRow
{
    ResultRow a, b;
    std::optional<double> difference; ///< B - A
    std::optional<std::pair<double, double>> interval; ///< of the difference, 95 %
};

struct Comparison
{
    ResultOrigin origin; ///< its traces: A, B
    std::vector<ComparedRow> rows; ///< in A's order
    std::vector<ResultRow> onlyA, onlyB; ///< what the other trace has no row for: sites, experts, label values
    Results both; ///< metrics that compare the two, when they are of the same tokens
    std::string notBoth; ///< or why there are none; empty when none were asked for
};

/// How intervals of differences are made, for the files.
inline constexpr const char* kDifferenceInterval =
    "of B - A, 95 %: the two bootstraps are independent; their intervals are combined by MOVER (Zou and Donner 2008): "
    "d - sqrt((b - lb)^2 + (ua - a)^2) to d + sqrt((ub - b)^2 + (a - la)^2)";

/// Aligns the rows. Matrices are left out.
Comparison compareResults(const Results& a, const Results& b);

/// Whether A and B have the same rows with the same values.
bool sameNumbers(const Comparison& comparison);
bool sameNumbers(const ComparedRow& row);
/// The same rule as of results of one trace: fails when neither has a number.
Expected<void> checkComputed(const Comparison& comparison);

/// Like writeResultsJson and writeResultsCsv, with columns for A, B and the difference
/// (resources/docs/results-format.md, "Comparisons").
void writeComparisonJson(std::ostream& out, const Comparison& comparison);
void writeComparisonCsv(std::ostream& out, const Comparison& comparison);

}
