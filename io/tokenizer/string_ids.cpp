// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/tokenizer/string_ids.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace expertscope::tokenizer {

void StringIds::reserve(std::size_t count, std::size_t bytes)
{
    m_bytes.reserve(bytes);
    m_entries.reserve(count);
    m_slots.assign(std::bit_ceil(2 * count + 16), {});
    m_mask = m_slots.size() - 1;
}

void StringIds::grow()
{
    std::vector<Slot> old(std::max<std::size_t>(16, 2 * m_slots.size()));
    old.swap(m_slots);
    m_mask = m_slots.size() - 1;
    for (std::uint32_t e = 0; e < m_entries.size(); ++e) {
        const std::uint64_t hash = hashBytes(textOf(m_entries[e]));
        std::size_t i = hash & m_mask;
        while (m_slots[i].entry != kFree)
            i = (i + 1) & m_mask;
        m_slots[i] = {static_cast<std::uint32_t>(hash >> 32), e};
    }
}

bool StringIds::insert(std::string_view text, std::int32_t id)
{
    if (find(text) >= 0)
        return false;
    if (2 * (m_entries.size() + 1) > m_slots.size())
        grow();
    const std::uint64_t hash = hashBytes(text);
    std::size_t i = hash & m_mask;
    while (m_slots[i].entry != kFree)
        i = (i + 1) & m_mask;
    m_slots[i] = {static_cast<std::uint32_t>(hash >> 32), static_cast<std::uint32_t>(m_entries.size())};
    m_entries.push_back({static_cast<std::uint32_t>(m_bytes.size()), static_cast<std::uint32_t>(text.size()), id});
    m_bytes += text;
    return true;
}

std::int32_t StringIds::indexById()
{
    m_byId.resize(m_entries.size());
    std::iota(m_byId.begin(), m_byId.end(), 0u);
    std::sort(m_byId.begin(), m_byId.end(),
        [this](std::uint32_t a, std::uint32_t b) { return m_entries[a].id < m_entries[b].id; });
    for (std::size_t i = 1; i < m_byId.size(); ++i)
        if (m_entries[m_byId[i]].id == m_entries[m_byId[i - 1]].id)
            return m_entries[m_byId[i]].id;
    return -1;
}

std::string_view StringIds::text(std::int32_t id) const
{
    if (id < 0)
        return {};
    // Without holes an id is its own position.
    if (static_cast<std::size_t>(id) < m_byId.size() && m_entries[m_byId[static_cast<std::size_t>(id)]].id == id)
        return textOf(m_entries[m_byId[static_cast<std::size_t>(id)]]);
    const auto at = std::lower_bound(m_byId.begin(), m_byId.end(), id,
        [this](std::uint32_t entry, std::int32_t wanted) { return m_entries[entry].id < wanted; });
    return at != m_byId.end() && m_entries[*at].id == id ? textOf(m_entries[*at]) : std::string_view();
}

}
