// SPDX-License-Identifier: GPL-3.0-or-later
//
// How often each expert was chosen by the tokens passed since playing began: follows from where it began and where it
// is alone, and is the same however one came there.
#pragma once

#include "views/tokens/data/kept_tokens.h"

#include <vector>

namespace expertscope {

struct GrowingTotal
{
    SiteIndex site;
    TokenIndex start, here; ///< both are counted
    std::vector<std::uint64_t> counts; ///< [experts] choices, all slots
    std::uint64_t tokens = 0; ///< kept ones, with a choice
    std::uint64_t choices = 0;
    std::vector<std::uint16_t> last; ///< what the token `here` chooses, first one first
};

/// `from`: another total of the same kept tokens, to count on from where that saves reading; null: none.
/// Errors: what reading says; kCancelled.
Expected<GrowingTotal> growingTotal(const KeptTokens& kept, SiteIndex site, TokenIndex start, TokenIndex here,
    const GrowingTotal* from = nullptr, const Progress& progress = {});

}
