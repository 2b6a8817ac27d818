// SPDX-License-Identifier: GPL-3.0-or-later
//
// Latent attention (MLA) by LibTorch's operators. Keys and values of all heads are made of the narrow vectors, as the
// reference does it.
#include "io/backend/aten_layers.h"
#include "io/backend/aten_mixer.h"

namespace expertscope {

namespace {

class AtenLatent final : public AtenAttentionMixer
{
public:
    using AtenAttentionMixer::AtenAttentionMixer;

protected:
    AttentionHeads heads(const LayerWeights& w, const at::Tensor& x, const Part& part) const override
    {
        const ArchSpec& a = m.arch;
        const auto& latent = *a.latent;
        const std::int64_t rank = latent.keyValueRank, rope = latent.ropeDim, nope = latent.nopeDim;
        const at::Tensor down = linear(x, w.down, w.downBias);
        const std::int64_t before = down.size(1) - rank - rope;
        at::Tensor q = down.narrow(1, 0, before);
        if (w.qUp.defined())
            q = at::linear(rmsNorm(q, w.qDownNorm, a.latentNormEpsilon), w.qUp);
        q = q.reshape({part.count, a.numHeads, a.headDim});
        const at::Tensor kv = at::linear(rmsNorm(down.narrow(1, before, rank), w.kvDownNorm, a.latentNormEpsilon), w.kvUp)
                                  .view({part.count, a.numHeads, nope + latent.valueDim});
        const at::Tensor shared = m_attention.rotated(down.narrow(1, before + rank, rope).unsqueeze(1), part);
        return {at::cat({q.narrow(-1, 0, nope), m_attention.rotated(q.narrow(-1, nope, rope), part)}, -1),
            at::cat({kv.narrow(-1, 0, nope), shared.expand({part.count, a.numHeads, rope})}, -1),
            kv.narrow(-1, nope, latent.valueDim), {}};
    }
};

}

std::unique_ptr<AtenMixer> makeAtenLatent(const EngineSetup& setup, const AtenAttention& attention)
{
    return std::make_unique<AtenLatent>(setup, attention);
}

}
