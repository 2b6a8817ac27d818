// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a summary says of its trace, as a JSON text: everything but tokens.
#pragma once

#include "io/trace/trace_file.h"

#include <string>

namespace expertscope {

struct SummarisedTrace
{
    TraceSummary summary;
    RoutingShape shape;
};

std::string summaryShapeText(const TraceSummary& summary, const RoutingShape& shape);
/// Errors name `where` and the key: what is missing, of another kind, or contradicts the rest.
Expected<SummarisedTrace> readSummaryShape(const std::string& text, const std::string& where);

}
