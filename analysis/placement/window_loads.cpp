// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/placement/window_loads.h"

#include <algorithm>
#include <numeric>

namespace expertscope::placement {

WindowLoads::WindowLoads(std::vector<std::uint32_t> lengths, std::size_t numSites, std::size_t numGpus)
    : m_lengths(std::move(lengths))
    , m_sites(numSites)
    , m_gpus(numGpus)
    , m_open(m_lengths.size())
    , m_full(m_lengths.size() * numSites)
{
}

std::uint64_t WindowLoads::nextSeam(std::uint64_t ordinal) const
{
    std::uint64_t seam = UINT64_MAX;
    for (const std::uint32_t length : m_lengths)
        seam = std::min(seam, (ordinal / length + 1) * length);
    return seam;
}

void WindowLoads::add(std::uint64_t ordinal, std::uint64_t count, std::span<const std::uint32_t> loads)
{
    for (std::size_t l = 0; l < m_lengths.size(); ++l)
        addTo(l, ordinal / m_lengths[l], count, loads);
}

void WindowLoads::addTo(
    std::size_t length, std::uint64_t window, std::uint64_t tokens, std::span<const std::uint32_t> loads)
{
    Open& open = m_open[length][window];
    open.loads.resize(m_sites * m_gpus);
    for (std::size_t i = 0; i < loads.size(); ++i)
        open.loads[i] += loads[i];
    open.tokens += tokens;
    if (open.tokens < m_lengths[length])
        return;
    for (std::size_t site = 0; site < m_sites; ++site) {
        const auto here = std::span(open.loads).subspan(site * m_gpus, m_gpus);
        const auto all = std::accumulate(here.begin(), here.end(), std::uint64_t(0));
        if (all == 0)
            continue;
        const double mean = double(all) / double(m_gpus), largest = *std::ranges::max_element(here);
        m_full[length * m_sites + site].maxOverMean.add(largest / mean);
        m_full[length * m_sites + site].balancedness.add(mean / largest);
    }
    m_open[length].erase(window);
}

void WindowLoads::merge(const WindowLoads& other)
{
    for (std::size_t i = 0; i < m_full.size(); ++i) {
        m_full[i].maxOverMean.add(other.m_full[i].maxOverMean);
        m_full[i].balancedness.add(other.m_full[i].balancedness);
    }
    for (std::size_t l = 0; l < m_lengths.size(); ++l) {
        for (const auto& [window, open] : other.m_open[l])
            addTo(l, window, open.tokens, open.loads);
    }
}

std::vector<WindowBalance> WindowLoads::balance(std::size_t site) const
{
    std::vector<WindowBalance> balance;
    for (std::size_t l = 0; l < m_lengths.size(); ++l)
        balance.push_back(m_full[l * m_sites + site]);
    return balance;
}

}
