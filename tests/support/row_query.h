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

using Words = std::map<std::string, std::string>;
using Numbers = std::map<std::string, ParameterValue>;

/// The row of just this metric, site (-1: the model), `other`, parameters ("sites" aside) and label value; or null.
inline const ResultRow* pick(const Results& results, const std::string& metric, int site, const Words& other = {},
    const Numbers& params = {}, const std::string& labelValue = {})
{
    for (const ResultRow& row : results.rows) {
        Numbers own = row.params;
        own.erase("sites");
        if (row.metric == metric && (site < 0 ? !row.site : row.site && row.site->value == site) && row.other == other
            && own == params && (labelValue.empty() ? !row.label : row.label && row.label->second == labelValue))
            return &row;
    }
    qWarning("no row %s at site %d", metric.c_str(), site);
    return nullptr;
}

/// Its value, NaN when there is no row or no value: then no comparison holds.
inline double number(const Results& results, const std::string& metric, int site, const Words& other = {},
    const Numbers& params = {}, const std::string& labelValue = {})
{
    const ResultRow* row = pick(results, metric, site, other, params, labelValue);
    return row && row->value ? *row->value : std::numeric_limits<double>::quiet_NaN();
}

}
