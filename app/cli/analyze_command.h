// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope analyze, expertscope metrics.
#pragma once

#include "io/trace/routing.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace expertscope {

struct AnalyzeOptions
{
    std::filesystem::path trace;
    std::vector<std::string> metrics; ///< names; empty: all
    std::string by;
    std::vector<std::string> where; ///< "label=value" each
    std::string sites; ///< "0-3,7" or empty
    std::uint32_t skipFirst = 0;
    unsigned threads = 0;
    bool json = false, csv = false; ///< neither: as the ending of `output` says, else tables
    std::filesystem::path output; ///< empty: standard output
};

/// Exit status: 0, 1 after one line on stderr, 2 when the options make no sense.
int runAnalyze(const AnalyzeOptions& options);

/// Lists every metric with definition, source, parameters and needs.
int runMetrics(bool json);

/// "0-3,7" -> 0, 1, 2, 3, 7.
Expected<std::vector<SiteIndex>> parseSites(const std::string& text);
/// "label=value"; the value may hold '=' and may be empty.
Expected<LabelFilter> parseFilter(const std::string& text);

}
