// SPDX-License-Identifier: GPL-3.0-or-later
//
// Part of stack_kernels_impl.h: many events in a row, of a stack of bytes in one register.
#pragma once

#include "analysis/simulation/kernels/stack_kernels_bytes.h"

namespace expertscope::simulation::ES_KERNELS {
namespace {

#if defined(__AVX512VBMI2__)
struct PlaceTables
{
    alignas(64) u8 numbers[64];
    alignas(16) u8 lane[16][16];
    constexpr PlaceTables()
        : numbers()
        , lane()
    {
        for (u32 i = 0; i < 64; ++i)
            numbers[i] = u8(i);
        for (u32 i = 0; i < 256; ++i)
            lane[i / 16][i % 16] = u8(i / 16);
    }
};
constexpr PlaceTables kPlaces;

/// (GCC 12 warns of the cast that is meant for this.)
inline __m128i nearest16(__m512i x)
{
    return __builtin_shufflevector(x, x, 0, 1);
}

/// The places of an event's members; see StackKernels. Writes 16.
inline void writePlaces(__m128i places, u32 found, u32 never, u32* out)
{
    const __mmask16 some = __mmask16((1u << found) - 1);
    const __m512i wide = _mm512_maskz_cvtepu8_epi32(some, places);
    _mm512_storeu_si512(out, _mm512_mask_mov_epi32(_mm512_set1_epi32(int(never)), some, wide));
}

/// A stack of at most 16 entries whose members compete: those that wait for a place, best first, are a register, and at
/// each place the best of them and of who was there stays.
void stepLeadingShallow(StackState& s, const u8* to, u32 size, u64 count, u32 never, u32* places, std::int64_t* kept)
{
    const u32 depth = s.used; // no more than 16; all that matter once nothing is new
    const __mmask16 valid = __mmask16((1u << depth) - 1), members = __mmask16((1u << size) - 1);
    const __m128i sizes = _mm_set1_epi8(char(size)), one = _mm_set1_epi8(1), none = _mm_set1_epi8(-1);
    const __m128i numbers = _mm_load_si128(reinterpret_cast<const __m128i*>(kPlaces.numbers));
    const __m128i* const lane = reinterpret_cast<const __m128i*>(kPlaces.lane);
    __m128i now = _mm_loadu_si128(static_cast<const __m128i*>(s.entries));
    __m128i after = _mm_setzero_si128(), fromTo[16]; // members in each place; those that came there from each
    for (u64 n = 0, counted = 0; n < count; ++n, to += size, places += size) {
        const __m128i ranks = _mm_maskz_loadu_epi8(members, to);
        __m128i better = _mm_setzero_si128(), waiting = none;
        for (u32 j = 0; j < size; ++j) {
            const __mmask16 later = _mm_cmpgt_epu8_mask(ranks, _mm_set1_epi8(char(to[j])));
            better = _mm_mask_add_epi8(better, later, better, one);
        }
        const __m128i thresholds = _mm_sub_epi8(ranks, better), v = _mm_sub_epi8(now, sizes);
        __m128i risen = v;
        for (u32 j = 0; j < size; ++j) {
            const __mmask16 above = _mm_cmpge_epu8_mask(v, _mm_shuffle_epi8(thresholds, lane[j]));
            risen = _mm_mask_add_epi8(risen, above, risen, one);
            const __mmask16 place = _mm_cmpeq_epi8_mask(numbers, _mm_shuffle_epi8(better, lane[j]));
            waiting = _mm_mask_mov_epi8(waiting, place, _mm_set1_epi8(char(to[j])));
        }
        const __mmask16 holes = _mm_cmplt_epu8_mask(now, sizes) & valid;
        writePlaces(_mm_maskz_compress_epi8(holes, numbers), u32(__builtin_popcount(holes)), never, places);
        const __m128i wanted = _mm_shuffle_epi8(ranks, now); // ranks now of the members found, where they were
        const __m128i others = _mm_mask_mov_epi8(risen, holes, none);
        for (u32 q = 0; q < depth; ++q) {
            const __m128i other = _mm_shuffle_epi8(others, lane[q]);
            now = _mm_mask_mov_epi8(now, __mmask16(1u << q), _mm_broadcastb_epi8(_mm_min_epu8(other, waiting)));
            waiting = _mm_max_epu8(waiting, _mm_min_epu8(other, _mm_alignr_epi8(none, waiting, 1)));
        }
        if (counted == 0) {
            after = _mm_setzero_si128();
            for (u32 q = 0; q < depth; ++q)
                fromTo[q] = _mm_setzero_si128();
        }
        __mmask16 inside = 0;
        for (u32 j = 0; j < size; ++j)
            inside |= _mm_cmpeq_epi8_mask(now, _mm_set1_epi8(char(to[j])));
        after = _mm_mask_add_epi8(after, inside, after, one);
        for (u32 q = 0; q < depth; ++q) {
            const __mmask16 from = _mm_mask_cmpeq_epi8_mask(holes, wanted, _mm_shuffle_epi8(now, lane[q]));
            fromTo[q] = _mm_mask_add_epi8(fromTo[q], from, fromTo[q], one);
        }
        if (++counted < 255 && n + 1 < count) // bytes
            continue;
        counted = 0;
        for (u32 q = 0; q < depth; ++q) {
            u8 counts[16];
            _mm_storeu_si128(reinterpret_cast<__m128i*>(counts), fromTo[q]);
            for (u32 p = 0; p < depth; ++p)
                kept[p > q ? p : q] -= counts[p];
            _mm_storeu_si128(reinterpret_cast<__m128i*>(counts), after);
            kept[q] += counts[q];
        }
    }
    _mm_storeu_si128(static_cast<__m128i*>(s.entries), now);
}

/// A stack of at most 64 ranks, all of which is one register. Ranks are places among 64, so those that others rise to
/// are looked up. The nearest holes, the first 16 places, are filled apart: most are there, and it takes half as long.
template <bool Bypass>
void stepLeadingFew(StackState& s, const u8* to, u32 size, u64 count, u32 never, u32* places, std::int64_t* kept)
{
    const Lanes lanes;
    const __m512i numbers = _mm512_load_si512(kPlaces.numbers), sizes = _mm512_set1_epi8(char(size));
    const __mmask16 members = __mmask16((1u << size) - 1);
    const u64 valid = below(~u64(0), 0, s.depth);
    __m512i now = _mm512_loadu_si512(s.entries);
    for (u64 n = 0; n < count; ++n, to += size, places += size) {
        const __m128i ranks = _mm_maskz_loadu_epi8(members, to);
        u64 taken = 0;
        for (u32 j = 0; j < size; ++j)
            taken |= u64(1) << to[j];
        const __m512i risen = _mm512_maskz_compress_epi8(~taken, numbers);
        const u64 holes = _mm512_cmplt_epu8_mask(now, sizes) & valid;
        const u32 found = u32(__builtin_popcountll(holes)), nearest = u32(__builtin_popcountll(holes & 0xFFFF));
        writePlaces(nearest16(_mm512_maskz_compress_epi8(holes, numbers)), found, never, places);
        alignas(64) u8 before[64];
        if (Bypass)
            _mm512_store_si512(before, now);
        now = _mm512_maskz_permutexvar_epi8(~holes, _mm512_sub_epi8(now, sizes), risen);
        u64 left = holes;
        u32 j = 0;
        if (nearest > 0) {
            __m128i near = nearest16(now);
            for (; j < nearest; ++j) {
                const __m128i carry = Bypass ? _mm_set1_epi8(char(to[j])) : _mm_setzero_si128();
                const __mmask16 hole = __mmask16(left & (0 - left));
                __m128i greatest = _mm_alignr_epi8(near, carry, 15);
                greatest = _mm_max_epu8(greatest, _mm_bslli_si128(greatest, 1));
                greatest = _mm_max_epu8(greatest, _mm_bslli_si128(greatest, 2));
                greatest = _mm_max_epu8(greatest, _mm_bslli_si128(greatest, 4));
                greatest = _mm_max_epu8(greatest, _mm_bslli_si128(greatest, 8));
                near = _mm_mask_min_epu8(near, __mmask16(hole - 1), near, greatest);
                near = _mm_mask_mov_epi8(near, hole, greatest);
                left &= left - 1;
            }
            now = _mm512_inserti32x4(now, near, 0);
        }
        for (; j < size; ++j) {
            const __m512i carry = Bypass ? _mm512_set1_epi8(char(to[j])) : _mm512_setzero_si512();
            const u64 hole = left & (0 - left);
            const __m512i greatest =
                runningMaximum<false>(_mm512_mask_permutexvar_epi8(carry, ~u64(1), lanes.before, now), lanes);
            now = _mm512_mask_min_epu8(now, (hole - 1) & valid, now, greatest);
            now = _mm512_mask_mov_epi8(now, hole, greatest);
            left &= left - 1;
        }
        if (!Bypass) {
            now = _mm512_mask_mov_epi8(now, members, _mm512_zextsi128_si512(ranks));
            continue;
        }
        u64 inside = 0;
        for (u32 i = 0; i < size; ++i)
            inside |= _mm512_cmpeq_epi8_mask(now, _mm512_set1_epi8(char(to[i])));
        for (u64 bits = inside & valid; bits; bits &= bits - 1)
            ++kept[__builtin_ctzll(bits)];
        for (u64 bits = holes; bits; bits &= bits - 1) {
            const u32 place = u32(__builtin_ctzll(bits));
            const u64 at = _mm512_cmpeq_epi8_mask(now, _mm512_set1_epi8(char(to[before[place]]))) & valid;
            const u32 after = at ? u32(__builtin_ctzll(at)) : 64;
            --kept[after > place ? after : place];
        }
    }
    _mm512_storeu_si512(s.entries, now);
}

void stepLeading(StackState& state, const u8* to, u32 size, u64 count, u32 never, u32* places, std::int64_t* kept)
{
    if (kept && state.depth <= 16)
        stepLeadingShallow(state, to, size, count, never, places, kept);
    else if (kept)
        stepLeadingFew<true>(state, to, size, count, never, places, kept);
    else if (never <= 64 && size > 1)
        stepLeadingFew<false>(state, to, size, count, never, places, kept);
    else if (state.depth <= 64)
        stepLeadingBytes<1>(state, to, size, count, never, places);
    else if (state.depth <= 128)
        stepLeadingBytes<2>(state, to, size, count, never, places);
    else
        stepLeadingBytes<4>(state, to, size, count, never, places);
}
constexpr auto kStepLeading = stepLeading;
#else
constexpr decltype(StackKernels::stepLeading) kStepLeading = nullptr;
#endif

}
}
