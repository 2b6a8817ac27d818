// SPDX-License-Identifier: GPL-3.0-or-later
//
// How long an expert stays: chosen without a break, or in a cache (metrics 1.6).
#include "analysis/per_site.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

/// The experts used last, up to `capacity` of them, in order of use.
class RecentExperts
{
public:
    RecentExperts(std::size_t numExperts, std::size_t capacity)
        : m_end(static_cast<std::uint32_t>(numExperts))
        , m_capacity(capacity)
        , m_links(numExperts + 1, {m_end, m_end})
        , m_inside(numExperts)
    {
    }

    std::size_t size() const { return m_size; }

    void clear()
    {
        for (std::uint32_t x = m_links[m_end].next; x != m_end; x = m_links[x].next)
            m_inside[x] = 0;
        m_links[m_end] = {m_end, m_end};
        m_size = 0;
    }

    /// Whether it had to be brought in.
    bool use(std::uint32_t x)
    {
        if (x == m_links[m_end].next)
            return false;
        const bool isNew = !m_inside[x];
        if (!isNew) {
            takeOut(x);
        } else {
            m_inside[x] = 1;
            if (m_size < m_capacity) {
                ++m_size;
            } else {
                const std::uint32_t oldest = m_links[m_end].previous;
                takeOut(oldest);
                m_inside[oldest] = 0;
            }
        }
        const std::uint32_t first = m_links[m_end].next;
        m_links[x] = {m_end, first};
        m_links[first].previous = x;
        m_links[m_end].next = x;
        return isNew;
    }

private:
    struct Link
    {
        std::uint32_t previous, next;
    };

    void takeOut(std::uint32_t x)
    {
        const Link link = m_links[x];
        m_links[link.previous].next = link.next;
        m_links[link.next].previous = link.previous;
    }

    const std::uint32_t m_end; ///< the link that closes the ring: most recent first after it
    const std::size_t m_capacity;
    std::size_t m_size = 0;
    std::vector<Link> m_links; ///< [E + 1]
    std::vector<std::uint8_t> m_inside; ///< [E]
};

/// All from integers. The lengths of all runs together are the choices made, their number the choices that the token
/// before did not make. The stays in a cache together are its sizes after each token, their number its misses.
class LifetimeState
{
public:
    LifetimeState(const MetricContext& context, SiteIndex site)
        : m_site(site)
        , m_numExperts(context.shape->sites[std::size_t(site)].numExperts)
        , m_rho(context.params.number("rho"))
        , m_lastChosen(m_numExperts)
        , m_recent(m_numExperts,
              static_cast<std::size_t>(
                  std::max(1.0, std::floor(m_rho * context.shape->sites[std::size_t(site)].topK + 0.5))))
    {
    }

    void observe(const Block& block)
    {
        const std::size_t k = block.numSlots;
        for (const SequenceRun& run : block.runs) {
            if (!m_cursor.continues(m_site, run)) {
                m_now += 2; // what was chosen last was not chosen by the token before
                m_previousSize = 0;
                m_recent.clear();
            }
            const std::uint16_t* ids = block.expertIds.data() + std::size_t(run.begin) * k;
            Counts counts;
            for (std::uint32_t t = 0; t < run.length; ++t, ids += k) {
                ++m_now;
                std::uint64_t size = 0;
                for (std::size_t r = 0; r < k; ++r) {
                    const std::uint16_t x = ids[r];
                    if (x >= m_numExperts)
                        continue;
                    const std::uint64_t last = m_lastChosen[x];
                    m_lastChosen[x] = m_now;
                    size += last != m_now; // an id given twice is one choice
                    counts.runs += last + 1 < m_now;
                    counts.broughtIn += m_recent.use(x);
                }
                counts.choices += size;
                counts.sizeProducts += size * m_previousSize;
                counts.cached += m_recent.size();
                m_previousSize = size;
            }
            m_counts.add(counts);
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

    SiteIndex m_site;
    std::uint16_t m_numExperts;
    double m_rho;
    RunCursor m_cursor;
    Counts m_counts;
    std::uint64_t m_now = 1; ///< numbers the tokens
    std::vector<std::uint64_t> m_lastChosen; ///< [E] number of the last token that chose it
    std::uint64_t m_previousSize = 0;
    RecentExperts m_recent;
};

}

MetricSpec lifetimeMetric()
{
    return {
        .name = "lifetime",
        .definition = "tokens an expert stays: run, chosen by every token without a break (cut by the ends of the "
                      "sequence); lru, in a cache of rho * k experts that each sequence starts empty, the least recently "
                      "used one leaving; n = stays",
        .source = "run: run lengths of the choices; lru: expert lifetime of arXiv 2412.00099",
        .simulateUniform = true,
        .params = {{.name = "rho",
            .standard = "2",
            .meaning = "size of the cache in units of k",
            .kind = ParameterSpec::Kind::Number,
            .least = 0.01,
            .most = 1000}},
        .make = [](const MetricContext& context) {
            return std::make_unique<PerSiteAccumulator<LifetimeState>>(context, true);
        },
    };
}

}
