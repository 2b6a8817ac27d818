// SPDX-License-Identifier: GPL-3.0-or-later
//
// Rows about a set of experts: `other` names them, {"experts": "3 17 5"}.
#pragma once

#include "analysis/spine/per_site.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

namespace expertscope {

inline constexpr const char* kExperts = "experts"; ///< the key in ResultRow::other

/// "3 17 5".
inline std::string expertList(const std::vector<std::uint16_t>& experts)
{
    std::string text;
    for (const std::uint16_t e : experts) {
        if (!text.empty())
            text += ' ';
        text += std::to_string(e);
    }
    return text;
}

/// Experts by score, highest first; ties: the lower id.
template <class Score> std::vector<std::uint16_t> expertsByScore(const std::vector<Score>& scores)
{
    std::vector<std::uint16_t> order(scores.size());
    std::iota(order.begin(), order.end(), std::uint16_t(0));
    std::ranges::stable_sort(order, [&](std::uint16_t a, std::uint16_t b) { return scores[a] > scores[b]; });
    return order;
}

/// As appendSiteMeans(); the sites' rows may each name other experts.
inline void appendSiteMeansOverLists(std::vector<ResultRow>& rows)
{
    std::vector<ResultRow> means;
    for (const ResultRow& row : rows) {
        if (row.expert)
            continue;
        means.push_back(row);
        means.back().other.erase(kExperts);
    }
    const auto sites = std::ptrdiff_t(means.size());
    appendSiteMeans(means);
    std::move(means.begin() + sites, means.end(), std::back_inserter(rows));
}

/// A PerSiteAccumulator with site means over rows that name experts.
template <class State> class ExpertListAccumulator : public PerSiteAccumulator<State>
{
public:
    using PerSiteAccumulator<State>::PerSiteAccumulator;

    Results result() const override
    {
        Results results = PerSiteAccumulator<State>::result();
        appendSiteMeansOverLists(results.rows);
        return results;
    }
};

}
