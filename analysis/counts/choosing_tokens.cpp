// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/counts/choosing_tokens.h"

#include "analysis/spine/pass.h"
#include "analysis/spine/selection.h"

namespace expertscope {

namespace {

class Choosing
{
public:
    Choosing(std::uint64_t numTokens, const std::vector<std::uint8_t>& wanted)
        : m_wanted(wanted)
        , m_tokens(numTokens)
    {
    }

    void observe(const Tile& tile)
    {
        const Block& block = tile.blocks.front();
        for (const SequenceRun& run : block.runs) {
            const auto ids = block.expertIds.subspan(
                std::size_t(run.begin) * block.numSlots, std::size_t(run.length) * block.numSlots);
            for (std::size_t i = 0; i < ids.size(); ++i) {
                if (ids[i] < m_wanted.size() && m_wanted[ids[i]])
                    m_tokens.insert(TokenIndex(block.firstToken.value + run.begin + i / block.numSlots));
            }
        }
    }
    void merge(const Choosing& other) { m_tokens.unite(other.m_tokens); }

    TokenSet take() { return std::move(m_tokens); }

private:
    const std::vector<std::uint8_t>& m_wanted; ///< [E]
    TokenSet m_tokens;
};

}

Expected<TokenSet> choosingTokens(BlockSource& source, SiteIndex site, const std::vector<ExpertIndex>& experts,
    const std::function<bool(double)>& progress)
{
    const RoutingShape& shape = source.shape();
    PassOptions options;
    options.sites = {site};
    options.progress = progress;
    ES_TRY(selectSites(shape, options));
    std::vector<std::uint8_t> wanted(shape.sites[std::size_t(site)].numExperts);
    for (const ExpertIndex expert : experts) {
        if (expert.value >= wanted.size())
            return fail("site " + std::to_string(site.value) + " has no expert " + std::to_string(expert.value), {},
                "its experts: 0-" + std::to_string(wanted.size() - 1));
        wanted[expert.value] = 1;
    }
    ES_ASSIGN(Choosing choosing,
        runPassOf(
            source, {}, [&] { return Choosing(shape.numTokens, wanted); }, options));
    return choosing.take();
}

}
