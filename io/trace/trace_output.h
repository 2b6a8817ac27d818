// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a trace that is to be written may not replace, asked before minutes of work.
#pragma once

#include "io/base/output.h"

namespace expertscope {

/// Traces hold hours of work: not even their like replaces them without --force.
FileKind traceKind();

/// May a trace be written to `output`, whose kind is set here, and its journal beside it? `resume`: what an interrupted
/// capture left is wanted. Changes nothing.
Expected<void> checkTraceOutput(Output output, bool resume = false);

}
