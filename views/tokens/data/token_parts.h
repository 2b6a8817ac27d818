// SPDX-License-Identifier: GPL-3.0-or-later
//
// What was recorded of some tokens, as it stands, whatever the filters say: read in parts, so that a text of any length
// can be looked at.
#pragma once

#include "analysis/study/study.h"
#include "views/tokens/data/shown_pieces.h"

#include <memory>
#include <vector>

namespace expertscope {

/// At most so many tokens are read, and broken into lines, together.
inline constexpr std::uint32_t kPartTokens = 2048;

/// Tokens of one sequence.
struct TokenTexts
{
    TokenRange range;
    std::vector<std::int32_t> ids; ///< [n], or empty; -1: unknown
    std::vector<ShownPiece> pieces; ///< [n]
    std::vector<float> loss; ///< [n], nats, or empty; NaN at the last token of a sequence

    std::size_t bytes() const;
};

/// What a router chose for them.
struct SiteChoices
{
    SiteIndex site;
    TokenRange range;
    std::uint16_t numSlots = 0; ///< K
    std::vector<std::uint16_t> experts; ///< [n * K], kNoExpert where none
    std::vector<float> weights; ///< [n * K], or empty
    std::vector<float> entropy, margin; ///< [n], or empty

    std::uint16_t expert(std::size_t token, std::size_t slot) const { return experts[token * numSlots + slot]; }
    /// The slot of an expert, 0 = first choice; none: not chosen.
    std::optional<std::size_t> slotOf(std::size_t token, ExpertIndex expert) const;
    std::size_t bytes() const;
};

/// The rank of an expert among all of its router, 1 = first: its slot, and behind the chosen ones by router logits.
struct ExpertRanks
{
    TokenRange range;
    std::vector<std::uint16_t> ranks; ///< [n]; 0: not known, since logits were not recorded or nothing was chosen

    std::size_t bytes() const { return ranks.size() * sizeof(std::uint16_t); }
};

using TokenTextsPtr = std::shared_ptr<const TokenTexts>;
using SiteChoicesPtr = std::shared_ptr<const SiteChoices>;
using ExpertRanksPtr = std::shared_ptr<const ExpertRanks>;

/// `range` lies in one sequence. Errors: what reading the trace says, with its name in front.
Expected<TokenTexts> readTexts(const NamedTrace& trace, TokenRange range);
Expected<SiteChoices> readChoices(const NamedTrace& trace, SiteIndex site, TokenRange range);
Expected<ExpertRanks> readRanks(const NamedTrace& trace, SiteIndex site, ExpertIndex expert, TokenRange range);

}
