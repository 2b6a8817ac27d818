// SPDX-License-Identifier: GPL-3.0-or-later
//
// The policies that evict by a key once more: sets of residents, keys worked out anew for each unit.
#pragma once

#include "naive_contract.h"

#include <cmath>

namespace expertscope::testing {

/// Smaller is kept longer.
using NaiveKey = std::vector<double>;

class NaiveReplay
{
public:
    NaiveReplay(const EventStream& stream, const Contract& contract, std::string policy, double param = 0)
        : m_stream(stream)
        , m_contract(contract)
        , m_policy(std::move(policy))
        , m_param(param)
    {
        ServingOrder order(stream, contract);
        m_uses.resize(stream.numObjects());
        const auto add = [this](std::uint64_t event, std::span<const Object> objects) {
            for (std::size_t place = 0; place < objects.size(); ++place)
                m_uses[objects[place]].push_back({m_events.size(), place});
            m_events.push_back(event);
        };
        for (std::uint64_t i = 0; i < stream.numEvents; ++i) {
            if (contract.service == Service::Atomic)
                add(i, stream.event(i));
            else
                for (const Object object : order.of(i, [](auto) { return false; }))
                    add(i, {&object, 1});
        }
    }

    std::vector<Counters> counters(std::uint32_t capacity) const { return Run(*this, capacity).counters(); }

private:
    class Run final : public NaiveContract
    {
    public:
        Run(const NaiveReplay& replay, std::uint32_t capacity)
            : NaiveContract(replay.m_stream, replay.m_contract, capacity)
            , m_replay(replay)
        {
        }

    private:
        void restart() override { m_cache.clear(); }
        std::set<Object> held() const override { return m_cache; }
        void use(const std::vector<Object>& objects, const std::set<Object>& before) override
        {
            std::set<Object> all = before;
            all.insert(objects.begin(), objects.end());
            std::vector<std::pair<NaiveKey, Object>> order;
            for (const Object object : all) {
                NaiveKey key = m_replay.keyOf(object, m_unit);
                const bool pinned = pins(objects) && std::ranges::find(objects, object) != objects.end();
                key.insert(key.begin(), pinned ? 0.0 : 1.0);
                order.emplace_back(std::move(key), object);
            }
            std::ranges::sort(order);
            m_cache.clear();
            for (std::size_t i = 0; i < std::min<std::size_t>(m_capacity, order.size()); ++i)
                m_cache.insert(order[i].second);
            ++m_unit;
        }

        void preload(Object object, std::optional<Object> leaving) override
        {
            if (leaving)
                m_cache.erase(*leaving);
            m_cache.insert(object);
            ++m_unit;
        }

        const NaiveReplay& m_replay;
        std::set<Object> m_cache;
        std::size_t m_unit = 0;
    };

    /// After unit u was used.
    NaiveKey keyOf(Object object, std::size_t u) const
    {
        const double never = 1e18, sites = double(m_stream.sites.size());
        const double now = std::floor(double(m_events[u]) / sites);
        NaiveKey key, recency{never, never, double(object)};
        double count = 0, score = 0, coming = 0;
        for (const Use& use : m_uses[object]) {
            if (use.unit <= u) {
                ++count;
                score += std::exp2((std::floor(double(m_events[use.unit]) / sites) - now) / m_param);
                recency = {-double(use.unit), double(use.place), double(object)};
                continue;
            }
            if (m_policy == "opt")
                return {double(use.unit), double(use.place)};
            coming += double(use.unit) <= double(u) + m_param * sites;
        }
        if (m_policy == "opt")
            return {never, -double(object)};
        if (m_policy == "lfu")
            key = {-count};
        if (m_policy == "ema") // with a halflife of 1 scores are exact; else equal ones differ by rounding
            key = {m_param == 1 ? -score : score > 0 ? -std::round(std::log2(score) * 1e9) : never};
        if (m_policy == "sch")
            key = {-coming};
        key.insert(key.end(), recency.begin(), recency.end());
        return key;
    }

    const EventStream& m_stream;
    const Contract m_contract;
    const std::string m_policy;
    const double m_param;
    struct Use
    {
        std::size_t unit, place;
    };
    std::vector<std::uint64_t> m_events; ///< [unit]
    std::vector<std::vector<Use>> m_uses; ///< [object]
};

}
