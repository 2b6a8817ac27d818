// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/prefetch/scores.h"

namespace expertscope::prefetch {

PredictionScore& PredictionScore::operator+=(const PredictionScore& other)
{
    events += other.events;
    unreached += other.unreached;
    requests += other.requests;
    named += other.named;
    shared += other.shared;
    exact += other.exact;
    byChance += other.byChance;
    if (!other.sharedAt.empty()) { // who names fewer shares no more with more names
        const std::uint64_t own = sharedAt.empty() ? 0 : sharedAt.back(), others = other.sharedAt.back();
        sharedAt.resize(std::max(sharedAt.size(), other.sharedAt.size()), own);
        for (std::size_t n = 0; n < sharedAt.size(); ++n)
            sharedAt[n] += n < other.sharedAt.size() ? other.sharedAt[n] : others;
    }
    return *this;
}

std::vector<PredictionScore> scorePredictions(const Walk& walk, const Predictions& predictions, std::uint64_t firstStep)
{
    std::vector<PredictionScore> sites(walk.numSites());
    std::vector<std::uint64_t> askedIn; // [object] number of the event that asked for it last, from 1
    for (std::size_t site = 0; site < walk.numSites(); ++site) {
        PredictionScore& score = sites[site];
        score.sharedAt.resize(predictions.sizes[site]);
        askedIn.assign(walk.pool(site).numObjects(), 0);
        for (std::uint64_t step = firstStep; step < walk.numSteps(); ++step) {
            const std::uint64_t number = step * walk.numSites() + site;
            const auto event = walk.event(step, site);
            if (event.empty())
                continue;
            if (!predictions.reached[number]) {
                ++score.unreached;
                continue;
            }
            for (const std::uint32_t object : event)
                askedIn[object] = step + 1;
            const auto named = predictions.of(number);
            std::uint64_t shared = 0;
            for (std::size_t i = 0; i < named.size(); ++i) {
                if (askedIn[named[i]] == step + 1) {
                    ++shared;
                    ++score.sharedAt[i];
                }
            }
            ++score.events;
            score.requests += event.size();
            score.named += named.size();
            score.shared += shared;
            score.exact += shared == event.size() && named.size() == event.size();
            score.byChance += double(named.size()) * double(event.size()) / walk.place(site).numExperts;
        }
        for (std::size_t n = 1; n < score.sharedAt.size(); ++n)
            score.sharedAt[n] += score.sharedAt[n - 1];
    }
    return sites;
}

}
