// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/topk/cut.h"

#include "analysis/counts/probabilities.h"

#include <algorithm>
#include <cmath>

namespace expertscope::topk {

std::string nameOf(Cut::By by)
{
    switch (by) {
    case Cut::By::Keep:
        return "keep";
    case Cut::By::Share:
        return "share";
    case Cut::By::Probability:
        return "probability";
    case Cut::By::None:
        break;
    }
    return "none";
}

Columns neededBy(Cut::By by)
{
    Columns columns;
    columns.weights = by == Cut::By::Share;
    columns.logits = by == Cut::By::Probability;
    return columns;
}

void CutToken::read(const Site& site, const Block& block, std::size_t token, Columns columns)
{
    const auto choices = choicesOf(block, token);
    const std::size_t K = choices.size();
    m_filled.assign(K, 0);
    m_chosen = 0;
    for (std::size_t r = 0; r < K; ++r) {
        m_filled[r] = choices[r] != kNoExpert;
        m_chosen += m_filled[r];
    }
    m_weight.assign(K, 0);
    m_weightSum.reset();
    if (columns.weights && !block.weights.empty() && m_chosen) {
        double sum = 0;
        bool usable = true;
        for (std::size_t r = 0; r < K; ++r) {
            if (!m_filled[r])
                continue;
            m_weight[r] = block.weights[token * K + r];
            usable &= std::isfinite(m_weight[r]) && m_weight[r] >= 0;
            sum += m_weight[r];
        }
        if (usable && sum > 0 && std::isfinite(sum))
            m_weightSum = sum;
    }
    m_probability.assign(K, 0);
    m_scored = false;
    if (columns.logits && !block.logits.empty() && m_chosen) {
        // Routers without probabilities of their own: the softmax, as for the entropy in a trace.
        const auto logits = logitsOf(block, token);
        m_scored = routerProbabilities(site, logits, m_p) || softmax(logits, m_p);
        for (std::size_t r = 0; m_scored && r < K; ++r)
            m_probability[r] = m_filled[r] ? m_p[choices[r]] : 0;
    }
}

const std::vector<std::uint8_t>& CutToken::kept(const Cut& cut)
{
    m_kept = m_filled;
    m_keptCount = m_chosen;
    if (cut.by == Cut::By::Keep) {
        for (std::size_t r = 0; r < m_kept.size(); ++r) {
            if (double(r) >= cut.amount)
                m_kept[r] = 0;
        }
        m_keptCount = std::size_t(std::ranges::count(m_kept, std::uint8_t(1)));
    } else if (cut.by == Cut::By::Share && weighed()) {
        keepFewest(m_weight, cut.amount * *m_weightSum);
    } else if (cut.by == Cut::By::Probability && scored()) {
        keepFewest(m_probability, cut.amount);
    }
    return m_kept;
}

void CutToken::keepFewest(const std::vector<double>& worth, double wanted)
{
    m_order.clear();
    for (std::size_t r = 0; r < m_filled.size(); ++r) {
        if (m_filled[r])
            m_order.push_back(r);
    }
    std::ranges::stable_sort(m_order, [&](std::size_t a, std::size_t b) { return worth[a] > worth[b]; });
    std::ranges::fill(m_kept, std::uint8_t(0));
    m_keptCount = 0;
    // Sums differ by their order: within rounding, what is wanted is reached.
    double held = 0;
    for (const std::size_t r : m_order) {
        if (m_keptCount && held >= wanted * (1 - 1e-12))
            break;
        held += worth[r];
        m_kept[r] = 1;
        ++m_keptCount;
    }
}

double CutToken::lostWeight() const
{
    double lost = 0;
    for (std::size_t r = 0; r < m_weight.size(); ++r)
        lost += m_kept[r] ? 0 : m_weight[r];
    return lost / *m_weightSum;
}

double CutToken::lostProbability() const
{
    double lost = 0;
    for (std::size_t r = 0; r < m_probability.size(); ++r)
        lost += m_kept[r] ? 0 : m_probability[r];
    return lost;
}

}
