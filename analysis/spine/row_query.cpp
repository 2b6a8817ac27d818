// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/spine/row_query.h"

#include <algorithm>
#include <limits>

namespace expertscope {

namespace {

/// What rows and matrices have in common.
template <class Result> bool fits(const Result& result, const RowQuery& query)
{
    if (result.metric != query.metric || result.site != query.site)
        return false;
    if (query.label.empty() ? result.label.has_value() : !result.label || result.label->second != query.label)
        return false;
    if (!query.params)
        return true;
    auto params = result.params;
    params.erase("sites");
    params.erase("sample");
    return params == *query.params;
}

}

const ResultRow* findRow(std::span<const ResultRow> rows, const RowQuery& query)
{
    const auto found = std::ranges::find_if(rows, [&](const ResultRow& row) {
        return fits(row, query) && ((row.extreme && !query.expert) || row.expert == query.expert)
            && (!query.other || row.other == *query.other);
    });
    return found == rows.end() ? nullptr : &*found;
}

const ResultMatrix* findMatrix(std::span<const ResultMatrix> matrices, const RowQuery& query)
{
    const auto found = std::ranges::find_if(matrices, [&](const ResultMatrix& matrix) {
        return fits(matrix, query) && (!query.other || matrix.other == *query.other);
    });
    return found == matrices.end() ? nullptr : &*found;
}

double valueOf(std::span<const ResultRow> rows, const RowQuery& query)
{
    const ResultRow* row = findRow(rows, query);
    return row && row->value ? *row->value : std::numeric_limits<double>::quiet_NaN();
}

}
