// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/results/layout.h"

#include <iosfwd>

namespace expertscope::results {

/// Tables for a paper: LaTeX tabulars that need the package booktabs and nothing else. `everything`: of long tables
/// each line, else as the terminal shows them (layout.h).
void writeResultsLatex(std::ostream& out, const ResultDocument& document, bool everything);

/// The tables as LaTeX; see above.
void writeLayoutLatex(std::ostream& out, const ResultOrigin& origin, const ResultLayout& layout);

}
