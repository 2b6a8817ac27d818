// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/prefetch/compare.h"

#include "analysis/simulation/run_tasks.h"
#include "analysis/spine/selection.h"

#include <numeric>

namespace expertscope::prefetch {

using namespace simulation;

namespace {

PrefetchPoint pointOf(PrefetchResult result, std::uint64_t firstCounted)
{
    PrefetchPoint point;
    point.total = result.total();
    point.sites = std::move(result.sites);
    auto& all = result.stepTimes;
    if (all.size() <= firstCounted)
        return point;
    const auto seconds = [](std::uint64_t ps) { return double(ps) * 1e-12; };
    StepTimes& times = point.times.emplace();
    const std::uint64_t whole = std::accumulate(all.begin(), all.end(), std::uint64_t(0));
    const auto counted = std::span(all).subspan(firstCounted);
    times.steps = counted.size();
    times.total = seconds(std::accumulate(counted.begin(), counted.end(), std::uint64_t(0)));
    times.stall = seconds(point.total.stall);
    times.linkUse = whole ? std::min(1.0, double(result.linkBusy) / double(whole)) : 0;
    for (const auto& [share, value] : {std::pair{50, &times.p50}, {95, &times.p95}, {99, &times.p99}}) {
        const auto place = counted.begin() + std::ptrdiff_t((counted.size() * share + 99) / 100 - 1);
        std::nth_element(counted.begin(), place, counted.end());
        *value = seconds(*place);
    }
    return point;
}

}

Expected<PrefetchComparison> comparePrefetch(const Walk& walk, const Contract& contract,
    const std::vector<PolicyRequest>& policies, const std::vector<std::uint32_t>& capacities,
    const std::vector<PrefetchSetup>& setups, const std::optional<QueueTimes>& times, unsigned threads,
    const std::function<bool(double)>& progress)
{
    std::vector<CacheMaker> makers;
    for (const PolicyRequest& policy : policies) {
        ES_ASSIGN(CacheMaker maker, cacheMaker(policy, contract));
        makers.push_back(std::move(maker));
    }
    for (const PrefetchSetup& setup : setups)
        ES_TRY(checkPredictor(setup.predictor));
    PrefetchComparison comparison;
    comparison.points.assign(makers.size(),
        std::vector<std::vector<PrefetchPoint>>(capacities.size(), std::vector<PrefetchPoint>(setups.size() + 1)));
    const std::size_t replays = makers.size() * capacities.size();
    // Predictions are as large as the walk: those of one predictor at a time.
    for (std::size_t s = 0; s <= setups.size(); ++s) {
        const auto within = [&](double fraction) {
            return !progress || progress((double(s) + fraction) / double(setups.size() + 1));
        };
        if (!within(0))
            return fail(kCancelled);
        Predictions predictions;
        PrefetchOptions options;
        options.times = times;
        if (s > 0) {
            const PrefetchSetup& setup = setups[s - 1];
            ES_ASSIGN(predictions, predict(walk, setup.predictor));
            comparison.scores.push_back(scorePredictions(walk, predictions, contract.warmUpSteps));
            comparison.sizes.push_back(predictions.sizes);
            options.budget = setup.budget;
            options.eviction = setup.eviction;
        }
        std::vector<std::optional<Error>> errors(replays);
        const auto work = [&](std::size_t i, const std::stop_token& stop) {
            auto result = replayPrefetch(walk, contract, makers[i / capacities.size()],
                capacities[i % capacities.size()], s ? &predictions : nullptr, options, stop);
            if (result)
                comparison.points[i / capacities.size()][i % capacities.size()][s] =
                    pointOf(std::move(*result), contract.warmUpSteps);
            else
                errors[i] = std::move(result).error();
        };
        if (!runTasks(replays, threads, work, within))
            return fail(kCancelled);
        for (std::optional<Error>& error : errors) {
            if (error)
                return tl::unexpected(std::move(*error));
        }
    }
    return comparison;
}

std::optional<double> breakEvenBandwidth(
    const PrefetchCounters& without, const PrefetchCounters& with, double expertBytes, double computeSeconds)
{
    if (with.demandLoads() >= without.demandLoads())
        return {};
    const double added = double(with.demandLoads() + with.prefetchLoads()) - double(without.demandLoads());
    return std::max(added, 0.0) * expertBytes / computeSeconds;
}

}
