// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/placement/placement.h"

#include <algorithm>
#include <string>

namespace expertscope::placement {

namespace {

/// Whether each GPU has a copy of each expert of site i: [E, G].
std::vector<char> residency(const Placement& placement, std::size_t i)
{
    const std::size_t G = placement.cluster().gpus, E = placement.sites()[i].numExperts;
    std::vector<char> has(E * G);
    for (std::size_t e = 0; e < E; ++e) {
        for (const std::uint16_t gpu : placement.gpusOf(i, ExpertIndex(static_cast<std::uint16_t>(e))))
            has[e * G + gpu] = 1;
    }
    return has;
}

}

Expected<void> checkCluster(const Cluster& cluster)
{
    if (cluster.gpus < 1 || cluster.gpus > kMostGpus)
        return fail("a cluster of " + std::to_string(cluster.gpus) + " GPUs", {},
            "1 to " + std::to_string(kMostGpus) + " are possible");
    if (cluster.nodes < 1 || cluster.gpus % cluster.nodes != 0)
        return fail(std::to_string(cluster.gpus) + " GPUs cannot be shared equally by " + std::to_string(cluster.nodes)
            + " nodes");
    return {};
}

Expected<Placement> Placement::create(const Cluster& cluster, std::vector<SitePlacement> sites)
{
    ES_TRY(checkCluster(cluster));
    if (sites.empty())
        return fail("a plan without sites");
    for (std::size_t i = 0; i < sites.size(); ++i) {
        const SitePlacement& site = sites[i];
        const std::string where = "site " + std::to_string(site.site.value);
        if (i > 0 && site.site <= sites[i - 1].site)
            return fail("the sites of a plan must ascend", where);
        if (site.expertOfSlot.size() < site.numExperts || site.numExperts == 0 || site.expertOfSlot.size() > UINT16_MAX)
            return fail(
                std::to_string(site.expertOfSlot.size()) + " slots for " + std::to_string(site.numExperts) + " experts",
                where);
        std::vector<char> seen(site.numExperts);
        for (std::size_t slot = 0; slot < site.expertOfSlot.size(); ++slot) {
            if (site.expertOfSlot[slot] >= site.numExperts)
                return fail("slot " + std::to_string(slot) + " holds expert " + std::to_string(site.expertOfSlot[slot])
                        + ", but there are " + std::to_string(site.numExperts),
                    where);
            seen[site.expertOfSlot[slot]] = 1;
        }
        const auto missing = std::ranges::find(seen, 0);
        if (missing != seen.end())
            return fail("expert " + std::to_string(missing - seen.begin()) + " has no slot", where);
    }
    return Placement(cluster, std::move(sites));
}

Placement::Placement(const Cluster& cluster, std::vector<SitePlacement> sites)
    : m_cluster(cluster)
    , m_sites(std::move(sites))
    , m_copies(m_sites.size())
{
    for (std::size_t i = 0; i < m_sites.size(); ++i) {
        const SitePlacement& site = m_sites[i];
        Copies& copies = m_copies[i];
        copies.first.assign(site.numExperts + 1u, 0);
        for (const std::uint16_t e : site.expertOfSlot)
            ++copies.first[e + 1u];
        for (std::size_t e = 0; e < site.numExperts; ++e)
            copies.first[e + 1] += copies.first[e];
        std::vector<std::uint32_t> next(copies.first.begin(), copies.first.end() - 1);
        copies.gpus.resize(site.expertOfSlot.size());
        for (std::size_t slot = 0; slot < site.expertOfSlot.size(); ++slot)
            copies.gpus[next[site.expertOfSlot[slot]]++] = static_cast<std::uint16_t>(gpuOfSlot(i, slot));
    }
}

std::uint32_t Placement::gpuOfSlot(std::size_t i, std::size_t slot) const
{
    const std::size_t P = m_sites[i].expertOfSlot.size(), each = P / m_cluster.gpus, rest = P % m_cluster.gpus;
    const std::size_t large = rest * (each + 1); // slots on the GPUs that hold one more
    return static_cast<std::uint32_t>(slot < large ? slot / (each + 1) : rest + (slot - large) / each);
}

std::vector<SiteIndex> expertSites(const RoutingShape& shape)
{
    std::vector<SiteIndex> sites;
    for (std::size_t i = 0; i < shape.sites.size(); ++i) {
        if (shape.sites[i].kind != SiteKind::Attention)
            sites.emplace_back(static_cast<std::uint16_t>(i));
    }
    return sites;
}

Expected<Migration> migration(const Placement& from, const Placement& to, std::span<const double> expertBytes)
{
    const auto sameShape = [](const SitePlacement& a, const SitePlacement& b) {
        return a.site == b.site && a.numExperts == b.numExperts;
    };
    if (from.cluster() != to.cluster() || !std::ranges::equal(from.sites(), to.sites(), sameShape))
        return fail("plans of different clusters, sites or experts have no migration between them");
    const std::size_t G = to.cluster().gpus;
    Migration total;
    for (std::size_t i = 0; i < to.sites().size(); ++i) {
        const auto before = residency(from, i), after = residency(to, i);
        std::uint64_t sent = 0, between = 0;
        for (std::size_t e = 0; e < to.sites()[i].numExperts; ++e) {
            std::vector<char> nodeHad(to.cluster().nodes);
            for (std::uint32_t g = 0; g < G; ++g)
                nodeHad[to.cluster().nodeOf(g)] |= before[e * G + g];
            for (std::uint32_t g = 0; g < G; ++g) {
                if (!after[e * G + g] || before[e * G + g])
                    continue;
                ++sent;
                if (char& had = nodeHad[to.cluster().nodeOf(g)]; !had) {
                    ++between;
                    had = 1; // a second copy in the node comes from the first
                }
            }
        }
        total.experts += sent;
        total.betweenNodes += between;
        total.bytes += double(sent) * expertBytes[i];
        total.bytesBetweenNodes += double(between) * expertBytes[i];
    }
    return total;
}

std::vector<double> memoryPerGpu(const Placement& placement, std::span<const double> expertBytes)
{
    std::vector<double> bytes(placement.cluster().gpus);
    for (std::size_t i = 0; i < placement.sites().size(); ++i) {
        for (std::uint32_t g = 0; g < placement.cluster().gpus; ++g)
            bytes[g] += double(placement.slotsOn(i, g)) * expertBytes[i];
    }
    return bytes;
}

}
