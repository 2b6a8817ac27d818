// SPDX-License-Identifier: GPL-3.0-or-later
//
// Grouped-query attention in fp32 on the CPU. q, k, v (and gates) of a token lie side by side; what is attended takes the
// place of the queries.
#include "io/backend/cpu_attention.h"
#include "io/backend/cpu_mixer.h"
#include "io/backend/cpu_rows.h"

namespace expertscope {

namespace {

class CpuGroupedQuery final : public CpuMixer
{
public:
    CpuGroupedQuery(const EngineSetup& setup, CpuAttention& attention)
        : m(setup)
        , m_attention(attention)
        , m_kernel(cpu::kernels())
        , m_qWidth(setup.arch.numHeads * setup.arch.headDim)
        , m_kvWidth(setup.arch.numKvHeads * setup.arch.headDim)
    {
    }

    bool inParts() const override { return false; }

    void begin(const Part& part) override
    {
        grown(m_qkv, part.count, (m.arch.gatedAttention ? 2 : 1) * m_qWidth + 2 * m_kvWidth);
    }

    void project(const LayerWeights& w, const at::Tensor& x, std::int64_t first, int) override
    {
        at::Tensor out = m_qkv.narrow(0, first, x.size(0));
        at::mm_out(out, x, w.qkv.t());
        for (std::int64_t t = first; t < first + x.size(0); ++t)
            shape(w, t, row(m_qkv, t));
    }

    void mix(const LayerSpec& layer, const LayerWeights& w) override
    {
        CpuHeads heads;
        heads.q = heads.out = row(m_qkv, 0);
        heads.k = heads.kTail = heads.q + m_qWidth;
        heads.v = heads.k + m_kvWidth;
        heads.qStride = heads.kStride = heads.vStride = heads.outStride = m_qkv.stride(0);
        heads.kHeadStride = heads.vHeadStride = m.arch.headDim;
        heads.sinks = w.sinks.defined() ? data(w.sinks) : nullptr;
        m_attention.attend(heads, layer.slidingWindow);
    }

    at::Tensor rows(const LayerWeights&, std::int64_t first, std::int64_t n) override
    {
        for (std::int64_t t = first; m.arch.gatedAttention && t < first + n; ++t)
            m_kernel.multiplySigmoid(row(m_qkv, t), row(m_qkv, t) + m_qWidth + 2 * m_kvWidth, m_qWidth);
        return m_qkv.narrow(0, first, n).narrow(1, 0, m_qWidth);
    }

private:
    /// Bias, qk-norm, clipping and rotation of one token's projections.
    void shape(const LayerWeights& w, std::int64_t token, float* qkv) const
    {
        const std::int64_t d = m.arch.headDim, rotated = m_qWidth + m_kvWidth;
        const auto eps = static_cast<float>(m.arch.normEpsilon);
        if (w.qkvBias.defined())
            m_kernel.add(qkv, data(w.qkvBias), w.qkvBias.size(0));
        if (m.arch.qkNorm == QkNorm::FullWidth) {
            m_kernel.rmsNorm(qkv, data(w.qNorm), eps, qkv, m_qWidth);
            m_kernel.rmsNorm(qkv + m_qWidth, data(w.kNorm), eps, qkv + m_qWidth, m_kvWidth);
        } else if (m.arch.qkNorm == QkNorm::PerHead) {
            normaliseHeads(w, qkv);
        }
        if (m.arch.clipQkv)
            m_kernel.clip(qkv, static_cast<float>(*m.arch.clipQkv), rotated + m_kvWidth);
        for (std::int64_t c = 0; c < rotated; c += d)
            m_attention.rotate(token, qkv + c);
        if (m.arch.qkNorm == QkNorm::PerHeadAfterRope)
            normaliseHeads(w, qkv);
    }

    void normaliseHeads(const LayerWeights& w, float* qkv) const
    {
        const std::int64_t d = m.arch.headDim;
        const auto eps = static_cast<float>(m.arch.normEpsilon);
        for (std::int64_t c = 0; c < m_qWidth + m_kvWidth; c += d)
            m_kernel.rmsNorm(qkv + c, data(c < m_qWidth ? w.qNorm : w.kNorm), eps, qkv + c, d);
    }

    const EngineSetup m;
    CpuAttention& m_attention;
    const cpu::KernelTable& m_kernel;
    const std::int64_t m_qWidth, m_kvWidth;
    at::Tensor m_qkv; ///< of the whole batch
};

}

std::unique_ptr<CpuMixer> makeCpuGroupedQuery(const EngineSetup& setup, CpuAttention& attention)
{
    return std::make_unique<CpuGroupedQuery>(setup, attention);
}

}
