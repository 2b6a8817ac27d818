// SPDX-License-Identifier: GPL-3.0-or-later
//
// Back from an incomplete trace to a journal, so that a capture can go on with it.
#pragma once

#include "io/trace/journal.h"

namespace expertscope {

/// Copies the whole chunks of the incomplete trace `source` into `journal`, byte for byte. Errors: the trace is
/// complete, or of another plan, or not written by us.
Expected<void> importTrace(const std::filesystem::path& source, const TracePlan& plan, Journal& journal);

/// Tokens that the capture of a trace was to have; those it has when it does not say.
Expected<std::uint64_t> plannedTokens(const std::filesystem::path& source);

}
