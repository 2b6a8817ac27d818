// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/chance/uniform.h"
#include "analysis/placement/dispatcher.h"
#include "analysis/placement/replay.h"
#include "plans.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTest>

#include <algorithm>
#include <map>
#include <set>

using namespace expertscope;
using namespace expertscope::placement;
using namespace expertscope::testing;

namespace {

/// Sites of 12 experts, 4 slots some of which are empty, sequences of all lengths.
MemoryTrace raggedTrace(std::uint64_t seed)
{
    MemoryTrace trace(3, 12, 4);
    std::uint64_t state = mix(seed);
    for (int s = 0; s < 9; ++s)
        trace.addSequence(1 + static_cast<std::uint32_t>((state = mix(state)) % 90));
    fillUniform(trace, seed);
    for (auto& ids : trace.ids) {
        for (auto& id : ids) {
            if ((state = mix(state)) % 7 == 0)
                id = kNoExpert;
        }
    }
    return trace;
}

/// The definitions, token by token, with none of the ways to be fast.
Score naive(const MemoryTrace& trace, const Placement& plan, const ReplayOptions& how, const PassOptions& options)
{
    const RoutingShape& shape = trace.shape();
    const std::size_t K = shape.numSlots, M = plan.sites().size(), G = plan.cluster().gpus;
    Score score;
    score.sites.resize(M);
    std::vector<std::map<std::uint64_t, std::vector<std::vector<double>>>> windows(how.windows.size());
    std::uint32_t rank = 0;
    for (const Sequence& sequence : shape.sequences) {
        const auto wanted = [&](std::uint32_t p) {
            return p >= options.skipFirst
                && (options.phase == Phase::All || (p < sequence.promptLength) == (options.phase == Phase::Prompt));
        };
        bool any = false;
        for (std::uint32_t p = 0; p < sequence.length; ++p)
            any |= wanted(p);
        if (!any)
            continue;
        for (std::uint32_t p = 0; p < sequence.length; ++p) {
            if (!wanted(p))
                continue;
            const std::uint64_t ordinal = score.tokens++;
            const auto home = static_cast<std::uint32_t>((how.home == Home::Sequence ? rank : splitmix64(ordinal)) % G);
            const std::uint32_t homeNode = plan.cluster().nodeOf(home);
            std::vector<std::uint32_t> before;
            std::optional<std::uint32_t> firstBefore;
            for (std::size_t i = 0; i < M; ++i) {
                SiteScore& site = score.sites[i];
                site.load.resize(G);
                site.windows.resize(how.windows.size());
                const Dispatcher dispatch(plan, i, how.dispatch);
                std::vector<std::uint32_t> gpus;
                std::optional<std::uint32_t> first;
                for (std::size_t r = 0; r < K; ++r) {
                    const std::uint16_t id =
                        trace.ids[std::size_t(plan.sites()[i].site)][(sequence.begin.value + p) * K + r];
                    if (id == kNoExpert)
                        continue;
                    gpus.push_back(dispatch(id, ordinal, home));
                    if (r == 0)
                        first = gpus.back();
                }
                std::set<std::uint32_t> distinct(gpus.begin(), gpus.end()), nodes;
                for (const auto g : gpus) {
                    ++site.load[g];
                    nodes.insert(plan.cluster().nodeOf(g));
                    site.remoteChoices += g != home;
                    site.remoteNodeChoices += plan.cluster().nodeOf(g) != homeNode;
                    for (std::size_t w = 0; w < how.windows.size(); ++w) {
                        auto& window = windows[w][ordinal / how.windows[w]];
                        window.resize(M, std::vector<double>(G));
                        ++window[i][g];
                    }
                }
                site.tokens += !gpus.empty();
                site.choices += gpus.size();
                site.gpus += distinct.size();
                site.nodes += nodes.size();
                site.remoteGpus += distinct.size() - distinct.count(home);
                site.remoteNodes += nodes.size() - nodes.count(homeNode);
                if (i > 0) {
                    SiteScore& last = score.sites[i - 1];
                    for (const auto a : before) {
                        for (const auto b : gpus) {
                            ++last.pairs;
                            last.pairsApart += a != b;
                            last.pairsNodesApart += plan.cluster().nodeOf(a) != plan.cluster().nodeOf(b);
                        }
                    }
                    if (first && firstBefore) {
                        ++last.firsts;
                        last.hops += *first != *firstBefore;
                        last.nodeHops += plan.cluster().nodeOf(*first) != plan.cluster().nodeOf(*firstBefore);
                    }
                }
                before = gpus;
                firstBefore = first;
            }
        }
        ++rank;
    }
    for (std::size_t w = 0; w < how.windows.size(); ++w) {
        for (const auto& [window, loads] : windows[w]) {
            if ((window + 1) * how.windows[w] > score.tokens)
                continue;
            for (std::size_t i = 0; i < M; ++i) {
                const double sum = std::accumulate(loads[i].begin(), loads[i].end(), 0.0),
                             most = std::ranges::max(loads[i]);
                if (sum == 0)
                    continue;
                score.sites[i].windows[w].maxOverMean.add(most * double(G) / sum);
                score.sites[i].windows[w].balancedness.add(sum / double(G) / most);
            }
        }
    }
    return score;
}

bool same(const Score& a, const Score& b, bool exact)
{
    const auto counters = [](const SiteScore& s) {
        return std::tuple(s.tokens, s.choices, s.gpus, s.nodes, s.remoteGpus, s.remoteNodes, s.remoteChoices,
            s.remoteNodeChoices, s.pairs, s.pairsApart, s.pairsNodesApart, s.firsts, s.hops, s.nodeHops, s.load);
    };
    if (a.tokens != b.tokens || a.sites.size() != b.sites.size())
        return false;
    for (std::size_t i = 0; i < a.sites.size(); ++i) {
        if (counters(a.sites[i]) != counters(b.sites[i]) || a.sites[i].windows.size() != b.sites[i].windows.size())
            return false;
        for (std::size_t w = 0; w < a.sites[i].windows.size(); ++w) {
            for (const auto sum : {&WindowBalance::maxOverMean, &WindowBalance::balancedness}) {
                const FixedSum &x = a.sites[i].windows[w].*sum, &y = b.sites[i].windows[w].*sum;
                if (x.n() != y.n() || std::abs(x.sum() - y.sum()) > (exact ? 0 : 1e-9))
                    return false;
            }
        }
    }
    return true;
}

Placement planFor(const RoutingShape& shape, const Cluster& cluster, std::size_t replicas, std::uint64_t seed)
{
    std::vector<SitePlacement> sites;
    for (std::size_t i = 0; i < shape.sites.size(); ++i) {
        const std::size_t E = shape.sites[i].numExperts;
        std::vector<std::uint16_t> held;
        for (const auto slot : shuffled(E + replicas, seed))
            held.push_back(static_cast<std::uint16_t>(slot % E));
        sites.push_back(
            {SiteIndex(static_cast<std::uint16_t>(i)), shape.sites[i].layer, shape.sites[i].numExperts, held});
    }
    return *Placement::create(cluster, sites);
}

}

class TestReplay : public QObject
{
    Q_OBJECT
private slots:
    void copiesTakeTurns()
    {
        MemoryTrace trace(1, 2, 1);
        const Placement plan = samePlan(trace.shape(), {4, 2}, {0, 0, 1, 0}); // expert 0 on GPUs 0, 1, 3
        const Dispatcher inTurn(plan, 0, Dispatch::RoundRobin), local(plan, 0, Dispatch::LocalFirst);
        std::map<std::uint16_t, int> taken;
        for (std::uint64_t t = 0; t < 300; ++t) {
            ++taken[inTurn(0, t, 2)];
            QCOMPARE(inTurn(0, t, 0), inTurn(0, t + 3, 1)); // home does not matter, turns repeat
            QVERIFY(inTurn(0, t, 0) != inTurn(0, t + 1, 0));
            QCOMPARE(inTurn(1, t, 0), std::uint16_t(2));
            QCOMPARE(local(0, t, 0), std::uint16_t(0)); // its own GPU
            QCOMPARE(local(0, t, 2), std::uint16_t(3)); // the only copy on its node
            QCOMPARE(local(1, t, 0), std::uint16_t(2));
        }
        QCOMPARE(taken, (std::map<std::uint16_t, int>{{0, 100}, {1, 100}, {3, 100}}));

        const Placement far = samePlan(trace.shape(), {6, 2}, {0, 0, 1, 1, 1, 1}); // copies of 0 on GPUs 0 and 1
        const Dispatcher among(far, 0, Dispatch::LocalFirst);
        taken.clear();
        for (std::uint64_t t = 0; t < 100; ++t) {
            ++taken[among(0, t, 2)]; // none here, two on the node
            ++taken[among(0, t, 5)]; // none on the node: all in turn
        }
        QCOMPARE(taken, (std::map<std::uint16_t, int>{{0, 100}, {1, 100}}));
    }

    void replayIsTheDefinition_data()
    {
        QTest::addColumn<int>("gpus");
        QTest::addColumn<int>("nodes");
        QTest::addColumn<int>("replicas");
        QTest::addColumn<bool>("localFirst");
        QTest::addColumn<bool>("bySequence");
        QTest::addColumn<int>("skip");
        QTest::addColumn<int>("phase");
        QTest::newRow("one GPU") << 1 << 1 << 0 << false << false << 0 << int(Phase::All);
        QTest::newRow("4 GPUs") << 4 << 1 << 0 << false << false << 0 << int(Phase::All);
        QTest::newRow("5 GPUs, uneven, start skipped") << 5 << 1 << 0 << false << true << 3 << int(Phase::All);
        QTest::newRow("8 GPUs on 2 nodes, replicas") << 8 << 2 << 6 << false << false << 0 << int(Phase::All);
        QTest::newRow("local first") << 6 << 3 << 9 << true << false << 2 << int(Phase::All);
        QTest::newRow("local first by sequence") << 6 << 2 << 9 << true << true << 0 << int(Phase::All);
        QTest::newRow("more GPUs than bits") << 70 << 7 << 100 << true << false << 0 << int(Phase::All);
        QTest::newRow("prompts") << 5 << 1 << 3 << false << true << 3 << int(Phase::Prompt);
        QTest::newRow("what was generated") << 6 << 2 << 9 << true << false << 3 << int(Phase::Decode);
    }
    void replayIsTheDefinition()
    {
        QFETCH(int, gpus);
        QFETCH(int, nodes);
        QFETCH(int, replicas);
        QFETCH(bool, localFirst);
        QFETCH(bool, bySequence);
        QFETCH(int, skip);
        QFETCH(int, phase);
        MemoryTrace trace = raggedTrace(3);
        for (Sequence& sequence : trace.editShape().sequences)
            sequence.promptLength = sequence.length / 2;
        const Cluster cluster{std::uint32_t(gpus), std::uint32_t(nodes)};
        const Placement plan = planFor(trace.shape(), cluster, std::size_t(replicas), 11),
                        other = planFor(trace.shape(), cluster, 0, 12);
        ReplayOptions how;
        how.dispatch = localFirst ? Dispatch::LocalFirst : Dispatch::RoundRobin;
        how.home = bySequence ? Home::Sequence : Home::Token;
        how.windows = {1, 7, 64, 1000};
        PassOptions options;
        options.skipFirst = std::uint32_t(skip);
        options.phase = Phase(phase);
        const Score expected = naive(trace, plan, how, options);
        QVERIFY(expected.tokens > 100);
        Score first;
        for (const unsigned threads : {1u, 3u}) {
            for (const std::uint32_t block : {0u, 1u, 17u, 50u}) {
                options.threads = threads;
                options.blockTokens = block;
                const auto scores = replay(trace, std::vector{plan, other}, how, options);
                VERIFY_OK(scores);
                QVERIFY(same(scores->at(0), expected, false));
                if (first.sites.empty())
                    first = scores->at(0);
                QVERIFY(same(scores->at(0), first, true));
            }
        }
    }

    void fanOutByChance_data()
    {
        QTest::addColumn<int>("experts");
        QTest::addColumn<int>("topK");
        QTest::addColumn<int>("gpus");
        QTest::addColumn<double>("expected");
        QTest::newRow("64 8 4") << 64 << 8 << 4 << 3.658983; // metrics.md 2.4
        QTest::newRow("64 6 8") << 64 << 6 << 8 << 4.535516;
        QTest::newRow("8 2 4") << 8 << 2 << 4 << 1.857143;
    }
    void fanOutByChance()
    {
        QFETCH(int, experts);
        QFETCH(int, topK);
        QFETCH(int, gpus);
        QFETCH(double, expected);
        const auto E = static_cast<std::uint16_t>(experts);
        QVERIFY(std::abs(gpus * uniformAnyOverlap(E, E / unsigned(gpus), unsigned(topK)) - expected) < 5.1e-7);
        MemoryTrace trace(2, E, static_cast<std::uint16_t>(topK));
        trace.addSequence(40000);
        fillUniform(trace, 5);
        const Cluster cluster{std::uint32_t(gpus), 1};
        const auto scores = replay(trace,
            std::vector{samePlan(trace.shape(), cluster, inOrder(E, E)), planFor(trace.shape(), cluster, 0, 9)}, {},
            {});
        VERIFY_OK(scores);
        for (const Score& score : *scores) { // any balanced plan: contiguous or random
            for (const SiteScore& site : score.sites)
                QVERIFY(std::abs(double(site.gpus) / double(site.tokens) - expected) < .02);
        }
    }

    void hopsByChance_data()
    {
        QTest::addColumn<int>("gpus");
        QTest::addColumn<double>("expected");
        QTest::newRow("4 GPUs") << 4 << 23.25; // metrics.md 2.1: (L - 1) (1 - 1/G)
        QTest::newRow("8 GPUs") << 8 << 27.125;
    }
    void hopsByChance()
    {
        QFETCH(int, gpus);
        QFETCH(double, expected);
        MemoryTrace trace(32, 8, 2);
        trace.addSequence(4000);
        fillUniform(trace, 21);
        const Cluster cluster{std::uint32_t(gpus), 1};
        const auto scores = replay(trace, std::vector{planFor(trace.shape(), cluster, 0, 2)}, {}, {});
        VERIFY_OK(scores);
        double hops = 0, pairs = 0, apart = 0;
        for (const SiteScore& site : scores->front().sites) {
            hops += double(site.hops) / 4000;
            pairs += double(site.pairs);
            apart += double(site.pairsApart);
        }
        QVERIFY(std::abs(hops - expected) < .15);
        QVERIFY(std::abs(apart / pairs - expected / 31) < .005);
    }

    void batches_data()
    {
        QTest::addColumn<int>("batch");
        QTest::addColumn<bool>("bySequence");
        QTest::addColumn<int>("skip");
        QTest::newRow("1") << 1 << false << 0;
        QTest::newRow("2") << 2 << false << 3;
        QTest::newRow("4, by sequence") << 4 << true << 0;
        QTest::newRow("all") << 9 << false << 0;
        QTest::newRow("more than there are") << 10 << false << 0;
    }
    /// Sequences side by side, the next one enters where one has ended.
    void batches()
    {
        QFETCH(int, batch);
        QFETCH(bool, bySequence);
        QFETCH(int, skip);
        MemoryTrace trace = raggedTrace(3);
        const Placement plan = planFor(trace.shape(), {8, 2}, 6, 11), other = planFor(trace.shape(), {5, 1}, 0, 12);
        ReplayOptions how;
        how.dispatch = Dispatch::LocalFirst;
        how.home = bySequence ? Home::Sequence : Home::Token;
        how.batch = std::uint32_t(batch);
        PassOptions options;
        options.skipFirst = std::uint32_t(skip);
        struct Active
        {
            std::uint64_t next, end, ordinal;
            std::uint32_t rank;
        };
        std::vector<Active> waiting, active;
        std::uint64_t ordinal = 0;
        for (const Sequence& s : trace.shape().sequences) {
            if (s.length <= options.skipFirst)
                continue;
            waiting.push_back(
                {s.begin.value + options.skipFirst, s.begin.value + s.length, ordinal, std::uint32_t(waiting.size())});
            ordinal += s.length - options.skipFirst;
        }
        std::vector<double> sum(3), balanced(3);
        std::vector<std::uint64_t> steps(3);
        while (!waiting.empty() || !active.empty()) {
            while (active.size() < std::size_t(batch) && !waiting.empty()) {
                active.push_back(waiting.front());
                waiting.erase(waiting.begin());
            }
            for (std::size_t i = 0; i < 3 && active.size() == std::size_t(batch); ++i) {
                const Dispatcher dispatch(plan, i, how.dispatch);
                std::vector<double> load(8);
                for (const Active& a : active) {
                    for (std::size_t r = 0; r < 4; ++r) {
                        if (const std::uint16_t id = trace.ids[i][a.next * 4 + r]; id != kNoExpert)
                            ++load[dispatch(
                                id, a.ordinal, std::uint32_t((bySequence ? a.rank : splitmix64(a.ordinal)) % 8))];
                    }
                }
                const double all = std::accumulate(load.begin(), load.end(), 0.0), most = std::ranges::max(load);
                if (all == 0)
                    continue;
                sum[i] += most * 8 / all;
                balanced[i] += all / 8 / most;
                ++steps[i];
            }
            for (Active& a : active) {
                ++a.next;
                ++a.ordinal;
            }
            std::erase_if(active, [](const Active& a) { return a.next == a.end; });
        }
        for (const unsigned threads : {1u, 3u}) {
            options.threads = threads;
            options.blockTokens = threads == 1 ? 0 : 17;
            const auto scores = replay(trace, std::vector{other, plan}, how, options);
            VERIFY_OK(scores);
            for (std::size_t i = 0; i < 3; ++i) {
                const WindowBalance& balance = scores->at(1).sites[i].batch;
                QCOMPARE(balance.maxOverMean.n(), steps[i]);
                QCOMPARE(steps[i] > 0, batch < 10);
                if (steps[i] == 0)
                    continue;
                QVERIFY(std::abs(balance.maxOverMean.mean() - sum[i] / double(steps[i])) < 1e-9);
                QVERIFY(std::abs(balance.balancedness.mean() - balanced[i] / double(steps[i])) < 1e-9);
            }
        }
    }

    void plansThatDoNotFit()
    {
        MemoryTrace trace = raggedTrace(1);
        const Placement plan = samePlan(trace.shape(), {4, 1}, inOrder(12, 12));
        const auto one = Placement::create({4, 1}, {{SiteIndex(0), 0, 12, inOrder(12, 12)}});
        const auto beyond = Placement::create({4, 1}, {{SiteIndex(7), 0, 12, inOrder(12, 12)}});
        const auto fewer = Placement::create({4, 1}, {{SiteIndex(0), 0, 11, inOrder(11, 11)}});
        QVERIFY(one && beyond && fewer);
        QVERIFY(!replay(trace, std::vector{plan, *one}, {}, {}));
        QVERIFY(!replay(trace, std::vector{*beyond}, {}, {}));
        QVERIFY(!replay(trace, std::vector{*fewer}, {}, {}));
        ReplayOptions how;
        how.windows = {0};
        QVERIFY(!replay(trace, std::vector{plan}, how, {}));
        how.windows = {UINT32_MAX};
        QVERIFY(!replay(trace, std::vector{plan}, how, {}));
        // Part of the sites is fine: then "next" is the next of the plan.
        const auto outer =
            Placement::create({4, 1}, {{SiteIndex(0), 0, 12, inOrder(12, 12)}, {SiteIndex(2), 2, 12, inOrder(12, 12)}});
        const auto scores = replay(trace, std::vector{*outer}, {}, {});
        VERIFY_OK(scores);
        QVERIFY(same(scores->front(), naive(trace, *outer, {}, {}), false));
        QCOMPARE(replay(trace, {}, {}, {})->size(), 0u);
    }
};

EXPERTSCOPE_TEST(TestReplay)
#include "tst_replay.moc"
