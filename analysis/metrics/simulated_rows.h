// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/spine/result.h"

#include <vector>

namespace expertscope {

/// The rows of one metric over several traces that were routed by chance: their mean and how they scatter. By chance one expert
/// is like another: those of a site are taken together.
class SimulatedRows
{
public:
    /// The rows of one draw.
    void add(const std::vector<ResultRow>& rows);

    /// Fills in `uniform` and `uniformSd` where there is none. What was simulated may be a part of the trace: of more
    /// observations a mean scatters less. `isLimit`: see MetricSpec::uniformIsLimit.
    void apply(std::vector<ResultRow>& rows, bool isLimit) const;

private:
    struct Values
    {
        std::string metric;
        double n = 0, sum = 0, squares = 0, observations = 0; ///< n: defined values
    };

    static RowKey poolOf(const ResultRow& row);
    std::size_t place(const ResultRow& row);

    std::map<RowKey, std::size_t> m_places;
    std::vector<std::size_t> m_order; ///< place of each row of the first draw: the others look the same
    std::vector<Values> m_values;
};

}
