// SPDX-License-Identifier: GPL-3.0-or-later
//
// Gated DeltaNet in fp32 on the CPU, part by part: of what came before, a sequence keeps its states and the last rows that
// the convolution sees.
#include "io/backend/cpu_kernels.h"
#include "io/backend/cpu_mixer.h"
#include "io/backend/cpu_rows.h"
#include "io/backend/cpu_states.h"
#include "io/backend/thread_pool.h"

#include <cmath>
#include <cstring>

namespace expertscope {

namespace {

constexpr std::int64_t kDeltaTile = 64; // tokens that are convolved as one item
constexpr double kLengthEpsilon = 1e-6; // under the root of a query's and a key's length

class CpuDeltaNet final : public CpuMixer
{
public:
    explicit CpuDeltaNet(const EngineSetup& setup)
        : m(setup)
        , m_net(*setup.arch.deltaNet)
        , m_kernel(cpu::kernels())
        , m_keys(m_net.keyWidth())
        , m_channels(m_net.convolved())
        , m_before(m_net.kernel - 1)
        , m_width(m_net.projected())
        , m_tiles((m_net.valueDim + m_kernel.deltaColumns - 1) / m_kernel.deltaColumns)
        , m_states(setup.pool.size(), m_net.valueHeads * m_tiles, m_net.keyDim * m_kernel.deltaColumns)
    {
    }

    bool inParts() const override { return true; }
    void plan(const PackedBatch& batch) override { m_sequences.plan(batch.lengths); }

    void begin(const Part& part) override
    {
        m_part = part;
        grown(m_in, m_before + part.count, m_width);
        grown(m_mixed, part.count, m_channels);
        grown(m_gates, part.count, 2 * m_net.valueHeads);
        if (m_net.byChannel) {
            grown(m_decays, part.count, m_keys);
            grown(m_z, part.count, m_net.valueWidth());
        }
    }

    void project(const LayerWeights& w, const at::Tensor& x, std::int64_t first, int) override
    {
        at::Tensor out = m_in.narrow(0, m_before + first - m_part.first, x.size(0));
        at::mm_out(out, x, w.deltaNet.in.t());
        if (!m_net.byChannel)
            return;
        const std::int64_t narrow = m_channels + m_net.valueHeads;
        at::Tensor a = m_decays.narrow(0, first - m_part.first, x.size(0)), z = m_z.narrow(0, first - m_part.first, x.size(0));
        at::mm_out(a, out.narrow(1, narrow, m_net.keyDim), w.deltaNet.aUp.t());
        at::mm_out(z, out.narrow(1, narrow + m_net.keyDim, m_net.keyDim), w.deltaNet.zUp.t());
    }

    void mix(const LayerSpec&, const LayerWeights& w) override
    {
        m.pool.run((m_part.count + kDeltaTile - 1) / kDeltaTile, [&](std::int64_t i, int) {
            const std::int64_t end = std::min(m_part.count, (i + 1) * kDeltaTile);
            for (std::int64_t place = i * kDeltaTile; place < end; ++place)
                prepare(w.deltaNet, place);
        });
        m.checkStop();
        const auto segments = m_sequences.of(m_part);
        m_states.begin(segments);
        const std::int64_t items = m_net.valueHeads * m_tiles;
        m.pool.run(static_cast<std::int64_t>(segments.size()) * items, [&](std::int64_t i, int worker) {
            recur(segments[static_cast<std::size_t>(i / items)], i % items, worker);
        });
        m_states.end();
        // What the next part's first tokens see of this one.
        for (std::int64_t r = 0; r < m_before; ++r)
            std::memmove(row(m_in, r), row(m_in, r + m_part.count), bytesOf(m_channels));
    }

    at::Tensor rows(const LayerWeights& w, std::int64_t first, std::int64_t n) override
    {
        const std::int64_t place = first - m_part.first, d = m_net.valueDim;
        const auto eps = static_cast<float>(m.arch.normEpsilon);
        for (std::int64_t t = place; t < place + n; ++t) {
            float* values = row(m_mixed, t) + 2 * m_keys;
            for (std::int64_t c = 0; c < m_net.valueWidth(); c += d)
                m_kernel.rmsNorm(values + c, data(w.deltaNet.norm), eps, values + c, d);
            if (m_net.byChannel)
                m_kernel.multiplySigmoid(values, row(m_z, t), m_net.valueWidth());
            else
                m_kernel.multiplySilu(values, row(m_in, m_before + t) + m_channels, m_net.valueWidth());
        }
        return m_mixed.narrow(0, place, n).narrow(1, 2 * m_keys, m_net.valueWidth());
    }

private:
    static std::size_t bytesOf(std::int64_t floats) { return static_cast<std::size_t>(floats) * sizeof(float); }

    /// Of the token at this place of the part: the convolution, lengths of queries and keys, gates.
    void prepare(const DeltaNetWeights& w, std::int64_t place) const
    {
        const float* in = row(m_in, m_before + place);
        float* mixed = row(m_mixed, place);
        const std::int64_t seen = std::min(m_net.kernel, m_sequences.position(m_part.first + place) + 1);
        m_kernel.convolve(in, m_in.stride(0), data(w.kernel), m_net.kernel, seen, nullptr, mixed, m_channels);
        m_kernel.activate(static_cast<int>(m.arch.activation), mixed, m_channels);
        const double queryScale = 1 / std::sqrt(static_cast<double>(m_net.keyDim));
        for (std::int64_t c = 0; c < 2 * m_keys; c += m_net.keyDim) {
            const double length = std::sqrt(double(m_kernel.dot(mixed + c, mixed + c, m_net.keyDim)) + kLengthEpsilon);
            m_kernel.scale(
                mixed + c, mixed + c, static_cast<float>((c < m_keys ? queryScale : 1) / length), m_net.keyDim);
        }
        const std::int64_t heads = m_net.valueHeads;
        const float* b = in + m_channels + (m_net.byChannel ? 0 : m_net.valueWidth());
        float* gates = row(m_gates, place);
        for (std::int64_t h = 0; h < heads; ++h)
            gates[heads + h] = static_cast<float>(1 / (1 + std::exp(-double(b[h]))));
        const std::int64_t each = m_net.byChannel ? m_net.keyDim : 1; // decays of a head
        const float* a = m_net.byChannel ? row(m_decays, place) : b + heads;
        float* decays = m_net.byChannel ? row(m_decays, place) : gates;
        for (std::int64_t h = 0; h < heads; ++h)
            m_kernel.decays(a + h * each, data(w.stepBias) + h * each, data(w.rate)[h], decays + h * each, each);
    }

    /// Some columns of one head's state over a segment. What comes out takes the place of the values.
    void recur(const Segment& segment, std::int64_t item, int worker)
    {
        const std::int64_t head = item / m_tiles, columns = m_kernel.deltaColumns, column = item % m_tiles * columns;
        const std::int64_t keyHead = head / (m_net.valueHeads / m_net.keyHeads), place = segment.first - m_part.first;
        cpu::DeltaTask task;
        task.q = row(m_mixed, place) + keyHead * m_net.keyDim;
        task.k = task.q + m_keys;
        task.out = row(m_mixed, place) + 2 * m_keys + head * m_net.valueDim + column;
        task.v = task.out;
        task.byChannel = m_net.byChannel;
        task.decay = m_net.byChannel ? row(m_decays, place) + head * m_net.keyDim : row(m_gates, place) + head;
        task.rate = row(m_gates, place) + m_net.valueHeads + head;
        task.keyStride = task.valueStride = task.outStride = m_mixed.stride(0);
        task.decayStride = (m_net.byChannel ? m_decays : m_gates).stride(0);
        task.rateStride = m_gates.stride(0);
        task.keyDim = m_net.keyDim;
        task.width = std::min(columns, m_net.valueDim - column);
        task.tokens = segment.count;
        task.state = m_states.load(segment, item, worker);
        m_kernel.deltaRule(task);
        m_states.keep(segment, item, task.state);
    }

    const EngineSetup m;
    const DeltaNet& m_net;
    const cpu::KernelTable& m_kernel;
    const std::int64_t m_keys, m_channels; ///< of all keys; of q, k and v
    const std::int64_t m_before; ///< rows before a part
    const std::int64_t m_width; ///< of what is projected
    const std::int64_t m_tiles; ///< of a state
    CpuStates m_states;
    SequenceParts m_sequences;
    Part m_part;
    at::Tensor m_in; ///< [rows before + part, width]
    at::Tensor m_mixed; ///< [part, channels]
    at::Tensor m_gates; ///< [part, 2 value heads]: decay, rate
    at::Tensor m_decays, m_z; ///< Kimi's, [part, K]
};

}

std::unique_ptr<CpuMixer> makeCpuDeltaNet(const EngineSetup& setup)
{
    return std::make_unique<CpuDeltaNet>(setup);
}

}
