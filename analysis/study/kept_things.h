// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace expertscope {

/// Things by key, the ones longest unused dropped first. One that is larger than all room is kept alone.
template <class Thing> class KeptThings
{
public:
    explicit KeptThings(std::uint64_t room)
        : m_room(room)
    {
    }

    std::shared_ptr<const Thing> find(const std::string& key)
    {
        const auto found = m_things.find(key);
        if (found == m_things.end())
            return nullptr;
        found->second.used = ++m_clock;
        return found->second.thing;
    }

    void keep(const std::string& key, std::shared_ptr<const Thing> thing, std::uint64_t size)
    {
        m_size += size;
        auto& place = m_things[key];
        m_size -= place.size;
        place = {std::move(thing), size, ++m_clock};
        while (m_size > m_room && m_things.size() > 1) {
            const auto oldest = std::ranges::min_element(m_things, {}, [](const auto& entry) { return entry.second.used; });
            m_size -= oldest->second.size;
            m_things.erase(oldest);
        }
    }

private:
    struct Place
    {
        std::shared_ptr<const Thing> thing;
        std::uint64_t size = 0, used = 0;
    };
    const std::uint64_t m_room;
    std::uint64_t m_size = 0, m_clock = 0;
    std::map<std::string, Place> m_things;
};

}
