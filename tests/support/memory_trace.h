// SPDX-License-Identifier: GPL-3.0-or-later
//
// Traces without a file: any routing held in memory, and the splitmix traces U, B and M of metrics.md 9.1.
#pragma once

#include "io/trace/routing.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <memory>
#include <numeric>
#include <vector>

namespace expertscope::testing {

/// A trace in memory. Fill `m_shape` by addSequence() and `ids` [site][token * K + slot], then read it like a file.
class MemoryTrace final : public BlockSource
{
public:
    MemoryTrace(std::size_t numSites, std::uint16_t numExperts, std::uint16_t topK)
    {
        m_shape.numSlots = topK;
        m_shape.numExperts = numExperts;
        m_shape.sites.resize(numSites);
        for (std::size_t i = 0; i < numSites; ++i) {
            m_shape.sites[i].layer = static_cast<std::uint16_t>(i);
            m_shape.sites[i].numExperts = numExperts;
            m_shape.sites[i].topK = topK;
        }
        ids.resize(numSites);
        weights.resize(numSites);
        entropy.resize(numSites);
        margin.resize(numSites);
        logits.resize(numSites);
    }

    void addSequence(std::uint32_t length, const std::string& name = {})
    {
        m_shape.sequences.push_back({TokenIndex(m_shape.numTokens), length, length, name, {}});
        m_shape.numTokens += length;
    }

    /// Labels the sequences; "" = no such label.
    void addLabel(const std::string& name, const std::vector<std::string>& valueOfSequence)
    {
        Label label{name, {}, {}};
        for (const std::string& value : valueOfSequence) {
            auto found = std::find(label.values.begin(), label.values.end(), value);
            if (!value.empty() && found == label.values.end()) {
                label.values.push_back(value);
                found = std::prev(label.values.end());
            }
            label.codes.push_back(value.empty() ? -1 : static_cast<std::int32_t>(found - label.values.begin()));
        }
        m_shape.labels.push_back(std::move(label));
    }

    RoutingShape& editShape() { return m_shape; }
    const RoutingShape& shape() const override { return m_shape; }

    Expected<Block> read(SiteIndex site, TokenRange range, Columns wanted, BlockBuffer& buffer) override
    {
        ++*reads;
        if (range.end.value > m_shape.numTokens || range.end < range.begin)
            return fail("read beyond the trace");
        const std::size_t s(site), n = range.size(), first = std::size_t(range.begin), k = m_shape.numSlots;
        Block block;
        block.site = site;
        block.firstToken = range.begin;
        block.numTokens = static_cast<std::uint32_t>(n);
        block.numSlots = m_shape.numSlots;
        block.numExperts = m_shape.sites[s].numExperts;
        const auto copy = [&](const auto& from, auto& to, std::size_t width) {
            to.assign(from.begin() + std::ptrdiff_t(first * width), from.begin() + std::ptrdiff_t((first + n) * width));
        };
        copy(ids[s], buffer.expertIds, k);
        block.expertIds = buffer.expertIds;
        if (wanted.weights && m_shape.columns.weights) {
            copy(weights[s], buffer.weights, k);
            block.weights = buffer.weights;
        }
        if (wanted.entropy && m_shape.columns.entropy) {
            copy(entropy[s], buffer.entropy, 1);
            block.entropy = buffer.entropy;
        }
        if (wanted.margin && m_shape.columns.margin) {
            copy(margin[s], buffer.margin, 1);
            block.margin = buffer.margin;
        }
        if (wanted.logits && m_shape.columns.logits) {
            copy(logits[s], buffer.logits, block.numExperts);
            block.logits = buffer.logits;
        }
        if (wanted.tokenIds && m_shape.columns.tokenIds) {
            copy(tokenIds, buffer.tokenIds, 1);
            block.tokenIds = buffer.tokenIds;
        }
        if (wanted.predictedIds && m_shape.columns.predictedIds) {
            copy(predictedIds, buffer.predictedIds, 1);
            block.predictedIds = buffer.predictedIds;
        }
        if (wanted.loss && m_shape.columns.loss) {
            copy(loss, buffer.loss, 1);
            block.loss = buffer.loss;
        }
        return block;
    }

    std::vector<std::vector<std::uint16_t>> ids; ///< [site][T * K]
    std::vector<std::vector<float>> weights, entropy, margin, logits; ///< [site][T * K | T | T | T * E]
    std::vector<std::int32_t> tokenIds, predictedIds; ///< [T]
    std::vector<float> loss; ///< [T]
    std::shared_ptr<std::atomic<int>> reads = std::make_shared<std::atomic<int>>(0);

private:
    RoutingShape m_shape;
};

/// The splitmix64 output function.
inline std::uint64_t mix(std::uint64_t x)
{
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

/// Trace 'U', 'B' or 'M' of metrics.md 9.1: 8 sequences of 512 tokens, 4 sites, top-8 of 64. With logits and entropy
/// when asked; with the top-k softmax weights (not renormalised) and the margin too then.
inline MemoryTrace splitmixTrace(char kind, bool withScores = false)
{
    constexpr std::uint64_t S = 8, T = 512, L = 4, E = 64, K = 8;
    const auto key = [](std::uint64_t s, std::uint64_t t, std::uint64_t l, std::uint64_t e) {
        return ((s * 512 + t) * 4 + l) * 64 + e;
    };
    const auto score = [&](std::uint64_t s, std::uint64_t t, std::uint64_t l, std::uint64_t e) {
        if (kind == 'B')
            t /= 8;
        if (kind == 'M')
            return (mix(key(s, t, l, e)) >> 2) + (mix(key(s, t / 16, l, e) + (std::uint64_t(1) << 40)) >> 2);
        return mix(key(s, t, l, e));
    };
    MemoryTrace trace(L, E, K);
    for (std::uint64_t s = 0; s < S; ++s)
        trace.addSequence(T, "s" + std::to_string(s));
    if (withScores)
        trace.editShape().columns = {true, true, true, true, false};
    std::vector<std::uint64_t> scores(E);
    std::vector<std::uint16_t> order(E);
    std::vector<double> p(E);
    for (std::uint64_t l = 0; l < L; ++l) {
        for (std::uint64_t s = 0; s < S; ++s) {
            for (std::uint64_t t = 0; t < T; ++t) {
                for (std::uint64_t e = 0; e < E; ++e)
                    scores[e] = score(s, t, l, e);
                std::iota(order.begin(), order.end(), std::uint16_t(0));
                std::partial_sort(order.begin(), order.begin() + K + 1, order.end(),
                    [&](auto a, auto b) { return scores[a] > scores[b]; });
                trace.ids[l].insert(trace.ids[l].end(), order.begin(), order.begin() + K);
                if (!withScores)
                    continue;
                double sum = 0, entropy = 0;
                for (std::uint64_t e = 0; e < E; ++e) {
                    const double logit = 8 * double(scores[e] >> (kind == 'M' ? 10 : 11)) * 0x1p-53;
                    trace.logits[l].push_back(float(logit));
                    p[e] = std::exp(logit);
                    sum += p[e];
                }
                for (double& v : p) {
                    v /= sum;
                    entropy -= v * std::log(v);
                }
                for (std::uint64_t r = 0; r < K; ++r)
                    trace.weights[l].push_back(float(p[order[r]]));
                trace.entropy[l].push_back(float(entropy));
                trace.margin[l].push_back(float(p[order[K - 1]] - p[order[K]]));
            }
        }
    }
    return trace;
}

/// Random k-subsets in random order: iid uniform routing. Deterministic in `seed`.
inline void fillUniform(MemoryTrace& trace, std::uint64_t seed)
{
    std::uint64_t state = mix(seed);
    const auto& shape = trace.shape();
    for (std::size_t site = 0; site < shape.sites.size(); ++site) {
        std::vector<std::uint16_t> pool(shape.sites[site].numExperts);
        std::iota(pool.begin(), pool.end(), std::uint16_t(0));
        trace.ids[site].assign(shape.numTokens * shape.numSlots, kNoExpert);
        for (std::uint64_t t = 0; t < shape.numTokens; ++t) {
            for (std::size_t r = 0; r < shape.sites[site].topK; ++r) {
                state = mix(state);
                std::swap(pool[r], pool[r + state % (pool.size() - r)]);
                trace.ids[site][t * shape.numSlots + r] = pool[r];
            }
        }
    }
}

}
