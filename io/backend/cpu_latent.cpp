// SPDX-License-Identifier: GPL-3.0-or-later
//
// Latent attention (MLA) in fp32 on the CPU. Keys and values of all heads are kept as one product of the narrow vectors;
// the rotated key exists once.
#include "io/backend/cpu_attention.h"
#include "io/backend/cpu_mixer.h"
#include "io/backend/cpu_rows.h"
#include "io/backend/thread_pool.h"

#include <cstring>

namespace expertscope {

namespace {

class CpuLatent final : public CpuMixer
{
public:
    CpuLatent(const EngineSetup& setup, CpuAttention& attention)
        : m(setup)
        , m_attention(attention)
        , m_kernel(cpu::kernels())
        , m_down(static_cast<std::size_t>(setup.pool.size()))
    {
    }

    bool inParts() const override { return false; }

    void begin(const Part& part) override
    {
        const auto& latent = *m.arch.latent;
        grown(m_queries, part.count, m.arch.numHeads * m.arch.headDim);
        grown(m_keysValues, part.count, m.arch.numHeads * (latent.nopeDim + latent.valueDim));
        grown(m_rotated, part.count, latent.ropeDim);
        grown(m_attended, part.count, m.arch.numHeads * latent.valueDim);
    }

    void project(const LayerWeights& w, const at::Tensor& x, std::int64_t first, int worker) override
    {
        const auto& latent = *m.arch.latent;
        const std::int64_t n = x.size(0), rank = latent.keyValueRank, d = m.arch.headDim;
        const std::int64_t before = w.down.size(0) - rank - latent.ropeDim; // what queries are made of
        const auto eps = static_cast<float>(m.arch.latentNormEpsilon);
        at::Tensor down = grown(m_down[static_cast<std::size_t>(worker)], n, w.down.size(0)).narrow(0, 0, n);
        at::mm_out(down, x, w.down.t());
        for (std::int64_t t = 0; t < n; ++t) {
            float* narrow = row(down, t);
            if (w.downBias.defined())
                m_kernel.add(narrow, data(w.downBias), w.down.size(0));
            if (w.qUp.defined())
                m_kernel.rmsNorm(narrow, data(w.qDownNorm), eps, narrow, before);
            else
                std::memcpy(row(m_queries, first + t), narrow, static_cast<std::size_t>(before) * sizeof(float));
            m_kernel.rmsNorm(narrow + before, data(w.kvDownNorm), eps, narrow + before, rank);
            float* rotated = row(m_rotated, first + t);
            std::memcpy(rotated, narrow + before + rank, static_cast<std::size_t>(latent.ropeDim) * sizeof(float));
            m_attention.rotate(first + t, rotated);
        }
        if (w.qUp.defined()) {
            at::Tensor queries = m_queries.narrow(0, first, n);
            at::mm_out(queries, down.narrow(1, 0, before), w.qUp.t());
        }
        at::Tensor keysValues = m_keysValues.narrow(0, first, n);
        at::mm_out(keysValues, down.narrow(1, before, rank), w.kvUp.t());
        for (std::int64_t t = first; t < first + n; ++t) {
            for (std::int64_t h = 0; h < m.arch.numHeads; ++h)
                m_attention.rotate(t, row(m_queries, t) + h * d + latent.nopeDim);
        }
    }

    void mix(const LayerSpec& layer, const LayerWeights& w) override
    {
        const auto& latent = *m.arch.latent;
        CpuHeads heads;
        heads.q = row(m_queries, 0);
        heads.k = row(m_keysValues, 0);
        heads.v = heads.k + latent.nopeDim;
        heads.kTail = row(m_rotated, 0);
        heads.out = row(m_attended, 0);
        heads.qStride = m_queries.stride(0);
        heads.kStride = heads.vStride = m_keysValues.stride(0);
        heads.tailStride = m_rotated.stride(0);
        heads.outStride = m_attended.stride(0);
        heads.kHeadStride = heads.vHeadStride = latent.nopeDim + latent.valueDim;
        heads.tailDim = latent.ropeDim;
        heads.sinks = w.sinks.defined() ? data(w.sinks) : nullptr;
        m_attention.attend(heads, layer.slidingWindow);
    }

    at::Tensor rows(const LayerWeights&, std::int64_t first, std::int64_t n) override
    {
        return m_attended.narrow(0, first, n);
    }

private:
    const EngineSetup m;
    CpuAttention& m_attention;
    const cpu::KernelTable& m_kernel;
    at::Tensor m_queries, m_keysValues, m_rotated, m_attended; ///< of the whole batch
    std::vector<at::Tensor> m_down; ///< of each worker
};

}

std::unique_ptr<CpuMixer> makeCpuLatent(const EngineSetup& setup, CpuAttention& attention)
{
    return std::make_unique<CpuLatent>(setup, attention);
}

}
