// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/topk/cut_counts.h"

#include "analysis/counts/probabilities.h"
#include "analysis/spine/pass.h"
#include "analysis/spine/selection.h"

namespace expertscope::topk {

void CutCounts::add(const CutCounts& other)
{
    kept += other.kept;
    same += other.same;
    lostWeight.add(other.lostWeight);
    lostProbability.add(other.lostProbability);
}

void SiteCounts::add(const SiteCounts& other)
{
    tokens += other.tokens;
    choosing += other.choosing;
    choices += other.choices;
    weighed += other.weighed;
    scored += other.scored;
    for (std::size_t c = 0; c < cuts.size(); ++c)
        cuts[c].add(other.cuts[c]);
}

namespace {

class CutCounter
{
public:
    CutCounter(const RoutingShape& shape, const std::vector<SiteIndex>& sites, const std::vector<Cut>& cuts)
        : m_shape(shape)
        , m_sites(sites)
        , m_cuts(cuts)
        , m_counts(sites.size())
    {
        for (SiteCounts& counts : m_counts)
            counts.cuts.resize(cuts.size());
    }
    void observe(const Tile& tile)
    {
        for (const Block& block : tile.blocks) {
            SiteCounts& counts = m_counts[std::size_t(std::ranges::find(m_sites, block.site) - m_sites.begin())];
            forEachToken(block, [&](std::size_t t) { add(block, t, counts); });
        }
    }
    void merge(const CutCounter& other)
    {
        for (std::size_t s = 0; s < m_counts.size(); ++s)
            m_counts[s].add(other.m_counts[s]);
    }
    std::vector<SiteCounts> take() { return std::move(m_counts); }

private:
    void add(const Block& block, std::size_t t, SiteCounts& counts)
    {
        ++counts.tokens;
        m_token.read(m_shape.sites[std::size_t(block.site)], block, t, m_shape.columns);
        if (m_token.chosen() == 0)
            return;
        ++counts.choosing;
        counts.choices += m_token.chosen();
        counts.weighed += m_token.weighed();
        counts.scored += m_token.scored();
        for (std::size_t c = 0; c < m_cuts.size(); ++c) {
            CutCounts& cut = counts.cuts[c];
            m_token.kept(m_cuts[c]);
            cut.kept += m_token.keptCount();
            cut.same += m_token.keptCount() == m_token.chosen();
            if (m_token.weighed())
                cut.lostWeight.add(m_token.lostWeight());
            if (m_token.scored())
                cut.lostProbability.add(m_token.lostProbability());
        }
    }

    const RoutingShape& m_shape;
    const std::vector<SiteIndex>& m_sites;
    const std::vector<Cut>& m_cuts;
    std::vector<SiteCounts> m_counts;
    CutToken m_token;
};

}

Expected<std::vector<SiteCounts>> countCuts(
    BlockSource& source, const std::vector<Cut>& cuts, const PassOptions& selection)
{
    const RoutingShape& shape = source.shape();
    ES_ASSIGN(const auto sites, selectSites(shape, selection));
    PassNeeds needs;
    needs.columns.weights = shape.columns.weights;
    needs.columns.logits = shape.columns.logits;
    ES_ASSIGN(
        CutCounter counter, runPassOf(source, needs, [&] { return CutCounter(shape, sites, cuts); }, selection));
    return counter.take();
}

}
