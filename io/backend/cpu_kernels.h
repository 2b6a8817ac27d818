// SPDX-License-Identifier: GPL-3.0-or-later
//
// The fp32 inner loops of the CPU path, over raw pointers. The same source (cpu_kernels_impl.h) is compiled for several
// instruction sets; kernels() picks the best this CPU has. All are deterministic: what they give for a row depends on
// that row alone, never on the thread or the tile it came in.
#pragma once

#include <cstdint>

namespace expertscope::cpu {

/// One key head of one sequence and the query heads that share it. Pointers are to the sequence's first token.
struct AttentionTask
{
    const float* q = nullptr; ///< first query head of the group
    const float* k = nullptr; ///< this key head: its first headDim - tailDim values
    const float* kTail = nullptr; ///< … and the others, which lie elsewhere with latent attention
    const float* v = nullptr;
    float* out = nullptr; ///< first query head of the group; may be q where valueDim = headDim
    std::int64_t qStride = 0, kStride = 0, tailStride = 0, vStride = 0, outStride = 0; ///< floats from token to token
    std::int64_t headDim = 0; ///< of a query and a key; query heads of the group lie so far apart
    std::int64_t tailDim = 0;
    std::int64_t valueDim = 0; ///< of a value; outputs of the group's heads lie so far apart
    std::int64_t numHeads = 0; ///< query heads of the group
    std::int64_t window = 0; ///< 0 = full causal; else keys in (q - window, q]
    float scale = 1;
    const float* sinks = nullptr; ///< a logit a head that takes weight and gives nothing; null: none
};

/// The keys and values [first, end) of a task, arranged for attention(): whole panels of keyPanel keys, what is beyond
/// `end` zero. Which keys are packed together changes no bit of a result.
struct PackedKeys
{
    float* data = nullptr; ///< packedFloats(end - first, headDim, valueDim)
    std::int64_t first = 0, end = 0; ///< tokens of the sequence
};

/// Some columns of the state of one head of a delta net, and tokens that follow each other. Pointers are to the first.
struct DeltaTask
{
    const float* q = nullptr; ///< keyDim of a token
    const float* k = nullptr;
    const float* v = nullptr; ///< `width` of a token
    float* out = nullptr; ///< … may be v
    const float* decay = nullptr; ///< one of a token, or keyDim
    const float* rate = nullptr; ///< one of a token: how much of what was recalled wrongly is corrected
    bool byChannel = false; ///< each row of the state has a decay of its own
    bool recalls = true; ///< else nothing is corrected: v is learnt as it is, times the rate
    std::int64_t keyStride = 0, valueStride = 0, outStride = 0; ///< floats from token to token: q and k, v, out
    std::int64_t decayStride = 0, rateStride = 0;
    std::int64_t keyDim = 0;
    std::int64_t width = 0; ///< at most deltaColumns
    std::int64_t tokens = 0;
    float* state = nullptr; ///< [keyDim, deltaColumns], before the first token; after the last one on return
};

struct KernelTable
{
    const char* name; ///< "avx512", "avx2", "baseline"

    /// out = x * rsqrt(mean(x^2) + eps) * weight, one row of n; out may be x.
    void (*rmsNorm)(const float* x, const float* weight, float eps, float* out, std::int64_t n);
    /// out = (x - mean) * rsqrt(variance + eps) * weight + bias, one row of n; out may be x.
    void (*layerNorm)(
        const float* x, const float* weight, const float* bias, float eps, float* out, std::int64_t n);
    /// Half-split rotation of the first 2 * half values of a head, in place.
    void (*rotate)(float* head, const float* cos, const float* sin, std::int64_t half);
    /// out[i] = act(gateUp[i]) * gateUp[width + i]; `activation` is the value of expertscope::Activation. out may be
    /// gateUp.
    void (*gated)(int activation, const float* gateUp, float* out, std::int64_t width);
    /// out[i] = (up + 1) gate / (1 + exp(-alpha gate)), gate = min(gateUp[i], limit), up = clamp(gateUp[width + i], ±limit).
    void (*gatedClamped)(float alpha, float limit, const float* gateUp, float* out, std::int64_t width);
    /// x = clamp(x, -limit, limit)
    void (*clip)(float* x, float limit, std::int64_t n);
    /// y += x
    void (*add)(float* y, const float* x, std::int64_t n);
    /// y = a * x, or y += a * x
    void (*scale)(float* y, const float* x, float a, std::int64_t n);
    void (*addScaled)(float* y, const float* x, float a, std::int64_t n);
    float (*dot)(const float* a, const float* b, std::int64_t n);
    /// out[i] = exp(x[i] - shift); returns the sum. out may be x.
    float (*expShifted)(const float* x, float shift, float* out, std::int64_t n);
    /// Index of the first largest value; n >= 1, no NaN.
    std::int64_t (*firstMaximum)(const float* x, std::int64_t n);
    /// x = act(x)
    void (*activate)(int activation, float* x, std::int64_t n);
    /// y *= x, y *= sigmoid(x), y *= x sigmoid(x)
    void (*multiply)(float* y, const float* x, std::int64_t n);
    void (*multiplySigmoid)(float* y, const float* x, std::int64_t n);
    void (*multiplySilu)(float* y, const float* x, std::int64_t n);
    /// out[c] = bias[c] + sum over j < seen of kernel[taps - 1 - j][c] * x[-j * stride + c] for n channels: a token's row x
    /// and the rows of the seen - 1 tokens before it. bias: null for none.
    void (*convolve)(const float* x, std::int64_t stride, const float* kernel, std::int64_t taps, std::int64_t seen,
        const float* bias, float* out, std::int64_t n);
    /// out = exp(-rate softplus(x + bias)); out may be x.
    void (*decays)(const float* x, const float* bias, float rate, float* out, std::int64_t n);
    /// Of each token in turn: S = a S, S = S + b k (v - S^T k)^T, out = S^T q; or S = a S + b k v^T.
    void (*deltaRule)(const DeltaTask& task);
    std::int64_t deltaColumns; ///< columns of a state that are kept in the first cache
    std::int64_t keyPanel; ///< keys of a panel
    std::int64_t (*packedFloats)(std::int64_t numKeys, std::int64_t headDim, std::int64_t valueDim);
    /// Packs the panels [panel, panelEnd) of `keys`.
    void (*packKeys)(const AttentionTask& task, const PackedKeys& keys, std::int64_t panel, std::int64_t panelEnd);
    /// Floats of scratch that attention() needs for so many packed keys.
    std::int64_t (*attentionScratch)(std::int64_t numKeys, std::int64_t headDim, std::int64_t valueDim);
    /// The queries [begin, end): all the keys that they see are packed.
    void (*attention)(
        const AttentionTask& task, const PackedKeys& keys, std::int64_t begin, std::int64_t end, float* scratch);
};

const KernelTable& kernels();

}
