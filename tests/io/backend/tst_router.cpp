// SPDX-License-Identifier: GPL-3.0-or-later
//
// The router grammar: closed forms, brute force over random logits with many exact ties, and the host's implementation
// against the device's.
#include "io/backend/router.h"
#include "io/backend/router_aten.h"
#include "tests/support/test_main.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

using namespace expertscope;

namespace {

struct Routed
{
    std::vector<std::uint16_t> ids;
    std::vector<float> weights, entropy, margin, logits;
    std::vector<std::int32_t> chosen;
    std::vector<float> chosenWeights;
};

Routed route(const RouterSpec& spec, const std::vector<float>& logits, const std::vector<float>& selectionBias = {})
{
    const auto n = static_cast<std::int64_t>(logits.size()) / spec.numExperts;
    Routed r;
    r.ids.resize(static_cast<std::size_t>(n * spec.topK));
    r.weights.resize(r.ids.size());
    r.chosen.resize(r.ids.size());
    r.chosenWeights.resize(r.ids.size());
    r.entropy.resize(static_cast<std::size_t>(n));
    r.margin.resize(static_cast<std::size_t>(n));
    r.logits.resize(logits.size());
    std::vector<float> scratch(static_cast<std::size_t>(3 * spec.numExperts));
    routeTokens(spec, logits.data(), selectionBias.empty() ? nullptr : selectionBias.data(), n,
        {r.chosen.data(), r.chosenWeights.data(), r.ids.data(), r.weights.data(), spec.topK, r.entropy.data(),
            r.margin.data(), 1, r.logits.data(), spec.numExperts},
        scratch.data());
    return r;
}

double scoreOf(ScoreFunction f, double x)
{
    switch (f) {
    case ScoreFunction::Sigmoid:
        return 1 / (1 + std::exp(-x));
    case ScoreFunction::SqrtSoftplus:
        return std::sqrt(std::log1p(std::exp(x)));
    default:
        return x;
    }
}

}

class TestRouter : public QObject
{
    Q_OBJECT
private slots:
    void closedForms()
    {
        RouterSpec spec;
        spec.numExperts = 4;
        spec.topK = 2;
        // Uniform logits: all weights 1/E, entropy ln E, margin 0, ids 0 and 1 by the tie rule.
        auto r = route(spec, {0, 0, 0, 0});
        QCOMPARE(r.ids, (std::vector<std::uint16_t>{0, 1}));
        QVERIFY(std::abs(r.weights[0] - 0.25) < 1e-7);
        QVERIFY(std::abs(r.entropy[0] - std::log(4.0)) < 1e-6);
        QCOMPARE(r.margin[0], 0.0f);
        // exp: 1 2 4 8 -> shares 8/15, 4/15 and margin 2/15; renormalised 2/3, 1/3; scaled by 3.
        const float l2 = std::log(2.0f);
        const std::vector<float> powers{0, l2, 2 * l2, 3 * l2};
        r = route(spec, powers);
        QCOMPARE(r.ids, (std::vector<std::uint16_t>{3, 2}));
        QVERIFY(std::abs(r.weights[0] - 8.0 / 15) < 1e-6 && std::abs(r.weights[1] - 4.0 / 15) < 1e-6);
        QVERIFY(std::abs(r.margin[0] - 2.0 / 15) < 1e-6);
        spec.renormalisation = Renormalisation::Sum;
        spec.scaling = 3;
        r = route(spec, powers);
        QVERIFY(std::abs(r.weights[0] - 2) < 1e-5 && std::abs(r.weights[1] - 1) < 1e-5);
        spec.scaling = 1;
        spec.score = ScoreFunction::Identity;
        spec.renormalisation = Renormalisation::SoftmaxOverChosen;
        r = route(spec, powers);
        QVERIFY(std::abs(r.weights[0] - 2.0 / 3) < 1e-6);
        QVERIFY(std::abs(r.margin[0] - l2) < 1e-6);
        // Every expert chosen: there is no first unchosen one.
        spec.topK = 4;
        QVERIFY(std::isnan(route(spec, powers).margin[0]));
    }

    void huge()
    {
        // No overflow, and a logit that is no number does not crash or loop.
        RouterSpec spec;
        spec.numExperts = 3;
        spec.topK = 2;
        auto r = route(spec, {1e30f, -1e30f, 0});
        QCOMPARE(r.ids[0], 0);
        QCOMPARE(r.weights[0], 1.0f);
        QCOMPARE(r.entropy[0], 0.0f);
        r = route(spec, {0, std::nanf(""), 0});
        QVERIFY(std::isnan(r.weights[0]) && std::isnan(r.entropy[0]) && std::isnan(r.margin[0]));
        QCOMPARE(r.ids, (std::vector<std::uint16_t>{0, 1}));
    }

    void saturated_data()
    {
        QTest::addColumn<int>("score");
        QTest::addColumn<float>("step");
        for (const ScoreFunction score :
            {ScoreFunction::Softmax, ScoreFunction::Sigmoid, ScoreFunction::SqrtSoftplus, ScoreFunction::Identity}) {
            for (const float step : {20.0f, 44.0f, 52.0f, 200.0f, 1e30f})
                QTest::addRow("score %d, step %g", int(score), double(step)) << int(score) << step;
        }
    }

    /// Logits so far apart that scores are 0 or 1: the next best experts follow, not those of the lowest ids. (fp32's
    /// exponential is 0 from 87 on where denormal numbers are flushed, from 104 on where they are not.)
    void saturated()
    {
        QFETCH(int, score);
        QFETCH(float, step);
        RouterSpec spec;
        spec.numExperts = 24;
        spec.topK = 6;
        spec.score = static_cast<ScoreFunction>(score);
        std::vector<float> logits(24);
        // Expert 23 is the best one, each before it worse; 20 only as good as 19.
        for (int e = 0; e < 24; ++e)
            logits[std::size_t(e)] = step * float(e - 18);
        logits[20] = logits[19];
        const std::vector<std::uint16_t> expected{23, 22, 21, 19, 20, 18};
        const Routed r = route(spec, logits);
        QCOMPARE(r.ids, expected);
        QVERIFY(r.margin[0] >= 0);
        for (std::size_t s = 1; s < 6; ++s)
            QVERIFY(r.weights[s] <= r.weights[s - 1]);
        const RoutedTensors d = routeTensor(spec, at::from_blob(logits.data(), {1, 24}, at::kFloat));
        for (std::size_t s = 0; s < 6; ++s)
            QCOMPARE(d.ids.data_ptr<std::int64_t>()[s], std::int64_t{expected[s]});
        QVERIFY(d.margin.item<float>() >= 0);
    }

    void random_data()
    {
        QTest::addColumn<int>("experts");
        QTest::addColumn<int>("k");
        QTest::addColumn<int>("score");
        QTest::addColumn<int>("renorm");
        QTest::addColumn<bool>("ties");
        for (const auto& [e, k] : std::initializer_list<std::pair<int, int>>{
                 {8, 2}, {64, 8}, {60, 4}, {128, 8}, {5, 5}, {512, 10}, {17, 1}}) {
            for (int score = 0; score < 4; ++score) {
                for (int renorm = 0; renorm < 3; ++renorm) {
                    if (score == int(ScoreFunction::Identity) && renorm == int(Renormalisation::Sum))
                        continue; // logits can sum to nothing
                    for (bool ties : {false, true})
                        QTest::addRow("E%d k%d score%d renorm%d ties%d", e, k, score, renorm, ties)
                            << e << k << score << renorm << ties;
                }
            }
        }
    }

    void random()
    {
        QFETCH(int, experts);
        QFETCH(int, k);
        QFETCH(int, score);
        QFETCH(int, renorm);
        QFETCH(bool, ties);
        RouterSpec spec;
        spec.numExperts = experts;
        spec.topK = k;
        spec.score = static_cast<ScoreFunction>(score);
        spec.renormalisation = static_cast<Renormalisation>(renorm);
        spec.scaling = 1.5;
        constexpr int kTokens = 200;
        std::mt19937 generator(static_cast<unsigned>(experts * 31 + k));
        std::normal_distribution<float> normal(0, 2);
        std::uniform_int_distribution<int> coarse(-3, 3); // many equal logits, hence equal scores
        std::vector<float> logits(static_cast<std::size_t>(kTokens * experts));
        for (auto& x : logits)
            x = ties ? static_cast<float>(coarse(generator)) : normal(generator);
        const Routed r = route(spec, logits);
        QVERIFY(r.logits == logits);
        for (int t = 0; t < kTokens; ++t) {
            const float* row = logits.data() + t * experts;
            // In double, by sorting (score, -id).
            double total = 0;
            std::vector<double> shares(static_cast<std::size_t>(experts)), scores(shares.size());
            const bool softmax = spec.score == ScoreFunction::Softmax || spec.score == ScoreFunction::Identity;
            for (int e = 0; e < experts; ++e)
                total += shares[e] = softmax ? std::exp(double(row[e])) : scoreOf(spec.score, row[e]);
            double entropy = 0;
            for (int e = 0; e < experts; ++e) {
                shares[e] /= total;
                entropy -= shares[e] * std::log(shares[e]);
                scores[e] = spec.score == ScoreFunction::Softmax ? shares[e] : scoreOf(spec.score, row[e]);
            }
            std::vector<int> order(static_cast<std::size_t>(experts));
            std::iota(order.begin(), order.end(), 0);
            std::stable_sort(
                order.begin(), order.end(), [&](int a, int b) { return row[a] > row[b]; }); // scores grow with logits
            double sum = 0, exponentials = 0;
            for (int s = 0; s < k; ++s) {
                sum += std::abs(scores[order[s]]);
                exponentials += std::exp(double(row[order[s]]));
            }
            for (int s = 0; s < k; ++s) {
                const int id = order[s];
                QCOMPARE(int(r.ids[t * k + s]), id);
                QCOMPARE(r.chosen[t * k + s], id);
                double weight = scores[id];
                if (spec.renormalisation == Renormalisation::Sum)
                    weight /= sum;
                else if (spec.renormalisation == Renormalisation::SoftmaxOverChosen)
                    weight = std::exp(double(row[id])) / exponentials;
                weight *= 1.5;
                QVERIFY(std::abs(r.weights[t * k + s] - weight) <= 2e-6 * std::max(1.0, std::abs(weight)));
                QCOMPARE(r.chosenWeights[t * k + s], r.weights[t * k + s]);
            }
            QVERIFY(std::abs(r.entropy[t] - entropy) < 1e-5);
            if (k < experts)
                QVERIFY(std::abs(r.margin[t] - (scores[order[k - 1]] - scores[order[k]])) < 2e-6);
            else
                QVERIFY(std::isnan(r.margin[t]));
        }

        // The device's implementation, run on the CPU: the same choices in the same order.
        const RoutedTensors d = routeTensor(spec, at::from_blob(logits.data(), {kTokens, experts}, at::kFloat));
        for (int i = 0; i < kTokens * k; ++i) {
            QCOMPARE(d.ids.data_ptr<std::int64_t>()[i], std::int64_t{r.ids[i]});
            QVERIFY(std::abs(d.weights.data_ptr<float>()[i] - r.weights[i])
                <= 2e-6 * std::max(1.0f, std::abs(r.weights[i])));
        }
        for (int t = 0; t < kTokens; ++t) {
            QVERIFY(std::abs(d.entropy.data_ptr<float>()[t] - r.entropy[t]) < 1e-5);
            QCOMPARE(std::isnan(d.margin.data_ptr<float>()[t]), std::isnan(r.margin[t]));
            if (k < experts)
                QVERIFY(std::abs(d.margin.data_ptr<float>()[t] - r.margin[t]) < 2e-6);
        }
    }

    void groupsAndBias_data()
    {
        QTest::addColumn<int>("experts");
        QTest::addColumn<int>("groups");
        QTest::addColumn<int>("kept");
        QTest::addColumn<int>("k");
        QTest::addColumn<int>("score");
        QTest::addColumn<bool>("topTwo");
        QTest::addColumn<bool>("biased");
        QTest::addColumn<bool>("ties");
        for (const auto& [e, g, kept, k] :
            {std::tuple{16, 4, 2, 4}, {256, 8, 4, 8}, {12, 2, 1, 6}, {64, 1, 1, 6}, {8, 4, 3, 1}, {30, 5, 5, 7}}) {
            for (const auto score : {ScoreFunction::Softmax, ScoreFunction::Sigmoid}) {
                for (const int bits : {0, 1, 2, 3, 4, 5, 6, 7})
                    QTest::addRow("E%d in %d keep %d k%d score%d bits%d", e, g, kept, k, int(score), bits)
                        << e << g << kept << k << int(score) << bool(bits & 1) << bool(bits & 2) << bool(bits & 4);
            }
        }
    }

    /// Choices among groups and with a bias, against the rule written out by sorting, in double.
    void groupsAndBias()
    {
        QFETCH(int, experts);
        QFETCH(int, groups);
        QFETCH(int, kept);
        QFETCH(int, k);
        QFETCH(int, score);
        QFETCH(bool, topTwo);
        QFETCH(bool, biased);
        QFETCH(bool, ties);
        RouterSpec spec;
        spec.numExperts = experts;
        spec.topK = k;
        spec.score = static_cast<ScoreFunction>(score);
        spec.numGroups = groups;
        spec.keptGroups = kept;
        spec.groupScore = topTwo ? GroupScore::TopTwo : GroupScore::Max;
        spec.selectionBias = biased;
        spec.renormalisation = Renormalisation::Sum;
        spec.renormFloor = 0.3;
        constexpr int kTokens = 100;
        std::mt19937 generator(static_cast<unsigned>(experts * 31 + k));
        std::uniform_int_distribution<int> coarse(-6, 6);
        std::normal_distribution<float> normal(0, 1);
        std::vector<float> logits(static_cast<std::size_t>(kTokens * experts)), bias(static_cast<std::size_t>(experts));
        for (auto& x : logits)
            x = ties ? 0.5f * static_cast<float>(coarse(generator)) : normal(generator);
        for (auto& x : bias)
            x = ties ? 0.25f * static_cast<float>(coarse(generator)) : 0.2f * normal(generator);
        const Routed r = route(spec, logits, biased ? bias : std::vector<float>{});
        const at::Tensor biasTensor = biased ? at::from_blob(bias.data(), {experts}, at::kFloat) : at::Tensor();
        const RoutedTensors d =
            routeTensor(spec, at::from_blob(logits.data(), {kTokens, experts}, at::kFloat), biasTensor);
        int compared = 0;
        for (int t = 0; t < kTokens; ++t) {
            const float* row = logits.data() + t * experts;
            double total = 0;
            for (int e = 0; e < experts; ++e)
                total += std::exp(double(row[e]));
            std::vector<double> scores(static_cast<std::size_t>(experts)), selection;
            for (int e = 0; e < experts; ++e)
                scores[std::size_t(e)] = spec.score == ScoreFunction::Softmax ? std::exp(double(row[e])) / total
                                                                              : scoreOf(spec.score, row[e]);
            selection = scores;
            for (int e = 0; e < experts && biased; ++e)
                selection[std::size_t(e)] += bias[std::size_t(e)];
            const int size = experts / groups;
            std::vector<std::pair<double, int>> worth;
            for (int g = 0; g < groups; ++g) {
                std::vector<double> of(selection.begin() + g * size, selection.begin() + (g + 1) * size);
                std::sort(of.rbegin(), of.rend());
                worth.emplace_back(-(topTwo ? of[0] + of[1] : of[0]), g);
            }
            std::sort(worth.begin(), worth.end());
            std::vector<int> order;
            for (int e = 0; e < experts; ++e) {
                for (int i = 0; i < kept; ++i)
                    if (worth[std::size_t(i)].second == e / size)
                        order.push_back(e);
            }
            std::stable_sort(order.begin(), order.end(),
                [&](int a, int b) { return selection[std::size_t(a)] > selection[std::size_t(b)]; });
            // What fp32 may see the other way round is no matter of rules: only tokens without such a gap.
            const auto near = [](double a, double b) { return a != b && std::abs(a - b) < 1e-6; };
            bool unclear = kept < groups && std::abs(worth[std::size_t(kept - 1)].first - worth[std::size_t(kept)].first) < 1e-6;
            for (std::size_t s = 0; s + 1 < order.size() && int(s) < k + 1; ++s)
                unclear = unclear || near(selection[std::size_t(order[s])], selection[std::size_t(order[s + 1])]);
            if (unclear)
                continue;
            ++compared;
            double sum = 0;
            for (int s = 0; s < k; ++s)
                sum += scores[std::size_t(order[std::size_t(s)])];
            for (int s = 0; s < k; ++s) {
                const int id = order[std::size_t(s)], at = t * k + s;
                QCOMPARE(int(r.ids[std::size_t(at)]), id);
                QCOMPARE(d.ids.data_ptr<std::int64_t>()[at], std::int64_t{id});
                const double weight = scores[std::size_t(id)] / std::max(sum, 0.3);
                QVERIFY(std::abs(r.weights[std::size_t(at)] - weight) < 3e-6);
                QVERIFY(std::abs(d.weights.data_ptr<float>()[at] - weight) < 3e-6);
            }
            const bool isLeft = std::size_t(k) < order.size();
            const double margin = isLeft
                ? selection[std::size_t(order[std::size_t(k - 1)])] - selection[std::size_t(order[std::size_t(k)])]
                : std::nan("");
            QCOMPARE(std::isnan(r.margin[std::size_t(t)]), !isLeft);
            QCOMPARE(std::isnan(d.margin.data_ptr<float>()[t]), !isLeft);
            if (isLeft) {
                QVERIFY(std::abs(r.margin[std::size_t(t)] - margin) < 3e-6);
                QVERIFY(std::abs(d.margin.data_ptr<float>()[t] - margin) < 3e-6);
            }
        }
        QVERIFY2(compared > kTokens / 4 || (ties && kept < groups), qPrintable(QString::number(compared)));
    }

    /// The second expert's weight is a share among those that come close to it, the first one taken away.
    void sparseMixer()
    {
        RouterSpec spec;
        spec.numExperts = 5;
        spec.topK = 2;
        spec.score = ScoreFunction::SparseMixer;
        spec.jitter = 0.1;
        // 10 is alone (9 is 0.1 of 10 away … at most 0.2 is close): {10, 9}; then {9, 8}: 8 is 1/9 away, 7 is 2/9.
        const std::vector<float> logits{7, 10, 8, 9, -50};
        const Routed r = route(spec, logits);
        QCOMPARE(r.ids, (std::vector<std::uint16_t>{1, 3}));
        // 8 is exactly 0.2 of 10 away, which is not more than 2 * jitter; in fp32 either way is right, so it is moved.
        const std::vector<float> clear{7, 10, 7.9f, 9, -50};
        const Routed c = route(spec, clear);
        QVERIFY(std::abs(c.weights[0] - 1 / (1 + std::exp(-1.0))) < 1e-6);
        QVERIFY(std::abs(c.weights[1] - 1 / (1 + std::exp(-1.1))) < 1e-6);
        QVERIFY(std::abs(c.margin[0] - 1.1f) < 1e-6f);
        const RoutedTensors d = routeTensor(spec, at::tensor({7.f, 10.f, 7.9f, 9.f, -50.f}).view({1, 5}));
        QCOMPARE(d.ids.data_ptr<std::int64_t>()[1], std::int64_t{3});
        for (int s = 0; s < 2; ++s)
            QVERIFY(std::abs(d.weights.data_ptr<float>()[s] - c.weights[std::size_t(s)]) < 1e-6f);
        // Below zero the gap is measured by the logit's own size.
        const Routed n = route(spec, {-1, -1.3f, -9, -9, -9});
        QVERIFY(std::abs(n.weights[0] - 1.0) < 1e-6); // 0.3 / 1.3 > 0.2
    }
};

EXPERTSCOPE_TEST(TestRouter)
#include "tst_router.moc"
