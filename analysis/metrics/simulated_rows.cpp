// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/metrics/simulated_rows.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

RowKey SimulatedRows::poolOf(const ResultRow& row)
{
    constexpr int kAnyExpert = -2;
    RowKey key = keyOf(row);
    if (row.expert && !row.extreme)
        std::get<3>(key) = kAnyExpert;
    return key;
}

std::size_t SimulatedRows::place(const ResultRow& row)
{
    const auto [entry, isNew] = m_places.try_emplace(poolOf(row), m_values.size());
    if (isNew)
        m_values.push_back({row.metric});
    return entry->second;
}

void SimulatedRows::add(const std::vector<ResultRow>& rows)
{
    const bool alike = rows.size() == m_order.size();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const ResultRow& row = rows[i];
        const bool known = alike && m_values[m_order[i]].metric == row.metric;
        const std::size_t at = known ? m_order[i] : place(row);
        if (m_order.size() == i)
            m_order.push_back(at);
        if (!row.value)
            continue;
        Values& values = m_values[at];
        ++values.n;
        values.sum += *row.value;
        values.squares += *row.value * *row.value;
        values.observations += double(row.n);
    }
}

void SimulatedRows::apply(std::vector<ResultRow>& rows, bool isLimit) const
{
    for (ResultRow& row : rows) {
        if (!row.value || (row.uniform && row.uniformSd && !isLimit))
            continue;
        const auto found = m_places.find(poolOf(row));
        if (found == m_places.end() || m_values[found->second].n < 2)
            continue;
        const Values& values = m_values[found->second];
        const double mean = values.sum / values.n;
        const double variance = std::max(0.0, values.squares / values.n - mean * mean) * values.n / (values.n - 1);
        const double share = row.n ? std::min(1.0, values.observations / values.n / double(row.n)) : 1;
        double weight = 1; // of the mean of the draws in `uniform`
        if (!row.uniform)
            row.uniform = mean;
        else if (isLimit) { // what is left of the way to it is as long as there are fewer observations
            row.uniform = *row.uniform + (mean - *row.uniform) * share;
            weight = share;
        } else
            weight = 0;
        // Off `uniform` a trace lies by what it scatters, and by what the mean of so few draws is uncertain.
        row.uniformSd = std::sqrt(variance * (share + weight * weight / values.n));
    }
}

}
