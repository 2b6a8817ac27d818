// SPDX-License-Identifier: GPL-3.0-or-later
//
// From traces and a request to results with their origin.
#pragma once

#include "analysis/results/result_document.h"
#include "analysis/study/request_text.h"
#include "io/trace/trace_file.h"

#include <filesystem>
#include <memory>

namespace expertscope {

class ResultCache;

/// A trace that was opened, and what rows call it.
struct NamedTrace
{
    std::filesystem::path path;
    std::string name; ///< of the file, without its ending; the path where names are not unique
    std::unique_ptr<TraceFile> file;
};

/// Errors: what TraceFile::open says; a trace given twice.
Expected<std::vector<NamedTrace>> openTraces(const std::vector<std::filesystem::path>& paths);

/// Metrics of each trace (rows and matrices name it in `other` when there are several), then those of all together.
Expected<Results> analyseTraces(
    const std::vector<NamedTrace>& traces, const CheckedRequest& checked, const ResultCache& cache);

/// Metrics of one trace.
Expected<Results> analyseTrace(const NamedTrace& trace, const AnalysisRequest& request, const ResultCache& cache);

NamedValues describe(const std::filesystem::path& path, const TraceSummary& summary);
ResultOrigin originOf(const std::vector<NamedTrace>& traces, const CheckedRequest& checked, const std::string& command);

/// One line over tables: what they are of.
inline constexpr const char* kUniformInBrackets = " In brackets: what uniform random routing would give.";
std::string headingOf(const NamedTrace& trace, const PassOptions& pass);
std::vector<std::uint16_t> layersOf(const RoutingShape& shape);

/// The error with the file's name in front.
Error inFile(Error error, const std::filesystem::path& path);

}
