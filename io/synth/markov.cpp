// SPDX-License-Identifier: GPL-3.0-or-later
//
// Routing with memory and topics, for caches, prefetching and placement. W1 to W4 and exflow are the workloads that our
// simulation notes measured other programs on: same random numbers, same ids. Specification: resources/docs/synth.md.
#include "io/synth/kinds.h"
#include "io/synth/random.h"
#include "io/synth/trace_size.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace expertscope {

namespace {

/// xoroshiro128+ of 2018 (Blackman, Vigna), rotations 24, 16, 37.
class Xoroshiro
{
public:
    explicit Xoroshiro(std::uint64_t seed)
        : m_s0(seed * 0x9E3779B97F4A7C15u + 1)
        , m_s1(seed ^ 0xD1B54A32D192ED03u)
    {
        for (int i = 0; i < 20; ++i)
            next();
    }
    std::uint64_t next()
    {
        const std::uint64_t result = m_s0 + m_s1, s1 = m_s1 ^ m_s0;
        m_s0 = std::rotl(m_s0, 24) ^ s1 ^ (s1 << 16);
        m_s1 = std::rotl(s1, 37);
        return result;
    }
    double uniform() { return unit(next()); }

    void shuffle(std::span<std::uint16_t> values)
    {
        for (std::size_t i = values.size(); i-- > 1;)
            std::swap(values[i], values[next() % (i + 1)]);
    }

private:
    std::uint64_t m_s0, m_s1;
};

class MarkovGenerator final : public Generator
{
public:
    MarkovGenerator(RoutingShape shape, double stay, double zipf, std::uint64_t topics, std::uint64_t seed)
        : Generator(std::move(shape))
        , m_stay(stay)
        , m_topics(topics)
        , m_random(seed)
    {
        const std::size_t E = this->shape().numExperts, L = this->shape().sites.size(), K = this->shape().numSlots;
        double sum = 0;
        for (std::size_t i = 0; i < E; ++i) {
            m_popularity.push_back(std::pow(double(i + 1), -zipf));
            sum += m_popularity.back();
            m_upTo.push_back(sum);
        }
        for (double& v : m_upTo)
            v /= sum;
        m_order.resize(L * topics * E);
        for (std::size_t i = 0; i < L * topics; ++i) {
            const auto order = std::span(m_order).subspan(i * E, E);
            std::iota(order.begin(), order.end(), std::uint16_t(0));
            m_random.shuffle(order);
        }
        m_previous.resize(L * K);
        m_chosen.resize(E);
    }

    double redundancy() const override { return 4 / (1 - std::min(m_stay, 0.9)); }

    Expected<void> next(std::uint32_t numTokens, const SlabSink& sink) override
    {
        const TokenRange range = advance(numTokens);
        const std::size_t L = shape().sites.size(), K = shape().numSlots;
        m_ids.resize(std::size_t(numTokens) * L * K);
        for (std::size_t t = 0; t < numTokens; ++t) {
            if (m_random.uniform() < 1.0 / 64)
                m_topic = m_random.next() % m_topics;
            for (std::size_t l = 0; l < L; ++l)
                choose(l, std::span(m_ids).subspan((t * L + l) * K, K));
            m_first = false;
        }
        return sink({.firstSite = SiteIndex(0),
            .numSites = static_cast<std::uint16_t>(L),
            .firstToken = range.begin.value,
            .numTokens = numTokens,
            .expertIds = m_ids,
            .weights = {},
            .entropy = {},
            .margin = {},
            .logits = {},
            .loss = {}});
    }

private:
    void choose(std::size_t l, std::span<std::uint16_t> out)
    {
        const auto previous = std::span(m_previous).subspan(l * out.size(), out.size());
        std::size_t n = 0;
        if (!m_first) {
            for (const std::uint16_t e : previous) {
                if (m_random.uniform() < m_stay)
                    m_chosen[out[n++] = e] = true;
            }
        }
        while (n < out.size()) {
            const std::uint16_t e = popular(l);
            m_chosen[out[n++] = e] = true;
        }
        m_random.shuffle(out);
        for (const std::uint16_t e : out)
            m_chosen[e] = false;
        std::ranges::copy(out, previous.begin());
    }

    /// By the popularity of the topic, among those not chosen yet.
    std::uint16_t popular(std::size_t l)
    {
        const std::size_t E = m_upTo.size();
        const auto order = std::span(m_order).subspan((l * m_topics + m_topic) * E, E);
        for (int attempt = 0; attempt < 64; ++attempt) {
            const auto rank = std::ranges::lower_bound(m_upTo, m_random.uniform()) - m_upTo.begin();
            const std::uint16_t e = order[std::min(std::size_t(rank), E - 1)];
            if (!m_chosen[e])
                return e;
        }
        // Nearly all that is popular is taken (never in W1 to W4): the same law without rejection.
        double left = 0;
        for (std::size_t i = 0; i < E; ++i)
            left += m_chosen[order[i]] ? 0 : m_popularity[i];
        double at = m_random.uniform() * left;
        std::uint16_t last = 0;
        for (std::size_t i = 0; i < E; ++i) {
            if (m_chosen[order[i]])
                continue;
            last = order[i];
            at -= m_popularity[i];
            if (at < 0)
                break;
        }
        return last;
    }

    const double m_stay;
    const std::uint64_t m_topics;
    Xoroshiro m_random;
    std::vector<double> m_popularity, m_upTo; ///< of a rank; of all ranks up to it, as shares
    std::vector<std::uint16_t> m_order; ///< [L, topics, E] experts from the most popular on
    std::vector<std::uint16_t> m_previous; ///< [L, K] of the token before, shuffled as they were
    std::vector<char> m_chosen; ///< [E] by this token at this site
    std::vector<std::uint16_t> m_ids;
    std::uint64_t m_topic = 0;
    bool m_first = true;
};

Expected<std::unique_ptr<Generator>> makeMarkov(const SynthValues& values)
{
    const double order =
        2.0 * double(values.count("sites")) * double(values.count("topics")) * double(values.count("experts"));
    ES_ASSIGN(auto shape,
        makeShape({.tokens = values.count("tokens"),
            .length = values.count("length"),
            .sites = values.count("sites"),
            .experts = values.count("experts"),
            .topK = values.count("top-k"),
            .generatorBytes = std::uint64_t(order)}));
    return std::make_unique<MarkovGenerator>(
        std::move(shape), values.number("stay"), values.number("zipf"), values.count("topics"), values.count("seed"));
}

}

std::vector<SynthKind> markovKinds()
{
    struct Preset
    {
        const char *name, *title, *tokens, *sites, *experts, *topK, *stay, *zipf, *topics, *seed;
    };
    constexpr Preset kPresets[] = {
        {"markov", "Experts stay from token to token, topics change: any parameters", "100000", "8", "64", "6", "0.35",
            "0.6", "8", "1"},
        {"W1", "Workload W1 for caches: markov, 1 site of 64 experts", "333334", "1", "64", "6", "0.35", "0.6", "8",
            "1"},
        {"W2", "Workload W2: markov, 26 sites of 64 experts", "12821", "26", "64", "6", "0.35", "0.6", "8", "1"},
        {"W3", "Workload W3: markov, 48 sites of 128 experts", "43690", "48", "128", "8", "0.35", "0.6", "8", "1"},
        {"W4", "Workload W4: markov, 58 sites of 256 experts", "36206", "58", "256", "8", "0.35", "0.6", "8", "1"},
        {"exflow", "Workload for placement: markov, 32 sites of 8 experts", "31250", "32", "8", "2", "0.1", "1", "16",
            "3"},
    };
    std::vector<SynthKind> kinds;
    for (const Preset& preset : kPresets) {
        std::vector<SynthParameter> parameters = tokenParameters(preset.tokens, "0");
        for (auto& p : siteParameters(preset.sites, preset.experts, preset.topK))
            parameters.push_back(std::move(p));
        const auto number = SynthParameter::Type::Number;
        parameters.push_back(
            {"stay", "Probability that an expert of the token before stays", preset.stay, 0, 1, number});
        parameters.push_back({"zipf", "Popularity of an expert of rank i is 1 / i^zipf", preset.zipf, 0, 10, number});
        parameters.push_back(
            {"topics", "Each ranks the experts anew; one in 64 tokens redraws it", preset.topics, 1, 65536});
        parameters.push_back(seedParameter(preset.seed));
        kinds.push_back({preset.name, preset.title, std::move(parameters), makeMarkov});
    }
    return kinds;
}

}
