// SPDX-License-Identifier: GPL-3.0-or-later
//
// What rows without structure would show: directions drawn uniformly and independently in `dimension` dimensions. The
// cosine of two of them has the density c (1 - t^2)^((d - 3) / 2) on [-1, 1]: mean 0, variance 1 / d (Cai, Fan, Jiang
// 2013, "Distributions of angles in random packing on spheres", section 2).
#pragma once

#include <cstddef>

namespace expertscope::inspect {

/// Mean of |cos|: Gamma(d / 2) / (sqrt(pi) Gamma((d + 1) / 2)); d >= 1.
double expectedAbsoluteCosine(std::size_t dimension);
/// Standard deviation of the mean cosine over all pairs of `rows` rows: pairs are uncorrelated, so sqrt(1 / (d pairs)).
double meanCosineSd(std::size_t rows, std::size_t dimension);
/// Expected largest |cos| of all pairs of `rows` rows, as if pairs were independent (any two are): the integral of
/// 1 - P(|cos| <= t)^pairs, to about 1e-6. d >= 2, rows >= 2.
double expectedLargestCosine(std::size_t rows, std::size_t dimension);
/// Participation ratio of `rows` unit rows whose squared cosines have the mean 1 / d: E d / (d + E - 1).
double expectedParticipation(std::size_t rows, std::size_t dimension);

}
