// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/policy.h"
#include "analysis/simulation/recorder.h"
#include "analysis/simulation/serving_order.h"

namespace expertscope::simulation {

namespace {

/// Residents, most recent first.
class LruCache
{
public:
    explicit LruCache(std::uint32_t capacity)
        : m_capacity(capacity)
    {
    }
    bool resident(std::uint32_t object) const { return std::ranges::find(m_objects, object) != m_objects.end(); }
    void clear() { m_objects.clear(); }
    /// These become the most recent, the first the very most; returns how many residents left.
    std::uint32_t use(std::span<const std::uint32_t> objects)
    {
        m_before = m_objects;
        std::erase_if(m_objects, [&](auto o) { return std::ranges::find(objects, o) != objects.end(); });
        m_objects.insert(m_objects.begin(), objects.begin(), objects.end());
        if (m_objects.size() > m_capacity)
            m_objects.resize(m_capacity);
        return std::uint32_t(std::ranges::count_if(m_before, [&](auto o) { return !resident(o); }));
    }

private:
    const std::uint32_t m_capacity;
    std::vector<std::uint32_t> m_objects, m_before;
};

class Lru final : public Policy
{
public:
    PoolCurve replay(const EventStream& stream, const Contract& contract, std::span<const std::uint32_t> capacities,
        const std::stop_token& stop) const override
    {
        PoolCurve curve{{capacities.begin(), capacities.end()}, {}};
        for (const std::uint32_t capacity : capacities) {
            LruCache cache(std::min(capacity, stream.numObjects()));
            Recorder recorder(stream, contract, capacity);
            ServingOrder order(stream, contract);
            const auto resident = [&](std::uint32_t object) { return cache.resident(object); };
            for (std::uint64_t i = 0; i < stream.numEvents && !stop.stop_requested(); ++i) {
                if (recorder.begin(i))
                    cache.clear();
                std::uint32_t evictions = 0;
                if (contract.service == Service::Atomic) {
                    for (const std::uint32_t object : stream.event(i)) {
                        if (!cache.resident(object))
                            recorder.miss(object);
                    }
                    evictions = cache.use(stream.event(i));
                } else {
                    for (const std::uint32_t& object : order.of(i, resident)) {
                        if (!cache.resident(object))
                            recorder.miss(object);
                        evictions += cache.use({&object, 1});
                    }
                }
                recorder.end(evictions);
            }
            curve.sites.push_back(recorder.take());
        }
        return curve;
    }
};

}

PolicySpec lruPolicy()
{
    return {.name = "lru",
        .definition = "evicts what was used longest ago",
        .source = "Mattson et al. 1970",
        .make = [](const Parameters&) { return std::make_unique<Lru>(); }};
}

}
