// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is told of a model as results (resources/docs/inspect.md).
#pragma once

#include "analysis/inspect/inspection.h"
#include "analysis/results/result_document.h"

namespace expertscope::inspect {

/// The subject in words, in order: "router" -> "softmax …".
results::NamedValues describe(const Answer& answer);
Results resultsOf(const Answer& answer);
results::ResultOrigin originOf(const Answer& answer);

}
