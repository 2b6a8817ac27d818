// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/results/result_document.h"
#include "io/base/output.h"

namespace expertscope::results {

/// One HDF5 file, version 1.10. Errors: those of an output; more rows or values than a reader takes.
Expected<void> writeResultsHdf5(const Output& output, const ResultDocument& document);

}
