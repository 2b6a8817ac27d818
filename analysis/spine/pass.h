// SPDX-License-Identifier: GPL-3.0-or-later
//
// The one pass over a trace that serves every metric asked for.
#pragma once

#include "analysis/spine/accumulator.h"
#include "analysis/spine/token_set.h"

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
    Shard shard; ///< the part of the selected sequences that is read
    std::uint32_t mostLength = UINT32_MAX; ///< tokens of a sequence that are looked at, after skipFirst
    std::uint32_t everySequence = 1; ///< of the selected sequences only each so-many-th: a sample
    unsigned threads = 0; ///< 0: all cores
    std::function<bool(double fraction)> progress; ///< called often, from the caller's thread; false cancels
    std::uint32_t blockTokens = 0; ///< block limit, 0: the default. Changes speed and memory, never a result
};

/// What a cancelled pass fails with; compare `Error::what`.
inline constexpr const char* kCancelled = "cancelled";

using AccumulatorSet = std::vector<std::unique_ptr<Accumulator>>;

/// What the accumulators of a pass want to be shown.
struct PassNeeds
{
    Columns columns; ///< besides expert ids
    bool sitesTogether = false; ///< tiles of all sites; else each site by itself
};

/// Feeds every selected tile to one set of accumulators a worker and returns the merged set. `make` is called from
/// several threads. Memory: one tile of the wanted columns (some 32 MiB) and one accumulator set a worker.
///
/// Errors: unknown label, label value or site; what the source reports; an expert id that its site does not have;
/// kCancelled.
Expected<AccumulatorSet> runPass(
    BlockSource& source, const PassNeeds& needs, const std::function<AccumulatorSet()>& make, const PassOptions& options);

/// The sites a pass visits, in order. Error: a site that the trace does not have, or has been named twice.
Expected<std::vector<SiteIndex>> selectSites(const RoutingShape& shape, const PassOptions& options);

/// The sequences that a pass, or all its shards together, visits: those of the wanted labels that have tokens left after
/// skipFirst, in token order.
/// Error: a label or a value that the trace does not have; names the ones it has.
Expected<std::vector<SequenceIndex>> selectSequences(const RoutingShape& shape, const PassOptions& options);

/// The label of that name, or an error that names the existing ones.
Expected<const Label*> findLabel(const RoutingShape& shape, const std::string& name);

}
