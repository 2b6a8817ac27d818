// SPDX-License-Identifier: GPL-3.0-or-later
//
// Causal attention of a packed batch in fp32 on the CPU, in blocks of queries. For .cpp files of io/backend only.
#pragma once

#include "io/backend/cpu_kernels.h"
#include "io/backend/engine.h"

namespace expertscope {

class CpuAttention
{
public:
    explicit CpuAttention(const EngineSetup& setup);

    void plan(const PackedBatch& batch);
    /// Is the token the last one of its sequence?
    bool isLast(std::int64_t token) const;
    /// Bias, qk-norm, clipping and rotation of one token's projections: q, k, v side by side.
    void shape(const LayerWeights& w, std::int64_t token, float* qkv) const;
    /// qkv: [tokens, (heads + 2 kv heads) * D], shaped. What is attended takes the place of the queries. window: 0 =
    /// full causal. Throws Stopped, or ends early on a stop.
    void attend(const at::Tensor& qkv, std::int64_t window);

private:
    struct Item
    {
        std::size_t sequence;
        std::int64_t begin, end, head;
    };

    cpu::AttentionTask task(const at::Tensor& qkv, std::size_t sequence, std::int64_t head, std::int64_t window) const;
    void attendLong(const at::Tensor& qkv, std::size_t sequence, std::int64_t length);
    std::int64_t panels(std::int64_t keys) const { return (keys + m_kernel.keyPanel - 1) / m_kernel.keyPanel; }
    float* scratch(int worker, std::int64_t floats);

    const EngineSetup m;
    const cpu::KernelTable& m_kernel;
    const std::int64_t m_qWidth, m_kvWidth;
    RopeTables m_rope;

    std::vector<std::int64_t> m_lengths, m_offsets; ///< of each sequence
    std::vector<std::uint32_t> m_sequenceOf, m_position; ///< of each token
    std::vector<const RopeTables::Table*> m_tables; ///< of each sequence
    std::vector<Item> m_items;
    std::vector<std::vector<float>> m_scratch; ///< of each worker
    std::vector<float> m_packed; ///< keys and values of a head of a long sequence
};

}
