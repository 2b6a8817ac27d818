// SPDX-License-Identifier: GPL-3.0-or-later
//
// Modelled times against a replay that keeps its own LRU caches and adds up a timetable for each event.
#include "../simulation/streams.h"
#include "analysis/cost/model_times.h"
#include "analysis/cost/order_statistics.h"
#include "analysis/simulation/watched_steps.h"
#include "machines.h"
#include "tests/support/near.h"
#include "tests/support/test_main.h"

#include <QtTest>

using namespace expertscope::cost;
using namespace expertscope::testing;

namespace {

/// Relative; percentiles are computed in single precision.
struct Naive
{
    double seconds = 0, computing = 0, bytes = 0, busy = 0;
    std::uint64_t misses = 0, loaded = 0;
    std::vector<double> steps; ///< s, ascending
    std::vector<double> siteStall;
};

/// LRU, atomic, forced, of pools of one site each with an even number of experts an event, all of which fit.
Naive replayNaively(const EventSet& events, std::uint32_t capacity, const Machine& machine, const Model& model,
    Level level, std::uint64_t warmUp)
{
    Naive sum;
    sum.siteStall.resize(events.pools.size());
    std::vector<std::vector<std::uint32_t>> caches(events.pools.size()); // most recent first
    for (std::uint64_t step = 0; step < events.steps; ++step) {
        double time = denseSeconds(machine, model, 1), computing = time;
        for (std::size_t p = 0; p < events.pools.size(); ++p) {
            auto& cache = caches[p];
            const auto asked = events.pools[p].event(step);
            std::uint32_t misses = 0;
            for (const std::uint32_t expert : asked)
                misses += std::ranges::find(cache, expert) == cache.end();
            for (std::size_t r = asked.size(); r-- > 0;) { // the strongest becomes the most recent
                std::erase(cache, asked[r]);
                cache.insert(cache.begin(), asked[r]);
            }
            if (cache.size() > capacity)
                cache.resize(capacity);
            const auto size = std::uint32_t(asked.size());
            const auto [seconds, loaded] = naiveEvent(machine, model, level, size, misses, 1);
            const double resident = size * expertSeconds(machine.gpu, model);
            time += seconds;
            computing += resident;
            if (step >= warmUp) {
                sum.misses += misses;
                sum.loaded += loaded;
                sum.siteStall[p] += seconds - resident;
            }
        }
        if (step < warmUp)
            continue;
        sum.steps.push_back(time);
        sum.seconds += time;
        sum.computing += computing;
    }
    std::ranges::sort(sum.steps);
    return sum;
}

double percentile(const std::vector<double>& ascending, std::uint64_t percent)
{
    std::size_t i = 0; // the least value that `percent` of the values do not exceed
    while ((i + 1) * 100 < percent * ascending.size())
        ++i;
    return ascending[i];
}

/// Pools of one site each.
EventSet randomSet(std::uint64_t seed, std::size_t pools, std::size_t steps, std::uint32_t experts, std::uint32_t least,
    std::uint32_t most)
{
    EventSet set;
    for (std::size_t p = 0; p < pools; ++p) {
        set.pools.push_back(randomStream(seed * 100 + p, 1, experts, steps, least, most));
        set.pools.back().sites = {expertscope::SiteIndex(std::uint16_t(p))};
    }
    set.steps = set.tokens = steps;
    return set;
}

StepTally tallyOf(EventSet& events, const Contract& contract, const std::vector<PolicyRequest>& policies,
    const std::vector<std::uint32_t>& capacities, std::uint64_t watched = UINT64_MAX)
{
    watchSteps(events, contract, watched);
    const auto results = simulateCaches(events, contract, policies, capacities, 2);
    if (!results)
        throw std::runtime_error(results.error().message());
    return tallySteps(events, contract, *results, events.tokens - contract.warmUpSteps);
}

std::vector<Machine> machines()
{
    std::vector<Machine> list{handMachine(false), handMachine(true)};
    list[1].copiesWhileComputing = false;
    list.push_back(handMachine(true));
    list.back().link.latency = 3e-3;
    list.back().cpu->bytesPerSecond = 1e9;
    Machine slow = handMachine(false); // the GPU is what one waits for
    slow.gpu.bytesPerSecond = 1.1e9;
    list.push_back(slow);
    list.push_back(slow); // and a CPU that relieves it: misses save time
    list.back().cpu.emplace();
    list.back().cpu->bytesPerSecond = 50e9;
    return list;
}

}

class TestModelTimes : public QObject
{
    Q_OBJECT

private slots:
    void stepByStep()
    {
        const std::vector<std::uint32_t> capacities{3, 4, 6, 9};
        for (std::uint64_t seed = 1; seed <= 20; ++seed) {
            const std::size_t pools = 1 + seed % 4;
            const std::uint32_t k = 1 + std::uint32_t(seed % 3);
            EventSet events = randomSet(seed, pools, 150 + seed, 9, k, k);
            const Contract contract{.warmUpSteps = seed % 2 ? 0u : 10u};
            const StepTally tally = tallyOf(events, contract, {{"lru"}}, capacities);
            QVERIFY(tally.even);
            for (const Machine& machine : machines()) {
                const Model model = handModel();
                for (const Level level : {Level::Serial, Level::Overlap}) {
                    const ModelledTimes times = modelTimes(tally, machine, model, level);
                    for (std::size_t c = 0; c < capacities.size(); ++c) {
                        const Naive naive =
                            replayNaively(events, capacities[c], machine, model, level, contract.warmUpSteps);
                        const ModelledPoint& point = times.points[0][c];
                        const double steps = double(naive.steps.size());
                        QVERIFY(nearly(*point.stepSeconds, naive.seconds / steps));
                        QVERIFY(nearly(*point.tokensPerSecond, steps / naive.seconds));
                        QVERIFY(nearly(*point.bytesPerToken, double(naive.loaded) * 10e6 / steps));
                        QVERIFY(
                            nearly(*point.stallShare, std::max(0., naive.seconds - naive.computing) / naive.seconds));
                        QVERIFY(
                            nearly(*point.linkUse, double(naive.loaded) * loadSeconds(machine, model) / naive.seconds));
                        QCOMPARE(point.cpuShare.has_value(), naive.misses > 0);
                        if (naive.misses > 0)
                            QVERIFY(nearly(*point.cpuShare, 1 - double(naive.loaded) / double(naive.misses)));
                        QVERIFY(nearly(*point.p50, percentile(naive.steps, 50), 1e-6));
                        QVERIFY(nearly(*point.p95, percentile(naive.steps, 95), 1e-6));
                        QVERIFY(nearly(*point.p99, percentile(naive.steps, 99), 1e-6));
                        for (std::size_t s = 0; s < pools; ++s)
                            QVERIFY(std::abs(times.siteStall[0][c][s] - naive.siteStall[s] / steps) < 1e-12);
                    }
                }
            }
        }
    }

    /// The fixture of simulation.md on the machine of hardware.md.
    void byHand()
    {
        EventSet events;
        for (std::uint16_t p = 0; p < 3; ++p) {
            events.pools.push_back(streamOf(1, 4, {{0, 1}, {0, 2}, {0, 1}, {0, 3}, {0, 1}}));
            events.pools.back().sites = {expertscope::SiteIndex(p)};
        }
        events.steps = events.tokens = 5;
        const StepTally tally = tallyOf(events, {}, {{"lru"}}, {2});
        const auto point = [&](Level level, bool cpu) {
            return modelTimes(tally, handMachine(cpu), handModel(), level).points[0][0];
        };
        const ModelledPoint bytes = point(Level::Bytes, false);
        QCOMPARE(*bytes.bytesPerToken, 36e6);
        QVERIFY(!bytes.stepSeconds && !bytes.tokensPerSecond && !bytes.p50 && !bytes.stallShare && !bytes.linkUse);
        const ModelledPoint serial = point(Level::Serial, false); // 72, 42, 42, 42, 42 ms
        QVERIFY(nearly(*serial.stepSeconds, 48e-3));
        QVERIFY(nearly(*serial.p50, 42e-3, 1e-6) && nearly(*serial.p95, 72e-3, 1e-6));
        const ModelledPoint overlap = point(Level::Overlap, false); // 69, 39, 39, 39, 39 ms
        QVERIFY(nearly(*overlap.stepSeconds, 45e-3));
        QVERIFY(nearly(*overlap.tokensPerSecond, 1 / 45e-3));
        QVERIFY(nearly(*overlap.stallShare, 33. / 45)); // computing takes 12
        QVERIFY(nearly(*overlap.linkUse, .8));
        QVERIFY(nearly(*overlap.p50, 39e-3, 1e-6) && nearly(*overlap.p99, 69e-3, 1e-6));
        const ModelledPoint lane = point(Level::Overlap, true); // 30, 18, 18, 18, 18 ms
        QVERIFY(nearly(*lane.stepSeconds, 20.4e-3));
        QVERIFY(nearly(*lane.cpuShare, 1) && *lane.bytesPerToken == 0 && *lane.linkUse == 0);
    }

    void limits()
    {
        EventSet events = randomSet(7, 3, 300, 8, 2, 2);
        const StepTally tally = tallyOf(events, {}, {{"lru"}, {"opt"}}, {2, 3, 5, 8});
        const Model model = handModel();
        const double computing = 6e-3 + 3 * 2 * 1e-3;
        Machine fast = handMachine(false);
        fast.link.bytesPerSecond = std::numeric_limits<double>::infinity();
        // A link that takes no time: what is missing costs nothing.
        for (const Level level : {Level::Serial, Level::Overlap}) {
            for (const auto& points : modelTimes(tally, fast, model, level).points) {
                for (const ModelledPoint& point : points) {
                    QVERIFY(nearly(*point.stepSeconds, computing) && nearly(*point.p99, computing, 1e-6));
                    QCOMPARE(*point.stallShare, 0.0);
                    QCOMPARE(*point.linkUse, 0.0);
                }
            }
        }
        // A link that is all that matters: both levels agree, and the time is bytes / bandwidth.
        Machine slow = handMachine(false);
        slow.link.bytesPerSecond = 1e3;
        const auto serial = modelTimes(tally, slow, model, Level::Serial);
        const auto overlap = modelTimes(tally, slow, model, Level::Overlap);
        for (std::size_t c = 0; c < 4; ++c) {
            const ModelledPoint& point = overlap.points[0][c];
            QVERIFY(nearly(*point.stepSeconds, *serial.points[0][c].stepSeconds, 1e-4));
            QVERIFY(nearly(*point.stepSeconds, *point.bytesPerToken / 1e3, 1e-4));
            QVERIFY(nearly(*point.linkUse, 1, 1e-4));
        }
        // A faster link never hurts, nor a larger cache under a stack policy, nor knowing the future.
        double before = 1e300;
        for (double bandwidth = 1e6; bandwidth < 1e14; bandwidth *= 3) {
            Machine machine = handMachine(false);
            machine.link.bytesPerSecond = bandwidth;
            const auto times = modelTimes(tally, machine, model, Level::Overlap);
            QVERIFY(*times.points[0][1].stepSeconds <= before);
            before = *times.points[0][1].stepSeconds;
            for (std::size_t c = 0; c < 4; ++c) {
                QVERIFY(c == 0 || *times.points[0][c].stepSeconds <= *times.points[0][c - 1].stepSeconds);
                QVERIFY(*times.points[1][c].bytesPerToken <= *times.points[0][c].bytesPerToken);
            }
        }
    }

    /// Sites with different k have tables of their own, and percentiles stay exact.
    void sitesOfDifferentSize()
    {
        EventSet events = randomSet(3, 2, 200, 9, 2, 2);
        events.pools.push_back(randomStream(99, 1, 9, 200, 3, 3));
        events.pools.back().sites = {expertscope::SiteIndex(std::uint16_t(2))};
        const StepTally tally = tallyOf(events, {}, {{"lru"}}, {4});
        QCOMPARE(tally.shapes.size(), std::size_t(2));
        QVERIFY(tally.even);
        const Machine machine = machines()[3];
        const Naive naive = replayNaively(events, 4, machine, handModel(), Level::Overlap, 0);
        const auto times = modelTimes(tally, machine, handModel(), Level::Overlap);
        QVERIFY(nearly(*times.points[0][0].stepSeconds, naive.seconds / 200));
        QVERIFY(nearly(*times.points[0][0].p95, percentile(naive.steps, 95), 1e-6));
    }

    /// Events of different sizes: exact where it is linear, else off by at most the GPU's time for the difference.
    void unevenEvents()
    {
        EventSet events = randomSet(5, 3, 400, 12, 3, 6);
        const StepTally tally = tallyOf(events, {}, {{"lru"}}, {6, 8});
        QVERIFY(!tally.even);
        double apart = 0; // most experts that a step's events can differ from their means
        for (const SiteShape& shape : tally.shapes)
            apart += std::max(6 - shape.experts, shape.experts - 3);
        Machine machine = handMachine(false);
        for (const double bandwidth : {2e9, 10e9, 1e12}) {
            machine.gpu.bytesPerSecond = bandwidth;
            for (const Level level : {Level::Serial, Level::Overlap}) {
                const double bound = level == Level::Serial ? 0 : apart * 10e6 / bandwidth;
                const auto times = modelTimes(tally, machine, handModel(), level);
                for (std::size_t c = 0; c < 2; ++c) {
                    const Naive naive = replayNaively(events, c ? 8 : 6, machine, handModel(), level, 0);
                    const auto within = [&](double a, double b) { return near(a, b, bound + 1e-6 * b); };
                    QVERIFY(within(*times.points[0][c].stepSeconds, naive.seconds / 400));
                    QVERIFY(within(*times.points[0][c].p50, percentile(naive.steps, 50)));
                    QVERIFY(within(*times.points[0][c].p95, percentile(naive.steps, 95)));
                    QVERIFY(within(*times.points[0][c].p99, percentile(naive.steps, 99)));
                    QVERIFY(nearly(*times.points[0][c].bytesPerToken, double(naive.loaded) * 10e6 / 400));
                }
            }
        }
    }

    /// Means are of counted events, in pools of several sites, too.
    void warmUpIsLeftOut()
    {
        const EventStream stream = randomStream(8, 3, 7, 60, 0, 5);
        EventSet events;
        events.pools = {stream};
        events.steps = events.tokens = 60;
        const StepTally tally = tallyOf(events, {.scope = PoolScope::Global, .warmUpSteps = 25}, {{"lru"}}, {6});
        QCOMPARE(tally.steps, std::uint64_t(35));
        for (std::size_t s = 0; s < 3; ++s) {
            double sum = 0;
            for (std::uint64_t step = 25; step < 60; ++step)
                sum += double(stream.event(step * 3 + s).size());
            QCOMPARE(tally.shapes[tally.shapeOfSite[s]].experts, sum / 35);
        }
    }

    void whatIsNotKnownIsEmpty()
    {
        EventSet events = randomSet(1, 1, 50, 6, 2, 2);
        watchSteps(events, {.warmUpSteps = 50}, 10);
        const auto none = simulateCaches(events, {.warmUpSteps = 50}, {{"lru"}}, {2}, 1);
        const StepTally empty = tallySteps(events, {.warmUpSteps = 50}, *none, 0);
        const ModelledPoint point = modelTimes(empty, handMachine(true), handModel(), Level::Overlap).points[0][0];
        QVERIFY(!point.stepSeconds && !point.bytesPerToken && !point.tokensPerSecond && !point.p50 && !point.cpuShare);
        for (EventStream& pool : events.pools)
            pool.watchedSteps.clear();
        const auto some = simulateCaches(events, {}, {{"lru"}}, {2}, 1);
        const ModelledPoint known =
            modelTimes(tallySteps(events, {}, *some, 0), handMachine(true), handModel(), Level::Overlap).points[0][0];
        QVERIFY(known.stepSeconds && known.stallShare && !known.p50 && !known.p99); // no steps watched
        QVERIFY(!known.tokensPerSecond && !known.bytesPerToken); // no tokens known
    }

    void sampledSteps()
    {
        EventSet events = randomSet(11, 4, 5000, 16, 3, 3);
        EventSet copy = events;
        const StepTally all = tallyOf(events, {}, {{"lru"}}, {6}), some = tallyOf(copy, {}, {{"lru"}}, {6}, 1000);
        QCOMPARE(some.watchedSteps, std::uint64_t(1000));
        const auto a = modelTimes(all, handMachine(false), handModel(), Level::Overlap).points[0][0];
        const auto b = modelTimes(some, handMachine(false), handModel(), Level::Overlap).points[0][0];
        QCOMPARE(*a.stepSeconds, *b.stepSeconds); // means know all steps
        QVERIFY(nearly(*a.p50, *b.p50, .05) && nearly(*a.p95, *b.p95, .1));
    }

    void orderStatistics()
    {
        OrderStatistics order;
        std::uint64_t state = 5;
        for (const std::size_t n : {1, 2, 3, 16, 17, 100, 2049}) {
            for (const int kind : {0, 1, 2, 3, 4}) {
                std::vector<float> values(n);
                for (float& value : values) {
                    const float random = float((state = mix(state)) >> 40) / float(1 << 24);
                    value = kind == 0 ? random
                        : kind == 1   ? std::floor(random * 4)
                        : kind == 2   ? 7.5f
                        : kind == 3   ? std::pow(random, 20.f) * 1e9f
                                      : 1 + random * 1e-7f;
                }
                auto sorted = values;
                std::ranges::sort(sorted);
                const std::size_t places[] = {0, n / 2, n - 1 - n / 100, n - 1};
                float found[4];
                order.find(values, places, found);
                for (int i = 0; i < 4; ++i)
                    QCOMPARE(found[i], sorted[places[i]]);
            }
        }
    }
};

EXPERTSCOPE_TEST(TestModelTimes)
#include "tst_model_times.moc"
