// SPDX-License-Identifier: GPL-3.0-or-later
//
// Part of stack_kernels_impl.h: stacks of bytes in AVX-512 registers.
#pragma once

#include "analysis/simulation/kernels/stack_kernels_stack.h"

namespace expertscope::simulation::ES_KERNELS {
namespace {

#if defined(__AVX512VBMI2__)
/// Up to 256 entries of a byte in registers. A member's place is a hole that holds 0, better than all. Each hole in turn,
/// the nearest first, sends a carry down to it: at every place the better stays and the worse goes on, so what stays is
/// the lesser of an entry and the greatest before it, and that fills the hole (Mattson's update, for 64 places at once).
struct LaneTables
{
    alignas(64) u8 before[64], carry[3][64];
    constexpr LaneTables()
        : before()
        , carry()
    {
        for (u32 i = 0; i < 64; ++i) {
            before[i] = u8(i - 1);
            for (u32 j = 0; j < 3; ++j)
                carry[j][i] = u8((i / 16 - j) * 16 - 1); // the last lane of the (j + 1)-th group of 16 before
        }
    }
};
constexpr LaneTables kLaneTables;

struct Lanes
{
    const __m512i before = _mm512_load_si512(kLaneTables.before);
    const __m512i carry1 = _mm512_load_si512(kLaneTables.carry[0]);
    const __m512i carry2 = _mm512_load_si512(kLaneTables.carry[1]);
    const __m512i carry3 = _mm512_load_si512(kLaneTables.carry[2]);
};

/// The greatest of the lanes so far. Shallow: only of the first 16.
template <bool Shallow> inline __m512i runningMaximum(__m512i x, const Lanes& lanes)
{
    x = _mm512_max_epu8(x, _mm512_bslli_epi128(x, 1));
    x = _mm512_max_epu8(x, _mm512_bslli_epi128(x, 2));
    x = _mm512_max_epu8(x, _mm512_bslli_epi128(x, 4));
    x = _mm512_max_epu8(x, _mm512_bslli_epi128(x, 8));
    if (Shallow)
        return x;
    const __m512i a = _mm512_maskz_permutexvar_epi8(~u64(0) << 16, lanes.carry1, x);
    const __m512i b = _mm512_maskz_permutexvar_epi8(~u64(0) << 32, lanes.carry2, x);
    const __m512i c = _mm512_maskz_permutexvar_epi8(~u64(0) << 48, lanes.carry3, x);
    return _mm512_max_epu8(_mm512_max_epu8(x, a), _mm512_max_epu8(b, c));
}

/// As findThresholds, of at most 16. (All lanes are stored: what a mask has stored cannot be forwarded to a load.)
inline void findFewThresholds(const StackEvent& event, u32* out)
{
    const __m512i to = _mm512_maskz_loadu_epi32(__mmask16((1u << event.numMoved) - 1), event.to);
    __m512i thresholds = to;
    for (u32 j = 0; j < event.numMoved; ++j) {
        const __mmask16 later = _mm512_cmpgt_epu32_mask(to, _mm512_set1_epi32(int(event.to[j])));
        thresholds = _mm512_mask_sub_epi32(thresholds, later, thresholds, _mm512_set1_epi32(1));
    }
    _mm512_storeu_si512(out, thresholds);
}

/// B: blocks of 64.
template <u32 B, bool Shallow> StackOutcome stepBytes(StackState& s, const StackEvent& event)
{
    const Lanes lanes;
    u8* const entries = static_cast<u8*>(s.entries);
    __m512i old[B], now[B];
    u64 holes[B];
    u32 few[16];
    const u32* thresholds = event.numMoved == 1 ? event.to : event.numMoved <= 16 ? few : s.thresholds;
    if (event.numMoved > 16)
        findThresholds(s, event);
    else if (event.numMoved > 1)
        findFewThresholds(event, few);
    const u32 blocks = (s.used + 63) / 64;
    u32 found = 0;
    for (u32 b = 0; b < B; ++b) {
        holes[b] = 0;
        old[b] = now[b] = _mm512_setzero_si512();
        if (b >= blocks)
            continue;
        const __m512i z = _mm512_loadu_si512(entries + b * 64);
        const u64 valid = below(~u64(0), b, s.used);
        __m512i v = z;
        if (event.membersLead) {
            v = _mm512_sub_epi8(z, _mm512_set1_epi8(char(event.size)));
        } else {
            for (u32 j = 0; j < event.numMoved; ++j) {
                const __m512i from = _mm512_set1_epi8(char(event.from[j]));
                v = _mm512_mask_sub_epi8(v, _mm512_cmpgt_epu8_mask(z, from), v, _mm512_set1_epi8(1));
            }
        }
        __m512i risen = v;
        for (u32 j = 0; j < event.numMoved; ++j) {
            const __m512i threshold = _mm512_set1_epi8(char(thresholds[j]));
            risen = _mm512_mask_add_epi8(risen, _mm512_cmpge_epu8_mask(v, threshold), risen, _mm512_set1_epi8(1));
        }
        if (event.membersLead) {
            holes[b] = _mm512_cmplt_epu8_mask(z, _mm512_set1_epi8(char(event.size))) & valid;
        } else {
            for (u32 j = 0; j < event.numMoved; ++j) {
                const u64 at = _mm512_cmpeq_epi8_mask(z, _mm512_set1_epi8(char(event.from[j]))) & valid;
                if (j < event.size)
                    holes[b] |= at;
                else
                    risen = _mm512_mask_mov_epi8(risen, at, _mm512_set1_epi8(char(event.to[j])));
            }
        }
        for (u64 bits = holes[b]; bits; bits &= bits - 1)
            event.positions[found++] = b * 64 + u32(__builtin_ctzll(bits)) + 1;
        old[b] = z;
        now[b] = _mm512_mask_mov_epi8(risen, holes[b], _mm512_setzero_si512());
    }

    // Carries: to each hole, then those that no hole ends.
    u32 hole = 0;
    for (u32 j = 0; j < event.size; ++j) {
        u32 end; // place of the hole
        if (hole < found)
            end = event.positions[hole++] - 1;
        else if (j < found + event.firsts && s.used < s.depth)
            end = s.used++;
        else
            end = s.depth;
        __m512i carry = _mm512_setzero_si512();
        if (event.bypass) {
            carry = _mm512_set1_epi8(char(event.to[j]));
            if (Shallow && end == s.depth && !below(_mm512_cmpgt_epu8_mask(now[0], carry), 0, s.used))
                continue; // nothing is worse
        } else if (end == j)
            continue; // those before are in place already
        for (u32 b = 0; b < B && b * 64 <= end; ++b) {
            const __m512i greatest =
                runningMaximum<Shallow>(_mm512_mask_permutexvar_epi8(carry, ~u64(1), lanes.before, now[b]), lanes);
            if (b + 1 < B)
                carry = _mm512_maskz_permutexvar_epi8(
                    ~u64(0), _mm512_set1_epi8(63), _mm512_max_epu8(greatest, now[b]));
            const u64 passed = below(~u64(0), b, end);
            now[b] = _mm512_mask_min_epu8(now[b], passed, now[b], greatest);
            if (end / 64 == b)
                now[b] = _mm512_mask_mov_epi8(now[b], u64(1) << (end % 64), greatest);
        }
    }
    if (!event.bypass) {
        const __mmask16 members = __mmask16((1u << event.size) - 1);
        const __m128i to = _mm512_maskz_cvtepi32_epi8(members, _mm512_maskz_loadu_epi32(members, event.to));
        now[0] = _mm512_mask_mov_epi8(now[0], members, _mm512_zextsi128_si512(to));
    }
    for (u32 b = 0; b < B && b * 64 < s.used; ++b)
        _mm512_storeu_si512(entries + b * 64, now[b]);
    u32 numKept = 0;
    for (u32 j = 0; event.bypass && j < event.size; ++j) {
        u32 before = 0xFFFFFFFFu, after = 0xFFFFFFFFu;
        for (u32 b = B; b-- > 0;) {
            const u64 was = _mm512_cmpeq_epi8_mask(old[b], _mm512_set1_epi8(char(event.from[j]))) & holes[b];
            const u64 is = below(_mm512_cmpeq_epi8_mask(now[b], _mm512_set1_epi8(char(event.to[j]))), b, s.used);
            before = was ? b * 64 + u32(__builtin_ctzll(was)) + 1 : before;
            after = is ? b * 64 + u32(__builtin_ctzll(is)) + 1 : after;
        }
        event.kept[2 * numKept] = after;
        event.kept[2 * numKept + 1] = before;
        numKept += after < before;
    }
    return {found, numKept};
}

/// The same for many events in a row; see StackKernels.
template <u32 B> void stepLeadingBytes(StackState& s, const u8* to, u32 size, u64 count, u32 never, u32* places)
{
    const Lanes lanes;
    u8* const entries = static_cast<u8*>(s.entries);
    __m512i now[B];
    for (u32 b = 0; b < B; ++b)
        now[b] = b * 64 < s.used ? _mm512_loadu_si512(entries + b * 64) : _mm512_setzero_si512();
    const __m512i one = _mm512_set1_epi8(1), sizes = _mm512_set1_epi8(char(size));
    const __mmask16 members = __mmask16((1u << size) - 1);
    for (u64 n = 0; n < count; ++n, to += size, places += size) {
        const __m128i ranks = _mm_maskz_loadu_epi8(members, to);
        u8 thresholds[kMostCounted];
        __m128i arrivals = ranks;
        for (u32 j = 0; j < size; ++j) {
            const __mmask16 later = _mm_cmpgt_epu8_mask(ranks, _mm_set1_epi8(char(to[j])));
            arrivals = _mm_mask_sub_epi8(arrivals, later, arrivals, _mm_set1_epi8(1));
        }
        _mm_storeu_si128(reinterpret_cast<__m128i*>(thresholds), arrivals);
        u32 found = 0;
        for (u32 b = 0; b < B; ++b) {
            const u64 holes = below(_mm512_cmplt_epu8_mask(now[b], sizes), b, s.used);
            const __m512i v = _mm512_sub_epi8(now[b], sizes);
            __m512i risen = v;
            for (u32 j = 0; j < size; ++j) {
                const __m512i threshold = _mm512_set1_epi8(char(thresholds[j]));
                risen = _mm512_mask_add_epi8(risen, _mm512_cmpge_epu8_mask(v, threshold), risen, one);
            }
            now[b] = _mm512_maskz_mov_epi8(~holes, risen);
            for (u64 bits = holes; bits; bits &= bits - 1)
                places[found++] = b * 64 + u32(__builtin_ctzll(bits));
        }
        for (u32 j = 0; j < size; ++j) {
            const u32 end = j < found ? places[j] : s.depth;
            if (end == j)
                continue; // those before are in place already
            __m512i carry = _mm512_setzero_si512();
            for (u32 b = 0; b < B && b * 64 <= end; ++b) {
                const __m512i greatest =
                    runningMaximum<false>(_mm512_mask_permutexvar_epi8(carry, ~u64(1), lanes.before, now[b]), lanes);
                if (b + 1 < B)
                    carry = _mm512_maskz_permutexvar_epi8(
                        ~u64(0), _mm512_set1_epi8(63), _mm512_max_epu8(greatest, now[b]));
                const u64 at = end / 64 == b ? u64(1) << (end % 64) : 0;
                const __m512i lesser = _mm512_mask_min_epu8(now[b], below(~u64(0), b, end), now[b], greatest);
                now[b] = _mm512_mask_mov_epi8(lesser, at, greatest);
            }
        }
        now[0] = _mm512_mask_mov_epi8(now[0], members, _mm512_zextsi128_si512(ranks));
        for (; found < size; ++found)
            places[found] = never;
    }
    for (u32 b = 0; b < B && b * 64 < s.used; ++b)
        _mm512_storeu_si512(entries + b * 64, now[b]);
}

#endif

}
}
