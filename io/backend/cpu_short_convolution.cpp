// SPDX-License-Identifier: GPL-3.0-or-later
//
// Short convolutions (LFM2) in fp32 on the CPU, part by part.
#include "io/backend/cpu_kernels.h"
#include "io/backend/cpu_mixer.h"
#include "io/backend/cpu_rows.h"
#include "io/backend/sequence_parts.h"
#include "io/backend/thread_pool.h"

#include <cstring>

namespace expertscope {

namespace {

class CpuShortConvolution final : public CpuMixer
{
public:
    explicit CpuShortConvolution(const EngineSetup& setup)
        : m(setup)
        , m_kernel(cpu::kernels())
        , m_taps(setup.arch.shortConvolution->kernel)
        , m_before(m_taps - 1)
        , m_hidden(setup.arch.hiddenSize)
    {
    }

    bool inParts() const override { return true; }
    void plan(const PackedBatch& batch) override { m_sequences.plan(batch.lengths); }

    void begin(const Part& part) override
    {
        m_part = part;
        grown(m_in, m_before + part.count, 3 * m_hidden);
    }

    /// Leaves b x where x was.
    void project(const LayerWeights& w, const at::Tensor& x, std::int64_t first, int) override
    {
        const auto& c = w.shortConvolution;
        const std::int64_t place = m_before + first - m_part.first;
        at::Tensor out = m_in.narrow(0, place, x.size(0));
        at::mm_out(out, x, c.in.t());
        for (std::int64_t t = place; t < place + x.size(0); ++t) {
            if (c.inBias.defined())
                m_kernel.add(row(m_in, t), data(c.inBias), 3 * m_hidden);
            m_kernel.multiply(row(m_in, t) + 2 * m_hidden, row(m_in, t), m_hidden);
        }
    }

    /// The convolution takes the place of b.
    void mix(const LayerSpec&, const LayerWeights& w) override
    {
        constexpr std::int64_t kTokens = 64; // of an item
        const auto& c = w.shortConvolution;
        m.pool.run((m_part.count + kTokens - 1) / kTokens, [&](std::int64_t i, int) {
            const std::int64_t end = std::min(m_part.count, (i + 1) * kTokens);
            for (std::int64_t place = i * kTokens; place < end; ++place) {
                float* in = row(m_in, m_before + place);
                const std::int64_t seen = std::min(m_taps, m_sequences.position(m_part.first + place) + 1);
                m_kernel.convolve(in + 2 * m_hidden, m_in.stride(0), data(c.kernel), m_taps, seen,
                    c.kernelBias.defined() ? data(c.kernelBias) : nullptr, in, m_hidden);
                m_kernel.multiply(in, in + m_hidden, m_hidden);
            }
        });
        for (std::int64_t r = 0; r < m_before; ++r)
            std::memmove(row(m_in, r) + 2 * m_hidden, row(m_in, r + m_part.count) + 2 * m_hidden,
                static_cast<std::size_t>(m_hidden) * sizeof(float));
    }

    at::Tensor rows(const LayerWeights&, std::int64_t first, std::int64_t n) override
    {
        return m_in.narrow(0, m_before + first - m_part.first, n).narrow(1, 0, m_hidden);
    }

private:
    const EngineSetup m;
    const cpu::KernelTable& m_kernel;
    const std::int64_t m_taps, m_before, m_hidden;
    SequenceParts m_sequences;
    Part m_part;
    at::Tensor m_in; ///< [rows before + part, 3 H]: b, c, x
};

}

std::unique_ptr<CpuMixer> makeCpuShortConvolution(const EngineSetup& setup)
{
    return std::make_unique<CpuShortConvolution>(setup);
}

}
