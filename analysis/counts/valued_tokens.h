// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/spine/pass_options.h"
#include "io/base/error.h"

namespace expertscope {

/// What is recorded of single tokens.
enum class TokenValue : std::uint8_t
{
    Entropy, ///< of a router, nats
    Margin, ///< between its last choice and the first that was not chosen
    Loss ///< of the prediction made at the token, nats; the same at all routers
};

/// What it is called, and where it stands.
struct TokenValueSpec
{
    const char* name;
    TokenValue value;
    bool Columns::*column;
    std::span<const float> Block::*values;
    const char* recordedBy; ///< the command that records it
};
inline constexpr TokenValueSpec kTokenValues[] = {
    {"entropy", TokenValue::Entropy, &Columns::entropy, &Block::entropy, "capture"},
    {"margin", TokenValue::Margin, &Columns::margin, &Block::margin, "capture"},
    {"loss", TokenValue::Loss, &Columns::loss, &Block::loss, "capture --loss"},
};
constexpr const TokenValueSpec& specOf(TokenValue value)
{
    return kTokenValues[std::size_t(value)];
}

inline bool records(const Columns& columns, TokenValue value)
{
    return columns.*specOf(value).column;
}

/// At least `bound`, or below it.
struct ValueBound
{
    TokenValue value = TokenValue::Entropy;
    bool atLeast = true;
    double bound = 0;

    bool operator==(const ValueBound&) const = default;
};

/// The tokens whose value at a site is so; of those without a value (NaN) none. One pass over that site. `progress` as
/// PassOptions::progress. Errors: no such site; the trace does not hold the value; what the source reports; kCancelled.
Expected<TokenSet> valuedTokens(
    BlockSource& source, SiteIndex site, const ValueBound& bound, const std::function<bool(double)>& progress = {});

}
