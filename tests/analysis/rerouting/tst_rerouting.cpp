// SPDX-License-Identifier: GPL-3.0-or-later
#include "../simulation/streams.h"
#include "analysis/rerouting/choose.h"
#include "analysis/rerouting/rerouting.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QFile>
#include <QTest>

#include <set>

using namespace expertscope;
using namespace expertscope::rerouting;
using namespace expertscope::testing;

namespace {

Rerouting reroute(BlockSource& source, const RerouteOptions& options, const Contract& contract = {},
    const StepOptions& steps = {}, const PassOptions& selection = {})
{
    auto result = simulateRerouting(source, selection, steps, contract, options);
    if (!result)
        throw std::runtime_error(result.error().message());
    return std::move(*result);
}

QByteArray errorOf(BlockSource& source, const RerouteOptions& options, const Contract& contract = {})
{
    const auto result = simulateRerouting(source, {}, {}, contract, options);
    return result ? QByteArray() : QByteArray::fromStdString(result.error().message());
}

/// The five tokens of resources/docs/rerouting.md: one site, 4 experts, 2 slots a token.
MemoryTrace handWorked()
{
    MemoryTrace trace(1, 4, 2);
    trace.addSequence(5);
    trace.editShape().columns.logits = true;
    trace.logits[0] = {4, 3, 1, 0, 3, 2, 2.5, -1, 2.4f, 3, 2, -1, 0, 1, 2, 4, 1, 2, 1.5, 0};
    trace.ids[0] = {0, 1, 0, 2, 1, 0, 3, 2, 1, 2};
    return trace;
}

/// Ragged: several sites of different sizes, sequences of different length, empty slots where those with the smallest
/// logits would be, and ties.
MemoryTrace raggedLogits()
{
    MemoryTrace trace(3, 12, 4);
    trace.editShape().sites[1].numExperts = 6;
    trace.editShape().sites[1].topK = 2;
    trace.editShape().sites[2].score = ScoreFunction::Sigmoid;
    trace.editShape().columns.logits = true;
    for (unsigned s = 0; s < 9; ++s) {
        trace.addSequence(s == 4 ? 0 : 10 + unsigned(mix(s) % 60));
        trace.editShape().sequences.back().promptLength = trace.shape().sequences.back().length / 3;
    }
    for (std::size_t site = 0; site < 3; ++site) {
        const std::size_t E = trace.shape().sites[site].numExperts, k = trace.shape().sites[site].topK;
        for (std::uint64_t t = 0; t < trace.shape().numTokens; ++t) {
            std::vector<std::uint16_t> order(E);
            std::iota(order.begin(), order.end(), std::uint16_t(0));
            std::vector<float> z(E);
            for (std::size_t e = 0; e < E; ++e)
                z[e] =
                    float(mix((t / 4 * 3 + site) * 16 + e) % 20 + mix((t * 3 + site) * 16 + e) % 9) / 4; // often equal
            std::ranges::sort(
                order, [&](auto a, auto b) { return z[a] != z[b] ? z[a] > z[b] : mix(a + t) < mix(b + t); });
            const std::size_t filled = mix(t * 3 + site) % 11 == 0 ? mix(t) % (k + 1) : k;
            for (std::size_t r = 0; r < 4; ++r)
                trace.ids[site].push_back(r < filled ? order[r] : kNoExpert);
            trace.logits[site].insert(trace.logits[site].end(), z.begin(), z.end());
        }
    }
    return trace;
}

const std::vector<PolicyRequest> kStepped{{"lru"}, {"fifo"}, {"clock"}, {"sieve"}, {"s3fifo", {{"small", "0.3"}}},
    {"twoq"}, {"arc"}, {"lfru"}, {"lfu_cache"}, {"random"}};

}

class TestRerouting : public QObject
{
    Q_OBJECT

private slots:
    void byHand();
    void choicesLikeTheDefinition();
    void changingNothingIsThePlainReplay_data();
    void changingNothingIsThePlainReplay();
    void likePython();
    void onlyWhatHasToBeLoaded();
    void laws();
    void otherRouters();
    void runs();
    void wrongUse();
};

void TestRerouting::byHand()
{
    MemoryTrace trace = handWorked();
    const Rerouting done =
        reroute(trace, {.policies = {{"lru"}}, .capacities = {2}, .rule = {"prior", {{"lambda", "0.2"}}}});
    QCOMPARE(done.results.size(), 2u);
    const Counters plain = done.results[0].cache.pools[0].total(0), anew = done.results[1].cache.pools[0].total(0);
    QVERIFY(!done.results[0].strength && *done.results[1].strength == 0.2);
    QCOMPARE(plain.requests, 10u);
    QCOMPARE(plain.hits, 3u); // 0 | 0 | 0 | - | 2
    QCOMPARE(plain.evictions, 5u);
    QCOMPARE(anew.requests, 10u);
    QCOMPARE(anew.hits, 5u); // - | 0 1 | 0 1 | - | 2
    QCOMPARE(anew.compulsory, 4u);
    QCOMPARE(anew.evictions, 3u);
    QVERIFY(anew.missesPerEvent == std::vector<std::uint64_t>({2, 1, 2}));
    const ChoiceCounters none = done.results[0].choices[0][0][0], choices = done.results[1].choices[0][0][0];
    QCOMPARE(none.changed, 0u);
    QCOMPARE(none.choices, 10u);
    QCOMPARE(choices.tokens, 5u);
    QCOMPARE(choices.choices, 10u);
    QCOMPARE(choices.changed, 1u);
    QCOMPARE(choices.left, 0u);
    // The second token takes 1 for 2.
    const double all = std::exp(3.0) + std::exp(2.0) + std::exp(2.5) + std::exp(-1.0);
    QVERIFY(std::abs(choices.dropped - std::exp(2.5) / all) < 1e-6);
    QVERIFY(std::abs(choices.added - std::exp(2.0) / all) < 1e-6);
    // Residents first: the first token loads two, and nobody but the first choice of another token ever loads again.
    const Rerouting most =
        reroute(trace, {.policies = {{"lru"}}, .capacities = {2}, .rule = {"max_rank", {{"rank", "4"}}}});
    // {0,1} {0,1} {1,0} {3,1} {1,3}
    const Counters residents = most.results[1].cache.pools[0].total(0);
    QCOMPARE(residents.hits, 7u);
    QCOMPARE(most.results[1].choices[0][0][0].changed, 3u);
}

/// The paper's own form: a mask of residents and the J best, added to the logits, then the k largest.
void TestRerouting::choicesLikeTheDefinition()
{
    std::uint64_t state = 5;
    const auto draw = [&](std::uint64_t n) { return (state = mix(state)) % n; };
    std::vector<std::uint32_t> places;
    for (int round = 0; round < 20000; ++round) {
        const std::uint32_t E = 1 + std::uint32_t(draw(12)), k = 1 + std::uint32_t(draw(E)),
                            keep = std::uint32_t(draw(k + 2));
        std::vector<float> logits(E);
        for (float& z : logits)
            z = float(draw(10)) / 2;
        std::ranges::sort(logits, std::greater());
        std::vector<bool> held(E);
        for (std::size_t e = 0; e < E; ++e)
            held[e] = draw(2);
        const double bonus = draw(5) == 0 ? std::numeric_limits<double>::infinity() : double(draw(8)) / 2;
        const std::uint32_t window = draw(3) ? E : std::uint32_t(draw(E + 3));
        std::vector<std::pair<double, std::uint32_t>> order;
        for (std::uint32_t place = 0; place < E; ++place)
            order.emplace_back(
                -(double(logits[place]) + (place < keep || (held[place] && place < window) ? bonus : 0)), place);
        std::ranges::sort(order);
        std::set<std::uint32_t> expected;
        for (std::uint32_t i = 0; i < k; ++i)
            expected.insert(order[i].second);
        chooseExperts(
            logits, k, keep, {bonus, window}, [&](std::uint32_t place) { return bool(held[place]); }, places);
        QVERIFY(std::ranges::equal(places, expected));
    }
}

void TestRerouting::changingNothingIsThePlainReplay_data()
{
    QTest::addColumn<int>("batch");
    QTest::addColumn<int>("chunk");
    QTest::addColumn<int>("shuffle");
    QTest::addColumn<int>("which");
    QTest::newRow("atomic") << 1 << 0 << 0 << 0;
    QTest::newRow("batch") << 3 << 0 << 0 << 0;
    QTest::newRow("prefill") << 1 << 5 << 2 << 0;
    QTest::newRow("global, batch, warm-up") << 2 << 0 << 7 << 1;
    QTest::newRow("groups, flushed, first free") << 1 << 0 << 3 << 2;
    QTest::newRow("sequential") << 1 << 0 << 0 << 3;
    QTest::newRow("residents first, batch") << 4 << 0 << 0 << 4;
}

/// At a strength of 0, with keep = k, within the first k: the counters of the plain replay, to the last event.
void TestRerouting::changingNothingIsThePlainReplay()
{
    QFETCH(const int, batch);
    QFETCH(const int, chunk);
    QFETCH(const int, shuffle);
    QFETCH(const int, which);
    const Contract contracts[]{{}, {.scope = PoolScope::Global, .warmUpSteps = 7},
        {.coldStart = ColdStart::FirstFree, .scope = PoolScope::Groups, .sitesInGroup = 2, .flushBetweenSequences = true},
        {.service = Service::Sequential, .order = Order::SeededRandom},
        {.service = Service::Sequential, .order = Order::ResidentFirst}};
    const Contract& contract = contracts[which];
    const StepOptions steps{std::uint32_t(batch), std::uint32_t(chunk), std::uint64_t(shuffle)};
    MemoryTrace trace = raggedLogits();
    const std::vector<std::uint32_t> capacities{1, 2, 3, 4, 6, 9, 12, 40};
    const auto events = readEvents(trace, {}, steps, contract);
    VERIFY_OK(events);
    const auto plain = simulateCaches(*events, contract, kStepped, capacities, 2);
    VERIFY_OK(plain);
    for (const RerouteRequest& rule :
        {RerouteRequest{"prior", {{"lambda", "0"}}}, {"prior", {{"lambda", "3"}, {"keep", "4"}}},
            {"max_rank", {{"rank", "0/1"}, {"keep", "0"}}}, {"cumulative", {{"share", "0"}}}}) {
        const Rerouting done = reroute(
            trace, {.policies = kStepped, .capacities = capacities, .rule = rule, .threads = 2}, contract, steps);
        QCOMPARE(done.tokens, events->tokens);
        QCOMPARE(done.steps, events->steps);
        const std::size_t each = done.results.size() / kStepped.size();
        for (std::size_t r = 0; r < done.results.size(); ++r) {
            const ReroutedCache& result = done.results[r];
            const PolicyResult& other = (*plain)[r / each];
            for (std::size_t p = 0; p < done.pools.size(); ++p) {
                for (std::size_t c = 0; c < capacities.size(); ++c) {
                    QVERIFY2(result.cache.pools[p].sites[c] == other.pools[p].sites[c],
                        (rule.rule + " " + kStepped[r / each].name + " " + std::to_string(capacities[c])).c_str());
                    for (const ChoiceCounters& choices : result.choices[p][c])
                        QVERIFY(
                            choices.changed == 0 && choices.dropped == 0 && choices.left == 0 && choices.choices > 0);
                }
            }
        }
    }
}

/// oracle/generate_rerouting.py
void TestRerouting::likePython()
{
    QFile file(EXPERTSCOPE_SOURCE_DIR "/tests/analysis/rerouting/oracle/rerouting.tsv");
    QVERIFY(file.open(QIODevice::ReadOnly));
    MemoryTrace trace = splitmixTrace('M', true);
    file.readLine();
    int lines = 0;
    for (; !file.atEnd(); ++lines) {
        const QList<QByteArray> line = file.readLine().trimmed().split('\t');
        QCOMPARE(line.size(), 14);
        const std::string strength = line[2].toStdString();
        const bool prior = line[1] == "prior", rank = line[1] == "max_rank";
        const RerouteRequest rule{line[1].toStdString(),
            {{prior         ? "lambda"
                     : rank ? "rank"
                            : "share",
                 strength},
                {"keep", line[3].toStdString()}}};
        PassOptions selection;
        selection.sites = {SiteIndex(std::uint16_t(line[5].toUInt()))};
        const Rerouting done = reroute(trace, {.policies = {{"lru"}}, .capacities = {line[4].toUInt()}, .rule = rule},
            {}, {.batch = line[0].toUInt()}, selection);
        const Counters& cache = done.results[1].cache.pools[0].sites[0][0];
        const ChoiceCounters& choices = done.results[1].choices[0][0][0];
        QCOMPARE(cache.requests, line[6].toULongLong());
        QCOMPARE(cache.assignments, line[7].toULongLong());
        QCOMPARE(cache.hits, line[8].toULongLong());
        QCOMPARE(cache.compulsory, line[9].toULongLong());
        QCOMPARE(cache.evictions, line[10].toULongLong());
        QCOMPARE(choices.changed, line[11].toULongLong());
        const double dropped = line[12].toDouble(), added = line[13].toDouble();
        QVERIFY(std::abs(choices.dropped - dropped) <= 1e-6 * dropped);
        QVERIFY(std::abs(choices.added - added) <= 1e-6 * added);
    }
    QVERIFY(lines > 30);
}

/// An endless bonus: what is resident is chosen, but for the J best. With J = 0 only the first token loads.
void TestRerouting::onlyWhatHasToBeLoaded()
{
    MemoryTrace trace = splitmixTrace('M', true);
    for (const char* lambda : {"1e6", "1e9"}) {
        for (unsigned keep : {0u, 1u, 3u}) {
            const Rerouting done = reroute(trace,
                {.policies = {{"lru"}},
                    .capacities = {8, 20},
                    .rule = {"prior", {{"lambda", lambda}, {"keep", std::to_string(keep)}}}});
            const ReroutedCache& result = done.results[1];
            for (std::size_t p = 0; p < 4; ++p) {
                for (std::size_t c = 0; c < 2; ++c) {
                    const Counters& cache = result.cache.pools[p].sites[c][0];
                    QVERIFY(cache.misses() >= 8 && cache.misses() <= 8 + keep * (done.tokens - 1));
                    if (keep == 0)
                        QCOMPARE(cache.misses(), 8u);
                    for (std::size_t j = keep + 1; j < 8; ++j)
                        QCOMPARE(cache.missesPerEvent[j], 0u);
                    QCOMPARE(cache.missesPerEvent[8], 1u);
                }
            }
        }
    }
}

void TestRerouting::laws()
{
    MemoryTrace trace = splitmixTrace('M', true);
    const std::vector<std::uint32_t> capacities{8, 16, 32, 64};
    for (const RerouteRequest& rule :
        {RerouteRequest{"prior", {{"keep", "2"}}}, {"max_rank", {{"keep", "2"}}}, {"cumulative", {{"keep", "2"}}}}) {
        const RerouteOptions options{
            .policies = {{"lru"}, {"lfru"}}, .capacities = capacities, .rule = rule, .threads = 1, .progress = {}};
        const Rerouting done = reroute(trace, options);
        RerouteOptions parallel = options;
        parallel.threads = 3;
        const Rerouting again = reroute(trace, parallel);
        const std::size_t each = done.results.size() / 2;
        for (std::size_t r = 0; r < done.results.size(); ++r) {
            for (std::size_t p = 0; p < 4; ++p) {
                for (std::size_t c = 0; c < capacities.size(); ++c) {
                    const Counters& cache = done.results[r].cache.pools[p].sites[c][0];
                    const ChoiceCounters& choices = done.results[r].choices[p][c][0];
                    QVERIFY(cache == again.results[r].cache.pools[p].sites[c][0]);
                    QVERIFY(choices == again.results[r].choices[p][c][0]);
                    QCOMPARE(choices.choices, 8u * 4096);
                    QVERIFY(choices.changed <= choices.choices - 2 * choices.tokens);
                    QVERIFY(choices.added <= choices.dropped);
                    QVERIFY((choices.changed == 0) == (choices.dropped == 0));
                    if (r % each == 0)
                        QCOMPARE(choices.changed, 0u);
                    // This trace has local reuse: a nudge pays.
                    if (r % each == each - 1 && capacities[c] == 16)
                        QVERIFY(cache.hits > done.results[r - r % each].cache.pools[p].sites[c][0].hits);
                }
            }
        }
    }
}

/// Recorded choices that the logits do not explain.
void TestRerouting::otherRouters()
{
    RerouteOptions options{.policies = {{"lru"}}, .capacities = {4}, .rule = {"prior", {{"lambda", "0.3"}}}};
    MemoryTrace none = raggedLogits();
    none.editShape().columns.logits = false;
    QVERIFY(errorOf(none, options).contains("the trace has no router logits"));
    // A bias that selects, as in DeepSeek-V3: recorded are the largest of logit + bias.
    MemoryTrace biased(1, 12, 4);
    biased.addSequence(400);
    biased.editShape().columns.logits = true;
    std::uint64_t unlike = 0;
    for (std::uint64_t t = 0; t < 400; ++t) {
        std::vector<float> z(12);
        for (std::size_t e = 0; e < 12; ++e)
            z[e] = float(mix(t * 12 + e) % 1000) / 100;
        std::vector<std::uint16_t> order(12), byLogit;
        std::iota(order.begin(), order.end(), std::uint16_t(0));
        byLogit = order;
        std::ranges::sort(order, std::greater(), [&](auto e) { return z[e] + float(e % 3); });
        std::ranges::sort(byLogit, std::greater(), [&](auto e) { return z[e]; });
        unlike += std::set(order.begin(), order.begin() + 4) != std::set(byLogit.begin(), byLogit.begin() + 4);
        biased.ids[0].insert(biased.ids[0].end(), order.begin(), order.begin() + 4);
        biased.logits[0].insert(biased.logits[0].end(), z.begin(), z.end());
    }
    const QByteArray error = errorOf(biased, options);
    QVERIFY2(error.contains("site 0") && error.contains("a bias, groups"), error.constData());
    QVERIFY2(error.contains(QByteArray::number(unlike / 4.0, 'g', 3) + " %"), error.constData());
    // On request those tokens stay, and the rest is routed anew.
    options.rule.params["tolerance"] = "1";
    const Rerouting partly = reroute(biased, options);
    const ChoiceCounters& choices = partly.results[1].choices[0][0][0];
    QCOMPARE(choices.left, unlike);
    QVERIFY(choices.changed > 0 && choices.changed <= 3 * (400 - unlike));
    // Logits that were not recorded, at a few tokens.
    MemoryTrace holes = handWorked();
    holes.logits[0][5] = std::numeric_limits<float>::quiet_NaN();
    options.rule.params["tolerance"] = "0.1";
    options.capacities = {2};
    QVERIFY(errorOf(holes, options).contains("20 % of the tokens have no finite logits"));
    options.rule.params["tolerance"] = "0.2";
    const Rerouting left = reroute(holes, options);
    QCOMPARE(left.results[1].choices[0][0][0].left, 1u);
    QCOMPARE(left.results[1].choices[0][0][0].changed, 1u); // residents 0 2: the third token takes them
    // An expert named twice is no choice that logits make; it is asked for twice.
    MemoryTrace twice = handWorked();
    twice.ids[0][3] = 0;
    options.rule = {"prior", {{"lambda", "0"}, {"tolerance", "1"}}};
    const Counters again = reroute(twice, options).results[1].cache.pools[0].total(0);
    const auto events = readEvents(twice, {}, {}, {});
    const auto plain = simulateCaches(*events, {}, {{"lru"}}, {2}, 1);
    VERIFY_OK(plain);
    QCOMPARE(again, plain->front().pools[0].total(0));
    QCOMPARE(again.assignments, 10u);
    QCOMPARE(again.requests, 9u);
    QCOMPARE(again.assignmentHits, again.hits + 1);
    options.rule = {"prior", {{"lambda", "0.3"}}};
    // All k largest logits, in another order than recorded: nothing is wrong with that.
    MemoryTrace turned = handWorked();
    for (std::size_t t = 0; t < 5; ++t)
        std::swap(turned.ids[0][2 * t], turned.ids[0][2 * t + 1]);
    QCOMPARE(reroute(turned, options).results[1].choices[0][0][0].left, 0u);
}

void TestRerouting::runs()
{
    MemoryTrace trace = raggedLogits();
    RerouteOptions options{.policies = {{"lru"}}, .capacities = {4}, .rule = {"prior", {}}, .mostBytes = 100 * 139};
    const Rerouting part = reroute(trace, options); // 10 * 12 + 2 * 4 + 11 bytes a token
    QVERIFY(part.truncated);
    QCOMPARE(part.tokens, 100u);
    QCOMPARE(part.countedTokens, 100u);
    QCOMPARE(part.results[0].choices[0][0][0].tokens, part.results[1].choices[0][0][0].tokens);
    options.mostBytes = 1u << 30;
    const Rerouting all = reroute(trace, options, {.warmUpSteps = 10}, {.batch = 4});
    QVERIFY(!all.truncated);
    QCOMPARE(all.countedTokens, all.tokens - 40);
    QCOMPARE(reroute(trace, options, {.warmUpSteps = 100000}).countedTokens, 0u);
    options.progress = [](double f) { return f < 0.5; };
    QCOMPARE(errorOf(trace, options), QByteArray(kCancelled));
}

void TestRerouting::wrongUse()
{
    MemoryTrace trace = handWorked();
    const auto wrong = [&](const RerouteRequest& rule, const PolicyRequest& policy = {"lru"}) {
        return errorOf(trace, {.policies = {policy}, .capacities = {2}, .rule = rule});
    };
    QVERIFY(wrong({"best"}).contains("known: prior, max_rank, cumulative"));
    QVERIFY(wrong({"prior", {{"rank", "3"}}}).contains("rule 'prior'"));
    for (const char* lambda : {"-1", "x", "", "0.1/0.1", "nan"})
        QVERIFY2(!wrong({"prior", {{"lambda", lambda}}}).isEmpty(), lambda);
    QVERIFY(!wrong({"max_rank", {{"rank", "1.5"}}}).isEmpty());
    QVERIFY(!wrong({"prior", {{"keep", "-1"}}}).isEmpty());
    for (const char* policy : {"opt", "lfu", "ema", "static", "sch"})
        QVERIFY2(wrong({"prior"}, {policy}).contains("needs to know all requests"), policy);
    QVERIFY(!errorOf(trace, {.policies = {{"lru"}}, .capacities = {}, .rule = {"prior"}}).isEmpty());
    QVERIFY(!errorOf(trace, {.policies = {{"lru"}}, .capacities = {3, 2}, .rule = {"prior"}}).isEmpty());
    QVERIFY(
        !errorOf(trace, {.policies = {{"lru"}}, .capacities = {2}, .rule = {"prior"}}, {.admission = Admission::Bypass})
             .isEmpty());
}

EXPERTSCOPE_TEST(TestRerouting)
#include "tst_rerouting.moc"
