// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/inspect/words.h"

#include "io/base/grouped.h"
#include "io/base/text.h"

#include <algorithm>
#include <cmath>

namespace expertscope::inspect {

namespace {

std::string number(std::int64_t n)
{
    return grouped(static_cast<std::uint64_t>(n));
}

/// "0-2, 7": of ascending numbers.
std::string rangesOf(const std::vector<std::size_t>& numbers)
{
    std::string text;
    for (std::size_t i = 0; i < numbers.size();) {
        std::size_t last = i;
        while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1)
            ++last;
        addPart(text, std::to_string(numbers[i]) + (last > i ? "-" + std::to_string(numbers[last]) : ""));
        i = last + 1;
    }
    return text;
}

/// "0, 2, …, 22", where they are evenly spaced and many; else rangesOf().
std::string layersList(const std::vector<std::size_t>& layers)
{
    const std::size_t step = layers.size() > 1 ? layers[1] - layers[0] : 1;
    bool even = layers.size() > 3 && step > 1;
    for (std::size_t i = 1; i < layers.size(); ++i)
        even &= layers[i] - layers[i - 1] == step;
    if (!even)
        return rangesOf(layers);
    return std::to_string(layers[0]) + ", " + std::to_string(layers[1]) + ", …, " + std::to_string(layers.back());
}

template <class Wanted> std::string layersWith(const ArchSpec& arch, const Wanted& wanted)
{
    std::vector<std::size_t> layers;
    for (std::size_t i = 0; i < arch.layers.size(); ++i) {
        if (wanted(arch.layers[i].mixer))
            layers.push_back(i);
    }
    return (layers.size() == 1 ? "layer " : "layers ") + layersList(layers);
}

const char* activationName(Activation activation)
{
    static constexpr const char* kNames[] = {"silu", "gelu", "gelu (tanh)", "relu", "quick gelu", "gelu clipped to 10",
        "hard swish", "laplace", "leaky relu", "linear", "mish", "relu squared", "relu6", "sigmoid", "sqrt softplus", "tanh"};
    return kNames[std::size_t(activation)];
}

const char* scoreWords(ScoreFunction score)
{
    switch (score) {
    case ScoreFunction::Softmax:
        return "softmax over all logits";
    case ScoreFunction::Sigmoid:
        return "sigmoid of each logit";
    case ScoreFunction::Identity:
        return "the logits themselves";
    case ScoreFunction::SqrtSoftplus:
        return "square root of softplus of each logit";
    case ScoreFunction::SparseMixer:
        break;
    }
    return "sparse mixer: one expert after the other";
}

}

std::string layersInWords(const ArchSpec& arch)
{
    std::vector<std::size_t> routed, dense;
    for (std::size_t i = 0; i < arch.layers.size(); ++i)
        (arch.layers[i].moe ? routed : dense).push_back(i);
    const std::string all = std::to_string(arch.layers.size());
    std::string text = all + ", all with a router";
    if (!dense.empty()) {
        const auto width = arch.layers[dense.front()].denseIntermediate;
        text = all + ": " + std::to_string(routed.size()) + " with a router (" + layersList(routed) + "), "
            + std::to_string(dense.size()) + " dense (" + layersList(dense) + "), " + number(width) + " wide";
    }
    if (arch.nextTokenLayers > 0)
        text += "; " + std::to_string(arch.nextTokenLayers) + " more for multi-token prediction, not run";
    return text;
}

std::string expertsInWords(const ArchSpec& arch)
{
    std::string text = number(arch.router.numExperts) + " a layer, " + number(arch.router.topK) + " chosen, "
        + number(arch.expertIntermediate) + " wide, "
        + (arch.clampedGlu ? "clamped sigmoid gate" : activationName(arch.activation))
        + (arch.expertBias ? ", with biases" : "");
    if (arch.sharedIntermediate > 0) {
        text += "; " + number(std::max<std::int64_t>(1, arch.numShared)) + " shared, "
            + number(arch.sharedIntermediate) + " wide" + (arch.numShared > 1 ? " together" : "")
            + (arch.sharedGated ? ", behind a sigmoid gate of its own" : "");
    }
    return text;
}

std::string routerInWords(const ArchSpec& arch)
{
    const RouterSpec& r = arch.router;
    std::string text = r.hasBias ? "logits with a bias; " : "";
    text += scoreWords(r.score);
    if (r.fp32Logits)
        text += ", in fp32";
    const std::string best = r.topK == 1 ? "the best" : "the " + number(r.topK) + " best";
    text += "; " + best + (r.selectionBias ? " by score + a bias that is in no weight" : "");
    if (r.numGroups > 1) {
        text += ", from the " + number(r.keptGroups) + " best of " + number(r.numGroups)
            + " groups (a group counts as its best" + (r.groupScore == GroupScore::TopTwo ? " two" : "") + ")";
    }
    switch (r.renormalisation) {
    case Renormalisation::None:
        if (r.score == ScoreFunction::SparseMixer)
            text += format("; each weighed against the experts within %g of its logit", 2 * r.jitter);
        else
            text += "; weights are the scores as they are";
        break;
    case Renormalisation::Sum:
        text += "; weights divided by their sum";
        if (r.renormEpsilon > 0)
            text += format(" + %g", r.renormEpsilon);
        if (r.renormFloor > 0)
            text += format(", which is at least %g", r.renormFloor);
        break;
    case Renormalisation::SoftmaxOverChosen:
        text += "; weights are a softmax over the chosen logits";
        break;
    case Renormalisation::PNorm:
        text += "; weights divided by their norm";
        break;
    }
    if (r.scaling != 1)
        text += format(", x %g", r.scaling);
    return text;
}

std::string attentionInWords(const ArchSpec& arch)
{
    std::string text;
    if (!arch.attends())
        return "none";
    if (const auto& latent = arch.latent) {
        text = "latent (MLA), " + number(arch.numHeads) + " heads of " + number(latent->nopeDim) + " + "
            + number(latent->ropeDim) + " rotated, values of " + number(latent->valueDim)
            + "; keys and values are made of " + number(latent->keyValueRank);
        if (latent->queryRank > 0)
            text += ", queries of " + number(latent->queryRank);
    } else if (arch.numKvHeads == arch.numHeads) {
        text = "multi-head, " + number(arch.numHeads) + " heads of " + number(arch.headDim);
    } else {
        text = (arch.numKvHeads == 1 ? "multi-query, " : "grouped-query, ") + number(arch.numHeads) + " heads of "
            + number(arch.headDim) + " on " + number(arch.numKvHeads) + " of keys and values";
    }
    if (arch.qkNorm == QkNorm::PerHead)
        text += "; norm of each head's queries and keys";
    else if (arch.qkNorm == QkNorm::PerHeadAfterRope)
        text += "; norm of each head's queries and keys, once they are rotated";
    else if (arch.qkNorm == QkNorm::FullWidth)
        text += "; norm of all queries and of all keys";
    if (arch.qkvBias || arch.outputBias)
        text += arch.qkvBias && arch.outputBias ? "; biases" : arch.qkvBias ? "; biases of q, k, v" : "; bias of o";
    if (arch.gatedAttention)
        text += "; what a head attends to behind a sigmoid gate";
    if (arch.sinks)
        text += "; a sink a head";
    if (arch.clipQkv)
        text += format("; q, k, v clipped to %g", *arch.clipQkv);
    std::vector<std::size_t> windowed;
    for (std::size_t i = 0; i < arch.layers.size(); ++i) {
        if (arch.layers[i].slidingWindow > 0)
            windowed.push_back(i);
    }
    if (std::ranges::any_of(arch.layers, [](const LayerSpec& l) { return l.mixer != Mixer::GroupedQuery && l.mixer != Mixer::Latent; }))
        text += "; " + layersWith(arch, [](Mixer m) { return m == Mixer::GroupedQuery || m == Mixer::Latent; });
    if (!windowed.empty()) {
        text += "; layers " + layersList(windowed) + " see " + number(arch.layers[windowed.front()].slidingWindow)
            + " tokens";
    }
    return text;
}

std::string linearInWords(const ArchSpec& arch)
{
    const bool both = arch.has(Mixer::DeltaNet) + arch.has(Mixer::ShortConvolution) + arch.has(Mixer::StateSpace) > 1;
    const auto layers = [&](Mixer mixer) -> std::string {
        if (both)
            return "; " + layersWith(arch, [mixer](Mixer m) { return m == mixer; });
        return arch.attends() ? "; all other layers" : "; all layers";
    };
    std::string text;
    if (arch.has(Mixer::DeltaNet)) {
        const DeltaNet& net = *arch.deltaNet;
        text = (net.byChannel ? "delta net with a decay a channel (KDA), " : "gated delta net, ") + number(net.valueHeads) + " heads with a state of " + number(net.keyDim) + " x "
            + number(net.valueDim) + " on " + number(net.keyHeads) + " of queries and keys; convolved over "
            + number(net.kernel) + " tokens" + layers(Mixer::DeltaNet);
    }
    if (arch.has(Mixer::StateSpace)) {
        const StateSpace& space = *arch.stateSpace;
        text += (text.empty() ? "" : "; ") + ("state space (Mamba-2), " + number(space.heads)) + " heads with a state of "
            + number(space.stateDim) + " x " + number(space.headDim)
            + (space.groups > 1 ? " in " + number(space.groups) + " groups" : std::string()) + "; convolved over "
            + number(space.kernel) + " tokens" + layers(Mixer::StateSpace);
    }
    if (arch.has(Mixer::ShortConvolution)) {
        text += (text.empty() ? "" : "; ") + ("short convolution over " + number(arch.shortConvolution->kernel)) + " tokens"
            + (arch.shortConvolution->bias ? ", with biases" : "") + layers(Mixer::ShortConvolution);
    }
    return text;
}

std::string positionsInWords(const ArchSpec& arch)
{
    static constexpr const char* kKinds[] = {"rotary", "rotary, stretched", "rotary, stretched by length (dynamic)",
        "rotary, yarn", "rotary, longrope", "rotary, llama3", "rotary, proportional"};
    const RopeSpec& rope = arch.rope;
    if (rope.rotaryDim == 0)
        return "none" + (rope.maxPositions > 0 ? "; made for " + number(rope.maxPositions) + " tokens" : std::string());
    std::string text = kKinds[std::size_t(rope.kind)];
    if (rope.kind != RopeKind::Default)
        text += format(" x %g", rope.factor);
    text += ", theta "
        + (rope.theta >= 1 && rope.theta < 1e15 && rope.theta == std::floor(rope.theta)
                ? number(std::int64_t(rope.theta))
                : format("%g", rope.theta));
    if (rope.rotaryDim < arch.headDim)
        text += ", " + number(rope.rotaryDim) + " of " + number(arch.headDim) + " dimensions";
    if (rope.interleaved)
        text += ", neighbours as pairs";
    if (rope.maxPositions > 0)
        text += "; made for " + number(rope.maxPositions) + " tokens";
    return text;
}

std::string storedInWords(const ArchSpec& arch)
{
    const std::string plain = arch.dtype.empty() ? "no dtype named" : arch.dtype;
    if (!arch.quantisation)
        return plain;
    const Quantisation& how = *arch.quantisation;
    std::string text(storedFormName(how.form));
    if (how.form == StoredForm::Fp8Block)
        text += " of " + number(how.blockRows) + " x " + number(how.blockColumns);
    if (how.form == StoredForm::Packed || how.form == StoredForm::Gptq || how.form == StoredForm::Awq) {
        text += ", " + number(how.bits) + " bits";
        text += how.groupSize > 0 ? ", " + number(how.groupSize) + " columns a scale" : ", a scale a row";
    }
    return text + "; the rest " + plain;
}

}
