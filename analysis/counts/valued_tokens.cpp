// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/counts/valued_tokens.h"

#include "analysis/spine/pass.h"
#include "analysis/spine/selection.h"

namespace expertscope {

namespace {

std::span<const float> valuesOf(const Block& block, TokenValue value)
{
    switch (value) {
    case TokenValue::Entropy:
        return block.entropy;
    case TokenValue::Margin:
        return block.margin;
    case TokenValue::Loss:
        break;
    }
    return block.loss;
}

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
        const auto values = valuesOf(block, m_bound.value);
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

bool records(const Columns& columns, TokenValue value)
{
    switch (value) {
    case TokenValue::Entropy:
        return columns.entropy;
    case TokenValue::Margin:
        return columns.margin;
    case TokenValue::Loss:
        break;
    }
    return columns.loss;
}

Expected<TokenSet> valuedTokens(
    BlockSource& source, SiteIndex site, const ValueBound& bound, const std::function<bool(double)>& progress)
{
    const RoutingShape& shape = source.shape();
    if (!records(shape.columns, bound.value)) {
        static constexpr const char* kNames[] = {"entropy", "margin", "loss"};
        return fail(std::string("the trace holds no ") + kNames[std::size_t(bound.value)], {},
            bound.value == TokenValue::Loss ? "`capture --loss` records it" : "`capture` records it");
    }
    PassNeeds needs;
    needs.columns.entropy = bound.value == TokenValue::Entropy;
    needs.columns.margin = bound.value == TokenValue::Margin;
    needs.columns.loss = bound.value == TokenValue::Loss;
    PassOptions options;
    options.sites = {site};
    options.progress = progress;
    ES_TRY(selectSites(shape, options));
    ES_ASSIGN(Bounded bounded, runPassOf(source, needs, [&] { return Bounded(shape.numTokens, bound); }, options));
    return bounded.take();
}

}
