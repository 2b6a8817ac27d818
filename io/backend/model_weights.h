// SPDX-License-Identifier: GPL-3.0-or-later
//
// The weights of a model, arranged for the decoder. For .cpp files of io/backend only.
#pragma once

#include "io/backend/torch_compat.h"
#include "io/checkpoint/checkpoint.h"

#include <atomic>

namespace expertscope {

class ThreadPool;

/// Gate rows first, then up: one product gives both.
struct MlpWeights
{
    at::Tensor gateUp; ///< [2I, H], or [E, 2I, H]
    at::Tensor down; ///< [H, I], or [E, H, I]
    at::Tensor gateUpBias, downBias; ///< [2I], [H], or [E, 2I], [E, H]; undefined without
};

struct DeltaNetWeights
{
    at::Tensor in; ///< [2 K + 2 V + 2 value heads, H]: rows of q, k, v, z, b, a; Kimi's q, k, v, b, and what a and z are made of
    at::Tensor aUp, zUp; ///< Kimi's: [K, keyDim]
    at::Tensor kernel; ///< [tokens, 2 K + V], the last token last
    at::Tensor rate, stepBias; ///< [value heads] fp32 whatever the type: exp(A), and the bias of a (Kimi's [K])
    at::Tensor norm; ///< [valueDim]
};

struct StateSpaceWeights
{
    at::Tensor in, inBias; ///< [projected, H]: rows of z; x, B, C; steps
    at::Tensor kernel, kernelBias; ///< [tokens, channels of x, B, C], [channels]
    at::Tensor rate, skip, stepBias; ///< [heads] fp32 whatever the type: exp(A), D, and the bias of the step
    at::Tensor norm; ///< [width]
};

struct ShortConvolutionWeights
{
    at::Tensor in, inBias; ///< [3 H, H]: rows of b, c, x; the bias undefined without
    at::Tensor kernel, kernelBias; ///< [tokens, H], [H]
};

struct LayerWeights
{
    at::Tensor attentionNorm, mlpNorm; ///< [H]; fp32 where files hold weight - 1
    at::Tensor attentionNormBias, mlpNormBias; ///< [H]; undefined without
    at::Tensor qkv; ///< [(heads + 2 kv heads) * D, H]: q, k, v rows, then as many as of q for the gates that there may be
    at::Tensor qkvBias; ///< undefined without
    // Latent attention, in place of qkv.
    at::Tensor down; ///< [rank of queries (heads * D without) + rank of keys and values + rotated, H]
    at::Tensor downBias; ///< undefined without
    at::Tensor qUp; ///< [heads * D, rank]; undefined without a rank
    at::Tensor kvUp; ///< [heads * (D not rotated + D of values), rank]
    at::Tensor qDownNorm, kvDownNorm;

    at::Tensor o, oBias; ///< [H, heads * D of values]
    at::Tensor qNorm, kNorm;
    at::Tensor sinks; ///< [heads]
    DeltaNetWeights deltaNet;
    ShortConvolutionWeights shortConvolution;
    StateSpaceWeights stateSpace;
    at::Tensor router, routerBias; ///< [E, H], fp32 where its logits are
    at::Tensor selectionBias; ///< [E] fp32
    MlpWeights experts;
    MlpWeights dense;
    MlpWeights shared;
    at::Tensor sharedGate; ///< [H]
};

struct ModelWeights
{
    at::Tensor embedding; ///< [V, H]
    at::Tensor finalNorm, finalNormBias;
    at::Tensor lmHead; ///< [V, H]; may be `embedding`; undefined unless asked for
    at::Tensor headBias; ///< [V]; undefined without
    std::vector<LayerWeights> layers;
    std::uint64_t bytes = 0;
};

/// What of a checkpoint is needed.
struct LoadRequest
{
    at::ScalarType type = at::kFloat;
    at::Device device = at::kCPU;
    bool head = false; ///< final norm and lm_head
    std::size_t numLayers = 0; ///< layers from here on are not needed
    bool lastLayerRouterOnly = false; ///< of the last of them only what its router needs
    const std::atomic<bool>* stop = nullptr;
};

/// Reads with pread straight into the place where the decoder wants it, in parallel, converting on the way.
Expected<ModelWeights> loadWeights(const Checkpoint& checkpoint, const LoadRequest& request, ThreadPool& pool);

}
