// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/study/request_text.h"
#include "app/cli/terminal/result_output.h"

namespace expertscope {

struct AnalyzeOptions
{
    std::vector<std::filesystem::path> traces;
    AnalysisOptions analysis;
    OutputOptions output;
    std::string shard; ///< "3/16": write the state of that part instead of results
};

/// expertscope analyze. Exit status: 0, 1 after one line on stderr, 2 when the options make no sense.
int runAnalyze(const AnalyzeOptions& options);

}
