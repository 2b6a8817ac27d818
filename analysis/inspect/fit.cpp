// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/inspect/fit.h"

#include "analysis/chance/uniform.h"
#include "analysis/cost/event_time.h"

#include <algorithm>
#include <cmath>

namespace expertscope::inspect {

namespace {

cost::Model modelOf(const ArchSpec& arch, const Sizes& sizes)
{
    const double experts = double(arch.sites.size()) * double(arch.router.numExperts);
    cost::Model model;
    model.name = arch.modelType;
    model.expertBytes = sizes.stored.of(ModelPart::Experts) / experts;
    model.expertFlops = 2 * sizes.counts.of(ModelPart::Experts).matrices / experts;
    // A row of an embedding that is no head is all that a token reads of it.
    model.denseBytes = sizes.stored.all() - sizes.stored.of(ModelPart::Experts)
        - (arch.tiedEmbeddings ? 0 : sizes.stored.of(ModelPart::Embedding));
    model.denseFlops = 2 * sizes.counts.passedMatrices(arch.tiedEmbeddings);
    return model;
}

}

std::vector<double> missingChances(std::uint32_t experts, std::uint32_t residents, std::uint32_t chosen)
{
    std::vector<double> chances;
    for (std::uint32_t m = 0; m <= chosen; ++m)
        chances.push_back(uniformOverlapProbability(experts, experts - residents, chosen, m));
    return chances;
}

Fit fitOn(const cost::Machine& machine, const ArchSpec& arch, const Sizes& sizes, double context)
{
    const cost::Model model = modelOf(arch, sizes);
    const double sites = double(arch.sites.size()), E = double(arch.router.numExperts), k = double(arch.router.topK);
    Fit fit;
    fit.machine = machine.name;
    fit.memory = machine.gpu.memoryBytes;
    fit.needed = sizes.stored.all() + sizes.cache.bytes(context);
    fit.fixed = fit.needed - sizes.stored.of(ModelPart::Experts);
    if (fit.memory <= 0) {
        fit.notModelled = "how much memory its GPU has is not known";
        return fit;
    }
    if (fit.fixed > fit.memory) {
        fit.streamed = sizes.stored.of(ModelPart::Experts);
        fit.notModelled = "what is not routed experts does not fit";
        return fit;
    }
    const double room = model.expertBytes > 0 ? (fit.memory - fit.fixed) / (model.expertBytes * sites) : E;
    const double held = fit.needed <= fit.memory ? E : std::min(std::floor(room), E - 1);
    fit.residents = held;
    fit.streamed = (E - held) * sites * model.expertBytes;

    const auto event = [&](double experts, double tokens, double misses) {
        return cost::eventTime(machine, model, cost::Level::Overlap, experts, tokens, std::uint32_t(misses)).seconds;
    };
    double token = 0;
    const auto chances = missingChances(std::uint32_t(E), std::uint32_t(held), std::uint32_t(k));
    for (std::size_t m = 0; m < chances.size(); ++m) {
        if (chances[m] > 0)
            token += chances[m] * event(k, 1, double(m));
    }
    fit.decode = cost::denseSeconds(machine, model) + sites * token;
    const double asked = E * -std::expm1(kPrefillTokens * std::log1p(-k / E));
    fit.prefill = cost::denseSeconds(machine, model, kPrefillTokens)
        + sites * event(asked, kPrefillTokens * k / asked, std::round(asked * (E - held) / E));
    return fit;
}

}
