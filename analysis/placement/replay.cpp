// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/placement/replay.h"

#include "analysis/placement/batch_balance.h"
#include "analysis/placement/dispatcher.h"
#include "analysis/placement/token_order.h"
#include "analysis/placement/window_loads.h"
#include "analysis/spine/pass.h"
#include "analysis/spine/selection.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>
#include <utility>

namespace expertscope::placement {

namespace {

constexpr std::uint64_t kMostWindow = 1u << 24;
constexpr std::uint64_t kChunk = 512; ///< tokens whose GPUs stay in the first-level cache from site to site
constexpr std::uint16_t kNowhere = UINT16_MAX;

/// Distinct GPUs and nodes of one token; up to 64 GPUs as bits.
class SmallSet
{
public:
    explicit SmallSet(std::size_t) { }
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

/// GPUs that a chunk's tokens go to at one site. Rows are padded to whole lanes, which no GPU fills.
struct Routes
{
    std::vector<std::uint16_t> gpus, nodes; ///< [chunk, stride] the first `count` of each token, then kNowhere
    std::vector<std::uint16_t> count; ///< [chunk]
    std::vector<std::uint16_t> first; ///< [chunk] GPU of the first choice, or kNowhere
};

/// Counts equal numbers eight at a time (vectors of GCC and clang: left to themselves they spill the lanes).
class EqualCounter
{
public:
    static constexpr std::size_t kLanes = 8;

    void add(const std::uint16_t* row, std::size_t stride, std::uint16_t value)
    {
        const Lanes wanted = Lanes{} + value;
        for (std::size_t c = 0; c < stride; c += kLanes) {
            Lanes here;
            std::memcpy(&here, row + c, sizeof here);
            m_lanes -= reinterpret_cast<Lanes>(here == wanted); // true is -1
        }
    }
    /// Before a lane may have run over: every 65535 comparisons of it.
    void fold()
    {
        for (std::size_t i = 0; i < kLanes; ++i)
            m_sum += m_lanes[i];
        m_lanes = Lanes{};
    }
    std::uint64_t sum()
    {
        fold();
        return m_sum;
    }

private:
    typedef std::uint16_t Lanes __attribute__((vector_size(2 * kLanes)));
    Lanes m_lanes = {};
    std::uint64_t m_sum = 0;
};

/// One plan over a part of the trace.
class PlanReplay
{
public:
    PlanReplay(const Placement& plan, const ReplayOptions& how, std::shared_ptr<const TokenOrder> order)
        : m_cluster(plan.cluster())
        , m_how(how)
        , m_order(std::move(order))
        , m_scores(plan.sites().size())
        , m_windows(how.windows, plan.sites().size(), plan.cluster().gpus)
        , m_chunkLoads(plan.sites().size() * m_cluster.gpus)
        , m_homes(kChunk)
    {
        for (std::size_t i = 0; i < m_scores.size(); ++i) {
            m_dispatchers.emplace_back(plan, i, how.dispatch);
            m_scores[i].load.resize(m_cluster.gpus);
        }
        if (how.traffic)
            m_sent.resize(std::size_t(m_cluster.gpus) * m_cluster.gpus);
        for (std::uint32_t g = 0; g < m_cluster.gpus; ++g)
            m_nodeOf.push_back(static_cast<std::uint16_t>(m_cluster.nodeOf(g)));
    }

    void observe(const Tile& tile)
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

    void merge(const PlanReplay& o)
    {
        for (std::size_t i = 0; i < m_scores.size(); ++i) {
            SiteScore& a = m_scores[i];
            const SiteScore& b = o.m_scores[i];
            for (const auto counter : kCounters)
                a.*counter += b.*counter;
            for (std::size_t g = 0; g < a.load.size(); ++g)
                a.load[g] += b.load[g];
        }
        for (std::size_t i = 0; i < m_sent.size(); ++i)
            m_sent[i] += o.m_sent[i];
        m_windows.merge(o.m_windows);
        m_tokens += o.m_tokens;
    }

    Score score() const
    {
        Score score{m_scores, m_tokens, m_sent};
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
                : static_cast<std::uint32_t>(splitmix64(ordinal + t) % m_cluster.gpus);
    }

    /// `n` tokens from `token` of the tile on; `ordinal` is the first one's.
    template <class Set> void replayChunk(const Tile& tile, std::size_t token, std::uint64_t ordinal, std::size_t n)
    {
        std::ranges::fill(m_chunkLoads, 0);
        m_stride =
            (tile.blocks.front().numSlots + EqualCounter::kLanes - 1) / EqualCounter::kLanes * EqualCounter::kLanes;
        for (std::size_t i = 0; i < tile.blocks.size(); ++i) {
            Routes& routes = m_routes[i % 2];
            route(tile.blocks[i], m_dispatchers[i], token, ordinal, n, routes);
            countSite<Set>(routes, n, i);
            if (m_how.traffic)
                countTraffic<Set>(routes, n);
            if (i > 0)
                countStep(m_routes[(i + 1) % 2], routes, n, m_scores[i - 1]);
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
        routes.gpus.assign(kChunk * m_stride, kNowhere);
        routes.count.resize(kChunk);
        routes.first.resize(kChunk);
        const std::uint16_t* table = dispatch.table();
        for (std::size_t t = 0; t < n; ++t) {
            const std::uint16_t* ids = block.expertIds.data() + (token + t) * K;
            std::uint16_t* gpus = routes.gpus.data() + t * m_stride;
            std::uint16_t count = 0;
            if (table && block.evenSlots) {
                for (; count < slots; ++count)
                    gpus[count] = table[ids[count]];
            } else {
                for (std::size_t r = 0; r < slots; ++r) {
                    if (ids[r] != kNoExpert)
                        gpus[count++] = dispatch(ids[r], ordinal + t, m_homes[t]);
                }
            }
            routes.count[t] = count;
            routes.first[t] = slots > 0 && ids[0] != kNoExpert ? gpus[0] : kNowhere;
        }
        if (m_cluster.nodes == 1)
            return;
        routes.nodes.resize(routes.gpus.size());
        for (std::size_t i = 0; i < n * m_stride; ++i)
            routes.nodes[i] = routes.gpus[i] == kNowhere ? kNowhere : m_nodeOf[routes.gpus[i]];
    }

    template <class Set> void countSite(const Routes& routes, std::size_t n, std::size_t site)
    {
        std::uint32_t* load = m_chunkLoads.data() + site * m_cluster.gpus;
        SiteScore& score = m_scores[site];
        std::uint64_t choices = 0, tokens = 0, gpus = 0, remoteGpus = 0;
        EqualCounter local;
        Set set(m_cluster.gpus);
        for (std::size_t t = 0; t < n; ++t) {
            const std::uint16_t* row = routes.gpus.data() + t * m_stride;
            const std::uint32_t home = m_homes[t];
            set.clear();
            for (std::size_t r = 0; r < routes.count[t]; ++r) {
                ++load[row[r]];
                set.add(row[r]);
            }
            local.add(row, m_stride, static_cast<std::uint16_t>(home));
            tokens += routes.count[t] > 0;
            choices += routes.count[t];
            gpus += set.size();
            remoteGpus += set.size() - set.has(home);
        }
        score.tokens += tokens;
        score.choices += choices;
        score.gpus += gpus;
        score.remoteGpus += remoteGpus;
        score.remoteChoices += choices - local.sum();
        if (m_cluster.nodes == 1)
            score.nodes += tokens;
        else
            countNodes<Set>(routes, n, score);
    }

    template <class Set> void countTraffic(const Routes& routes, std::size_t n)
    {
        Set set(m_cluster.gpus);
        for (std::size_t t = 0; t < n; ++t) {
            const std::uint16_t* row = routes.gpus.data() + t * m_stride;
            set.clear();
            set.add(std::uint16_t(m_homes[t])); // what is at home is not sent
            for (std::size_t r = 0; r < routes.count[t]; ++r) {
                m_sent[std::size_t(m_homes[t]) * m_cluster.gpus + row[r]] += !set.has(row[r]);
                set.add(row[r]);
            }
        }
    }

    template <class Set> void countNodes(const Routes& routes, std::size_t n, SiteScore& score) const
    {
        Set set(m_cluster.nodes);
        EqualCounter local;
        std::uint64_t choices = 0;
        for (std::size_t t = 0; t < n; ++t) {
            const std::uint16_t* row = routes.nodes.data() + t * m_stride;
            const std::uint16_t home = m_nodeOf[m_homes[t]];
            set.clear();
            for (std::size_t r = 0; r < routes.count[t]; ++r)
                set.add(row[r]);
            local.add(row, m_stride, home);
            choices += routes.count[t];
            score.nodes += set.size();
            score.remoteNodes += set.size() - set.has(home);
        }
        score.remoteNodeChoices += choices - local.sum();
    }

    /// Pairs of choices of neighbouring sites that are at the same place.
    std::uint64_t meetings(const std::vector<std::uint16_t>& from, const std::vector<std::uint16_t>& to,
        const std::vector<std::uint16_t>& count, std::size_t n) const
    {
        EqualCounter same;
        for (std::size_t t = 0; t < n; ++t) {
            const std::uint16_t *a = from.data() + t * m_stride, *b = to.data() + t * m_stride;
            for (std::size_t j = 0; j < count[t]; ++j)
                same.add(a, m_stride, b[j]);
            if (m_stride > 16 || t % 64 == 63)
                same.fold();
        }
        return same.sum();
    }

    void countStep(const Routes& from, const Routes& to, std::size_t n, SiteScore& score) const
    {
        std::uint64_t pairs = 0;
        for (std::size_t t = 0; t < n; ++t) {
            pairs += std::uint64_t(from.count[t]) * to.count[t];
            const bool both = from.first[t] != kNowhere && to.first[t] != kNowhere;
            score.firsts += both;
            score.hops += both && from.first[t] != to.first[t];
            score.nodeHops += both && m_nodeOf[from.first[t]] != m_nodeOf[to.first[t]];
        }
        score.pairs += pairs;
        score.pairsApart += pairs - meetings(from.gpus, to.gpus, to.count, n);
        if (m_cluster.nodes > 1)
            score.pairsNodesApart += pairs - meetings(from.nodes, to.nodes, to.count, n);
    }

    const Cluster m_cluster;
    const ReplayOptions m_how;
    const std::shared_ptr<const TokenOrder> m_order;
    std::vector<Dispatcher> m_dispatchers; ///< [sites]
    std::vector<std::uint16_t> m_nodeOf; ///< [G]
    std::vector<SiteScore> m_scores;
    WindowLoads m_windows;
    std::vector<std::uint64_t> m_sent; ///< [G, G] or empty
    std::uint64_t m_tokens = 0;
    Routes m_routes[2]; ///< of this site and the one before
    std::vector<std::uint32_t> m_chunkLoads; ///< [sites, G]
    std::vector<std::uint32_t> m_homes; ///< [chunk]
    std::size_t m_stride = 0; ///< slots of a token in Routes, padded
};

struct PlanReplays
{
    std::vector<PlanReplay> each;

    void observe(const Tile& tile)
    {
        for (PlanReplay& replay : each)
            replay.observe(tile);
    }
    void merge(const PlanReplays& other)
    {
        for (std::size_t i = 0; i < each.size(); ++i)
            each[i].merge(other.each[i]);
    }
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

Expected<std::vector<Score>> replay(
    BlockSource& source, std::span<const Placement> plans, const ReplayOptions& how, const PassOptions& options)
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
    if (how.batch > kMostWindow)
        return fail("a batch of " + std::to_string(how.batch) + " sequences", {},
            "at most " + std::to_string(kMostWindow) + " are possible");
    PassOptions pass = options;
    pass.shard = {};
    pass.sites.clear();
    for (const SitePlacement& site : plans.front().sites())
        pass.sites.push_back(site.site);
    ES_ASSIGN(const auto selected, selectSequences(shape, pass));
    const auto order = std::make_shared<const TokenOrder>(shape, selected, pass);
    const auto make = [&] {
        PlanReplays fresh;
        for (const Placement& plan : plans)
            fresh.each.emplace_back(plan, how, order);
        return fresh;
    };
    ES_ASSIGN(const PlanReplays replays, runPassOf(source, {{}, true}, make, pass));
    std::vector<Score> scores;
    for (const PlanReplay& one : replays.each)
        scores.push_back(one.score());
    if (how.batch > 0)
        ES_TRY(addBatchBalance(source, plans, how, pass, scores));
    return scores;
}

}
