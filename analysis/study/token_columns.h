// SPDX-License-Identifier: GPL-3.0-or-later
//
// What was recorded of the single tokens of a sequence: for views that show them one by one.
#pragma once

#include "analysis/study/study.h"

namespace expertscope {

struct TokenColumns
{
    SequenceIndex sequence;
    TokenRange range; ///< of the trace
    std::uint32_t position = 0; ///< of its first token in the sequence
    std::vector<SiteIndex> sites;
    std::uint16_t numSlots = 0; ///< K
    std::vector<std::vector<std::uint16_t>> experts; ///< [site][n * K], kNoExpert where none
    std::vector<std::vector<float>> weights; ///< [site][n * K], or empty
    std::vector<std::vector<float>> entropy, margin; ///< [site][n], or empty
    std::vector<std::uint8_t> kept; ///< [n] the scope holds this token
    std::vector<std::int32_t> ids; ///< [n], or empty; -1: unknown
    std::vector<std::string> pieces; ///< [n] its bytes, maybe half a character; empty where they are not known

    std::size_t size() const { return range.size(); }
    std::uint16_t expert(std::size_t site, std::size_t token, std::size_t rank) const
    {
        return experts[site][token * numSlots + rank];
    }
};

/// Tokens of a sequence as a scope sees them.
struct TokenQuestion
{
    Scope scope;
    std::optional<SequenceIndex> sequence; ///< none: the first one that the scope keeps
    std::uint32_t from = 0; ///< position in the sequence
    std::uint32_t most = UINT32_MAX; ///< tokens
    std::vector<SiteIndex> sites;
    Columns columns; ///< besides expert and token ids; what the trace lacks stays empty
};

/// The bytes of tokens by their ids, maybe halves of characters; empty where the id or its text is not known. Error: what
/// reading the vocabulary says.
Expected<std::vector<std::string>> tokenPieces(const NamedTrace& trace, std::span<const std::int32_t> ids);

/// Errors: those of Study::passOf(); no such sequence, one that the scope leaves out, or a first token behind its end;
/// what reading fails with; kCancelled.
Expected<TokenColumns> tokenColumns(
    const Study& study, std::size_t trace, const TokenQuestion& question, const Progress& progress);

}
