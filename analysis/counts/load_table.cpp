// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/counts/load_counts.h"
#include "analysis/counts/load_table.h"

#include <algorithm>

namespace expertscope {

namespace {

class TableAccumulator final : public Accumulator
{
public:
    explicit TableAccumulator(const RoutingShape& shape)
    {
        for (const Site& site : shape.sites)
            m_sites.emplace_back(site);
    }

    void observe(const Tile& tile) override
    {
        for (std::size_t i = 0; i < tile.blocks.size(); ++i) {
            const Block& block = tile.blocks[i];
            for (const SequenceRun& run : block.runs)
                m_sites[std::size_t(block.site)].add(block, tile.bits[i], run);
        }
    }

    void merge(const Accumulator& other) override
    {
        const auto& that = static_cast<const TableAccumulator&>(other);
        for (std::size_t i = 0; i < m_sites.size(); ++i)
            m_sites[i].add(that.m_sites[i]);
    }

    Results result() const override { return {}; }
    void persist(Archive& archive) override
    {
        for (LoadCounts& site : m_sites)
            site.persist(archive);
    }

    const std::vector<LoadCounts>& sites() const { return m_sites; }

private:
    std::vector<LoadCounts> m_sites;
};

}

Expected<LoadTable> loadTable(BlockSource& source, const PassOptions& options)
{
    const RoutingShape& shape = source.shape();
    const auto make = [&] {
        AccumulatorSet set;
        set.push_back(std::make_unique<TableAccumulator>(shape));
        return set;
    };
    ES_ASSIGN(const AccumulatorSet set, runPass(source, {}, make, options));
    const auto& sites = static_cast<const TableAccumulator&>(*set.front()).sites();

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
