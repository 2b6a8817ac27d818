// SPDX-License-Identifier: GPL-3.0-or-later
//
// Causal attention of a packed batch in fp32 on the CPU, in blocks of queries. For .cpp files of io/backend only.
#pragma once

#include "io/backend/cpu_kernels.h"
#include "io/backend/engine.h"

namespace expertscope {

/// Where queries, keys and values of a batch lie: rows of tokens, heads side by side. As in cpu::AttentionTask.
struct CpuHeads
{
    const float *q = nullptr, *k = nullptr, *kTail = nullptr, *v = nullptr;
    float* out = nullptr;
    std::int64_t qStride = 0, kStride = 0, tailStride = 0, vStride = 0, outStride = 0;
    std::int64_t kHeadStride = 0, vHeadStride = 0; ///< floats from head to head
    std::int64_t tailDim = 0;
    const float* sinks = nullptr;
};

class CpuAttention
{
public:
    explicit CpuAttention(const EngineSetup& setup);

    void plan(const PackedBatch& batch);
    /// Is the token the last one of its sequence?
    bool isLast(std::int64_t token) const;
    /// Turns the rotated part of one head of a token.
    void rotate(std::int64_t token, float* head) const;
    /// window: 0 = full causal. Throws Stopped, or ends early on a stop.
    void attend(const CpuHeads& heads, std::int64_t window);

private:
    struct Item
    {
        std::size_t sequence;
        std::int64_t begin, end, head;
    };

    cpu::AttentionTask task(const CpuHeads& heads, std::size_t sequence, std::int64_t head, std::int64_t window) const;
    void attendLong(const CpuHeads& heads, std::size_t sequence, std::int64_t length);
    std::int64_t panels(std::int64_t keys) const { return (keys + m_kernel.keyPanel - 1) / m_kernel.keyPanel; }
    float* scratch(int worker, std::int64_t floats);

    const EngineSetup m;
    const cpu::KernelTable& m_kernel;
    const float m_scale;
    RopeTables m_rope;

    std::vector<std::int64_t> m_lengths, m_offsets; ///< of each sequence
    std::vector<std::uint32_t> m_sequenceOf, m_position; ///< of each token
    std::vector<const RopeTables::Table*> m_tables; ///< of each sequence
    std::vector<Item> m_items;
    std::vector<std::vector<float>> m_scratch; ///< of each worker
    std::vector<float> m_packed; ///< keys and values of a head of a long sequence
};

}
