// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/cpu_attention.h"

#include "io/backend/cpu_rows.h"
#include "io/backend/thread_pool.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

constexpr std::int64_t kQueryBlock = 512; // queries of one item
constexpr std::int64_t kLongBlock = 64; // … of a long sequence: a stop must not wait for many queries of so many keys
constexpr std::int64_t kLong = 8192; // keys from which on the items of a head share what is packed

float attentionScale(const ArchSpec& arch)
{
    return static_cast<float>(arch.attentionScale.value_or(1.0 / std::sqrt(static_cast<double>(arch.headDim))));
}

}

CpuAttention::CpuAttention(const EngineSetup& setup)
    : m(setup)
    , m_kernel(cpu::kernels())
    , m_scale(attentionScale(setup.arch))
    , m_rope(setup.arch.rope, setup.arch.ropeHeadDim())
    , m_scratch(static_cast<std::size_t>(setup.pool.size()))
{
}

void CpuAttention::plan(const PackedBatch& batch)
{
    m_lengths.assign(batch.lengths.begin(), batch.lengths.end());
    m_offsets.clear();
    m_sequenceOf.clear();
    m_position.clear();
    for (std::size_t s = 0; s < batch.lengths.size(); ++s) {
        m_offsets.push_back(static_cast<std::int64_t>(m_position.size()));
        for (std::uint32_t p = 0; p < batch.lengths[s]; ++p) {
            m_sequenceOf.push_back(static_cast<std::uint32_t>(s));
            m_position.push_back(p);
        }
    }
    m_rope.prepare(batch.lengths);
    m_tables.clear();
    for (const auto length : batch.lengths)
        m_tables.push_back(&m_rope.forLength(length));
}

bool CpuAttention::isLast(std::int64_t token) const
{
    const auto t = static_cast<std::size_t>(token);
    return t + 1 >= m_position.size() || m_position[t + 1] == 0;
}

void CpuAttention::rotate(std::int64_t token, float* head) const
{
    const auto& table = *m_tables[m_sequenceOf[static_cast<std::size_t>(token)]];
    const std::int64_t position = m_position[static_cast<std::size_t>(token)];
    m_kernel.rotate(head, row(table.cosine, position), row(table.sine, position), table.cosine.size(1));
}

void CpuAttention::attend(const CpuHeads& heads, std::int64_t window)
{
    m_items.clear();
    for (std::size_t s = 0; s < m_lengths.size(); ++s) {
        if (window == 0 && m_lengths[s] >= kLong) {
            attendLong(heads, s, m_lengths[s]);
            continue;
        }
        for (std::int64_t q = 0; q < m_lengths[s]; q += kQueryBlock) {
            for (std::int64_t head = 0; head < m.arch.numKvHeads; ++head)
                m_items.push_back({s, q, std::min(m_lengths[s], q + kQueryBlock), head});
        }
    }
    m.pool.run(static_cast<std::int64_t>(m_items.size()), [&](std::int64_t i, int worker) {
        const Item& item = m_items[static_cast<std::size_t>(i)];
        const cpu::AttentionTask task = this->task(heads, item.sequence, item.head, window);
        const std::int64_t firstKey = window > 0 ? std::max<std::int64_t>(0, item.begin + 1 - window) : 0;
        const std::int64_t keys = item.end - firstKey, packed = m_kernel.packedFloats(keys, task.headDim, task.valueDim);
        float* const memory = scratch(worker, packed + m_kernel.attentionScratch(keys, task.headDim, task.valueDim));
        const cpu::PackedKeys all{memory, firstKey, item.end};
        m_kernel.packKeys(task, all, 0, panels(keys));
        m_kernel.attention(task, all, item.begin, item.end, memory + packed);
    });
}

/// Head by head: its keys are packed once, by all, for all blocks of queries. Packed for each item anew as those of
/// short sequences are, they would take as much memory in each thread.
void CpuAttention::attendLong(const CpuHeads& heads, std::size_t sequence, std::int64_t length)
{
    m_packed.resize(static_cast<std::size_t>(m_kernel.packedFloats(length, m.arch.headDim, m.arch.valueDim())));
    const cpu::PackedKeys all{m_packed.data(), 0, length};
    constexpr std::int64_t kPanels = 16; // of one item
    const std::int64_t blocks = (length + kLongBlock - 1) / kLongBlock;
    for (std::int64_t head = 0; head < m.arch.numKvHeads; ++head) {
        m.checkStop();
        const cpu::AttentionTask task = this->task(heads, sequence, head, 0);
        m.pool.run((panels(length) + kPanels - 1) / kPanels, [&](std::int64_t i, int) {
            m_kernel.packKeys(task, all, i * kPanels, std::min(panels(length), (i + 1) * kPanels));
        });
        // The last blocks see the most keys: they come first, so that none of them is left over at the end.
        m.pool.run(blocks, [&](std::int64_t i, int worker) {
            const std::int64_t begin = (blocks - 1 - i) * kLongBlock;
            m_kernel.attention(task, all, begin, std::min(length, begin + kLongBlock),
                scratch(worker, m_kernel.attentionScratch(length, task.headDim, task.valueDim)));
        });
    }
}

cpu::AttentionTask CpuAttention::task(
    const CpuHeads& heads, std::size_t sequence, std::int64_t head, std::int64_t window) const
{
    const std::int64_t group = m.arch.numHeads / m.arch.numKvHeads, first = m_offsets[sequence];
    cpu::AttentionTask task;
    task.headDim = m.arch.headDim;
    task.tailDim = heads.tailDim;
    task.valueDim = m.arch.valueDim();
    task.numHeads = group;
    task.q = heads.q + first * heads.qStride + head * group * task.headDim;
    task.k = heads.k + first * heads.kStride + head * heads.kHeadStride;
    task.kTail = heads.kTail + first * heads.tailStride;
    task.v = heads.v + first * heads.vStride + head * heads.vHeadStride;
    task.out = heads.out + first * heads.outStride + head * group * task.valueDim;
    task.qStride = heads.qStride;
    task.kStride = heads.kStride;
    task.tailStride = heads.tailStride;
    task.vStride = heads.vStride;
    task.outStride = heads.outStride;
    task.window = window;
    task.scale = m_scale;
    task.sinks = heads.sinks ? heads.sinks + head * group : nullptr;
    return task;
}

float* CpuAttention::scratch(int worker, std::int64_t floats)
{
    auto& s = m_scratch[static_cast<std::size_t>(worker)];
    if (s.size() < static_cast<std::size_t>(floats))
        s.resize(static_cast<std::size_t>(floats));
    return s.data();
}

}
