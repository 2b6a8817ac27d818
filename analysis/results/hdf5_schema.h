// SPDX-License-Identifier: GPL-3.0-or-later
//
// Names that writer and reader of results in HDF5 agree on (resources/docs/results-format.md). Private to
// analysis/results.
#pragma once

#include <array>

namespace expertscope::results {

/// Columns of text: in /rows codes, -1 for none, of the entries of /texts/NAME.
enum class TextColumn
{
    Metric,
    Params, ///< a JSON object
    Label,
    LabelValue,
    Other, ///< a JSON object
    Unit,
    Undefined,
    UniformUndefined
};
inline constexpr std::array kTextColumns{"metric", "params", "label", "label_value", "other", "unit", "undefined",
    "uniform_undefined"};

}
