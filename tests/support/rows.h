// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/spine/row_query.h"

#include <QtGlobal>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace expertscope::testing {

using expertscope::findRow;
using expertscope::valueOf;

using Words = std::map<std::string, std::string>;
using Numbers = std::map<std::string, ParameterValue>;

/// `site`, `expert`: -1 for none.
inline RowQuery rowQuery(const std::string& metric, int site, int expert = -1, const std::string& label = {})
{
    RowQuery query{.metric = metric, .label = label};
    if (site >= 0)
        query.site = SiteIndex(static_cast<std::uint16_t>(site));
    if (expert >= 0)
        query.expert = ExpertIndex(static_cast<std::uint16_t>(expert));
    return query;
}

/// The first row of a site (-1: the model), an expert (-1: none), and a value of a label.
inline const ResultRow* findRow(
    const Results& results, const std::string& metric, int site, int expert = -1, const std::string& label = {})
{
    return findRow(results.rows, rowQuery(metric, site, expert, label));
}

inline double valueOf(
    const Results& results, const std::string& metric, int site, int expert = -1, const std::string& label = {})
{
    return valueOf(results.rows, rowQuery(metric, site, expert, label));
}

/// Of just these parameters, all numbers.
inline const ResultRow* rowAt(const Results& results, const std::string& metric,
    const std::map<std::string, double>& params, int site, int expert = -1)
{
    RowQuery query = rowQuery(metric, site, expert);
    query.params.emplace(params.begin(), params.end());
    return findRow(results.rows, query);
}

inline double valueAt(const Results& results, const std::string& metric, const std::map<std::string, double>& params,
    int site, int expert = -1)
{
    const ResultRow* row = rowAt(results, metric, params, site, expert);
    return row && row->value ? *row->value : std::numeric_limits<double>::quiet_NaN();
}

/// Of just these parameters and just this `other`; warns where there is none.
inline const ResultRow* pick(const Results& results, const std::string& metric, int site, const Words& other = {},
    const Numbers& params = {}, const std::string& label = {})
{
    RowQuery query = rowQuery(metric, site, -1, label);
    query.params = params;
    query.other = other;
    const ResultRow* row = findRow(results.rows, query);
    if (!row)
        qWarning("no row %s at site %d", metric.c_str(), site);
    return row;
}

/// Its value, NaN when there is no row or no value: then no comparison holds.
inline double number(const Results& results, const std::string& metric, int site, const Words& other = {},
    const Numbers& params = {}, const std::string& label = {})
{
    const ResultRow* row = pick(results, metric, site, other, params, label);
    return row && row->value ? *row->value : std::numeric_limits<double>::quiet_NaN();
}

/// The same rows, numbers bit for bit.
inline bool identical(const std::vector<ResultRow>& a, const std::vector<ResultRow>& b)
{
    const auto bits = [](const std::optional<double>& x) {
        std::uint64_t image = 0;
        if (x)
            std::memcpy(&image, &*x, sizeof image);
        return std::pair(x.has_value(), image);
    };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](const ResultRow& x, const ResultRow& y) {
        return x.metric == y.metric && x.params == y.params && x.site == y.site && x.expert == y.expert
            && x.label == y.label && x.other == y.other && bits(x.value) == bits(y.value) && x.unit == y.unit
            && x.n == y.n && bits(x.uniform) == bits(y.uniform) && bits(x.uniformSd) == bits(y.uniformSd)
            && x.undefined == y.undefined && x.uniformUndefined == y.uniformUndefined;
    });
}

inline bool identical(const Results& a, const Results& b)
{
    const auto bits = [](double x) { return std::bit_cast<std::uint64_t>(x); };
    return identical(a.rows, b.rows)
        && std::equal(a.matrices.begin(), a.matrices.end(), b.matrices.begin(), b.matrices.end(),
            [&](const ResultMatrix& x, const ResultMatrix& y) {
                return x.metric == y.metric && x.params == y.params && x.site == y.site && x.label == y.label
                    && x.other == y.other && x.n == y.n && std::ranges::equal(x.values, y.values, {}, bits, bits);
            });
}

}
