// SPDX-License-Identifier: GPL-3.0-or-later
//
// Misses kept event by event: they add up to the histograms for every policy and contract, and each belongs to its
// event (what a run that ends with the event counts more than a run that ends before it).
#include "analysis/simulation/watched_steps.h"
#include "streams.h"
#include "tests/support/test_main.h"

#include <QtTest>

#include <set>

using namespace expertscope::testing;

namespace {

constexpr std::uint32_t kExperts = 7;
const std::vector<std::uint32_t> kCapacities{1, 2, 3, 5, 7, 14, 40};

struct Case
{
    Contract contract;
    std::size_t sites;
    std::uint32_t least, most;
};

std::vector<Case> cases()
{
    std::vector<Case> list;
    for (const std::size_t sites : {1, 2}) {
        for (const auto& [least, most] : {std::pair{2u, 2u}, {0u, 5u}}) {
            for (const Service service : {Service::Atomic, Service::Sequential}) {
                for (const Admission admission : {Admission::Forced, Admission::Bypass}) {
                    for (const ColdStart cold : {ColdStart::Empty, ColdStart::FirstFree}) {
                        for (const std::uint32_t warmUp : {0, 5}) {
                            list.push_back({{.service = service,
                                                .admission = admission,
                                                .coldStart = cold,
                                                .flushBetweenSequences = warmUp > 0,
                                                .warmUpSteps = warmUp},
                                sites, least, most});
                        }
                    }
                }
            }
        }
    }
    list.push_back({{.service = Service::Sequential, .order = Order::ResidentFirst}, 2, 2, 2});
    return list;
}

EventSet setOf(EventStream stream)
{
    EventSet set;
    set.steps = stream.numEvents / stream.sites.size();
    set.pools.push_back(std::move(stream));
    return set;
}

/// None where the policy cannot serve the contract.
std::optional<PoolCurve> replayed(const EventSet& set, const Case& c, const std::string& policy)
{
    auto results = simulateCaches(set, c.contract, {{policy}}, kCapacities, 1);
    return results ? std::optional(std::move(results->front().pools.front())) : std::nullopt;
}

}

class TestWatchedSteps : public QObject
{
    Q_OBJECT

private slots:
    void everyStep_data()
    {
        QTest::addColumn<QString>("policy");
        for (const PolicySpec& spec : policyRegistry())
            QTest::newRow(spec.name.c_str()) << QString::fromStdString(spec.name);
    }
    void everyStep()
    {
        QFETCH(QString, policy);
        int served = 0;
        for (const Case& c : cases()) {
            for (const std::uint64_t steps : {61, 700}) { // more than what is counted in one go
                EventSet set = setOf(randomStream(steps + c.sites, c.sites, kExperts, steps, c.least, c.most));
                const auto plain = replayed(set, c, policy.toStdString());
                watchSteps(set, c.contract, UINT64_MAX);
                QCOMPARE(set.pools[0].watchedSteps.size(), steps - c.contract.warmUpSteps);
                const auto curve = replayed(set, c, policy.toStdString());
                QCOMPARE(curve.has_value(), plain.has_value());
                if (!curve)
                    continue;
                ++served;
                QVERIFY(plain->watched.empty());
                QCOMPARE(curve->watched.size(), kCapacities.size());
                for (std::size_t k = 0; k < kCapacities.size(); ++k) {
                    QVERIFY(curve->sites[k] == plain->sites[k]);
                    std::vector<std::vector<std::uint64_t>> histograms(
                        c.sites, std::vector<std::uint64_t>(set.pools[0].largestEvent + 1));
                    QCOMPARE(curve->watched[k].size(), set.pools[0].watchedSteps.size() * c.sites);
                    for (std::size_t i = 0; i < curve->watched[k].size(); ++i)
                        ++histograms[i % c.sites][curve->watched[k][i]];
                    for (std::size_t s = 0; s < c.sites; ++s)
                        QVERIFY(histograms[s] == curve->sites[k][s].missesPerEvent);
                }
                // Some steps: the same numbers of those.
                EventSet some = set;
                watchSteps(some, c.contract, 17);
                const auto& chosen = some.pools[0].watchedSteps;
                QCOMPARE(chosen.size(), std::size_t(17));
                QVERIFY(std::ranges::adjacent_find(chosen, std::greater_equal()) == chosen.end());
                const auto sample = replayed(some, c, policy.toStdString());
                for (std::size_t k = 0; k < kCapacities.size(); ++k) {
                    for (std::size_t i = 0; i < 17 * c.sites; ++i)
                        QCOMPARE(sample->watched[k][i],
                            curve->watched[k][(chosen[i / c.sites] - c.contract.warmUpSteps) * c.sites + i % c.sites]);
                }
            }
        }
        QVERIFY(served > 0);
    }

    /// For policies that do not know the future, an event's misses are what it adds to a run.
    void eachEvent()
    {
        for (const Case& c : cases()) {
            EventSet whole = setOf(randomStream(3, c.sites, kExperts, 40, c.least, c.most));
            watchSteps(whole, c.contract, UINT64_MAX);
            for (const PolicySpec& spec : policyRegistry()) {
                if (spec.knowsFuture || spec.name == "static") // learns from all, or from the other half
                    continue;
                const auto curve = replayed(whole, c, spec.name);
                if (!curve)
                    continue;
                const EventStream& stream = whole.pools[0];
                std::vector<std::vector<std::uint64_t>> before(
                    kCapacities.size(), std::vector<std::uint64_t>(c.sites)); // misses so far
                for (std::uint64_t steps = 1; steps <= whole.steps; ++steps) {
                    EventStream start = stream;
                    start.watchedSteps.clear();
                    start.numEvents = steps * c.sites;
                    if (!start.ends.empty())
                        start.ends.resize(start.numEvents);
                    start.objects.resize(start.ends.empty() ? start.numEvents * start.fixedSize : start.ends.back());
                    const auto part = replayed(setOf(start), c, spec.name);
                    for (std::size_t k = 0; k < kCapacities.size(); ++k) {
                        for (std::size_t s = 0; s < c.sites; ++s) {
                            const std::uint64_t now = part->sites[k][s].misses();
                            if (steps > c.contract.warmUpSteps)
                                QCOMPARE(now - before[k][s],
                                    std::uint64_t(
                                        curve->watched[k][(steps - 1 - c.contract.warmUpSteps) * c.sites + s]));
                            before[k][s] = now;
                        }
                    }
                }
            }
        }
    }

    void choice()
    {
        EventSet set = setOf(randomStream(1, 1, kExperts, 100, 2, 2));
        watchSteps(set, {.warmUpSteps = 90}, 5);
        QCOMPARE(set.pools[0].watchedSteps.size(), std::size_t(5));
        for (std::size_t i = 0; i < 5; ++i) { // one in each part
            QVERIFY(set.pools[0].watchedSteps[i] >= 90 + 2 * i);
            QVERIFY(set.pools[0].watchedSteps[i] < 92 + 2 * i);
        }
        // 11 steps in 4 parts: 3, 3, 3 and 2; each step has its turn.
        std::set<std::uint64_t> seen;
        for (std::uint64_t seed = 0; seed < 50; ++seed) {
            watchSteps(set, {.warmUpSteps = 89}, 4, seed);
            const auto& chosen = set.pools[0].watchedSteps;
            QCOMPARE(chosen.size(), std::size_t(4));
            for (std::size_t i = 0; i < 4; ++i)
                QCOMPARE((chosen[i] - 89) / 3, std::uint64_t(i));
            seen.insert(chosen.begin(), chosen.end());
        }
        QCOMPARE(seen.size(), std::size_t(11));
        watchSteps(set, {.warmUpSteps = 100}, 5);
        QVERIFY(set.pools[0].watchedSteps.empty());
        watchSteps(set, {.warmUpSteps = 1000}, 5);
        QVERIFY(set.pools[0].watchedSteps.empty());
    }
};

EXPERTSCOPE_TEST(TestWatchedSteps)
#include "tst_watched_steps.moc"
