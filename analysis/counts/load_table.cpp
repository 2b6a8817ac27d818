// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/counts/load_table.h"

#include "analysis/counts/load_counts.h"
#include "analysis/spine/pass.h"

#include <algorithm>

namespace expertscope {

namespace {

class SiteLoads
{
public:
    explicit SiteLoads(const RoutingShape& shape)
    {
        for (const Site& site : shape.sites)
            m_sites.emplace_back(site);
    }

    void observe(const Tile& tile)
    {
        for (std::size_t i = 0; i < tile.blocks.size(); ++i) {
            const Block& block = tile.blocks[i];
            for (const SequenceRun& run : block.runs)
                m_sites[std::size_t(block.site)].add(block, tile.bits[i], run);
        }
    }

    void merge(const SiteLoads& other)
    {
        for (std::size_t i = 0; i < m_sites.size(); ++i)
            m_sites[i].add(other.m_sites[i]);
    }

    const std::vector<LoadCounts>& sites() const { return m_sites; }

private:
    std::vector<LoadCounts> m_sites;
};

}

Expected<LoadTable> loadTable(BlockSource& source, const PassOptions& options)
{
    const RoutingShape& shape = source.shape();
    ES_ASSIGN(const SiteLoads loads, runPassOf(source, {}, [&] { return SiteLoads(shape); }, options));
    const std::vector<LoadCounts>& sites = loads.sites();

    LoadTable table;
    for (const Site& site : shape.sites)
        table.numExperts = std::max(table.numExperts, site.numExperts);
    table.counts.resize(sites.size() * table.numExperts);
    for (std::size_t i = 0; i < sites.size(); ++i) {
        std::ranges::copy(sites[i].counts(), table.counts.begin() + std::ptrdiff_t(i * table.numExperts));
        table.tokens.push_back(sites[i].tokens());
        table.choices.push_back(sites[i].choices());
    }
    return table;
}

}
