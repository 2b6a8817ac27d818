// SPDX-License-Identifier: GPL-3.0-or-later
//
// Finding in the text of a trace: words, regular expressions, ids of tokens, tokens that chose an expert.
#pragma once

#include "views/tokens/data/kept_tokens.h"

#include <QRegularExpression>
#include <QString>

#include <functional>
#include <variant>
#include <vector>

namespace expertscope {

struct TokenQuery
{
    struct Words
    {
        QString text;
        Qt::CaseSensitivity sensitivity = Qt::CaseInsensitive;
        bool operator==(const Words&) const = default;
    };
    struct Id
    {
        std::int32_t id = -1;
        bool operator==(const Id&) const = default;
    };
    struct Chosen
    {
        SiteIndex site;
        ExpertIndex expert;
        bool operator==(const Chosen&) const = default;
    };
    std::variant<Words, QRegularExpression, Id, Chosen> what;

    bool operator==(const TokenQuery&) const = default;
};

/// "#123": an id; "L5E27", "layer 5 expert 27", "5:27": tokens that chose it; "E27": at `site`; all else is text, or a
/// regular expression as Qt has them. Errors: no such layer or expert, no regular expression.
Expected<TokenQuery> tokenQuery(
    const QString& typed, bool regular, bool caseMatters, const RoutingShape& shape, SiteIndex site);

/// Matches in the order of the trace, as they are found; each touches the tokens of its range. False ends the search.
using FoundTokens = std::function<bool(std::vector<TokenRange> more, double fraction)>;

/// Searches the kept sequences, of them only what begins in kept tokens. The text of a sequence is searched as a whole,
/// so that a match may span tokens; of more than kSearchTokens tokens in pieces, where a match longer than
/// kSearchOverlap tokens may be missed. `found` is called at least once a piece. Errors: what reading says; a trace
/// without texts, or ids, where they are needed; kCancelled.
inline constexpr std::uint32_t kSearchTokens = 1 << 17, kSearchOverlap = 2048;
Expected<void> searchTokens(const KeptTokens& kept, const TokenQuery& query, const FoundTokens& found);

}
