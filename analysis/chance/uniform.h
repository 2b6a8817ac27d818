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

/// Expected balance figures of N tokens that choose k of E experts by chance: what a perfectly balanced router shows on
/// so many tokens (metrics 6.1, "finite-sample floor"). `dead` is exact. From 128 choices an expert upwards the others
/// are asymptotic (normal loads, skewness of the extremes corrected; relative error of MaxVio below 1 %); below that
/// they are the mean of a seeded simulation (standard error of MaxVio about 1 %). Results are cached; safe from several
/// threads.
struct UniformBalance
{
    double maxVio = 0, cv = 0, gini = 0, kl = 0, minLoad = 1, dead = 0;
};
UniformBalance uniformBalance(unsigned E, unsigned k, std::uint64_t N);

/// MaxVio alone, cheap for many different N.
double uniformMaxVio(unsigned E, unsigned k, std::uint64_t N);

}
