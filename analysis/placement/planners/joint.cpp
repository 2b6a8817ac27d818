// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/placement/chain_sweeps.h"
#include "analysis/placement/packing.h"
#include "analysis/placement/planner.h"

#include <utility>

namespace expertscope::placement {

namespace {

/// load_weight x mean over the sites of (largest load / mean load)
///   - fan_out_weight x mean over the sites of the share of co-activated pairs that meet
///   + cross_weight x share of the pairs of neighbouring sites that are apart.
class JointObjective
{
public:
    JointObjective(const LearnedCounts& counts, const PlanRequest& request, const ChainState& chain)
        : m_counts(counts)
        , m_request(request)
        , m_perSite(1.0 / double(counts.sites.size()))
    {
        for (std::size_t i = 0; i < counts.sites.size(); ++i) {
            m_pairs.push_back(pairGains(counts.sites[i], chain.items[i]));
            for (double& gain : m_pairs.back())
                gain *= request.fanOutWeight * m_perSite;
        }
        const double pairs = countedPairs(counts);
        m_cross = pairs > 0 ? request.crossWeight / pairs : 0;
    }

    /// What site i adds while its neighbours stay.
    SwapProblem problem(const ChainState& chain, std::size_t i) const
    {
        SwapProblem problem{.items = &chain.items[i], .cluster = m_request.cluster, .pair = m_pairs[i]};
        if (m_cross > 0)
            problem.linear = neighbourGains(m_counts, chain, i, m_request.cluster, m_cross);
        problem.loadWeight = m_request.loadWeight * m_perSite;
        return problem;
    }

    double value(const ChainState& chain) const
    {
        double sum = m_request.crossWeight * apartShare(m_counts, chain, m_request.cluster);
        for (std::size_t i = 0; i < chain.items.size(); ++i) {
            SwapProblem own{.items = &chain.items[i], .cluster = m_request.cluster, .pair = m_pairs[i]};
            own.loadWeight = m_request.loadWeight * m_perSite;
            sum -= gain(own, chain.gpuOf[i]);
        }
        return sum;
    }

private:
    const LearnedCounts& m_counts;
    const PlanRequest& m_request;
    const double m_perSite;
    std::vector<std::vector<double>> m_pairs; ///< [M][n, n], weighted
    double m_cross = 0; ///< weight of one pair
};

/// Site after site, forth and back, until a whole round gains next to nothing.
void descendChain(const JointObjective& objective, ChainState& chain)
{
    constexpr int kMostRounds = 20;
    double before = objective.value(chain);
    for (int round = 0; round < kMostRounds; ++round) {
        const std::size_t M = chain.items.size();
        for (std::size_t step = 0; step < 2 * M; ++step) {
            const std::size_t i = step < M ? step : 2 * M - 1 - step;
            descend(objective.problem(chain, i), chain.gpuOf[i]);
        }
        const double after = objective.value(chain);
        if (!(after < before - 1e-6))
            return;
        before = after;
    }
}

ChainState packed(const LearnedCounts& counts, const PlanRequest& request)
{
    ChainState chain;
    for (const SiteCounts& site : counts.sites) {
        chain.items.push_back(makeItems(site, request.cluster, request.replicas));
        chain.gpuOf.push_back(packByLoad(chain.items.back()));
        lowerLargestLoad(chain.items.back(), chain.gpuOf.back());
    }
    return chain;
}

}

Planner jointPlanner()
{
    const LearnOptions needs{.together = true, .next = true};
    return {"joint", "swaps for load, fan-out and cross-site traffic at once, weighted; from lpt_swap and cross_layer",
        "this program", needs, [needs](const LearnedCounts& counts, const PlanRequest& request) -> Expected<Placement> {
            ES_TRY(checkRequest(counts, request, needs));
            ChainState best = packed(counts, request);
            const JointObjective objective(counts, request, best);
            descendChain(objective, best);
            ChainState other = bestChain(counts, request.cluster, request.replicas, 1, request.seed);
            descendChain(objective, other);
            if (objective.value(other) < objective.value(best))
                best = std::move(other);
            std::vector<SitePlacement> sites;
            for (std::size_t i = 0; i < counts.sites.size(); ++i)
                sites.push_back(placementOf(counts.sites[i], best.items[i], best.gpuOf[i]));
            return Placement::create(request.cluster, std::move(sites));
        }};
}

}
