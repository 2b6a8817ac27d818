// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/metrics/analyse.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace expertscope::testing {

/// The first row that fits; aborts the test's comparison with NaN when there is none.
inline const ResultRow* findRow(const std::vector<ResultRow>& rows, const std::string& metric, int site,
    int expert = -1, const std::string& labelValue = {})
{
    for (const ResultRow& row : rows) {
        if (row.metric == metric && (site < 0 ? !row.site : row.site && row.site->value == site)
            && (expert < 0 || (row.expert && row.expert->value == expert))
            && (labelValue.empty() ? !row.label : row.label && row.label->second == labelValue))
            return &row;
    }
    return nullptr;
}

inline const ResultRow* findRow(const Results& results, const std::string& metric, int site, int expert = -1,
    const std::string& labelValue = {})
{
    return findRow(results.rows, metric, site, expert, labelValue);
}

inline double valueOf(const Results& results, const std::string& metric, int site, int expert = -1,
    const std::string& labelValue = {})
{
    const ResultRow* row = findRow(results.rows, metric, site, expert, labelValue);
    return row && row->value ? *row->value : std::numeric_limits<double>::quiet_NaN();
}

inline double valueOf(const std::vector<ResultRow>& rows, const std::string& metric, int site, int expert = -1,
    const std::string& labelValue = {})
{
    const ResultRow* row = findRow(rows, metric, site, expert, labelValue);
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
            && x.n == y.n && bits(x.uniform) == bits(y.uniform) && x.undefined == y.undefined;
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
