// SPDX-License-Identifier: GPL-3.0-or-later
//
// See bit_kernels_plain.h for the same in plain words, and for why nothing of the standard library is called here.
#define ES_KERNELS bits_avx512
#include "analysis/bits/bit_loops.h"
#include "analysis/bits/bit_windows_avx512.h"

namespace expertscope::bits_avx512 {
namespace {

/// Of eight vectors their ors, from(0)..from(7) by lane.
template <class From> Vector orOfEach(From from)
{
    const auto two = [](Vector a, Vector b) { // a's lanes in the even places, b's in the odd ones
        return _mm512_or_si512(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
    };
    const auto four = [](Vector a, Vector b) {
        return _mm512_or_si512(_mm512_shuffle_i64x2(a, b, 0x88), _mm512_shuffle_i64x2(a, b, 0xdd));
    };
    const Vector low = four(two(from(0), from(1)), two(from(2), from(3)));
    const Vector high = four(two(from(4), from(5)), two(from(6), from(7)));
    return four(low, high);
}

void sets(const std::uint16_t* ids, std::size_t n, std::size_t stride, unsigned k, unsigned words, u64* to)
{
    const Vector one = _mm512_set1_epi64(1);
    std::size_t t = 0;
    if (k <= 8 && words == 1) {
        const __mmask8 there = maskOf(k);
        for (; t + 8 <= n; t += 8) {
            _mm512_storeu_si512(to + t, orOfEach([&](std::size_t i) {
                const __m128i id = _mm_maskz_loadu_epi16(there, ids + (t + i) * stride);
                return _mm512_maskz_sllv_epi64(there, one, _mm512_cvtepu16_epi64(id));
            }));
        }
    }
    const auto chosen = [&](std::size_t token, unsigned w) {
        Vector bits = _mm512_setzero_si512();
        for (unsigned r = 0; r < k; r += 8) {
            const __mmask8 there = maskOf(k - r);
            const Vector id = _mm512_cvtepu16_epi64(_mm_maskz_loadu_epi16(there, ids + token * stride + r));
            const Vector bit = _mm512_sub_epi64(id, _mm512_set1_epi64(64 * int(w)));
            // A shift by 64 or more gives 0: so do negative ones, which are large.
            bits = _mm512_or_si512(bits, _mm512_maskz_sllv_epi64(there, one, bit));
        }
        return bits;
    };
    for (; t + 8 <= n; t += 8) {
        for (unsigned w = 0; w < words; ++w) {
            const Vector eight = orOfEach([&](std::size_t i) { return chosen(t + i, w); });
            alignas(64) u64 lanes[8];
            _mm512_store_si512(lanes, eight);
            for (std::size_t i = 0; i < 8; ++i)
                to[(t + i) * words + w] = lanes[i];
        }
    }
    for (; t < n; ++t) {
        for (unsigned w = 0; w < words; ++w)
            to[t * words + w] = u64(_mm512_reduce_or_epi64(chosen(t, w)));
    }
}

bool allOfSize(const u64* sets, std::size_t n, unsigned words, unsigned k)
{
    const Vector size = _mm512_set1_epi64(int(k));
    Vector other = _mm512_setzero_si512();
    std::size_t t = 0;
    if (words == 1) {
        for (; t + 8 <= n; t += 8) {
            const Vector counts = _mm512_popcnt_epi64(_mm512_loadu_si512(sets + t));
            other = _mm512_or_si512(other, _mm512_xor_si512(counts, size));
        }
    }
    u64 left = 0;
    for (; t < n; ++t) {
        u64 count = 0;
        for (unsigned w = 0; w < words; ++w)
            count += u64(__builtin_popcountll(sets[t * words + w]));
        left |= count ^ k;
    }
    return (left | u64(_mm512_reduce_or_epi64(other))) == 0;
}

void turn(const u64* sets, std::size_t stride, u64* turned)
{
    // Bytes of eight tokens so that each word holds the same eight experts of all, the last token first: a matrix of
    // bits, which the product with the unit matrix turns.
    alignas(64) static constexpr auto kBytes = [] {
        struct
        {
            std::uint8_t at[64];
        } bytes{};
        for (unsigned i = 0; i < 64; ++i)
            bytes.at[i] = static_cast<std::uint8_t>((7 - i % 8) * 8 + i / 8);
        return bytes;
    }();
    const Vector bytes = _mm512_load_si512(kBytes.at), unit = _mm512_set1_epi64(0x8040201008040201);
    const Vector steps = _mm512_mullo_epi64(_mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0), _mm512_set1_epi64(int(stride)));
    Vector z[8];
    for (unsigned i = 0; i < 8; ++i) {
        const u64* const eight = sets + 8 * i * stride;
        const Vector rows = stride == 1 ? _mm512_loadu_si512(eight) : _mm512_i64gather_epi64(steps, eight, 8);
        z[i] = _mm512_gf2p8affine_epi64_epi8(unit, _mm512_permutexvar_epi8(bytes, rows), 0);
    }
    Vector pairs[8], fours[8];
    for (unsigned i = 0; i < 4; ++i) {
        pairs[i] = _mm512_unpacklo_epi8(z[2 * i], z[2 * i + 1]);
        pairs[i + 4] = _mm512_unpackhi_epi8(z[2 * i], z[2 * i + 1]);
    }
    for (unsigned half = 0; half < 2; ++half) {
        for (unsigned i = 0; i < 2; ++i) {
            fours[4 * half + i] = _mm512_unpacklo_epi16(pairs[4 * half + 2 * i], pairs[4 * half + 2 * i + 1]);
            fours[4 * half + 2 + i] = _mm512_unpackhi_epi16(pairs[4 * half + 2 * i], pairs[4 * half + 2 * i + 1]);
        }
    }
    for (unsigned q = 0; q < 4; ++q) {
        const Vector low = _mm512_unpacklo_epi32(fours[2 * q], fours[2 * q + 1]);
        const Vector high = _mm512_unpackhi_epi32(fours[2 * q], fours[2 * q + 1]);
        const auto put = [turned](Vector words, unsigned first) {
            _mm_storeu_si128(reinterpret_cast<__m128i*>(turned + first), _mm512_castsi512_si128(words));
            _mm_storeu_si128(reinterpret_cast<__m128i*>(turned + first + 16), _mm512_extracti64x2_epi64(words, 1));
            _mm_storeu_si128(reinterpret_cast<__m128i*>(turned + first + 32), _mm512_extracti64x2_epi64(words, 2));
            _mm_storeu_si128(reinterpret_cast<__m128i*>(turned + first + 48), _mm512_extracti64x2_epi64(words, 3));
        };
        put(low, 4 * q);
        put(high, 4 * q + 2);
    }
}

void counts(const TurnedSets& sets, unsigned numExperts, u64 head, u64 tail, u64* to)
{
    const Vector first = _mm512_set1_epi64(static_cast<long long>(head)),
                 last = _mm512_set1_epi64(static_cast<long long>(tail));
    for (unsigned e = 0; e < numExperts; e += kLanes) {
        const u64* word = sets.words + e;
        Vector sum = _mm512_setzero_si512();
        for (std::size_t g = 0; g < sets.groups; ++g, word += sets.stride) {
            Vector tokens = _mm512_loadu_si512(word);
            if (g == 0)
                tokens = _mm512_and_si512(tokens, first);
            if (g + 1 == sets.groups)
                tokens = _mm512_and_si512(tokens, last);
            sum = _mm512_add_epi64(sum, _mm512_popcnt_epi64(tokens));
        }
        const __mmask8 there = maskOf(numExperts - e);
        _mm512_mask_storeu_epi64(
            to + e, there, _mm512_add_epi64(sum, _mm512_maskz_loadu_epi64(there, to + e)));
    }
}

void overlaps(const u64* sets, std::size_t n, unsigned words, u64* histogram)
{
    std::size_t t = 1;
    if (words == 1) {
        for (; t + 64 <= n; t += 64) {
            alignas(64) std::uint8_t shared[64];
            for (unsigned i = 0; i < 64; i += 8) {
                const Vector both =
                    _mm512_and_si512(_mm512_loadu_si512(sets + t + i), _mm512_loadu_si512(sets + t + i - 1));
                _mm_storel_epi64(
                    reinterpret_cast<__m128i*>(shared + i), _mm512_cvtepi64_epi8(_mm512_popcnt_epi64(both)));
            }
            const Vector all = _mm512_load_si512(shared);
            for (unsigned size = 0, left = 64; left; ++size) {
                const auto here = unsigned(
                    __builtin_popcountll(_mm512_cmpeq_epi8_mask(all, _mm512_set1_epi8(static_cast<char>(size)))));
                histogram[size] += here;
                left -= here;
            }
        }
    }
    for (; t < n; ++t) {
        unsigned shared = 0;
        for (unsigned w = 0; w < words; ++w)
            shared += unsigned(__builtin_popcountll(sets[(t - 1) * words + w] & sets[t * words + w]));
        ++histogram[shared];
    }
}

u64 touched(const u64* sets, std::size_t n, unsigned words, const u64* masks, std::size_t m)
{
    if (words > 1)
        return touchedOfWords(sets, n, words, masks, m);
    u64 count = 0;
    for (std::size_t t = 0; t < n; t += 8) {
        const Vector eight = _mm512_maskz_loadu_epi64(maskOf(n - t), sets + t);
        for (std::size_t i = 0; i < m; ++i)
            count += u64(__builtin_popcount(
                _mm512_test_epi64_mask(eight, _mm512_set1_epi64(static_cast<long long>(masks[i])))));
    }
    return count;
}

/// Groups that are looked at for all pairs before the next ones: two sites of 64 experts in the first-level cache.
constexpr std::size_t kGroupsAtOnce = 32;

/// Rows i..i + kRows - 1 of the table, Vectors * kLanes columns from `column` on.
constexpr unsigned kRows = 3;
struct PairTile
{
    const TurnedSets& from;
    const TurnedSets& to;
    const u64* wanted;
    std::size_t firstGroup, endGroup;
    unsigned row, numRows, column, numTo;
    std::uint32_t* cells;
};
template <unsigned Vectors> void countTile(const PairTile& tile)
{
    Vector sums[kRows][Vectors];
    for (auto& row : sums) {
        for (Vector& sum : row)
            sum = _mm512_setzero_si512();
    }
    for (std::size_t g = tile.firstGroup; g < tile.endGroup; ++g) {
        // Beyond numRows there are words of other experts, or of the padding: counted, but not written down.
        const u64* const rows = tile.from.words + g * tile.from.stride + tile.row;
        const u64* const columns = tile.to.words + g * tile.to.stride + tile.column;
        Vector row[kRows];
        for (unsigned r = 0; r < kRows; ++r)
            row[r] = _mm512_set1_epi64(static_cast<long long>(rows[r < tile.numRows ? r : 0] & tile.wanted[g]));
        for (unsigned v = 0; v < Vectors; ++v) {
            const Vector column = _mm512_loadu_si512(columns + v * kLanes);
            for (unsigned r = 0; r < kRows; ++r)
                sums[r][v] = _mm512_add_epi64(sums[r][v], _mm512_popcnt_epi64(_mm512_and_si512(row[r], column)));
        }
    }
    for (unsigned r = 0; r < tile.numRows; ++r) {
        for (unsigned v = 0; v < Vectors; ++v) {
            const unsigned j = tile.column + v * unsigned(kLanes);
            std::uint32_t* const cells = tile.cells + (tile.row + r) * std::size_t(tile.numTo) + j;
            const __mmask8 there = maskOf(tile.numTo - j);
            const __m256i sum = _mm512_cvtepi64_epi32(sums[r][v]);
            _mm256_mask_storeu_epi32(cells, there, _mm256_add_epi32(sum, _mm256_maskz_loadu_epi32(there, cells)));
        }
    }
}
using CountTile = void (*)(const PairTile&);
constexpr CountTile kCountTile[] = {countTile<1>, countTile<2>, countTile<3>, countTile<4>, countTile<5>, countTile<6>,
    countTile<7>, countTile<8>};

void pairs(const TurnedSets& from, unsigned numFrom, const TurnedSets& to, unsigned numTo, const u64* wanted,
    std::uint32_t* cells, bool upper)
{
    constexpr unsigned kMostVectors = 8;
    for (std::size_t g = 0; g < from.groups; g += kGroupsAtOnce) {
        const std::size_t end = g + kGroupsAtOnce < from.groups ? g + kGroupsAtOnce : from.groups;
        for (unsigned i = 0; i < numFrom; i += kRows) {
            const unsigned numRows = numFrom - i < kRows ? numFrom - i : kRows;
            for (unsigned j = upper ? i / unsigned(kLanes) * unsigned(kLanes) : 0; j < numTo;) {
                const unsigned left = (numTo - j + unsigned(kLanes) - 1) / unsigned(kLanes);
                const unsigned vectors = left < kMostVectors ? left : kMostVectors;
                kCountTile[vectors - 1]({from, to, wanted, g, end, i, numRows, j, numTo, cells});
                j += vectors * unsigned(kLanes);
            }
        }
    }
}

}

extern const BitKernels kTable;
const BitKernels kTable = {"avx512", anyFrom, cells, sets, allOfSize, turn, counts, overlaps, touched, pairs, windows, true};

}
