// SPDX-License-Identifier: GPL-3.0-or-later
//
// What `expertscope figure` and the module that draws agree on. The module (lib/libexpertscope_figure.so beside bin/)
// is loaded for this one command: Qt costs 15 ms and 60 libraries at start-up. Plain types, no Qt.
#pragma once

#include "analysis/spine/parameters.h"
#include "analysis/study/request_text.h"
#include "io/base/error.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace expertscope {

/// `expertscope figure CHART TRACE... -o FILE...`, or `figure --all FOLDER TRACE...`, as given; empty = not given.
struct FigureRequest
{
    std::string chart; ///< empty: the one of the spec; with --all: whichever
    std::vector<std::string> traces; ///< none: those the spec names
    std::string spec; ///< start from this spec file; what is given beside it overrides it
    std::vector<std::string> outputs;
    std::string folder; ///< of --all
    std::vector<std::string> specs; ///< of --all: these figures instead of every chart
    std::string formats = "pdf"; ///< of --all: "pdf,svg"
    std::vector<std::string> where; ///< "label=value": see SelectionOptions
    std::vector<std::string> chose, spared; ///< "5:27": likewise
    std::vector<std::string> having; ///< "loss>=4": likewise
    std::string sites, layers; ///< "0-3,7"
    std::optional<std::uint32_t> skipFirst;
    std::string phase; ///< "prompt", "decode"
    std::uint32_t sample = 0; ///< sequences
    std::map<std::string, std::string> options; ///< of the chart, by name
    std::string colour, scale, limits, reducer; ///< Look
    std::string venue, span; ///< "icml"; "column" or "full"
    std::optional<double> percentile; ///< Look
    std::string width, height, font; ///< PageSpec: "89mm", "3.5in"
    std::optional<int> fontSize, dpi;
    std::string title, xLabel, yLabel, valueLabel;
    unsigned threads = 0;
    bool noCache = false;
    bool force = false; ///< replace files that are no figure's
    bool alone = false; ///< without the CSV and the spec beside it
    bool outlines = false; ///< SVG without text
    bool json = false; ///< say as JSON what was written
};

/// `expertscope report TRACE... -o FILE`.
struct ReportOrder : SelectionOptions
{
    std::vector<std::string> traces;
    std::string output; ///< NAME.html or NAME.pdf
    std::string title;
    std::string arguments; ///< traces and selection as they were typed
    unsigned threads = 0;
    bool noCache = false;
    bool force = false;
    std::function<bool(double)> progress; ///< false cancels
};

/// A chart as the command line knows it.
struct FigureKind
{
    struct Option : ParameterSpec
    {
        std::string title;
    };
    std::string name, title, definition;
    std::vector<Option> options;
};

struct FigureModule
{
    std::vector<FigureKind> kinds; ///< in the order of the registry
    std::vector<std::string> venues; ///< for --venue
    /// Draws and writes the figure. Exit status: 0, 1 (failed) or 2 (an option makes no sense); errors are one line on
    /// stderr.
    int (*run)(const FigureRequest& request) = nullptr;
    /// Writes it; what there is to say of it, in a line.
    Expected<std::string> (*report)(const ReportOrder& order) = nullptr;
};

inline constexpr const char* kFigureModule = "libexpertscope_figure.so";
/// The entry of the module: `const FigureModule* expertscopeFigureModule()`, valid as long as it is loaded.
inline constexpr const char* kFigureModuleEntry = "expertscopeFigureModule";

}
