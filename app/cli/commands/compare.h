// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/study/request_text.h"
#include "app/cli/terminal/result_output.h"

namespace expertscope {

struct CompareOptions
{
    std::filesystem::path a, b;
    AnalysisOptions analysis;
    OutputOptions output;
};

/// expertscope compare. Exit status: 0, 1 after one line on stderr, 2 when the options make no sense.
int runCompare(const CompareOptions& options);

}
