// SPDX-License-Identifier: GPL-3.0-or-later
//
// Results as plain data: what tables, JSON, CSV, HDF5 and views are made of (resources/docs/results-format.md).
#pragma once

#include "io/trace/routing.h"

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace expertscope {

/// A number or a word: {"m": 16}, {"ids": "next"}.
using ParameterValue = std::variant<double, std::string>;

/// A value with its unit, its sample size and what uniform random routing would give. In JSON:
/// {"metric": "srp.value", "params": {"m": 16}, "site": 3|null, "expert": 5|null, "label": {"domain": "code"}|null,
///  "other": {...}|null, "value": 0.61|null, "unit": "1", "n": 12345, "uniform": 0.23|null, "uniform_sd": 0.01|null,
///  "interval": [lo, hi]|null, "undefined": "reason"|null, "uniform_undefined": "reason"|null}
struct ResultRow
{
    std::string metric;
    std::map<std::string, ParameterValue> params;
    std::optional<SiteIndex> site;     ///< none: the whole model
    std::optional<ExpertIndex> expert;
    std::optional<std::pair<std::string, std::string>> label; ///< label name, value
    std::map<std::string, std::string> other; ///< second site, second expert, token id, position bin, ...
    std::optional<double> value;       ///< none: undefined
    std::string unit = "1";
    std::uint64_t n = 0;               ///< observations behind the value; what they are is the metric's to say
    std::optional<double> uniform;     ///< the same under uniform random routing of the same tokens: on average
    std::optional<double> uniformSd;   ///< how far the value of a single such trace lies off that; none: not known
    std::optional<std::pair<double, double>> interval; ///< 95 %, over sequences
    std::string undefined;             ///< why there is no value
    std::string uniformUndefined;      ///< there is a value: why no `uniform`
    bool extreme = false;              ///< `expert` and `other` say where the value was found: part of the answer, not of
                                       ///< the question, so that another draw may find it elsewhere
};

/// Many values of one kind: an array with named axes.
struct ResultMatrix
{
    struct Axis
    {
        std::string name; ///< "expert", "with", "position_bin"
        std::vector<std::string> keys; ///< one an index: "0", "1", …
    };
    std::string metric;
    std::map<std::string, ParameterValue> params;
    std::optional<SiteIndex> site;
    std::optional<std::pair<std::string, std::string>> label;
    std::map<std::string, std::string> other;
    std::vector<Axis> axes;
    std::vector<double> values; ///< row-major; NaN: undefined
    std::string unit = "1";
    std::uint64_t n = 0;
    std::optional<double> uniform; ///< of every element
};

struct Results
{
    std::vector<ResultRow> rows;
    std::vector<ResultMatrix> matrices;
};

/// What tells two rows of a result apart: where an extreme was found is left out. "sites", the number of sites behind a mean, and "sample",
/// the number of sequences that were drawn where not all were looked at, are not part of it.
using RowKey = std::tuple<std::string, std::map<std::string, ParameterValue>, int, int,
    std::pair<std::string, std::string>, std::map<std::string, std::string>>;
RowKey keyOf(const ResultRow& row);

/// "0", "1", …: the keys of an axis of experts.
ResultMatrix::Axis expertAxis(std::string name, std::size_t numExperts);

}
