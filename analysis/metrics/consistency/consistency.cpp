// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/metrics/consistency/consistency.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

ParameterSpec windowsParameter(const char* standard)
{
    return {.name = "m",
        .standard = standard,
        .meaning = "tokens a window",
        .kind = ParameterSpec::Kind::Numbers,
        .least = 1,
        .most = 4096,
        .whole = true};
}

ParameterSpec rhoParameter(const char* standard)
{
    return {.name = "rho",
        .standard = standard,
        .meaning = "size of the cache in units of k",
        .kind = ParameterSpec::Kind::Numbers,
        .least = 0.01,
        .most = 1000};
}

std::vector<double> sortedNumbers(const MetricContext& context, const char* parameter)
{
    std::vector<double> numbers = context.params.numbers(parameter);
    std::ranges::sort(numbers);
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
    return numbers;
}

CacheSizes::CacheSizes(const MetricContext& context, std::span<const SiteIndex> sites)
    : m_rhos(sortedNumbers(context, "rho"))
{
    double k = 0;
    for (const SiteIndex site : sites)
        k += context.shape->sites[std::size_t(site)].topK;
    for (const double rho : m_rhos) {
        const auto size = static_cast<std::size_t>(std::max(1.0, std::floor(rho * k + 0.5)));
        if (m_distinct.empty() || m_distinct.back() != size)
            m_distinct.push_back(size);
        m_places.push_back(m_distinct.size() - 1);
    }
}

}
