// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/model_parts.h"

#include <algorithm>

namespace expertscope {

namespace {

/// Of one gated MLP.
PartCount mlpCount(double hidden, double width, bool biased)
{
    return {3 * hidden * width, biased ? 2 * width + hidden : 0};
}

/// Of one layer.
PartCount mixerCount(const ArchSpec& a, Mixer mixer)
{
    const auto hidden = double(a.hiddenSize), heads = double(a.numHeads), head = double(a.headDim);
    PartCount count;
    if (mixer == Mixer::DeltaNet) {
        const DeltaNet& net = *a.deltaNet;
        const auto values = double(net.valueWidth()), valueHeads = double(net.valueHeads);
        const auto channels = double(net.convolved());
        count.matrices = hidden * double(net.projected()) + values * hidden;
        count.vectors = channels * double(net.kernel) + 2 * valueHeads + double(net.valueDim);
        if (net.byChannel) {
            count.matrices += 2 * values * double(net.keyDim);
            count.vectors += values - valueHeads;
        }
        return count;
    }
    if (mixer == Mixer::StateSpace) {
        const StateSpace& space = *a.stateSpace;
        const auto width = double(space.width()), channels = double(space.convolved());
        count.matrices = hidden * (double(space.projected()) + width);
        count.vectors = channels * double(space.kernel) + 3 * double(space.heads) + width
            + (space.convolutionBias ? channels : 0) + (space.projectionBias ? double(space.projected()) + hidden : 0);
        return count;
    }
    if (mixer == Mixer::ShortConvolution) {
        count.matrices = 4 * hidden * hidden;
        count.vectors = hidden * double(a.shortConvolution->kernel) + (a.shortConvolution->bias ? 5 * hidden : 0);
        return count;
    }
    if (mixer == Mixer::Latent) {
        const auto& latent = a.latent;
        const auto rank = double(latent->queryRank), kvRank = double(latent->keyValueRank);
        const double queries = heads * head, down = kvRank + double(latent->ropeDim);
        count.matrices = (rank > 0 ? rank * (hidden + queries) : hidden * queries) + hidden * down
            + heads * kvRank * double(latent->nopeDim + latent->valueDim) + hidden * heads * double(latent->valueDim);
        count.vectors = rank + kvRank;
        if (a.qkvBias)
            count.vectors += rank + down;
    } else {
        const double width = heads * head, kvWidth = double(a.numKvHeads) * head;
        const double queries = a.gatedAttention ? 2 * width : width;
        count.matrices = hidden * (queries + width + 2 * kvWidth);
        if (a.qkvBias)
            count.vectors += queries + 2 * kvWidth;
        if (a.qkNorm != QkNorm::None)
            count.vectors += a.qkNorm == QkNorm::FullWidth ? width + kvWidth : 2 * head;
    }
    if (a.outputBias)
        count.vectors += hidden;
    if (a.sinks)
        count.vectors += heads;
    return count;
}

void add(PartCount& to, const PartCount& count, double times = 1)
{
    to.matrices += times * count.matrices;
    to.vectors += times * count.vectors;
}

}

const char* nameOf(ModelPart part)
{
    static constexpr const char* kNames[] = {
        "embedding", "head", "norms", "attention", "routers", "experts", "shared experts", "dense layers"};
    return kNames[std::size_t(part)];
}

double ModelCounts::all() const
{
    double sum = 0;
    for (const PartCount& part : parts)
        sum += part.all();
    return sum;
}

double ModelCounts::passedMatrices(bool tiedEmbeddings) const
{
    double sum = tiedEmbeddings ? of(ModelPart::Embedding).matrices : 0;
    for (const ModelPart part : {ModelPart::Head, ModelPart::Attention, ModelPart::Routers, ModelPart::Shared, ModelPart::Dense})
        sum += of(part).matrices;
    return sum;
}

ModelCounts countParameters(const ArchSpec& a)
{
    ModelCounts counts;
    const auto of = [&](ModelPart part) -> PartCount& { return counts.parts[std::size_t(part)]; };
    const auto hidden = double(a.hiddenSize), layers = double(a.layers.size()), experts = double(a.router.numExperts);
    const double norm = (a.normKind == NormKind::LayerNorm ? 2 : 1) * hidden;
    of(ModelPart::Embedding).matrices = double(a.vocabSize) * hidden;
    if (!a.tiedEmbeddings)
        of(ModelPart::Head).matrices = double(a.vocabSize) * hidden;
    if (a.headBias)
        of(ModelPart::Head).vectors = double(a.vocabSize);
    of(ModelPart::Norms).vectors = norm * (2 * layers + 1);
    for (const LayerSpec& layer : a.layers)
        add(of(ModelPart::Attention), mixerCount(a, layer.mixer));

    const PartCount expert = mlpCount(hidden, double(a.expertIntermediate), a.expertBias);
    PartCount shared = a.sharedIntermediate > 0 ? mlpCount(hidden, double(a.sharedIntermediate), a.mlpBias) : PartCount();
    if (a.sharedGated)
        shared.vectors += hidden;
    for (const LayerSpec& layer : a.layers) {
        if (!layer.moe) {
            add(of(ModelPart::Dense), mlpCount(hidden, double(layer.denseIntermediate), a.mlpBias));
            continue;
        }
        add(of(ModelPart::Routers),
            {experts * hidden, experts * ((a.router.hasBias ? 1 : 0) + (a.router.selectionBias ? 1 : 0))});
        add(of(ModelPart::Experts), expert, experts);
        add(of(ModelPart::Shared), shared);
        counts.selectionBiases += a.router.selectionBias ? experts : 0;
    }
    counts.expert = expert.all();
    counts.active = counts.all() - double(a.sites.size()) * (experts - double(a.router.topK)) * counts.expert;
    return counts;
}

double CacheCount::values(double tokens) const
{
    return whole * tokens + windowed * std::min(tokens, double(window));
}

double CacheCount::bytes(double tokens) const
{
    return 2 * (values(tokens) + recent) + 4 * state;
}

CacheCount countCache(const ArchSpec& a)
{
    CacheCount count;
    for (const LayerSpec& each : a.layers) {
        switch (each.mixer) {
        case Mixer::DeltaNet:
            count.state += double(a.deltaNet->valueWidth()) * double(a.deltaNet->keyDim);
            count.recent += double(a.deltaNet->convolved()) * double(a.deltaNet->kernel - 1);
            continue;
        case Mixer::StateSpace:
            count.state += double(a.stateSpace->width()) * double(a.stateSpace->stateDim);
            count.recent += double(a.stateSpace->convolved()) * double(a.stateSpace->kernel - 1);
            continue;
        case Mixer::ShortConvolution:
            count.recent += double(a.hiddenSize) * double(a.shortConvolution->kernel - 1);
            continue;
        case Mixer::Latent:
        case Mixer::GroupedQuery:
            break;
        }
        const double layer = each.mixer == Mixer::Latent ? double(a.latent->keyValueRank + a.latent->ropeDim)
                                                         : 2 * double(a.numKvHeads) * double(a.headDim);
        (each.slidingWindow > 0 ? count.windowed : count.whole) += layer;
        count.window = std::max(count.window, each.slidingWindow);
    }
    return count;
}

void forEachTensor(const ModelSource& m, const std::function<void(ModelPart, const TensorSource&)>& function)
{
    const auto visit = [&](ModelPart part, std::initializer_list<const TensorSource*> tensors) {
        for (const TensorSource* tensor : tensors) {
            if (tensor->present())
                function(part, *tensor);
        }
    };
    const auto mlp = [&](ModelPart part, const MlpSource& s) {
        visit(part, {&s.gate, &s.up, &s.gateUp, &s.down, &s.gateBias, &s.upBias, &s.gateUpBias, &s.downBias});
    };
    visit(ModelPart::Embedding, {&m.embedding});
    if (m.lmHead.file != m.embedding.file || m.lmHead.offset != m.embedding.offset)
        visit(ModelPart::Head, {&m.lmHead});
    visit(ModelPart::Head, {&m.headBias});
    visit(ModelPart::Norms, {&m.finalNorm, &m.finalNormBias});
    for (const LayerSource& l : m.layers) {
        visit(ModelPart::Norms, {&l.attentionNorm, &l.attentionNormBias, &l.mlpNorm, &l.mlpNormBias});
        visit(ModelPart::Attention,
            {&l.q, &l.k, &l.v, &l.o, &l.qBias, &l.kBias, &l.vBias, &l.oBias, &l.qNorm, &l.kNorm, &l.sinks, &l.qDown,
                &l.qDownBias, &l.qDownNorm, &l.kvDown, &l.kvDownBias, &l.kvDownNorm, &l.kvUp});
        const DeltaNetSource& d = l.deltaNet;
        visit(ModelPart::Attention,
            {&d.qkv, &d.z, &d.b, &d.a, &d.qkvz, &d.ba, &d.q, &d.k, &d.v, &d.aDown, &d.aUp, &d.zDown, &d.zUp, &d.kernel,
                &d.qKernel, &d.kKernel, &d.vKernel, &d.logDecay, &d.stepBias, &d.norm});
        const StateSpaceSource& s = l.stateSpace;
        visit(ModelPart::Attention,
            {&s.in, &s.inBias, &s.kernel, &s.kernelBias, &s.logDecay, &s.skip, &s.stepBias, &s.norm});
        const ShortConvolutionSource& c = l.shortConvolution;
        visit(ModelPart::Attention, {&c.in, &c.inBias, &c.kernel, &c.kernelBias});
        visit(ModelPart::Routers, {&l.router, &l.routerBias, &l.selectionBias});
        for (const MlpSource& expert : l.experts)
            mlp(ModelPart::Experts, expert);
        mlp(ModelPart::Shared, l.shared);
        visit(ModelPart::Shared, {&l.sharedGate});
        mlp(ModelPart::Dense, l.dense);
    }
}

}
