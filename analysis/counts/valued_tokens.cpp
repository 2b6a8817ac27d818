// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/counts/valued_tokens.h"

#include "analysis/spine/pass.h"
#include "analysis/spine/selection.h"

namespace expertscope {

namespace {

/// What one worker has found.
class Bounded
{
public:
    Bounded(std::uint64_t numTokens, const ValueBound& bound)
        : m_bound(bound)
        , m_tokens(numTokens)
    {
    }

    void observe(const Tile& tile)
    {
        const Block& block = tile.blocks.front();
        const auto values = block.*specOf(m_bound.value).values;
        for (const SequenceRun& run : block.runs) {
            for (std::uint32_t t = run.begin; t < run.begin + run.length; ++t) {
                const double value = double(values[t]);
                if (m_bound.atLeast ? value >= m_bound.bound : value < m_bound.bound)
                    m_tokens.insert(TokenIndex(block.firstToken.value + t));
            }
        }
    }
    void merge(const Bounded& other) { m_tokens.unite(other.m_tokens); }

    TokenSet take() { return std::move(m_tokens); }

private:
    const ValueBound m_bound;
    TokenSet m_tokens;
};

}

Expected<TokenSet> valuedTokens(
    BlockSource& source, SiteIndex site, const ValueBound& bound, const std::function<bool(double)>& progress)
{
    const RoutingShape& shape = source.shape();
    const TokenValueSpec& spec = specOf(bound.value);
    if (!records(shape.columns, bound.value))
        return fail(std::string("the trace holds no ") + spec.name, {}, std::string("`") + spec.recordedBy + "` records it");
    PassNeeds needs;
    needs.columns.*spec.column = true;
    PassOptions options;
    options.sites = {site};
    options.progress = progress;
    ES_TRY(selectSites(shape, options));
    ES_ASSIGN(Bounded bounded, runPassOf(source, needs, [&] { return Bounded(shape.numTokens, bound); }, options));
    return bounded.take();
}

}
