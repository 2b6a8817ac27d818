// SPDX-License-Identifier: GPL-3.0-or-later
//
// The body of prediction_kernels_*.cpp, which define ES_KERNELS (namespace) and ES_NAME. Nothing of the standard
// library is called here: an inline function emitted with this file's instruction set could be the copy that the linker
// keeps for everybody.
#include "analysis/counts/kernels/prediction_kernels.h"

namespace expertscope::ES_KERNELS {
namespace {

using i64 = std::int64_t;
using u64 = std::uint64_t;
using u32 = std::uint32_t;
using std::size_t;

/// sums[j] += rows[..][j], eight rows at once, then one by one: most tokens choose eight experts.
template <class T> void addRows(const T* const* rows, size_t count, size_t length, u64* __restrict sums)
{
    for (; count >= 8; count -= 8, rows += 8) {
        const T *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3], *e = rows[4], *f = rows[5], *g = rows[6],
                *h = rows[7];
        for (size_t j = 0; j < length; ++j)
            sums[j] += ((u64(a[j]) + u64(b[j])) + (u64(c[j]) + u64(d[j])))
                + ((u64(e[j]) + u64(f[j])) + (u64(g[j]) + u64(h[j])));
    }
    for (; count >= 2; count -= 2, rows += 2) {
        const T *a = rows[0], *b = rows[1];
        for (size_t j = 0; j < length; ++j)
            sums[j] += u64(a[j]) + u64(b[j]);
    }
    for (size_t j = 0; count > 0 && j < length; ++j)
        sums[j] += u64(rows[0][j]);
}

void sumShares(const i64* const* rows, size_t count, size_t length, u64* scores)
{
    for (size_t j = 0; j < length; ++j)
        scores[j] = u64(1) << 11;
    addRows(rows, count, length, scores);
    for (size_t j = 0; j < length; ++j)
        scores[j] >>= 12;
}

void addCounts(const u32* const* rows, size_t count, size_t length, u64* sums)
{
    addRows(rows, count, length, sums);
}

void countAbove(const u64* scores, size_t length, u64 score, size_t& above, size_t& notBelow)
{
    const i64 limit = i64(score);
    i64 more = 0, least = 0;
    for (size_t j = 0; j < length; ++j) {
        more += i64(scores[j]) > limit;
        least += i64(scores[j]) >= limit;
    }
    above = size_t(more);
    notBelow = size_t(least);
}

void compare(const u64* __restrict dots, const double* __restrict norms, double norm, size_t length,
    i64* __restrict cosines, i64* __restrict sums)
{
    for (size_t s = 0; s < length; ++s) {
        const i64 cosine = i64(double(dots[s]) * norms[s] * norm * 0x1p52 + 0.5);
        sums[s] += cosine - cosines[s];
        cosines[s] = cosine;
    }
}

}

extern const PredictionKernels kTable;
const PredictionKernels kTable = {ES_NAME, sumShares, addCounts, countAbove, compare};

}
