// SPDX-License-Identifier: GPL-3.0-or-later
//
// How unbalanced routing by chance is: what a perfectly balanced router shows on so many tokens (metrics 6.1,
// "finite-sample floor"). Safe from several threads.
#pragma once

#include "analysis/chance/chance_value.h"
#include "analysis/counts/set_sizes.h"

namespace expertscope {

struct BalanceFigures
{
    double maxVio = 0, cv = 0, gini = 0, kl = 0, minLoad = 0, dead = 0;
};

/// Of N tokens that choose k of E experts: means, and SDs from trace to trace. k and N may be any numbers (see SetSizes::worth()).
/// `dead` is exact. From 128 choices an expert upwards the others are asymptotic (normal loads, skewness of the extremes
/// corrected; relative error of MaxVio below 1 %); below that they come from a seeded simulation (standard error of
/// MaxVio about 1 %), one for each E and k, some 50 ms.
struct UniformBalance : BalanceFigures
{
    BalanceFigures sd;
};
UniformBalance uniformBalance(unsigned E, double k, double N);
inline UniformBalance uniformBalance(unsigned E, const EqualSets& sets)
{
    return uniformBalance(E, sets.size, sets.tokens);
}

/// MaxVio alone.
ChanceValue uniformMaxVio(unsigned E, double k, double N);

/// Mean and mean square of the largest of n standard normals.
struct NormalMaximum
{
    double mean = 0, meanSquare = 0;
};
NormalMaximum normalMaximum(double n);

}
