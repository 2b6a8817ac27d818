// SPDX-License-Identifier: GPL-3.0-or-later
//
// One row of results: what tables, JSON, CSV and views are made of.
#pragma once

#include "io/trace/routing.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace expertscope {

/// A value with its unit, its sample size and what uniform random routing would give. In JSON:
/// {"metric": "srp", "params": {"m": 16}, "site": 3|null, "expert": 5|null, "label": {"domain": "code"}|null,
///  "other": {...}|null, "value": 0.61|null, "unit": "1", "n": 12345, "uniform": 0.23|null, "interval": null,
///  "undefined": "reason"|null}
struct ResultRow
{
    std::string metric;
    std::map<std::string, double> params;
    std::optional<SiteIndex> site;     ///< none: the whole model
    std::optional<ExpertIndex> expert;
    std::optional<std::pair<std::string, std::string>> label; ///< label name, value
    std::map<std::string, std::string> other; ///< second site, second expert, token id, position bin, ...
    std::optional<double> value;       ///< none: undefined
    std::string unit = "1";
    std::uint64_t n = 0;               ///< observations behind the value; what they are is the metric's to say
    std::optional<double> uniform;     ///< the same under uniform random routing
    std::optional<std::pair<double, double>> interval;
    std::string undefined;             ///< why there is no value
};

}
