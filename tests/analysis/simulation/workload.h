// SPDX-License-Identifier: GPL-3.0-or-later
//
// Workloads with memory and topics (simulation.md, appendix A), restated here so that tests and benchmarks of the
// simulation need no file. W1: {333334, 1, 64, 6}.
#pragma once

#include "streams.h"

#include <bit>
#include <cmath>

namespace expertscope::testing {

struct Workload
{
    std::uint64_t tokens;
    std::size_t layers;
    std::uint32_t experts, k;
    double stay = 0.35, zipf = 0.6;
    std::uint64_t topics = 8, seed = 1;
};

class WorkloadRandom
{
public:
    explicit WorkloadRandom(std::uint64_t seed)
        : m_s0(seed * 0x9E3779B97F4A7C15u + 1)
        , m_s1(seed ^ 0xD1B54A32D192ED03u)
    {
        for (int i = 0; i < 20; ++i)
            next();
    }
    std::uint64_t next() // xoroshiro128+
    {
        const std::uint64_t result = m_s0 + m_s1, x = m_s1 ^ m_s0;
        m_s0 = std::rotl(m_s0, 24) ^ x ^ (x << 16);
        m_s1 = std::rotl(x, 37);
        return result;
    }
    double uniform() { return double(next() >> 11) * 0x1p-53; }
    template <typename T> void shuffle(std::span<T> values)
    {
        for (std::size_t i = values.size(); i > 1; --i)
            std::swap(values[i - 1], values[next() % i]);
    }

private:
    std::uint64_t m_s0, m_s1;
};

/// One pool a layer.
inline EventSet workloadEvents(const Workload& w)
{
    WorkloadRandom random(w.seed);
    std::vector<double> upTo;
    double sum = 0;
    for (std::uint32_t i = 0; i < w.experts; ++i)
        upTo.push_back(sum += std::pow(double(i + 1), -w.zipf));
    for (double& v : upTo)
        v /= sum;
    std::vector<std::vector<std::uint32_t>> orders(w.layers * w.topics, std::vector<std::uint32_t>(w.experts));
    for (auto& order : orders) {
        std::iota(order.begin(), order.end(), 0u);
        random.shuffle(std::span(order));
    }
    EventSet set;
    set.pools.resize(w.layers);
    for (std::size_t l = 0; l < w.layers; ++l) {
        EventStream& pool = set.pools[l];
        pool.sites = {SiteIndex(std::uint16_t(l))};
        pool.firstObject = {0, w.experts};
        pool.topK = {std::uint16_t(w.k)};
        pool.fixedSize = pool.largestEvent = w.k;
        pool.numEvents = w.tokens;
        pool.objects.reserve(w.tokens * w.k);
        pool.sequenceStarts = {0};
    }
    std::vector<char> chosen(w.experts);
    std::vector<std::uint32_t> set_;
    std::uint64_t topic = 0;
    for (std::uint64_t t = 0; t < w.tokens; ++t) {
        if (random.uniform() < 1.0 / 64)
            topic = random.next() % w.topics;
        for (std::size_t l = 0; l < w.layers; ++l) {
            EventStream& pool = set.pools[l];
            set_.clear();
            for (std::uint32_t r = 0; t > 0 && r < w.k; ++r) {
                const std::uint32_t e = pool.objects[(t - 1) * w.k + r];
                if (random.uniform() < w.stay) {
                    chosen[e] = 1;
                    set_.push_back(e);
                }
            }
            while (set_.size() < w.k) {
                const auto rank = std::ranges::lower_bound(upTo, random.uniform()) - upTo.begin();
                const std::uint32_t e = orders[l * w.topics + topic][std::min(std::size_t(rank), upTo.size() - 1)];
                if (!chosen[e])
                    set_.push_back(e);
                chosen[e] = 1;
            }
            random.shuffle(std::span(set_));
            for (const std::uint32_t e : set_) {
                chosen[e] = 0;
                pool.objects.push_back(e);
            }
        }
    }
    set.steps = set.tokens = w.tokens;
    set.requests = w.tokens * w.k * w.layers;
    return set;
}

}
