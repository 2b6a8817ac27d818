// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the metrics of pairs show of N tokens routed by chance (see uniform.h). Safe from several threads.
#pragma once

#include <cstdint>

namespace expertscope {

/// Expected largest N_ij / N_i, i != j, when tokens choose k of E experts (metrics 3.2); `adjacent`: pairs of adjacent
/// ranks only. A seeded simulation, of some 10^5 tokens at most: from there the normal law with the binomial's skewness
/// goes on. Error about 1 %; some 10 ms for each E, k, N not asked before.
double uniformMaxCoactivation(unsigned E, unsigned k, std::uint64_t N, bool adjacent);

/// Expected largest share of a row: of the tokens that chose one of A experts, k sizes its set, the share that chose
/// the commonest of B others, where each chooses kTo; mean over rows that have tokens. Error as of uniformMaxVio().
double uniformRowMax(unsigned A, unsigned k, unsigned B, unsigned kTo, std::uint64_t N);

/// Expected largest of `cells` counts when each of N tokens falls into a given one with probability p, as if they were
/// independent: somewhat high when there are few cells.
double uniformMaxCount(std::uint64_t cells, double p, std::uint64_t N);

/// Mutual information of two independent choices, uniform over A and over B, as N tokens show it: exact expectations of
/// the plug-in and of the corrected estimate; the ratio of expectations for the relative one.
struct UniformInformation
{
    double plugIn = 0, corrected = 0, relative = 0; ///< nats, nats, 1
};
UniformInformation uniformInformation(unsigned A, unsigned B, std::uint64_t N);

}
