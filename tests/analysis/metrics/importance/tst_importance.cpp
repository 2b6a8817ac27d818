// SPDX-License-Identifier: GPL-3.0-or-later
//
// ESFT, the Standing Committee, UOE and experts per token against plain restatements and cases by hand.
#include "analysis/metrics/analyse.h"
#include "tests/support/restatement.h"
#include "tests/support/rows.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTest>

#include <map>

using namespace expertscope;
using namespace expertscope::testing;

class TestImportance : public QObject
{
    Q_OBJECT
private slots:
    void esftIsItsRestatement_data()
    {
        QTest::addColumn<double>("p");
        QTest::addColumn<bool>("withLogits");
        QTest::newRow("0.2") << 0.2 << true;
        QTest::newRow("0.9, weights alone") << 0.9 << false;
    }
    void esftIsItsRestatement()
    {
        QFETCH(double, p);
        QFETCH(bool, withLogits);
        MemoryTrace trace = labelledTrace(1);
        trace.editShape().columns.logits = withLogits;
        trace.weights[0][3 * 20] = NAN; // that token has no gate score
        const auto rows = analyse(trace, {{"esft", {{"p", std::to_string(p)}}}}, {}, piecesOf(18, 1));
        VERIFY_OK(rows);
        for (std::size_t site = 0; site < 3; ++site) {
            const unsigned E = trace.shape().sites[site].numExperts;
            std::vector<double> token(E), gate(E);
            double n = 0, gates = 0;
            for (const TokenOfTrace& t : tokensOf(trace, site, 1)) {
                if (t.chosen.empty())
                    continue;
                for (const std::uint16_t e : t.chosen)
                    ++token[e];
                n += double(t.chosen.size()); // N k: the choices made
                // site 0 has raw weights; site 1 renormalises, its logits are asked
                std::map<std::uint16_t, double> weights;
                const std::vector<double> probabilities = softmaxOf(trace, site, t.token);
                for (std::size_t r = 0; r < 3; ++r) {
                    if (const std::uint16_t e = trace.ids[site][t.token * 3 + r]; e != kNoExpert)
                        weights[e] = site == 0 ? double(trace.weights[site][t.token * 3 + r]) : probabilities[e];
                }
                if (std::ranges::any_of(weights, [](const auto& w) { return std::isnan(w.second); }))
                    continue;
                ++gates;
                for (const auto& [e, weight] : weights)
                    gate[e] += weight;
            }
            const bool known = site == 0 || (site == 1 && withLogits);
            for (unsigned e = 0; e < E; ++e) {
                QVERIFY(near(valueOf(*rows, "esft.token_score", int(site), int(e)), token[e] /= n, 1e-13));
                gate[e] /= gates;
                if (known)
                    QVERIFY(near(valueOf(*rows, "esft.gate_score", int(site), int(e)), gate[e], 1e-12));
            }
            for (const auto& [metric, scores] :
                {std::pair("esft.token_selected", token), {"esft.gate_selected", gate}}) {
                const ResultRow* row = findRow(*rows, metric, int(site));
                if (std::string(metric) == "esft.gate_selected" && !known) {
                    QVERIFY(!row->value && !row->undefined.empty());
                    continue;
                }
                std::vector<std::size_t> selected;
                double sum = 0;
                for (const std::size_t e : inOrderOf(scores)) {
                    if (sum >= p - 1e-12)
                        break;
                    selected.push_back(e);
                    sum += scores[e];
                }
                QCOMPARE(row->other.at("experts"), listed(selected));
                QCOMPARE(*row->value, double(selected.size()));
            }
        }
        const ResultRow* model = findRow(*rows, "esft.token_selected", -1);
        QVERIFY(model->value && model->other.empty());
    }

    void committeeIsItsRestatement_data()
    {
        QTest::addColumn<int>("seed");
        QTest::addColumn<double>("presence");
        for (int seed = 1; seed <= 6; ++seed)
            QTest::addRow("%d", seed) << seed << (seed % 2 ? 0.8 : 0.5);
    }
    void committeeIsItsRestatement()
    {
        QFETCH(int, seed);
        QFETCH(double, presence);
        MemoryTrace trace = labelledTrace(std::uint64_t(seed));
        const auto rows =
            analyse(trace, {{"committee", {{"presence", std::to_string(presence)}}}}, "language", piecesOf(18, 0));
        VERIFY_OK(rows);
        for (std::size_t site = 0; site < 3; ++site) {
            const std::size_t E = trace.shape().sites[site].numExperts, k = trace.shape().sites[site].topK;
            std::map<int, std::vector<double>> sums;
            std::map<int, double> tokens;
            for (const TokenOfTrace& t : tokensOf(trace, site)) {
                if (t.code < 0 || t.chosen.empty())
                    continue;
                sums[t.code].resize(E);
                ++tokens[t.code];
                for (std::size_t r = 0; r < 3; ++r) {
                    if (const std::uint16_t e = trace.ids[site][t.token * 3 + r]; e != kNoExpert)
                        sums[t.code][e] += double(trace.weights[site][t.token * 3 + r]);
                }
            }
            const double D = double(sums.size());
            std::vector<std::vector<double>> ranks(E);
            std::vector<double> eci(E);
            double total = 0;
            for (const auto& [code, weights] : sums) {
                const std::vector<std::size_t> order = inOrderOf(weights);
                for (std::size_t i = 0; i < k; ++i) {
                    ranks[order[i]].push_back(double(i + 1));
                    eci[order[i]] += weights[order[i]] / tokens[code] / D;
                    total += weights[order[i]] / tokens[code] / D;
                }
            }
            std::vector<double> mu(E), variance(E), present(E);
            for (std::size_t e = 0; e < E; ++e) {
                present[e] = double(ranks[e].size());
                ranks[e].resize(std::size_t(D), double(k + 1));
                for (const double rank : ranks[e])
                    mu[e] += rank / D;
                for (const double rank : ranks[e])
                    variance[e] += (rank - mu[e]) * (rank - mu[e]) / D;
                QVERIFY(near(valueOf(*rows, "committee.mean_rank", int(site), int(e)), mu[e], 1e-13));
                QVERIFY(near(valueOf(*rows, "committee.rank_variance", int(site), int(e)), variance[e], 1e-13));
            }
            double needed = std::ceil(presence * D - 1e-9);
            if (*std::ranges::max_element(present) < needed)
                needed = *std::ranges::max_element(present);
            std::vector<std::size_t> committee;
            double coverage = 0;
            for (std::size_t e = 0; e < E; ++e) {
                bool in = present[e] >= needed;
                for (std::size_t o = 0; o < E; ++o) {
                    const double less = 1e-9; // the ranks are whole numbers
                    in &= !(present[o] >= needed && mu[o] < mu[e] + less && variance[o] < variance[e] + less
                        && (mu[o] < mu[e] - less || variance[o] < variance[e] - less));
                }
                if (in) {
                    committee.push_back(e);
                    coverage += eci[e] / total;
                }
            }
            std::ranges::stable_sort(committee, {}, [&](std::size_t e) { return std::lround(mu[e] * D); });
            const double size = double(committee.size());
            const ResultRow* row = findRow(*rows, "committee.size", int(site));
            QCOMPARE(row->other.at("experts"), listed(committee));
            QCOMPARE(*row->value, size);
            QVERIFY(near(valueOf(*rows, "committee.coverage", int(site)), coverage, 1e-12));
            QVERIFY(near(valueOf(*rows, "committee.ratio", int(site)),
                coverage / size / ((1 - coverage) / (double(E) - size)), 1e-9));
        }
    }

    void committeeByHand()
    {
        // k = 2. Lists: a 0 1, b 0 2, c 1 0. Expert 0: ranks 1 1 2; 1: 2 3 1; 2: 3 2 3. All of 3 values are needed.
        MemoryTrace trace(1, 6, 2);
        trace.editShape().columns.weights = true;
        for (int s = 0; s < 3; ++s)
            trace.addSequence(2);
        trace.addLabel("domain", {"a", "b", "c"});
        trace.ids[0] = {0, 1, 0, 1, 0, 2, 0, 2, 1, 0, 1, 0};
        trace.weights[0] = {.5f, .25f, .5f, .25f, .5f, .25f, .5f, .25f, .5f, .25f, .5f, .25f};
        const auto rows = analyse(trace, {{"committee"}}, "domain", {});
        QCOMPARE(findRow(*rows, "committee.size", 0)->other.at("experts"), std::string("0"));
        QVERIFY(near(valueOf(*rows, "committee.mean_rank", 0, 0), 4.0 / 3, 1e-15));
        QVERIFY(near(valueOf(*rows, "committee.mean_rank", 0, 1), 2, 1e-15));
        QVERIFY(near(valueOf(*rows, "committee.mean_rank", 0, 2), 8.0 / 3, 1e-15));
        QVERIFY(near(valueOf(*rows, "committee.mean_rank", 0, 5), 3, 1e-15));
        QVERIFY(near(valueOf(*rows, "committee.rank_variance", 0, 1), 2.0 / 3, 1e-15));
        const double coverage = 1.25 / 2.25;
        QVERIFY(near(valueOf(*rows, "committee.coverage", 0), coverage, 1e-14));
        QVERIFY(near(valueOf(*rows, "committee.ratio", 0), coverage / ((1 - coverage) / 5), 1e-13));
        // One value asks for two of three lists: expert 1 may stand, but expert 0 beats it in both.
        const auto fewer = analyse(trace, {{"committee", {{"presence", "0.6"}}}}, "domain", {});
        QCOMPARE(findRow(*fewer, "committee.size", 0)->other.at("experts"), std::string("0"));
        PassOptions onlyOne;
        onlyOne.where = {{"domain", "b"}};
        const auto all = analyse(trace, {{"committee"}}, "domain", onlyOne);
        QCOMPARE(findRow(*all, "committee.size", 0)->other.at("experts"), std::string("0"));
    }

    void uoeIsItsRestatement()
    {
        MemoryTrace trace = labelledTrace(8);
        const auto rows = analyse(trace, {{"uoe"}}, "language", piecesOf(30, 2));
        VERIFY_OK(rows);
        for (const std::string value : {"", "de"}) {
            double most = 0, tokens = 0;
            std::pair<std::size_t, std::size_t> where;
            for (std::size_t site = 0; site < 3; ++site) {
                const unsigned E = trace.shape().sites[site].numExperts;
                std::vector<double> affinity(E);
                double n = 0;
                for (const TokenOfTrace& t : tokensOf(trace, site, 2)) {
                    if (t.chosen.empty())
                        continue;
                    if (!value.empty() && (t.code < 0 || trace.shape().labels[0].values[std::size_t(t.code)] != value))
                        continue;
                    std::vector<double> p = softmaxOf(trace, site, t.token);
                    if (site == 2) { // sigmoid scores over their sum
                        double sum = 0;
                        for (std::size_t e = 0; e < E; ++e)
                            sum += p[e] = 1 / (1 + std::exp(-double(trace.logits[site][t.token * E + e])));
                        for (double& v : p)
                            v /= sum;
                    }
                    for (std::size_t e = 0; e < E; ++e)
                        affinity[e] += p[e];
                    ++n;
                }
                for (std::size_t e = 0; e < E; ++e) {
                    const ResultRow* row = findRow(*rows, "uoe.affinity", int(site), int(e), value);
                    QVERIFY(near(*row->value, affinity[e] / n, 1e-12));
                    QCOMPARE(row->n, std::uint64_t(n));
                    if (affinity[e] / n > most) {
                        most = affinity[e] / n;
                        where = {site, e};
                    }
                }
                tokens += n;
            }
            const ResultRow* target = findRow(*rows, "uoe.target", -1, -1, value);
            QVERIFY(near(*target->value, most, 1e-12));
            QCOMPARE(target->other.at("site"), std::to_string(where.first));
            QCOMPARE(target->other.at("expert"), std::to_string(where.second));
            QCOMPARE(target->n, std::uint64_t(tokens));
        }
    }

    void expertsPerTokenIsItsRestatement()
    {
        MemoryTrace trace = labelledTrace(9);
        const auto results = analyse(trace, {{"experts_per_token", {{"zero_from", "4"}}}}, {}, piecesOf(30, 1));
        VERIFY_OK(results);
        for (std::size_t site = 0; site < 3; ++site) {
            std::vector<double> numbers;
            double zero = 0, choices = 0;
            std::map<std::size_t, double> histogram;
            for (const TokenOfTrace& t : tokensOf(trace, site, 1)) {
                numbers.push_back(double(t.chosen.size()));
                ++histogram[t.chosen.size()];
                choices += double(t.chosen.size());
                zero += double(std::ranges::count_if(t.chosen, [](std::uint16_t e) { return e >= 4; }));
            }
            const double n = double(numbers.size());
            double squares = 0;
            for (const double number : numbers)
                squares += (number - choices / n) * (number - choices / n);
            const auto value = [&](const char* name) {
                return valueOf(*results, std::string("experts_per_token.") + name, int(site));
            };
            QVERIFY(near(value("mean"), choices / n, 1e-14));
            QVERIFY(near(value("sd"), std::sqrt(squares / n), 1e-13));
            QCOMPARE(value("min"), *std::ranges::min_element(numbers));
            QCOMPARE(value("max"), *std::ranges::max_element(numbers));
            QVERIFY(near(value("ffn"), (choices - zero) / n, 1e-14));
            QVERIFY(near(value("zero_share"), zero / choices, 1e-14));
            const ResultMatrix& matrix = results->matrices[site];
            QCOMPARE(matrix.values.size(), std::size_t(trace.shape().sites[site].topK) + 1);
            for (std::size_t c = 0; c < matrix.values.size(); ++c)
                QCOMPARE(matrix.values[c], histogram[c]);
        }
        MemoryTrace full = splitmixTrace('U');
        const auto rows = analyse(full, {{"experts_per_token"}}, {}, {});
        QCOMPARE(valueOf(*rows, "experts_per_token.mean", -1), 8.0);
        QCOMPARE(valueOf(*rows, "experts_per_token.sd", -1), 0.0);
        QCOMPARE(valueOf(*rows, "experts_per_token.ffn", -1), 8.0);
        QCOMPARE(valueOf(*rows, "experts_per_token.zero_share", -1), 0.0);
        const auto last = analyse(full, {{"experts_per_token", {{"zero_from", "48"}}}}, {}, {});
        const ResultRow* share = findRow(*last, "experts_per_token.zero_share", -1);
        QCOMPARE(*share->uniform, 0.25);
        QVERIFY(near(*share->value, 0.25, 3 * std::sqrt(0.25 * 0.75 / (4 * 4096 * 8))));
    }
};

EXPERTSCOPE_TEST(TestImportance)
#include "tst_importance.moc"
