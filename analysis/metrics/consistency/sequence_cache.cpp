// SPDX-License-Identifier: GPL-3.0-or-later
//
// Caches that each sequence starts afresh (metrics 1.2): what policies reach without and with foresight.
#include "analysis/metrics/consistency/sequence_replay.h"

namespace expertscope {

namespace {

/// LRU, LFU, Belady in the frame of moe-lrc's 50_chr_calc.
class PolicyCaches
{
public:
    PolicyCaches(const MetricContext& context, std::span<const SiteIndex> sites)
        : m_warm(context.params.number("warm") != 0)
        , m_replay(context, sites, {{SequencePolicy::Lru}, {SequencePolicy::Lfu}, {SequencePolicy::Belady}}, m_warm)
    {
    }

    void observe(std::span<const Block> blocks) { m_replay.observe(blocks); }
    void add(const PolicyCaches& other) { m_replay.add(other.m_replay); }
    void persist(Archive& archive) { m_replay.persist(archive); }
    void rows(std::vector<ResultRow>& rows, std::optional<SiteIndex> site) const
    {
        constexpr const char* kNames[] = {"sequence_cache.lru", "sequence_cache.lfu", "sequence_cache.belady"};
        for (auto& [pass, row] : m_replay.hitRates()) {
            row.metric = kNames[pass];
            row.site = site;
            if (!m_warm)
                row.params["warm"] = 0.0;
            rows.push_back(std::move(row));
        }
    }

private:
    bool m_warm;
    SequenceReplay m_replay;
};

/// SCH v4, moe-lrc's 41_sch_calc.
class LookAheadCaches
{
public:
    LookAheadCaches(const MetricContext& context, std::span<const SiteIndex> sites)
        : m_lengths(sortedNumbers(context, "m"))
        , m_replay(context, sites, passes(m_lengths), true)
    {
    }

    void observe(std::span<const Block> blocks) { m_replay.observe(blocks); }
    void add(const LookAheadCaches& other) { m_replay.add(other.m_replay); }
    void persist(Archive& archive) { m_replay.persist(archive); }
    void rows(std::vector<ResultRow>& rows, std::optional<SiteIndex> site) const
    {
        for (auto& [pass, row] : m_replay.hitRates()) {
            row.metric = "sch.hit_rate";
            row.site = site;
            row.params["m"] = m_lengths[pass];
            rows.push_back(std::move(row));
        }
    }

private:
    static std::vector<CachePass> passes(const std::vector<double>& lengths)
    {
        std::vector<CachePass> passes;
        for (const double m : lengths)
            passes.push_back({SequencePolicy::LookAhead, static_cast<std::size_t>(m)});
        return passes;
    }

    std::vector<double> m_lengths;
    SequenceReplay m_replay;
};

}

MetricSpec sequenceCacheMetric()
{
    return {
        .name = "sequence_cache",
        .definition =
            "hit rate of a cache of rho * k experts that each sequence starts empty, mean over n sequences: "
            "least recently used, least frequently used, Belady's optimum; a token's hits are judged before its "
            "experts enter; the first experts, as many as fit, are hits unless warm=0; model: one cache for all "
            "sites of rho * k * sites",
        .source = "arXiv 2505.16056; moe-lrc 50_chr_calc",
        .crossSite = true,
        .simulateUniform = true,
        .onRequest = true,
        .cost = 110,
        .params = {rhoParameter("0.5/1/2/4"),
            {.name = "warm",
                .standard = "1",
                .meaning = "1: filling the cache is free; 0: compulsory misses count",
                .kind = ParameterSpec::Kind::Number,
                .least = 0,
                .most = 1,
                .whole = true}},
        .make = [](const MetricContext& context) { return std::make_unique<SitesAndModel<PolicyCaches>>(context); },
    };
}

MetricSpec schMetric()
{
    return {
        .name = "sch",
        .definition =
            "segment cache best hit rate: of a cache of rho * k experts that evicts the one used least in the "
            "next m tokens, mean over n sequences, in the frame of sequence_cache; model: one cache for all "
            "sites of rho * k * sites",
        .source = "arXiv 2505.16056 (ICLR 2026), SCH; moe-lrc 41_sch_calc",
        .crossSite = true,
        .simulateUniform = true,
        .onRequest = true,
        .cost = 220,
        .params = {windowsParameter("4/16/64"), rhoParameter("0.5/1/2/4")},
        .make = [](const MetricContext& context) { return std::make_unique<SitesAndModel<LookAheadCaches>>(context); },
    };
}

}
