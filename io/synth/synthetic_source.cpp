// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/synth/synthetic_source.h"

#include <limits>

namespace expertscope {

Expected<Block> SyntheticSource::read(SiteIndex site, TokenRange range, Columns wanted, BlockBuffer& buffer)
{
    const RoutingShape& s = shape();
    if (std::size_t(site) >= s.sites.size())
        return fail(
            "site " + std::to_string(site.value) + " asked for, " + std::to_string(s.sites.size()) + " are there");
    if (range.begin > range.end || range.end.value > s.numTokens
        || range.size() > std::numeric_limits<std::uint32_t>::max())
        return fail("tokens " + std::to_string(range.begin.value) + " to " + std::to_string(range.end.value)
            + " asked for, " + std::to_string(s.numTokens) + " are there");
    m_generator->fill(site, range, wanted, buffer);
    Block block;
    block.site = site;
    block.firstToken = range.begin;
    block.numTokens = static_cast<std::uint32_t>(range.size());
    block.numSlots = s.numSlots;
    block.numExperts = s.sites[std::size_t(site)].numExperts;
    block.expertIds = buffer.expertIds;
    if (wanted.weights && s.columns.weights)
        block.weights = buffer.weights;
    if (wanted.entropy && s.columns.entropy)
        block.entropy = buffer.entropy;
    if (wanted.margin && s.columns.margin)
        block.margin = buffer.margin;
    if (wanted.logits && s.columns.logits)
        block.logits = buffer.logits;
    if (wanted.tokenIds && s.columns.tokenIds) {
        buffer.tokenIds.resize(range.size());
        m_generator->tokenIds(range.begin, buffer.tokenIds);
        block.tokenIds = buffer.tokenIds;
    }
    return block;
}

}
