// SPDX-License-Identifier: GPL-3.0-or-later
//
// Caches of several sizes side by side whose lists are bytes in vector registers: one source (byte_kernels_impl.h),
// compiled for the instruction sets that have what it takes, chosen at run time. All that an event does to a size is done
// at once: where a list's objects stand among the event's is one look-up for all of them, who leaves is counted off in
// bits, and the list closes up. Nothing depends on a guess about who is held. Plain data only; BytesReplay owns the memory.
#pragma once

#include "analysis/simulation/kernels/stack_kernels.h"

namespace expertscope::simulation {

inline constexpr std::uint32_t kMostByteObjects = 256, kMostByteMembers = 8; ///< of all, of an event
inline constexpr std::uint32_t kByteNumbers = 4, kByteMarks = 4, kByteLists = 2;

struct ByteCaches
{
    std::uint32_t numObjects;
    std::uint32_t numSizes;
    std::uint32_t stride; ///< bytes of a list: 256 for each 64 objects
    const std::uint32_t* capacity; ///< [size] ascending, at most the objects, at least any event
    std::uint32_t* numbers; ///< [size][kByteNumbers] lengths and hands
    std::uint64_t* marks; ///< [size][kByteMarks] a bit a place
    std::uint8_t* lists; ///< [size][kByteLists][stride]
    std::uint8_t* order; ///< [numObjects, padded] all objects by last use, the most recent last
    std::uint8_t* places; ///< [object, padded] where they are in it
    std::uint8_t* stack; ///< [numObjects, padded] lfru: objects, those of smaller sizes first
    double* scores; ///< lfru: [kMostByteObjects] uses by object, [kMostByteObjects] units of the last, units so far
    std::uint32_t* uses; ///< [object]
    std::uint32_t* before; ///< [size][object] uses before it was loaded, where they are too many for a byte
};

/// Atomic events that fit, forced admission. Writes how many of each event's objects were not held: [event][size].
using ServeBytes = void (*)(ByteCaches& caches, const EventRange& events, std::uint8_t* misses);

/// Null: not for these instruction sets.
struct ByteKernels
{
    const char* name;
    ServeBytes fifo, clock, sieve, lfuCache, twoQ, lfru;
};

/// Those of cpuLevel().
const ByteKernels& byteKernels();

}
