// SPDX-License-Identifier: GPL-3.0-or-later
//
// What routing by chance would give: every token draws its k experts, a uniformly random subset of E, independently.
#pragma once

#include <cstdint>

namespace expertscope {

/// Probability that sets of a and b out of E experts share exactly `shared` (hypergeometric).
double uniformOverlapProbability(unsigned E, unsigned a, unsigned b, unsigned shared);

/// P(sets of a and b share an expert) = 1 - C(E-a, b) / C(E, b) (metrics 1.6).
double uniformAnyOverlap(unsigned E, unsigned a, unsigned b);

/// Expected |A n B| / |A u B| of sets of a and b (metrics 1.6).
double uniformJaccard(unsigned E, unsigned a, unsigned b);
double uniformJaccardVariance(unsigned E, unsigned a, unsigned b);

}
