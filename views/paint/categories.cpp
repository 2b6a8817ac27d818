// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/categories.h"

namespace expertscope {

void Categories::add(std::uint16_t number, QString name)
{
    if (number >= m_of.size())
        m_of.resize(number + 1u, kRest);
    m_of[number] = std::int8_t(m_legend.size());
    m_legend.push_back({std::move(name), int(m_legend.size()), LegendEntry::Shape::Category});
}

void Categories::join(std::uint16_t number, std::uint16_t with)
{
    if (number >= m_of.size())
        m_of.resize(number + 1u, kRest);
    m_of[number] = m_of[with];
}

std::vector<LegendEntry> Categories::legend() const
{
    std::vector<LegendEntry> entries = m_legend;
    if (!m_rest.isEmpty())
        entries.push_back({m_rest, kRest, LegendEntry::Shape::Category});
    return entries;
}

}
