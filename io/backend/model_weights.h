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
};

struct LayerWeights
{
    at::Tensor inputNorm, postAttentionNorm; ///< [H]
    at::Tensor qkv; ///< [(heads + 2 kv heads) * D, H]: q, k, v rows
    at::Tensor qkvBias; ///< undefined without
    at::Tensor o, oBias; ///< [H, heads * D]
    at::Tensor qNorm, kNorm;
    at::Tensor router, routerBias; ///< [E, H]
    MlpWeights experts;
    MlpWeights dense;
    MlpWeights shared;
    at::Tensor sharedGate; ///< [H]
};

struct ModelWeights
{
    at::Tensor embedding; ///< [V, H]
    at::Tensor finalNorm;
    at::Tensor lmHead; ///< [V, H]; may be `embedding`; undefined unless asked for
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
