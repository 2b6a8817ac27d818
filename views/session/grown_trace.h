// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/trace/trace_file.h"

namespace expertscope {

/// Is `now` what `before` was, or has become? A capture that is watched is read again and again, in the end under its own
/// name; it is one trace, and what was chosen of it and looked at stays. `before` may have been all of it: whoever looked
/// just before the capture ended saw every token.
inline bool isGrownFrom(const TraceSummary& before, const TraceSummary& now)
{
    return before.numTokens > 0 && now.numTokens >= before.numTokens && !before.uuid.empty()
        && before.uuid == now.uuid && before.sites == now.sites;
}

}
