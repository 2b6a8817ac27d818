// SPDX-License-Identifier: GPL-3.0-or-later
//
// Results arranged for a reader: which numbers stand side by side, what identifies a line, what is left to the files.
// The terminal, LaTeX and the window draw what this arranges.
#pragma once

#include "analysis/results/result_document.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace expertscope::results {

/// Cells are plain text, not yet made safe for a terminal or for TeX.
struct ResultTable
{
    enum class Kind
    {
        Key, ///< tells the lines apart; these come first
        Count,
        Value,
        Uniform, ///< "(0.25)": what uniform random routing would give for the value before it
        Interval, ///< "[0.1, 0.2]": of the value before it
        Text
    };
    struct Column
    {
        std::string header;
        Kind kind = Kind::Value;
        bool leftAligned = false;
        bool keepWithPrevious = false; ///< never to be parted from the column before it
    };
    std::string title; ///< maybe empty; stands under the name of the family
    NamedValues constants; ///< parameters that are the same in all lines
    std::vector<Column> columns;
    std::vector<std::vector<std::string>> lines;
    std::size_t hiddenLines = 0; ///< left out to keep it readable
};

/// The rows of "srp.value", "srp.rho_hat", … are the family "srp".
struct ResultFamily
{
    std::string name;
    std::string definition; ///< one sentence, with its units; empty: not known
    std::vector<ResultTable> tables;
    std::vector<std::string> notes; ///< what is not in the tables: undefined values, matrices, further lists
};

struct ResultLayout
{
    std::vector<ResultFamily> families;
    /// Metrics that could not be computed at all, by reason.
    std::vector<std::pair<std::string, std::vector<std::string>>> notComputed;
};

struct LayoutOptions
{
    /// Every line of every table; else long tables keep the lines of the whole model, or are cut, and of measures with
    /// a number for each expert one a family is shown.
    bool everything = false;
    std::vector<std::uint16_t> layers = {}; ///< the model's layer of each site; empty: not known
    std::function<std::string(const std::string& family)> definitionOf = {}; ///< of a metric; empty: not known
};

ResultLayout layOut(const Results& results, const LayoutOptions& options);

}
