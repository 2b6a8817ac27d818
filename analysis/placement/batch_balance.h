// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/placement/replay.h"

namespace expertscope::placement {

/// Balance within the steps of batch decoding: `how.batch` sequences side by side, one token of each a step, a finished
/// one replaced by the next (the schedule of simulate cache --batch); prompts go token by token, too. Steps of fewer
/// tokens, and those in which no token routes, are left out. Adds to `batch` of each plan's sites. Memory: the choices
/// of all replayed tokens at one site.
Expected<void> addBatchBalance(BlockSource& source, std::span<const Placement> plans, const ReplayOptions& how,
    const PassOptions& options, std::vector<Score>& scores);

}
