// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which tokens the filters leave, asked one by one: for views that show a text as it stands, and pale what is left out.
#pragma once

#include "analysis/spine/pass_options.h"
#include "views/session/questions.h"

#include <memory>
#include <optional>
#include <vector>

namespace expertscope {

/// The sequence of a token, by binary search.
SequenceIndex sequenceOf(const RoutingShape& shape, TokenIndex token);
/// All its tokens.
TokenRange rangeOf(const Sequence& sequence);

/// Immutable; outlives the study it was made from.
class KeptTokens
{
public:
    /// Errors: those of Study::passOf(), such as a scope that leaves no token.
    static Expected<std::shared_ptr<const KeptTokens>> of(
        StudyPtr study, std::size_t trace, const Scope& scope, const Progress& progress = {});

    const RoutingShape& shape() const { return m_study->shape(m_trace); }
    const NamedTrace& trace() const { return m_study->traces()[m_trace]; }
    const Scope& scope() const { return m_scope; }

    /// Those of which at least one token is kept, in order.
    const std::vector<SequenceIndex>& sequences() const { return m_sequences; }
    std::uint64_t leftOut() const { return shape().sequences.size() - m_sequences.size(); } ///< whole sequences
    std::uint64_t numTokens() const { return m_numTokens; } ///< kept
    bool everything() const { return m_numTokens == shape().numTokens; }

    bool has(SequenceIndex sequence) const;
    bool has(TokenIndex token) const;
    /// The first kept token at or after `from`; the last one at or before it. None: there is none.
    std::optional<TokenIndex> next(TokenIndex from) const;
    std::optional<TokenIndex> previous(TokenIndex from) const;

private:
    KeptTokens() = default;
    /// The kept part of a sequence, but for single tokens that are taken out.
    TokenRange keptRange(SequenceIndex sequence) const;

    StudyPtr m_study;
    std::size_t m_trace = 0;
    Scope m_scope;
    PassOptions m_pass;
    std::vector<SequenceIndex> m_sequences;
    std::uint64_t m_numTokens = 0;
};
using KeptTokensPtr = std::shared_ptr<const KeptTokens>;

}
