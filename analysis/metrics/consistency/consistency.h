// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the metrics of consistency share: parameters, cache sizes, and rows of each site beside rows of the model.
#pragma once

#include "analysis/spine/metric_spec.h"

#include <memory>
#include <span>
#include <vector>

namespace expertscope {

ParameterSpec windowsParameter(const char* standard); ///< "m"
ParameterSpec rhoParameter(const char* standard); ///< "rho"

/// The numbers of a list parameter, ascending, each once.
std::vector<double> sortedNumbers(const MetricContext& context, const char* parameter);

/// Cache sizes round(rho * k), at least 1, where k is summed over `sites`.
class CacheSizes
{
public:
    CacheSizes(const MetricContext& context, std::span<const SiteIndex> sites);

    const std::vector<double>& rhos() const { return m_rhos; } ///< ascending
    const std::vector<std::size_t>& distinct() const
    {
        return m_distinct;
    } ///< ascending: several rhos may give one size
    std::size_t place(std::size_t rho) const { return m_places[rho]; } ///< of the size of rho number so in distinct()

private:
    std::vector<double> m_rhos;
    std::vector<std::size_t> m_distinct, m_places;
};

/// An accumulator that is made of one `Group` a site and one over all sites. Group: constructed from (const
/// MetricContext&, span of sites), observe(span of the blocks of these sites), add, persist, rows(rows, site or
/// nothing). Metrics with it are crossSite.
template <class Group> class SitesAndModel final : public Accumulator
{
public:
    explicit SitesAndModel(const MetricContext& context)
        : m_sites(context.sites)
    {
        for (std::size_t i = 0; i < m_sites.size(); ++i)
            m_groups.push_back(std::make_unique<Group>(context, std::span(m_sites).subspan(i, 1)));
        m_groups.push_back(std::make_unique<Group>(context, std::span<const SiteIndex>(m_sites)));
    }

    void observe(const Tile& tile) override
    {
        for (std::size_t i = 0; i < m_sites.size(); ++i)
            m_groups[i]->observe(tile.blocks.subspan(i, 1));
        m_groups.back()->observe(tile.blocks);
    }
    void merge(const Accumulator& other) override
    {
        const auto& that = static_cast<const SitesAndModel&>(other);
        for (std::size_t i = 0; i < m_groups.size(); ++i)
            m_groups[i]->add(*that.m_groups[i]);
    }
    Results result() const override
    {
        Results results;
        for (std::size_t i = 0; i < m_sites.size(); ++i)
            m_groups[i]->rows(results.rows, m_sites[i]);
        m_groups.back()->rows(results.rows, std::nullopt);
        return results;
    }
    void persist(Archive& archive) override
    {
        for (const auto& group : m_groups)
            group->persist(archive);
    }

private:
    const std::vector<SiteIndex> m_sites;
    std::vector<std::unique_ptr<Group>> m_groups; ///< sites, then the model
};

}
