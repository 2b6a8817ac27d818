// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/results/layout.h"

#include <iosfwd>

namespace expertscope::results {

/// Tables for a paper: LaTeX that needs the package booktabs and nothing else, laid out as the options say.
void writeResultsLatex(std::ostream& out, const ResultDocument& document, const LayoutOptions& options);

/// The tables as LaTeX; see above.
void writeLayoutLatex(std::ostream& out, const ResultOrigin& origin, const ResultLayout& layout);

}
