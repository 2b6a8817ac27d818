// SPDX-License-Identifier: GPL-3.0-or-later
//
// Finding a row or a matrix among results by what identifies it.
#pragma once

#include "analysis/spine/result.h"

#include <span>

namespace expertscope {

/// What is not named must not be there: without a site it is the row of the whole model, without an expert that of no
/// single expert (but for an extreme: where it was found need not be asked).
struct RowQuery
{
    using Params = std::map<std::string, ParameterValue>;
    using Other = std::map<std::string, std::string>;

    std::string metric; ///< "balance.max_vio"
    std::optional<SiteIndex> site = {};
    std::optional<ExpertIndex> expert = {};
    std::string label = {}; ///< a value of whatever label; empty: over all sequences
    std::optional<Params> params = {}; ///< all that the row has, "sites" and "sample" aside; none: whichever
    std::optional<Other> other = {}; ///< the same
};

/// The first that fits, or null.
const ResultRow* findRow(std::span<const ResultRow> rows, const RowQuery& query);
/// `expert` of the query is not looked at.
const ResultMatrix* findMatrix(std::span<const ResultMatrix> matrices, const RowQuery& query);

/// Its value; NaN where there is no such row, or no value.
double valueOf(std::span<const ResultRow> rows, const RowQuery& query);

}
