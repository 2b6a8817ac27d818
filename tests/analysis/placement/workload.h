// SPDX-License-Identifier: GPL-3.0-or-later
//
// The workloads W2 and ExFlow-like of our simulation notes (appendix A): topics that change, experts that stay.
#pragma once

#include "tests/support/memory_trace.h"

#include <bit>

namespace expertscope::testing {

struct Workload
{
    std::uint32_t tokens;
    std::uint16_t sites, experts, topK;
    double stay, zipf;
    std::uint64_t topics, seed;
};

inline constexpr Workload kW2{12821, 26, 64, 6, 0.35, 0.6, 8, 1};
inline constexpr Workload kExFlow{31250, 32, 8, 2, 0.1, 1.0, 16, 3};

/// One sequence of all tokens, or sequences of `length` tokens.
inline MemoryTrace makeWorkload(const Workload& w, std::uint32_t length = 0)
{
    std::uint64_t s0 = w.seed * 0x9E3779B97F4A7C15u + 1, s1 = w.seed ^ 0xD1B54A32D192ED03u;
    const auto next = [&] { // xoroshiro128+
        const std::uint64_t result = s0 + s1, mixed = s1 ^ s0;
        s0 = std::rotl(s0, 24) ^ mixed ^ (mixed << 16);
        s1 = std::rotl(mixed, 37);
        return result;
    };
    const auto uniform = [&] { return double(next() >> 11) * 0x1p-53; };
    const auto shuffle = [&](std::uint16_t* values, std::size_t n) {
        for (std::size_t i = n - 1; i > 0; --i)
            std::swap(values[i], values[next() % (i + 1)]);
    };
    for (int i = 0; i < 20; ++i)
        next();

    std::vector<double> upTo(w.experts);
    double sum = 0;
    for (std::size_t i = 0; i < w.experts; ++i)
        upTo[i] = sum += std::pow(double(i + 1), -w.zipf);
    for (double& v : upTo)
        v /= sum;
    std::vector<std::uint16_t> order(std::size_t(w.sites) * w.topics * w.experts);
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = static_cast<std::uint16_t>(i % w.experts);
    for (std::size_t i = 0; i < order.size(); i += w.experts)
        shuffle(order.data() + i, w.experts);

    MemoryTrace trace(w.sites, w.experts, w.topK);
    for (std::uint32_t at = 0; at < w.tokens; at += length ? length : w.tokens)
        trace.addSequence(std::min(length ? length : w.tokens, w.tokens - at));
    std::vector<std::uint16_t> now, before(std::size_t(w.sites) * w.topK);
    std::uint64_t topic = 0;
    for (std::uint32_t t = 0; t < w.tokens; ++t) {
        if (uniform() < 1.0 / 64)
            topic = next() % w.topics;
        for (std::size_t l = 0; l < w.sites; ++l) {
            std::uint16_t* previous = before.data() + l * w.topK;
            now.clear();
            for (std::size_t r = 0; t > 0 && r < w.topK; ++r) {
                if (uniform() < w.stay)
                    now.push_back(previous[r]);
            }
            while (now.size() < w.topK) {
                const auto rank = std::lower_bound(upTo.begin(), upTo.end(), uniform()) - upTo.begin();
                const std::uint16_t e =
                    order[(l * w.topics + topic) * w.experts + std::min<std::size_t>(rank, w.experts - 1u)];
                if (std::find(now.begin(), now.end(), e) == now.end())
                    now.push_back(e);
            }
            shuffle(now.data(), now.size());
            std::copy(now.begin(), now.end(), previous);
            trace.ids[l].insert(trace.ids[l].end(), now.begin(), now.end());
        }
    }
    return trace;
}

}
