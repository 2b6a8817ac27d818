// SPDX-License-Identifier: GPL-3.0-or-later
#include "naive_replay.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"
#include "workload.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

using namespace expertscope::testing;

namespace {

/// The fewest misses of any choice of residents at all: for each set that can be resident, the fewest misses so far.
std::uint64_t fewestMisses(const EventStream& stream, std::uint32_t capacity, bool forced)
{
    const std::uint32_t states = 1u << stream.numObjects();
    std::vector<std::uint64_t> best(states, UINT64_MAX);
    best[0] = 0;
    for (std::uint64_t i = 0; i < stream.numEvents; ++i) {
        std::uint32_t asked = 0;
        for (const std::uint32_t object : stream.event(i))
            asked |= 1u << object;
        const bool pinned = forced && std::uint32_t(std::popcount(asked)) <= capacity;
        std::vector<std::uint64_t> after(states, UINT64_MAX);
        for (std::uint32_t cache = 0; cache < states; ++cache) {
            if (best[cache] == UINT64_MAX)
                continue;
            const std::uint64_t misses = best[cache] + std::uint64_t(std::popcount(asked & ~cache));
            for (std::uint32_t next = 0; next < states; ++next) {
                const bool reachable = (next & ~(cache | asked)) == 0 && std::uint32_t(std::popcount(next)) <= capacity;
                if (reachable && (!pinned || (asked & ~next) == 0))
                    after[next] = std::min(after[next], misses);
            }
        }
        best = after;
    }
    return *std::ranges::min_element(best);
}

/// What is held never changes.
class NaiveList final : public NaiveContract
{
public:
    NaiveList(const EventStream& stream, const Contract& contract, std::uint32_t capacity, std::set<Object> list)
        : NaiveContract(stream, contract, capacity)
        , m_list(std::move(list))
    {
    }

private:
    void restart() override { }
    std::set<Object> held() const override { return m_list; }
    void use(const std::vector<Object>&, const std::set<Object>&) override { }
    void preload(Object, std::optional<Object>) override { }

    const std::set<Object> m_list;
};

Contract contractOf(Service service, Admission admission, Order order = Order::RouterRank)
{
    Contract contract;
    contract.service = service;
    contract.admission = admission;
    contract.order = order;
    return contract;
}

const Contract kForced = contractOf(Service::Atomic, Admission::Forced);
const Contract kBypass = contractOf(Service::Atomic, Admission::Bypass);
const Contract kSequential = contractOf(Service::Sequential, Admission::Forced);

}

class TestStackPolicies : public QObject
{
    Q_OBJECT

private slots:
    void conformance();
    void optIsOptimal();
    void likeNaive_data();
    void likeNaive();
    void longRuns();
    void largeUniverses();
    void residentFirst();
    void staticLists();
    void staticLikeNaive();
    void laws();
    void someCapacitiesAreLikeAll();
    void likeLibCacheSim();
    void contractsThatCannotBeServed();
};

/// The fixture of simulation.md 2.3 (moe-cache-eval's conformance trace).
void TestStackPolicies::conformance()
{
    const Counters total = conformanceTotal("lru");
    QCOMPARE(total.requests, 30u);
    QCOMPARE(total.hits, 12u);
    QCOMPARE(total.misses(), 18u);
    QCOMPARE(total.compulsory, 12u); // 3 sites x experts 0 to 3
    QCOMPARE(total.evictions, 12u);
    QCOMPARE(total.overflows, 0u);
    QCOMPARE(total.missesPerEvent, (std::vector<std::uint64_t>{0, 12, 3}));
}

/// No choice of residents does better, on 1500 small streams, events of equal and of mixed sizes.
void TestStackPolicies::optIsOptimal()
{
    for (std::uint64_t seed = 0; seed < 1500; ++seed) {
        const std::uint32_t experts = 3 + mix(seed) % 3, most = 1 + mix(seed + 1) % std::min(experts, 4u);
        const EventStream stream = randomStream(seed, 1, experts, 8, seed % 2 ? most : 0, most);
        std::vector<std::vector<std::uint32_t>> single;
        for (const std::uint32_t object : stream.objects)
            single.push_back({object});
        const EventStream requests = streamOf(1, experts, single);
        const PoolCurve forced = curveOf(stream, {"opt"}, kForced), bypass = curveOf(stream, {"opt"}, kBypass),
                        sequential = curveOf(stream, {"opt"}, kSequential);
        for (std::uint32_t c = 1; c <= experts; ++c) {
            QCOMPARE(forced.total(c - 1).misses(), fewestMisses(stream, c, true));
            QCOMPARE(bypass.total(c - 1).misses(), fewestMisses(stream, c, false));
            QCOMPARE(sequential.total(c - 1).misses(), fewestMisses(requests, c, true));
        }
    }
}

void TestStackPolicies::likeNaive_data()
{
    QTest::addColumn<QString>("policy");
    QTest::addColumn<double>("param");
    for (const auto& [policy, param] : std::vector<std::pair<const char*, double>>{
             {"lru", 0}, {"lfu", 0}, {"ema", 4}, {"ema", 1}, {"sch", 3}, {"sch", 0}, {"opt", 0}})
        QTest::addRow("%s %g", policy, param) << policy << param;
}

/// All counters of all capacities and sites, under all contracts, on streams of all kinds.
void TestStackPolicies::likeNaive()
{
    QFETCH(const QString, policy);
    QFETCH(const double, param);
    PolicyRequest request{policy.toStdString()};
    if (policy == "ema")
        request.params["halflife"] = std::to_string(param);
    if (policy == "sch")
        request.params["window"] = std::to_string(int(param));
    struct Kind
    {
        std::size_t sites;
        std::uint32_t experts, least, most;
    };
    for (const Kind& kind : {Kind{1, 8, 3, 3}, Kind{1, 7, 0, 5}, Kind{2, 6, 2, 2}, Kind{3, 20, 1, 4}, Kind{1, 12, 1, 12}}) {
        for (std::uint64_t variant = 0; variant < 20; ++variant) {
            EventStream stream = randomStream(variant * 7 + kind.experts, kind.sites, kind.experts, 30, kind.least, kind.most);
            if (variant >= 10)
                stream = withMultiplicities(stream, variant);
            Contract contract;
            contract.service = variant % 2 ? Service::Sequential : Service::Atomic;
            contract.order = std::vector{Order::RouterRank, Order::AscendingId, Order::SeededRandom}[variant / 2 % 3];
            contract.admission = variant % 4 / 2 && policy != "lru" ? Admission::Bypass : Admission::Forced;
            contract.coldStart = variant % 3 == 1 ? ColdStart::FirstFree : ColdStart::Empty;
            contract.flushBetweenSequences = variant % 5 >= 3;
            contract.warmUpSteps = variant % 3 == 2 ? 5 : 0;
            if (policy == "sch")
                contract.service = Service::Atomic;
            if (variant % 4 < 2 && !contract.flushBetweenSequences && stream.multiplicities.empty())
                stream = withPreload(stream, variant, contract);
            const PoolCurve curve = curveOf(stream, request, contract);
            const NaiveReplay naive(stream, contract, request.name, param);
            for (std::uint32_t c = 1; c <= stream.numObjects() + 3; ++c) {
                const auto expected = naive.counters(c);
                for (std::size_t site = 0; site < kind.sites; ++site) {
                    const Counters &a = curve.sites[c - 1][site], &e = expected[site];
                    if (!(a == e))
                        qDebug() << "variant" << variant << "experts" << kind.experts << "capacity" << c << "site" << site
                                 << "hits" << a.hits << e.hits << "compulsory" << a.compulsory << e.compulsory << "evictions"
                                 << a.evictions << e.evictions << describe(contract).c_str();
                    QCOMPARE(a, e);
                }
            }
        }
    }
}

/// What is served and counted many events at a time, by depth of the stack: more events than a byte counts.
void TestStackPolicies::longRuns()
{
    for (const auto& [experts, k] : {std::pair{64u, 6u}, {64u, 16u}, {20u, 4u}, {40u, 1u}, {150u, 8u}}) {
        EventSet set;
        set.pools.push_back(randomStream(experts + k, 1, experts, 450, k, k));
        for (const Contract& contract : {kForced, kBypass, kSequential}) {
            const NaiveReplay naive(set.pools[0], contract, "opt");
            for (const std::uint32_t c : {1u, 5u, k, k + 1, 16u, 40u}) {
                const std::vector<Counters> expected = naive.counters(c);
                for (const std::uint32_t depth : {experts, experts * 2 / 3, 16u, 7u}) {
                    if (c > depth)
                        continue;
                    const auto results = simulateCaches(set, contract, {{"opt"}}, upTo(depth), 1);
                    VERIFY_OK(results);
                    QCOMPARE(results->front().pools[0].sites[c - 1], expected);
                }
            }
        }
    }
}

/// Ranks of two and of four bytes; slots of last use in blocks.
void TestStackPolicies::largeUniverses()
{
    for (const std::uint32_t experts : {256u, 300u, 1500u, 70000u}) {
        const EventStream stream = randomStream(experts, 2, experts, experts < 1000 ? 60 : 30, 10, 10);
        for (const char* policy : {"lru", "lfu", "opt"}) {
            for (const Contract& contract : {kForced, kSequential}) {
                const std::vector<std::uint32_t> capacities{3, 10, 11, 64, 100, 299};
                EventSet set;
                set.pools.push_back(stream);
                const auto results = simulateCaches(set, contract, {{policy}}, capacities, 1);
                VERIFY_OK(results);
                const NaiveReplay naive(stream, contract, policy);
                for (const std::size_t c : {0u, 2u, 4u})
                    QCOMPARE(results->front().pools[0].sites[c], naive.counters(capacities[c]));
            }
        }
    }
}

/// Sequential LRU that serves residents first loads what atomic LRU loads: nobody of the event is pushed out.
void TestStackPolicies::residentFirst()
{
    const Contract contract = contractOf(Service::Sequential, Admission::Forced, Order::ResidentFirst);
    const EventStream stream = streamOf(1, 4, {{0, 1}, {2, 1}, {3, 2}, {1, 2}});
    const PoolCurve curve = curveOf(stream, {"lru"}, contract);
    // c = 2: 01 | 1 then 2 | 2 then 3 | 2 then 1
    QCOMPARE(curve.total(1).misses(), 2u + 1 + 1 + 1);
    QCOMPARE(curve.total(1).evictions, 3u);
    // by router rank 2 pushes out 0 and finds 1; 3 pushes out 2; 2 pushes out 1; 1 pushes out 3; 2 is there
    QCOMPARE(curveOf(stream, {"lru"}, kSequential).total(1).misses(), 2u + 1 + 2 + 1);
}

void TestStackPolicies::staticLists()
{
    // All: 0 (4 uses), 1 (3), 2 (2), 3 (1). Halves: 0, 1, 2 teach; 0, then 1 and 3, then 2, teach.
    EventStream stream = streamOf(1, 4, {{0, 1}, {1, 2}, {0, 1}, {0, 2}, {0, 3}});
    const PoolCurve all = curveOf(stream, {"static"});
    QCOMPARE(all.total(0).hits, 4u);
    QCOMPARE(all.total(1).hits, 7u);
    QCOMPARE(all.total(2).hits, 9u);
    QCOMPARE(all.total(3).hits, 10u);
    QCOMPARE(all.total(1).compulsory, 2u);
    QCOMPARE(all.total(1).evictions, 0u);
    stream.sequenceStarts = {0, 3};
    const PoolCurve half = curveOf(stream, {"static", {{"learn", "half"}}});
    // Events 0 to 2 by the list of 3 and 4: 0, 2, 3, 1; events 3 and 4 by that of 0 to 2: 1, 0, 2, 3.
    QCOMPARE(half.total(0).hits, 2u + 0);
    // With 0 asked for twice in event 2, and 1 three times in event 1.
    stream.multiplicities = {1, 1, 3, 1, 2, 1};
    stream.assignments = {2, 4, 3, 2, 2};
    const PoolCurve often = curveOf(stream, {"static"});
    QCOMPARE(often.total(0).hits, 4u);
    QCOMPARE(often.total(0).assignmentHits, 5u);
    QCOMPARE(often.total(1).assignmentHits, 10u);
    QCOMPARE(often.total(3).assignmentHits, 13u);
    QCOMPARE(often.total(3).assignments, 13u);
    QCOMPARE(half.total(1).hits, 3u + 2);
}

/// A fixed list is no less cold to a sequence that starts with nothing asked for: what misses for the first time in it is
/// compulsory. What is preloaded teaches it nothing.
void TestStackPolicies::staticLikeNaive()
{
    for (std::uint64_t variant = 0; variant < 24; ++variant) {
        EventStream stream = randomStream(variant, 1 + variant % 3, 7, 40, variant % 2, 3);
        Contract contract;
        contract.flushBetweenSequences = variant % 4 < 2;
        contract.warmUpSteps = variant % 5;
        std::vector<std::uint64_t> uses(stream.numObjects());
        for (const std::uint32_t object : stream.objects)
            ++uses[object];
        std::vector<std::uint32_t> order = upTo(stream.numObjects());
        std::ranges::stable_sort(order, [&](auto a, auto b) { return uses[a - 1] > uses[b - 1]; });
        if (!contract.flushBetweenSequences)
            stream = withPreload(stream, variant, contract);
        const PoolCurve curve = curveOf(stream, {"static"}, contract);
        for (std::uint32_t c = 1; c <= stream.numObjects(); ++c) {
            std::set<Object> list;
            for (std::uint32_t i = 0; i < c; ++i)
                list.insert(order[i] - 1);
            QCOMPARE(curve.sites[c - 1], NaiveList(stream, contract, c, list).counters());
        }
    }
}

void TestStackPolicies::laws()
{
    const std::vector<PolicyRequest> policies{{"lru"}, {"lfu"}, {"ema"}, {"sch"}, {"opt"}, {"static"}};
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        const std::uint32_t experts = 6 + mix(seed) % 60, k = 1 + mix(seed + 1000) % 6;
        EventSet set;
        for (std::uint64_t site = 0; site < 3; ++site)
            set.pools.push_back(randomStream(seed * 3 + site, 1, experts, 200, k, k));
        const auto forced = simulateCaches(set, kForced, policies, upTo(experts), 2);
        const auto bypass = simulateCaches(set, kBypass, {{"opt"}}, upTo(experts), 2);
        const auto sequential = simulateCaches(set, kSequential, {{"opt"}}, upTo(experts), 2);
        QVERIFY(forced && bypass && sequential);
        for (std::size_t site = 0; site < 3; ++site) {
            for (std::uint32_t c = k; c <= experts; ++c) {
                const auto misses = [&](const auto& results, std::size_t p) {
                    return results[p].pools[site].total(c - 1).misses();
                };
                QVERIFY(misses(*bypass, 0) <= misses(*sequential, 0));
                QVERIFY(misses(*sequential, 0) <= misses(*forced, 4));
                for (std::size_t p = 0; p < policies.size(); ++p) {
                    const PoolCurve& curve = (*forced)[p].pools[site];
                    const Counters now = curve.total(c - 1);
                    if (policies[p].name != "static") { // which needs not load what it uses
                        QVERIFY(misses(*forced, 4) <= now.misses());
                        QCOMPARE(now.evictions, now.misses() - std::min<std::uint64_t>(c, now.compulsory));
                    }
                    if (c > k) // a smaller cache may do better where the event does not fit: it need not keep all of it
                        QVERIFY(now.misses() <= curve.total(c - 2).misses());
                    std::uint64_t events = 0, all = 0;
                    for (std::size_t j = 0; j < now.missesPerEvent.size(); ++j) {
                        events += now.missesPerEvent[j];
                        all += now.missesPerEvent[j] * j;
                    }
                    QCOMPARE(events, now.events);
                    QCOMPARE(all, now.misses());
                    if (c == experts && policies[p].name != "static")
                        QCOMPARE(now.misses(), now.compulsory);
                }
            }
        }
    }
}

/// Which capacities are asked for beside one, and how many threads work, does not show.
void TestStackPolicies::someCapacitiesAreLikeAll()
{
    EventSet set;
    set.pools.push_back(randomStream(5, 2, 40, 300, 1, 6));
    set.pools.push_back(randomStream(6, 1, 80, 300, 4, 4));
    const std::vector<std::uint32_t> some{2, 5, 6, 17, 40, 200};
    for (const PolicySpec& spec : policyRegistry()) {
        const auto all = simulateCaches(set, {}, {{spec.name}}, upTo(200), 1);
        const auto few = simulateCaches(set, {}, {{spec.name}}, some, 3);
        QVERIFY(all && few);
        for (std::size_t pool = 0; pool < 2; ++pool) {
            QCOMPARE(few->front().pools[pool].capacities, some);
            for (std::size_t c = 0; c < some.size(); ++c)
                QCOMPARE(few->front().pools[pool].sites[c], all->front().pools[pool].sites[some[c] - 1]);
        }
    }
}

/// The same requests one by one: LRU and Belady of libCacheSim at all sizes of W1, to the digits it prints.
/// simulation/oracle/generate_libcachesim.py
void TestStackPolicies::likeLibCacheSim()
{
    QFile file(EXPERTSCOPE_TEST_DATA "/analysis/simulation/libcachesim_w1.json");
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QJsonObject rival = QJsonDocument::fromJson(file.readAll()).object();
    const EventSet events = workloadEvents({333334, 1, 64, 6});
    const auto results = simulateCaches(events, kSequential, {{"lru"}, {"opt"}}, upTo(64), 2);
    VERIFY_OK(results);
    for (std::size_t p = 0; p < 2; ++p) {
        const QJsonArray ratios = rival[p ? "belady" : "lru"].toArray();
        QCOMPARE(ratios.size(), 64);
        for (std::size_t c = 0; c < 64; ++c) {
            const Counters counters = (*results)[p].pools[0].total(c);
            QCOMPARE(counters.requests, 2000004u);
            QCOMPARE(QString::number(double(counters.misses()) / double(counters.requests), 'f', 4),
                ratios[qsizetype(c)].toString());
        }
    }
}

void TestStackPolicies::contractsThatCannotBeServed()
{
    EventSet set;
    set.pools.push_back(randomStream(5, 1, 8, 10, 2, 2));
    const auto error = [&](const Contract& contract, const PolicyRequest& policy, std::vector<std::uint32_t> capacities = {1}) {
        const auto results = simulateCaches(set, contract, {policy}, capacities, 1);
        return QString::fromStdString(results ? "" : results.error().message());
    };
    QVERIFY(error(kBypass, {"lru"}).contains("always admits"));
    QVERIFY(error(kSequential, {"sch"}).contains("atomically only"));
    QVERIFY(error(contractOf(Service::Sequential, Admission::Forced, Order::ResidentFirst), {"opt"}).contains("residents first"));
    QVERIFY(error({}, {"lrv"}).contains("known: lru"));
    QVERIFY(error({}, {"ema", {{"halflife", "0"}}}).contains("halflife"));
    QVERIFY(error({}, {"lru"}, {}).contains("ascending"));
    QVERIFY(error({}, {"lru"}, {0}).contains("ascending"));
    QVERIFY(error({}, {"lru"}, {2, 2}).contains("ascending"));
    const auto cancelled = simulateCaches(set, {}, {{"lru"}}, {1}, 1, [](double) { return false; });
    QCOMPARE(cancelled.error().what, std::string(expertscope::kCancelled));
}

EXPERTSCOPE_TEST(TestStackPolicies)
#include "tst_stack_policies.moc"
