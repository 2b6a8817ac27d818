// SPDX-License-Identifier: GPL-3.0-or-later
//
// Work on sets of at most 64, a bit each, for caches that serve an event without a branch that depends on who is held:
// that is what a processor cannot guess. Where it may use the instructions for it (fewObjectsAreFast), functions marked
// ES_BITS are compiled for them, into a caller marked ES_BITS_ENTRY.
#pragma once

#include "io/base/cpu_level.h"

#include <bit>
#include <cstdint>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define ES_BITS_ENTRY [[gnu::target("bmi,bmi2,popcnt")]]
#define ES_BITS [[gnu::target("bmi,bmi2,popcnt"), gnu::always_inline]] inline
#else
#define ES_BITS_ENTRY
#define ES_BITS inline
#endif

namespace expertscope::simulation {

#if defined(__x86_64__) && defined(__GNUC__)
inline bool fewObjectsAreFast()
{
    return cpuLevel() >= CpuLevel::Avx2;
}
/// 64: there is none. Not that of the standard library: of what it says about 0 a compiler makes a branch.
ES_BITS std::uint64_t placeOfLowest(std::uint64_t bits)
{
    return _tzcnt_u64(bits);
}
/// The `count` lowest of the bits, or all.
ES_BITS std::uint64_t lowest(std::uint32_t count, std::uint64_t bits)
{
    return _pdep_u64(_bzhi_u64(~std::uint64_t(0), count), bits);
}
/// Those in `bits`, where `places` close up.
ES_BITS std::uint64_t closedUp(std::uint64_t bits, std::uint64_t places)
{
    return _pext_u64(bits, places);
}
#else
inline bool fewObjectsAreFast()
{
    return true;
}
inline std::uint64_t placeOfLowest(std::uint64_t bits)
{
    return static_cast<std::uint64_t>(std::countr_zero(bits));
}
inline std::uint64_t lowest(std::uint32_t count, std::uint64_t bits)
{
    std::uint64_t others = bits;
    for (; count > 0; --count)
        others &= others - 1;
    return bits ^ others;
}
inline std::uint64_t closedUp(std::uint64_t bits, std::uint64_t places)
{
    std::uint64_t closed = 0;
    for (std::uint64_t bit = 1; places; places &= places - 1, bit <<= 1)
        closed |= bits & places & (0 - places) ? bit : 0;
    return closed;
}
#endif

ES_BITS std::uint32_t sizeOf(std::uint64_t bits)
{
    return static_cast<std::uint32_t>(std::popcount(bits));
}
/// Below 64.
constexpr std::uint64_t bitOf(std::uint64_t place)
{
    return std::uint64_t(1) << place;
}
/// All ones or nothing.
constexpr std::uint64_t maskIf(std::uint64_t holds)
{
    return 0 - holds;
}
constexpr std::uint64_t chosen(std::uint64_t mask, std::uint64_t ifSet, std::uint64_t otherwise)
{
    return otherwise ^ ((otherwise ^ ifSet) & mask);
}
/// Those who are in `places` move to the first ones, in the same order; how many. objectAt: a bit by place; placeOf: by
/// object.
ES_BITS std::uint32_t closeUp(std::uint64_t places, std::uint64_t* objectAt, std::uint64_t* placeOf)
{
    std::uint32_t next = 0;
    for (; places; places &= places - 1) {
        const std::uint64_t object = objectAt[placeOfLowest(places)];
        placeOf[placeOfLowest(object)] = next;
        objectAt[next++] = object;
    }
    return next;
}

}
