// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/synth/generator.h"

#include <algorithm>

namespace expertscope {

void Generator::tokenIds(TokenIndex, std::span<std::int32_t> ids) const
{
    std::ranges::fill(ids, -1);
}

TokenRange Generator::advance(std::uint32_t numTokens)
{
    const TokenRange range{TokenIndex(m_made), TokenIndex(m_made + numTokens)};
    m_made += numTokens;
    return range;
}

Expected<void> CellGenerator::next(std::uint32_t numTokens, const SlabSink& sink)
{
    const TokenRange range = advance(numTokens);
    for (std::uint16_t site = 0; site < shape().sites.size(); ++site) {
        fill(SiteIndex(site), range, shape().columns, m_buffer);
        ES_TRY(sink({.firstSite = SiteIndex(site),
            .numSites = 1,
            .firstToken = range.begin.value,
            .numTokens = numTokens,
            .expertIds = m_buffer.expertIds,
            .weights = m_buffer.weights,
            .entropy = m_buffer.entropy,
            .margin = m_buffer.margin,
            .logits = m_buffer.logits,
            .loss = {}}));
    }
    return {};
}

}
