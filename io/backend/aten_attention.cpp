// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/aten_attention.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

constexpr std::int64_t kBlock = 512; ///< queries of a long sequence that are computed together, at most …
constexpr std::int64_t kMaskCells = 8 << 20; ///< … and about so many of their pairs with keys

}

void AttentionHeads::put(const AttentionHeads& from, const Part& part, std::int64_t tokens)
{
    if (part.count == tokens) {
        *this = from;
        return;
    }
    const auto place = [&](at::Tensor& to, const at::Tensor& rows) {
        if (!to.defined())
            to = at::empty({tokens, rows.size(1), rows.size(2)}, rows.options());
        to.narrow(0, part.first, part.count).copy_(rows);
    };
    place(q, from.q);
    place(k, from.k);
    place(v, from.v);
    if (from.gates.defined())
        place(gates, from.gates);
}

AtenAttention::AtenAttention(const EngineSetup& setup)
    : m(setup)
    , m_scale(setup.arch.attentionScale.value_or(1.0 / std::sqrt(static_cast<double>(setup.arch.headDim))))
    , m_rope(setup.arch.rope, setup.arch.ropeHeadDim())
{
}

void AtenAttention::plan(const std::vector<std::uint32_t>& lengths)
{
    m_rope.prepare(lengths);
    std::vector<at::Tensor> cosines, sines;
    std::vector<Segment> sequences;
    m_tokens = 0;
    for (const auto length : lengths) {
        const auto& table = m_rope.forLength(length);
        cosines.push_back(table.cosine.narrow(0, 0, length));
        sines.push_back(table.sine.narrow(0, 0, length));
        sequences.push_back({m_tokens, length});
        m_tokens += length;
    }
    m_cosine = at::cat(cosines).to(m.type).to(m.device).unsqueeze(1);
    m_sine = at::cat(sines).to(m.type).to(m.device).unsqueeze(1);

    m_buckets = padByLength(sequences, 0, m.device);
}

at::Tensor AtenAttention::rotated(const at::Tensor& x, const Part& part) const
{
    const at::Tensor cosine = m_cosine.narrow(0, part.first, part.count);
    const at::Tensor sine = m_sine.narrow(0, part.first, part.count);
    const std::int64_t half = cosine.size(-1), d = x.size(-1);
    const at::Tensor a = x.narrow(-1, 0, half), b = x.narrow(-1, half, half);
    std::vector<at::Tensor> parts{a * cosine - b * sine, b * cosine + a * sine};
    if (2 * half < d)
        parts.push_back(x.narrow(-1, 2 * half, d - 2 * half));
    return at::cat(parts, -1);
}

/// A sink is one more key that every query sees and whose value is nothing. No kernel takes its logit as such, but a few
/// more dimensions of queries and keys do: queries have 1 / scale in the one of their place in the group, the key the
/// sink, other keys 0. So the fast kernels stay, and no mask of all pairs and heads is needed.
AttentionHeads AtenAttention::widened(const AttentionHeads& heads, const at::Tensor& sinks, at::Tensor& sinkKey) const
{
    const std::int64_t tokens = heads.q.size(0), numKv = m.arch.numKvHeads, group = m.arch.numHeads / numKv;
    const std::int64_t extra = (group + 7) / 8 * 8; // kernels like multiples of 8
    const at::Tensor places = at::eye(group, extra, heads.q.options()) * (1 / m_scale);
    const auto wider = [&](const at::Tensor& t) {
        return at::cat({t, at::zeros({tokens, t.size(1), extra}, t.options())}, -1);
    };
    sinkKey = at::cat({at::zeros({numKv, 1, heads.k.size(2)}, heads.k.options()),
                          at::constant_pad_nd(sinks.view({numKv, 1, group}), {0, extra - group})},
        -1);
    const at::Tensor q =
        at::cat({heads.q, places.repeat({numKv, 1}).unsqueeze(0).expand({tokens, m.arch.numHeads, extra})}, -1);
    return {q, wider(heads.k), wider(heads.v), {}};
}

at::Tensor AtenAttention::operator()(const AttentionHeads& plain, std::int64_t window, const at::Tensor& sinks) const
{
    at::Tensor attended = at::empty({m_tokens, m.arch.numHeads * m.arch.valueDim()}, plain.q.options());
    at::Tensor sinkKey;
    const AttentionHeads heads = sinks.defined() ? widened(plain, sinks, sinkKey) : plain;
    for (const PaddedSequences& bucket : m_buckets) {
        m.checkStop();
        // On a GPU the kernels of full causal attention need neither a mask nor memory for all pairs.
        if (bucket.sequences == 1 && bucket.longest > m.partTokens && (window > 0 || m.device.is_cpu()))
            inBlocks({bucket.first, bucket.longest}, heads, window, sinkKey, attended);
        else
            padded(bucket, heads, window, sinkKey, attended);
    }
    return attended;
}

void AtenAttention::padded(const PaddedSequences& bucket, const AttentionHeads& heads, std::int64_t window,
    const at::Tensor& sinkKey, at::Tensor& attended) const
{
    const auto rows = [&](const at::Tensor& t) { return bucket.pad(t).transpose(1, 2); };
    at::Tensor mask, q = rows(heads.q), k = rows(heads.k), v = rows(heads.v);
    if (window > 0 && window < bucket.longest)
        mask = seen({0, bucket.longest}, {0, bucket.longest}, window);
    if (sinkKey.defined()) {
        // First of the keys, with a query of its own that nobody needs, so that causal stays causal.
        const auto before = [&](const at::Tensor& first, const at::Tensor& t) {
            return at::cat({first.expand({bucket.sequences, t.size(1), 1, t.size(3)}), t}, 2);
        };
        q = before(at::zeros({1, 1, 1, 1}, q.options()), q);
        k = before(sinkKey.unsqueeze(0), k);
        v = before(at::zeros({1, 1, 1, 1}, v.options()), v);
        if (mask.defined()) {
            mask = at::constant_pad_nd(mask, {1, 0, 1, 0});
            mask.select(1, 0).fill_(true);
        }
    }
    at::Tensor out = sdpa(q, k, v, mask, !mask.defined(), m_scale);
    if (sinkKey.defined())
        out = out.narrow(2, 1, bucket.longest).narrow(3, 0, m.arch.valueDim());
    bucket.unpad(out.transpose(1, 2).flatten(2), attended);
}

/// Some queries at a time with all the keys that they see: a mask of bounded size, and a stop that is seen.
void AtenAttention::inBlocks(const Part& sequence, const AttentionHeads& heads, std::int64_t window,
    const at::Tensor& sinkKey, at::Tensor& attended) const
{
    const auto rows = [&](const at::Tensor& t, const Part& part) {
        return t.narrow(0, sequence.first + part.first, part.count).transpose(0, 1).unsqueeze(0);
    };
    for (std::int64_t first = 0; first < sequence.count;) {
        m.checkStop();
        const std::int64_t firstKey = window > 0 ? std::max<std::int64_t>(0, first + 1 - window) : 0;
        const std::int64_t most = std::max<std::int64_t>(64, kMaskCells / (first + kBlock - firstKey));
        const Part queries{first, std::min({most, kBlock, sequence.count - first})};
        const Part keys{firstKey, first + queries.count - firstKey};
        at::Tensor mask = seen(queries, keys, window), k = rows(heads.k, keys), v = rows(heads.v, keys);
        if (sinkKey.defined()) {
            k = at::cat({sinkKey.unsqueeze(0), k}, 2);
            v = at::constant_pad_nd(v, {0, 0, 1, 0});
            mask = at::constant_pad_nd(mask, {1, 0});
            mask.select(1, 0).fill_(true);
        }
        const at::Tensor out = sdpa(rows(heads.q, queries), k, v, mask, false, m_scale).narrow(3, 0, m.arch.valueDim());
        attended.narrow(0, sequence.first + first, queries.count)
            .copy_(out.squeeze(0).transpose(0, 1).reshape({queries.count, attended.size(1)}));
        first += queries.count;
    }
}

/// [queries, keys]: is the key among those that the query sees?
at::Tensor AtenAttention::seen(const Part& queries, const Part& keys, std::int64_t window) const
{
    const auto positions = [&](const Part& part) {
        return at::arange(part.first, part.first + part.count, at::TensorOptions().dtype(at::kLong).device(m.device));
    };
    const at::Tensor distance = positions(queries).unsqueeze(1) - positions(keys).unsqueeze(0);
    const at::Tensor past = distance.ge(0);
    return window > 0 ? past.logical_and(distance.lt(window)) : past;
}

}
