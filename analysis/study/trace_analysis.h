// SPDX-License-Identifier: GPL-3.0-or-later
//
// From a study and a request to results with their origin.
#pragma once

#include "analysis/results/result_document.h"
#include "analysis/study/request_text.h"

namespace expertscope {

/// Metrics of each trace (rows and matrices name it in `other` when there are several), then those of all together.
Expected<Results> analyseTraces(const Study& study, const CheckedRequest& checked, const Progress& progress = {});

/// The metrics of one trace; those that take long, of a sample of its sequences unless they are to be exact.
Expected<Results> analyseTrace(const Study& study, std::size_t trace, const MetricQuestion& question,
    const Progress& progress = {}, bool exact = true);
/// The metrics that compare the traces: see Study::series().
Expected<Results> analyseSeries(const Study& study, const CheckedRequest& checked, const Progress& progress = {});

results::NamedValues describe(const NamedTrace& trace);
/// What made results of all traces of a study.
results::ResultOrigin originOf(const Study& study, const CheckedRequest& checked, const std::string& command);

/// One line over tables: what they are of.
inline constexpr const char* kUniformInBrackets = " In brackets: what uniform random routing would give.";
std::string headingOf(const Study& study, std::size_t trace, const Scope& scope);
std::vector<std::uint16_t> layersOf(const RoutingShape& shape);
/// The same for ResultOrigin::layers.
std::map<SiteIndex, std::uint16_t> layersBySite(const RoutingShape& shape);

}
