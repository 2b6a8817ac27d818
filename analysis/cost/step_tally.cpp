// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/cost/step_tally.h"

#include <algorithm>

namespace expertscope::cost {

using namespace simulation;

namespace {

/// More shapes than this are watched as one.
constexpr std::size_t kMostGroups = 4;

/// Sizes of the counted events of one site.
struct SiteSizes
{
    std::uint64_t events = 0, requests = 0, assignments = 0;
    bool even = true;
    std::uint64_t size = 0, assigned = 0; ///< of its first event

    SiteShape shape() const
    {
        return {events ? double(requests) / double(events) : 0, requests ? double(assignments) / double(requests) : 0};
    }
};

/// Adds those of a pool's sites.
void addSizes(const EventStream& pool, std::uint64_t firstEvent, std::vector<SiteSizes>& sizes)
{
    const std::size_t first = sizes.size(), sites = pool.sites.size();
    sizes.resize(first + sites);
    if (pool.ends.empty() && pool.assignments.empty()) {
        const std::uint64_t events = (pool.numEvents - std::min(pool.numEvents, firstEvent)) / sites;
        for (std::size_t s = 0; s < sites; ++s)
            sizes[first + s] = {events, events * pool.fixedSize, events * pool.fixedSize, true, 0, 0};
        return;
    }
    for (std::uint64_t i = firstEvent; i < pool.numEvents; ++i) {
        SiteSizes& site = sizes[first + pool.siteOfEvent(i)];
        const std::uint64_t size = pool.event(i).size();
        const std::uint64_t assigned = pool.assignments.empty() ? size : pool.assignments[i];
        if (site.events == 0) {
            site.size = size;
            site.assigned = assigned;
        }
        site.even &= size == site.size && assigned == site.assigned;
        ++site.events;
        site.requests += size;
        site.assignments += assigned;
    }
}

std::uint32_t indexOf(const SiteShape& shape, std::vector<SiteShape>& shapes)
{
    const auto found = std::ranges::find(shapes, shape);
    const auto index = static_cast<std::uint32_t>(found - shapes.begin());
    if (found == shapes.end())
        shapes.push_back(shape);
    return index;
}

void groupSites(StepTally& tally, const std::vector<SiteSizes>& sizes)
{
    for (const SiteSizes& site : sizes) {
        tally.even &= site.even;
        tally.shapeOfSite.push_back(indexOf(site.shape(), tally.shapes));
    }
    tally.expertsAStep.assign(tally.shapes.size(), 0);
    for (std::size_t s = 0; s < sizes.size(); ++s)
        tally.expertsAStep[tally.shapeOfSite[s]] += tally.shapes[tally.shapeOfSite[s]].experts;
    if (tally.shapes.size() <= kMostGroups) {
        tally.groups = tally.shapes;
        tally.groupOfSite = tally.shapeOfSite;
        return;
    }
    SiteSizes all;
    for (const SiteSizes& site : sizes) {
        all.events += site.events;
        all.requests += site.requests;
        all.assignments += site.assignments;
    }
    tally.even = false;
    tally.groups = {all.shape()};
    tally.groupOfSite.assign(sizes.size(), 0);
}

/// Experts that each watched step asks for, by group.
void countWatchedExperts(StepTally& tally, const EventSet& events)
{
    tally.watchedExperts.assign(tally.groups.size(), std::vector<double>(tally.watchedSteps));
    std::size_t first = 0;
    for (const EventStream& pool : events.pools) {
        const std::size_t sites = pool.sites.size();
        for (std::uint64_t w = 0; w < tally.watchedSteps; ++w) {
            for (std::size_t s = 0; s < sites; ++s)
                tally.watchedExperts[tally.groupOfSite[first + s]][w] +=
                    double(pool.event(pool.watchedSteps[w] * sites + s).size());
        }
        first += sites;
    }
}

void countEvents(const PolicyResult& policy, std::size_t c, TallyPoint& point)
{
    std::size_t sites = 0;
    for (const PoolCurve& pool : policy.pools) {
        for (const Counters& site : pool.sites[c]) {
            ++sites;
            point.misses += site.misses();
            for (std::size_t j = point.mostMisses + 1; j < site.missesPerEvent.size(); ++j) {
                if (site.missesPerEvent[j])
                    point.mostMisses = j;
            }
        }
    }
    point.events.reserve(sites * point.mostMisses);
    for (const PoolCurve& pool : policy.pools) {
        for (const Counters& site : pool.sites[c]) {
            for (std::size_t j = 1; j <= point.mostMisses; ++j)
                point.events.push_back(j < site.missesPerEvent.size() ? site.missesPerEvent[j] : 0);
        }
    }
}

void countWatched(const StepTally& tally, const PolicyResult& policy, std::size_t c, TallyPoint& point)
{
    point.mostWatched.assign(tally.groups.size(), 0);
    point.watched.resize(tally.groups.size());
    for (const bool counting : {false, true}) { // first how many misses there are at most
        std::size_t first = 0;
        for (const PoolCurve& pool : policy.pools) {
            const std::size_t sites = pool.sites[c].size();
            for (std::size_t s = 0; s < sites; ++s) {
                const std::uint32_t group = tally.groupOfSite[first + s];
                const std::uint16_t* misses = pool.watched[c].data() + s;
                for (std::size_t step = 0; step < tally.watchedSteps; ++step, misses += sites) {
                    if (!counting)
                        point.mostWatched[group] = std::max<std::size_t>(point.mostWatched[group], *misses);
                    else if (*misses > 0)
                        ++point.watched[group][(*misses - std::size_t(1)) * tally.watchedSteps + step];
                }
            }
            first += sites;
        }
        for (std::size_t g = 0; g < point.watched.size() && !counting; ++g)
            point.watched[g].resize(point.mostWatched[g] * tally.watchedSteps);
    }
}

TallyPoint pointOf(const StepTally& tally, const PolicyResult& policy, std::size_t c)
{
    TallyPoint point;
    countEvents(policy, c, point);
    if (tally.watchedSteps > 0)
        countWatched(tally, policy, c, point);
    return point;
}

}

StepTally tallySteps(
    const EventSet& events, const Contract& contract, const std::vector<PolicyResult>& policies, std::uint64_t tokens)
{
    StepTally tally;
    tally.steps = events.steps - std::min<std::uint64_t>(events.steps, contract.warmUpSteps);
    tally.tokensAStep = events.steps ? double(events.tokens) / double(events.steps) : 0;
    tally.tokens = tokens;
    std::vector<SiteSizes> sizes;
    for (const EventStream& pool : events.pools) {
        addSizes(pool, std::uint64_t(contract.warmUpSteps) * pool.sites.size(), sizes);
        tally.sites.insert(tally.sites.end(), pool.sites.begin(), pool.sites.end());
    }
    groupSites(tally, sizes);
    tally.watchedSteps = events.pools.empty() ? 0 : events.pools.front().watchedSteps.size();
    if (!tally.even)
        countWatchedExperts(tally, events);
    for (const PolicyResult& policy : policies) {
        tally.capacities = policy.pools.empty() ? std::vector<std::uint32_t>() : policy.pools.front().capacities;
        auto& points = tally.points.emplace_back();
        for (std::size_t c = 0; c < tally.capacities.size(); ++c)
            points.push_back(pointOf(tally, policy, c));
    }
    return tally;
}

}
