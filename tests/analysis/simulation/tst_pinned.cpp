// SPDX-License-Identifier: GPL-3.0-or-later
//
// Pinned experts and slots of single sites against a restatement that keeps sets, and the bounds that hold for them.
#include "streams.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTest>

#include <bit>
#include <map>
#include <set>

using namespace expertscope::testing;

namespace {

using Objects = std::set<std::uint32_t>;

/// `pinned`: objects of the pool. Of whoever may leave the worst one goes, by the policy's own key.
std::vector<Counters> naivePinned(const EventStream& stream, const Contract& contract, const Objects& pinned,
    std::size_t capacity, const std::string& policy)
{
    std::vector<Counters> sites(stream.sites.size());
    for (Counters& site : sites)
        site.missesPerEvent.resize(stream.largestEvent + 1);
    Objects held = pinned, seen;
    std::map<std::uint32_t, std::uint64_t> uses, lastUse;
    for (std::uint64_t i = 0; i < stream.numEvents; ++i) {
        if (contract.flushBetweenSequences && std::ranges::find(stream.sequenceStarts, i) != stream.sequenceStarts.end()) {
            held = pinned;
            seen.clear();
        }
        const auto asked = stream.event(i);
        Counters event;
        event.events = 1;
        event.missesPerEvent.resize(stream.largestEvent + 1);
        Objects wanted = pinned; // what would have to be resident all at once
        std::uint64_t misses = 0;
        for (const std::uint32_t object : asked) {
            const std::uint64_t times = timesAsked(stream, i, object);
            wanted.insert(object);
            ++event.requests;
            event.assignments += times;
            if (held.contains(object)) {
                ++event.hits;
                event.assignmentHits += times;
            } else {
                ++misses;
                event.compulsory += !seen.contains(object);
            }
            seen.insert(object);
        }
        ++event.missesPerEvent[misses];
        event.overflows = wanted.size() > capacity;
        // The first is the most recent. What is pinned is not the policy's.
        for (std::size_t r = asked.size(); r-- > 0;) {
            ++uses[asked[r]];
            lastUse[asked[r]] = (i + 1) * 1000 - r;
        }
        const Objects before = held;
        held.insert(asked.begin(), asked.end());
        const bool fits = wanted.size() <= capacity;
        while (held.size() > std::max(capacity, pinned.size())) {
            std::optional<std::uint32_t> worst;
            const auto key = [&](std::uint32_t object) {
                return std::pair(policy == "lfu" ? uses[object] : 0, lastUse[object]);
            };
            for (const std::uint32_t object : held) {
                const bool stays = pinned.contains(object) || (fits && std::ranges::find(asked, object) != asked.end());
                if (!stays && (!worst || key(object) < key(*worst)))
                    worst = object;
            }
            held.erase(*worst);
        }
        for (const std::uint32_t object : before)
            event.evictions += !held.contains(object);
        if (i >= std::uint64_t(contract.warmUpSteps) * stream.sites.size())
            sites[stream.siteOfEvent(i)] += event;
    }
    return sites;
}

/// The fewest misses of any choice of residents that keeps the pinned ones.
std::uint64_t fewestMisses(const EventStream& stream, std::uint32_t capacity, std::uint32_t pinned)
{
    const std::uint32_t states = 1u << stream.numObjects();
    std::vector<std::uint64_t> best(states, UINT64_MAX);
    best[pinned] = 0;
    for (std::uint64_t i = 0; i < stream.numEvents; ++i) {
        std::uint32_t asked = 0;
        for (const std::uint32_t object : stream.event(i))
            asked |= 1u << object;
        const bool forced = std::uint32_t(std::popcount(asked | pinned)) <= capacity;
        std::vector<std::uint64_t> after(states, UINT64_MAX);
        for (std::uint32_t cache = 0; cache < states; ++cache) {
            if (best[cache] == UINT64_MAX)
                continue;
            const std::uint64_t misses = best[cache] + std::uint64_t(std::popcount(asked & ~cache));
            for (std::uint32_t next = 0; next < states; ++next) {
                if ((next & ~(cache | asked)) == 0 && (pinned & ~next) == 0
                    && std::uint32_t(std::popcount(next)) <= capacity && (!forced || (asked & ~next) == 0))
                    after[next] = std::min(after[next], misses);
            }
        }
        best = after;
    }
    return *std::ranges::min_element(best);
}

/// Some experts of each site: at most `most`.
std::vector<std::vector<std::uint16_t>> randomPins(std::uint64_t seed, std::size_t sites, std::uint32_t experts, std::uint32_t most)
{
    std::vector<std::vector<std::uint16_t>> pins(sites);
    for (std::size_t site = 0; site < sites; ++site) {
        std::set<std::uint16_t> some;
        for (std::uint32_t n = mix(seed * 31 + site) % (most + 1); some.size() < n;)
            some.insert(std::uint16_t(mix(seed = mix(seed)) % experts));
        pins[site].assign(some.begin(), some.end());
    }
    return pins;
}
Objects objectsOf(const EventStream& stream, const std::vector<std::vector<std::uint16_t>>& pins)
{
    Objects objects;
    for (std::size_t site = 0; site < pins.size(); ++site) {
        for (const std::uint16_t expert : pins[site])
            objects.insert(stream.firstObject[site] + expert);
    }
    return objects;
}

std::vector<std::vector<Counters>> replayed(const EventStream& stream, const Contract& contract, const char* policy,
    const std::vector<std::uint32_t>& capacities)
{
    EventSet set;
    set.pools.push_back(stream);
    auto results = simulateCaches(set, contract, {{policy}}, capacities, 1);
    if (!results)
        throw std::runtime_error(results.error().message());
    if (results->front().pools.front().capacities != capacities)
        throw std::runtime_error("other capacities");
    return std::move(results->front().pools.front().sites);
}

}

class TestPinned : public QObject
{
    Q_OBJECT

private slots:
    void byHand();
    void likeNaive();
    void optIsOptimal();
    void bounds();
    void allPinnedIsStatic();
    void quotas();
    void watched();
    void tooManyPins();
};

/// The fixture of simulation.md: {0,1}, {0,2}, {0,1}, {0,3}, {0,1}; 2 slots, 0 pinned. It always hits; of the other slot's
/// 1, 2, 1, 3, 1 none does.
void TestPinned::byHand()
{
    const EventStream stream = streamOf(1, 4, {{0, 1}, {0, 2}, {0, 1}, {0, 3}, {0, 1}});
    Contract contract;
    contract.pinned = {{0}};
    const auto curve = replayed(stream, contract, "lru", {1, 2, 3, 4});
    QCOMPARE(curve[0][0].hits, 5u); // no slot is left
    QCOMPARE(curve[0][0].overflows, 5u);
    QCOMPARE(curve[0][0].evictions, 0u);
    QCOMPARE(curve[1][0].hits, 5u);
    QCOMPARE(curve[1][0].requests, 10u);
    QCOMPARE(curve[1][0].compulsory, 3u);
    QCOMPARE(curve[1][0].evictions, 4u);
    QCOMPARE(curve[1][0].overflows, 0u);
    QCOMPARE(curve[1][0].missesPerEvent, (std::vector<std::uint64_t>{0, 5, 0}));
    QCOMPARE(curve[2][0].hits, 7u); // 1 stays, and hits twice
    QCOMPARE(curve[3][0].hits, 7u);
}

/// All counters at all capacities on 60 streams of several kinds: one site and several, events of one size and of many,
/// tokens that ask for the same.
void TestPinned::likeNaive()
{
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        const std::size_t sites = 1 + seed % 3;
        const std::uint32_t experts = 6 + seed % 5, least = seed % 2 ? 0 : 3, most = 3 + seed % 2;
        EventStream stream = randomStream(seed, sites, experts, 60, least, most);
        if (seed % 4 == 3)
            stream = withMultiplicities(stream, seed);
        Contract contract;
        contract.pinned = randomPins(seed, sites, experts, seed % 5 == 4 ? experts : 3);
        contract.flushBetweenSequences = seed % 6 == 5;
        contract.warmUpSteps = seed % 7 == 6 ? 8 : 0;
        const Objects pinned = objectsOf(stream, contract.pinned);
        std::vector<std::uint32_t> capacities;
        for (std::uint32_t c = std::max<std::uint32_t>(std::uint32_t(pinned.size()), 1); c <= stream.numObjects() + 2; ++c)
            capacities.push_back(c);
        for (const char* policy : {"lru", "lfu"}) {
            if (contract.flushBetweenSequences && policy == std::string("lfu"))
                continue; // counts there are those of the whole run
            const auto curve = replayed(stream, contract, policy, capacities);
            for (std::size_t c = 0; c < capacities.size(); ++c)
                QCOMPARE(curve[c], naivePinned(stream, contract, pinned, capacities[c], policy));
        }
    }
}

void TestPinned::optIsOptimal()
{
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        const std::uint32_t experts = 3 + seed % 3;
        const EventStream stream = randomStream(seed, 1, experts, 8, seed % 2, 2);
        Contract contract;
        contract.pinned = randomPins(seed, 1, experts, 2);
        std::uint32_t pinned = 0;
        for (const std::uint32_t object : objectsOf(stream, contract.pinned))
            pinned |= 1u << object;
        // An event that fits is kept; of one that does not, and that all of what was asked for is, any part may be.
        for (std::uint32_t c = std::max(2u, std::uint32_t(std::popcount(pinned)) + 2); c <= experts; ++c)
            QCOMPARE(replayed(stream, contract, "opt", {c})[0][0].misses(), fewestMisses(stream, c, pinned));
    }
}

/// Nothing beats OPT of the same kind; what is pinned is never evicted and never missed; no pins change nothing.
void TestPinned::bounds()
{
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        const std::uint32_t experts = 70 + std::uint32_t(seed);
        const EventStream stream = randomStream(seed, 1, experts, 200, 6, 6);
        Contract contract;
        contract.pinned = randomPins(seed, 1, experts, 20);
        const auto pins = std::uint32_t(contract.pinned[0].size());
        const std::vector<std::uint32_t> capacities{pins + 6, pins + 20, experts - 1, experts};
        EventSet set;
        set.pools.push_back(stream);
        std::vector<PolicyRequest> policies{{"opt"}};
        for (const PolicySpec& spec : policyRegistry())
            policies.push_back({spec.name});
        const auto results = simulateCaches(set, contract, policies, capacities, 2);
        VERIFY_OK(results);
        const auto none = simulateCaches(set, {}, {{"lru"}}, capacities, 1);
        Contract empty;
        empty.pinned = {{}};
        const auto noPins = simulateCaches(set, empty, {{"lru"}}, capacities, 1);
        VERIFY_OK(none);
        VERIFY_OK(noPins);
        std::uint64_t ofPinned = 0;
        for (const std::uint32_t object : stream.objects)
            ofPinned += std::ranges::find(contract.pinned[0], std::uint16_t(object)) != contract.pinned[0].end();
        for (std::size_t c = 0; c < capacities.size(); ++c) {
            QCOMPARE(noPins->front().pools[0].sites[c], none->front().pools[0].sites[c]);
            const std::uint64_t best = results->front().pools[0].total(c).misses();
            for (const PolicyResult& result : *results) {
                const Counters all = result.pools[0].total(c);
                QVERIFY(all.hits >= ofPinned);
                QCOMPARE(all.requests, stream.objects.size());
                if (result.request.name != "static") // which is there from the start
                    QVERIFY2(all.misses() >= best, result.request.name.c_str());
            }
        }
    }
}

/// What `static` would hold, pinned: every policy does what it does.
void TestPinned::allPinnedIsStatic()
{
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        const std::uint32_t experts = 8 + seed % 9, capacity = 1 + seed % 7;
        const EventStream stream = randomStream(seed, 1, experts, 80, 0, 4);
        std::vector<std::uint64_t> uses(experts);
        for (const std::uint32_t object : stream.objects)
            ++uses[object];
        std::vector<std::uint16_t> list(experts);
        std::iota(list.begin(), list.end(), std::uint16_t(0));
        std::ranges::stable_sort(list, [&](auto a, auto b) { return uses[a] > uses[b]; });
        list.resize(capacity);
        Contract contract;
        contract.warmUpSteps = seed % 2 ? 5 : 0;
        const Counters fixed = replayed(stream, contract, "static", {capacity})[0][0];
        contract.pinned = {list};
        for (const PolicySpec& spec : policyRegistry()) {
            const Counters all = replayed(stream, contract, spec.name.c_str(), {capacity})[0][0];
            QCOMPARE(all.hits, fixed.hits);
            QCOMPARE(all.requests, fixed.requests);
            QCOMPARE(all.compulsory, fixed.compulsory);
            QCOMPARE(all.evictions, 0u);
            QCOMPARE(all.missesPerEvent, fixed.missesPerEvent);
        }
    }
}

/// Each pool with its own slots is each pool by itself; none, with pins, hits what is pinned.
void TestPinned::quotas()
{
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        EventSet set;
        Contract contract;
        for (std::uint16_t site = 0; site < 4; ++site) {
            set.pools.push_back(randomStream(seed * 4 + site, 1, 12, 80, 3, 3));
            set.pools.back().sites = {SiteIndex(site)};
            contract.quotas.push_back(std::uint32_t(mix(seed * 7 + site) % 13));
        }
        if (seed % 3 == 2)
            contract.pinned = {{1}, {}, {0, 3}, {}};
        for (std::uint16_t site = 0; site < 4 && !contract.pinned.empty(); ++site)
            contract.quotas[site] = std::max(contract.quotas[site], std::uint32_t(contract.pinned[site].size()));
        const auto together = simulateCaches(set, contract, {{"lru"}, {"arc"}, {"opt"}}, {6}, 2);
        VERIFY_OK(together);
        for (std::uint16_t site = 0; site < 4; ++site) {
            EventSet alone;
            alone.pools.push_back(set.pools[site]);
            const std::uint32_t quota = contract.quotas[site];
            for (std::size_t p = 0; p < 3; ++p) {
                const PoolCurve& curve = (*together)[p].pools[site];
                QCOMPARE(curve.capacities, std::vector{quota});
                if (quota == 0) {
                    QCOMPARE(curve.total(0).hits, 0u);
                    QCOMPARE(curve.total(0).evictions, 0u);
                    QCOMPARE(curve.total(0).overflows, curve.total(0).events);
                    continue;
                }
                Contract own = contract;
                own.quotas = {};
                const auto single = simulateCaches(alone, own, {(*together)[p].request}, {quota}, 1);
                VERIFY_OK(single);
                QCOMPARE(curve.sites, single->front().pools[0].sites);
            }
        }
    }
}

/// Misses of single steps, also where no slot is left.
void TestPinned::watched()
{
    EventStream stream = streamOf(1, 4, {{0, 1}, {0, 2}, {0, 1}, {0, 3}, {0, 1}});
    stream.watchedSteps = {0, 2, 4};
    Contract contract;
    contract.pinned = {{0, 1}};
    EventSet set;
    set.pools.push_back(stream);
    const auto results = simulateCaches(set, contract, {{"lru"}, {"fifo"}}, {2, 3, 4}, 1);
    VERIFY_OK(results);
    for (const PolicyResult& result : *results) {
        for (const auto& watched : result.pools[0].watched)
            QCOMPARE(watched, (std::vector<std::uint16_t>{0, 0, 0}));
        QCOMPARE(result.pools[0].watched.size(), std::size_t(3));
    }
    set.pools[0].watchedSteps = {1, 3};
    const auto others = simulateCaches(set, contract, {{"lru"}}, {2, 3}, 1);
    VERIFY_OK(others);
    for (const auto& watched : others->front().pools[0].watched)
        QCOMPARE(watched, (std::vector<std::uint16_t>{1, 1}));
}

void TestPinned::tooManyPins()
{
    EventSet set;
    set.pools.push_back(randomStream(5, 1, 8, 10, 2, 2));
    Contract contract;
    contract.pinned = {{0, 1, 2}};
    const auto results = simulateCaches(set, contract, {{"lru"}}, {2, 4}, 1);
    QVERIFY(!results);
    QCOMPARE(results.error().message(), std::string("3 experts are pinned in a pool of 2 slots"));
    contract.quotas = {4};
    QVERIFY(!simulateCaches(set, contract, {{"lru"}}, {2, 4}, 1));
}

EXPERTSCOPE_TEST(TestPinned)
#include "tst_pinned.moc"
