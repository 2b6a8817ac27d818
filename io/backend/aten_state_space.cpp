// SPDX-License-Identifier: GPL-3.0-or-later
//
// State spaces (Mamba-2) by LibTorch's operators, part by part, for chunks of tokens at a time. With G[i] the sum of the
// logarithms of decay of a chunk up to its token i and S the state before it:
//
//     y[i] = exp(G[i]) S^T C[i] + sum over j <= i of exp(G[i] - G[j]) (C[i] . B[j]) dt[j] x[j]
//     S' = exp(G[end]) S + sum over j of exp(G[end] - G[j]) B[j] (dt[j] x[j])^T
#include "io/backend/aten_layers.h"
#include "io/backend/aten_mlp.h"
#include "io/backend/aten_parts_mixer.h"

namespace expertscope {

namespace {

constexpr std::int64_t kSpaceChunk = 64;

/// B, C [sequences, heads, tokens, stateDim], x = dt x […, headDim], logDecay [sequences, heads, tokens], all fp32; state
/// [sequences, heads, stateDim, headDim], after the last token on return.
at::Tensor scan(const at::Tensor& B, const at::Tensor& C, const at::Tensor& x, const at::Tensor& logDecay, at::Tensor& state)
{
    std::vector<at::Tensor> out;
    for (std::int64_t first = 0; first < x.size(2); first += kSpaceChunk) {
        const std::int64_t count = std::min(kSpaceChunk, x.size(2) - first);
        const auto chunk = [&](const at::Tensor& t) { return t.narrow(2, first, count); };
        const at::Tensor G = chunk(logDecay).cumsum(-1), last = G.narrow(-1, count - 1, 1);
        const at::Tensor between = (G.unsqueeze(-1) - G.unsqueeze(-2)).tril().exp().tril();
        const at::Tensor weights = at::matmul(chunk(C), chunk(B).transpose(-1, -2)) * between;
        out.push_back(at::matmul(chunk(C) * G.exp().unsqueeze(-1), state) + at::matmul(weights, chunk(x)));
        const at::Tensor sent = chunk(B) * (last - G).exp().unsqueeze(-1);
        state = state * last.exp().unsqueeze(-1) + at::matmul(sent.transpose(-1, -2), chunk(x));
    }
    return at::cat(out, 2);
}

class AtenStateSpace final : public AtenPartsMixer
{
public:
    explicit AtenStateSpace(const EngineSetup& setup)
        : AtenPartsMixer(setup)
        , m_space(*setup.arch.stateSpace)
    {
    }

    void mix(const LayerSpec&, const LayerWeights& w) override
    {
        const auto& s = w.stateSpace;
        const std::int64_t inner = m_space.width(), channels = m_space.convolved(), heads = m_space.heads;
        const at::Tensor xbc = m_in.narrow(1, inner, channels);
        const at::Tensor step = at::softplus(m_in.narrow(1, inner + channels, heads).to(at::kFloat) + s.stepBias)
                                    .clamp(m_space.leastStep, m_space.mostStep);
        const at::Tensor mixed = at::empty({m_in.size(0), inner}, m_in.options().dtype(at::kFloat));
        convolve(
            xbc, s.kernel, s.kernelBias,
            [&](const at::Tensor& convolved, const PaddedSequences& padded, at::Tensor& state) {
                return recur(activated(m.arch.activation, convolved).to(at::kFloat), padded.pad(step), s, state);
            },
            mixed);
        const at::Tensor gatedRows = mixed * at::silu(m_in.narrow(1, 0, inner).to(at::kFloat));
        const at::Tensor byGroup = gatedRows.unflatten(1, {m_space.groups, inner / m_space.groups});
        const at::Tensor variance = byGroup.square().mean(-1, true);
        m_rows = ((byGroup * at::rsqrt(variance + m.arch.normEpsilon)).flatten(1) * s.norm).to(m.type);
        m_in = at::Tensor();
    }

private:
    at::Tensor projected(const LayerWeights& w, const at::Tensor& x) const override
    {
        return linear(x, w.stateSpace.in, w.stateSpace.inBias);
    }

    /// x [sequences, tokens, channels] of x, B, C -> [sequences, tokens, width]. `state` undefined: 0.
    at::Tensor recur(
        const at::Tensor& x, const at::Tensor& step, const StateSpaceWeights& w, at::Tensor& state) const
    {
        const std::int64_t inner = m_space.width(), states = m_space.groups * m_space.stateDim;
        const auto ofGroups = [&](std::int64_t first) {
            return x.narrow(2, first, states)
                .unflatten(2, {m_space.groups, m_space.stateDim})
                .repeat_interleave(m_space.heads / m_space.groups, 2)
                .transpose(1, 2);
        };
        const at::Tensor values = x.narrow(2, 0, inner).unflatten(2, {m_space.heads, m_space.headDim});
        if (!state.defined())
            state = at::zeros({x.size(0), m_space.heads, m_space.stateDim, m_space.headDim}, x.options());
        const at::Tensor out = scan(ofGroups(inner), ofGroups(inner + states),
            (values * step.unsqueeze(-1)).transpose(1, 2), (step * -w.rate).transpose(1, 2), state);
        return (out.transpose(1, 2) + values * w.skip.unsqueeze(-1)).flatten(2);
    }

    const StateSpace& m_space;
};

}

std::unique_ptr<AtenMixer> makeAtenStateSpace(const EngineSetup& setup)
{
    return std::make_unique<AtenStateSpace>(setup);
}

}
