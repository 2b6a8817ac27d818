// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/spine/phase.h"
#include "analysis/spine/token_set.h"
#include "io/trace/routing.h"

#include <functional>
#include <memory>
#include <vector>

namespace expertscope {

/// One of `count` consecutive parts of the selected sequences, with about as many tokens each.
struct Shard
{
    unsigned index = 0, count = 1; ///< index < count
};

/// Options of a pass over a trace, common to all metrics.
struct PassOptions
{
    std::vector<LabelFilter> where; ///< sequences must satisfy all of them
    std::vector<LabelFilter> without; ///< and none of these
    /// Only these tokens of them; null: all. What metrics count as neighbours are neighbours in the trace: two tokens
    /// with one between them that is left out are none.
    std::shared_ptr<const TokenSet> tokens;
    std::vector<SiteIndex> sites; ///< empty: all
    std::uint32_t skipFirst = 0; ///< leading tokens of each sequence to leave out
    Phase phase = Phase::All; ///< of each sequence only its prompt, or only what was generated
    std::uint32_t sample = 0; ///< of the selected sequences only so many, drawn evenly over the trace; 0: all
    Shard shard; ///< the part of the selected sequences that is read
    std::uint32_t mostLength = UINT32_MAX; ///< tokens of a sequence that are looked at, after what skipFirst and phase leave out
    std::uint32_t everySequence = 1; ///< of the selected sequences only each so-many-th: a sample
    unsigned threads = 0; ///< 0: all cores
    std::function<bool(double fraction)> progress; ///< called often, from the caller's thread; false cancels
    std::uint32_t blockTokens = 0; ///< block limit, 0: the default. Changes speed and memory, never a result
};

/// What a cancelled pass fails with; compare `Error::what`.
inline constexpr const char* kCancelled = "cancelled";

}
