// SPDX-License-Identifier: GPL-3.0-or-later
//
// Co-activation, affinity, mutual information and fan-out against goldens, closed forms and plain restatements.
#include "analysis/chance/independence.h"
#include "analysis/chance/pair_chance.h"
#include "analysis/counts/pair_counts.h"
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

/// Or both undefined.
static bool alike(double value, double expected, double tolerance)
{
    return (std::isnan(value) && std::isnan(expected)) || near(value, expected, tolerance);
}

static const std::vector<MetricRequest> kPairMetrics{
    {"coactivation"}, {"coactivation_adjacent"}, {"affinity"}, {"flow"}, {"mutual_information"}, {"fan_out"}};

static const ResultMatrix* findMatrix(const Results& results, const std::string& metric, unsigned site)
{
    for (const ResultMatrix& matrix : results.matrices) {
        if (matrix.metric == metric && matrix.site->value == site && !matrix.label)
            return &matrix;
    }
    return nullptr;
}

/// Routing of every kind: 'r' with empty slots and sites of different E and k, '2' a token now and then names an expert
/// twice, else plain. Somewhat sticky from site to site, so that sites know of each other.
static MemoryTrace sampleTrace(char kind, unsigned E, unsigned k, std::uint64_t seed)
{
    MemoryTrace trace(4, std::uint16_t(E), std::uint16_t(k));
    if (kind == 'r') {
        trace.editShape().sites[1].numExperts = std::uint16_t(E / 2);
        trace.editShape().sites[1].topK = std::uint16_t((k + 1) / 2);
        trace.editShape().sites[3].numExperts = std::uint16_t(E - 3);
    }
    for (unsigned s = 0; s < 12; ++s)
        trace.addSequence(s == 5 ? 1 : unsigned(mix(seed + s) % 120));
    fillUniform(trace, seed);
    const std::size_t T = trace.shape().numTokens;
    for (std::size_t site = 1; site < 4; ++site) {
        for (std::size_t i = 0; i < T; ++i) {
            if (mix(seed + i * 4 + site) % 3 == 0 && kind != 'r')
                std::rotate_copy(&trace.ids[site - 1][i * k], &trace.ids[site - 1][i * k] + site % k,
                    &trace.ids[site - 1][i * k] + k, &trace.ids[site][i * k]);
            if (kind == '2' && mix(seed + i * 4 + site) % 50 == 1)
                trace.ids[site][i * k] = trace.ids[site][i * k + k - 1];
        }
    }
    for (std::size_t site = 0; kind == 'r' && site < 4; ++site) {
        for (std::size_t i = 0; i < T * k; ++i) {
            if (mix(seed + i + 99 * site) % 5 == 0)
                trace.ids[site][i] = kNoExpert;
        }
    }
    return trace;
}

/// Tokens of a trace from the `skip`th of each sequence on.
static std::vector<std::size_t> tokensOf(const MemoryTrace& trace, std::size_t skip)
{
    std::vector<std::size_t> tokens;
    for (const Sequence& sequence : trace.shape().sequences) {
        for (std::size_t t = skip; t < sequence.length; ++t)
            tokens.push_back(sequence.begin.value + t);
    }
    return tokens;
}

static std::set<unsigned> setOf(const MemoryTrace& trace, std::size_t site, std::size_t token)
{
    const std::size_t K = trace.shape().numSlots;
    std::set<unsigned> set(&trace.ids[site][token * K], &trace.ids[site][token * K] + K);
    set.erase(kNoExpert);
    return set;
}

static double entropyOf(const std::map<unsigned, double>& counts, double n)
{
    double sum = 0;
    for (const auto& [id, c] : counts)
        sum -= c / n * std::log(c / n);
    return sum;
}

class TestPairs : public QObject
{
    Q_OBJECT
private slots:
    /// metrics 9.1, layer 0
    void goldens_data()
    {
        QTest::addColumn<char>("kind");
        QTest::addColumn<QList<double>>("values");
        QTest::addColumn<QList<int>>("experts"); // i, j of the largest, both variants
        QTest::newRow("U") << 'U'
                           << QList<double>{.166344, .054167, 1.749964, .060789, .159668, 32768, 18, 2.252197, 3.660645}
                           << QList<int>{27, 29, 33, 60};
        QTest::newRow("B") << 'B'
                           << QList<double>{.283784, .125000, 1.749255, .178283, .229946, 32768, 48, 2.234375, 3.695312}
                           << QList<int>{59, 16, 12, 48};
        QTest::newRow("M") << 'M'
                           << QList<double>{.181818, .053678, 1.749493, .066919, .176881, 32768, 21, 2.241699, 3.645020}
                           << QList<int>{26, 30, 17, 14};
    }
    void goldens()
    {
        QFETCH(char, kind);
        QFETCH(QList<double>, values);
        QFETCH(QList<int>, experts);
        MemoryTrace trace = splitmixTrace(kind);
        const auto rows = analyse(trace, kPairMetrics, {}, {});
        VERIFY_OK(rows);
        const char* names[] = {"coactivation.max", "coactivation_adjacent.max", "coactivation_adjacent.mean_row_sum",
            "affinity.top1_row_max", "affinity.set_row_max", "affinity.rank_aligned_total", "affinity.rank_aligned_max",
            "fan_out.top1_hops", "fan_out.gpus"};
        for (int i = 0; i < 9; ++i)
            QVERIFY2(near(valueOf(*rows, names[i], i == 7 ? -1 : 0), values[i], 5.1e-7), names[i]);
        QVERIFY(near(valueOf(*rows, "coactivation.mean_row_sum", 0), 7, 1e-12));
        for (int v = 0; v < 2; ++v) {
            const ResultRow* row = findRow(*rows, names[v], 0);
            QCOMPARE(int(row->expert->value), experts[2 * v]);
            QCOMPARE(row->other.at("with"), std::to_string(experts[2 * v + 1]));
            QCOMPARE(row->n, 4096u);
        }
        for (int site = 0; site < 3; ++site) {
            const ResultRow* row = findRow(*rows, "affinity.set_row_max", site);
            QCOMPARE(row->other.at("to_site"), std::to_string(site + 1));
            const ResultMatrix* set = findMatrix(*rows, "affinity.set", unsigned(site));
            for (std::size_t i = 0; i < 64; ++i) { // rows sum to k
                const double sum = std::accumulate(&set->values[i * 64], &set->values[i * 64] + 64, 0.0);
                QVERIFY(near(sum, 8, 1e-12));
            }
        }
        QVERIFY(!findRow(*rows, "affinity.set_row_max", 3));
        // Means over sites and pairs are plain ones.
        for (const char* name : {"coactivation.max", "affinity.top1_row_max", "mutual_information.top1"}) {
            double sum = 0, n = 0;
            for (int site = 0; site < 4; ++site) {
                if (const ResultRow* row = findRow(*rows, name, site)) {
                    sum += *row->value;
                    ++n;
                }
            }
            const ResultRow* mean = findRow(*rows, name, -1);
            QVERIFY(mean && !mean->expert && mean->other.empty());
            QCOMPARE(mean->params.at("sites"), ParameterValue(n));
            QVERIFY(near(*mean->value, sum / n, 1e-15));
        }
    }

    void restatement_data()
    {
        QTest::addColumn<char>("kind");
        QTest::addColumn<int>("E");
        QTest::addColumn<int>("k");
        QTest::newRow("empty slots") << 'r' << 20 << 4;
        QTest::newRow("empty slots, many experts") << 'r' << 300 << 7;
        QTest::newRow("an expert twice") << '2' << 20 << 4;
        QTest::newRow("an expert twice, many slots") << '2' << 64 << 8;
        for (const auto& [E, k] : {std::pair(2, 1), {2, 2}, {9, 2}, {16, 1}, {20, 3}, {32, 4}, {32, 7}, {64, 2},
                 {64, 6}, {64, 8}, {65, 8}, {128, 8}, {129, 8}, {200, 3}})
            QTest::addRow("%d of %d", k, E) << 'p' << E << k;
    }
    void restatement()
    {
        QFETCH(char, kind);
        QFETCH(int, E);
        QFETCH(int, k);
        MemoryTrace trace = sampleTrace(kind, unsigned(E), unsigned(k), std::uint64_t(E * 100 + k));
        for (const std::uint32_t skip : {0u, 2u}) {
            PassOptions options;
            options.skipFirst = skip;
            options.blockTokens = skip ? 13 : 0;
            const auto results = analyse(trace, kPairMetrics, {}, options);
            VERIFY_OK(results);
            for (unsigned site = 0; site < 4; ++site) {
                compareCoactivation(*results, trace, site, skip);
                if (site < 3)
                    compareAffinity(*results, trace, site, site + 1, skip);
            }
            compareFanOut(*results, trace, 4, skip);
            if (QTest::currentTestFailed())
                return;
        }
    }

    void independentMarksAreTheirLaw()
    {
        const auto choose = [](int n, int k) {
            double ways = k < 0 || k > n ? 0 : 1;
            for (int i = 0; i < k && ways > 0; ++i)
                ways = ways * (n - i) / (i + 1);
            return ways;
        };
        for (const auto& [N, n, m] : {std::tuple(10, 3, 4), {40, 20, 20}, {60, 1, 59}, {100, 8, 90}, {50, 25, 2}}) {
            const IndependentMarks law(N, n, m);
            double mean = 0, deviation = 0, square = 0, tail = 0, above = 0;
            for (int x = 0; x <= n; ++x) {
                const double p = choose(n, x) * choose(N - n, m - x) / choose(N, m), d = x - double(n) * m / N;
                mean += p * x;
                deviation += p * std::abs(d);
                square += p * d * d;
                tail += x >= 2 ? p : 0;
                above += x >= 2 ? p * x : 0;
            }
            QVERIFY(near(law.expected(), mean, 1e-10) && near(law.sd() * law.sd(), square, 1e-9));
            QVERIFY(near(law.meanDeviation(), deviation, 1e-9));
            QVERIFY(near(law.tail(2).probability, tail, 1e-9) && near(law.tail(2).count, above, 1e-9));
        }
        QVERIFY(std::isnan(IndependentMarks(5, 5, 3).z(3)) && std::isnan(IndependentMarks(0, 0, 0).z(0)));
        QCOMPARE(IndependentMarks(5, 5, 3).meanDeviation(), 0.0);
    }

    /// Independent sites show the floor and next to no significant cell; a planted pair stands out.
    void flowTellsStructureFromNoise()
    {
        MemoryTrace trace(3, 64, 4);
        for (int s = 0; s < 20; ++s)
            trace.addSequence(400);
        fillUniform(trace, 5);
        for (std::size_t t = 0; t < trace.shape().numTokens; ++t) { // from 7 to 9 at the last two sites
            std::uint16_t *from = &trace.ids[1][t * 4], *to = &trace.ids[2][t * 4];
            if (std::find(from, from + 4, 7) != from + 4 && std::find(to, to + 4, 9) == to + 4 && mix(t) % 2)
                to[3] = 9;
        }
        const auto results = analyse(trace, {{"flow"}}, {}, {});
        VERIFY_OK(results);
        const ResultRow* chance = findRow(*results, "flow.excess", 0);
        QVERIFY(near(*chance->value, *chance->uniform, 4 * *chance->uniformSd + 0.02 * *chance->uniform));
        QVERIFY(near(*chance->value, valueOf(*results, "flow.floor", 0), 0.05 * *chance->value));
        QVERIFY(valueOf(*results, "flow.cells", 0) < 0.01 * 64 * 64);
        const ResultMatrix *z = findMatrix(*results, "flow.z", 1), *count = findMatrix(*results, "flow.count", 1);
        QCOMPARE(std::ranges::max_element(z->values) - z->values.begin(), 7 * 64 + 9);
        QVERIFY(count->values[7 * 64 + 9] > 200);
        QVERIFY(valueOf(*results, "flow.cells", 1) >= 1);
        // Pairs from an expert: each of its tokens chose four.
        const ResultMatrix* from = findMatrix(*results, "flow.from", 1);
        for (std::size_t i = 0; i < 64; ++i)
            QCOMPARE(std::accumulate(&count->values[i * 64], &count->values[i * 64] + 64, 0.0), 4 * from->values[i]);
    }

    void alwaysTheSame()
    {
        // Seven experts always, and two in turn: counts beyond what a byte holds.
        MemoryTrace trace(2, 64, 8);
        trace.addSequence(700);
        for (auto& site : trace.ids) {
            for (int t = 0; t < 700; ++t)
                site.insert(site.end(), {7, 6, 5, 4, 3, 2, 1, std::uint16_t(t % 7 ? 0 : 8)});
        }
        const auto results = analyse(trace, kPairMetrics, {}, {});
        QCOMPARE(findMatrix(*results, "coactivation.conditional", 0)->values[7 * 64], 6.0 / 7);
        QCOMPARE(findMatrix(*results, "coactivation.conditional", 0)->values[8 * 64 + 7], 1.0);
        QCOMPARE(findMatrix(*results, "affinity.set", 0)->values[7 * 64 + 8], 1.0 / 7);
        QCOMPARE(findRow(*results, "affinity.set_row_max", 0)->n, 700u);
        QCOMPARE(findMatrix(*results, "affinity.set", 0)->values[7 * 64 + 3], 1.0);
        QCOMPARE(valueOf(*results, "affinity.rank_aligned_max", 0), 700.0);
        QVERIFY(findRow(*results, "mutual_information.relative", 0)->undefined.starts_with("one expert"));
    }

    void parameters()
    {
        MemoryTrace trace = sampleTrace('p', 24, 3, 5);
        PassOptions options;
        options.sites = {SiteIndex(0), SiteIndex(2), SiteIndex(3)};
        const auto results = analyse(trace,
            {{"affinity", {{"distance", "2"}}}, {"mutual_information", {{"distance", "2"}}},
                {"fan_out", {{"gpus", "1/3/5/100"}}}},
            {}, options);
        VERIFY_OK(results);
        compareAffinity(*results, trace, 0, 2, 0);
        QCOMPARE(findRow(*results, "affinity.set_row_max", 0)->params.at("distance"), ParameterValue(2.0));
        for (const int site : {1, 2, 3})
            QVERIFY(!findRow(*results, "affinity.set_row_max", site)); // 1 is not wanted, 4 not there
        for (const unsigned gpus : {1u, 3u, 5u, 100u})
            compareFanOut(*results, trace, gpus, 0, {0, 2, 3});
        const auto far =
            analyse(trace, {{"affinity", {{"distance", "4"}}}, {"mutual_information", {{"distance", "4"}}}}, {}, {});
        QCOMPARE(far->rows.size(), std::size_t(7));
        for (const ResultRow& row : far->rows)
            QCOMPARE(row.undefined, std::string("no two sites lie that far apart"));
    }

    void undefinedIsUndefined()
    {
        MemoryTrace trace(2, 4, 2);
        trace.editShape().sites[1].numExperts = 1;
        trace.addSequence(2);
        trace.ids[0] = {1, 2, 1, kNoExpert};
        trace.ids[1] = {0, kNoExpert, kNoExpert, kNoExpert};
        const auto results = analyse(trace, kPairMetrics, {}, {});
        QCOMPARE(findRow(*results, "coactivation.max", 1)->undefined, std::string("a single expert: no pairs"));
        QCOMPARE(valueOf(*results, "coactivation.max", 0, 2), 1.0);
        QCOMPARE(*findRow(*results, "coactivation.max", 0)->uniform, 1.0); // one token chooses two: one of them always is alone
        QCOMPARE(valueOf(*results, "coactivation.mean_row_sum", 0), (0.5 + 1) / 2);
        const ResultMatrix* matrix = findMatrix(*results, "coactivation.conditional", 0);
        QVERIFY(std::isnan(matrix->values[0]) && std::isnan(matrix->values[5])); // never chosen; itself
        QCOMPARE(matrix->values[1 * 4 + 2], 0.5);
        QCOMPARE(valueOf(*results, "affinity.set_row_max", 0), 1.0);
        QCOMPARE(findRow(*results, "affinity.set_row_max", 0)->n, 1u); // the other token chose nothing there
        QVERIFY(findRow(*results, "mutual_information.relative", 0)->undefined.starts_with("one expert"));
        QCOMPARE(valueOf(*results, "mutual_information.top1", 0), 0.0);
        PassOptions one;
        one.sites = {SiteIndex(0)};
        const auto alone = analyse(trace, {{"fan_out"}}, {}, one);
        QVERIFY(findRow(*alone, "fan_out.top1_hops", -1)->undefined.starts_with("a single site"));
    }

    /// Fan-out and co-activation of the notes (2.4, 3.2); routing by chance shows them within three standard errors.
    void closedForms_data()
    {
        QTest::addColumn<int>("E");
        QTest::addColumn<int>("k");
        QTest::addColumn<int>("gpus");
        QTest::addColumn<double>("touched");
        QTest::newRow("64,8,4") << 64 << 8 << 4 << 3.658983;
        QTest::newRow("64,6,8") << 64 << 6 << 8 << 4.535516;
        QTest::newRow("8,2,4") << 8 << 2 << 4 << 1.857143;
    }
    void closedForms()
    {
        QFETCH(int, E);
        QFETCH(int, k);
        QFETCH(int, gpus);
        QFETCH(double, touched);
        constexpr double kTokens = 20'000;
        MemoryTrace trace(4, std::uint16_t(E), std::uint16_t(k));
        trace.addSequence(std::uint32_t(kTokens));
        fillUniform(trace, std::uint64_t(E + k));
        const auto results = analyse(trace,
            {{"fan_out", {{"gpus", std::to_string(gpus)}}}, {"coactivation"}, {"coactivation_adjacent"}, {"affinity"}},
            {}, {});
        const ResultRow* row = findRow(*results, "fan_out.gpus", 0);
        QVERIFY(near(*row->uniform, touched, 5.1e-7));
        QVERIFY(near(*row->value, touched, 3 * 0.6 / std::sqrt(kTokens))); // 0.6: above the SD of each of the three
        row = findRow(*results, "fan_out.top1_hops", -1);
        QVERIFY(near(*row->uniform, 3 * (1 - 1.0 / gpus), 1e-12));
        QVERIFY(near(*row->value, *row->uniform, 3 * std::sqrt(3.0 / gpus * (1 - 1.0 / gpus) / kTokens)));

        const double pair = double(k - 1) / (E - 1), adjacent = pair * 2 / k;
        for (const auto& [metric, p] : {std::pair("coactivation", pair), {"coactivation_adjacent", adjacent}}) {
            const ResultMatrix* matrix = findMatrix(*results, metric + std::string(".conditional"), 0);
            QVERIFY(near(*matrix->uniform, p, 1e-12));
            QVERIFY(near(*findRow(*results, metric + std::string(".mean_row_sum"), 0)->uniform, p * (E - 1), 1e-12));
            const double error = std::sqrt(p * (1 - p) * E / (k * kTokens));
            double square = 0, largest = 0;
            for (int i = 0; i < E; ++i) {
                for (int j = 0; j < E; ++j) {
                    const double z = (matrix->values[std::size_t(i * E + j)] - p) / error;
                    square += i == j ? 0 : z * z;
                    largest = std::max(largest, i == j ? 0 : std::abs(z));
                }
            }
            QVERIFY2(near(square / (E * (E - 1)), 1, E == 8 ? 0.7 : 0.15), metric);
            QVERIFY2(largest < 5.5, metric); // one of 4032
        }
        const ResultMatrix* set = findMatrix(*results, "affinity.set", 1);
        QVERIFY(near(*set->uniform, double(k) / E, 1e-12));
        const double a = double(k) / E, error = std::sqrt(a * (1 - a) * E / (k * kTokens));
        for (const double value : set->values)
            QVERIFY(near(value, a, 5.5 * error));
    }

    /// What stands beside a value as uniform is what routing by chance shows.
    void uniformIsChance_data()
    {
        QTest::addColumn<int>("E");
        QTest::addColumn<int>("k");
        QTest::addColumn<int>("tokens");
        QTest::newRow("64,8 few") << 64 << 8 << 300;
        QTest::newRow("64,8") << 64 << 8 << 4096;
        QTest::newRow("8,2") << 8 << 2 << 4096;
        QTest::newRow("16,1 few") << 16 << 1 << 40;
        QTest::newRow("12,6") << 12 << 6 << 1500;
        QTest::newRow("128,4") << 128 << 4 << 2500;
        QTest::newRow("24,3 many") << 24 << 3 << 120'000;
    }
    void uniformIsChance()
    {
        QFETCH(int, E);
        QFETCH(int, k);
        QFETCH(int, tokens);
        MemoryTrace trace(tokens > 100'000 ? 4 : 20, std::uint16_t(E), std::uint16_t(k));
        trace.addSequence(std::uint32_t(tokens));
        fillUniform(trace, std::uint64_t(E * k + tokens));
        const auto results =
            analyse(trace, {{"coactivation"}, {"coactivation_adjacent"}, {"affinity"}, {"mutual_information"}}, {}, {});
        std::map<std::string, std::vector<double>> values, uniform;
        for (const ResultRow& row : results->rows) {
            if (!row.site || !row.value)
                continue;
            QVERIFY2(row.uniform, row.metric.c_str());
            values[row.metric].push_back(*row.value);
            uniform[row.metric].push_back(*row.uniform);
        }
        QCOMPARE(values.size(), std::size_t(11));
        for (const auto& [metric, v] : values) {
            const double n = double(v.size()), mean = std::accumulate(v.begin(), v.end(), 0.0) / n;
            double square = 0;
            for (const double x : v)
                square += (x - mean) * (x - mean);
            const double error = std::sqrt(square) / n;
            // The formulas promise 1 to 2 %, of what lies above the mean share.
            QVERIFY2(near(uniform[metric].front(), mean, 4 * error + 0.02 * std::abs(mean) + 1e-12), metric.c_str());
        }
    }

    void informationOfDependence()
    {
        // The second site's first choice is the first one's over 2: I = H of the second; independent: the correction
        // takes the bias away.
        MemoryTrace trace(3, 16, 1);
        trace.addSequence(4000);
        fillUniform(trace, 3);
        for (std::size_t t = 0; t < 4000; ++t)
            trace.ids[1][t] = trace.ids[0][t] / 2;
        const auto results = analyse(trace, {{"mutual_information"}}, {}, {});
        QVERIFY(near(valueOf(*results, "mutual_information.relative", 0), 1, 1e-12));
        QVERIFY(near(valueOf(*results, "mutual_information.top1", 0), std::log(8.0), 0.01));
        QVERIFY(valueOf(*results, "mutual_information.top1", 1) > 0.008);
        QVERIFY(near(valueOf(*results, "mutual_information.corrected", 1), 0, 0.005));
        QVERIFY(near(*findRow(*results, "mutual_information.corrected", 1)->uniform, 0, 0.001));
    }

    void countsOutgrow32Bits()
    {
        PairCounts counts(2, 3);
        counts.cells(UINT32_MAX)[4] = UINT32_MAX;
        counts.cells(0)[1] = 5;
        PairCounts same = counts;
        counts.cells(3)[4] += 3;
        QCOMPARE(counts.at(1, 1), std::uint64_t(UINT32_MAX) + 3);
        counts.add(same);
        counts.add(same);
        QCOMPARE(counts.at(1, 1), 3 * std::uint64_t(UINT32_MAX) + 3);
        QCOMPARE(counts.at(0, 1), std::uint64_t(15));
        QCOMPARE(counts.rowSum(1), 3 * std::uint64_t(UINT32_MAX) + 3);
        QCOMPARE(counts.total(), 3 * std::uint64_t(UINT32_MAX) + 18);
        same.add(counts); // wide into narrow
        QCOMPARE(same.at(1, 1), 4 * std::uint64_t(UINT32_MAX) + 3);
        Archive out;
        counts.persist(out);
        Archive in(out.bytes());
        PairCounts read(2, 3);
        read.persist(in);
        QVERIFY(in.ok() && in.atEnd());
        QCOMPARE(read.at(1, 1), counts.at(1, 1));
        read.add(same);
        QCOMPARE(read.at(1, 1), 7 * std::uint64_t(UINT32_MAX) + 6);
    }

private:
    static void compareCoactivation(const Results& results, const MemoryTrace& trace, unsigned site, std::size_t skip)
    {
        const unsigned E = trace.shape().sites[site].numExperts;
        const std::size_t K = trace.shape().numSlots;
        for (const bool adjacent : {false, true}) {
            std::vector<std::vector<double>> together(E, std::vector<double>(E));
            std::vector<double> chosen(E);
            std::uint64_t n = 0;
            for (const std::size_t t : tokensOf(trace, skip)) {
                const std::set<unsigned> set = setOf(trace, site, t);
                n += !set.empty();
                for (const unsigned i : set)
                    ++chosen[i];
                std::set<std::pair<unsigned, unsigned>> pairs; // unordered, each once a token
                for (std::size_t a = 0; a < K; ++a) {
                    for (std::size_t b = a + 1; b < (adjacent ? std::min(a + 2, K) : K); ++b) {
                        const unsigned i = trace.ids[site][t * K + a], j = trace.ids[site][t * K + b];
                        // of an expert named twice, the first mention counts
                        const auto first = [&](std::size_t r) {
                            return std::find(
                                       &trace.ids[site][t * K], &trace.ids[site][t * K + r], trace.ids[site][t * K + r])
                                == &trace.ids[site][t * K + r];
                        };
                        if (i != kNoExpert && j != kNoExpert && first(a) && first(b))
                            pairs.insert({i, j});
                    }
                }
                for (const auto& [i, j] : pairs) {
                    ++together[i][j];
                    ++together[j][i];
                }
            }
            const std::string name = adjacent ? "coactivation_adjacent" : "coactivation";
            const ResultMatrix* matrix = findMatrix(results, name + ".conditional", site);
            QCOMPARE(matrix->values.size(), std::size_t(E) * E);
            QCOMPARE(matrix->axes.size(), std::size_t(2));
            double most = -1, sum = 0, some = 0;
            for (unsigned i = 0; i < E; ++i) {
                for (unsigned j = 0; j < E; ++j) {
                    const double share = i == j ? NAN : together[i][j] / chosen[i];
                    QVERIFY(alike(matrix->values[i * E + j], share, 1e-14));
                    most = std::isnan(share) ? most : std::max(most, share);
                }
                if (chosen[i]) {
                    ++some;
                    sum += std::accumulate(together[i].begin(), together[i].end(), 0.0) / chosen[i];
                }
            }
            const ResultRow* row = findRow(results, name + ".max", int(site));
            QVERIFY(alike(*row->value, most, 1e-14));
            QCOMPARE(row->n, n);
            QCOMPARE(
                together[row->expert->value][std::stoul(row->other.at("with"))] / chosen[row->expert->value], most);
            QVERIFY(alike(valueOf(results, name + ".mean_row_sum", int(site)), sum / some, 1e-12));
        }
    }

    static void compareAffinity(
        const Results& results, const MemoryTrace& trace, unsigned from, unsigned to, std::size_t skip)
    {
        const unsigned A = trace.shape().sites[from].numExperts, B = trace.shape().sites[to].numExperts;
        const std::size_t K = trace.shape().numSlots;
        std::map<std::pair<unsigned, unsigned>, double> first, set, aligned;
        std::map<unsigned, double> firstOf, firstTo, setOfExpert;
        std::uint64_t firsts = 0, sets = 0, alignedTokens = 0;
        for (const std::size_t t : tokensOf(trace, skip)) {
            const std::uint16_t *x = &trace.ids[from][t * K], *y = &trace.ids[to][t * K];
            if (x[0] != kNoExpert && y[0] != kNoExpert) {
                ++first[{x[0], y[0]}];
                ++firstOf[x[0]];
                ++firstTo[y[0]];
                ++firsts;
            }
            const std::set<unsigned> X = setOf(trace, from, t), Y = setOf(trace, to, t);
            sets += !X.empty() && !Y.empty();
            for (const unsigned i : X) {
                setOfExpert[i] += !Y.empty();
                for (const unsigned j : Y)
                    ++set[{i, j}];
            }
            bool any = false;
            for (std::size_t r = 0; r < K; ++r) {
                if (x[r] != kNoExpert && y[r] != kNoExpert) {
                    ++aligned[{x[r], y[r]}];
                    any = true;
                }
            }
            alignedTokens += any;
        }
        const auto count = [](auto& counts, unsigned i, unsigned j) {
            const auto found = counts.find(std::pair(i, j));
            return found == counts.end() ? 0.0 : found->second;
        };
        double firstMax = 0, firstRows = 0, setMax = 0, setRows = 0, most = 0, total = 0;
        const ResultMatrix* top1 = findMatrix(results, "affinity.top1", from);
        const ResultMatrix* sets2 = findMatrix(results, "affinity.set", from);
        const ResultMatrix* ranks = findMatrix(results, "affinity.rank_aligned", from);
        QCOMPARE(top1->other.at("to_site"), std::to_string(to));
        for (unsigned i = 0; i < A; ++i) {
            double firstOfRow = 0, setOfRow = 0;
            for (unsigned j = 0; j < B; ++j) {
                firstOfRow = std::max(firstOfRow, count(first, i, j));
                setOfRow = std::max(setOfRow, count(set, i, j));
                most = std::max(most, count(aligned, i, j));
                total += count(aligned, i, j);
                QVERIFY(alike(top1->values[i * B + j], count(first, i, j) / firstOf[i], 1e-14));
                QVERIFY(alike(sets2->values[i * B + j], count(set, i, j) / setOfExpert[i], 1e-14));
                QCOMPARE(ranks->values[i * B + j], count(aligned, i, j));
            }
            firstRows += firstOf[i] > 0;
            firstMax += firstOf[i] > 0 ? firstOfRow / firstOf[i] : 0;
            setRows += setOfExpert[i] > 0;
            setMax += setOfExpert[i] > 0 ? setOfRow / setOfExpert[i] : 0;
        }
        const int site = int(from);
        QVERIFY(alike(valueOf(results, "affinity.top1_row_max", site), firstMax / firstRows, 1e-13));
        QVERIFY(alike(valueOf(results, "affinity.set_row_max", site), setMax / setRows, 1e-13));
        QCOMPARE(valueOf(results, "affinity.rank_aligned_max", site), most);
        QCOMPARE(valueOf(results, "affinity.rank_aligned_total", site), total);
        QCOMPARE(findRow(results, "affinity.top1_row_max", site)->n, firsts);
        QCOMPARE(findRow(results, "affinity.set_row_max", site)->n, sets);
        QCOMPARE(findRow(results, "affinity.rank_aligned_max", site)->n, alignedTokens);

        std::erase_if(firstOf, [](const auto& c) { return c.second == 0; }); // operator[] made some
        const double n = double(firsts), hx = entropyOf(firstOf, n), hy = entropyOf(firstTo, n);
        double information = 0;
        for (const auto& [pair, c] : first)
            information += c / n * std::log(c * n / (firstOf[pair.first] * firstTo[pair.second]));
        const double bias = (double(first.size()) - double(firstOf.size()) - double(firstTo.size()) + 1) / (2 * n);
        QVERIFY(alike(valueOf(results, "mutual_information.top1", site), information, 1e-12));
        QVERIFY(alike(valueOf(results, "mutual_information.corrected", site), information - bias, 1e-12));
        QVERIFY(alike(valueOf(results, "mutual_information.relative", site), information / std::min(hx, hy), 1e-12));
        QCOMPARE(findRow(results, "mutual_information.top1", site)->n, firsts);
    }

    static void compareFanOut(const Results& results, const MemoryTrace& trace, unsigned gpus, std::size_t skip,
        const std::vector<std::size_t>& sites = {0, 1, 2, 3})
    {
        const auto find = [&](const char* metric, int site) -> const ResultRow* {
            for (const ResultRow& row : results.rows) {
                if (row.metric == metric && row.params.at("gpus") == ParameterValue(double(gpus))
                    && (site < 0 ? !row.site : row.site && row.site->value == site))
                    return &row;
            }
            return nullptr;
        };
        const auto gpuOf = [&](std::size_t site, unsigned expert) {
            return unsigned(std::floor(double(expert) * gpus / trace.shape().sites[site].numExperts + 1e-9));
        };
        const std::size_t K = trace.shape().numSlots;
        double mean = 0, hops = 0;
        std::uint64_t complete = 0;
        for (const std::size_t site : sites) {
            double touched = 0, n = 0;
            for (const std::size_t t : tokensOf(trace, skip)) {
                std::set<unsigned> used;
                for (const unsigned expert : setOf(trace, site, t))
                    used.insert(gpuOf(site, expert));
                touched += double(used.size());
                n += !used.empty();
            }
            const ResultRow* row = find("fan_out.gpus", int(site));
            QVERIFY(alike(*row->value, touched / n, 1e-13));
            QCOMPARE(row->n, std::uint64_t(n));
            mean += touched / n / double(sites.size());
        }
        QVERIFY(alike(*find("fan_out.gpus", -1)->value, mean, 1e-13));
        for (const std::size_t t : tokensOf(trace, skip)) {
            double changes = 0;
            bool whole = true;
            for (std::size_t s = 0; s < sites.size(); ++s) {
                const std::uint16_t now = trace.ids[sites[s]][t * K];
                whole &= now != kNoExpert;
                if (whole && s > 0)
                    changes += gpuOf(sites[s], now) != gpuOf(sites[s - 1], trace.ids[sites[s - 1]][t * K]);
            }
            complete += whole;
            hops += whole ? changes : 0;
        }
        QVERIFY(alike(*find("fan_out.top1_hops", -1)->value, hops / double(complete), 1e-13));
        QCOMPARE(find("fan_out.top1_hops", -1)->n, complete);
    }
};

EXPERTSCOPE_TEST(TestPairs)
#include "tst_pairs.moc"
