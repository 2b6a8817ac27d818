// SPDX-License-Identifier: GPL-3.0-or-later
//
// Random but plausible traces in memory, and ways to push them through a writer.
#pragma once

#include "io/trace/trace_writer.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

namespace expertscope::fixture {

struct Shape
{
    std::uint64_t tokens = 1000;
    std::vector<std::pair<int, int>> sites{{8, 2}, {8, 2}}; ///< E, k
    bool weights = true, entropy = true, margin = true, logits = false, loss = false;
    unsigned longest = 300; ///< tokens of a sequence
    unsigned seed = 1;
};

/// A plan and the values that a capture of it would give: the reference for every comparison.
struct Reference
{
    TracePlan plan;
    std::uint64_t T = 0;
    std::size_t M = 0, K = 0, E = 0;
    std::vector<std::uint16_t> ids; ///< [T, M, K]
    std::vector<float> weights, entropy, margin; ///< [T, M, K], [T, M]
    std::vector<float> logits; ///< [T, M, E]
    std::vector<float> loss; ///< [T]
    std::vector<std::int32_t> predictedIds; ///< [T], recorded with the loss
};

inline Reference make(const Shape& shape)
{
    Reference r;
    std::mt19937 random(shape.seed);
    r.T = shape.tokens;
    r.M = shape.sites.size();
    for (const auto& [experts, k] : shape.sites) {
        Site site;
        site.layer = static_cast<std::uint16_t>(r.plan.sites.size() * 2 + 1);
        site.numExperts = static_cast<std::uint16_t>(experts);
        site.topK = static_cast<std::uint16_t>(k);
        site.numShared = 1;
        site.renormalisation = Renormalisation::Sum;
        site.scaling = 2.5f;
        r.plan.sites.push_back(site);
        r.K = std::max<std::size_t>(r.K, std::size_t(k));
        r.E = std::max<std::size_t>(r.E, std::size_t(experts));
    }
    r.plan.columns = {.weights = shape.weights,
        .entropy = shape.entropy,
        .margin = shape.margin,
        .logits = shape.logits,
        .tokenIds = true,
        .predictedIds = shape.loss,
        .loss = shape.loss};
    for (std::uint64_t t = 0; t < r.T;) {
        PlannedSequence s;
        const auto n = std::min<std::uint64_t>(r.T - t, 1 + random() % shape.longest);
        for (std::uint64_t i = 0; i < n; ++i)
            s.tokenIds.push_back(static_cast<std::int32_t>(random() % 50));
        const auto index = r.plan.sequences.size();
        s.name = "document " + std::to_string(index) + " — ü";
        s.source = "prompts.jsonl:" + std::to_string(index + 1);
        s.labels["language"] = index % 3 == 0 ? "de" : index % 3 == 1 ? "en" : "日本語";
        if (index % 2 == 0)
            s.labels["topic/sub"] = index % 4 == 0 ? "code" : "prose";
        s.promptLength = index % 5 == 0 ? static_cast<std::uint32_t>((n + 1) / 2) : 0;
        r.plan.sequences.push_back(std::move(s));
        t += n;
    }
    for (int id = 0; id < 50; ++id)
        r.plan.vocabulary[id] = id == 7 ? std::string("\xe3\x81", 2)
            : id == 8                   ? std::string("a\0b", 3)
                                        : "tok" + std::to_string(id);
    r.plan.provenance = {.modelId = "tests/random",
        .modelType = "olmoe",
        .architecture = "OlmoeForCausalLM",
        .numHiddenLayers = 5,
        .hiddenSize = 64,
        .configJson = R"({"model_type": "olmoe"})",
        .attributes = {{"device", "cpu"}, {"dtype", "float32"}, {"threads", "2"}}};

    const float nan = std::numeric_limits<float>::quiet_NaN();
    r.ids.assign(r.T * r.M * r.K, kNoExpert);
    r.weights.assign(r.ids.size(), nan);
    r.entropy.resize(r.T * r.M);
    r.margin.resize(r.T * r.M);
    r.logits.assign(shape.logits ? r.T * r.M * r.E : 0, nan);
    r.loss.resize(r.T);
    std::normal_distribution<float> normal;
    std::vector<float> score(r.E);
    std::vector<std::uint16_t> order(r.E);
    for (std::uint64_t t = 0; t < r.T; ++t) {
        r.loss[t] = std::abs(normal(random)) * 3;
        r.predictedIds.push_back(t % 7 == 3 ? -1 : static_cast<std::int32_t>(random() >> 1));
        for (std::size_t m = 0; m < r.M; ++m) {
            const auto E = std::size_t(shape.sites[m].first), k = std::size_t(shape.sites[m].second);
            double sum = 0, entropy = 0;
            for (std::size_t e = 0; e < E; ++e) {
                const float logit = normal(random) - 0.02f * static_cast<float>(e);
                if (shape.logits)
                    r.logits[(t * r.M + m) * r.E + e] = logit;
                score[e] = std::exp(logit);
                sum += score[e];
            }
            for (std::size_t e = 0; e < E; ++e) {
                score[e] = static_cast<float>(score[e] / sum);
                entropy -= score[e] * std::log(score[e]);
            }
            std::iota(order.begin(), order.begin() + long(E), std::uint16_t(0));
            std::partial_sort(order.begin(), order.begin() + long(std::min(E, k + 1)), order.begin() + long(E),
                [&](auto a, auto b) { return score[a] > score[b]; });
            const bool dropped = random() % 97 == 0;
            for (std::size_t j = 0; j < k && !dropped; ++j) {
                r.ids[(t * r.M + m) * r.K + j] = order[j];
                r.weights[(t * r.M + m) * r.K + j] = score[order[j]];
            }
            r.entropy[t * r.M + m] = static_cast<float>(entropy);
            r.margin[t * r.M + m] = k < E ? score[order[k - 1]] - score[order[k]] : 0;
        }
    }
    return r;
}

/// A slab with memory of its own, cut out of the reference.
struct CutSlab
{
    RoutingSlab slab;
    std::vector<std::uint16_t> ids;
    std::vector<float> weights, entropy, margin, logits, loss;
    std::vector<std::int32_t> predictedIds;
};

inline CutSlab cut(
    const Reference& r, std::uint64_t first, std::uint64_t count, std::size_t firstSite, std::size_t numSites)
{
    CutSlab c;
    const auto take = [&](const auto& from, auto& to, std::size_t width) {
        if (from.empty())
            return;
        for (std::uint64_t t = first; t < first + count; ++t) {
            const auto at = from.begin() + long((t * r.M + firstSite) * width);
            to.insert(to.end(), at, at + long(numSites * width));
        }
    };
    take(r.ids, c.ids, r.K);
    take(r.weights, c.weights, r.K);
    take(r.entropy, c.entropy, 1);
    take(r.margin, c.margin, 1);
    take(r.logits, c.logits, r.E);
    if (r.plan.columns.loss && firstSite == 0) {
        c.loss.assign(r.loss.begin() + long(first), r.loss.begin() + long(first + count));
        c.predictedIds.assign(r.predictedIds.begin() + long(first), r.predictedIds.begin() + long(first + count));
    }
    c.slab = {.firstSite = SiteIndex(std::uint16_t(firstSite)),
        .numSites = std::uint16_t(numSites),
        .firstToken = first,
        .numTokens = std::uint32_t(count),
        .expertIds = c.ids,
        .weights = c.weights,
        .entropy = c.entropy,
        .margin = c.margin,
        .logits = c.logits,
        .loss = c.loss,
        .predictedIds = c.predictedIds};
    return c;
}

/// All sites of a few tokens at a time, as a resident capture does, from token `from` to `to`.
inline Expected<void> feedTokenMajor(
    TraceWriter& writer, const Reference& r, std::uint64_t step, std::uint64_t from = 0, std::uint64_t to = ~0ull)
{
    to = std::min(to, r.T);
    for (auto t = from; t < to; t += step)
        ES_TRY(writer.append(cut(r, t, std::min(step, to - t), 0, r.M).slab));
    return {};
}

/// One site after the other, as layer streaming does.
inline Expected<void> feedSiteMajor(TraceWriter& writer, const Reference& r, std::uint64_t step, std::uint64_t from = 0)
{
    for (std::size_t m = 0; m < r.M; ++m) {
        for (auto t = from; t < r.T; t += step)
            ES_TRY(writer.append(cut(r, t, std::min(step, r.T - t), m, 1).slab));
    }
    return {};
}

inline bool same(float a, float b)
{
    return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b) || (std::isnan(a) && std::isnan(b));
}

/// Is `b` the value `a` rounded to `bits` significant digits?
inline bool close(float a, float b, int bits)
{
    return same(a, b) || std::abs(a - b) <= std::ldexp(std::abs(a), -bits);
}

}
