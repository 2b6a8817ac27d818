// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/results/result_document.h"

#include <cmath>

namespace expertscope::results {

void makeFinite(Results& results)
{
    const auto finite = [](std::optional<double>& value) {
        const bool good = !value || std::isfinite(*value);
        if (!good)
            value.reset();
        return good;
    };
    for (ResultRow& row : results.rows) {
        if (!finite(row.value) && row.undefined.empty())
            row.undefined = "not a finite number";
        finite(row.uniform);
        finite(row.uniformSd);
        if (row.interval && !(std::isfinite(row.interval->first) && std::isfinite(row.interval->second)))
            row.interval.reset();
    }
    for (ResultMatrix& matrix : results.matrices) {
        for (double& value : matrix.values) {
            if (std::isinf(value))
                value = NAN;
        }
        finite(matrix.uniform);
    }
}

}
