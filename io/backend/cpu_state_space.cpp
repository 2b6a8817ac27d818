// SPDX-License-Identifier: GPL-3.0-or-later
//
// State spaces (Mamba-2) in fp32 on the CPU, part by part.
#include "io/backend/cpu_kernels.h"
#include "io/backend/cpu_mixer.h"
#include "io/backend/cpu_rows.h"
#include "io/backend/cpu_states.h"
#include "io/backend/thread_pool.h"

#include <cmath>

namespace expertscope {

namespace {

class CpuStateSpace final : public CpuMixer
{
public:
    explicit CpuStateSpace(const EngineSetup& setup)
        : m(setup)
        , m_space(*setup.arch.stateSpace)
        , m_kernel(cpu::kernels())
        , m_inner(m_space.width())
        , m_channels(m_space.convolved())
        , m_before(m_space.kernel - 1)
        , m_tiles((m_space.headDim + m_kernel.deltaColumns - 1) / m_kernel.deltaColumns)
        , m_states(setup.pool.size(), m_space.heads * m_tiles, m_space.stateDim * m_kernel.deltaColumns)
    {
    }

    bool inParts() const override { return true; }
    void plan(const PackedBatch& batch) override { m_sequences.plan(batch.lengths); }

    void begin(const Part& part) override
    {
        m_part = part;
        grown(m_in, m_before + part.count, m_space.projected());
        grown(m_mixed, part.count, m_channels);
        grown(m_out, part.count, m_inner);
        grown(m_gates, part.count, 2 * m_space.heads);
    }

    void project(const LayerWeights& w, const at::Tensor& x, std::int64_t first, int) override
    {
        const std::int64_t place = m_before + first - m_part.first;
        at::Tensor out = m_in.narrow(0, place, x.size(0));
        at::mm_out(out, x, w.stateSpace.in.t());
        for (std::int64_t t = place; w.stateSpace.inBias.defined() && t < place + x.size(0); ++t)
            m_kernel.add(row(m_in, t), data(w.stateSpace.inBias), m_space.projected());
    }

    void mix(const LayerSpec&, const LayerWeights& w) override
    {
        constexpr std::int64_t kTokens = 64; // of an item
        m.pool.run((m_part.count + kTokens - 1) / kTokens, [&](std::int64_t i, int) {
            const std::int64_t end = std::min(m_part.count, (i + 1) * kTokens);
            for (std::int64_t place = i * kTokens; place < end; ++place)
                prepare(w.stateSpace, place);
        });
        m.checkStop();
        const auto segments = m_sequences.of(m_part);
        const std::int64_t items = m_space.heads * m_tiles;
        m_states.begin(segments);
        m.pool.run(static_cast<std::int64_t>(segments.size()) * items, [&](std::int64_t i, int worker) {
            recur(segments[static_cast<std::size_t>(i / items)], i % items, worker);
        });
        m_states.end();
        for (std::int64_t r = 0; r < m_before; ++r)
            std::memmove(row(m_in, r) + m_inner, row(m_in, r + m_part.count) + m_inner,
                static_cast<std::size_t>(m_channels) * sizeof(float));
    }

    at::Tensor rows(const LayerWeights& w, std::int64_t first, std::int64_t n) override
    {
        const auto& s = w.stateSpace;
        const std::int64_t place = first - m_part.first, d = m_space.headDim, group = m_inner / m_space.groups;
        const auto eps = static_cast<float>(m.arch.normEpsilon);
        for (std::int64_t t = place; t < place + n; ++t) {
            float* out = row(m_out, t);
            for (std::int64_t h = 0; h < m_space.heads; ++h)
                m_kernel.addScaled(out + h * d, row(m_mixed, t) + h * d, data(s.skip)[h], d);
            m_kernel.multiplySilu(out, row(m_in, m_before + t), m_inner);
            for (std::int64_t c = 0; c < m_inner; c += group)
                m_kernel.rmsNorm(out + c, data(s.norm) + c, eps, out + c, group);
        }
        return m_out.narrow(0, place, n);
    }

private:
    /// Of the token at this place of the part: the convolution, steps and decays.
    void prepare(const StateSpaceWeights& w, std::int64_t place) const
    {
        const float* in = row(m_in, m_before + place);
        float* mixed = row(m_mixed, place);
        const std::int64_t seen = std::min(m_space.kernel, m_sequences.position(m_part.first + place) + 1);
        m_kernel.convolve(in + m_inner, m_in.stride(0), data(w.kernel), m_space.kernel, seen,
            w.kernelBias.defined() ? data(w.kernelBias) : nullptr, mixed, m_channels);
        m_kernel.activate(static_cast<int>(m.arch.activation), mixed, m_channels);
        const float* dt = in + m_inner + m_channels;
        float* gates = row(m_gates, place);
        for (std::int64_t h = 0; h < m_space.heads; ++h) {
            const double x = double(dt[h]) + double(data(w.stepBias)[h]);
            const double step = std::clamp(x > 20 ? x : std::log1p(std::exp(x)), m_space.leastStep, m_space.mostStep);
            gates[h] = static_cast<float>(std::exp(-double(data(w.rate)[h]) * step));
            gates[m_space.heads + h] = static_cast<float>(step);
        }
    }

    /// Some columns of one head's state over a segment.
    void recur(const Segment& segment, std::int64_t item, int worker)
    {
        const std::int64_t head = item / m_tiles, columns = m_kernel.deltaColumns, column = item % m_tiles * columns;
        const std::int64_t group = head / (m_space.heads / m_space.groups), place = segment.first - m_part.first;
        cpu::DeltaTask task;
        task.recalls = false;
        task.v = row(m_mixed, place) + head * m_space.headDim + column;
        task.k = row(m_mixed, place) + m_inner + group * m_space.stateDim;
        task.q = task.k + m_space.groups * m_space.stateDim;
        task.out = row(m_out, place) + head * m_space.headDim + column;
        task.decay = row(m_gates, place) + head;
        task.rate = task.decay + m_space.heads;
        task.keyStride = task.valueStride = m_mixed.stride(0);
        task.outStride = m_out.stride(0);
        task.decayStride = task.rateStride = m_gates.stride(0);
        task.keyDim = m_space.stateDim;
        task.width = std::min(columns, m_space.headDim - column);
        task.tokens = segment.count;
        task.state = m_states.load(segment, item, worker);
        m_kernel.deltaRule(task);
        m_states.keep(segment, item, task.state);
    }

    const EngineSetup m;
    const StateSpace& m_space;
    const cpu::KernelTable& m_kernel;
    const std::int64_t m_inner, m_channels, m_before, m_tiles;
    CpuStates m_states;
    SequenceParts m_sequences;
    Part m_part;
    at::Tensor m_in; ///< [rows before + part, projected]: z; x, B, C; steps
    at::Tensor m_mixed; ///< [part, channels]: x, B, C, convolved
    at::Tensor m_out; ///< [part, width]
    at::Tensor m_gates; ///< [part, 2 heads]: decay, step
};

}

std::unique_ptr<CpuMixer> makeCpuStateSpace(const EngineSetup& setup)
{
    return std::make_unique<CpuStateSpace>(setup);
}

}
