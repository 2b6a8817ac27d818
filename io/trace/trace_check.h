// SPDX-License-Identifier: GPL-3.0-or-later
//
// What in a trace contradicts the format or itself, beyond what opening it needs (resources/docs/trace-format.md,
// "What a check looks at").
#pragma once

#include "io/base/error.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace expertscope {

/// One kind of thing that is wrong.
struct TraceFinding
{
    std::string where; ///< dataset, group or attribute: "routing/expert_id"
    std::string what; ///< "the same expert twice in a token"
    std::uint64_t count = 0; ///< how often
    std::string first; ///< the first place: "token 12, site 3: expert 5"; may be empty
};

struct TraceCheck
{
    std::vector<TraceFinding> findings; ///< in the order of the page; none: nothing is wrong
    std::uint64_t pairs = 0; ///< (token, site) pairs that were read
    std::uint64_t fewerChoices = 0; ///< of these: filled fewer slots than top_k, which is allowed
};

/// Reads all of a trace; memory is a few chunks, whatever its size. What cannot be read is a finding, and the rest is
/// read on. `goOn` is called often with the fraction that is done; false cancels.
/// Errors: what TraceFile::summary() says; "cancelled".
Expected<TraceCheck> checkTrace(
    const std::filesystem::path& path, const std::function<bool(double)>& goOn = {});

}
