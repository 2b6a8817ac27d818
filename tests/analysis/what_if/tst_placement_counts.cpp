// SPDX-License-Identifier: GPL-3.0-or-later
//
// Loads of plans from kept counts: what replaying the tokens counts.
#include "analysis/placement/registry.h"
#include "analysis/what_if/placement_counts.h"
#include "tests/support/memory_trace.h"
#include "tests/support/near.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

using namespace expertscope;
using namespace expertscope::testing;

class TestPlacementCounts : public QObject
{
    Q_OBJECT

    /// Experts of different popularity; sequences of different length; a site of fewer experts.
    static Study skewed(std::uint64_t seed)
    {
        auto trace = std::make_shared<MemoryTrace>(3, 16, 3);
        trace->editShape().sites[1].numExperts = 8;
        for (unsigned s = 0; s < 6; ++s)
            trace->addSequence(10 + unsigned(mix(seed + s) % 30));
        for (std::size_t s = 0; s < 3; ++s) {
            const std::uint64_t E = trace->shape().sites[s].numExperts;
            for (std::uint64_t t = 0; t < trace->shape().numTokens; ++t) {
                for (std::uint64_t r = 0; r < 3; ++r) {
                    const std::uint64_t drawn = mix(seed * 100000 + s * 10000 + t * 3 + r);
                    trace->ids[s].push_back(std::uint16_t((drawn % E) * (drawn / E % E) / E)); // low ids more often
                }
            }
        }
        NamedTrace named;
        named.path = named.name = "memory";
        named.source = trace;
        return Study({named});
    }
    static PlacementQuestion asking(const std::string& planner, std::uint32_t gpus, std::uint32_t replicas)
    {
        PlacementOptions options;
        options.gpus = gpus;
        options.replicas = replicas;
        options.planners = planner;
        return checkPlacement(options).value();
    }

private slots:
    void likeTheReplay()
    {
        int compared = 0;
        for (std::uint64_t seed = 0; seed < 30; ++seed) {
            const Study study = skewed(seed);
            const auto counts = countPlacement(study, 0, {});
            VERIFY_OK(counts);
            for (const placement::Planner& planner : placement::plannerRegistry()) {
                if (!plansByLoads(planner.name))
                    continue;
                for (const std::uint32_t gpus : {1u, 2u, 4u}) {
                    const PlacementQuestion question = asking(planner.name, gpus, 0);
                    const auto loads = loadsByCounts(**counts, question);
                    VERIFY_OK(loads);
                    QVERIFY(loads->exact);
                    const auto replayed = comparePlacements(study, 0, question);
                    VERIFY_OK(replayed);
                    const auto& score = replayed->comparison.scores.front();
                    QCOMPARE(loads->loads.size(), score.sites.size());
                    double sum = 0;
                    for (std::size_t s = 0; s < score.sites.size(); ++s) {
                        for (std::uint32_t g = 0; g < gpus; ++g)
                            QCOMPARE(loads->loads[s][g], double(score.sites[s].load[g]));
                        sum += double(std::ranges::max(score.sites[s].load)) * gpus / double(score.sites[s].choices);
                    }
                    QVERIFY(nearly(loads->maxOverMean, sum / 3));
                    ++compared;
                }
            }
        }
        QVERIFY(compared >= 30 * 3 * 4);
    }

    /// Copies share: no choice is lost, and no GPU is far from what it gets in turn.
    void copiesShareEqually()
    {
        const Study study = skewed(7);
        const auto counts = countPlacement(study, 0, {});
        const PlacementQuestion question = asking("eplb", 4, 8);
        const auto loads = loadsByCounts(**counts, question);
        VERIFY_OK(loads);
        QVERIFY(!loads->exact);
        const auto replayed = comparePlacements(study, 0, question);
        const auto& score = replayed->comparison.scores.front();
        for (std::size_t s = 0; s < score.sites.size(); ++s) {
            double all = 0;
            for (std::size_t g = 0; g < 4; ++g) {
                all += loads->loads[s][g];
                QVERIFY(std::abs(loads->loads[s][g] - double(score.sites[s].load[g])) < 0.25 * double(score.sites[s].choices));
            }
            QVERIFY(nearly(all, double(score.sites[s].choices)));
        }
    }

    void refuses()
    {
        const Study study = skewed(1);
        const auto counts = countPlacement(study, 0, {});
        QVERIFY(!plansByLoads("joint") && !plansByLoads("coactivation") && !plansByLoads("no such"));
        QVERIFY(!loadsByCounts(**counts, asking("joint", 2, 0)));
        QVERIFY(!loadsByCounts(**counts, asking("all", 2, 0)));
        Scope picked;
        picked.tokens = TokenRange{TokenIndex(0), TokenIndex(5)};
        const auto refused = countPlacement(study, 0, picked);
        QVERIFY(!refused && refused.error().message().find("whole sequences") != std::string::npos);
    }
};

EXPERTSCOPE_TEST(TestPlacementCounts)
#include "tst_placement_counts.moc"
