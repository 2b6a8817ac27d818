// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/mixer_weights.h"

#include "io/checkpoint/family.h"

namespace expertscope {

namespace {

class MixerResolver : WeightTaker
{
public:
    MixerResolver(WeightTable& table, const ArchSpec& arch, const WeightNames& names, LayerSource& into)
        : WeightTaker(table)
        , m_arch(arch)
        , m_names(names)
        , m_layer(into)
    {
    }

    Expected<void> groupedQuery(const std::string& base)
    {
        const auto& a = m_arch;
        auto& l = m_layer;
        const auto width = a.numHeads * a.headDim, kvWidth = a.numKvHeads * a.headDim;
        const auto queries = a.gatedAttention ? 2 * width : width;
        ES_TRY(takeLinear(l.q, l.qBias, a.qkvBias, base + "q_proj", queries, a.hiddenSize));
        ES_TRY(takeLinear(l.k, l.kBias, a.qkvBias, base + "k_proj", kvWidth, a.hiddenSize));
        ES_TRY(takeLinear(l.v, l.vBias, a.qkvBias, base + "v_proj", kvWidth, a.hiddenSize));
        ES_TRY(takeLinear(l.o, l.oBias, a.outputBias, base + std::string(m_names.attentionOutput), a.hiddenSize, width));
        if (a.qkNorm != QkNorm::None) {
            const bool whole = a.qkNorm == QkNorm::FullWidth;
            ES_TRY(take(l.qNorm, base + std::string(m_names.qNorm) + ".weight", {whole ? width : a.headDim}));
            ES_TRY(take(l.kNorm, base + std::string(m_names.kNorm) + ".weight", {whole ? kvWidth : a.headDim}));
        }
        if (a.sinks)
            ES_TRY(take(l.sinks, base + "sinks", {a.numHeads}));
        return {};
    }

    Expected<void> latent(const std::string& base)
    {
        const auto& a = m_arch;
        auto& l = m_layer;
        const auto& latent = *a.latent;
        const auto width = a.numHeads * a.headDim, rank = latent.queryRank, kvRank = latent.keyValueRank;
        if (rank > 0) {
            ES_TRY(takeLinear(l.qDown, l.qDownBias, a.qkvBias, base + "q_a_proj", rank, a.hiddenSize));
            ES_TRY(take(l.qDownNorm, base + "q_a_layernorm.weight", {rank}));
            ES_TRY(take(l.q, base + "q_b_proj.weight", {width, rank}));
        } else {
            ES_TRY(take(l.q, base + "q_proj.weight", {width, a.hiddenSize}));
        }
        ES_TRY(takeLinear(
            l.kvDown, l.kvDownBias, a.qkvBias, base + "kv_a_proj_with_mqa", kvRank + latent.ropeDim, a.hiddenSize));
        ES_TRY(take(l.kvDownNorm, base + "kv_a_layernorm.weight", {kvRank}));
        ES_TRY(take(l.kvUp, base + "kv_b_proj.weight", {a.numHeads * (latent.nopeDim + latent.valueDim), kvRank}));
        return takeLinear(l.o, l.oBias, a.outputBias, base + "o_proj", a.hiddenSize, a.numHeads * latent.valueDim);
    }

    Expected<void> deltaNet(const std::string& base)
    {
        const auto& net = *m_arch.deltaNet;
        auto& d = m_layer.deltaNet;
        const auto hidden = m_arch.hiddenSize, values = net.valueWidth();
        const auto projection = [&](TensorSource& into, const char* name, std::int64_t rows) {
            return take(into, base + name + ".weight", {rows, hidden});
        };
        if (net.byChannel)
            return kimiDelta(base);
        if (m_names.deltaNetApart) {
            ES_TRY(projection(d.qkv, "in_proj_qkv", net.convolved()));
            ES_TRY(projection(d.z, "in_proj_z", values));
            ES_TRY(projection(d.b, "in_proj_b", net.valueHeads));
            ES_TRY(projection(d.a, "in_proj_a", net.valueHeads));
        } else {
            ES_TRY(projection(d.qkvz, "in_proj_qkvz", net.convolved() + values));
            ES_TRY(projection(d.ba, "in_proj_ba", 2 * net.valueHeads));
        }
        ES_TRY(take(d.kernel, base + "conv1d.weight", {net.convolved(), 1, net.kernel}));
        ES_TRY(take(d.logDecay, base + "A_log", {net.valueHeads}));
        ES_TRY(take(d.stepBias, base + "dt_bias", {net.valueHeads}));
        ES_TRY(take(d.norm, base + "norm.weight", {net.valueDim}));
        return take(m_layer.o, base + "out_proj.weight", {hidden, values});
    }

    /// Under the names of files, or of the reference's memory: convolutions as one, the decay in a module of its own.
    Expected<void> kimiDelta(const std::string& base)
    {
        const auto& net = *m_arch.deltaNet;
        auto& d = m_layer.deltaNet;
        const auto hidden = m_arch.hiddenSize, width = net.keyWidth(), rank = net.keyDim;
        const auto projection = [&](TensorSource& into, const std::string& name, std::int64_t out, std::int64_t in) {
            return take(into, base + name + ".weight", {out, in});
        };
        const auto spelt = [&](const std::string& name) {
            return m_table.has(base + "forget_gate." + name) ? base + "forget_gate." + name : base + name;
        };
        ES_TRY(projection(d.q, "q_proj", width, hidden));
        ES_TRY(projection(d.k, "k_proj", width, hidden));
        ES_TRY(projection(d.v, "v_proj", width, hidden));
        ES_TRY(projection(d.b, "b_proj", net.valueHeads, hidden));
        ES_TRY(take(d.aDown, spelt("f_a_proj.weight"), {rank, hidden}));
        ES_TRY(take(d.aUp, spelt("f_b_proj.weight"), {width, rank}));
        ES_TRY(projection(d.zDown, "g_a_proj", rank, hidden));
        ES_TRY(projection(d.zUp, "g_b_proj", width, rank));
        if (m_table.has(base + "conv1d.weight")) {
            ES_TRY(take(d.kernel, base + "conv1d.weight", {net.convolved(), 1, net.kernel}));
        } else {
            ES_TRY(take(d.qKernel, base + "q_conv1d.weight", {width, 1, net.kernel}));
            ES_TRY(take(d.kKernel, base + "k_conv1d.weight", {width, 1, net.kernel}));
            ES_TRY(take(d.vKernel, base + "v_conv1d.weight", {width, 1, net.kernel}));
        }
        ES_TRY(take(d.logDecay, spelt("A_log"), {1, 1, net.valueHeads, 1}));
        ES_TRY(take(d.stepBias, spelt("dt_bias"), {width}));
        ES_TRY(take(d.norm, base + "o_norm.weight", {net.valueDim}));
        return projection(m_layer.o, "o_proj", hidden, width);
    }

    Expected<void> stateSpace(const std::string& base)
    {
        const auto& space = *m_arch.stateSpace;
        auto& s = m_layer.stateSpace;
        const auto hidden = m_arch.hiddenSize;
        ES_TRY(takeLinear(s.in, s.inBias, space.projectionBias, base + "in_proj", space.projected(), hidden));
        ES_TRY(take(s.kernel, base + "conv1d.weight", {space.convolved(), 1, space.kernel}));
        if (space.convolutionBias)
            ES_TRY(take(s.kernelBias, base + "conv1d.bias", {space.convolved()}));
        ES_TRY(take(s.logDecay, base + "A_log", {space.heads}));
        ES_TRY(take(s.skip, base + "D", {space.heads}));
        ES_TRY(take(s.stepBias, base + "dt_bias", {space.heads}));
        ES_TRY(take(s.norm, base + "norm.weight", {space.width()}));
        return takeLinear(m_layer.o, m_layer.oBias, space.projectionBias, base + "out_proj", hidden, space.width());
    }

    Expected<void> shortConvolution(const std::string& base)
    {
        const auto& convolution = *m_arch.shortConvolution;
        auto& c = m_layer.shortConvolution;
        const auto hidden = m_arch.hiddenSize;
        const bool biased = convolution.bias;
        ES_TRY(takeLinear(c.in, c.inBias, biased, base + "in_proj", 3 * hidden, hidden));
        ES_TRY(take(c.kernel, base + "conv.weight", {hidden, 1, convolution.kernel}));
        if (biased)
            ES_TRY(take(c.kernelBias, base + "conv.bias", {hidden}));
        return takeLinear(m_layer.o, m_layer.oBias, biased, base + "out_proj", hidden, hidden);
    }

private:
    const ArchSpec& m_arch;
    const WeightNames& m_names;
    LayerSource& m_layer;
};

}

Expected<void> resolveMixer(WeightTable& table, const ArchSpec& arch, const WeightNames& names, Mixer mixer,
    const std::string& base, LayerSource& into)
{
    MixerResolver resolver(table, arch, names, into);
    switch (mixer) {
    case Mixer::Latent:
        return resolver.latent(base + "self_attn.");
    case Mixer::DeltaNet:
        return resolver.deltaNet(base + std::string(names.deltaNet) + ".");
    case Mixer::StateSpace:
        return resolver.stateSpace(base + "mamba.");
    case Mixer::ShortConvolution:
        return resolver.shortConvolution(base + "conv.");
    case Mixer::GroupedQuery:
        break;
    }
    return resolver.groupedQuery(base + "self_attn.");
}

}
