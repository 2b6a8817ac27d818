// SPDX-License-Identifier: GPL-3.0-or-later
//
// In which order a sequential event is served.
#pragma once

#include "analysis/simulation/events.h"
#include "io/base/splitmix.h"

#include <algorithm>

namespace expertscope::simulation {

class ServingOrder
{
public:
    ServingOrder(const EventStream& stream, const Contract& contract)
        : m_stream(stream)
        , m_order(contract.order)
        , m_seed(contract.seed)
    {
    }

    /// The objects of event i in the contract's order; valid until the next call. `resident(object)` is asked only by
    /// Order::ResidentFirst: those by router rank, then the others by router rank.
    template <typename Resident> std::span<const std::uint32_t> of(std::uint64_t i, const Resident& resident)
    {
        const auto objects = m_stream.event(i);
        if (m_order == Order::RouterRank)
            return objects;
        m_objects.assign(objects.begin(), objects.end());
        if (m_order == Order::AscendingId)
            std::sort(m_objects.begin(), m_objects.end());
        else if (m_order == Order::ResidentFirst)
            std::stable_partition(m_objects.begin(), m_objects.end(), resident);
        else
            shuffle(i);
        return m_objects;
    }

private:
    /// Fisher-Yates with splitmix64, a stream of its own for each event: any event can be asked for alone.
    void shuffle(std::uint64_t i)
    {
        SplitMix random(m_seed * 0xD1B54A32D192ED03u + i * 0x2545F4914F6CDD1Du);
        for (std::size_t n = m_objects.size(); n > 1; --n)
            std::swap(m_objects[n - 1], m_objects[random.next() % n]);
    }

    const EventStream& m_stream;
    const Order m_order;
    const std::uint64_t m_seed;
    std::vector<std::uint32_t> m_objects;
};

}
