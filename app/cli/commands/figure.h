// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace expertscope {

/// `expertscope figure VIEW TRACE -o FILE`: options as they were given; empty = not given.
struct FigureOptions
{
    std::string view = "load";
    std::string trace;
    std::string spec; ///< start from this spec file; other options override it
    std::string output;
    std::string width, height; ///< "89mm", "3.5in"
    std::vector<std::string> where; ///< "label=value"
    std::string metric, against, sort, colour, scale, reducer, font;
    std::string limits; ///< "lo,hi"
    std::string title, xLabel, yLabel, valueLabel;
    std::optional<int> fontSize, dpi;
    unsigned threads = 0;
    bool alone = false;
    bool json = false;
};

/// Draws and writes the figure; returns the exit status: 0, 1 (failed) or 2 (an option makes no sense). Errors go to
/// stderr as one line. In a build without figures: says so and returns 1.
int runFigureCommand(const FigureOptions& options);

/// Lies in lib/ beside the bin/ of the executable.
inline constexpr const char* kFigureModule = "libexpertscope_figure_command.so";

}

/// The entry of that module.
extern "C" int expertscopeFigureCommand(const expertscope::FigureOptions* options);
