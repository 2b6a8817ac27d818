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

bool records(const Columns& columns, TokenValue value);

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
