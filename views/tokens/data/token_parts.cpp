// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/tokens/data/token_parts.h"

#include "analysis/study/token_columns.h"
#include "views/tokens/data/kept_tokens.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

/// A character has four bytes at most: so many tokens beside a part may hold bytes of its first or last one.
constexpr std::uint64_t kBeside = 3;

template <class T> std::vector<T> copied(std::span<const T> from)
{
    return {from.begin(), from.end()};
}

Expected<Block> readBlock(
    const NamedTrace& trace, SiteIndex site, TokenRange range, const Columns& columns, BlockBuffer& buffer)
{
    auto block = trace.source->read(site, range, columns, buffer);
    if (!block)
        return tl::unexpected(inFile(std::move(block).error(), trace.path));
    return block;
}

}

std::size_t TokenTexts::bytes() const
{
    std::size_t sum = sizeof *this + ids.size() * sizeof ids[0] + loss.size() * sizeof loss[0];
    for (const ShownPiece& piece : pieces)
        sum += sizeof piece + std::size_t(piece.text.capacity() + piece.tip.capacity()) * sizeof(QChar);
    return sum;
}

std::optional<std::size_t> SiteChoices::slotOf(std::size_t token, ExpertIndex wanted) const
{
    for (std::size_t slot = 0; slot < numSlots; ++slot) {
        if (expert(token, slot) == wanted.value)
            return slot;
    }
    return {};
}

std::size_t SiteChoices::bytes() const
{
    return sizeof *this + experts.size() * sizeof(std::uint16_t)
        + (weights.size() + entropy.size() + margin.size()) * sizeof(float);
}

Expected<TokenTexts> readTexts(const NamedTrace& trace, TokenRange range)
{
    const RoutingShape& shape = trace.source->shape();
    TokenTexts texts;
    texts.range = range;
    const std::size_t n = range.size();
    if (n == 0)
        return texts;
    const TokenRange sequence = rangeOf(shape.sequences[std::size_t(sequenceOf(shape, range.begin))]);
    const std::uint64_t before = std::min(kBeside, range.begin.value - sequence.begin.value);
    const std::uint64_t after = std::min(kBeside, sequence.end.value - range.end.value);
    std::vector<std::string> bytes;
    if (shape.columns.tokenIds && !shape.sites.empty()) {
        BlockBuffer buffer;
        const TokenRange wide{TokenIndex(range.begin.value - before), TokenIndex(range.end.value + after)};
        ES_ASSIGN(const Block block, readBlock(trace, SiteIndex(0), wide, {.tokenIds = true}, buffer));
        ES_ASSIGN(bytes, tokenPieces(trace, block.tokenIds));
        texts.ids = copied(block.tokenIds.subspan(before, n));
    }
    texts.pieces = shownPieces(bytes, texts.ids, before, n);
    const auto* const file = dynamic_cast<const TraceFile*>(trace.source.get());
    if (file && file->summary().columns.loss) {
        ES_ASSIGN(texts.loss, file->loss(range));
    }
    return texts;
}

Expected<SiteChoices> readChoices(const NamedTrace& trace, SiteIndex site, TokenRange range)
{
    BlockBuffer buffer;
    ES_ASSIGN(
        const Block block, readBlock(trace, site, range, {.weights = true, .entropy = true, .margin = true}, buffer));
    return SiteChoices{site, range, block.numSlots, copied(block.expertIds), copied(block.weights),
        copied(block.entropy), copied(block.margin)};
}

Expected<ExpertRanks> readRanks(const NamedTrace& trace, SiteIndex site, ExpertIndex expert, TokenRange range)
{
    ExpertRanks ranks;
    ranks.range = range;
    ranks.ranks.resize(range.size());
    BlockBuffer buffer;
    ES_ASSIGN(const Block block, readBlock(trace, site, range, {.logits = true}, buffer));
    const std::size_t width = block.numSlots, experts = block.numExperts;
    if (expert.value >= experts)
        return ranks;
    for (std::size_t t = 0; t < range.size(); ++t) {
        const auto chosen = block.expertIds.subspan(t * width, width);
        const auto slot = std::ranges::find(chosen, expert.value);
        const auto count = std::size_t(std::ranges::count_if(chosen, [](std::uint16_t e) { return e != kNoExpert; }));
        if (slot != chosen.end()) {
            ranks.ranks[t] = std::uint16_t(slot - chosen.begin() + 1);
        } else if (count > 0 && !block.logits.empty()) {
            // Selection may add more to the logits than is recorded: among those not chosen they are what there is.
            const auto logits = block.logits.subspan(t * experts, experts);
            std::size_t before = 0;
            for (std::size_t e = 0; e < experts; ++e) {
                if (std::ranges::find(chosen, std::uint16_t(e)) != chosen.end())
                    continue;
                before += logits[e] > logits[expert.value] || (logits[e] == logits[expert.value] && e < expert.value);
            }
            ranks.ranks[t] = std::uint16_t(count + before + 1);
        }
    }
    return ranks;
}

}
