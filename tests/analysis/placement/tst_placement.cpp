// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/placement/held_out.h"
#include "analysis/placement/learned_counts.h"
#include "plans.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTest>

using namespace expertscope;
using namespace expertscope::placement;
using namespace expertscope::testing;

class TestPlacement : public QObject
{
    Q_OBJECT
private slots:
    void slotsAreDealtInOrder()
    {
        // 10 slots on 4 GPUs: 3, 3, 2, 2.
        const Cluster cluster{4, 2};
        const auto plan = Placement::create(cluster, {{SiteIndex(0), 0, 9, {0, 1, 2, 3, 4, 5, 6, 7, 8, 3}}});
        VERIFY_OK(plan);
        const std::vector<std::uint32_t> expected{0, 0, 0, 1, 1, 1, 2, 2, 3, 3};
        for (std::size_t slot = 0; slot < 10; ++slot)
            QCOMPARE(plan->gpuOfSlot(0, slot), expected[slot]);
        QCOMPARE(plan->slotsOn(0, 0), 3u);
        QCOMPARE(plan->slotsOn(0, 3), 2u);
        const auto copies = plan->gpusOf(0, ExpertIndex(3));
        QCOMPARE(std::vector(copies.begin(), copies.end()), (std::vector<std::uint16_t>{1, 3}));
        QCOMPARE(plan->gpusOf(0, ExpertIndex(8)).size(), 1u);
        QVERIFY(plan->replicates(0));
        // Fewer slots than GPUs: the last ones stay empty.
        const auto thin = Placement::create({4, 1}, {{SiteIndex(0), 0, 2, {1, 0}}});
        VERIFY_OK(thin);
        QCOMPARE(thin->gpuOfSlot(0, 1), 1u);
        QCOMPARE(thin->slotsOn(0, 3), 0u);
    }

    void impossiblePlansAreRefused()
    {
        const auto refused = [](Cluster cluster, std::vector<SitePlacement> sites) {
            return !Placement::create(cluster, std::move(sites));
        };
        const SitePlacement good{SiteIndex(0), 0, 2, {0, 1}};
        QVERIFY(!refused({2, 1}, {good}));
        QVERIFY(refused({0, 1}, {good}));
        QVERIFY(refused({4, 3}, {good}));
        QVERIFY(refused({4, 0}, {good}));
        QVERIFY(refused({kMostGpus + 1, 1}, {good}));
        QVERIFY(refused({2, 1}, {}));
        QVERIFY(refused({2, 1}, {good, good}));
        QVERIFY(refused({2, 1}, {{SiteIndex(0), 0, 2, {0, 2}}}));
        QVERIFY(refused({2, 1}, {{SiteIndex(0), 0, 2, {0, 0}}}));
        QVERIFY(refused({2, 1}, {{SiteIndex(0), 0, 2, {0}}}));
        QVERIFY(refused({2, 1}, {{SiteIndex(0), 0, 0, {}}}));
        QVERIFY(refused({2, 1}, {{SiteIndex(0), 0, 2, {0, 1, kNoExpert}}}));
    }

    void migrationCountsWhatMustBeSent()
    {
        const Cluster cluster{4, 2};
        const auto before =
            Placement::create(cluster, {{SiteIndex(0), 0, 4, {0, 1, 2, 3, 0, 1, 2, 3}}}); // 01 23 | 01 23
        // 0 and 2 on GPU 0: 2 is sent within the node. 0, 1 on GPU 1: both within the node. GPU 2: 3 from GPU 3 of the
        // node. GPU 3: as it was.
        const auto after = Placement::create(cluster, {{SiteIndex(0), 0, 4, {0, 2, 0, 1, 0, 3, 2, 3}}});
        QVERIFY(before && after);
        const std::vector<double> bytes{10};
        const auto moved = migration(*before, *after, bytes);
        VERIFY_OK(moved);
        QCOMPARE(moved->experts, 4u);
        QCOMPARE(moved->betweenNodes, 0u);
        QCOMPARE(moved->bytes, 40.0);
        // All of node 0's experts to node 1 and back.
        const auto split = Placement::create(cluster, {{SiteIndex(0), 0, 4, {0, 1, 0, 1, 2, 3, 2, 3}}});
        const auto swapped = Placement::create(cluster, {{SiteIndex(0), 0, 4, {2, 3, 2, 3, 0, 1, 0, 1}}});
        const auto all = migration(*split, *swapped, bytes);
        VERIFY_OK(all);
        QCOMPARE(all->experts, 8u); // each of the four GPUs gets two
        QCOMPARE(all->betweenNodes, 4u); // the second copy in a node comes from the first
        QCOMPARE(migration(*split, *split, bytes)->experts, 0u);
        const auto other = Placement::create({2, 1}, {{SiteIndex(0), 0, 4, {0, 1, 2, 3}}});
        QVERIFY(!migration(*split, *other, bytes));
    }

    void memoryIsSlotsTimesBytes()
    {
        const auto plan =
            Placement::create({2, 1}, {{SiteIndex(0), 0, 3, {0, 1, 2}}, {SiteIndex(1), 1, 3, {0, 1, 2, 0}}});
        VERIFY_OK(plan);
        QCOMPARE(memoryPerGpu(*plan, std::vector<double>{10, 1}), (std::vector<double>{22, 12}));
    }

    void attentionRoutersHaveNoExpertsToPlace()
    {
        MemoryTrace trace(3, 4, 1);
        trace.editShape().sites[1].kind = SiteKind::Attention;
        QCOMPARE(expertSites(trace.shape()), (std::vector<SiteIndex>{SiteIndex(0), SiteIndex(2)}));
    }

    void heldOutTokensAreNeverLearnt_data()
    {
        QTest::addColumn<QList<int>>("lengths");
        QTest::addColumn<int>("skip");
        QTest::addColumn<bool>("cut");
        QTest::newRow("many sequences") << QList<int>{10, 10, 10, 10, 10, 10} << 0 << false;
        QTest::newRow("unequal") << QList<int>{3, 20, 7, 15, 4, 1, 9} << 2 << false;
        QTest::newRow("one sequence") << QList<int>{101} << 0 << true;
        QTest::newRow("one sequence, start skipped") << QList<int>{101} << 7 << true;
        QTest::newRow("one outweighs the rest") << QList<int>{3, 100, 1, 2} << 1 << true;
    }
    void heldOutTokensAreNeverLearnt()
    {
        QFETCH(QList<int>, lengths);
        QFETCH(int, skip);
        QFETCH(bool, cut);
        // Every token has an expert of its own: loads tell which tokens were read.
        std::uint32_t T = 0;
        for (const int length : lengths)
            T += std::uint32_t(length);
        MemoryTrace trace(1, static_cast<std::uint16_t>(T), 1);
        std::vector<char> wanted(T);
        std::uint32_t at = 0;
        for (const int length : lengths) {
            trace.addSequence(std::uint32_t(length));
            for (int t = 0; t < length; ++t, ++at) {
                trace.ids[0].push_back(static_cast<std::uint16_t>(at));
                wanted[at] = t >= skip && length > skip;
            }
        }
        PassOptions options;
        options.skipFirst = std::uint32_t(skip);
        auto split = HeldOutSplit::create(trace, options);
        VERIFY_OK(split);
        QCOMPARE(split->cut(), cut);
        const auto learnt = learn(*split, {}, split->learning());
        const auto scored = learn(*split, {}, split->scoring());
        QVERIFY(learnt && scored);
        std::uint64_t first = 0, second = 0;
        for (std::uint32_t t = 0; t < T; ++t) {
            const auto a = learnt->sites[0].load[t], b = scored->sites[0].load[t];
            QCOMPARE(a + b, std::uint64_t(wanted[t]));
            first += a;
            second += b;
        }
        QVERIFY(first > 0 && second > 0);
        if (cut) {
            QVERIFY(first >= second && first - second <= std::uint64_t(lengths.size()));
        }
    }

    void phasesSelectBeforeTheSplit()
    {
        for (const bool cut : {false, true}) { // whole sequences, or each in halves
            MemoryTrace trace(1, 64, 1);
            for (const std::uint32_t length : cut ? std::vector<std::uint32_t>{20} : std::vector<std::uint32_t>{12, 9, 15, 10}) {
                trace.addSequence(length);
                trace.editShape().sequences.back().promptLength = length / 3;
            }
            for (std::uint16_t t = 0; t < trace.shape().numTokens; ++t)
                trace.ids[0].push_back(t);
            for (const Phase phase : {Phase::Prompt, Phase::Decode}) {
                PassOptions options;
                options.phase = phase;
                options.skipFirst = 1;
                auto split = HeldOutSplit::create(trace, options);
                VERIFY_OK(split);
                QCOMPARE(split->cut(), cut);
                const auto learnt = learn(*split, {}, split->learning()), scored = learn(*split, {}, split->scoring());
                QVERIFY(learnt && scored);
                for (const Sequence& sequence : trace.shape().sequences) {
                    for (std::uint32_t p = 0; p < sequence.length; ++p) {
                        const std::size_t expert = sequence.begin.value + p;
                        const bool wanted = p >= 1 && (p < sequence.promptLength) == (phase == Phase::Prompt);
                        QCOMPARE(learnt->sites[0].load[expert] + scored->sites[0].load[expert], std::uint64_t(wanted));
                    }
                }
            }
        }
    }

    void labelsSelectBeforeTheSplit()
    {
        MemoryTrace trace(1, 4, 1);
        for (int s = 0; s < 6; ++s)
            trace.addSequence(5);
        trace.addLabel("held-out", {"a", "b", "a", "b", "a", "b"}); // a name that the split must not take
        for (int t = 0; t < 30; ++t)
            trace.ids[0].push_back(t / 5 % 2 ? 3 : 1);
        PassOptions options;
        options.where = {{"held-out", "a"}};
        auto split = HeldOutSplit::create(trace, options);
        VERIFY_OK(split);
        const auto learnt = learn(*split, {}, split->learning()), scored = learn(*split, {}, split->scoring());
        QVERIFY(learnt && scored);
        QCOMPARE(learnt->sites[0].load[3] + scored->sites[0].load[3], 0u);
        QCOMPARE(learnt->sites[0].load[1] + scored->sites[0].load[1], 15u);

        MemoryTrace tiny(1, 4, 1);
        tiny.addSequence(1);
        tiny.ids[0] = {0};
        QVERIFY(!HeldOutSplit::create(tiny, {}));
    }

    void countsAreWhatTheyAre()
    {
        MemoryTrace trace(2, 3, 2);
        trace.addSequence(3);
        trace.ids[0] = {0, 1, 1, kNoExpert, kNoExpert, 2};
        trace.ids[1] = {2, 0, 2, 1, 0, 1};
        const auto counts = learn(trace, {true, true, NextPairs::All}, {});
        VERIFY_OK(counts);
        const SiteCounts& site = counts->sites[0];
        QCOMPARE(site.tokens, 3u);
        QCOMPARE(site.load, (std::vector<std::uint64_t>{1, 2, 1}));
        QCOMPARE(site.together, (std::vector<std::uint32_t>{0, 1, 0, 1, 0, 0, 0, 0, 0}));
        QCOMPARE(site.next, (std::vector<std::uint32_t>{1, 0, 1, 1, 1, 2, 1, 1, 0}));
        QVERIFY(counts->sites[1].next.empty());
        const auto first = learn(trace, {false, true, NextPairs::First}, {});
        VERIFY_OK(first);
        // The third token's first slot is empty: it has no first choice.
        QCOMPARE(first->sites[0].next, (std::vector<std::uint32_t>{0, 0, 1, 0, 0, 1, 0, 0, 0}));
        QVERIFY(first->sites[0].together.empty());
    }
};

EXPERTSCOPE_TEST(TestPlacement)
#include "tst_placement.moc"
