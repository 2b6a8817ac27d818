// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where experts live: a plan of a cluster, and what it costs to keep or to change it.
#pragma once

#include "io/trace/routing.h"

#include <cstdint>
#include <span>
#include <vector>

namespace expertscope::placement {

inline constexpr std::uint32_t kMostGpus = 1024;

/// GPUs that experts are spread over, numbered node by node.
struct Cluster
{
    std::uint32_t gpus = 1; ///< 1 to kMostGpus
    std::uint32_t nodes = 1; ///< divides `gpus`

    std::uint32_t gpusPerNode() const { return gpus / nodes; }
    std::uint32_t nodeOf(std::uint32_t gpu) const { return gpu / gpusPerNode(); }
    bool operator==(const Cluster&) const = default;
};

Expected<void> checkCluster(const Cluster& cluster);

/// First slot of a GPU when P slots are dealt in order; where G does not divide P the first P mod G GPUs hold one more.
/// `gpu` may be G: the end.
constexpr std::size_t firstSlot(std::size_t numSlots, const Cluster& cluster, std::size_t gpu)
{
    const std::size_t rest = numSlots % cluster.gpus;
    return numSlots / cluster.gpus * gpu + (gpu < rest ? gpu : rest);
}

/// The experts of one site.
struct SitePlacement
{
    SiteIndex site; ///< of the trace
    std::uint16_t layer = 0; ///< the model's own number of it
    std::uint16_t numExperts = 0; ///< E, logical experts
    std::vector<std::uint16_t> expertOfSlot; ///< [P] the logical expert in each physical slot, below E; P >= E

    bool operator==(const SitePlacement&) const = default;
};

/// A plan: every expert of every site has at least one copy. Two copies on one GPU are allowed, as the engines allow
/// it.
class Placement
{
public:
    /// Errors: a cluster that cannot be; a site twice or out of order; a slot with an expert that the site does not
    /// have; an expert without a slot.
    static Expected<Placement> create(const Cluster& cluster, std::vector<SitePlacement> sites);

    const Cluster& cluster() const { return m_cluster; }
    const std::vector<SitePlacement>& sites() const { return m_sites; } ///< ascending
    /// GPUs of the copies of an expert, in the order of their slots; at least one. `i` counts sites of the plan.
    std::span<const std::uint16_t> gpusOf(std::size_t i, ExpertIndex expert) const
    {
        const Copies& copies = m_copies[i];
        const std::size_t e(expert);
        return std::span(copies.gpus).subspan(copies.first[e], copies.first[e + 1] - copies.first[e]);
    }
    std::uint32_t gpuOfSlot(std::size_t i, std::size_t slot) const;
    bool replicates(std::size_t i) const { return m_sites[i].expertOfSlot.size() > m_sites[i].numExperts; }
    /// Slots on a GPU, of one site.
    std::size_t slotsOn(std::size_t i, std::uint32_t gpu) const
    {
        const std::size_t P = m_sites[i].expertOfSlot.size();
        return firstSlot(P, m_cluster, gpu + 1) - firstSlot(P, m_cluster, gpu);
    }
    bool operator==(const Placement& other) const { return m_cluster == other.m_cluster && m_sites == other.m_sites; }

private:
    struct Copies
    {
        std::vector<std::uint32_t> first; ///< [E + 1] into gpus
        std::vector<std::uint16_t> gpus; ///< [P]
    };
    Placement(const Cluster& cluster, std::vector<SitePlacement> sites);

    Cluster m_cluster;
    std::vector<SitePlacement> m_sites;
    std::vector<Copies> m_copies;
};

/// The sites of a trace that have experts to place: all but attention routers.
std::vector<SiteIndex> expertSites(const RoutingShape& shape);

/// Experts that must be sent when one plan gives way to another: an expert is sent to each GPU that is to have it and
/// has not, once.
struct Migration
{
    std::uint64_t experts = 0;
    std::uint64_t betweenNodes = 0; ///< of them, those that no GPU of the receiver's node had
    double bytes = 0, bytesBetweenNodes = 0;
};
/// `expertBytes` [sites]: the weights of one expert of that site. Error: plans of different clusters, sites or E.
Expected<Migration> migration(const Placement& from, const Placement& to, std::span<const double> expertBytes);

/// [G] bytes of the experts on each GPU. `expertBytes` as above.
std::vector<double> memoryPerGpu(const Placement& placement, std::span<const double> expertBytes);

}
