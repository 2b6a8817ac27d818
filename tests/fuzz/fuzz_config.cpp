// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/arch_spec.h"

#include <cmath>
#include <cstdlib>

using namespace expertscope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto arch = parseArchSpec(std::string(reinterpret_cast<const char*>(data), size), "fuzz");
    if (!arch) {
        if (arch.error().message().empty() || arch.error().message().find('\n') != std::string::npos)
            std::abort();
        return 0;
    }
    // What a backend may rely on.
    const auto& a = *arch;
    bool ok =
        a.hiddenSize > 0 && a.vocabSize > 0 && a.numHeads > 0 && a.numKvHeads > 0 && a.numHeads % a.numKvHeads == 0;
    ok = ok && a.headDim > 0 && a.ropeHeadDim() > 0 && a.ropeHeadDim() % 2 == 0 && a.valueDim() > 0 && !a.layers.empty() && !a.sites.empty() && a.expertIntermediate > 0;
    ok = ok && a.router.numExperts > 0 && a.router.topK > 0 && a.router.topK <= a.router.numExperts;
    ok = ok && a.rope.theta > 0 && a.rope.factor > 0 && a.rope.maxPositions > 0
        && std::isfinite(a.rope.attentionScaling);
    ok = ok && a.rope.rotaryDim >= 0 && a.rope.rotaryDim <= a.ropeHeadDim()
        && (a.rope.rotaryDim + 1) / 2 * 2 <= a.ropeHeadDim();
    ok = ok && a.router.numGroups > 0 && a.router.keptGroups > 0 && a.router.keptGroups <= a.router.numGroups
        && a.router.numExperts % a.router.numGroups == 0
        && a.router.numExperts / a.router.numGroups * a.router.keptGroups >= a.router.topK;
    if (const auto& latent = a.latent) {
        ok = ok && latent->keyValueRank > 0 && latent->queryRank >= 0 && a.numKvHeads == a.numHeads
            && a.headDim == latent->nopeDim + latent->ropeDim;
    }
    ok = ok && a.has(Mixer::DeltaNet) <= a.deltaNet.has_value() && a.has(Mixer::ShortConvolution) <= a.shortConvolution.has_value()
        && a.has(Mixer::Latent) <= a.latent.has_value();
    if (const auto& net = a.deltaNet) {
        ok = ok && net->keyHeads > 0 && net->valueHeads > 0 && net->valueHeads % net->keyHeads == 0 && net->keyDim > 0
            && net->valueDim > 0 && net->kernel > 0 && net->convolved() > 0;
    }
    ok = ok && a.has(Mixer::StateSpace) <= a.stateSpace.has_value();
    if (const auto& space = a.stateSpace) {
        ok = ok && space->heads > 0 && space->groups > 0 && space->heads % space->groups == 0 && space->headDim > 0
            && space->stateDim > 0 && space->kernel > 0 && space->projected() > 0 && space->leastStep <= space->mostStep;
    }
    if (a.shortConvolution)
        ok = ok && a.shortConvolution->kernel > 0;
    if (const auto& how = a.quantisation) {
        ok = ok && (how->bits == 4 || how->bits == 8) && how->groupSize >= 0 && how->blockRows > 0
            && how->blockColumns > 0;
    }
    if (a.rope.kind == RopeKind::LongRope) {
        const auto n = static_cast<std::size_t>((a.rope.rotaryDim + 1) / 2);
        ok = ok && a.rope.originalMaxPositions > 0 && a.rope.shortFactor.size() == n && a.rope.longFactor.size() == n;
    }
    for (const auto& layer : a.layers)
        ok = ok && layer.slidingWindow >= 0 && (layer.moe || layer.denseIntermediate > 0);
    if (!ok)
        std::abort();
    return 0;
}
