// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/rows.h"

#include <QtGlobal>

namespace expertscope::testing {

inline bool near(double value, double expected, double tolerance)
{
    if (std::abs(value - expected) <= tolerance)
        return true;
    qWarning("%.12g is not %.12g +- %.3g", value, expected, tolerance);
    return false;
}

/// The row of a metric, given its parameters ("sites" aside), of a site (-1: the model) and an expert (-1: all).
inline const ResultRow* rowAt(const Results& results, const std::string& metric,
    const std::map<std::string, double>& params, int site, int expert = -1)
{
    for (const ResultRow& row : results.rows) {
        std::map<std::string, double> own;
        for (const auto& [name, value] : row.params) {
            if (name != "sites")
                own[name] = std::get<double>(value);
        }
        if (row.metric == metric && own == params && !row.label && (row.site ? int(row.site->value) : -1) == site
            && (row.expert ? int(row.expert->value) : -1) == expert)
            return &row;
    }
    return nullptr;
}

inline double valueAt(const Results& results, const std::string& metric,
    const std::map<std::string, double>& params, int site, int expert = -1)
{
    const ResultRow* row = rowAt(results, metric, params, site, expert);
    return row && row->value ? *row->value : std::numeric_limits<double>::quiet_NaN();
}

}
