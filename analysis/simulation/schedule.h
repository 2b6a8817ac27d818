// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which tokens are computed together: the steps of a run of the recorded sequences.
#pragma once

#include "analysis/simulation/events.h"

namespace expertscope::simulation {

/// Tokens are numbered through the selected sequences, without what skipFirst and phase leave out.
struct Schedule
{
    std::vector<std::uint64_t> tokens; ///< step after step; empty: token i is step i
    std::vector<std::uint64_t> ends; ///< [steps] end of each step in `tokens`; empty with it
    std::vector<std::uint64_t> sequenceStarts; ///< steps at which a sequence begins; only where steps are single tokens
    std::uint64_t numSteps = 0;

    /// Of the steps before this one.
    std::uint64_t numTokensBefore(std::uint64_t step) const { return ends.empty() ? step : step ? ends[step - 1] : 0; }
};

struct ScheduledSequence
{
    std::uint64_t begin = 0; ///< number of its first token
    std::uint64_t length = 0, promptLength = 0;
};

/// Which tokens of a selection take part, and how they are numbered.
struct ScheduledTokens
{
    std::vector<ScheduledSequence> sequences;
    std::vector<std::uint64_t> firstToken; ///< [S of the trace] number of a sequence's first token that takes part
    std::vector<std::uint32_t> firstPosition; ///< [S of the trace] its place in the sequence
    std::uint64_t numTokens = 0;
    bool truncated = false; ///< the selection has more than `mostTokens`

    /// Number of the first token of a run; at least numTokens: it takes no part. Those after it follow.
    std::uint64_t numberOf(const SequenceRun& run) const
    {
        return firstToken[std::size_t(run.sequence)] + run.position - firstPosition[std::size_t(run.sequence)];
    }
};
/// Errors: wrong labels; a shard; flushing with a batch or prefill chunks; groups of no sites.
Expected<ScheduledTokens> scheduleTokens(const RoutingShape& shape, const PassOptions& selection,
    const StepOptions& steps, const Contract& contract, std::uint64_t mostTokens);

Schedule makeSchedule(const std::vector<ScheduledSequence>& sequences, const StepOptions& options);

}
