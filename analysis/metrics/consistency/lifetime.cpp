// SPDX-License-Identifier: GPL-3.0-or-later
//
// How long an expert stays: chosen without a break, or in a cache (metrics 1.6).
#include "analysis/spine/per_site.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace expertscope {

namespace {

/// All from integers. The lengths of all runs together are the choices made, their number the choices that the token
/// before did not make. The stays in a cache together are its sizes after each token, their number its misses.
///
/// Choices are numbered. The cache is a set of numbers, a bit each: its members' last choices. It evicts the first bit.
class LifetimeState
{
public:
    LifetimeState(const MetricContext& context, SiteIndex site)
        : m_site(site)
        , m_numExperts(context.shape->sites[std::size_t(site)].numExperts)
        , m_rho(context.params.number("rho"))
        , m_capacity(static_cast<std::size_t>(
              std::max(1.0, std::floor(m_rho * context.shape->sites[std::size_t(site)].topK + 0.5))))
        , m_last(m_numExperts)
        , m_cache(std::bit_ceil(std::max<std::size_t>(64, (std::size_t(m_numExperts) + context.shape->numSlots) / 16)))
    {
    }

    void observe(const Block& block)
    {
        const std::size_t k = block.numSlots;
        for (const SequenceRun& run : block.runs) {
            if (!m_cursor.continues(m_site, run)) {
                std::ranges::fill(m_cache, 0);
                m_cached = m_previousSize = 0;
                m_oldest = m_now / 64;
                m_previous = m_now;
            }
            const std::uint16_t* ids = block.expertIds.data() + std::size_t(run.begin) * k;
            if (block.evenSlots == 8 && k == 8)
                observeTokens<8>(ids, run.length, k);
            else if (block.evenSlots == k)
                observeTokens<1>(ids, run.length, k);
            else
                observeTokens<0>(ids, run.length, k);
        }
    }

    void add(const LifetimeState& other) { m_counts.add(other.m_counts); }
    void persist(Archive& archive) { m_counts.persist(archive); }

    void rows(std::vector<ResultRow>& rows) const
    {
        const auto push = [&](const char* metric, std::uint64_t sum, std::uint64_t n) -> ResultRow& {
            if (n == 0)
                return rows.emplace_back(undefinedRow(metric, kNoTokens));
            ResultRow& row = rows.emplace_back();
            row.metric = metric;
            row.unit = "tokens";
            row.n = n;
            row.value = double(sum) / double(n);
            return row;
        };
        ResultRow& run = push("lifetime.run", m_counts.choices, m_counts.runs);
        // By chance a choice was made by the token before with a probability of that token's size / E.
        const double expectedRuns = double(m_counts.choices) - double(m_counts.sizeProducts) / m_numExperts;
        if (run.value && expectedRuns > 0)
            run.uniform = double(m_counts.choices) / expectedRuns;
        push("lifetime.lru", m_counts.cached, m_counts.broughtIn).params["rho"] = m_rho;
    }

private:
    struct Counts
    {
        std::uint64_t choices = 0, runs = 0, sizeProducts = 0; ///< sizes of neighbouring tokens' sets, multiplied
        std::uint64_t cached = 0, broughtIn = 0;

        void add(const Counts& other)
        {
            choices += other.choices;
            runs += other.runs;
            sizeProducts += other.sizeProducts;
            cached += other.cached;
            broughtIn += other.broughtIn;
        }
        void persist(Archive& archive) { archive(choices, runs, sizeProducts, cached, broughtIn); }
    };

    /// Full: 8 or 1 when all k slots of all tokens are known to hold experts (8 of them), 0 when not.
    template <std::size_t Full> void observeTokens(const std::uint16_t* ids, std::uint32_t length, std::size_t anyK)
    {
        const std::size_t k = Full > 1 ? Full : anyK, mask = m_cache.size() - 1, capacity = m_capacity;
        std::uint64_t* const last = m_last.data();
        std::uint64_t* const cache = m_cache.data();
        Counts counts;
        for (std::uint32_t t = 0; t < length; ++t, ids += k) {
            if ((m_now + k) / 64 - m_oldest > mask)
                renumber();
            const std::uint64_t first = m_now, previous = m_previous;
            std::uint64_t now = first, oldest = m_oldest, cached = m_cached, size = 0;
            for (std::size_t r = 0; r < k; ++r) {
                const std::uint16_t x = ids[r];
                if (!Full && x >= m_numExperts)
                    continue;
                const std::uint64_t before = last[x];
                last[x] = now;
                size += before < first; // an id given twice is one choice
                counts.runs += before < previous;
                // No branches on hits: they are anybody's guess.
                std::uint64_t& place = cache[before / 64 & mask];
                const std::uint64_t hit = place >> (before & 63) & std::uint64_t(before / 64 >= oldest);
                place &= ~(hit << (before & 63));
                const std::uint64_t evicts = (hit ^ 1) & std::uint64_t(cached == capacity);
                while (cache[oldest & mask] == 0 && oldest < now / 64)
                    ++oldest;
                cache[oldest & mask] &= cache[oldest & mask] - evicts;
                cache[now / 64 & mask] |= std::uint64_t(1) << (now & 63);
                counts.broughtIn += hit ^ 1;
                cached += (hit ^ 1) - evicts;
                ++now;
            }
            counts.choices += size;
            counts.sizeProducts += size * m_previousSize;
            counts.cached += cached;
            m_previousSize = size;
            m_previous = first;
            m_now = now;
            m_oldest = oldest;
            m_cached = cached;
        }
        m_counts.add(counts);
    }

    /// Numbers the choices that still matter afresh, in their order, from the next multiple of 64 on: `m_cache` need
    /// not be longer.
    void renumber()
    {
        const std::size_t mask = m_cache.size() - 1;
        const auto isCached = [&](std::uint64_t choice) {
            return choice / 64 >= m_oldest && (m_cache[choice / 64 & mask] >> (choice & 63) & 1);
        };
        struct Choice
        {
            std::uint64_t number;
            std::uint16_t expert;
            bool cached;
        };
        std::vector<Choice> choices; // that put a member in its place, or are of the last token
        for (std::uint16_t x = 0; x < m_numExperts; ++x) {
            if (m_last[x] >= m_previous || isCached(m_last[x]))
                choices.push_back({m_last[x], x, isCached(m_last[x])});
        }
        std::ranges::sort(choices, {}, &Choice::number);
        std::vector<std::uint64_t> cache(m_cache.size());
        m_now = (m_now + 63) / 64 * 64;
        m_oldest = m_now / 64;
        std::uint64_t previous = m_now;
        for (const auto& [number, expert, cached] : choices) {
            previous += number < m_previous;
            cache[m_now / 64 & mask] |= std::uint64_t(cached) << (m_now & 63);
            m_last[expert] = m_now++;
        }
        m_previous = previous;
        m_cache = std::move(cache);
    }

    SiteIndex m_site;
    std::uint16_t m_numExperts;
    double m_rho;
    std::size_t m_capacity;
    RunCursor m_cursor;
    Counts m_counts;
    std::uint64_t m_now = 1; ///< number of the next choice
    std::uint64_t m_previous = 1; ///< of the previous token's first choice
    std::uint64_t m_previousSize = 0, m_cached = 0;
    std::vector<std::uint64_t> m_last; ///< [E] number of the last choice
    std::vector<std::uint64_t> m_cache; ///< [number / 64, wrapping] bits: last choices of the cached experts
    std::uint64_t m_oldest = 0; ///< no bit before 64 times this
};

}

MetricSpec lifetimeMetric()
{
    return {
        .name = "lifetime",
        .definition =
            "tokens an expert stays: run, chosen by every token without a break (cut by the ends of the "
            "sequence); lru, in a cache of rho * k experts that each sequence starts empty, the least recently "
            "used one leaving; n = stays",
        .source = "run: run lengths of the choices; lru: expert lifetime of arXiv 2412.00099",
        .simulateUniform = true,
        .onRequest = true,
        .cost = 8,
        .params = {{.name = "rho",
            .standard = "2",
            .meaning = "size of the cache in units of k",
            .kind = ParameterSpec::Kind::Number,
            .least = 0.01,
            .most = 1000}},
        .make =
            [](const MetricContext& context) {
                return std::make_unique<PerSiteAccumulator<LifetimeState>>(context, true);
            },
    };
}

}
