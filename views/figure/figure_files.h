// SPDX-License-Identifier: GPL-3.0-or-later
//
// A figure as files: the figure, the plotted numbers and the spec beside it.
#pragma once

#include "views/figure/figure.h"

#include <filesystem>
#include <vector>

namespace expertscope {

struct WriteOptions
{
    bool alone = false; ///< without the CSV of the plotted numbers and the spec beside it
    bool force = false; ///< replace files that are no figure's, too
    bool outlines = false; ///< in SVG: text as outlines
    std::vector<std::filesystem::path> inputs{}; ///< what was read for the figure: never replaced
};

/// What a figure can be written as, by suffix.
inline const QStringList kFigureFormats{"pdf", "svg", "png", "eps"};

/// The figures, each by its suffix, and, unless alone, NAME.csv and NAME.json once for each NAME.
QStringList figureFiles(const QStringList& figures, bool alone);

/// What writeFigure() would refuse, as far as it can be known before the figure is made.
Expected<void> checkFigureFiles(const QStringList& figures, const WriteOptions& options);

/// Writes all of figureFiles(), or none. Returns what was written; a spec that was read for the
/// figure and would be written again just as it is counts as that. Errors: those of an output (io/base/output.h).
Expected<QStringList> writeFigure(const Figure& figure, const QStringList& figures, const WriteOptions& options);

}
