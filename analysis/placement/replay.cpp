// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/placement/replay.h"

#include "analysis/placement/dispatcher.h"
#include "analysis/placement/token_order.h"
#include "analysis/placement/window_loads.h"

#include <algorithm>
#include <bit>
#include <string>

namespace expertscope {

namespace {

constexpr std::uint64_t kMostWindow = 1u << 24;
constexpr std::uint64_t kChunk = 512; ///< tokens whose GPUs stay in the first-level cache from site to site
constexpr std::uint16_t kNowhere = UINT16_MAX;

/// Distinct GPUs and nodes of one token; up to 64 GPUs as bits.
class SmallSet
{
public:
    explicit SmallSet(std::size_t) {}
    void clear() { m_bits = 0; }
    void add(std::uint32_t member) { m_bits |= std::uint64_t(1) << member; }
    std::uint64_t size() const { return static_cast<std::uint64_t>(std::popcount(m_bits)); }
    bool has(std::uint32_t member) const { return m_bits >> member & 1; }

private:
    std::uint64_t m_bits = 0;
};

/// The same for more: a member is in the set if it bears the set's stamp.
class LargeSet
{
public:
    explicit LargeSet(std::size_t universe)
        : m_stamp(universe)
    {
    }
    void clear()
    {
        ++m_now;
        m_size = 0;
    }
    void add(std::uint32_t member)
    {
        m_size += m_stamp[member] != m_now;
        m_stamp[member] = m_now;
    }
    std::uint64_t size() const { return m_size; }
    bool has(std::uint32_t member) const { return m_stamp[member] == m_now; }

private:
    std::vector<std::uint64_t> m_stamp;
    std::uint64_t m_now = 0, m_size = 0;
};

/// GPUs that a chunk's tokens go to at one site.
struct Routes
{
    std::vector<std::uint16_t> gpus; ///< [chunk, K] the first `count` of each token are valid
    std::vector<std::uint16_t> count; ///< [chunk]
    std::vector<std::uint16_t> first; ///< [chunk] of the first choice, or kNowhere
};

class ReplayAccumulator final : public Accumulator
{
public:
    ReplayAccumulator(const Placement& plan, const ReplayOptions& how, std::shared_ptr<const TokenOrder> order)
        : m_cluster(plan.cluster())
        , m_how(how)
        , m_order(std::move(order))
        , m_scores(plan.sites().size())
        , m_windows(how.windows, plan.sites().size(), plan.cluster().gpus)
        , m_chunkLoads(plan.sites().size() * m_cluster.gpus)
        , m_homes(kChunk)
        , m_tally(m_cluster.gpus)
        , m_nodeTally(m_cluster.nodes)
    {
        for (std::size_t i = 0; i < m_scores.size(); ++i) {
            m_dispatchers.emplace_back(plan, i, how.dispatch);
            m_scores[i].load.resize(m_cluster.gpus);
        }
        for (std::uint32_t g = 0; g < m_cluster.gpus; ++g)
            m_nodeOf.push_back(static_cast<std::uint16_t>(m_cluster.nodeOf(g)));
    }

    void observe(const Tile& tile) override
    {
        for (const SequenceRun& run : tile.runs()) {
            const std::uint64_t begin = m_order->ordinal(run), end = begin + run.length;
            for (std::uint64_t at = begin; at < end;) {
                const std::uint64_t to = std::min({at + kChunk, end, m_windows.nextSeam(at)});
                const std::size_t n = to - at;
                findHomes(run, at, n);
                if (m_cluster.gpus <= 64)
                    replayChunk<SmallSet>(tile, run.begin + (at - begin), at, n);
                else
                    replayChunk<LargeSet>(tile, run.begin + (at - begin), at, n);
                at = to;
            }
            m_tokens += run.length;
        }
    }

    void merge(const Accumulator& other) override
    {
        const auto& o = static_cast<const ReplayAccumulator&>(other);
        for (std::size_t i = 0; i < m_scores.size(); ++i) {
            SiteScore& a = m_scores[i];
            const SiteScore& b = o.m_scores[i];
            for (const auto counter : kCounters)
                a.*counter += b.*counter;
            for (std::size_t g = 0; g < a.load.size(); ++g)
                a.load[g] += b.load[g];
        }
        m_windows.merge(o.m_windows);
        m_tokens += o.m_tokens;
    }

    Results result() const override { return {}; } // score() has more than rows

    void persist(Archive& archive) override
    {
        for (SiteScore& score : m_scores) {
            for (const auto counter : kCounters)
                archive(score.*counter);
            archive.fixed(score.load);
        }
        m_windows.persist(archive);
        archive(m_tokens);
    }

    Score score() const
    {
        Score score{m_scores, m_tokens};
        for (std::size_t i = 0; i < m_scores.size(); ++i)
            score.sites[i].windows = m_windows.balance(i);
        return score;
    }

private:
    static constexpr std::uint64_t SiteScore::*kCounters[] = {&SiteScore::tokens, &SiteScore::choices, &SiteScore::gpus,
        &SiteScore::nodes, &SiteScore::remoteGpus, &SiteScore::remoteNodes, &SiteScore::remoteChoices,
        &SiteScore::remoteNodeChoices, &SiteScore::pairs, &SiteScore::pairsApart, &SiteScore::pairsNodesApart,
        &SiteScore::firsts, &SiteScore::hops, &SiteScore::nodeHops};

    void findHomes(const SequenceRun& run, std::uint64_t ordinal, std::size_t n)
    {
        for (std::size_t t = 0; t < n; ++t)
            m_homes[t] = m_how.home == Home::Sequence
                ? m_order->rank(run.sequence) % m_cluster.gpus
                : static_cast<std::uint32_t>(scatter(ordinal + t) % m_cluster.gpus);
    }

    /// `n` tokens from `token` of the tile on; `ordinal` is the first one's.
    template <class Set>
    void replayChunk(const Tile& tile, std::size_t token, std::uint64_t ordinal, std::size_t n)
    {
        std::ranges::fill(m_chunkLoads, 0);
        for (std::size_t i = 0; i < tile.blocks.size(); ++i) {
            Routes& routes = m_routes[i % 2];
            route(tile.blocks[i], m_dispatchers[i], token, ordinal, n, routes);
            countSite<Set>(routes, tile.blocks[i].numSlots, n, i);
            if (i > 0)
                countStep(m_routes[(i + 1) % 2], routes, tile.blocks[i].numSlots, n, m_scores[i - 1]);
        }
        for (std::size_t i = 0; i < m_scores.size(); ++i) {
            for (std::size_t g = 0; g < m_cluster.gpus; ++g)
                m_scores[i].load[g] += m_chunkLoads[i * m_cluster.gpus + g];
        }
        m_windows.add(ordinal, n, m_chunkLoads);
    }

    void route(const Block& block, const Dispatcher& dispatch, std::size_t token, std::uint64_t ordinal, std::size_t n,
        Routes& routes) const
    {
        const std::size_t K = block.numSlots, slots = block.evenSlots ? block.evenSlots : K;
        routes.gpus.resize(kChunk * K);
        routes.count.resize(kChunk);
        routes.first.resize(kChunk);
        for (std::size_t t = 0; t < n; ++t) {
            const std::uint16_t* ids = block.expertIds.data() + (token + t) * K;
            std::uint16_t* gpus = routes.gpus.data() + t * K;
            std::uint16_t count = 0;
            for (std::size_t r = 0; r < slots; ++r) {
                if (ids[r] != kNoExpert)
                    gpus[count++] = dispatch(ids[r], ordinal + t, m_homes[t]);
            }
            routes.count[t] = count;
            routes.first[t] = K > 0 && ids[0] != kNoExpert ? gpus[0] : kNowhere;
        }
    }

    template <class Set> void countSite(const Routes& routes, std::size_t K, std::size_t n, std::size_t site)
    {
        SiteScore sum;
        Set gpuSet(m_cluster.gpus), nodeSet(m_cluster.nodes);
        std::uint32_t* load = m_chunkLoads.data() + site * m_cluster.gpus;
        for (std::size_t t = 0; t < n; ++t) {
            const std::uint16_t* gpus = routes.gpus.data() + t * K;
            const std::uint32_t home = m_homes[t], homeNode = m_nodeOf[home];
            gpuSet.clear();
            nodeSet.clear();
            for (std::size_t r = 0; r < routes.count[t]; ++r) {
                const std::uint32_t gpu = gpus[r], node = m_nodeOf[gpu];
                ++load[gpu];
                gpuSet.add(gpu);
                nodeSet.add(node);
                sum.remoteChoices += gpu != home;
                sum.remoteNodeChoices += node != homeNode;
            }
            sum.tokens += routes.count[t] > 0;
            sum.choices += routes.count[t];
            sum.gpus += gpuSet.size();
            sum.nodes += nodeSet.size();
            sum.remoteGpus += gpuSet.size() - gpuSet.has(home);
            sum.remoteNodes += nodeSet.size() - nodeSet.has(homeNode);
        }
        for (const auto counter : kCounters)
            m_scores[site].*counter += sum.*counter;
    }

    void countStep(const Routes& from, const Routes& to, std::size_t K, std::size_t n, SiteScore& score)
    {
        std::uint64_t pairs = 0, together = 0, nodesTogether = 0;
        for (std::size_t t = 0; t < n; ++t) {
            const std::uint16_t *a = from.gpus.data() + t * K, *b = to.gpus.data() + t * K;
            const std::size_t na = from.count[t], nb = to.count[t];
            pairs += na * nb;
            for (std::size_t i = 0; i < na; ++i) {
                ++m_tally[a[i]];
                ++m_nodeTally[m_nodeOf[a[i]]];
            }
            for (std::size_t j = 0; j < nb; ++j) {
                together += m_tally[b[j]];
                nodesTogether += m_nodeTally[m_nodeOf[b[j]]];
            }
            for (std::size_t i = 0; i < na; ++i)
                m_tally[a[i]] = m_nodeTally[m_nodeOf[a[i]]] = 0;
            if (from.first[t] != kNowhere && to.first[t] != kNowhere) {
                ++score.firsts;
                score.hops += from.first[t] != to.first[t];
                score.nodeHops += m_nodeOf[from.first[t]] != m_nodeOf[to.first[t]];
            }
        }
        score.pairs += pairs;
        score.pairsApart += pairs - together;
        score.pairsNodesApart += pairs - nodesTogether;
    }

    const Cluster m_cluster;
    const ReplayOptions m_how;
    const std::shared_ptr<const TokenOrder> m_order;
    std::vector<Dispatcher> m_dispatchers; ///< [sites]
    std::vector<std::uint16_t> m_nodeOf; ///< [G]
    std::vector<SiteScore> m_scores;
    WindowLoads m_windows;
    std::uint64_t m_tokens = 0;
    Routes m_routes[2]; ///< of this site and the one before
    std::vector<std::uint32_t> m_chunkLoads; ///< [sites, G]
    std::vector<std::uint32_t> m_homes; ///< [chunk]
    std::vector<std::uint16_t> m_tally, m_nodeTally; ///< [G], [nodes] choices of one token; all 0 in between
};

Expected<void> checkPlans(const RoutingShape& shape, std::span<const Placement> plans)
{
    for (const Placement& plan : plans) {
        const auto same = [](const SitePlacement& a, const SitePlacement& b) { return a.site == b.site; };
        if (!std::ranges::equal(plan.sites(), plans.front().sites(), same))
            return fail("plans of different sites cannot be replayed together");
        for (const SitePlacement& site : plan.sites()) {
            const std::string where = "site " + std::to_string(site.site.value);
            if (site.site.value >= shape.sites.size())
                return fail("the plan has a site that the trace does not have", where);
            if (const auto E = shape.sites[std::size_t(site.site)].numExperts; E != site.numExperts)
                return fail("the plan is for " + std::to_string(site.numExperts) + " experts, the trace has "
                        + std::to_string(E),
                    where);
        }
    }
    return {};
}

}

Expected<std::vector<Score>> replay(BlockSource& source, std::span<const Placement> plans, const ReplayOptions& how,
    const PassOptions& options)
{
    if (plans.empty())
        return std::vector<Score>();
    const RoutingShape& shape = source.shape();
    ES_TRY(checkPlans(shape, plans));
    for (const std::uint32_t window : how.windows) {
        if (window < 1 || window > kMostWindow)
            return fail("a window of " + std::to_string(window) + " tokens", {},
                "1 to " + std::to_string(kMostWindow) + " are possible");
    }
    PassOptions pass = options;
    pass.shard = {};
    pass.sites.clear();
    for (const SitePlacement& site : plans.front().sites())
        pass.sites.push_back(site.site);
    ES_ASSIGN(const auto selected, selectSequences(shape, pass));
    const auto order = std::make_shared<const TokenOrder>(shape, selected, pass);
    ES_ASSIGN(auto set, runPass(source, {{}, true}, [&] {
        AccumulatorSet fresh;
        for (const Placement& plan : plans)
            fresh.push_back(std::make_unique<ReplayAccumulator>(plan, how, order));
        return fresh;
    }, pass));
    std::vector<Score> scores;
    for (const auto& one : set)
        scores.push_back(static_cast<const ReplayAccumulator&>(*one).score());
    return scores;
}

}
