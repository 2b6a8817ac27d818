// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/placement/placement_rows.h"

#include "analysis/chance/uniform.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace expertscope::placement {

namespace {

constexpr const char* kNoTokens = "no token routes here";
constexpr const char* kNoHidden = "the hidden size is not known";
constexpr const char* kNoExpertBytes = "the size of an expert is not known";

/// Experts on each GPU, or node, of site i.
std::vector<std::size_t> occupancy(const Placement& plan, std::size_t i, bool nodes)
{
    std::vector<std::size_t> held(nodes ? plan.cluster().nodes : plan.cluster().gpus);
    for (std::uint32_t g = 0; g < plan.cluster().gpus; ++g)
        held[nodes ? plan.cluster().nodeOf(g) : g] += plan.slotsOn(i, g);
    return held;
}

class RowMaker
{
public:
    RowMaker(const RoutingShape& shape, const Placement& plan, const Score& score,
        const std::map<std::string, ParameterValue>& params, bool perSite)
        : m_shape(shape)
        , m_plan(plan)
        , m_score(score)
        , m_params(params)
        , m_perSite(perSite)
    {
        for (std::size_t i = 0; i < plan.sites().size(); ++i)
            m_replicates |= plan.replicates(i);
    }

    std::vector<ResultRow> take() { return std::move(m_rows); }
    bool replicates() const { return m_replicates; }

    ResultRow& add(const std::string& metric, const std::map<std::string, ParameterValue>& params,
        std::optional<double> value, const std::string& undefined, const std::string& unit, std::uint64_t n)
    {
        ResultRow row;
        row.metric = "placement." + metric;
        row.params = m_params;
        row.params.insert(params.begin(), params.end());
        row.unit = unit;
        row.n = n;
        if (value)
            row.value = value;
        else
            row.undefined = undefined;
        m_rows.push_back(std::move(row));
        return m_rows.back();
    }

    /// The mean over the sites that have a value, and the sites' own rows.
    using OfSite = std::function<std::optional<double>(std::size_t site)>;
    void mean(const std::string& metric, const std::map<std::string, ParameterValue>& params, const OfSite& value,
        const OfSite& uniform, const std::function<std::uint64_t(std::size_t)>& count, const std::string& unit,
        const std::string& undefined)
    {
        double sum = 0, uniformSum = 0;
        std::uint64_t sites = 0, n = 0;
        for (std::size_t i = 0; i < m_score.sites.size(); ++i) {
            const auto own = value(i);
            const auto chance = m_replicates || !uniform ? std::nullopt : uniform(i);
            if (own) {
                sum += *own;
                uniformSum += chance.value_or(0);
                ++sites;
                n += count(i);
            }
            if (m_perSite) {
                ResultRow& row = add(metric, params, own, undefined, unit, count(i));
                row.site = m_plan.sites()[i].site;
                row.uniform = own ? chance : std::nullopt;
            }
        }
        ResultRow& row =
            add(metric, params, sites ? std::optional(sum / double(sites)) : std::nullopt, undefined, unit, n);
        if (sites && uniform && !m_replicates)
            row.uniform = uniformSum / double(sites);
    }

    void balance(const std::vector<std::uint32_t>& windows, std::uint32_t batch)
    {
        const double G = m_plan.cluster().gpus;
        const auto largest = [&](std::size_t i) { return double(std::ranges::max(m_score.sites[i].load)); };
        const auto choices = [&](std::size_t i) { return m_score.sites[i].choices; };
        const auto defined = [&](std::size_t i, auto value) {
            return choices(i) ? std::optional<double>(value()) : std::nullopt;
        };
        mean(
            "max_over_mean", {{"window", "all"}},
            [&](std::size_t i) { return defined(i, [&] { return largest(i) * G / double(choices(i)); }); }, nullptr,
            [&](std::size_t i) { return m_score.sites[i].tokens; }, "1", kNoTokens);
        mean(
            "balancedness", {{"window", "all"}},
            [&](std::size_t i) { return defined(i, [&] { return double(choices(i)) / G / largest(i); }); }, nullptr,
            [&](std::size_t i) { return m_score.sites[i].tokens; }, "1", kNoTokens);
        for (std::size_t w = 0; w < windows.size(); ++w) {
            const auto of = [&](FixedSum WindowBalance::*which) {
                return [this, w, which](std::size_t i) -> std::optional<double> {
                    const FixedSum& sum = m_score.sites[i].windows[w].*which;
                    return sum.n() ? std::optional(sum.mean()) : std::nullopt;
                };
            };
            const auto count = [&](std::size_t i) { return m_score.sites[i].windows[w].maxOverMean.n(); };
            const std::map<std::string, ParameterValue> params{{"window", std::to_string(windows[w])}};
            constexpr const char* kShort = "no full window of tokens that route here";
            mean("max_over_mean", params, of(&WindowBalance::maxOverMean), nullptr, count, "1", kShort);
            mean("balancedness", params, of(&WindowBalance::balancedness), nullptr, count, "1", kShort);
        }
        if (batch == 0)
            return;
        const auto inSteps = [&](FixedSum WindowBalance::*which) {
            return [this, which](std::size_t i) -> std::optional<double> {
                const FixedSum& sum = m_score.sites[i].batch.*which;
                return sum.n() ? std::optional(sum.mean()) : std::nullopt;
            };
        };
        const auto steps = [&](std::size_t i) { return m_score.sites[i].batch.maxOverMean.n(); };
        const std::map<std::string, ParameterValue> params{{"batch", std::to_string(batch)}};
        constexpr const char* kFew = "no step with so many sequences, of tokens that route here";
        mean("max_over_mean", params, inSteps(&WindowBalance::maxOverMean), nullptr, steps, "1", kFew);
        mean("balancedness", params, inSteps(&WindowBalance::balancedness), nullptr, steps, "1", kFew);
    }

    void fanOut(bool nodes)
    {
        mean(
            nodes ? "node_fan_out" : "fan_out", {},
            [&](std::size_t i) -> std::optional<double> {
                const SiteScore& site = m_score.sites[i];
                if (site.tokens == 0)
                    return {};
                return double(nodes ? site.nodes : site.gpus) / double(site.tokens);
            },
            [&](std::size_t i) -> std::optional<double> {
                const Site& site = m_shape.sites[std::size_t(m_plan.sites()[i].site)];
                double sum = 0;
                for (const std::size_t held : occupancy(m_plan, i, nodes))
                    sum += uniformAnyOverlap(site.numExperts, static_cast<unsigned>(held), site.topK);
                return sum;
            },
            [&](std::size_t i) { return m_score.sites[i].tokens; }, nodes ? "nodes/token" : "GPUs/token", kNoTokens);
    }

    /// Probability that a random expert of site i and one of the next are apart.
    double apartByChance(std::size_t i, bool nodes) const
    {
        const auto here = occupancy(m_plan, i, nodes), there = occupancy(m_plan, i + 1, nodes);
        const double met = std::inner_product(here.begin(), here.end(), there.begin(), 0.0);
        return 1 - met / (double(m_plan.sites()[i].numExperts) * m_plan.sites()[i + 1].numExperts);
    }

    void crossSite(bool nodes)
    {
        std::uint64_t pairs = 0, apart = 0, firsts = 0;
        double hops = 0, chanceApart = 0, chanceHops = 0;
        for (std::size_t i = 0; i + 1 < m_score.sites.size(); ++i) {
            const SiteScore& site = m_score.sites[i];
            pairs += site.pairs;
            apart += nodes ? site.pairsNodesApart : site.pairsApart;
            firsts += site.firsts;
            const double chance = apartByChance(i, nodes);
            chanceApart += chance * double(site.pairs);
            if (site.firsts > 0) {
                hops += double(nodes ? site.nodeHops : site.hops) / double(site.firsts);
                chanceHops += chance;
            }
        }
        const char* none = m_plan.sites().size() < 2 ? "a plan of one site has no next one" : kNoTokens;
        const std::map<std::string, ParameterValue> params{{"between", nodes ? "nodes" : "gpus"}};
        ResultRow& share = add("cross_site", params,
            pairs ? std::optional(double(apart) / double(pairs)) : std::nullopt, none, "1", pairs);
        if (pairs && !m_replicates)
            share.uniform = chanceApart / double(pairs);
        ResultRow& row = add("hops", params, firsts ? std::optional(hops) : std::nullopt, none, "hops/token", firsts);
        if (firsts && !m_replicates)
            row.uniform = chanceHops;
    }

    /// Hidden states sent per token, all sites together, and their bytes on the way there and back.
    void traffic(const PlacementSizes& sizes, bool nodes, bool dedup)
    {
        std::uint64_t sent = 0;
        for (const SiteScore& site : m_score.sites)
            sent += dedup ? (nodes ? site.remoteNodes : site.remoteGpus)
                          : (nodes ? site.remoteNodeChoices : site.remoteChoices);
        const std::map<std::string, ParameterValue> params{
            {"between", nodes ? "nodes" : "gpus"}, {"dedup", dedup ? "yes" : "no"}};
        const std::uint64_t n = m_score.tokens;
        const auto states = n ? std::optional(double(sent) / double(n)) : std::nullopt;
        add("sent_states", params, states, kNoTokens, "hidden states/token", n);
        const auto bytes = [&](double each) {
            return states && sizes.hidden ? std::optional(*states * sizes.hidden * each) : std::nullopt;
        };
        const char* why = sizes.hidden ? kNoTokens : kNoHidden;
        add("dispatch_bytes", params, bytes(sizes.dispatchBytes), why, "bytes/token", n);
        add("combine_bytes", params, bytes(sizes.combineBytes), why, "bytes/token", n);
    }

    void weights(const Placement& start, const PlacementSizes& sizes)
    {
        const std::size_t M = m_plan.sites().size();
        const bool known = !sizes.expertBytes.empty();
        std::vector<double> each = sizes.expertBytes;
        each.resize(M, known ? sizes.expertBytes.front() : 0);
        const auto moved = migration(start, m_plan, each);
        const std::string problem = moved ? kNoExpertBytes : moved.error().what;
        const auto value = [&](auto of) { return moved ? std::optional<double>(of(*moved)) : std::nullopt; };
        for (const bool nodes : {false, true}) {
            if (nodes && m_plan.cluster().nodes == 1)
                continue;
            const std::map<std::string, ParameterValue> params{
                {"between", nodes ? "nodes" : "gpus"}, {"from", "contiguous"}};
            add("moved_experts", params,
                value([&](const Migration& m) { return double(nodes ? m.betweenNodes : m.experts); }), problem,
                "experts", M);
            add("migration_bytes", params,
                known ? value([&](const Migration& m) { return nodes ? m.bytesBetweenNodes : m.bytes; }) : std::nullopt,
                problem, "bytes", M);
        }
        const auto memory = memoryPerGpu(m_plan, each);
        const double sum = std::accumulate(memory.begin(), memory.end(), 0.0);
        add("memory", {{"of", "largest"}}, known ? std::optional(std::ranges::max(memory)) : std::nullopt,
            kNoExpertBytes, "bytes", memory.size());
        add("memory", {{"of", "mean"}}, known ? std::optional(sum / double(memory.size())) : std::nullopt,
            kNoExpertBytes, "bytes", memory.size());
    }

private:
    const RoutingShape& m_shape;
    const Placement& m_plan;
    const Score& m_score;
    const std::map<std::string, ParameterValue>& m_params;
    const bool m_perSite;
    bool m_replicates = false;
    std::vector<ResultRow> m_rows;
};

}

Expected<void> checkSizes(const PlacementSizes& sizes, std::size_t numSites)
{
    const auto good = [](double bytes) { return std::isfinite(bytes) && bytes >= 0; };
    if (sizes.expertBytes.size() > 1 && sizes.expertBytes.size() != numSites)
        return fail(
            std::to_string(sizes.expertBytes.size()) + " expert sizes for " + std::to_string(numSites) + " sites");
    if (!good(sizes.dispatchBytes) || !good(sizes.combineBytes) || !std::ranges::all_of(sizes.expertBytes, good))
        return fail("sizes must be finite and not negative");
    return {};
}

std::vector<ResultRow> placementRows(const RoutingShape& shape, const Placement& plan, const Placement& start,
    const Score& score, const ReplayOptions& how, const PlacementSizes& sizes,
    const std::map<std::string, ParameterValue>& params, bool perSite)
{
    RowMaker rows(shape, plan, score, params, perSite);
    rows.balance(how.windows, how.batch);
    for (const bool nodes : {false, true}) {
        if (nodes && plan.cluster().nodes == 1)
            continue;
        rows.fanOut(nodes);
        rows.crossSite(nodes);
        for (const bool dedup : {true, false})
            rows.traffic(sizes, nodes, dedup);
    }
    rows.weights(start, sizes);
    return rows.take();
}

}
