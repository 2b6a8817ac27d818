// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/tokens/data/kept_tokens.h"

#include "analysis/spine/selection.h"

#include <algorithm>

namespace expertscope {

SequenceIndex sequenceOf(const RoutingShape& shape, TokenIndex token)
{
    const auto after = std::ranges::upper_bound(shape.sequences, token, {}, &Sequence::begin);
    return SequenceIndex(std::uint32_t(std::max<std::ptrdiff_t>(after - shape.sequences.begin(), 1) - 1));
}

TokenRange rangeOf(const Sequence& sequence)
{
    return {sequence.begin, TokenIndex(sequence.begin.value + sequence.length)};
}

Expected<KeptTokensPtr> KeptTokens::of(StudyPtr study, std::size_t trace, const Scope& scope, const Progress& progress)
{
    const std::shared_ptr<KeptTokens> kept(new KeptTokens);
    kept->m_study = std::move(study);
    kept->m_trace = trace;
    kept->m_scope = scope;
    ES_ASSIGN(kept->m_pass, kept->m_study->passOf(trace, scope, progress));
    ES_ASSIGN(kept->m_sequences, selectSequences(kept->shape(), kept->m_pass));
    std::erase_if(kept->m_sequences, [&](SequenceIndex sequence) {
        const TokenRange range = kept->keptRange(sequence);
        const std::uint64_t count = kept->m_pass.tokens ? kept->m_pass.tokens->count(range) : range.size();
        kept->m_numTokens += count;
        return count == 0;
    });
    return kept;
}

TokenRange KeptTokens::keptRange(SequenceIndex sequence) const
{
    const Sequence& all = shape().sequences[std::size_t(sequence)];
    const PositionRange kept = keptPositions(all, m_pass);
    return {TokenIndex(all.begin.value + kept.begin), TokenIndex(all.begin.value + kept.end)};
}

bool KeptTokens::has(SequenceIndex sequence) const
{
    return std::ranges::binary_search(m_sequences, sequence);
}

bool KeptTokens::has(TokenIndex token) const
{
    if (token.value >= shape().numTokens)
        return false;
    const SequenceIndex sequence = sequenceOf(shape(), token);
    if (!has(sequence) || (m_pass.tokens && !m_pass.tokens->has(token)))
        return false;
    const TokenRange kept = keptRange(sequence);
    return token >= kept.begin && token < kept.end;
}

std::optional<TokenIndex> KeptTokens::next(TokenIndex from) const
{
    if (from.value >= shape().numTokens)
        return {};
    for (auto s = std::ranges::lower_bound(m_sequences, sequenceOf(shape(), from)); s != m_sequences.end(); ++s) {
        const TokenRange kept = keptRange(*s);
        const TokenIndex begin = std::max(from, kept.begin);
        const TokenIndex found = begin >= kept.end ? kept.end
            : m_pass.tokens                        ? m_pass.tokens->next(begin, kept.end)
                                                   : begin;
        if (found < kept.end)
            return found;
    }
    return {};
}

std::optional<TokenIndex> KeptTokens::previous(TokenIndex from) const
{
    if (m_sequences.empty())
        return {};
    from = std::min(from, TokenIndex(shape().numTokens - 1));
    auto s = std::ranges::upper_bound(m_sequences, sequenceOf(shape(), from));
    while (s != m_sequences.begin()) {
        const TokenRange kept = keptRange(*--s);
        for (std::uint64_t end = std::min(from.value + 1, kept.end.value); end > kept.begin.value; --end) {
            if (!m_pass.tokens || m_pass.tokens->has(TokenIndex(end - 1)))
                return TokenIndex(end - 1);
        }
    }
    return {};
}

}
