// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/aten_layers.h"
#include "io/backend/aten_mixer.h"

namespace expertscope {

namespace {

class AtenGroupedQuery final : public AtenAttentionMixer
{
public:
    using AtenAttentionMixer::AtenAttentionMixer;

protected:
    AttentionHeads heads(const LayerWeights& w, const at::Tensor& x, const Part& part) const override
    {
        const ArchSpec& a = m.arch;
        const std::int64_t d = a.headDim, qWidth = a.numHeads * d, kvWidth = a.numKvHeads * d;
        const at::Tensor qkv = linear(x, w.qkv, w.qkvBias);
        at::Tensor q = qkv.narrow(1, 0, qWidth), k = qkv.narrow(1, qWidth, kvWidth),
                   v = qkv.narrow(1, qWidth + kvWidth, kvWidth), gates;
        if (a.gatedAttention)
            gates = qkv.narrow(1, qWidth + 2 * kvWidth, qWidth).unflatten(1, {a.numHeads, d});
        const auto normalise = [&] {
            q = rmsNorm(q, w.qNorm, a.normEpsilon);
            k = rmsNorm(k, w.kNorm, a.normEpsilon);
        };
        if (a.qkNorm == QkNorm::FullWidth)
            normalise();
        if (a.clipQkv) {
            q = q.clamp(-*a.clipQkv, *a.clipQkv);
            k = k.clamp(-*a.clipQkv, *a.clipQkv);
            v = v.clamp(-*a.clipQkv, *a.clipQkv);
        }
        q = q.reshape({part.count, a.numHeads, d});
        k = k.reshape({part.count, a.numKvHeads, d});
        v = v.reshape({part.count, a.numKvHeads, d});
        if (a.qkNorm == QkNorm::PerHead)
            normalise();
        q = m_attention.rotated(q, part);
        k = m_attention.rotated(k, part);
        if (a.qkNorm == QkNorm::PerHeadAfterRope)
            normalise();
        return {q, k, v, gates};
    }
};

}

std::unique_ptr<AtenMixer> makeAtenGroupedQuery(const EngineSetup& setup, const AtenAttention& attention)
{
    return std::make_unique<AtenGroupedQuery>(setup, attention);
}

}
