// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/aten_mixer.h"

#include <numeric>

namespace expertscope {

std::unique_ptr<AtenMixer> makeAtenMixer(Mixer mixer, const EngineSetup& setup, const AtenAttention& attention)
{
    switch (mixer) {
    case Mixer::Latent:
        return makeAtenLatent(setup, attention);
    case Mixer::DeltaNet:
        return makeAtenDeltaNet(setup);
    case Mixer::StateSpace:
        return makeAtenStateSpace(setup);
    case Mixer::ShortConvolution:
        return makeAtenShortConvolution(setup);
    case Mixer::GroupedQuery:
        break;
    }
    return makeAtenGroupedQuery(setup, attention);
}

void AtenAttentionMixer::plan(const std::vector<std::uint32_t>& lengths)
{
    m_tokens = std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
}

void AtenAttentionMixer::project(const LayerWeights& w, const at::Tensor& x, const Part& part)
{
    m_heads.put(heads(w, x, part), part, m_tokens);
}

void AtenAttentionMixer::mix(const LayerSpec& layer, const LayerWeights& w)
{
    m_attended = m_attention(m_heads, layer.slidingWindow, w.sinks);
}

at::Tensor AtenAttentionMixer::rows(const LayerWeights&, const Part& part)
{
    const at::Tensor rows = m_attended.narrow(0, part.first, part.count);
    if (!m_heads.gates.defined())
        return rows;
    return rows * at::sigmoid(m_heads.gates.narrow(0, part.first, part.count).flatten(1));
}

void AtenAttentionMixer::done()
{
    m_heads = {};
    m_attended = at::Tensor();
}

at::Tensor convolveCausally(
    const at::Tensor& x, const at::Tensor& before, const at::Tensor& kernel, const at::Tensor& bias)
{
    const std::int64_t taps = kernel.size(0), channels = kernel.size(1);
    const at::Tensor rows =
        before.defined() ? at::cat({before.unsqueeze(0), x}, 1) : at::constant_pad_nd(x, {0, 0, taps - 1, 0});
    return at::conv1d(rows.transpose(1, 2), kernel.t().unsqueeze(1).contiguous(),
        bias.defined() ? std::optional(bias) : std::nullopt, at::IntArrayRef{1}, at::IntArrayRef{0},
        at::IntArrayRef{1}, channels)
        .transpose(1, 2);
}

at::Tensor lastRows(const at::Tensor& x, const at::Tensor& before, std::int64_t count)
{
    const at::Tensor rows = before.defined() ? at::cat({before, x}) : at::constant_pad_nd(x, {0, 0, count, 0});
    return rows.narrow(0, rows.size(0) - count, count).clone();
}

}
