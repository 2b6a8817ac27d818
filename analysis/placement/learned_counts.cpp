// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/placement/learned_counts.h"

#include "analysis/spine/pass.h"
#include "analysis/spine/selection.h"

#include <algorithm>

namespace expertscope::placement {

namespace {

void addTo(auto& sums, const auto& others)
{
    for (std::size_t i = 0; i < sums.size(); ++i)
        sums[i] += others[i];
}

class Counter
{
public:
    Counter(const RoutingShape& shape, const std::vector<SiteIndex>& sites, const LearnOptions& what)
        : m_what(what)
    {
        for (std::size_t i = 0; i < sites.size(); ++i) {
            const Site& site = shape.sites[std::size_t(sites[i])];
            SiteCounts counts{sites[i], site.layer, site.numExperts, 0, {}, {}, {}};
            const std::size_t E = site.numExperts;
            counts.load.resize(E);
            if (what.together)
                counts.together.resize(E * E);
            if (what.next && i + 1 < sites.size())
                counts.next.resize(E * shape.sites[std::size_t(sites[i + 1])].numExperts);
            m_counts.sites.push_back(std::move(counts));
        }
    }

    void observe(const Tile& tile)
    {
        for (std::size_t b = 0; b < tile.blocks.size(); ++b) {
            const Block& block = tile.blocks[b];
            SiteCounts& counts = *std::ranges::lower_bound(m_counts.sites, block.site, {}, &SiteCounts::site);
            const Block* following = m_what.next && b + 1 < tile.blocks.size() ? &tile.blocks[b + 1] : nullptr;
            for (const SequenceRun& run : block.runs) {
                for (std::size_t t = run.begin; t < std::size_t(run.begin) + run.length; ++t)
                    count(counts, block, following, t);
            }
        }
    }

    void merge(const Counter& other)
    {
        const auto& others = other.m_counts.sites;
        for (std::size_t i = 0; i < others.size(); ++i) {
            SiteCounts& counts = m_counts.sites[i];
            counts.tokens += others[i].tokens;
            addTo(counts.load, others[i].load);
            addTo(counts.together, others[i].together);
            addTo(counts.next, others[i].next);
        }
    }

    LearnedCounts take() { return std::move(m_counts); }

private:
    /// The experts that the token chose, gathered: returns how many.
    static std::size_t chosen(const Block& block, std::size_t token, std::uint16_t* out)
    {
        const std::uint16_t* ids = block.expertIds.data() + token * block.numSlots;
        const std::size_t slots = block.evenSlots ? block.evenSlots : block.numSlots;
        std::size_t n = 0;
        for (std::size_t r = 0; r < slots; ++r) {
            if (ids[r] != kNoExpert)
                out[n++] = ids[r];
        }
        return n;
    }

    void count(SiteCounts& counts, const Block& block, const Block* following, std::size_t token)
    {
        const std::size_t E = counts.numExperts;
        m_here.resize(std::max<std::size_t>(m_here.size(), block.numSlots));
        const std::size_t n = chosen(block, token, m_here.data());
        counts.tokens += n > 0;
        for (std::size_t i = 0; i < n; ++i)
            ++counts.load[m_here[i]];
        if (m_what.together) {
            for (std::size_t i = 0; i < n; ++i) {
                for (std::size_t j = 0; j < n; ++j)
                    counts.together[m_here[i] * E + m_here[j]] += m_here[i] != m_here[j];
            }
        }
        if (!following)
            return;
        const std::size_t E2 = following->numExperts;
        if (m_what.nextPairs == NextPairs::First) {
            const std::uint16_t from = block.expertIds[token * block.numSlots],
                                to = following->expertIds[token * following->numSlots];
            if (from != kNoExpert && to != kNoExpert)
                ++counts.next[from * E2 + to];
            return;
        }
        m_there.resize(std::max<std::size_t>(m_there.size(), following->numSlots));
        const std::size_t n2 = chosen(*following, token, m_there.data());
        for (std::size_t i = 0; i < n; ++i) {
            std::uint32_t* row = counts.next.data() + m_here[i] * E2;
            for (std::size_t j = 0; j < n2; ++j)
                ++row[m_there[j]];
        }
    }

    LearnOptions m_what;
    LearnedCounts m_counts;
    std::vector<std::uint16_t> m_here, m_there; ///< of the token at hand
};

}

Expected<LearnedCounts> learn(BlockSource& source, const LearnOptions& what, const PassOptions& options)
{
    const RoutingShape& shape = source.shape();
    ES_ASSIGN(const auto sites, selectSites(shape, options));
    if ((what.together || what.next) && shape.numTokens > UINT32_MAX)
        return fail("pairs of experts cannot be counted over more than 2^32 - 1 tokens", {}, "select some sequences");
    ES_ASSIGN(Counter counter, runPassOf(source, {{}, what.next}, [&] { return Counter(shape, sites, what); }, options));
    return counter.take();
}

}
