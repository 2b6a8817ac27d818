// SPDX-License-Identifier: GPL-3.0-or-later
//
// An analysis in parts, for clusters: analyze --shard writes the state of a part, merge makes results of all parts.
#pragma once

#include "analysis/study/trace_analysis.h"
#include "app/cli/terminal/result_output.h"

namespace expertscope {

/// Analyses the part `checked.request.pass.shard` of the trace.
Expected<void> writeShard(
    const std::filesystem::path& trace, CheckedRequest checked, const std::filesystem::path& output);

struct MergeOptions
{
    std::vector<std::filesystem::path> parts;
    std::filesystem::path trace; ///< empty: where the first part says
    OutputOptions output;
};

/// expertscope merge. Exit status: 0, 1 after one line on stderr, 2 when the options make no sense.
int runMerge(const MergeOptions& options);

}
