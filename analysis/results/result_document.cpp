// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/results/result_document.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace expertscope::results {

std::optional<SiteIndex> secondSite(const TextMap& other)
{
    const auto found = other.find("to_site");
    if (found == other.end())
        return std::nullopt;
    std::uint16_t site = 0;
    const char* const end = found->second.data() + found->second.size();
    const auto [last, problem] = std::from_chars(found->second.data(), end, site);
    return problem == std::errc() && last == end ? std::optional(SiteIndex(site)) : std::nullopt;
}

Expected<void> checkComputed(const Results& results)
{
    const auto known = [](const ResultRow& row) { return row.value.has_value(); };
    const auto holds = [](const ResultMatrix& matrix) {
        return std::ranges::any_of(matrix.values, [](double value) { return std::isfinite(value); });
    };
    if (results.rows.empty() || std::ranges::any_of(results.rows, known) || std::ranges::any_of(results.matrices, holds))
        return {};
    const ResultRow& first = results.rows.front();
    return fail("nothing of what was asked for could be computed" + (first.undefined.empty() ? "" : ": " + first.undefined),
        first.metric);
}

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
