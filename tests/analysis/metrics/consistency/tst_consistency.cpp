// SPDX-License-Identifier: GPL-3.0-or-later
//
// SRP, lifetimes and distinct experts: goldens of metrics.md 9.1, closed forms of 1.5, and plain restatements.
#include "analysis/metrics/analyse.h"
#include "tests/support/memory_trace.h"
#include "tests/support/near.h"
#include "tests/support/rows.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTest>

#include <map>
#include <set>

using namespace expertscope;
using namespace expertscope::testing;

/// Sticky routing with empty slots, ids given twice, sequences of 0 to 90 tokens; site 1 has 5 experts, 2 of them chosen.
static MemoryTrace stickyTrace(std::uint64_t seed, bool even)
{
    MemoryTrace trace(2, 12, 3);
    trace.editShape().sites[1].numExperts = 5;
    trace.editShape().sites[1].topK = 2;
    for (const unsigned length : {17u, 0u, 3u, 90u, 64u, 1u, 40u})
        trace.addSequence(length);
    fillUniform(trace, seed);
    for (auto& site : trace.ids) {
        for (std::size_t i = 3; i < site.size(); i += 3) {
            if (mix(seed + i) % 3)
                std::rotate_copy(&site[i - 3], &site[i - 2], &site[i], &site[i]);
            if (!even && mix(seed * 7 + i) % 9 == 0)
                site[i + mix(i) % 3] = kNoExpert;
            if (!even && mix(seed * 5 + i) % 9 == 0)
                site[i + 2] = site[i];
        }
    }
    if (even) { // rotated with their empty slot
        for (std::size_t i = 0; i < trace.ids[1].size(); i += 3) {
            auto* const id = &trace.ids[1][i];
            std::stable_partition(id, id + 3, [](std::uint16_t e) { return e != kNoExpert; });
        }
    }
    return trace;
}

class TestConsistency : public QObject
{
    Q_OBJECT
private slots:
    void srpGoldens_data()
    {
        QTest::addColumn<char>("kind");
        QTest::addColumn<int>("site");
        QTest::addColumn<int>("expert");
        QTest::addColumn<QList<double>>("values"); // SRP, alpha, rho_hat for m = 4, 16, 64, 256
        using V = QList<double>;
        QTest::newRow("U model") << 'U' << -1 << -1
                                 << V{.463212, 1, 3.317680, .320731, 3, 2.577481, .252257, 9, 3.249295, .229202, 30, 5.431770};
        QTest::newRow("U site") << 'U' << 0 << -1
                                << V{.463382, 1, 3.316092, .320644, 3, 2.575736, .252289, 9, 3.255603, .228964, 30, 5.429353};
        QTest::newRow("U expert") << 'U' << 0 << 0
                                  << V{.472607, 1, 3.231850, .326472, 3, 2.681123, .261737, 9, 3.838672, .235878, 31, 5.871182};
        QTest::newRow("B model") << 'B' << -1 << -1
                                 << V{.896876, 2, 1.108730, .633541, 6, 1.592524, .384018, 13, 2.075802, .278249, 36, 2.976107};
        QTest::newRow("M model") << 'M' << -1 << -1
                                 << V{.604944, 2, 1.084694, .462382, 4, 1.906745, .322940, 11, 2.372695, .255711, 33, 3.689066};
        QTest::newRow("M site") << 'M' << 0 << -1
                                << V{.605179, 2, 1.091171, .462330, 4, 1.906910, .322959, 11, 2.372842, .255128, 33, 3.652359};
        QTest::newRow("M expert") << 'M' << 0 << 0
                                  << V{.610185, 2, 1.088713, .470985, 4, 1.935115, .311929, 10, 3.028021, .247475, 32, 4.171530};
    }
    void srpGoldens()
    {
        QFETCH(char, kind);
        QFETCH(int, site);
        QFETCH(int, expert);
        QFETCH(QList<double>, values);
        MemoryTrace trace = splitmixTrace(kind);
        const auto results = analyse(trace, {{"srp"}}, {}, {});
        VERIFY_OK(results);
        int at = 0;
        for (const double m : {4, 16, 64, 256}) {
            const auto value = [&](const char* metric) { return valueAt(*results, metric, {{"m", m}}, site, expert); };
            QVERIFY(near(value("srp.value"), values[at++], 5.1e-7));
            QCOMPARE(value("srp.alpha"), values[at++]);
            QVERIFY(near(value("srp.rho_hat"), values[at++], 5.1e-7));
            const double pairs = 8 * (513 - m) * (expert < 0 ? 64 : 1) * (site < 0 ? 4 : 1);
            QCOMPARE(rowAt(*results, "srp.value", {{"m", m}}, site, expert)->n, std::uint64_t(pairs));
            if (expert < 0) // all slots are full: the rate is k / E
                QVERIFY(near(value("srp.lower_bound"), 2.0 / 9, 1e-12));
        }
    }

    void srpClosedForms_data()
    {
        QTest::addColumn<unsigned>("E");
        QTest::addColumn<unsigned>("k");
        QTest::addColumn<QList<double>>("values"); // SRP, alpha, rho_hat for m = 4, 16, 64, 256
        using V = QList<double>;
        QTest::newRow("1/4") << 8u << 2u << V{.5649, 2, 1.05, .4520, 4, 2.38, .4091, 14, 3.04, .4005, 52, 3.87};
        QTest::newRow("1/5") << 40u << 8u << V{.5126, 2, 0.90, .4001, 4, 2.01, .3491, 12, 3.24, .3351, 43, 4.58};
        QTest::newRow("1/8") << 64u << 8u << V{.4640, 1, 3.31, .3214, 3, 2.58, .2526, 9, 3.26, .2294, 30, 5.40};
        QTest::newRow("3/32") << 64u << 6u << V{.4472, 1, 3.47, .2810, 3, 1.97, .2103, 7, 4.20, .1825, 24, 5.67};
        QTest::newRow("1/15") << 60u << 4u << V{.4331, 1, 3.62, .2414, 2, 4.34, .1714, 6, 3.80, .1402, 18, 6.64};
        QTest::newRow("1/16") << 128u << 8u << V{.4310, 1, 3.64, .2374, 2, 4.23, .1646, 6, 3.36, .1336, 18, 5.40};
        QTest::newRow("1/64") << 128u << 2u << V{.4076, 1, 3.91, .1605, 2, 1.62, .0855, 3, 5.05, .0529, 7, 6.98};
        QTest::newRow("1/128") << 128u << 1u << V{.4038, 1, 3.95, .1243, 1, 15.10, .0627, 3, 1.78, .0368, 5, 6.65};
    }
    void srpClosedForms()
    {
        QFETCH(unsigned, E);
        QFETCH(unsigned, k);
        QFETCH(QList<double>, values);
        MemoryTrace trace(3, std::uint16_t(E), std::uint16_t(k));
        for (int s = 0; s < 10; ++s)
            trace.addSequence(5000);
        fillUniform(trace, E * 100 + k);
        AnalysisRequest request;
        request.metrics = {{"srp"}};
        request.simulateUniform = false; // of very many tokens
        const auto results = analyse(trace, request);
        int at = 0;
        for (const double m : {4, 16, 64, 256}) {
            for (const int site : {-1, 2}) {
                const auto uniform = [&](const char* metric) {
                    return *rowAt(*results, metric, {{"m", m}}, site)->uniform;
                };
                QVERIFY(near(uniform("srp.value"), values[at], 5.1e-5));
                QCOMPARE(uniform("srp.alpha"), values[at + 1]);
                QVERIFY(near(uniform("srp.rho_hat"), values[at + 2], 5.1e-3));
                // Routing by chance shows it: 150,000 tokens, some of which are independent.
                const double value = valueAt(*results, "srp.value", {{"m", m}}, site);
                QVERIFY(near(value, values[at], 0.03 * values[at]));
            }
            at += 3;
        }
        QVERIFY(rowAt(*results, "srp.value", {{"m", 16}}, 1, 3)->uniform);
        const double a = double(k) / E;
        QVERIFY(near(*rowAt(*results, "srp.lower_bound", {{"m", 16}}, 1, 3)->uniform, 2 * a / (1 + a), 1e-12));
    }

    void srpIsItsRestatement_data()
    {
        QTest::addColumn<bool>("even");
        QTest::addColumn<unsigned>("blockTokens");
        QTest::addColumn<unsigned>("skip");
        for (const bool even : {true, false}) {
            QTest::addRow("whole %d", even) << even << 0u << 0u;
            QTest::addRow("pieces %d", even) << even << 7u << 2u;
            QTest::addRow("tokens %d", even) << even << 1u << 0u;
        }
    }
    void srpIsItsRestatement()
    {
        QFETCH(bool, even);
        QFETCH(unsigned, blockTokens);
        QFETCH(unsigned, skip);
        MemoryTrace trace = stickyTrace(3, even);
        PassOptions options;
        options.blockTokens = blockTokens;
        options.skipFirst = skip;
        const auto results = analyse(trace, {{"srp", {{"m", "1/2/5/64/5"}}}}, {}, options);
        VERIFY_OK(results);
        for (const std::size_t m : {1, 2, 5, 64}) {
            std::vector<std::uint64_t> model(m + 1);
            for (int site = 0; site < 2; ++site) {
                const unsigned E = trace.shape().sites[std::size_t(site)].numExperts;
                std::vector<std::uint64_t> layer(m + 1);
                for (unsigned e = 0; e < E; ++e) {
                    std::vector<std::uint64_t> h(m + 1);
                    for (const Sequence& sequence : trace.shape().sequences) {
                        for (std::size_t p = skip; p + m <= sequence.length; ++p) {
                            std::size_t f = 0;
                            for (std::size_t t = p; t < p + m; ++t) {
                                const auto* id = &trace.ids[std::size_t(site)][(sequence.begin.value + t) * 3];
                                f += std::find(id, id + 3, e) != id + 3;
                            }
                            ++h[f];
                        }
                    }
                    check(*results, h, int(site), int(e));
                    for (std::size_t f = 0; f <= m; ++f) {
                        layer[f] += h[f];
                        model[f] += h[f];
                    }
                }
                check(*results, layer, site, -1);
            }
            check(*results, model, -1, -1);
        }
    }

    void srpOfOneSwitchForAll()
    {
        // Always the same experts: the segment router is perfect. One that is never chosen has no value.
        MemoryTrace trace(1, 4, 2);
        trace.addSequence(30);
        for (int t = 0; t < 30; ++t)
            trace.ids[0].insert(trace.ids[0].end(), {1, 3});
        const auto results = analyse(trace, {{"srp", {{"m", "16/31"}}}}, {}, {});
        for (const int expert : {-1, 1, 3}) {
            QCOMPARE(valueAt(*results, "srp.value", {{"m", 16}}, 0, expert), 1.0);
            QCOMPARE(valueAt(*results, "srp.rho_hat", {{"m", 16}}, 0, expert), 1.0);
        }
        QCOMPARE(rowAt(*results, "srp.value", {{"m", 16}}, 0, 0)->undefined, std::string("never chosen"));
        const ResultRow* none = rowAt(*results, "srp.value", {{"m", 31}}, 0);
        QVERIFY(!none->value && none->undefined == "no sequence has a window of so many tokens");
        QVERIFY(!rowAt(*results, "srp.value", {{"m", 31}}, -1)->value);
    }

    void distinctGoldens_data()
    {
        QTest::addColumn<char>("kind");
        QTest::addColumn<double>("value");
        QTest::newRow("U") << 'U' << 56.562500;
        QTest::newRow("B") << 'B' << 15.011719;
        QTest::newRow("M") << 'M' << 29.578125;
    }
    void distinctGoldens()
    {
        QFETCH(char, kind);
        QFETCH(double, value);
        MemoryTrace trace = splitmixTrace(kind);
        const auto results = analyse(trace, {{"distinct"}}, {}, {});
        const ResultRow* row = rowAt(*results, "distinct.experts", {{"window", 16}}, 0);
        QVERIFY(near(*row->value, value, 5.1e-7));
        QCOMPARE(row->n, 8u * 32);
        QVERIFY(near(*row->uniform, 64 * (1 - std::pow(7.0 / 8, 16)), 1e-12));
        if (kind == 'U')
            QVERIFY(near(*row->uniform, value, 0.2));
        double sum = 0;
        for (int site = 0; site < 4; ++site)
            sum += valueAt(*results, "distinct.experts", {{"window", 16}}, site);
        QCOMPARE(valueAt(*results, "distinct.experts", {{"window", 16}}, -1), sum / 4);
    }

    void lifetimesAndDistinctAreTheirRestatement_data() { srpIsItsRestatement_data(); }
    void lifetimesAndDistinctAreTheirRestatement()
    {
        QFETCH(bool, even);
        QFETCH(unsigned, blockTokens);
        QFETCH(unsigned, skip);
        MemoryTrace trace = stickyTrace(8, even);
        if (blockTokens != 1) { // and a sequence that for long has use for the same experts only
            trace.addSequence(2500);
            for (std::size_t site = 0; site < 2; ++site) {
                for (unsigned t = 0; t < 2500; ++t) {
                    const auto x = std::uint16_t(t < 2300 ? 1 : mix(t) % 3);
                    for (unsigned r = 0; r < 3; ++r)
                        trace.ids[site].push_back(site && r == 2 ? kNoExpert : std::uint16_t(x + (r + t) % (3 - site)));
                }
            }
        }
        AnalysisRequest request;
        request.metrics = {{"lifetime"}, {"lifetime", {{"rho", "0.4"}}}, {"lifetime", {{"rho", "3"}}},
            {"distinct", {{"window", "1/5/16/1000"}}}};
        request.pass.blockTokens = blockTokens;
        request.pass.skipFirst = skip;
        request.simulateUniform = false;
        const auto results = analyse(trace, request);
        VERIFY_OK(results);
        for (int site = 0; site < 2; ++site) {
            const unsigned E = trace.shape().sites[std::size_t(site)].numExperts;
            const double k = trace.shape().sites[std::size_t(site)].topK;
            const auto chosen = [&](const Sequence& sequence, std::size_t t) {
                const auto* id = &trace.ids[std::size_t(site)][(sequence.begin.value + t) * 3];
                std::vector<unsigned> experts(id, id + 3);
                std::erase(experts, kNoExpert);
                return experts;
            };
            std::vector<double> runs;
            for (const Sequence& sequence : trace.shape().sequences) {
                for (unsigned e = 0; e < E; ++e) {
                    double run = 0;
                    for (std::size_t t = skip; t <= sequence.length; ++t) {
                        const bool there = t < sequence.length && std::ranges::count(chosen(sequence, t), e) > 0;
                        if (there)
                            ++run;
                        else if (run > 0)
                            runs.push_back(std::exchange(run, 0));
                    }
                }
            }
            checkMean(rowAt(*results, "lifetime.run", {}, site), runs);
            for (const double rho : {0.4, 2.0, 3.0}) {
                const auto size = std::size_t(std::max(1.0, std::floor(rho * k + 0.5)));
                std::vector<double> stays;
                for (const Sequence& sequence : trace.shape().sequences) {
                    std::vector<std::pair<unsigned, std::size_t>> cache; // expert, token of its insertion; latest last
                    for (std::size_t t = skip; t < sequence.length; ++t) {
                        for (const unsigned x : chosen(sequence, t)) {
                            const auto found = std::ranges::find(cache, x, &std::pair<unsigned, std::size_t>::first);
                            std::pair<unsigned, std::size_t> entry{x, t};
                            if (found != cache.end()) {
                                entry = *found;
                                cache.erase(found);
                            } else if (cache.size() == size) {
                                stays.push_back(double(t - cache.front().second));
                                cache.erase(cache.begin());
                            }
                            cache.push_back(entry);
                        }
                    }
                    for (const auto& [x, since] : cache)
                        stays.push_back(double(sequence.length - since));
                }
                checkMean(rowAt(*results, "lifetime.lru", {{"rho", rho}}, site), stays);
            }
            for (const std::size_t window : {1, 5, 16, 1000}) {
                std::vector<double> found;
                for (const Sequence& sequence : trace.shape().sequences) {
                    for (std::size_t p = skip; p + window <= sequence.length; p += window) {
                        std::set<unsigned> experts;
                        for (std::size_t t = p; t < p + window; ++t) {
                            for (const unsigned x : chosen(sequence, t))
                                experts.insert(x);
                        }
                        found.push_back(double(experts.size()));
                    }
                }
                checkMean(rowAt(*results, "distinct.experts", {{"window", double(window)}}, site), found);
            }
        }
    }

    void lifetimeOfChance()
    {
        MemoryTrace trace(1, 32, 4);
        for (int s = 0; s < 50; ++s)
            trace.addSequence(400);
        fillUniform(trace, 9);
        const auto results = analyse(trace, {{"lifetime"}}, {}, {});
        const ResultRow* run = rowAt(*results, "lifetime.run", {}, 0);
        // k T choices in k + k (1 - k/E) (T - 1) runs, expected
        QVERIFY(near(*run->uniform, 400 / (1 + 0.875 * 399), 1e-12));
        QVERIFY(near(*run->value, *run->uniform, 0.01));
        const ResultRow* lru = rowAt(*results, "lifetime.lru", {{"rho", 2}}, 0);
        QVERIFY(lru->uniform && near(*lru->value, *lru->uniform, 0.02));
    }

private:
    static void checkMean(const ResultRow* row, const std::vector<double>& values)
    {
        QVERIFY(row);
        QCOMPARE(row->n, std::uint64_t(values.size()));
        QCOMPARE(row->value.has_value(), !values.empty());
        if (row->value)
            QVERIFY(near(*row->value, std::accumulate(values.begin(), values.end(), 0.0) / double(values.size()), 1e-12));
    }

    /// The rows against the definition, from the histogram of counts.
    static void check(const Results& results, const std::vector<std::uint64_t>& h, int site, int expert)
    {
        const std::size_t m = h.size() - 1;
        double active = 0, n = 0, best = -1, alphaOfBest = 0, onOfBest = 0;
        for (std::size_t f = 0; f <= m; ++f) {
            active += double(f * h[f]);
            n += double(h[f]);
        }
        for (std::size_t alpha = 0; alpha <= m; ++alpha) {
            double hits = 0, on = 0;
            for (std::size_t f = alpha; f <= m; ++f) {
                hits += double(f * h[f]);
                on += double(m * h[f]);
            }
            if (2 * hits / (on + active) > best) {
                best = 2 * hits / (on + active);
                alphaOfBest = double(alpha);
                onOfBest = on;
            }
        }
        const std::map<std::string, double> params{{"m", double(m)}};
        const ResultRow* row = rowAt(results, "srp.value", params, site, expert);
        QVERIFY(row);
        QCOMPARE(row->n, std::uint64_t(n));
        if (active == 0) {
            QVERIFY(!row->value);
            return;
        }
        QVERIFY(near(*row->value, best, 1e-14));
        QCOMPARE(valueAt(results, "srp.alpha", params, site, expert), alphaOfBest);
        QVERIFY(near(valueAt(results, "srp.rho_hat", params, site, expert), onOfBest / active, 1e-12));
        const double a = active / (double(m) * n);
        QVERIFY(near(valueAt(results, "srp.lower_bound", params, site, expert), 2 * a / (1 + a), 1e-14));
        QVERIFY(*row->value >= 2 * a / (1 + a) - 1e-14);
    }
};

EXPERTSCOPE_TEST(TestConsistency)
#include "tst_consistency.moc"
