// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the metrics of pairs show of N tokens routed by chance (see uniform.h). Safe from several threads.
#pragma once

#include "analysis/chance/chance_value.h"

#include <cstdint>

namespace expertscope {

/// Largest N_ij / N_i, i != j, when tokens choose k of E experts (metrics 3.2); `adjacent`: pairs of adjacent ranks only.
/// k may be any number: sets that differ in size are worth SetSizes::worth(), for adjacent ranks the mean. A seeded
/// simulation, of some 10^5 tokens at most: from there the normal law with the binomial's skewness goes on. Error about
/// 1 %; some 10 ms for each E, k, N not asked before.
ChanceValue uniformMaxCoactivation(unsigned E, double k, double N, bool adjacent);

/// Largest share of a row: of the tokens that chose one of A experts, k sizes its set, the share that chose the commonest
/// of B others, where each chooses kTo (worth(), mean); mean over rows that have tokens. Error as of uniformMaxVio().
ChanceValue uniformRowMax(unsigned A, double k, unsigned B, double kTo, double N);

/// Largest of `cells` counts when each of N tokens falls into a given one with probability p, as if they were
/// independent: somewhat high when there are few cells.
ChanceValue uniformMaxCount(std::uint64_t cells, double p, std::uint64_t N);

/// Mutual information of two independent choices, uniform over A and over B, as N tokens show it: exact expectations of
/// the plug-in and of the corrected estimate; the ratio of expectations for the relative one; SDs as of chi squared.
struct UniformInformation
{
    ChanceValue plugIn, corrected, relative; ///< nats, nats, 1
};
UniformInformation uniformInformation(unsigned A, unsigned B, std::uint64_t N);

}
