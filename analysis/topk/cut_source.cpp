// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/topk/cut_source.h"

#include <algorithm>

namespace expertscope::topk {

CutSource::CutSource(std::shared_ptr<BlockSource> like, Cut cut)
    : m_like(std::move(like))
    , m_cut(cut)
    , m_shape(m_like->shape())
{
    Columns left;
    left.tokenIds = m_shape.columns.tokenIds;
    m_shape.columns = left;
    for (Site& site : m_shape.sites) {
        if (m_cut.by == Cut::By::Keep && m_cut.amount < site.topK)
            site.topK = std::uint16_t(m_cut.amount);
    }
}

Expected<Block> CutSource::read(SiteIndex site, TokenRange range, Columns wanted, BlockBuffer& buffer)
{
    Columns needed = neededBy(m_cut.by);
    needed.tokenIds = wanted.tokenIds;
    ES_ASSIGN(Block block, m_like->read(site, range, needed, buffer));
    const std::size_t K = block.numSlots;
    if (block.expertIds.data() != buffer.expertIds.data())
        buffer.expertIds.assign(block.expertIds.begin(), block.expertIds.end());
    if (m_cut.by == Cut::By::Keep) {
        for (std::size_t i = 0; i < buffer.expertIds.size(); ++i) {
            if (double(i % K) >= m_cut.amount)
                buffer.expertIds[i] = kNoExpert;
        }
        block.evenSlots = std::uint16_t(std::min(double(block.evenSlots), m_cut.amount));
    } else if (m_cut.by != Cut::By::None) {
        CutToken token;
        for (std::size_t t = 0; t < block.numTokens; ++t) {
            token.read(m_like->shape().sites[std::size_t(site)], block, t, needed);
            const auto& kept = token.kept(m_cut);
            for (std::size_t r = 0; r < K; ++r) {
                if (!kept[r])
                    buffer.expertIds[t * K + r] = kNoExpert; // seen by no later token
            }
        }
        block.evenSlots = 0;
    }
    block.expertIds = buffer.expertIds;
    block.weights = {};
    block.logits = {};
    return block;
}

}
