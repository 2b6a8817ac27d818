// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/prefetch/predictions.h"

#include "analysis/prefetch/registry.h"
#include "io/base/named.h"

#include <algorithm>
#include <cmath>

namespace expertscope::prefetch {

namespace {

struct Chosen
{
    const PredictorSpec* spec;
    Parameters params;
};

Expected<Chosen> choose(const PredictorRequest& request)
{
    if (request.name == "recorded")
        return fail("a trace holds no recorded predictions of experts (format 1.1 has none)", {},
            "known: " + namesOf(predictorRegistry()));
    ES_ASSIGN(const PredictorSpec* const spec, findNamed(predictorRegistry(), request.name, "predictor"));
    auto params = Parameters::check(spec->params, request.params);
    if (!params) {
        Error error = std::move(params).error();
        error.what = "predictor '" + request.name + "': " + error.what;
        return tl::unexpected(std::move(error));
    }
    return Chosen{spec, std::move(*params)};
}

/// The mean event size of each site, rounded, or n.
std::vector<std::uint32_t> sizesOf(const Walk& walk, std::uint32_t n)
{
    std::vector<std::uint32_t> sizes(walk.numSites(), n);
    for (std::size_t site = 0; n == 0 && site < sizes.size(); ++site) {
        if (walk.pool(site).ends.empty()) {
            sizes[site] = walk.pool(site).fixedSize;
            continue;
        }
        std::uint64_t asked = 0;
        for (std::uint64_t step = 0; step < walk.numSteps(); ++step)
            asked += walk.event(step, site).size();
        sizes[site] = static_cast<std::uint32_t>(std::lround(double(asked) / double(walk.numSteps())));
    }
    for (std::size_t site = 0; site < sizes.size(); ++site)
        sizes[site] = std::clamp(sizes[site], 1u, walk.place(site).numExperts);
    return sizes;
}

}

Expected<void> checkPredictor(const PredictorRequest& request)
{
    const auto chosen = choose(request);
    return chosen ? Expected<void>() : tl::unexpected(chosen.error());
}

Expected<Predictions> predict(const Walk& walk, const PredictorRequest& request, const std::stop_token& stop)
{
    ES_ASSIGN(const Chosen chosen, choose(request));
    const std::size_t L = walk.numSites();
    const std::uint32_t horizon = request.options.horizon;
    if (horizon < 1 || horizon > L)
        return fail("predictor '" + request.name + "': a horizon of " + std::to_string(horizon) + " events", {},
            "1 to the number of sites, " + std::to_string(L));
    ES_ASSIGN(const auto predictor, chosen.spec->make(walk, request.options, chosen.params));
    Predictions all;
    all.horizon = horizon;
    all.sizes = sizesOf(walk, request.options.n);
    all.ends.reserve(walk.numEvents());
    all.reached.reserve(walk.numEvents());
    for (std::uint64_t event = 0; event < std::min<std::uint64_t>(horizon, walk.numEvents()); ++event) {
        all.ends.push_back(0); // nothing was seen before
        all.reached.push_back(0);
    }
    std::uint64_t targetStep = horizon / L;
    std::size_t targetSite = horizon % L;
    for (std::uint64_t step = 0; step < walk.numSteps(); ++step) {
        if (step % 256 == 0 && stop.stop_requested())
            break;
        for (std::size_t site = 0; site < L; ++site) {
            predictor->observe(step, site);
            if (targetStep == walk.numSteps())
                break;
            const std::size_t before = all.objects.size();
            const bool reached = predictor->predict(targetStep, targetSite, all.sizes[targetSite], all.objects);
            if (!reached)
                all.objects.resize(before);
            all.ends.push_back(all.objects.size());
            all.reached.push_back(reached);
            if (++targetSite == L) {
                targetSite = 0;
                ++targetStep;
            }
        }
    }
    return all;
}

}
