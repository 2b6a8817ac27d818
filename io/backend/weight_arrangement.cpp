// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/weight_arrangement.h"

namespace expertscope {

namespace {

/// Pairs of neighbours become pairs of halves, in `heads` runs of `rows` that are `stride` apart: queries and keys alike
/// give the same products, and one way to rotate is enough.
void unpair(at::Tensor& t, std::int64_t first, std::int64_t heads, std::int64_t stride, std::int64_t rows)
{
    if (!t.defined())
        return;
    for (std::int64_t h = 0; h < heads; ++h) {
        at::Tensor part = t.narrow(0, first + h * stride, rows);
        part.copy_(part.unflatten(0, {rows / 2, 2}).transpose(0, 1).reshape(part.sizes()).clone());
    }
}

void unpairRotary(const ArchSpec& a, LayerWeights& w)
{
    const std::int64_t rotated = (a.rope.rotaryDim + 1) / 2 * 2, d = a.headDim;
    if (w.qkv.defined()) {
        for (at::Tensor* t : {&w.qkv, &w.qkvBias})
            unpair(*t, 0, a.numHeads + a.numKvHeads, d, rotated);
        if (a.qkNorm == QkNorm::PerHead) {
            unpair(w.qNorm, 0, 1, d, rotated);
            unpair(w.kNorm, 0, 1, d, rotated);
        }
        return;
    }
    if (!w.down.defined())
        return;
    const auto& latent = *a.latent;
    const bool narrow = latent.queryRank > 0;
    const std::int64_t width = a.numHeads * d, before = (narrow ? latent.queryRank : width) + latent.keyValueRank;
    unpair(narrow ? w.qUp : w.down, latent.nopeDim, a.numHeads, d, rotated);
    unpair(w.down, before, 1, 0, rotated);
    unpair(w.downBias, before, 1, 0, rotated);
}

/// Rows of gated attention's projections: of each head its query, then its gate; all gates behind everything else.
void putGatesLast(const ArchSpec& a, LayerWeights& w)
{
    const std::int64_t d = a.headDim, width = a.numHeads * d;
    for (at::Tensor* t : {&w.qkv, &w.qkvBias}) {
        if (!t->defined())
            continue;
        const at::Tensor heads = t->narrow(0, 0, 2 * width).unflatten(0, {a.numHeads, 2, d});
        const at::Tensor others = t->narrow(0, 2 * width, t->size(0) - 2 * width);
        *t = at::cat({heads.select(1, 0).flatten(0, 1), others, heads.select(1, 1).flatten(0, 1)});
    }
}

/// [channels, 1, tokens] -> [tokens, channels]
at::Tensor byToken(const at::Tensor& kernel)
{
    return kernel.select(1, 0).t().contiguous();
}

void arrangeDeltaNet(const DeltaNet& net, bool byHead, DeltaNetWeights& w)
{
    w.kernel = byToken(w.kernel);
    w.rate = w.rate.exp().flatten();
    if (!byHead)
        return;
    const std::int64_t heads = net.keyHeads, group = net.valueHeads / heads, values = group * net.valueDim;
    const std::int64_t wide = net.convolved() + net.valueWidth();
    const at::Tensor qkvz = w.in.narrow(0, 0, wide).unflatten(0, {heads, wide / heads});
    const at::Tensor ba = w.in.narrow(0, wide, 2 * net.valueHeads).unflatten(0, {heads, 2 * group});
    std::vector<at::Tensor> parts;
    std::int64_t first = 0;
    for (const std::int64_t rows : {net.keyDim, net.keyDim, values, values}) {
        parts.push_back(qkvz.narrow(1, first, rows).flatten(0, 1));
        first += rows;
    }
    parts.push_back(ba.narrow(1, 0, group).flatten(0, 1));
    parts.push_back(ba.narrow(1, group, group).flatten(0, 1));
    w.in = at::cat(parts);
}

}

void arrangeWeights(const ArchSpec& arch, const LayerSource& from, LayerWeights& to)
{
    if (arch.normKind == NormKind::RmsAroundOne) {
        for (at::Tensor* norm : {&to.attentionNorm, &to.mlpNorm, &to.qNorm, &to.kNorm}) {
            if (norm->defined())
                norm->add_(1);
        }
    }
    if (arch.gatedAttention && to.qkv.defined())
        putGatesLast(arch, to);
    if (to.deltaNet.in.defined())
        arrangeDeltaNet(*arch.deltaNet, from.deltaNet.qkvz.present(), to.deltaNet);
    if (to.stateSpace.in.defined()) {
        to.stateSpace.kernel = byToken(to.stateSpace.kernel);
        to.stateSpace.rate = to.stateSpace.rate.exp();
    }
    if (to.shortConvolution.in.defined())
        to.shortConvolution.kernel = byToken(to.shortConvolution.kernel);
    if (arch.rope.interleaved)
        unpairRotary(arch, to);
}

}
