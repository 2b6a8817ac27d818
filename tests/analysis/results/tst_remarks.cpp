// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is remarkable: scores by their definition, nothing in routing by chance, no metric drives out the others.
#include "analysis/results/chance_noise.h"
#include "analysis/results/remarks.h"
#include "tests/support/test_main.h"

#include <QTest>

#include <cmath>
#include <random>
#include <set>

using namespace expertscope;
using namespace expertscope::results;

static ResultRow row(const char* metric, int site, double value, double uniform, std::uint64_t n, int expert = -1)
{
    ResultRow r;
    r.metric = metric;
    if (site >= 0)
        r.site = SiteIndex(std::uint16_t(site));
    if (expert >= 0)
        r.expert = ExpertIndex(std::uint16_t(expert));
    r.value = value;
    r.uniform = uniform;
    r.n = n;
    return r;
}

static bool near(double a, double b)
{
    return std::abs(a - b) <= 1e-12 * std::max(1.0, std::abs(b));
}

class TestRemarks : public QObject
{
    Q_OBJECT
private slots:
    void noiseByHand()
    {
        const ResultRow r = row("load.count", 0, 160, 100, 800); // 800 tokens that choose 4 of 32
        QVERIFY(near(*chanceNoise(NoiseKind::Count, r, 100), std::sqrt(800 * 0.125 * 0.875)));
        QVERIFY(near(*chanceNoise(NoiseKind::Share, r, 0.25), std::sqrt(0.25 * 0.75 / 800)));
        QVERIFY(near(*chanceNoise(NoiseKind::Number, r, 28.2), std::sqrt(28.2 / 800)));
        QVERIFY(near(*chanceNoise(NoiseKind::Stay, r, 2), 2 / std::sqrt(800.)));
        QVERIFY(near(*chanceNoise(NoiseKind::Events, r, 9), 3));
        QVERIFY(near(*chanceNoise(NoiseKind::Events, r, 1e-9), 0.2));
        ResultRow windows = r;
        windows.params["m"] = 16.0;
        QVERIFY(near(*chanceNoise(NoiseKind::Windows, windows, 0.25), 4 * std::sqrt(0.25 * 0.75 / 800)));
        QVERIFY(!chanceNoise(NoiseKind::None, r, 100));
        QVERIFY(!chanceNoise(NoiseKind::Share, row("x", 0, 1, 1, 0), 0.5));
        // Never seen in 800 tokens: it could have been once.
        QVERIFY(near(*observedNoise(NoiseKind::Count, row("x", 0, 0, 1, 800)), std::sqrt(1 - 1 / 800.)));
        QVERIFY(*observedNoise(NoiseKind::Share, row("x", 0, 1, 1, 800)) > 0);
    }

    /// The closed forms against the scatter of simulated routing: 1 +- 10 % where exact, at most that where a bound.
    void noiseBySimulation()
    {
        constexpr unsigned E = 32, k = 4, tokens = 400, draws = 600, window = 16;
        std::mt19937_64 random(7);
        std::vector<double> count, first, overlap, distinct;
        for (unsigned d = 0; d < draws; ++d) {
            std::vector<std::vector<unsigned>> sets;
            for (unsigned t = 0; t < tokens; ++t) {
                std::vector<unsigned> ids(E);
                for (unsigned e = 0; e < E; ++e)
                    ids[e] = e;
                std::shuffle(ids.begin(), ids.end(), random);
                ids.resize(k);
                sets.push_back(ids);
            }
            double ofOne = 0, repeats = 0, shared = 0, experts = 0;
            for (unsigned t = 0; t < tokens; ++t) {
                ofOne += std::ranges::count(sets[t], 5u);
                if (t == 0)
                    continue;
                repeats += sets[t][0] == sets[t - 1][0];
                for (const unsigned e : sets[t])
                    shared += double(std::ranges::count(sets[t - 1], e)) / k;
            }
            for (unsigned w = 0; w < tokens / window; ++w) {
                std::set<unsigned> seen;
                for (unsigned t = w * window; t < (w + 1) * window; ++t)
                    seen.insert(sets[t].begin(), sets[t].end());
                experts += double(seen.size());
            }
            count.push_back(ofOne);
            first.push_back(repeats / (tokens - 1));
            overlap.push_back(shared / (tokens - 1));
            distinct.push_back(experts / (tokens / window));
        }
        const auto scatter = [](const std::vector<double>& values) {
            double mean = 0, squares = 0;
            for (const double v : values)
                mean += v / double(values.size());
            for (const double v : values)
                squares += (v - mean) * (v - mean);
            return std::sqrt(squares / double(values.size() - 1));
        };
        const double u = double(k) / E;
        const auto ratio = [&](const std::vector<double>& values, NoiseKind kind, double expected, std::uint64_t n) {
            return scatter(values) / *chanceNoise(kind, row("x", 0, 0, 0, n), expected);
        };
        QVERIFY(std::abs(ratio(count, NoiseKind::Count, tokens * u, tokens) - 1) < 0.1);
        QVERIFY(std::abs(ratio(first, NoiseKind::Share, 1.0 / E, tokens - 1) - 1) < 0.1);
        QVERIFY(ratio(overlap, NoiseKind::Share, u, tokens - 1) < 1);
        QVERIFY(ratio(distinct, NoiseKind::Number, E * (1 - std::pow(1 - u, window)), tokens / window) < 1);
    }

    void scores()
    {
        Results results;
        results.rows = {row("load.count", 0, 160, 100, 800, 3), row("repetition.first", 0, 0.25, 0.03125, 100),
            row("mutual_information.top1", 0, 0.08, 0.01, 800), row("mutual_information.top1", 1, 0.011, 0.01, 800),
            row("repetition.first", 1, 0.03, 0.03125, 100), row("drop.ratio", 0, 1e-5, 1e-6, 100)};
        ResultRow uncertain = row("repetition.overlap", 0, 0.5, 0.1, 10000);
        uncertain.interval = {0.4, 0.6};
        results.rows.push_back(uncertain);
        const Remarks remarks = remarksOn(results, 20);
        QCOMPARE(remarks.told.size(), 4u);
        QCOMPARE(remarks.judged, 6u); // of the sixth both numbers are next to nothing
        QCOMPARE(remarks.beyond, 4u);
        // Those with noise first, by their score.
        const Remark &repeats = remarks.told[0], &load = remarks.told[1], &information = remarks.told[2];
        QVERIFY(near(repeats.score, (0.25 - 0.03125) / std::sqrt(0.03125 * 0.96875 / 100)));
        // Counts are told by what is uniform.
        QCOMPARE(load.row, &results.rows[0]);
        QVERIFY(near(load.value, 1.6) && near(*load.uniform, 1) && near(*load.noise, std::sqrt(87.5) / 100));
        QVERIFY(near(load.score, 60 / std::sqrt(87.5)));
        QVERIFY(near(information.score, 3) && !information.noise);
        // The bootstrap's spread counts where it is larger.
        QVERIFY(near(*remarks.told[3].noise, 0.2 / (2 * 1.959964)));
    }

    void nothingByChance()
    {
        std::mt19937_64 random(11);
        Results results;
        for (int site = 0; site < 64; ++site) {
            for (int expert = 0; expert < 64; ++expert) {
                std::binomial_distribution<int> draw(10000, 0.125);
                results.rows.push_back(row("load.count", site, draw(random), 1250, 10000, expert));
            }
        }
        const Remarks remarks = remarksOn(results, 20);
        QCOMPARE(remarks.judged, 4096u);
        QCOMPARE(remarks.beyond, 0u);
        QVERIFY(remarks.told.empty());
    }

    void noMetricDrivesOutOthers()
    {
        Results results;
        for (int expert = 0; expert < 30; ++expert)
            results.rows.push_back(row("load.count", 0, 5000 + expert, 1250, 10000, expert));
        for (int site = 0; site < 30; ++site)
            results.rows.push_back(row("repetition.first", site, 0.2 + 0.001 * site, 0.03125, 10000));
        results.rows.push_back(row("repetition.overlap", 0, 0.15, 0.125, 10000));
        results.rows.push_back(row("repetition.first", -1, 0.25, 0.03125, 300000)); // the whole model
        results.rows.push_back(row("unheard.of", 0, 5, 1, 100));
        ResultRow specialised = row("specialisation.share", 0, 0.9, 0.125, 3000, 29);
        results.rows.push_back(specialised);
        ResultRow bin = row("drop.ratio", 0, 0.9, 0.1, 1000);
        bin.other["position"] = "0-15";
        results.rows.push_back(bin);
        const Remarks remarks = remarksOn(results, 20);
        std::vector<std::pair<std::string, int>> told;
        for (const Remark& remark : remarks.told)
            told.emplace_back(remark.row->metric, remark.row->expert ? remark.row->expert->value : -1);
        // Three turns: an expert once, whatever the metric says of it; each measure of sites once.
        const std::vector<std::pair<std::string, int>> expected{{"specialisation.share", 29}, {"load.count", 28},
            {"repetition.first", -1}, {"load.count", 27}, {"repetition.overlap", -1}, {"load.count", 26}};
        std::multiset<std::pair<std::string, int>> a(told.begin(), told.end()), b(expected.begin(), expected.end());
        QCOMPARE(a, b);
        // The first turn has one of each metric.
        std::set<std::string> first;
        for (std::size_t i = 0; i < 3; ++i)
            first.insert(familyOf(*remarks.told[i].row));
        QCOMPARE(first.size(), 3u);
        for (const Remark& remark : remarks.told)
            QVERIFY(remark.row->site);
        QCOMPARE(remarksOn(results, 2).told.size(), 2u);
    }

    void differences()
    {
        const auto compared = [](ResultRow a, ResultRow b) {
            Results ofA, ofB;
            ofA.rows = {std::move(a)};
            ofB.rows = {std::move(b)};
            return compareResults(ofA, ofB);
        };
        // Of traces of different lengths, in units of what is uniform: 1.6 and 0.8.
        const Comparison load =
            compared(row("load.count", 0, 160, 100, 800, 3), row("load.count", 0, 1600, 2000, 16000, 3));
        const Remarks remarks = remarksOn(load, 20);
        QCOMPARE(remarks.told.size(), 1u);
        QVERIFY(near(remarks.told[0].value, 1.6) && near(*remarks.told[0].other, 0.8));
        const double noise = std::hypot(std::sqrt(160 * 0.8) / 100, std::sqrt(1600 * 0.9) / 2000);
        QVERIFY(near(*remarks.told[0].noise, noise));
        QVERIFY(near(remarks.told[0].score, 0.8 / noise));
        QVERIFY(remarksOn(compared(row("load.count", 0, 100, 100, 800, 3), row("load.count", 0, 110, 100, 800, 3)), 20)
                    .told.empty());
        // With intervals: A must lie outside B's and B outside A's, whatever the score.
        ResultRow a = row("repetition.first", 0, 0.2, 0.03, 10000), b = row("repetition.first", 0, 0.4, 0.03, 10000);
        a.interval = {0.19, 0.21};
        b.interval = {0.39, 0.41};
        QCOMPARE(remarksOn(compared(a, b), 20).beyond, 1u);
        QVERIFY(beyondNoise(compared(a, b).rows[0]).value());
        b.interval = {0.15, 0.41};
        QCOMPARE(remarksOn(compared(a, b), 20).beyond, 0u);
        QVERIFY(!beyondNoise(compared(a, b).rows[0]).value());
        // The same judgement row by row; none of what is not told, or has no number.
        QVERIFY(beyondNoise(load.rows[0]).value());
        QVERIFY(!beyondNoise(compared(row("load.share", 0, 0.2, 0.1, 800), row("load.share", 0, 0.1, 0.1, 800)).rows[0]));
        ResultRow none = a;
        none.value.reset();
        QVERIFY(!beyondNoise(compared(none, b).rows[0]));
        // The same trace twice.
        const Comparison same = compared(a, a);
        QVERIFY(sameNumbers(same));
        QCOMPARE(remarksOn(same, 20).beyond, 0u);
        QVERIFY(!sameNumbers(load));
    }
};

EXPERTSCOPE_TEST(TestRemarks)
#include "tst_remarks.moc"
