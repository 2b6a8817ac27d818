// SPDX-License-Identifier: GPL-3.0-or-later
//
// ARC's caches of several sizes side by side, a lane a size: one source (arc_kernels_impl.h), compiled for each
// instruction set, chosen at run time. Plain data only; ArcCache owns the memory.
//
// All four lists are in the order of last use: who is evicted from T1 or T2 is the oldest there but for members of the
// event, which are used in it, so B1 and B2 are, too. That order is the same for all sizes. Each use takes the next of 64
// `numWords` places, and a list is a set of places, a bit each, the oldest the lowest.
#pragma once

#include <cstdint>

namespace expertscope::simulation {

/// Lists: T1, T2, B1, B2.
inline constexpr std::uint32_t kArcLists = 4;

struct ArcState
{
    std::uint32_t numGroups; ///< of ArcKernels::lanes sizes
    std::uint32_t numWords;
    std::uint64_t* places; ///< [group][list][word][lane]
    double* sizes; ///< [group][list][lane]
    double* share; ///< [group][lane] p
    const double* capacity; ///< [group][lane] 0: there is no such size
};

struct ArcKernels
{
    const char* name;
    std::uint32_t lanes;
    /// An object that stood at place `from` (UINT32_MAX: nowhere) is used and stands at `to`; pinned: [word] whom no load
    /// evicts. Returns the sizes to which it was loaded, a bit each.
    std::uint64_t (*use)(ArcState& state, std::uint32_t from, std::uint32_t to, const std::uint64_t* pinned);
    /// Those that stand at places `taken` [word] move to the first ones, in the same order.
    void (*closeUp)(ArcState& state, const std::uint64_t* taken);
};

/// Those of cpuLevel().
const ArcKernels& arcKernels();

}
