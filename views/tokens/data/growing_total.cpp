// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/tokens/data/growing_total.h"

#include "views/tokens/data/token_parts.h"

#include <algorithm>

namespace expertscope {

namespace {

/// Adds the choices of the kept tokens of a range, or takes them away.
Expected<void> count(const KeptTokens& kept, TokenRange range, bool add, GrowingTotal& total, const Progress& progress)
{
    const RoutingShape& shape = kept.shape();
    for (std::uint64_t at = range.begin.value; at < range.end.value;) {
        if (progress && !progress(double(at - range.begin.value) / double(range.size())))
            return fail(kCancelled);
        // Not across the end of a sequence: those between may be left out.
        const auto next = kept.next(TokenIndex(at));
        if (!next || *next >= range.end)
            return {};
        const TokenRange sequence = rangeOf(shape.sequences[std::size_t(sequenceOf(shape, *next))]);
        const TokenRange part{
            *next, TokenIndex(std::min({range.end.value, sequence.end.value, next->value + kPartTokens}))};
        ES_ASSIGN(const SiteChoices choices, readChoices(kept.trace(), total.site, part));
        for (std::size_t t = 0; t < part.size(); ++t) {
            if (!kept.has(TokenIndex(part.begin.value + t)))
                continue;
            std::uint64_t chosen = 0;
            for (std::size_t slot = 0; slot < choices.numSlots; ++slot) {
                const std::uint16_t expert = choices.expert(t, slot);
                if (expert >= total.counts.size())
                    continue;
                total.counts[expert] += add ? 1u : std::uint64_t(-1);
                ++chosen;
            }
            total.choices += add ? chosen : 0 - chosen;
            total.tokens += chosen == 0 ? 0u : add ? 1u : std::uint64_t(-1);
        }
        at = part.end.value;
    }
    return {};
}

TokenIndex behind(TokenIndex token)
{
    return TokenIndex(token.value + 1);
}

}

Expected<GrowingTotal> growingTotal(const KeptTokens& kept, SiteIndex site, TokenIndex start, TokenIndex here,
    const GrowingTotal* from, const Progress& progress)
{
    GrowingTotal total;
    if (from && from->site == site && from->start == start && from->here >= start && here >= start) {
        total = *from;
        if (here >= from->here) {
            ES_TRY(count(kept, {behind(from->here), behind(here)}, true, total, progress));
        } else {
            ES_TRY(count(kept, {behind(here), behind(from->here)}, false, total, progress));
        }
    } else {
        total.site = site;
        total.start = start;
        total.counts.assign(kept.shape().sites[std::size_t(site)].numExperts, 0);
        ES_TRY(count(kept, {start, behind(here)}, true, total, progress));
    }
    total.here = here;
    total.last.clear();
    ES_ASSIGN(const SiteChoices last, readChoices(kept.trace(), site, {here, behind(here)}));
    std::ranges::copy_if(last.experts, std::back_inserter(total.last), [](std::uint16_t e) { return e != kNoExpert; });
    return total;
}

}
