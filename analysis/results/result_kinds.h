// SPDX-License-Identifier: GPL-3.0-or-later
//
// Results and comparisons as files that may be replaced by their like: told by their first bytes
// (resources/docs/results-format.md).
#pragma once

#include "io/base/output.h"

namespace expertscope::results {

FileKind jsonKind();
FileKind csvKind();
FileKind latexKind();
FileKind hdf5Kind();
FileKind tablesKind();

/// What tables begin with in a file, so that they are known again; not on a terminal.
std::string tablesHead();

}
