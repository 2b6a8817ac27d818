// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/schedule.h"
#include "streams.h"
#include "tests/support/test_main.h"

#include <QTest>

#include <map>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

/// 12 sequences of 0 to 40 tokens and one of 5000 (several blocks), half of each prompt; 3 sites, one with fewer experts
/// and slots; some slots empty, some tokens without any.
MemoryTrace raggedTrace()
{
    MemoryTrace trace(3, 16, 4);
    trace.editShape().sites[1].numExperts = 5;
    trace.editShape().sites[1].topK = 2;
    std::vector<std::string> language;
    for (unsigned s = 0; s < 12; ++s) {
        trace.addSequence(s == 4 ? 0 : s == 6 ? 5000 : unsigned(mix(s) % 40));
        trace.editShape().sequences.back().promptLength = trace.shape().sequences.back().length / 2;
        language.push_back(s % 3 ? "en" : "de");
    }
    trace.addLabel("language", language);
    fillUniform(trace, 3);
    for (std::size_t i = 0; i < trace.ids[2].size(); ++i) {
        if (mix(i) % 5 == 0 || mix(i / 4) % 50 == 0)
            trace.ids[2][i] = kNoExpert;
    }
    return trace;
}

struct Event
{
    std::vector<std::uint32_t> objects;
    std::uint32_t assignments = 0;
    std::map<std::uint32_t, std::uint32_t> times = {}; ///< that an object is asked for
    bool operator==(const Event&) const = default;
};

std::vector<Event> eventsOf(const EventStream& stream)
{
    std::vector<Event> events;
    for (std::uint64_t i = 0; i < stream.numEvents; ++i) {
        const auto objects = stream.event(i);
        events.push_back({{objects.begin(), objects.end()},
            stream.assignments.empty() ? std::uint32_t(objects.size()) : stream.assignments[i]});
        for (std::size_t r = 0; r < objects.size(); ++r)
            events.back().times[objects[r]] = stream.multiplicity(stream.firstRequest(i) + r);
    }
    return events;
}

/// The union over tokens (numbers in the trace) at each of the sites of a pool.
std::vector<Event> unionsOf(const MemoryTrace& trace, const std::vector<std::size_t>& sites,
    const std::vector<std::vector<std::uint64_t>>& steps)
{
    std::vector<Event> events;
    for (const auto& step : steps) {
        std::uint32_t first = 0;
        for (const std::size_t site : sites) {
            Event event;
            for (const std::uint64_t token : step) {
                for (std::size_t r = 0; r < 4; ++r) {
                    const std::uint16_t id = trace.ids[site][token * 4 + r];
                    if (id == kNoExpert)
                        continue;
                    ++event.assignments;
                    ++event.times[first + id];
                    if (std::ranges::find(event.objects, first + id) == event.objects.end())
                        event.objects.push_back(first + id);
                }
            }
            events.push_back(event);
            first += trace.shape().sites[site].numExperts;
        }
    }
    return events;
}

/// Every token by itself, sequence after sequence.
std::vector<std::vector<std::uint64_t>> singleSteps(const MemoryTrace& trace, std::uint32_t skip = 0, int onlyGerman = 0)
{
    std::vector<std::vector<std::uint64_t>> steps;
    for (std::size_t s = 0; s < trace.shape().sequences.size(); ++s) {
        const Sequence& sequence = trace.shape().sequences[s];
        if (onlyGerman && s % 3)
            continue;
        for (std::uint32_t t = skip; t < sequence.length; ++t)
            steps.push_back({sequence.begin.value + t});
    }
    return steps;
}

EventSet read(MemoryTrace& trace, const PassOptions& options = {}, const StepOptions& steps = {},
    const Contract& contract = {}, std::uint64_t most = 1u << 30)
{
    auto set = readEvents(trace, options, steps, contract, most);
    if (!set)
        throw std::runtime_error(set.error().message());
    return std::move(*set);
}

}

class TestEvents : public QObject
{
    Q_OBJECT

private slots:
    void pools();
    void selection();
    void truncation();
    void batches();
    void prefill();
    void phases();
    void shuffledOrder();
    void evenStreams();
    void threads();
    void errors();
};

void TestEvents::pools()
{
    MemoryTrace trace = raggedTrace();
    const auto steps = singleSteps(trace);
    const EventSet perSite = read(trace);
    QCOMPARE(perSite.pools.size(), 3u);
    QCOMPARE(perSite.steps, steps.size());
    QCOMPARE(perSite.tokens, trace.shape().numTokens);
    std::uint64_t requests = 0;
    for (std::size_t site = 0; site < 3; ++site) {
        QVERIFY(eventsOf(perSite.pools[site]) == unionsOf(trace, {site}, steps));
        QCOMPARE(perSite.pools[site].numObjects(), site == 1 ? 5u : 16u);
        QCOMPARE(perSite.pools[site].topK, (std::vector<std::uint16_t>{std::uint16_t(site == 1 ? 2 : 4)}));
        requests += perSite.pools[site].objects.size();
    }
    QCOMPARE(perSite.requests, requests);

    const EventSet global = read(trace, {}, {}, {.scope = PoolScope::Global});
    QCOMPARE(global.pools.size(), 1u);
    QCOMPARE(global.pools[0].firstObject, (std::vector<std::uint32_t>{0, 16, 21, 37}));
    QVERIFY(eventsOf(global.pools[0]) == unionsOf(trace, {0, 1, 2}, steps));
    QCOMPARE(global.requests, requests);
    std::vector<std::uint64_t> starts;
    for (const Sequence& sequence : trace.shape().sequences) {
        if (sequence.length)
            starts.push_back(sequence.begin.value * 3);
    }
    QCOMPARE(global.pools[0].sequenceStarts, starts);

    Contract listed{.scope = PoolScope::Listed};
    listed.siteGroups = {{SiteIndex(0), SiteIndex(2)}};
    const EventSet chosen = read(trace, {}, {}, listed);
    QCOMPARE(chosen.pools.size(), 2u);
    QVERIFY(chosen.pools[0].sites == std::vector({SiteIndex(0), SiteIndex(2)}));
    QVERIFY(chosen.pools[1].sites == std::vector({SiteIndex(1)}));
    QVERIFY(eventsOf(chosen.pools[0]) == unionsOf(trace, {0, 2}, singleSteps(trace)));
    PassOptions without;
    without.sites = {SiteIndex(1), SiteIndex(2)};
    QCOMPARE(read(trace, without, {}, listed).pools.size(), 2u); // 2 without 0, and 1
    listed.siteGroups.push_back({SiteIndex(2)});
    QVERIFY(!readEvents(trace, {}, {}, listed));
    listed.siteGroups = {{SiteIndex(3)}};
    QVERIFY(!readEvents(trace, {}, {}, listed));
    const EventSet groups = read(trace, {}, {}, {.scope = PoolScope::Groups, .sitesInGroup = 2});
    QCOMPARE(groups.pools.size(), 2u);
    QVERIFY(eventsOf(groups.pools[0]) == unionsOf(trace, {0, 1}, steps));
    QVERIFY(eventsOf(groups.pools[1]) == unionsOf(trace, {2}, steps));
}

void TestEvents::selection()
{
    MemoryTrace trace = raggedTrace();
    PassOptions options;
    options.where = {{"language", "de"}};
    options.skipFirst = 7;
    options.sites = {SiteIndex(2), SiteIndex(1)};
    const EventSet set = read(trace, options, {}, {.scope = PoolScope::Global});
    const auto steps = singleSteps(trace, 7, 1);
    QCOMPARE(set.tokens, steps.size());
    QVERIFY(eventsOf(set.pools[0]) == unionsOf(trace, {1, 2}, steps));
    options = {};
    options.mostLength = 3;
    options.everySequence = 2;
    std::vector<std::vector<std::uint64_t>> few;
    unsigned n = 0;
    for (const Sequence& sequence : trace.shape().sequences) {
        if (sequence.length == 0 || n++ % 2)
            continue;
        for (std::uint32_t t = 0; t < std::min(3u, sequence.length); ++t)
            few.push_back({sequence.begin.value + t});
    }
    QVERIFY(eventsOf(read(trace, options).pools[2]) == unionsOf(trace, {2}, few));
}

/// Whole steps from the start, however blocks and sequences lie.
void TestEvents::truncation()
{
    MemoryTrace trace = raggedTrace();
    const auto steps = singleSteps(trace);
    for (const std::uint64_t tokens : {0, 1, 50, 100, 600, 4500, 5100}) {
        const EventSet set = read(trace, {}, {}, {}, tokens * 10 + 9); // 10 slots a token
        QCOMPARE(set.tokens, std::min<std::uint64_t>(tokens, steps.size()));
        QCOMPARE(set.truncated, tokens < steps.size());
        for (std::size_t site = 0; site < 3; ++site)
            QVERIFY(eventsOf(set.pools[site])
                == unionsOf(trace, {site}, {steps.begin(), steps.begin() + std::ptrdiff_t(set.tokens)}));
    }
}

/// Sequences side by side; the one that ends is replaced in the next step.
void TestEvents::batches()
{
    MemoryTrace trace = raggedTrace();
    for (const std::uint32_t batch : {2u, 3u, 20u}) {
        std::vector<std::vector<std::uint64_t>> steps;
        std::vector<std::pair<std::uint64_t, std::uint64_t>> active; // next, end
        std::size_t entering = 0;
        const auto& sequences = trace.shape().sequences;
        for (;;) {
            for (; active.size() < batch && entering < sequences.size(); ++entering) {
                const std::uint64_t begin = sequences[entering].begin.value;
                if (sequences[entering].length)
                    active.emplace_back(begin, begin + sequences[entering].length);
            }
            if (active.empty())
                break;
            steps.emplace_back();
            for (auto& [next, end] : active)
                steps.back().push_back(next++);
            std::erase_if(active, [](const auto& a) { return a.first == a.second; });
        }
        const EventSet set = read(trace, {}, {.batch = batch}, {.scope = PoolScope::Global});
        QCOMPARE(set.steps, steps.size());
        QCOMPARE(set.countedTokens, set.tokens);
        for (const std::uint32_t warmUp : {1u, 9u, 200u, 1u << 30}) {
            std::size_t counted = 0;
            for (std::size_t step = warmUp; step < steps.size(); ++step)
                counted += steps[step].size();
            QCOMPARE(read(trace, {}, {.batch = batch}, {.warmUpSteps = warmUp}).countedTokens, counted);
        }
        QVERIFY(eventsOf(set.pools[0]) == unionsOf(trace, {0, 1, 2}, steps));
        QVERIFY(set.pools[0].sequenceStarts.empty());
        QVERIFY(set.pools[0].largestEvent > 4);
    }
}

/// The prompt in chunks, then token by token.
void TestEvents::prefill()
{
    MemoryTrace trace = raggedTrace();
    for (const std::uint32_t skip : {0u, 5u}) {
        std::vector<std::vector<std::uint64_t>> steps;
        for (const Sequence& sequence : trace.shape().sequences) {
            for (std::uint32_t t = skip; t < sequence.length;) {
                const std::uint32_t end = t < sequence.promptLength ? std::min(t + 8, sequence.promptLength) : t + 1;
                steps.emplace_back();
                for (; t < end; ++t)
                    steps.back().push_back(sequence.begin.value + t);
            }
        }
        PassOptions options;
        options.skipFirst = skip;
        const EventSet set = read(trace, options, {.prefillChunk = 8});
        QCOMPARE(set.steps, steps.size());
        for (std::size_t site = 0; site < 3; ++site)
            QVERIFY(eventsOf(set.pools[site]) == unionsOf(trace, {site}, steps));
    }
}

/// Prompts alone, and what was generated alone: it begins somewhere else in each sequence.
void TestEvents::phases()
{
    MemoryTrace trace = raggedTrace();
    for (const Phase phase : {Phase::Prompt, Phase::Decode}) {
        for (const std::uint32_t skip : {0u, 9u}) {
            std::vector<std::vector<std::uint64_t>> steps;
            std::vector<std::uint64_t> starts;
            for (const Sequence& sequence : trace.shape().sequences) {
                const std::size_t before = steps.size();
                for (std::uint32_t t = skip; t < sequence.length; ++t) {
                    if ((t < sequence.promptLength) == (phase == Phase::Prompt))
                        steps.push_back({sequence.begin.value + t});
                }
                if (steps.size() > before)
                    starts.push_back(before);
            }
            PassOptions options;
            options.skipFirst = skip;
            options.phase = phase;
            const EventSet set = read(trace, options);
            QCOMPARE(set.steps, steps.size());
            QVERIFY(set.pools[0].sequenceStarts == starts);
            for (std::size_t site = 0; site < 3; ++site)
                QVERIFY(eventsOf(set.pools[site]) == unionsOf(trace, {site}, steps));
            // A prompt is read in chunks, an answer token by token, as with the whole sequence.
            const EventSet chunks = read(trace, options, {.prefillChunk = 8});
            QCOMPARE(chunks.steps < steps.size(), phase == Phase::Prompt);
        }
    }
}

/// The same sequences in another order, the same for the same seed.
void TestEvents::shuffledOrder()
{
    MemoryTrace trace = raggedTrace();
    const EventSet plain = read(trace), one = read(trace, {}, {.seed = 1}), again = read(trace, {}, {.seed = 1}),
                   two = read(trace, {}, {.seed = 2});
    QVERIFY(eventsOf(one.pools[0]) == eventsOf(again.pools[0]));
    QVERIFY(eventsOf(one.pools[0]) != eventsOf(plain.pools[0]));
    QVERIFY(eventsOf(one.pools[0]) != eventsOf(two.pools[0]));
    const auto sequences = [](const EventSet& set) {
        const auto events = eventsOf(set.pools[0]);
        std::vector<std::vector<std::vector<std::uint32_t>>> parts;
        const auto& starts = set.pools[0].sequenceStarts;
        for (std::size_t s = 0; s < starts.size(); ++s) {
            parts.emplace_back();
            for (std::uint64_t i = starts[s]; i < (s + 1 < starts.size() ? starts[s + 1] : events.size()); ++i)
                parts.back().push_back(events[i].objects);
        }
        std::ranges::sort(parts);
        return parts;
    };
    QVERIFY(sequences(one) == sequences(plain));
    QVERIFY(sequences(two) == sequences(plain));
}

/// Where every event is as large as the next, no ends are kept; nor assignments where each object has one.
void TestEvents::evenStreams()
{
    MemoryTrace trace(2, 8, 3);
    trace.addSequence(10);
    trace.addSequence(4);
    fillUniform(trace, 1);
    const EventSet set = read(trace, {}, {}, {.scope = PoolScope::Global});
    QCOMPARE(set.pools[0].fixedSize, 3u);
    QVERIFY(set.pools[0].ends.empty() && set.pools[0].assignments.empty());
    QCOMPARE(set.pools[0].numEvents, 28u);
    QCOMPARE(set.pools[0].sequenceStarts, (std::vector<std::uint64_t>{0, 20}));
    QVERIFY(eventsOf(set.pools[0]) == unionsOf([&] {
        MemoryTrace wide(2, 8, 4); // the same with an empty slot
        wide.addSequence(14);
        for (std::size_t site = 0; site < 2; ++site) {
            for (std::size_t i = 0; i < 14 * 4; ++i)
                wide.ids[site].push_back(i % 4 == 3 ? kNoExpert : trace.ids[site][i / 4 * 3 + i % 4]);
        }
        return wide;
    }(), {0, 1}, singleSteps(trace)));
}

void TestEvents::threads()
{
    MemoryTrace trace = raggedTrace();
    PassOptions one, many;
    one.threads = 1;
    many.threads = 5;
    many.blockTokens = 64;
    const EventSet a = read(trace, one), b = read(trace, many);
    for (std::size_t site = 0; site < 3; ++site)
        QVERIFY(eventsOf(a.pools[site]) == eventsOf(b.pools[site]));
}

void TestEvents::errors()
{
    MemoryTrace trace = raggedTrace();
    const auto error = [&](const PassOptions& options, const StepOptions& steps, const Contract& contract) {
        const auto set = readEvents(trace, options, steps, contract);
        return QString::fromStdString(set ? "" : set.error().message());
    };
    PassOptions shard, site;
    shard.shard = {1, 2};
    site.sites = {SiteIndex(9)};
    QVERIFY(error(shard, {}, {}).contains("shards"));
    QVERIFY(error(site, {}, {}).contains("no site 9"));
    QVERIFY(error({}, {}, {.scope = PoolScope::Groups}).contains("group"));
    QVERIFY(error({}, {.batch = 2}, {.flushBetweenSequences = true}).contains("flushed"));
    QVERIFY(error({}, {.prefillChunk = 2}, {.flushBetweenSequences = true}).contains("flushed"));
    PassOptions cancelled;
    cancelled.progress = [](double) { return false; };
    QCOMPARE(error(cancelled, {}, {}), QString(kCancelled));
}

EXPERTSCOPE_TEST(TestEvents)
#include "tst_events.moc"
