// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a cache does with each object: the worked example, all policies against what their counters say, and LRU and FIFO once
// more as lists of who is resident.
#include "../simulation/streams.h"
#include "analysis/prefetch/caches.h"
#include "analysis/what_if/caches.h"
#include "tests/support/rows.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <algorithm>
#include <random>

using namespace expertscope;
using namespace expertscope::simulation;
using namespace expertscope::testing;

namespace {

std::vector<std::vector<std::uint32_t>> randomEvents(unsigned seed, std::uint32_t objects, std::uint32_t size, int count)
{
    std::mt19937 draw(seed);
    std::vector<std::vector<std::uint32_t>> events;
    for (int i = 0; i < count; ++i) {
        std::vector<std::uint32_t> event;
        while (event.size() < size) {
            const auto object = std::uint32_t(std::min(draw() % objects, draw() % objects)); // some more often
            if (std::ranges::find(event, object) == event.end())
                event.push_back(object);
        }
        events.push_back(std::move(event));
    }
    return events;
}

PoolResidency replayed(const EventStream& stream, const char* policy, std::uint32_t capacity, const Contract& contract = {},
    FateWindow* window = nullptr)
{
    const auto cache = prefetch::cacheMaker({policy}, contract).value()(stream, capacity);
    return replayResidency(stream, contract, *cache, stream.numEvents, window, {});
}

/// Oldest first; who was used (LRU) or loaded (FIFO) last stands last.
std::vector<Fate> naiveFates(const std::vector<std::vector<std::uint32_t>>& events, std::uint32_t objects,
    std::size_t capacity, bool recency)
{
    std::vector<std::uint32_t> queue;
    std::vector<Fate> fates;
    const auto has = [&](std::uint32_t object) { return std::ranges::find(queue, object) != queue.end(); };
    for (const auto& event : events) {
        std::vector<Fate> now(objects, Fate::Absent);
        for (const std::uint32_t object : queue)
            now[object] = Fate::Held;
        for (auto object = event.rbegin(); object != event.rend(); ++object) // the strongest choice is the newest
            now[*object] = has(*object) ? Fate::Hit : Fate::Loaded;
        std::vector<std::uint32_t> before = queue;
        for (auto object = event.rbegin(); object != event.rend(); ++object) {
            const bool resident = has(*object);
            if (resident && recency)
                std::erase(queue, *object);
            if (!resident && queue.size() == capacity) {
                const auto victim = std::ranges::find_if(
                    queue, [&](std::uint32_t held) { return std::ranges::find(event, held) == event.end(); });
                now[*victim] = Fate::Evicted;
                queue.erase(victim);
            }
            if (!resident || recency)
                queue.push_back(*object);
        }
        fates.insert(fates.end(), now.begin(), now.end());
    }
    return fates;
}

/// 2 sites of 8 experts, two a token; 3 sequences of 20 tokens.
Study skewed()
{
    auto trace = std::make_shared<MemoryTrace>(2, 8, 2);
    for (int s = 0; s < 3; ++s)
        trace->addSequence(20);
    for (std::size_t site = 0; site < 2; ++site) {
        for (const auto& event : randomEvents(unsigned(site) + 3, 8, 2, 60))
            trace->ids[site].insert(trace->ids[site].end(), event.begin(), event.end());
    }
    NamedTrace named;
    named.path = named.name = "memory";
    named.source = trace;
    return Study({named});
}

bool says(const std::string& message, const char* word)
{
    return message.find(word) != std::string::npos;
}

CacheQuestion asking(const char* policy, const char* capacity)
{
    CacheOptions options;
    options.policies = policy;
    options.capacities = capacity;
    options.byExpert = true;
    return checkCaches(options).value();
}

}

class TestCacheResidency : public QObject
{
    Q_OBJECT

private slots:
    void workedExample()
    {
        const EventStream stream = streamOf(1, 3, {{0}, {1}, {2}, {0}});
        FateWindow window{0, 4};
        const PoolResidency result = replayed(stream, "lru", 2, {}, &window);
        using enum Fate;
        QVERIFY((window.fates
            == std::vector{Loaded, Absent, Absent, Held, Loaded, Absent, Evicted, Held, Loaded, Loaded, Evicted, Held}));
        QCOMPARE(result.events, 4u);
        const auto is = [&](std::size_t object, std::uint64_t requests, std::uint64_t hits, std::uint64_t evictions,
                            std::uint64_t held) {
            const ObjectResidency& of = result.objects[object];
            return of.requests == requests && of.hits == hits && of.evictions == evictions && of.held == held;
        };
        QVERIFY(is(0, 2, 0, 1, 3) && is(1, 1, 0, 1, 2) && is(2, 1, 0, 0, 2));
    }

    void asListsOfResidents()
    {
        for (unsigned seed = 1; seed <= 30; ++seed) {
            const std::uint32_t objects = 5 + seed % 9, size = 1 + seed % 3;
            const auto events = randomEvents(seed, objects, size, 120);
            const EventStream stream = streamOf(1, objects, events);
            for (std::uint32_t capacity = size; capacity <= objects; ++capacity) {
                for (const char* policy : {"lru", "fifo"}) {
                    FateWindow all{0, events.size()}, part{40, 25};
                    const PoolResidency result = replayed(stream, policy, capacity, {}, &all);
                    const auto fates = naiveFates(events, objects, capacity, policy == std::string("lru"));
                    QVERIFY2(all.fates == fates, policy);
                    replayed(stream, policy, capacity, {}, &part);
                    QVERIFY(std::ranges::equal(part.fates, std::span(fates).subspan(40 * objects, 25 * objects)));
                    for (std::uint32_t object = 0; object < objects; ++object) {
                        ObjectResidency counted;
                        for (std::size_t i = 0; i < events.size(); ++i) {
                            const Fate fate = fates[i * objects + object];
                            counted.requests += fate == Fate::Hit || fate == Fate::Loaded;
                            counted.hits += fate == Fate::Hit;
                            counted.evictions += fate == Fate::Evicted;
                            counted.held += fate != Fate::Absent && fate != Fate::Evicted;
                        }
                        const ObjectResidency& of = result.objects[object];
                        QVERIFY(of.requests == counted.requests && of.hits == counted.hits
                            && of.evictions == counted.evictions && of.held == counted.held);
                    }
                }
            }
        }
    }

    /// Sums over objects are what the policy's own replay counts; slots are never more than there are.
    void sumsAreTheCounters()
    {
        for (const std::string& policy : prefetch::steppedPolicies()) {
            for (const bool flush : {false, true}) {
                EventSet set;
                set.pools = {streamOf(1, 12, randomEvents(7, 12, 3, 400))};
                set.steps = set.tokens = 400;
                EventStream& stream = set.pools.front();
                stream.sequenceStarts = {0, 90, 91, 300};
                Contract contract;
                contract.flushBetweenSequences = flush;
                contract.warmUpSteps = 37;
                const std::vector<std::uint32_t> capacities{2, 3, 5, 8, 12};
                const auto curves = simulateCaches(set, contract, {{policy}}, capacities, 1);
                VERIFY_OK(curves);
                for (std::size_t c = 0; c < capacities.size(); ++c) {
                    const PoolResidency result = replayed(stream, policy.c_str(), capacities[c], contract);
                    const Counters counters = curves->front().pools.front().total(c);
                    std::uint64_t requests = 0, hits = 0, evictions = 0, held = 0;
                    for (const ObjectResidency& of : result.objects) {
                        requests += of.requests;
                        hits += of.hits;
                        evictions += of.evictions;
                        held += of.held;
                    }
                    QCOMPARE(result.events, 363u);
                    QCOMPARE(requests, counters.requests);
                    QVERIFY2(hits == counters.hits, policy.c_str());
                    if (capacities[c] >= stream.largestEvent && !flush)
                        QVERIFY2(evictions == counters.evictions, policy.c_str());
                    QVERIFY(held <= result.events * capacities[c]);
                    if (capacities[c] == 12 && !flush)
                        QVERIFY(held > result.events * 11); // all are soon resident
                }
            }
        }
    }

    /// Rows of a trace: sums are the layer's rows, by phase and from any front end.
    void rowsAddUp()
    {
        const Study study = skewed();
        const CacheQuestion question = asking("lru", "3");
        const CacheAnswer answer = simulateCaches(study, 0, question).value();
        const Results results = resultsOf(question, answer);
        for (std::uint16_t site = 0; site < 2; ++site) {
            double misses = 0, loads = 0, held = 0, stays = 0;
            std::uint64_t requests = 0;
            std::map<std::uint16_t, double> loadsOf;
            for (const ResultRow& row : results.rows) {
                if (!row.site || row.site->value != site)
                    continue;
                if (row.metric == "cache.misses")
                    misses = *row.value;
                if (row.metric == "cache.loads") {
                    loads += *row.value;
                    loadsOf[row.expert->value] = *row.value;
                    requests += row.n;
                }
                if (row.metric == "cache.residency") {
                    QCOMPARE(row.uniform.value(), 3 / 8.0);
                    held += *row.value * double(row.n);
                }
                if (row.metric == "cache.stay" && row.value)
                    stays += *row.value * loadsOf.at(row.expert->value);
            }
            QVERIFY(misses > 0 && loads == misses);
            QCOMPARE(requests, 120u);
            QVERIFY(std::abs(held - stays) < 1e-9 && held > 0 && held <= 3 * 60);
        }
    }

    void asTokensAreShown()
    {
        const Study study = skewed();
        const CacheQuestion question = asking("lru", "3");
        const CacheAnswer answer = simulateCaches(study, 0, question).value();
        const EventStream& pool = answer.events.pools[1];
        FateWindow all{0, 60};
        replayed(pool, "lru", 3, {}, &all);
        StoryQuestion asked{question.asked, {}, SiteIndex(1), SequenceIndex(2), 4, 10};
        const auto story = cacheStory(study, 0, asked, {});
        VERIFY_OK(story);
        QVERIFY(story->first == 0 && story->experts == 8 && story->capacity == 3);
        // Sequence 2 begins with token 40.
        QVERIFY(std::ranges::equal(story->fates, std::span(all.fates).subspan(44 * 8, 10 * 8)));
        // Of a scope that begins later, the cache has seen less.
        asked.scope.skipFirst = 6;
        const auto later = cacheStory(study, 0, asked, {});
        VERIFY_OK(later);
        QVERIFY(later->first == 2 && later->fates.size() == 8 * 8);
        asked.scope.skipFirst = 15;
        QVERIFY(!cacheStory(study, 0, asked, {}));
    }

    void whatIsNotToldIsRefused()
    {
        const auto refused = [](const char* policy, void (*change)(CacheOptions&)) {
            CacheOptions options;
            options.policies = policy;
            options.byExpert = true;
            change(options);
            const auto question = checkCaches(options);
            return question ? std::string() : question.error().message();
        };
        const auto same = [](CacheOptions&) { };
        QVERIFY(refused("lru", same).empty());
        QVERIFY(says(refused("lru,opt", same), "--policy"));
        QVERIFY(says(refused("static", same), "static"));
        QVERIFY(says(refused("lru", [](CacheOptions& o) { o.service = "sequential"; }), "--by-expert"));
        QVERIFY(says(refused("lru", [](CacheOptions& o) { o.cold = "first-free"; }), "--by-expert"));
        const auto sizes = simulateCaches(skewed(), 0, asking("lru", "2,3"));
        QVERIFY(!sizes && says(sizes.error().message(), "--capacity"));
    }
};

EXPERTSCOPE_TEST(TestCacheResidency)
#include "tst_cache_residency.moc"
