// SPDX-License-Identifier: GPL-3.0-or-later
//
// Simulated caches and window cover: goldens of metrics.md 9.1 (by the authors' functions), and caches that are
// simulated directly, one size at a time.
#include "analysis/metrics/analyse.h"
#include "analysis/sequence_caches/sequence_caches.h"
#include "tests/support/memory_trace.h"
#include "tests/support/near.h"
#include "tests/support/rows.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTest>

#include <set>

using namespace expertscope;
using namespace expertscope::testing;

using Tokens = std::vector<std::vector<unsigned>>;

/// Sticky tokens of 0 to k of E experts, or all of k.
static Tokens randomTokens(std::uint64_t seed, std::size_t T, unsigned E, unsigned k, bool even = false)
{
    Tokens tokens(T);
    for (std::size_t t = 0; t < T; ++t) {
        const std::size_t size = !even && mix(seed ^ t) % 5 == 0 ? mix(seed + t) % (k + 1) : k;
        for (std::uint64_t i = 0; tokens[t].size() < size; ++i) {
            const std::uint64_t random = mix(seed * 1000 + t * 100 + i);
            unsigned x = unsigned(random % E) * unsigned((random >> 20) % E) / E; // some far more often
            if (t > 0 && !tokens[t - 1].empty() && random >> 62)
                x = tokens[t - 1][(random >> 40) % tokens[t - 1].size()];
            if (std::ranges::find(tokens[t], x) == tokens[t].end())
                tokens[t].push_back(x);
        }
    }
    return tokens;
}

static AccessStream streamOf(const Tokens& tokens)
{
    AccessStream stream;
    for (const auto& token : tokens) {
        stream.experts.insert(stream.experts.end(), token.begin(), token.end());
        stream.tokenEnds.push_back(std::uint32_t(stream.experts.size()));
    }
    return stream;
}

/// One cache as metrics.md 1.2 describes it, step by step.
static std::uint64_t directHits(SequencePolicy policy, const Tokens& tokens, std::size_t size, bool warm, std::size_t m)
{
    std::set<unsigned> cache, seen;
    std::map<unsigned, long> uses, lastUse, ahead;
    std::uint64_t hits = 0;
    long now = 0;
    for (std::size_t t = 0; t < tokens.size(); ++t) {
        for (const unsigned x : tokens[t]) {
            if (cache.contains(x))
                ++hits;
            else if (!seen.contains(x) && seen.size() < size && warm)
                ++hits;
            seen.insert(x);
        }
        for (std::size_t r = 0; r < tokens[t].size(); ++r) {
            const unsigned x = tokens[t][r];
            if (!cache.contains(x) && cache.size() == size) {
                using Worth = std::pair<long, long>;
                const auto worth = [&](unsigned y) -> Worth {
                    long count = 0, distance = 0;
                    switch (policy) {
                    case SequencePolicy::Lru:
                        return {lastUse[y], 0};
                    case SequencePolicy::Lfu:
                        return {uses[y], lastUse[y]};
                    case SequencePolicy::Belady:
                        for (std::size_t u = t; u < tokens.size(); ++u) {
                            for (std::size_t q = u == t ? r : 0; q < tokens[u].size(); ++q, ++distance) {
                                if (tokens[u][q] == y)
                                    return {-distance, 0};
                            }
                        }
                        return {-1'000'000, -long(y)};
                    case SequencePolicy::LookAhead:
                        for (std::size_t u = t; u < std::min(t + m, tokens.size()); ++u)
                            count += std::count(tokens[u].begin() + (u == t ? long(r) : 0), tokens[u].end(), y);
                        return {count, lastUse[y]};
                    }
                    return {};
                };
                cache.erase(*std::ranges::min_element(cache, {}, worth));
            }
            cache.insert(x);
            ++uses[x];
            lastUse[x] = ++now;
        }
    }
    return hits;
}

class TestSequenceCache : public QObject
{
    Q_OBJECT
private slots:
    void goldens_data()
    {
        QTest::addColumn<char>("kind");
        QTest::addColumn<int>("site");
        QTest::addColumn<QList<double>>("values"); // rho 0.5, 1, 2, 4 of SCH m = 4, 16, 64, LRU, LFU, Belady
        using V = QList<double>;
        QTest::newRow("U site") << 'U' << 0
                                << V{.173828, .336456, .454468, .637573, .124725, .243164, .432098, .716217, .097046,
                                       .189819, .354584, .629181, .064026, .124695, .251526, .503601, .060852, .124634,
                                       .250397, .502655, .200043, .350128, .541626, .772461};
        QTest::newRow("B site") << 'B' << 0
                                << V{.453064, .891693, .909485, .942505, .395538, .808197, .918762, .949066, .321136,
                                       .537415, .758667, .966248, .446320, .891693, .909485, .942505, .187653, .279297,
                                       .437897, .705994, .452942, .891693, .936737, .971649};
        QTest::newRow("M site") << 'M' << 0
                                << V{.276154, .494873, .731476, .872467, .216675, .417297, .718811, .903961, .162567,
                                       .306061, .528320, .820770, .137146, .313660, .578308, .855621, .098724, .181000,
                                       .331940, .602081, .306549, .526367, .760956, .916412};
        QTest::newRow("M model") << 'M' << -1
                                 << V{.315514, .526657, .732735, .872215, .239540, .439644, .734261, .904541, .166794,
                                        .302498, .521545, .815155, .157829, .314232, .582947, .854652, .091713, .173363,
                                        .324173, .590340, .363678, .564682, .775917, .921539};
    }
    void goldens()
    {
        QFETCH(char, kind);
        QFETCH(int, site);
        QFETCH(QList<double>, values);
        MemoryTrace trace = splitmixTrace(kind);
        AnalysisRequest request;
        request.metrics = {{"sch"}, {"sequence_cache"}};
        request.simulateUniform = false;
        const auto results = analyse(trace, request);
        VERIFY_OK(results);
        int at = 0;
        for (const double m : {4, 16, 64}) {
            for (const double rho : {0.5, 1.0, 2.0, 4.0}) {
                QVERIFY(near(valueAt(*results, "sch.hit_rate", {{"m", m}, {"rho", rho}}, site), values[at++], 5.1e-7));
                QCOMPARE(rowAt(*results, "sch.hit_rate", {{"m", m}, {"rho", rho}}, site)->n, 8u);
            }
        }
        for (const char* metric : {"sequence_cache.lru", "sequence_cache.lfu", "sequence_cache.belady"}) {
            for (const double rho : {0.5, 1.0, 2.0, 4.0})
                QVERIFY2(near(valueAt(*results, metric, {{"rho", rho}}, site), values[at++], 5.1e-7), metric);
        }
    }

    void coverGoldens_data()
    {
        QTest::addColumn<char>("kind");
        QTest::addColumn<int>("site");
        QTest::addColumn<double>("m");
        QTest::addColumn<QList<double>>("values"); // rho 1, 2, 3
        QTest::newRow("U") << 'U' << 0 << 16.0 << QList<double>{.270757, .465237, .625953};
        QTest::newRow("B") << 'B' << 0 << 16.0 << QList<double>{.560134, .919674, 1.0};
        QTest::newRow("M 4") << 'M' << 0 << 4.0 << QList<double>{.577365, .859820, .997383};
        QTest::newRow("M 16") << 'M' << 0 << 16.0 << QList<double>{.421262, .686221, .853514};
        QTest::newRow("M 64") << 'M' << 0 << 64.0 << QList<double>{.277673, .479005, .639339};
        QTest::newRow("M model") << 'M' << -1 << 16.0 << QList<double>{.423762, .688335, .854733};
    }
    void coverGoldens()
    {
        QFETCH(char, kind);
        QFETCH(int, site);
        QFETCH(double, m);
        QFETCH(QList<double>, values);
        MemoryTrace trace = splitmixTrace(kind);
        const auto results = analyse(trace, {{"sch_cover"}}, {}, {});
        VERIFY_OK(results);
        for (int i = 0; i < 3; ++i) {
            const ResultRow* row = rowAt(*results, "sch_cover.hit_rate", {{"m", m}, {"rho", i + 1.0}}, site);
            QVERIFY(near(*row->value, values[i], 5.1e-7));
            QCOMPARE(row->n, std::uint64_t(8 * (513 - m)));
            if (kind == 'U' && site >= 0) // what chance gives is what it gave
                QVERIFY(near(*row->uniform, values[i], 0.01));
        }
    }

    void allSizesAreWhatEachGivesAlone_data()
    {
        QTest::addColumn<std::size_t>("T");
        QTest::addColumn<unsigned>("E");
        QTest::addColumn<unsigned>("k");
        QTest::addColumn<bool>("even");
        QTest::newRow("one token") << std::size_t(1) << 10u << 3u << false;
        QTest::newRow("short") << std::size_t(3) << 10u << 3u << false;
        QTest::newRow("one expert a token") << std::size_t(60) << 7u << 1u << false;
        QTest::newRow("usual") << std::size_t(90) << 24u << 4u << false;
        QTest::newRow("64 experts") << std::size_t(90) << 64u << 8u << true;
        QTest::newRow("65 experts") << std::size_t(90) << 65u << 8u << false;
        QTest::newRow("128 experts") << std::size_t(90) << 128u << 8u << true;
        QTest::newRow("many experts") << std::size_t(60) << 200u << 8u << false;
        QTest::newRow("256 experts") << std::size_t(90) << 256u << 8u << true;
        QTest::newRow("nearly all of them") << std::size_t(15) << 64u << 60u << false;
        QTest::newRow("large tokens") << std::size_t(6) << 256u << 200u << false;
        QTest::newRow("257 experts") << std::size_t(60) << 257u << 8u << false;
        QTest::newRow("long enough for another level of bits") << std::size_t(700) << 300u << 6u << false;
        QTest::newRow("several chunks") << std::size_t(700) << 40u << 6u << false;
    }
    void allSizesAreWhatEachGivesAlone()
    {
        QFETCH(std::size_t, T);
        QFETCH(unsigned, E);
        QFETCH(unsigned, k);
        QFETCH(bool, even);
        const std::vector<std::size_t> sizes{1, 2, 3, 5, 8, 16, 23, 24, 100};
        SequenceCaches simulator;
        for (std::uint64_t seed = 1; seed <= (k > 8 ? 1u : T > 60 ? 2u : 6u); ++seed) {
            const Tokens tokens = randomTokens(seed + T, T, E, k, even);
            const AccessStream stream = streamOf(tokens);
            for (const bool warm : {true, false}) {
                for (const auto& [policy, m] :
                    {std::pair(SequencePolicy::Lru, 0), {SequencePolicy::Lfu, 0}, {SequencePolicy::Belady, 0},
                        {SequencePolicy::LookAhead, 1}, {SequencePolicy::LookAhead, 4}, {SequencePolicy::LookAhead, 64}}) {
                    const CachePass pass[] = {{policy, std::size_t(m)}};
                    const auto hits = simulator.run(pass, stream, E, sizes, warm);
                    for (std::size_t i = 0; i < sizes.size(); ++i) {
                        if (T > 500 && i % 3) // the direct way is slow
                            continue;
                        QCOMPARE(hits[i], directHits(policy, tokens, sizes[i], warm, std::size_t(m)));
                    }
                    // and the same when a size is alone
                    const std::vector<std::uint64_t> all(hits.begin(), hits.end());
                    const std::size_t one[] = {sizes[4]};
                    QCOMPARE(simulator.run(pass, stream, E, one, warm)[0], all[4]);
                }
            }
        }
    }

    void veryLongSequences()
    {
        const Tokens tokens = randomTokens(1, 80'000, 16, 4); // more keys than three levels of bits hold
        const AccessStream stream = streamOf(tokens);
        QVERIFY(stream.experts.size() > (1u << 18));
        SequenceCaches simulator;
        const std::size_t sizes[] = {4, 8};
        for (const std::size_t E : {16, 300}) { // kept in order; as keys
            const CachePass pass[] = {{SequencePolicy::Lfu}};
            const auto hits = simulator.run(pass, stream, E, sizes, true);
            QCOMPARE(hits[0], directHits(SequencePolicy::Lfu, tokens, 4, true, 0));
            QCOMPARE(hits[1], directHits(SequencePolicy::Lfu, tokens, 8, true, 0));
        }
    }

    /// What few experts are simulated by, and what many are.
    void bothWaysAgree_data()
    {
        QTest::addColumn<unsigned>("E");
        QTest::addColumn<unsigned>("k");
        QTest::addColumn<bool>("even");
        QTest::newRow("64") << 64u << 8u << true;
        QTest::newRow("60, uneven") << 60u << 8u << false;
        QTest::newRow("128") << 128u << 8u << true;
        QTest::newRow("256") << 256u << 8u << true;
        QTest::newRow("256, uneven") << 256u << 11u << false;
    }
    void bothWaysAgree()
    {
        QFETCH(unsigned, E);
        QFETCH(unsigned, k);
        QFETCH(bool, even);
        std::vector<std::size_t> sizes;
        for (std::size_t size = 1; size <= 40; ++size) // more than are simulated at once
            sizes.push_back(size * size / 6 + size);
        const CachePass passes[] = {{SequencePolicy::Lru}, {SequencePolicy::LookAhead, 7}, {SequencePolicy::Lfu},
            {SequencePolicy::Belady}, {SequencePolicy::LookAhead, 1}, {SequencePolicy::LookAhead, 16},
            {SequencePolicy::LookAhead, 254}, {SequencePolicy::LookAhead, 255}, {SequencePolicy::LookAhead, 4000}};
        SequenceCaches simulator;
        for (std::uint64_t seed = 1; seed <= 2; ++seed) {
            const AccessStream stream = streamOf(randomTokens(seed, 600, E, k, even));
            for (const bool warm : {true, false}) {
                const auto ranked = simulator.run(passes, stream, E, sizes, warm);
                const std::vector<std::uint64_t> hits(ranked.begin(), ranked.end());
                const auto keyed = simulator.run(passes, stream, 300, sizes, warm);
                QCOMPARE(hits, std::vector<std::uint64_t>(keyed.begin(), keyed.end()));
                for (std::size_t p = 0; p < std::size(passes); ++p) { // and the same when a pass is alone
                    const auto alone = simulator.run(std::span(passes).subspan(p, 1), stream, E, sizes, warm);
                    QVERIFY(std::ranges::equal(alone, std::span(hits).subspan(p * sizes.size(), sizes.size())));
                }
            }
        }
    }

    void expertsNamedTwiceInAToken()
    {
        const Tokens tokens{{1, 2, 2}, {2, 3, 4}, {1, 1, 5}, {2, 3, 3}};
        const AccessStream stream = streamOf(tokens);
        SequenceCaches simulator;
        const std::size_t sizes[] = {2, 3};
        const CachePass lru[] = {{SequencePolicy::Lru}};
        const auto few = simulator.run(lru, stream, 6, sizes, false);
        const std::vector<std::uint64_t> hits(few.begin(), few.end());
        const auto many = simulator.run(lru, stream, 300, sizes, false);
        QCOMPARE(hits, std::vector<std::uint64_t>(many.begin(), many.end()));
        QCOMPARE(hits,
            std::vector<std::uint64_t>({directHits(SequencePolicy::Lru, tokens, 2, false, 0),
                directHits(SequencePolicy::Lru, tokens, 3, false, 0)}));
    }

    void rowsAreMeansOverSequences_data()
    {
        QTest::addColumn<unsigned>("blockTokens");
        QTest::addColumn<unsigned>("skip");
        QTest::newRow("whole") << 0u << 0u;
        QTest::newRow("pieces") << 5u << 3u;
        QTest::newRow("tokens") << 1u << 0u;
    }
    void rowsAreMeansOverSequences()
    {
        QFETCH(unsigned, blockTokens);
        QFETCH(unsigned, skip);
        // Two sites of different shape; empty slots; sequences without a choice, and shorter than m.
        MemoryTrace trace(2, 12, 3);
        trace.editShape().sites[1].numExperts = 5;
        trace.editShape().sites[1].topK = 2;
        const std::vector<std::uint32_t> lengths{30, 0, 2, 50, 9};
        for (const std::uint32_t length : lengths)
            trace.addSequence(length);
        std::vector<Tokens> tokens[3]; // site 0, 1, the model
        for (std::uint64_t s = 0; s < lengths.size(); ++s) {
            tokens[0].push_back(randomTokens(s, lengths[s], 12, 3));
            tokens[1].push_back(randomTokens(s + 50, lengths[s], 5, 2));
            if (s == 4)
                tokens[1].back().assign(lengths[s], {});
            tokens[2].push_back(tokens[0].back());
            for (std::size_t t = 0; t < lengths[s]; ++t) {
                for (const unsigned x : tokens[1][s][t])
                    tokens[2][s][t].push_back(12 + x);
                for (int site = 0; site < 2; ++site) {
                    std::vector<std::uint16_t> ids(tokens[site][s][t].begin(), tokens[site][s][t].end());
                    ids.insert(mix(t + s) % 2 ? ids.begin() : ids.end(), 3 - ids.size(), kNoExpert);
                    trace.ids[std::size_t(site)].insert(trace.ids[std::size_t(site)].end(), ids.begin(), ids.end());
                }
            }
        }
        AnalysisRequest request;
        request.metrics = {{"sch", {{"m", "1/6/64"}, {"rho", "0.5/1/2/100"}}}, {"sequence_cache", {{"warm", "0"}}},
            {"sch_cover", {{"m", "1/6/64"}}}};
        request.pass.blockTokens = blockTokens;
        request.pass.skipFirst = skip;
        request.simulateUniform = false;
        const auto results = analyse(trace, request);
        VERIFY_OK(results);
        const double chosen[] = {3, 2, 5};
        for (int group = 0; group < 3; ++group) {
            for (auto& sequence : tokens[group])
                sequence.erase(sequence.begin(), sequence.begin() + std::min<long>(skip, long(sequence.size())));
            const int site = group == 2 ? -1 : group;
            const auto mean = [&](SequencePolicy policy, double rho, bool warm, double m) {
                double sum = 0, n = 0;
                for (const Tokens& sequence : tokens[group]) {
                    std::size_t choices = 0;
                    for (const auto& token : sequence)
                        choices += token.size();
                    if (choices == 0)
                        continue;
                    const auto size = std::size_t(std::max(1.0, std::floor(rho * chosen[group] + 0.5)));
                    sum += double(directHits(policy, sequence, size, warm, std::size_t(m))) / double(choices);
                    ++n;
                }
                return std::pair(sum / n, std::uint64_t(n));
            };
            for (const double m : {1, 6, 64}) {
                for (const double rho : {0.5, 1.0, 2.0, 100.0}) {
                    const ResultRow* row = rowAt(*results, "sch.hit_rate", {{"m", m}, {"rho", rho}}, site);
                    const auto [value, n] = mean(SequencePolicy::LookAhead, rho, true, m);
                    QVERIFY(near(*row->value, value, 1e-14));
                    QCOMPARE(row->n, n);
                    if (rho == 100)
                        QCOMPARE(*row->value, 1.0);
                }
                for (const double rho : {1, 2, 3})
                    checkCover(*results, tokens[group],
                        group == 2  ? 17
                            : group ? 5
                                    : 12,
                        m, rho, rho * chosen[group], site);
            }
            for (const double rho : {0.5, 1.0, 2.0, 4.0}) {
                const std::pair<const char*, SequencePolicy> policies[] = {{"sequence_cache.lru", SequencePolicy::Lru},
                    {"sequence_cache.lfu", SequencePolicy::Lfu}, {"sequence_cache.belady", SequencePolicy::Belady}};
                for (const auto& [metric, policy] : policies) {
                    const ResultRow* row = rowAt(*results, metric, {{"rho", rho}, {"warm", 0}}, site);
                    QVERIFY2(near(*row->value, mean(policy, rho, false, 0).first, 1e-14), metric);
                }
            }
        }
    }

    void chanceHitsWhatItHolds()
    {
        // metrics 1.5: without foresight, routing by chance hits C / E, and at most C / (T k) more for the warm start.
        MemoryTrace trace(1, 64, 8);
        for (int s = 0; s < 20; ++s)
            trace.addSequence(1000);
        fillUniform(trace, 5);
        const auto results = analyse(trace, {{"sequence_cache"}}, {}, {});
        for (const char* metric : {"sequence_cache.lru", "sequence_cache.lfu"}) {
            for (const double rho : {0.5, 1.0, 2.0, 4.0}) {
                const ResultRow* row = rowAt(*results, metric, {{"rho", rho}}, 0);
                QVERIFY(near(*row->value, rho / 8, 0.004 + rho * 8 / 8000));
                QVERIFY(row->uniform && near(*row->uniform, *row->value, 0.005));
            }
        }
    }

private:
    static void checkCover(const Results& results, const std::vector<Tokens>& sequences, unsigned E, double m,
        double rho, double size, int site)
    {
        double covered = 0, active = 0;
        std::uint64_t windows = 0;
        for (const Tokens& sequence : sequences) {
            for (std::size_t p = 0; p + std::size_t(m) <= sequence.size(); ++p) {
                std::vector<int> f(E);
                for (std::size_t t = p; t < p + std::size_t(m); ++t) {
                    for (const unsigned x : sequence[t])
                        ++f[x];
                }
                std::ranges::sort(f, std::greater());
                for (std::size_t i = 0; i < E; ++i) {
                    active += f[i];
                    covered += double(i) < size ? f[i] : 0;
                }
                ++windows;
            }
        }
        const ResultRow* row = rowAt(results, "sch_cover.hit_rate", {{"m", m}, {"rho", rho}}, site);
        QCOMPARE(row->n, windows);
        QCOMPARE(row->value.has_value(), active > 0);
        if (row->value)
            QVERIFY(near(*row->value, covered / active, 1e-14));
    }
};

EXPERTSCOPE_TEST(TestSequenceCache)
#include "tst_sequence_cache.moc"
