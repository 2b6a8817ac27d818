// SPDX-License-Identifier: GPL-3.0-or-later
//
// Gated DeltaNet by LibTorch's operators, part by part. The recurrence is done for chunks of tokens at a time as products
// of matrices. With G[i] the sum of the logarithms of decay of a chunk up to its token i, S the state before it and
// change[j] = b[j] (v[j] - what the state before j, decayed, recalls of k[j]):
//
//     change[i] + b[i] sum over j < i of exp(G[i] - G[j]) (k[i] . k[j]) change[j] = b[i] (v[i] - exp(G[i]) S^T k[i])
//     out[i] = exp(G[i]) S^T q[i] + sum over j <= i of exp(G[i] - G[j]) (q[i] . k[j]) change[j]
//     S' = exp(G[end]) S + sum over j of exp(G[end] - G[j]) k[j] change[j]^T
//
// The first is a triangular system; it is solved for both terms on its right side before S is known.
#include "io/backend/aten_layers.h"
#include "io/backend/aten_mlp.h"
#include "io/backend/aten_parts_mixer.h"

#include <cmath>

namespace expertscope {

namespace {

constexpr std::int64_t kChunk = 64;

/// q, k [sequences, heads, tokens, keyDim], v […, valueDim], logarithm of decay and rate [sequences, heads, tokens], all
/// fp32; state [sequences, heads, keyDim, valueDim], after the last token on return. Tokens are a multiple of kChunk.
at::Tensor deltaRule(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& logDecay,
    const at::Tensor& rate, at::Tensor& state)
{
    const std::int64_t chunks = q.size(2) / kChunk, keyDim = k.size(3), valueDim = v.size(3);
    const auto chunked = [&](const at::Tensor& t) { return t.unflatten(2, {chunks, kChunk}); };
    const at::Tensor Q = chunked(q), K = chunked(k), b = chunked(rate).unsqueeze(-1);
    const at::Tensor G = chunked(logDecay).cumsum(-1), decay = G.exp().unsqueeze(-1);
    const at::Tensor between = (G.unsqueeze(-1) - G.unsqueeze(-2)).tril().exp().tril();
    const at::Tensor system = at::matmul(K * b, K.transpose(-1, -2)) * between;
    const at::Tensor solved = at::linalg_solve_triangular(system, at::cat({chunked(v) * b, K * (b * decay)}, -1),
        /*upper=*/false, /*left=*/true, /*unitriangular=*/true);
    const at::Tensor weights = at::matmul(Q, K.transpose(-1, -2)) * between;
    const at::Tensor queries = Q * decay;
    const at::Tensor last = G.narrow(-1, kChunk - 1, 1);
    const at::Tensor keys = (K * (last - G).exp().unsqueeze(-1)).transpose(-1, -2), kept = last.exp().unsqueeze(-1);
    std::vector<at::Tensor> out;
    for (std::int64_t c = 0; c < chunks; ++c) {
        const at::Tensor both = solved.select(2, c);
        const at::Tensor change =
            both.narrow(-1, 0, valueDim) - at::matmul(both.narrow(-1, valueDim, keyDim), state);
        out.push_back(at::matmul(queries.select(2, c), state) + at::matmul(weights.select(2, c), change));
        state = state * kept.select(2, c) + at::matmul(keys.select(2, c), change);
    }
    return at::cat(out, 2);
}

/// The same where each channel of a key has a decay of its own, logDecay [sequences, heads, tokens, keyDim]. What goes from
/// token j to token i is decayed by exp(G[i] - G[j]) channel by channel: that product is made as such, since exp(-G[j])
/// alone has no bound. So chunks are shorter.
constexpr std::int64_t kShortChunk = 16;

at::Tensor channelDeltaRule(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& logDecay,
    const at::Tensor& rate, at::Tensor& state)
{
    std::vector<at::Tensor> out;
    for (std::int64_t first = 0; first < q.size(2); first += kShortChunk) {
        const auto chunk = [&](const at::Tensor& t) { return t.narrow(2, first, kShortChunk); };
        const at::Tensor Q = chunk(q), K = chunk(k), b = chunk(rate).unsqueeze(-1), G = chunk(logDecay).cumsum(2);
        const at::Tensor sent = K.unsqueeze(2) * (G.unsqueeze(3) - G.unsqueeze(2)).clamp_max(0).exp(); // [… i, j, keyDim]
        const at::Tensor system = (sent * (K * b).unsqueeze(3)).sum(-1), weights = (sent * Q.unsqueeze(3)).sum(-1).tril();
        const at::Tensor decay = G.exp(), last = G.narrow(2, kShortChunk - 1, 1);
        const at::Tensor change = at::linalg_solve_triangular(system, b * (chunk(v) - at::matmul(K * decay, state)),
            /*upper=*/false, /*left=*/true, /*unitriangular=*/true);
        out.push_back(at::matmul(Q * decay, state) + at::matmul(weights, change));
        state = state * last.exp().transpose(-1, -2) + at::matmul((K * (last - G).exp()).transpose(-1, -2), change);
    }
    return at::cat(out, 2);
}

at::Tensor ofLengthOne(const at::Tensor& heads)
{
    return heads * at::rsqrt(heads.square().sum(-1, true) + 1e-6);
}

class AtenDeltaNet final : public AtenPartsMixer
{
public:
    explicit AtenDeltaNet(const EngineSetup& setup)
        : AtenPartsMixer(setup)
        , m_net(*setup.arch.deltaNet)
    {
    }

    void mix(const LayerSpec&, const LayerWeights& w) override
    {
        const std::int64_t channels = m_net.convolved(), values = m_net.valueWidth(), heads = m_net.valueHeads;
        const at::Tensor qkv = m_in.narrow(1, 0, channels);
        at::Tensor b, logDecay, z;
        if (m_net.byChannel) {
            const auto made = [&](std::int64_t first, const at::Tensor& up) {
                return at::linear(m_in.narrow(1, first, m_net.keyDim), up);
            };
            b = m_in.narrow(1, channels, heads);
            z = made(channels + heads + m_net.keyDim, w.deltaNet.zUp);
            const at::Tensor a = made(channels + heads, w.deltaNet.aUp).to(at::kFloat);
            logDecay = at::softplus(a + w.deltaNet.stepBias).unflatten(1, {heads, m_net.keyDim})
                * -w.deltaNet.rate.unsqueeze(-1);
        } else {
            z = m_in.narrow(1, channels, values);
            b = m_in.narrow(1, channels + values, heads);
            const at::Tensor a = m_in.narrow(1, channels + values + heads, heads).to(at::kFloat);
            logDecay = at::softplus(a + w.deltaNet.stepBias) * -w.deltaNet.rate;
        }
        b = b.sigmoid().to(at::kFloat);
        const at::Tensor mixed = at::empty({m_in.size(0), values}, m_in.options());
        convolve(
            qkv, w.deltaNet.kernel, at::Tensor(),
            [&](const at::Tensor& convolved, const PaddedSequences& padded, at::Tensor& state) {
                return recur(activated(m.arch.activation, convolved), padded.pad(logDecay), padded.pad(b), state);
            },
            mixed);
        // rms(o), rounded as the reference rounds it (Kimi's is not), times silu(z) or sigmoid(z)
        const at::Tensor norm = m_net.byChannel ? w.deltaNet.norm.to(at::kFloat) : w.deltaNet.norm;
        const at::Tensor ofHeads = mixed.unflatten(1, {heads, m_net.valueDim}).to(norm.scalar_type());
        const at::Tensor normed = rmsNorm(ofHeads, norm, m.arch.normEpsilon).flatten(1), wide = z.to(at::kFloat);
        m_rows = (normed * (m_net.byChannel ? at::sigmoid(wide) : at::silu(wide))).to(m.type);
        m_in = at::Tensor();
    }

private:
    at::Tensor projected(const LayerWeights& w, const at::Tensor& x) const override
    {
        return at::linear(x, w.deltaNet.in);
    }

    /// x [sequences, tokens, channels] of q, k, v -> [sequences, tokens, values]. `state` undefined: 0.
    at::Tensor recur(const at::Tensor& x, const at::Tensor& logDecay, const at::Tensor& rate, at::Tensor& state) const
    {
        const std::int64_t keys = m_net.keyWidth(), tokens = x.size(1), group = m_net.valueHeads / m_net.keyHeads;
        const std::int64_t behind = (kChunk - tokens % kChunk) % kChunk; // keys of 0 that are learnt at rate 0
        const auto heads = [&](std::int64_t first, std::int64_t count, std::int64_t dim, bool unit) {
            at::Tensor part = x.narrow(2, first, count * dim).to(at::kFloat).unflatten(2, {count, dim});
            if (unit)
                part = ofLengthOne(part);
            if (count < m_net.valueHeads)
                part = part.repeat_interleave(group, 2);
            return at::constant_pad_nd(part.transpose(1, 2), {0, 0, 0, behind});
        };
        const auto gates = [&](const at::Tensor& t) {
            const at::Tensor byHead = t.transpose(1, 2);
            return byHead.dim() == 4 ? at::constant_pad_nd(byHead, {0, 0, 0, behind})
                                     : at::constant_pad_nd(byHead, {0, behind});
        };
        if (!state.defined()) {
            state = at::zeros({x.size(0), m_net.valueHeads, m_net.keyDim, m_net.valueDim}, x.options().dtype(at::kFloat));
        }
        const at::Tensor out = (m_net.byChannel ? channelDeltaRule : deltaRule)(heads(0, m_net.keyHeads, m_net.keyDim, true) / std::sqrt(double(m_net.keyDim)),
            heads(keys, m_net.keyHeads, m_net.keyDim, true),
            heads(2 * keys, m_net.valueHeads, m_net.valueDim, false), gates(logDecay), gates(rate), state);
        return out.narrow(2, 0, tokens).transpose(1, 2).flatten(2).to(x.scalar_type());
    }

    const DeltaNet& m_net;
};

}

std::unique_ptr<AtenMixer> makeAtenDeltaNet(const EngineSetup& setup)
{
    return std::make_unique<AtenDeltaNet>(setup);
}

}
