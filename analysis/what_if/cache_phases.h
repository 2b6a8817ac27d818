// SPDX-License-Identifier: GPL-3.0-or-later
//
// What if, for what was given to the model (prefill) and for what it generated (decode), side by side.
#pragma once

#include "analysis/what_if/caches.h"

namespace expertscope {

struct PhaseAnswer
{
    Phase phase = Phase::Prompt;
    CacheAnswer answer;
};
/// "prefill", "decode".
const char* phaseName(Phase phase);
/// The tokens of each phase by themselves, each from a cache as it is at the start: prefill first. A phase without tokens
/// is left out; if the question's scope is of one phase, the other is. Errors: those of simulateCaches(); no token at all.
Expected<std::vector<PhaseAnswer>> simulatePhases(
    const Study& study, std::size_t trace, const CacheQuestion& question, const Progress& progress = {});

/// Those of simulateCaches(), with a param `phase`.
Results resultsOf(const CacheQuestion& question, const std::vector<PhaseAnswer>& phases);

}
