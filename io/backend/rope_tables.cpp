// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/engine.h"
#include "io/backend/rope.h"

#include <algorithm>

namespace expertscope {

const RopeTables::Table& RopeTables::forLength(std::int64_t length) const
{
    const std::int64_t key = ropeKey(m_spec, length);
    for (const auto& [k, table] : m_tables) {
        if (k == key)
            return table;
    }
    std::abort(); // prepare() was not told of this length
}

void RopeTables::prepare(const std::vector<std::uint32_t>& lengths)
{
    // Keys beyond 1 are single lengths (dynamic NTK): not worth keeping.
    std::erase_if(m_tables, [](const auto& entry) { return entry.first > 1; });
    std::vector<std::pair<std::int64_t, std::int64_t>> wanted; // key, longest
    for (const auto length : lengths) {
        const std::int64_t key = ropeKey(m_spec, length);
        const auto known = std::find_if(wanted.begin(), wanted.end(), [&](const auto& w) { return w.first == key; });
        if (known == wanted.end())
            wanted.emplace_back(key, length);
        else
            known->second = std::max<std::int64_t>(known->second, length);
    }
    for (const auto& [key, longest] : wanted) {
        const auto known =
            std::find_if(m_tables.begin(), m_tables.end(), [k = key](const auto& e) { return e.first == k; });
        if (known != m_tables.end() && known->second.cosine.size(0) >= longest)
            continue;
        std::vector<float> f = ropeFrequencies(m_spec, m_headDim, longest);
        const auto inverse = at::from_blob(f.data(), {1, static_cast<std::int64_t>(f.size())}, at::kFloat);
        const auto angles = at::arange(longest, at::kFloat).unsqueeze(1) * inverse;
        const double scaling = key == 1 ? m_spec.longAttentionScaling.value_or(m_spec.attentionScaling)
                                        : m_spec.attentionScaling;
        Table table{angles.cos() * scaling, angles.sin() * scaling};
        if (known != m_tables.end())
            known->second = std::move(table);
        else
            m_tables.emplace_back(key, std::move(table));
    }
}

}
