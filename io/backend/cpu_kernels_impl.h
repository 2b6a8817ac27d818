// SPDX-License-Identifier: GPL-3.0-or-later
//
// The body of cpu_kernels_*.cpp, which define ES_KERNELS (namespace), ES_NAME and ES_LANES (floats of a vector).
// Vectors are the compilers' vector extension: GCC and Clang lower it to whatever the file is compiled for.
// Nothing of the standard library is called here: an inline function emitted with this file's instruction set could
// be the copy that the linker keeps for everybody.
#include "io/backend/cpu_kernels.h"

#include <math.h>
#include <stdint.h>

#if defined(__clang__)
#define ES_NO_CONTRACTION
#define ES_CONTRACTION_OFF _Pragma("STDC FP_CONTRACT OFF")
#else
#define ES_NO_CONTRACTION __attribute__((optimize("fp-contract=off")))
#define ES_CONTRACTION_OFF
#endif

namespace expertscope::cpu::ES_KERNELS {
namespace {

constexpr int64_t kLanes = ES_LANES;
typedef float Vec __attribute__((vector_size(ES_LANES * 4)));
typedef float VecU __attribute__((vector_size(ES_LANES * 4), aligned(4), may_alias));
typedef int32_t IVec __attribute__((vector_size(ES_LANES * 4)));

inline Vec load(const float* p)
{
    return *reinterpret_cast<const VecU*>(p);
}
inline void store(float* p, Vec v)
{
    *reinterpret_cast<VecU*>(p) = v;
}
inline Vec splat(float x)
{
    return x - Vec{}; // exactly x, and folded to one broadcast
}
inline float total(Vec v)
{
    float lanes[kLanes];
    store(lanes, v);
    for (int64_t w = kLanes / 2; w > 0; w /= 2) {
        for (int64_t i = 0; i < w; ++i)
            lanes[i] += lanes[i + w];
    }
    return lanes[0];
}
inline float largest(Vec v)
{
    float lanes[kLanes];
    store(lanes, v);
    for (int64_t w = kLanes / 2; w > 0; w /= 2) {
        for (int64_t i = 0; i < w; ++i)
            lanes[i] = lanes[i] > lanes[i + w] ? lanes[i] : lanes[i + w];
    }
    return lanes[0];
}
inline Vec vmax(Vec a, Vec b)
{
    return a > b ? a : b;
}
inline Vec vmin(Vec a, Vec b)
{
    return a < b ? a : b;
}

// exp(x) = 2^n * exp(r), n = round(x / ln 2), |r| <= 0.3466: the Taylor series to r^7 is off by < 1e-8 relative.
// Below -87 the result would be denormal: 0.
inline Vec exponential(Vec x)
{
    const Vec clamped = vmin(vmax(x, splat(-87.0f)), splat(88.3f));
    const Vec magic = splat(12582912.0f); // 1.5 * 2^23: adding it rounds to an integer in the low bits
    const Vec shifted = clamped * 1.44269504f + magic;
    const Vec n = shifted - magic;
    const Vec r = (clamped - n * 0.693359375f) + n * 2.12194440e-4f;
    Vec p = splat(1.0f / 5040) * r + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    const IVec bits = reinterpret_cast<IVec>(p) + (reinterpret_cast<IVec>(shifted) << 23);
    const Vec result = reinterpret_cast<Vec>(bits);
    return x < -87.0f ? Vec{} : x == x ? result : x; // what is no number stays none
}
inline float exponential1(float x)
{
    return exponential(splat(x))[0];
}

void rmsNorm(const float* x, const float* weight, float eps, float* out, int64_t n)
{
    Vec a{}, b{};
    int64_t i = 0;
    for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
        const Vec u = load(x + i), v = load(x + i + kLanes);
        a += u * u;
        b += v * v;
    }
    // The factor's error is the whole row's: so it is made in double.
    double sum = 0;
    for (int lane = 0; lane < kLanes; ++lane)
        sum += double(a[lane]) + double(b[lane]);
    for (; i < n; ++i)
        sum += double(x[i]) * double(x[i]);
    const float factor = float(1.0 / __builtin_sqrt(sum / double(n) + double(eps)));
    for (i = 0; i + kLanes <= n; i += kLanes)
        store(out + i, load(weight + i) * (load(x + i) * factor));
    for (; i < n; ++i)
        out[i] = weight[i] * (x[i] * factor);
}

void layerNorm(const float* x, const float* weight, const float* bias, float eps, float* out, int64_t n)
{
    double sum = 0, square = 0;
    for (int64_t i = 0; i < n; ++i)
        sum += double(x[i]);
    const double mean = sum / double(n);
    for (int64_t i = 0; i < n; ++i)
        square += (double(x[i]) - mean) * (double(x[i]) - mean);
    const float factor = float(1.0 / __builtin_sqrt(square / double(n) + double(eps))), shift = float(mean);
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes)
        store(out + i, load(weight + i) * ((load(x + i) - shift) * factor) + load(bias + i));
    for (; i < n; ++i)
        out[i] = weight[i] * ((x[i] - shift) * factor) + bias[i];
}

// Rounded product by product as the reference does it, not contracted to fused multiply-adds.
ES_NO_CONTRACTION void rotate(float* head, const float* cosine, const float* sine, int64_t half)
{
    ES_CONTRACTION_OFF
    float* second = head + half;
    int64_t i = 0;
    for (; i + kLanes <= half; i += kLanes) {
        const Vec a = load(head + i), b = load(second + i), c = load(cosine + i), s = load(sine + i);
        store(head + i, a * c - b * s);
        store(second + i, b * c + a * s);
    }
    for (; i < half; ++i) {
        const float a = head[i], b = second[i];
        head[i] = a * cosine[i] - b * sine[i];
        second[i] = b * cosine[i] + a * sine[i];
    }
}

inline float clamp1(float x, float low, float high)
{
    return x < low ? low : x > high ? high : x;
}
inline float gelu(float x)
{
    return 0.5f * x * (1.0f + erff(x * 0.70710678f));
}
inline float softplus(float x)
{
    return x > 20 ? x : log1pf(exponential1(x));
}
inline float sigmoid(float x)
{
    return 1.0f / (1.0f + exponential1(-x));
}

inline float activate(int kind, float x)
{
    switch (kind) { // the order of expertscope::Activation
    case 1:
        return gelu(x);
    case 2:
        return 0.5f * x * (1.0f + tanhf(0.79788456f * (x + 0.044715f * x * x * x)));
    case 3:
        return x > 0 ? x : 0.0f;
    case 4:
        return x * sigmoid(1.702f * x);
    case 5:
        return clamp1(gelu(x), -10, 10);
    case 6:
        return x * clamp1(x + 3, 0, 6) / 6;
    case 7:
        return 0.5f * (1.0f + erff((x - 0.707107f) / (0.282095f * 1.41421356f)));
    case 8:
        return x > 0 ? x : 0.01f * x;
    case 9:
        return x;
    case 10:
        return x * tanhf(softplus(x));
    case 11:
        return x > 0 ? x * x : 0.0f;
    case 12:
        return clamp1(x, 0, 6);
    case 13:
        return sigmoid(x);
    case 14:
        return __builtin_sqrtf(softplus(x));
    case 15:
        return tanhf(x);
    default:
        return x * sigmoid(x);
    }
}

void gated(int activation, const float* gateUp, float* out, int64_t width)
{
    const float* up = gateUp + width;
    int64_t i = 0;
    if (activation == 0) {
        for (; i + kLanes <= width; i += kLanes) {
            const Vec x = load(gateUp + i);
            store(out + i, x / (1.0f + exponential(-x)) * load(up + i));
        }
    }
    for (; i < width; ++i)
        out[i] = activate(activation, gateUp[i]) * up[i];
}

void gatedClamped(float alpha, float limit, const float* gateUp, float* out, int64_t width)
{
    const float* up = gateUp + width;
    int64_t i = 0;
    for (; i + kLanes <= width; i += kLanes) {
        const Vec gate = vmin(load(gateUp + i), splat(limit));
        const Vec other = vmin(vmax(load(up + i), splat(-limit)), splat(limit));
        store(out + i, (other + 1.0f) * (gate / (1.0f + exponential(gate * -alpha))));
    }
    for (; i < width; ++i) {
        const float gate = gateUp[i] < limit ? gateUp[i] : limit;
        out[i] = (clamp1(up[i], -limit, limit) + 1) * (gate * sigmoid(alpha * gate));
    }
}

void clip(float* x, float limit, int64_t n)
{
    for (int64_t i = 0; i < n; ++i) {
        const float v = x[i] < -limit ? -limit : x[i];
        x[i] = v > limit ? limit : v;
    }
}

void add(float* y, const float* x, int64_t n)
{
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes)
        store(y + i, load(y + i) + load(x + i));
    for (; i < n; ++i)
        y[i] += x[i];
}

void scale(float* y, const float* x, float a, int64_t n)
{
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes)
        store(y + i, load(x + i) * a);
    for (; i < n; ++i)
        y[i] = x[i] * a;
}

void addScaled(float* y, const float* x, float a, int64_t n)
{
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes)
        store(y + i, load(y + i) + load(x + i) * a);
    for (; i < n; ++i)
        y[i] += x[i] * a;
}

float dot(const float* a, const float* b, int64_t n)
{
    Vec s{};
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes)
        s += load(a + i) * load(b + i);
    float sum = total(s);
    for (; i < n; ++i)
        sum += a[i] * b[i];
    return sum;
}

float expShifted(const float* x, float shift, float* out, int64_t n)
{
    Vec s{};
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
        const Vec e = exponential(load(x + i) - shift);
        store(out + i, e);
        s += e;
    }
    float sum = total(s);
    for (; i < n; ++i) {
        out[i] = exponential1(x[i] - shift);
        sum += out[i];
    }
    return sum;
}

int64_t firstMaximum(const float* x, int64_t n)
{
    float top = x[0];
    int64_t i = 0;
    if (n >= kLanes) {
        Vec m = load(x);
        for (i = kLanes; i + kLanes <= n; i += kLanes)
            m = vmax(m, load(x + i));
        top = largest(m);
    }
    for (; i < n; ++i)
        top = x[i] > top ? x[i] : top;
    for (i = 0; x[i] < top; ++i) { }
    return i;
}

// ---------------------------------------------------------------------------------------------------------------------
// Attention: keys of a block packed once as panels of kPanel keys ([panel][d][key], so that a query times a panel is
// kVecs vectors), values packed with padded rows; kRows queries at a time keep their whole score row, so that softmax
// is the plain two-pass one, without rescaling.

constexpr int64_t kVecs = ES_LANES == 16 ? 4 : 2;
constexpr int64_t kPanel = kVecs * kLanes;
constexpr int64_t kMicro = 4; // rows of a register tile of scores
constexpr int64_t kTall = 8; // rows of a register tile of outputs that is narrow
constexpr int64_t kWide = ES_LANES == 16 ? kTall : kMicro; // as many as the registers hold
constexpr int64_t kRows = 16; // queries that share a panel while it is in the first cache

inline int64_t roundUp(int64_t n, int64_t to)
{
    return (n + to - 1) / to * to;
}

int64_t packedFloats(int64_t numKeys, int64_t headDim, int64_t valueDim)
{
    return roundUp(numKeys, kPanel) * (headDim + roundUp(valueDim, kLanes));
}

// Panels first, then the values; each panel is written by whoever packs it, alone.
void packKeys(const AttentionTask& t, const PackedKeys& packed, int64_t panelBegin, int64_t panelEnd)
{
    const int64_t d = t.headDim, front = d - t.tailDim, numKeys = packed.end - packed.first;
    const int64_t valueDim = t.valueDim, padded = roundUp(valueDim, kLanes);
    float* values = packed.data + roundUp(numKeys, kPanel) * d;
    for (int64_t p = panelBegin; p < panelEnd; ++p) {
        float* panel = packed.data + p * kPanel * d;
        for (int64_t j = 0; j < kPanel; ++j) {
            const int64_t key = p * kPanel + j;
            if (key < numKeys) {
                const float* source = t.k + (packed.first + key) * t.kStride;
                for (int64_t c = 0; c < front; ++c)
                    panel[c * kPanel + j] = source[c];
                const float* tail = t.kTail + (packed.first + key) * t.tailStride;
                for (int64_t c = front; c < d; ++c)
                    panel[c * kPanel + j] = tail[c - front];
            } else {
                for (int64_t c = 0; c < d; ++c)
                    panel[c * kPanel + j] = 0;
            }
        }
        for (int64_t key = p * kPanel; key < (p + 1) * kPanel; ++key) {
            float* row = values + key * padded;
            const float* source = t.v + (packed.first + key) * t.vStride;
            for (int64_t c = 0; c < padded; ++c)
                row[c] = key < numKeys && c < valueDim ? source[c] : 0.0f;
        }
    }
}

int64_t attentionScratch(int64_t numKeys, int64_t headDim, int64_t valueDim)
{
    return kRows * (roundUp(numKeys, kPanel) + kPanel + headDim + roundUp(valueDim, kLanes)) + 4 * kLanes;
}

// scores[r][0..kPanel) = q[r] . panel * scale, for kMicro rows
inline void scorePanel(const float* q, int64_t qStride, const float* panel, int64_t headDim, float scale, float* scores,
    int64_t scoreStride)
{
    Vec acc[kMicro][kVecs]{};
    for (int64_t d = 0; d < headDim; ++d) {
        Vec key[kVecs];
        for (int64_t v = 0; v < kVecs; ++v)
            key[v] = load(panel + d * kPanel + v * kLanes);
        for (int64_t r = 0; r < kMicro; ++r) {
            const Vec x = splat(q[r * qStride + d]);
            for (int64_t v = 0; v < kVecs; ++v)
                acc[r][v] += x * key[v];
        }
    }
    for (int64_t r = 0; r < kMicro; ++r) {
        for (int64_t v = 0; v < kVecs; ++v)
            store(scores + r * scoreStride + v * kLanes, acc[r][v] * scale);
    }
}

// out[r][0..N*kLanes) += sum over keys of probability[r][key] * value[key], for R rows
template <int64_t N, int64_t R>
inline void mixPanel(const float* probability, int64_t stride, const float* values, int64_t valueStride,
    int64_t numKeys, float* out, int64_t outStride)
{
    Vec acc[R][N];
    for (int64_t r = 0; r < R; ++r) {
        for (int64_t v = 0; v < N; ++v)
            acc[r][v] = load(out + r * outStride + v * kLanes);
    }
    for (int64_t j = 0; j < numKeys; ++j) {
        Vec value[N];
        for (int64_t v = 0; v < N; ++v)
            value[v] = load(values + j * valueStride + v * kLanes);
        for (int64_t r = 0; r < R; ++r) {
            const Vec x = splat(probability[r * stride + j]);
            for (int64_t v = 0; v < N; ++v)
                acc[r][v] += x * value[v];
        }
    }
    for (int64_t r = 0; r < R; ++r) {
        for (int64_t v = 0; v < N; ++v)
            store(out + r * outStride + v * kLanes, acc[r][v]);
    }
}

// Softmax numerators of one row over [begin, end) of its score buffer, zeros elsewhere in [0, limit); returns 1 / sum,
// of which a sink has its part.
float softmaxRow(float* s, int64_t begin, int64_t end, int64_t limit, const float* sink)
{
    for (int64_t j = 0; j < begin; ++j)
        s[j] = 0;
    Vec m = splat(-__builtin_inff());
    int64_t j = begin;
    for (; j + kLanes <= end; j += kLanes)
        m = vmax(m, load(s + j));
    float top = largest(m);
    for (; j < end; ++j)
        top = s[j] > top ? s[j] : top;
    if (sink && *sink > top)
        top = *sink;
    float sum = expShifted(s + begin, top, s + begin, end - begin);
    if (sink)
        sum += exponential1(*sink - top);
    for (j = end; j < limit; ++j)
        s[j] = 0;
    return 1.0f / sum;
}

void attention(const AttentionTask& t, const PackedKeys& packed, int64_t queryBegin, int64_t queryEnd, float* scratch)
{
    const int64_t d = t.headDim, padded = roundUp(t.valueDim, kLanes);
    const int64_t firstKey = packed.first, numKeys = packed.end - packed.first;
    const int64_t keys = roundUp(numKeys, kPanel) + kPanel; // a row of scores
    const float* panels = packed.data;
    const float* values = panels + roundUp(numKeys, kPanel) * d;
    float* scores = scratch;
    float* queries = scores + kRows * keys;
    float* mixed = queries + kRows * d;

    float inverse[kRows];
    for (int64_t head = 0; head < t.numHeads; ++head) {
        for (int64_t q0 = queryBegin; q0 < queryEnd; q0 += kRows) {
            const int64_t rows = queryEnd - q0 < kRows ? queryEnd - q0 : kRows;
            const int64_t microRows = roundUp(rows, kTall);
            for (int64_t r = 0; r < microRows; ++r) {
                const float* source = t.q + (q0 + r) * t.qStride + head * d;
                for (int64_t c = 0; c < d; ++c)
                    queries[r * d + c] = r < rows ? source[c] : 0.0f;
            }
            // Panels that some of these queries see.
            const int64_t lastKey = q0 + rows - 1 - firstKey;
            const int64_t lowest = t.window > 0 && q0 + 1 - t.window > firstKey ? q0 + 1 - t.window - firstKey : 0;
            const int64_t p0 = lowest / kPanel, p1 = lastKey / kPanel + 1;
            for (int64_t p = p0; p < p1; ++p) {
                for (int64_t r = 0; r < microRows; r += kMicro)
                    scorePanel(
                        queries + r * d, d, panels + p * kPanel * d, d, t.scale, scores + r * keys + p * kPanel, keys);
            }
            const int64_t base = p0 * kPanel, limit = p1 * kPanel;
            for (int64_t r = 0; r < microRows; ++r) {
                const int64_t row = r < rows ? r : rows - 1; // padding rows: any valid range does
                const int64_t query = q0 + row;
                const int64_t begin =
                    t.window > 0 && query + 1 - t.window > firstKey ? query + 1 - t.window - firstKey : 0;
                inverse[r] = softmaxRow(scores + r * keys + base, begin - base, query - firstKey + 1 - base, limit - base,
                    t.sinks ? t.sinks + head : nullptr);
            }
            for (int64_t i = 0; i < microRows * padded; ++i)
                mixed[i] = 0;
            for (int64_t p = p0; p < p1; ++p) {
                const int64_t used = numKeys - p * kPanel < kPanel ? numKeys - p * kPanel : kPanel;
                const float* value = values + p * kPanel * padded;
                int64_t c = 0;
                for (; c + kVecs * kLanes <= padded && kVecs > 2; c += kVecs * kLanes) {
                    for (int64_t r = 0; r < microRows; r += kMicro)
                        mixPanel<kVecs, kMicro>(scores + r * keys + p * kPanel, keys, value + c, padded, used,
                            mixed + r * padded + c, padded);
                }
                for (; c + 2 * kLanes <= padded; c += 2 * kLanes) {
                    for (int64_t r = 0; r < microRows; r += kWide)
                        mixPanel<2, kWide>(scores + r * keys + p * kPanel, keys, value + c, padded, used,
                            mixed + r * padded + c, padded);
                }
                for (; c < padded; c += kLanes) {
                    for (int64_t r = 0; r < microRows; r += kTall)
                        mixPanel<1, kTall>(scores + r * keys + p * kPanel, keys, value + c, padded, used,
                            mixed + r * padded + c, padded);
                }
            }
            for (int64_t r = 0; r < rows; ++r) {
                float* target = t.out + (q0 + r) * t.outStride + head * t.valueDim;
                for (int64_t c = 0; c < t.valueDim; ++c)
                    target[c] = mixed[r * padded + c] * inverse[r];
            }
        }
    }
}

#include "io/backend/cpu_delta_impl.h"

}

extern const KernelTable kTable;
const KernelTable kTable{ES_NAME, rmsNorm, layerNorm, rotate, gated, gatedClamped, clip, add, scale, addScaled, dot, expShifted, firstMaximum,
    activateAll, multiply, multiplySigmoid, multiplySilu, convolve, decays, deltaRule, kDeltaColumns, kPanel, packedFloats, packKeys, attentionScratch, attention};

}
