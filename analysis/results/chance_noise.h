// SPDX-License-Identifier: GPL-3.0-or-later
//
// How much measures scatter by chance, from the number of observations alone: closed forms, or bounds from above.
#pragma once

#include "analysis/results/result_document.h"

#include <optional>

namespace expertscope::results {

/// What a row's value is a mean or a count of, which gives its standard deviation. u: the value expected, n:
/// observations.
enum class NoiseKind
{
    Count, ///< tokens that fall to one expert, binomial: sqrt(u (1 - u / n))
    Share, ///< mean of n independent numbers from 0 to 1: at most sqrt(u (1 - u) / n)
    Windows, ///< the same of windows of m tokens (parameter "m") that begin at every token: at most sqrt(u (1 - u) m /
             ///< n)
    Number, ///< mean of n counts of things that exclude each other, or are independent: at most sqrt(u / n)
    Stay, ///< mean of n lengths that may end at every token: at most u / sqrt(n)
    Events, ///< rare things, counted: at most sqrt(u), and 0.2: one where none is expected is five times that
    None ///< a largest of many, a spread: no closed form
};

/// A measure that is told among what is remarkable (remarks.h). Others are left out: they say the same by another
/// number, or measure the router's scores, for which "uniform" is no chance level.
struct ToldMeasure
{
    const char* metric; ///< "repetition.first"
    NoiseKind noise;
};

/// Null: is not told.
const ToldMeasure* toldMeasure(const std::string& metric);
/// All of them.
const std::vector<ToldMeasure>& toldMeasures();

/// The standard deviation of a row's value were `expected` its expectation; none: no closed form.
std::optional<double> chanceNoise(NoiseKind kind, const ResultRow& row, double expected);
/// The same where the value itself is the best guess of its expectation. Where nothing was seen it could have been
/// once.
std::optional<double> observedNoise(NoiseKind kind, const ResultRow& row);

}
