// SPDX-License-Identifier: GPL-3.0-or-later
//
// Part of ranked_caches_impl.h, for AVX-512 with CD, VBMI, BITALG and GFNI: tokens of eight choices of up to 64
// experts, all eight at once.
//
// Each choice has a 64-bit lane; a set of ranks in it is a bit each. A token turns ranks into ranks, by a table of 64
// bytes: who is not in the token passes, or is passed by, as many of its choices as there are lanes with a set that
// holds its rank. Choices meet each other in a square of 8 x 8 bytes: i has lane i, j the byte j in it.
#pragma once

#include "analysis/sequence_caches/ranked_caches_sets.h"

namespace expertscope::ES_KERNELS {
namespace {

/// Values of eight choices, or sets of ranks.
using Lanes = __m512i;
/// The pairs (i, j) of choices.
using Square = __mmask64;

struct alignas(64) SixtyFour
{
    u8 bytes[64];

    template <typename Function> static constexpr SixtyFour of(Function function)
    {
        SixtyFour all{};
        for (u32 i = 0; i < 64; ++i)
            all.bytes[i] = u8(function(i));
        return all;
    }
    operator __m512i() const { return _mm512_load_si512(bytes); }
};

constexpr SixtyFour kIota = SixtyFour::of([](u32 b) { return b; });
constexpr SixtyFour kFromSeven = SixtyFour::of([](u32 b) { return 7 - b % 8; });
constexpr SixtyFour kTurned = SixtyFour::of([](u32 b) { return b % 8 * 8 + b / 8; });
constexpr SixtyFour kLaneOf = SixtyFour::of([](u32 b) { return b % 16 / 8 * 8; }); ///< of two, as vpshufb counts
constexpr SixtyFour kFirstBytes = SixtyFour::of([](u32 b) { return b % 8 * 8; });
constexpr SixtyFour kBits = SixtyFour::of([](u32 b) { return 1u << b % 8; });
constexpr SixtyFour kBitsDown = SixtyFour::of([](u32 b) { return 128u >> b % 8; });
constexpr SixtyFour kBefore = SixtyFour::of([](u32 b) { return b % 8 < b / 8; }); ///< j < i
constexpr SixtyFour kAfter = SixtyFour::of([](u32 b) { return b % 8 > b / 8; });
constexpr SixtyFour kAny = SixtyFour::of([](u32) { return 1; });

inline Lanes lanes(u64 value)
{
    return _mm512_set1_epi64(static_cast<long long>(value));
}
inline Lanes bitOf(Lanes rank)
{
    return _mm512_sllv_epi64(lanes(1), rank);
}
/// From the lowest bit, its rank.
inline Lanes rankOf(Lanes bit)
{
    return _mm512_popcnt_epi64(_mm512_sub_epi64(bit, lanes(1)));
}
inline Lanes lowest(Lanes set)
{
    return _mm512_and_si512(set, _mm512_sub_epi64(_mm512_setzero_si512(), set));
}
/// Ranks above a and up to b.
inline Lanes between(Lanes bitA, Lanes bitB)
{
    const Lanes difference = _mm512_sub_epi64(bitB, bitA);
    return _mm512_add_epi64(difference, difference);
}
/// Eight bytes as lanes.
inline Lanes widened(__m512i bytes)
{
    return _mm512_cvtepu8_epi64(_mm512_castsi512_si128(bytes));
}
inline void storeBytes(u8* out, Lanes values)
{
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out), _mm512_cvtepi64_epi8(values));
}
/// Values below 256 in the square: that of i, that of j.
inline __m512i ofI(Lanes values)
{
    return _mm512_shuffle_epi8(values, kLaneOf);
}
inline __m512i ofJ(Lanes values)
{
    return _mm512_permutexvar_epi8(kFirstBytes, values);
}
/// For each i the number of j among `which`.
inline Lanes count(Square pairs, __m512i which)
{
    return _mm512_sad_epu8(_mm512_maskz_mov_epi8(pairs, which), _mm512_setzero_si512());
}
/// By rank: in whose sets it is. The first choice has the highest bit.
inline __m512i byRank(Lanes sets)
{
    return _mm512_gf2p8affine_epi64_epi8(kBits, _mm512_permutexvar_epi8(kTurned, sets), 0);
}
inline __mmask64 inAny(__m512i byRank)
{
    return _mm512_test_epi8_mask(byRank, byRank);
}
/// For bytes with one bit, as from byRank(): the value of that choice.
inline __m512i valueOf(__m512i choice, Lanes values)
{
    const __m512i bytes = _mm512_permutexvar_epi8(kFirstBytes, values);
    return _mm512_gf2p8affine_epi64_epi8(choice, _mm512_gf2p8affine_epi64_epi8(kBitsDown, bytes, 0), 0);
}
inline __m512i eight(const u8* bytes)
{
    return _mm512_castsi128_si512(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes)));
}
/// The set of eight bytes below 64.
inline u64 setOf(__m512i bytes)
{
    return inAny(byRank(bitOf(widened(bytes))));
}
inline __m512i lookUp(__m512i table, __m512i places)
{
    return _mm512_permutexvar_epi8(places, table);
}

/// Places after a token, given those of 64 experts before: others[place] of who is not in it, `now` of its eight, which
/// were where `member` = byRank() of them says.
inline __m512i renumbered(__m512i places, __m512i others, __m512i member, Lanes now)
{
    return lookUp(_mm512_mask_mov_epi8(others, inAny(member), valueOf(member, now)), places);
}
/// As useAll(): the ages of 64 experts after a token.
struct AgesAfter
{
    __m512i ages, places; ///< by expert; of the eight before the token
    __mmask64 members; ///< the eight, by their age before
};
template <bool Backwards> inline AgesAfter useEight(__m512i ages, __m512i experts)
{
    const __m512i places = lookUp(ages, experts);
    const Lanes bit = bitOf(widened(places));
    const __m512i passed = _mm512_popcnt_epi8(byRank(_mm512_sub_epi64(bit, lanes(1)))), member = byRank(bit);
    const Lanes now = Backwards ? _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0) : _mm512_set_epi64(0, 1, 2, 3, 4, 5, 6, 7);
    const __m512i others = _mm512_add_epi8(kIota, passed);
    return {renumbered(ages, others, member, now), places, inAny(member)};
}

}
}
