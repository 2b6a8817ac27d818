// SPDX-License-Identifier: GPL-3.0-or-later
//
// How far two runs of the same tokens route differently: two engines, precisions or checkpoints. As R3 (arXiv
// 2510.11370) counts it: sets that differ, tokens with a differing site, differing sites a token.
#include "analysis/metrics/checkpoints/series_accumulator.h"
#include "analysis/spine/fixed_sum.h"

#include <cmath>

namespace expertscope {

namespace {

constexpr const char* kSets = "mismatch.sets";
constexpr const char* kSlots = "mismatch.slots";
constexpr const char* kTokens = "mismatch.tokens";
constexpr const char* kSitesOfToken = "mismatch.sites_per_token";

/// Of a trace against the final one at a site.
struct SiteMismatch
{
    std::uint64_t tokens = 0, differing = 0, slots = 0, differingSlots = 0;
    FixedSum alike; ///< probability, by chance, that sets of these sizes are the same

    void add(const SiteMismatch& other)
    {
        tokens += other.tokens;
        differing += other.differing;
        slots += other.slots;
        differingSlots += other.differingSlots;
        alike.add(other.alike);
    }
    void persist(Archive& archive) { archive(tokens, differing, slots, differingSlots, alike); }
};

/// The same over all sites: of tokens that both traces route at one of them at least.
struct ModelMismatch
{
    std::uint64_t tokens = 0, differing = 0, sites = 0;
    FixedSum alike, sitesByChance; ///< by chance: that all sites are the same; how many differ

    void add(const ModelMismatch& other)
    {
        tokens += other.tokens;
        differing += other.differing;
        sites += other.sites;
        alike.add(other.alike);
        sitesByChance.add(other.sitesByChance);
    }
    void persist(Archive& archive) { archive(tokens, differing, sites, alike, sitesByChance); }
};

class Mismatch final : public Accumulator
{
public:
    explicit Mismatch(const MetricContext& context)
        : m_context(context)
        , m_numSites(context.sites.size() / context.series.size())
        , m_sites(m_numSites * (context.series.size() - 1))
        , m_model(context.series.size() - 1)
    {
        for (std::size_t i = 0; i < m_numSites; ++i)
            m_sameByChance.push_back(sameByChance(context.shape->sites[std::size_t(context.sites[i])].numExperts));
    }

    void observe(const Tile& tile) override
    {
        const std::size_t C = m_model.size();
        for (const SequenceRun& run : tile.runs()) {
            for (std::size_t t = run.begin; t < std::size_t(run.begin) + run.length; ++t) {
                for (std::size_t i = 0; i < m_numSites; ++i)
                    assignSet(tile.blocks[C * m_numSites + i], t, m_final[i]);
                for (std::size_t c = 0; c < C; ++c)
                    compare(tile, c, t);
            }
        }
    }

    void merge(const Accumulator& other) override
    {
        const auto& that = static_cast<const Mismatch&>(other);
        for (std::size_t i = 0; i < m_sites.size(); ++i)
            m_sites[i].add(that.m_sites[i]);
        for (std::size_t c = 0; c < m_model.size(); ++c)
            m_model[c].add(that.m_model[c]);
    }

    void persist(Archive& archive) override
    {
        archive.fixed(m_sites);
        archive.fixed(m_model);
    }

    Results result() const override
    {
        Results results;
        for (std::size_t i = 0; i < m_numSites; ++i) {
            for (std::size_t c = 0; c < m_model.size(); ++c) {
                const SiteMismatch& at = m_sites[c * m_numSites + i];
                const Site& site = m_context.shape->sites[std::size_t(m_context.sites[i])];
                for (ResultRow row : {share(kSets, c, at.differing, at.tokens, 1 - at.alike.mean()),
                         share(kSlots, c, at.differingSlots, at.slots, 1 - 1.0 / site.numExperts)}) {
                    row.site = m_context.sites[i];
                    results.rows.push_back(std::move(row));
                }
            }
        }
        appendSiteMeans(results.rows);
        for (std::size_t c = 0; c < m_model.size(); ++c) {
            const ModelMismatch& all = m_model[c];
            results.rows.push_back(share(kTokens, c, all.differing, all.tokens, 1 - all.alike.mean()));
            results.rows.push_back(share(kSitesOfToken, c, all.sites, all.tokens, all.sitesByChance.mean()));
            results.rows.back().unit = "sites";
        }
        return results;
    }

private:
    ResultRow share(const char* metric, std::size_t trace, std::uint64_t having, std::uint64_t of, double uniform) const
    {
        ResultRow row;
        row.metric = metric;
        row.other["trace"] = m_context.series[trace];
        row.n = of;
        if (of) {
            row.value = double(having) / double(of);
            row.uniform = uniform;
        } else {
            row.undefined = "no tokens with a choice in the traces compared";
        }
        return row;
    }

    /// [k] 1 / C(E, k)
    static std::vector<double> sameByChance(unsigned E)
    {
        std::vector<double> same{1};
        for (unsigned k = 1; k <= E; ++k)
            same.push_back(same.back() * k / (E - k + 1.0));
        return same;
    }

    void compare(const Tile& tile, std::size_t c, std::size_t token)
    {
        double allAlike = 1, differingByChance = 0;
        std::uint64_t sites = 0, differing = 0;
        for (std::size_t i = 0; i < m_numSites; ++i) {
            const Block& block = tile.blocks[c * m_numSites + i];
            assignSet(block, token, m_set);
            if (m_set.empty() || m_final[i].empty())
                continue;
            SiteMismatch& at = m_sites[c * m_numSites + i];
            const double alike = m_set.size() == m_final[i].size() ? m_sameByChance[i][m_set.size()] : 0;
            const bool differs = m_set != m_final[i];
            ++at.tokens;
            at.differing += differs;
            at.alike.add(alike);
            const std::uint16_t *const a = idsOf(block, token),
                                       *const b = idsOf(tile.blocks[m_model.size() * m_numSites + i], token);
            for (std::size_t r = 0; r < block.numSlots; ++r) {
                const bool both = a[r] < block.numExperts && b[r] < block.numExperts;
                at.slots += both;
                at.differingSlots += both && a[r] != b[r];
            }
            ++sites;
            differing += differs;
            allAlike *= alike;
            differingByChance += 1 - alike;
        }
        if (sites == 0)
            return;
        ModelMismatch& all = m_model[c];
        ++all.tokens;
        all.differing += differing > 0;
        all.sites += differing;
        all.alike.add(allAlike);
        all.sitesByChance.add(differingByChance);
    }

    const MetricContext m_context;
    const std::size_t m_numSites;
    std::vector<std::vector<double>> m_sameByChance; ///< [sites][k]
    std::vector<SiteMismatch> m_sites; ///< [traces but the final one, sites]
    std::vector<ModelMismatch> m_model; ///< [traces but the final one]
    std::vector<std::vector<std::uint16_t>> m_final{m_numSites}; ///< scratch: the final sets of a token
    std::vector<std::uint16_t> m_set; ///< scratch
};

}

MetricSpec mismatchMetric()
{
    return {
        .name = "mismatch",
        .definition = "of each trace against the final one: share of tokens whose set of experts differs at a site "
                      "(sets), of slots "
                      "with another expert (slots), of tokens whose set differs at any site (tokens), and differing "
                      "sites a token "
                      "(sites_per_token); n = tokens, or slots, that both route",
        .source = "R3, arXiv 2510.11370: router mismatch between engines",
        .minTraces = 2,
        .crossSite = true,
        .ranges = {{kSets, kShare}, {kSlots, kShare}, {kTokens, kShare}, {kSitesOfToken, kNotNegative}},
        .make = [](const MetricContext& context) { return std::make_unique<Mismatch>(context); },
    };
}

}
