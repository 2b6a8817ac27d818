// SPDX-License-Identifier: GPL-3.0-or-later
//
// A look at a trace while it is being captured.
#pragma once

#include "io/base/error.h"

#include <cstdint>
#include <filesystem>

namespace expertscope {

struct TraceSnapshot
{
    std::uint64_t tokens = 0; ///< 0: nothing was written, as there is nothing yet to be seen
    std::uint64_t tokensPlanned = 0;
};

/// Writes what the capture into `target` has in its journal by now, in whole chunks of tokens that every site has, as an
/// incomplete trace at `to`, in the place of what is there; the capture does not notice. `atLeast`: fewer tokens are not
/// worth writing. Takes as long as the journal is long.
Expected<TraceSnapshot> snapshotTrace(
    const std::filesystem::path& target, const std::filesystem::path& to, std::uint64_t atLeast = 1);

}
