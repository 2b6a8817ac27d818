// SPDX-License-Identifier: GPL-3.0-or-later
//
// Replays with prefetches: by hand, against a naive restatement that goes through time unit by unit, and the laws.
#include "analysis/prefetch/registry.h"
#include "naive_prefetch.h"
#include "tests/support/test_main.h"

#include <QTest>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

template <typename T> T valueOf(Expected<T> expected)
{
    if (!expected)
        throw std::runtime_error(expected.error().message());
    return std::move(*expected);
}

PredictorRequest predictorRequest(
    const std::string& name, std::map<std::string, std::string> params, PredictionOptions options)
{
    return {name, std::move(params), options};
}

/// As text, for messages.
QString textOf(const PrefetchResult& result)
{
    QString text;
    for (const PrefetchCounters& c : result.sites) {
        text += QString("requests %1 hits %2 evictions %3 on time %4 late %5 cpu %6 issued %7 wasted %8 cancelled %9 ")
                    .arg(c.cache.requests)
                    .arg(c.cache.hits)
                    .arg(c.cache.evictions)
                    .arg(c.onTime)
                    .arg(c.late)
                    .arg(c.onCpu)
                    .arg(c.issued)
                    .arg(c.wasted)
                    .arg(c.cancelled)
            + QString("unused %1 there %2 noroom %3 evicted %4 stall %5 compulsory %6\n")
                  .arg(c.unused)
                  .arg(c.there)
                  .arg(c.noRoom)
                  .arg(c.evictedByPrefetch)
                  .arg(c.stall)
                  .arg(c.cache.compulsory);
    }
    for (const std::uint64_t time : result.stepTimes)
        text += QString::number(time) + ' ';
    return text;
}

bool same(const PrefetchResult& a, const PrefetchResult& b)
{
    return a.sites == b.sites && a.stepTimes == b.stepTimes;
}

/// A configuration by chance.
struct Chance
{
    std::uint64_t state;
    std::uint64_t operator()(std::uint64_t n) { return (state = mix(state)) % n; }
};

}

class TestPrefetch : public QObject
{
    Q_OBJECT

private slots:
    // Two sites with a slot each; the oracle names the next event's expert. dense 10, expert 2, load 20.
    void byHand()
    {
        const EventStream all = streamOf(2, 2, {{0}, {0}, {1}, {0}, {0}, {1}});
        const EventSet events = poolsOf(all, 1);
        const Walk walk(events);
        const Contract contract;
        const CacheMaker lru = valueOf(cacheMaker({"lru"}, contract));
        PrefetchOptions options;
        options.times = QueueTimes{.latency = 1, .transfer = 19, .dense = {10, 0}, .expert = {2, 0}, .cpu = {}};
        const auto without = valueOf(replayPrefetch(walk, contract, lru, 1, nullptr, options));
        QCOMPARE(without.stepTimes, (std::vector<std::uint64_t>{64, 44, 64}));
        QCOMPARE(without.total().cache.misses(), 5u);
        QCOMPARE(without.total().stall, 5 * 20u);
        QCOMPARE(without.linkBusy, 5 * 20u);

        const auto predictions = valueOf(predict(walk, predictorRequest("oracle", {}, {.horizon = 1})));
        const auto with = valueOf(replayPrefetch(walk, contract, lru, 1, &predictions, options));
        QCOMPARE(with.stepTimes, (std::vector<std::uint64_t>{52, 32, 40}));
        const PrefetchCounters total = with.total();
        QCOMPARE(total.cache.misses(), 1u);
        QCOMPARE(total.late, 4u);
        QCOMPARE(total.onTime, 0u);
        QCOMPARE(total.resident(), 1u);
        QCOMPARE(total.issued, 4u);
        QCOMPARE(total.there, 1u);
        QCOMPARE(total.wasted + total.cancelled + total.unused, 0u);
        QCOMPARE(total.evictedByPrefetch, 3u);
        QCOMPARE(total.stall, 20 + 4 * 8u);
        QCOMPARE(with.linkBusy, 5 * 20u);

        // The link twice as fast: all that is foretold is there in time.
        options.times->transfer = 9;
        const auto fast = valueOf(replayPrefetch(walk, contract, lru, 1, &predictions, options));
        QCOMPARE(fast.total().onTime, 4u);
        QCOMPARE(fast.stepTimes, (std::vector<std::uint64_t>{34, 24, 24}));

        // Without times the same happens in the end.
        options.times.reset();
        const auto plain = valueOf(replayPrefetch(walk, contract, lru, 1, &predictions, options));
        QCOMPARE(plain.total().onTime, 4u);
        QVERIFY(plain.stepTimes.empty());

        // Nobody may be evicted: only the slots that are free at first are filled.
        options.eviction = Eviction::Never;
        const auto never = valueOf(replayPrefetch(walk, contract, lru, 1, &predictions, options));
        QCOMPARE(never.total().issued, 1u);
        QCOMPARE(never.total().noRoom, 3u);
        QCOMPARE(never.total().cache.misses(), 4u);
    }

    // A wrong prefetch is thrown out by the right one: wasted if it was sent, cancelled if not.
    void wasteByHand()
    {
        const EventSet events = poolsOf(streamOf(2, 3, {{0}, {0}, {1}, {0}, {2}, {1}}), 1);
        const Walk walk(events);
        const CacheMaker lru = valueOf(cacheMaker({"lru"}, {}));
        Predictions predictions; // event 2: expert 2 instead of 1
        predictions.sizes = {1, 1};
        predictions.objects = {2};
        predictions.ends = {0, 0, 1, 1, 1, 1};
        predictions.reached = {0, 0, 1, 0, 0, 0};
        PrefetchOptions options;
        options.times = QueueTimes{.latency = 0, .transfer = 5, .dense = {10, 0}, .expert = {1, 0}, .cpu = {}};
        const auto sent = valueOf(replayPrefetch(walk, {}, lru, 1, &predictions, options));
        QCOMPARE(sent.sites[0].wasted, 1u);
        QCOMPARE(sent.sites[0].cancelled, 0u);
        QCOMPARE(sent.linkBusy, 6 * 5u); // 5 misses

        options.times->dense = {
            1, 0}; // known 1, 8 (demand 8 to 13), 15: the prefetch, behind that demand, is being sent
        const auto begun = valueOf(replayPrefetch(walk, {}, lru, 1, &predictions, options));
        QCOMPARE(begun.sites[0].wasted, 1u);
        options.times->expert = {0, 0};
        options.times->dense = {0, 0}; // the next event begins when the demand is through
        const auto unsent = valueOf(replayPrefetch(walk, {}, lru, 1, &predictions, options));
        QCOMPARE(unsent.sites[0].cancelled, 1u);
        QCOMPARE(unsent.sites[0].wasted, 0u);
        QCOMPARE(unsent.linkBusy, 5 * 5u);
        QCOMPARE(unsent.total().prefetchLoads(), 0u);
    }

    void agreesWithTime_data()
    {
        QTest::addColumn<bool>("timed");
        QTest::newRow("queue") << true;
        QTest::newRow("no times") << false;
    }
    void agreesWithTime()
    {
        QFETCH(const bool, timed);
        const char* policies[] = {"lru", "fifo", "lfu"};
        PrefetchCounters reached;
        for (std::uint64_t seed = 0; seed < 2000; ++seed) {
            Chance chance{mix(seed + 17)};
            const std::size_t sites = 1 + chance(4);
            const auto experts = std::uint32_t(2 + chance(6));
            const auto least = std::uint32_t(chance(2)), most = std::max(1u, std::uint32_t(1 + chance(experts - 1)));
            EventStream all = randomStream(seed, sites, experts, 4 + chance(20), std::min(least, most), most);
            if (chance(3) == 0)
                weigh(all, chance);
            const EventSet events = poolsOf(all, 1 + chance(sites));
            const Walk walk(events);
            Contract contract;
            contract.flushBetweenSequences = chance(3) == 0;
            contract.warmUpSteps = chance(4) == 0 ? std::uint32_t(chance(5)) : 0;
            PredictorRequest request{"oracle", {}, {}};
            if (chance(4) == 0)
                request.name = "previous";
            else if (chance(4) == 0)
                request.name = "static";
            else
                request.params["recall"] = std::to_string(double(chance(11)) / 10);
            request.options = {
                .horizon = std::uint32_t(1 + chance(sites)), .n = std::uint32_t(chance(experts + 1)), .seed = seed};
            const auto predictions = valueOf(predict(walk, request));
            PrefetchOptions options;
            options.budget = chance(3) ? UINT32_MAX : std::uint32_t(chance(4));
            options.eviction = std::array{Eviction::Never, Eviction::Unprotected, Eviction::Any}[chance(3)];
            if (timed) {
                QueueTimes times;
                times.latency = chance(4);
                times.transfer = 4 + chance(20);
                times.chunks = std::uint32_t(1 + chance(2) * chance(4));
                times.dense = {1 + chance(20), chance(4)};
                times.expert = {1 + chance(6), chance(3)};
                if (chance(2))
                    times.cpu = QueueTimes::Roofline{chance(60), chance(10)};
                options.times = times;
            }
            const std::string policy = policies[chance(3)];
            const auto capacity = std::uint32_t(1 + chance(walk.pool(0).numObjects() + 1));
            const CacheMaker maker = valueOf(cacheMaker({policy}, contract));
            const auto result = valueOf(replayPrefetch(walk, contract, maker, capacity, &predictions, options));
            const auto naive = NaivePrefetch(walk, contract, policy, capacity, &predictions, options).run();
            if (!same(result, naive))
                QFAIL(qPrintable(QString("seed %1 %2 capacity %3 chunks %7 cpu %8 evict %9\n%4\nnaive:\n%5")
                                     .arg(seed)
                                     .arg(policy.c_str())
                                     .arg(capacity)
                                     .arg(textOf(result), textOf(naive))
                                     .arg(options.times ? options.times->chunks : 0)
                                     .arg(options.times && options.times->cpu)
                                     .arg(int(options.eviction))));
            reached += result.total();
        }
        // The configurations reach everything.
        QVERIFY(reached.onTime > 100 && reached.issued > 100 && reached.wasted > 100 && reached.noRoom > 100);
        QVERIFY(reached.there > 100 && reached.evictedByPrefetch > 100 && reached.unused > 100);
        QCOMPARE(reached.late > 100 && reached.cancelled > 100 && reached.onCpu > 100 && reached.stall > 100, timed);
    }

    // No prediction, or none that may be acted on: what simulateCaches() counts, for every policy that can be stepped.
    void plainReplays_data()
    {
        QTest::addColumn<QString>("policy");
        for (const std::string& policy : steppedPolicies())
            QTest::newRow(policy.c_str()) << QString::fromStdString(policy);
    }
    void plainReplays()
    {
        QFETCH(const QString, policy);
        for (std::uint64_t seed = 0; seed < 60; ++seed) {
            Chance chance{mix(seed + 99)};
            const std::size_t sites = 1 + chance(3);
            const auto experts = std::uint32_t(2 + chance(8));
            EventStream all =
                randomStream(seed, sites, experts, 60, std::uint32_t(chance(2)), 1 + std::uint32_t(chance(experts)));
            if (chance(2))
                weigh(all, chance);
            const EventSet events = poolsOf(all, 1 + chance(sites));
            const Walk walk(events);
            Contract contract;
            contract.flushBetweenSequences = chance(2);
            contract.warmUpSteps = std::uint32_t(chance(2) * chance(9));
            const PolicyRequest request{policy.toStdString()};
            const CacheMaker maker = valueOf(cacheMaker(request, contract));
            const auto capacities = upTo(events.pools[0].numObjects() + 1);
            const auto plain = valueOf(simulateCaches(events, contract, {request}, capacities, 1));
            const auto predictions = valueOf(predict(walk, predictorRequest("oracle", {{"recall", "0.5"}}, {})));
            for (std::size_t c = 0; c < capacities.size(); ++c) {
                for (const bool timed : {false, true}) {
                    PrefetchOptions options;
                    options.budget = 0;
                    if (timed)
                        options.times =
                            QueueTimes{.latency = 1, .transfer = 5, .dense = {3, 0}, .expert = {1, 0}, .cpu = {}};
                    const auto result = valueOf(replayPrefetch(
                        walk, contract, maker, capacities[c], seed % 2 ? &predictions : nullptr, options));
                    std::size_t site = 0;
                    for (const PoolCurve& pool : plain[0].pools) {
                        for (const Counters& counters : pool.sites[c]) {
                            if (result.sites[site].cache != counters)
                                QFAIL(qPrintable(QString("seed %1 capacity %2 site %3: hits %4 for %5, evictions %6 "
                                                         "for %7, compulsory %8 for %9")
                                                     .arg(seed)
                                                     .arg(capacities[c])
                                                     .arg(site)
                                                     .arg(result.sites[site].cache.hits)
                                                     .arg(counters.hits)
                                                     .arg(result.sites[site].cache.evictions)
                                                     .arg(counters.evictions)
                                                     .arg(result.sites[site].cache.compulsory)
                                                     .arg(counters.compulsory)));
                            QCOMPARE(result.sites[site].issued, 0u);
                            ++site;
                        }
                    }
                    if (timed) { // serial: a load of an event waits for the one before
                        const PrefetchCounters total = result.total();
                        if (contract.warmUpSteps == 0)
                            QCOMPARE(result.linkBusy, 6 * total.cache.misses());
                    }
                }
            }
        }
    }

    // What must hold whatever is configured, on a workload with memory.
    void laws_data()
    {
        QTest::addColumn<QString>("policy");
        QTest::addColumn<QString>("predictor");
        QTest::addColumn<int>("eviction");
        int eviction = 0;
        for (const std::string& policy : steppedPolicies()) {
            for (const PredictorSpec& predictor : predictorRegistry())
                QTest::newRow((policy + " " + predictor.name).c_str())
                    << QString::fromStdString(policy) << QString::fromStdString(predictor.name) << eviction++ % 3;
        }
    }
    void laws()
    {
        QFETCH(const QString, policy);
        QFETCH(const QString, predictor);
        QFETCH(const int, eviction);
        const EventStream all = randomStream(7, 5, 12, 400, 2, 4);
        for (const std::size_t sitesInPool : {1, 2, 5}) {
            const EventSet events = poolsOf(all, sitesInPool);
            const Walk walk(events);
            const CacheMaker maker = valueOf(cacheMaker({policy.toStdString()}, {}));
            for (const std::uint32_t horizon : {1u, 3u, 5u}) {
                const auto predictions =
                    valueOf(predict(walk, predictorRequest(predictor.toStdString(), {}, {.horizon = horizon})));
                for (const bool timed : {false, true}) {
                    PrefetchOptions options;
                    options.eviction = Eviction(eviction);
                    options.budget = 3;
                    if (timed)
                        options.times =
                            QueueTimes{.latency = 3, .transfer = 20, .dense = {10, 0}, .expert = {2, 0}, .cpu = {}};
                    const auto capacity = std::uint32_t(6 * sitesInPool);
                    const auto result = valueOf(replayPrefetch(walk, {}, maker, capacity, &predictions, options));
                    const PrefetchCounters t = result.total();
                    QCOMPARE(t.issued, t.onTime + t.late + t.wasted + t.cancelled + t.unused);
                    QCOMPARE(t.cache.requests, std::uint64_t(all.objects.size()));
                    QCOMPARE(t.cache.requests, t.resident() + t.onTime + t.late + t.cache.misses());
                    std::uint64_t misses = 0, numEvents = 0;
                    for (std::size_t j = 0; j < t.cache.missesPerEvent.size(); ++j) {
                        misses += j * t.cache.missesPerEvent[j];
                        numEvents += t.cache.missesPerEvent[j];
                    }
                    QCOMPARE(misses, t.cache.misses());
                    QCOMPARE(numEvents, all.numEvents);
                    // Whatever came in has left or is still there.
                    const std::uint64_t in = t.demandLoads() + t.issued;
                    QVERIFY(in >= t.cache.evictions && in - t.cache.evictions <= capacity * events.pools.size());
                    QVERIFY(eviction != int(Eviction::Never) || t.evictedByPrefetch == 0);
                    QCOMPARE(t.noRoom > 0 && eviction == int(Eviction::Any) && sitesInPool > 1, false);
                    if (timed) {
                        // One transfer at a time, and what is sent is all that was loaded but for the tail.
                        const std::uint64_t time =
                            std::accumulate(result.stepTimes.begin(), result.stepTimes.end(), std::uint64_t(0));
                        QVERIFY(result.linkBusy <= time + 23);
                        QCOMPARE(result.linkBusy % 23, 0u);
                        const std::uint64_t sent = result.linkBusy / 23, loads = t.demandLoads() + t.prefetchLoads();
                        QVERIFY(sent <= loads && loads - sent <= t.unused + 1 + t.wasted);
                        QCOMPARE(time, all.numEvents * 10 + all.objects.size() * 2 + t.stall);
                    } else {
                        QCOMPARE(t.late + t.cancelled + t.stall, 0u);
                    }
                }
            }
        }
    }

    // Who knows all and has the link to itself misses nothing, if there is room for an event and the next ones.
    void oracleMissesNothing()
    {
        const EventStream all = randomStream(3, 4, 9, 300, 1, 3);
        for (const std::size_t sitesInPool : {1, 2, 4}) {
            const EventSet events = poolsOf(all, sitesInPool);
            const Walk walk(events);
            for (const std::uint32_t horizon : {1u, 2u, 4u}) {
                const auto predictions =
                    valueOf(predict(walk, predictorRequest("oracle", {}, {.horizon = horizon, .n = 9})));
                for (const std::string& policy : steppedPolicies()) {
                    PrefetchOptions options;
                    options.times =
                        QueueTimes{.latency = 0, .transfer = 0, .dense = {1, 0}, .expert = {1, 0}, .cpu = {}};
                    const auto result = valueOf(replayPrefetch(walk, {}, valueOf(cacheMaker({policy}, {})),
                        std::uint32_t(3 * (horizon + 1)), &predictions, options));
                    std::uint64_t firstMisses = 0; // nobody could foretell the first events
                    for (std::uint64_t event = 0; event < horizon; ++event)
                        firstMisses += all.event(event).size();
                    QVERIFY2(result.total().cache.misses() <= firstMisses, policy.c_str());
                    QCOMPARE(result.total().late, 0u);
                    QCOMPARE(result.total().stall, 0u);
                    QCOMPARE(result.total().noRoom, 0u);
                }
            }
        }
    }

    // Events that do not fit are served, and nothing is counted twice.
    void overflow()
    {
        const EventSet events = poolsOf(randomStream(5, 2, 8, 200, 3, 6), 1);
        const Walk walk(events);
        const auto predictions = valueOf(predict(walk, predictorRequest("oracle", {{"recall", "0.7"}}, {})));
        for (const std::string& policy : steppedPolicies()) {
            for (std::uint32_t capacity = 1; capacity <= 4; ++capacity) {
                const auto t =
                    valueOf(replayPrefetch(walk, {}, valueOf(cacheMaker({policy}, {})), capacity, &predictions, {}))
                        .total();
                QVERIFY(t.cache.overflows > 0);
                QCOMPARE(t.issued, t.onTime + t.late + t.wasted + t.cancelled + t.unused);
            }
        }
    }

    // Seconds to picoseconds, with the formulas of cost/hardware.h on the other side.
    void times()
    {
        cost::Machine machine;
        machine.link = {"", 25e9, 10e-6};
        machine.gpu = {"", 1e12, 100e12};
        machine.cpu = cost::Processor{"", 50e9, 1e12};
        cost::Model model;
        model.expertBytes = 12.5e6;
        model.expertFlops = 25e6;
        model.denseBytes = 400e6;
        model.denseFlops = 2e9;
        const QueueTimes times = valueOf(queueTimes(machine, model, 16));
        QCOMPARE(times.latency + times.transfer, std::uint64_t(std::llround(cost::loadSeconds(machine, model) * 1e12)));
        for (const double tokens : {1.0, 4.0, 64.0, 512.0}) {
            const auto n = std::uint64_t(tokens);
            QCOMPARE(times.expert.of(n, 1),
                std::uint64_t(std::llround(cost::expertSeconds(machine.gpu, model, tokens) * 1e12)));
            QCOMPARE(times.cpu->of(n, 1),
                std::uint64_t(std::llround(cost::expertSeconds(*machine.cpu, model, tokens) * 1e12)));
            QCOMPARE(times.dense.of(n, 1),
                std::uint64_t(std::llround(cost::denseSecondsASite(machine, model, tokens, 16) * 1e12)));
        }
        QCOMPARE(times.expert.of(6, 4), std::max<std::uint64_t>(12500000, 250000 * 6 / 4));
        model.denseSeconds = 0.016;
        QCOMPARE(valueOf(queueTimes(machine, model, 16)).dense.of(99, 1), std::uint64_t(1000000000));

        machine.copiesWhileComputing = false;
        QVERIFY(!queueTimes(machine, model, 16));
        machine.copiesWhileComputing = true;
        model.denseSeconds = 1e12;
        QVERIFY(!queueTimes(machine, model, 16));
    }

    void errors()
    {
        QVERIFY(cacheMaker({"nobody"}, {}).error().message().find("nobody") != std::string::npos);
        QVERIFY(cacheMaker({"static"}, {}).error().message().find("lru") != std::string::npos);
        QVERIFY(!cacheMaker({"s3fifo", {{"small", "2"}}}, {}));
        QVERIFY(cacheMaker({"s3fifo", {{"small", "0.3"}}}, {}));
        for (const auto change : {+[](Contract& c) { c.service = Service::Sequential; },
                 +[](Contract& c) { c.admission = Admission::Bypass; },
                 +[](Contract& c) { c.coldStart = ColdStart::FirstFree; }}) {
            Contract contract;
            change(contract);
            QVERIFY(!checkPrefetchContract(contract));
        }
        const EventSet events = poolsOf(randomStream(1, 2, 4, 9, 1, 2), 1);
        const Walk walk(events);
        PrefetchOptions options;
        options.times =
            QueueTimes{.latency = 1, .transfer = std::uint64_t(1) << 60, .dense = {}, .expert = {}, .cpu = {}};
        QVERIFY(!replayPrefetch(walk, {}, valueOf(cacheMaker({"lru"}, {})), 1, nullptr, options));
        // Nothing at all is no error.
        const EventSet nothing;
        QCOMPARE(
            valueOf(replayPrefetch(Walk(nothing), {}, valueOf(cacheMaker({"lru"}, {})), 1, nullptr, {})).total().issued,
            0u);
    }
};

EXPERTSCOPE_TEST(TestPrefetch)
#include "tst_prefetch.moc"
