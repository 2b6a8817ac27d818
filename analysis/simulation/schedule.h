// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which tokens are computed together: the steps of a run of the recorded sequences.
#pragma once

#include "analysis/simulation/events.h"

namespace expertscope::simulation {

/// Tokens are numbered through the selected sequences, without what skipFirst leaves out.
struct Schedule
{
    std::vector<std::uint64_t> tokens; ///< step after step; empty: token i is step i
    std::vector<std::uint64_t> ends; ///< [steps] end of each step in `tokens`; empty with it
    std::vector<std::uint64_t> sequenceStarts; ///< steps at which a sequence begins; only where steps are single tokens
    std::uint64_t numSteps = 0;
};

struct ScheduledSequence
{
    std::uint64_t begin = 0; ///< number of its first token
    std::uint64_t length = 0, promptLength = 0;
};

Schedule makeSchedule(const std::vector<ScheduledSequence>& sequences, const StepOptions& options);

}
