// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/profile/scope_tokens.h"

#include "analysis/spine/selection.h"

namespace expertscope {

Expected<TokenSet> tokensOf(const RoutingShape& shape, const PassOptions& pass)
{
    TokenSet tokens(shape.numTokens);
    ES_ASSIGN(const auto sequences, selectSequences(shape, pass));
    for (const SequenceIndex s : sequences) {
        const Sequence& sequence = shape.sequences[std::size_t(s)];
        const PositionRange kept = keptPositions(sequence, pass);
        tokens.insert(
            {TokenIndex(sequence.begin.value + kept.begin), TokenIndex(sequence.begin.value + kept.end)});
    }
    if (pass.tokens)
        tokens.intersect(*pass.tokens);
    return tokens;
}

Expected<TokenSet> tokensOf(const Study& study, std::size_t trace, const Scope& scope, const Progress& progress)
{
    // A pass over nothing is an error to those who make it; here it is an answer.
    ES_ASSIGN(const Study::Extent extent, study.extentOf(trace, scope, progress));
    if (extent.tokens == 0)
        return TokenSet(study.shape(trace).numTokens);
    ES_ASSIGN(const PassOptions pass, study.passOf(trace, scope, progress));
    return tokensOf(study.shape(trace), pass);
}

std::vector<std::uint32_t> countsBySequence(const RoutingShape& shape, const TokenSet& tokens)
{
    std::vector<std::uint32_t> counts;
    counts.reserve(shape.sequences.size());
    for (const Sequence& sequence : shape.sequences)
        counts.push_back(std::uint32_t(
            tokens.count({sequence.begin, TokenIndex(sequence.begin.value + sequence.length)})));
    return counts;
}

}
