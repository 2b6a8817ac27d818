// SPDX-License-Identifier: GPL-3.0-or-later
//
// Numbers that are names (of experts, of clusters) and the few of them that have a colour of their own.
#pragma once

#include "views/paint/layer_parts.h"

#include <cstdint>

namespace expertscope {

class Categories
{
public:
    static constexpr int kRest = -1;

    Categories() = default;
    /// `rest`: what the legend calls all numbers that are not added; empty: there are none.
    explicit Categories(QString rest)
        : m_rest(std::move(rest))
    {
    }

    /// At most eight, the first ones most easily told apart.
    void add(std::uint16_t number, QString name);
    void join(std::uint16_t number, std::uint16_t with); ///< coloured as one that was added
    /// Number in Style::categories, or kRest.
    int colourOf(std::uint16_t number) const { return number < m_of.size() ? m_of[number] : kRest; }
    std::size_t size() const { return m_legend.size(); }
    bool empty() const { return m_legend.empty() && m_rest.isEmpty(); }
    std::vector<LegendEntry> legend() const;

private:
    std::vector<std::int8_t> m_of; ///< [number]
    std::vector<LegendEntry> m_legend;
    QString m_rest;
};

}
