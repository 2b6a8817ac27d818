// SPDX-License-Identifier: GPL-3.0-or-later
//
// Vocabulary and spread against plain restatements, closed forms and chance.
#include "analysis/metrics/analyse.h"
#include "tests/support/restatement.h"
#include "tests/support/rows.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTest>

#include <map>

using namespace expertscope;
using namespace expertscope::testing;

class TestVocabulary : public QObject
{
    Q_OBJECT
private slots:
    void vocabularyIsItsRestatement_data()
    {
        QTest::addColumn<unsigned>("top");
        QTest::addColumn<unsigned>("least");
        QTest::addColumn<unsigned>("skipFirst");
        for (const unsigned top : {0u, 1u, 2u}) {
            for (const unsigned least : {1u, 20u})
                QTest::addRow("top %u, n_min %u", top, least) << top << least << (top + least) % 3;
        }
    }
    void vocabularyIsItsRestatement()
    {
        QFETCH(unsigned, top);
        QFETCH(unsigned, least);
        QFETCH(unsigned, skipFirst);
        MemoryTrace trace = labelledTrace(top + 5);
        const auto all =
            analyse(trace, {{"vocabulary", {{"top", std::to_string(top)}, {"n_min", std::to_string(least)}}}}, {},
                piecesOf(23, skipFirst));
        VERIFY_OK(all);
        for (const std::string kind : {"input", "next", "predicted"}) {
            std::vector<ResultRow> rows;
            std::ranges::copy_if(all->rows, std::back_inserter(rows),
                [&](const ResultRow& row) { return row.params.at("ids") == ParameterValue(kind); });
            std::vector<double> ofSites;
            for (std::size_t site = 0; site < 3; ++site) {
                const unsigned E = trace.shape().sites[site].numExperts;
                std::map<int, std::map<unsigned, double>> counts;
                std::map<int, double> occurrences;
                for (const TokenOfTrace& t : tokensOf(trace, site, skipFirst)) {
                    int id = kind == "input" ? trace.tokenIds[t.token] : trace.predictedIds[t.token];
                    if (kind == "next")
                        id = t.position + 1 < t.end ? trace.tokenIds[t.token + 1] : -1;
                    double filled = 0;
                    for (unsigned r = 0; r < (top ? top : 3); ++r) {
                        const std::uint16_t e = trace.ids[site][t.token * 3 + r];
                        if (id >= 0 && e != kNoExpert)
                            counts[id][e] += ++filled > 0;
                    }
                    if (filled > 0)
                        ++occurrences[id];
                }
                std::vector<double> values;
                std::map<unsigned, std::vector<double>> won;
                for (const auto& [id, n] : occurrences) {
                    if (n < least)
                        continue;
                    const auto most = std::ranges::max_element(
                        counts[id], {}, [](const auto& pair) { return std::pair(pair.second, -int(pair.first)); });
                    values.push_back(most->second / n);
                    won[most->first].push_back(values.back());
                }
                QVERIFY(values.size() > 5);
                const ResultRow* row = findRow(rows, rowQuery("vocabulary.specialisation", int(site)));
                QCOMPARE(row->n, values.size());
                QVERIFY(near(*row->value, mean(values), 1e-13));
                const double k = trace.shape().sites[site].topK, a = std::min(top ? top : k, k) / E;
                QVERIFY(near(valueOf(rows, rowQuery("vocabulary.normalised", int(site))), (mean(values) - a) / (1 - a), 1e-13));
                for (unsigned e = 0; e < E; ++e) {
                    row = findRow(rows, rowQuery("vocabulary.specialisation", int(site), int(e)));
                    QCOMPARE(row->n, won[e].size());
                    QCOMPARE(row->value.has_value(), !won[e].empty());
                    QVERIFY(won[e].empty() || near(*row->value, mean(won[e]), 1e-13));
                }
                ofSites.push_back(mean(values));
            }
            QVERIFY(near(valueOf(rows, rowQuery("vocabulary.specialisation", -1)), mean(ofSites), 1e-13));
        }
    }

    void vocabularyOfFullTokens()
    {
        // Every slot filled takes the fast path; many experts, many ids, so that tables and rows grow.
        MemoryTrace trace(1, 200, 4);
        trace.editShape().columns.tokenIds = true;
        for (int s = 0; s < 3; ++s)
            trace.addSequence(10'000);
        fillUniform(trace, 9);
        for (std::size_t t = 0; t < 30'000; ++t)
            trace.tokenIds.push_back(t % 2 ? std::int32_t(mix(t) % 4) : std::int32_t(mix(t) % 7000) * 250'000);
        for (const unsigned top : {0u, 1u}) {
            std::map<int, std::map<unsigned, double>> counts;
            std::map<int, double> occurrences;
            for (std::size_t t = 0; t < 30'000; ++t) {
                ++occurrences[trace.tokenIds[t]];
                for (std::size_t r = 0; r < (top ? top : 4); ++r)
                    ++counts[trace.tokenIds[t]][trace.ids[0][t * 4 + r]];
            }
            std::vector<double> values;
            for (const auto& [id, n] : occurrences) {
                values.push_back(0);
                for (const auto& [e, count] : counts[id])
                    values.back() = std::max(values.back(), count / n);
            }
            for (const unsigned threads : {1u, 3u}) {
                PassOptions options = piecesOf(1500, 0);
                options.threads = threads;
                const auto rows = analyse(trace,
                    {{"vocabulary", {{"ids", "input"}, {"top", std::to_string(top)}, {"n_min", "1"}}}}, {}, options);
                const ResultRow* row = findRow(*rows, "vocabulary.specialisation", 0);
                QCOMPARE(row->n, values.size());
                QVERIFY(near(*row->value, mean(values), 1e-12));
                // routing is by chance, so the value is its uniform one
                QVERIFY(near(*row->value, *row->uniform, 0.01 * *row->uniform));
            }
        }
    }

    void vocabularyWithoutPredictions()
    {
        MemoryTrace trace = labelledTrace(1);
        trace.editShape().columns.predictedIds = false;
        const auto rows = analyse(trace, {{"vocabulary"}}, {}, {});
        int undefined = 0;
        for (const ResultRow& row : rows->rows) {
            if (row.params.at("ids") != ParameterValue(std::string("predicted")))
                continue;
            QCOMPARE(row.undefined, std::string("the trace does not hold predicted ids"));
            ++undefined;
        }
        QCOMPARE(undefined, 1);
        QVERIFY(findRow(*rows, "vocabulary.specialisation", 0)->value);
        trace.editShape().columns.tokenIds = false;
        QCOMPARE(findRow(*analyse(trace, {{"vocabulary"}}, {}, {}), "vocabulary", -1)->undefined,
            std::string("the trace does not hold token ids"));
    }

    void spreadIsItsRestatement_data()
    {
        QTest::addColumn<unsigned>("least");
        QTest::addColumn<unsigned>("skipFirst");
        for (const unsigned least : {0u, 6u, 25u})
            QTest::addRow("more than %u", least) << least << least / 5;
    }
    void spreadIsItsRestatement()
    {
        QFETCH(unsigned, least);
        QFETCH(unsigned, skipFirst);
        MemoryTrace trace = labelledTrace(least + 1);
        const auto results =
            analyse(trace, {{"spread", {{"n_min", std::to_string(least)}}}}, {}, piecesOf(19, skipFirst));
        std::uint32_t longest = 0;
        for (const Sequence& sequence : trace.shape().sequences)
            longest = std::max(longest, sequence.length);
        for (std::size_t site = 0; site < 3; ++site) {
            const unsigned E = trace.shape().sites[site].numExperts;
            std::map<int, std::vector<double>> ofId, ofPosition, ofBin;
            std::map<int, double> ids, positions;
            for (const TokenOfTrace& t : tokensOf(trace, site, skipFirst)) {
                if (t.chosen.empty())
                    continue;
                const auto count = [&](std::map<int, std::vector<double>>& to, int key) {
                    to[key].resize(E);
                    for (const std::uint16_t e : t.chosen)
                        ++to[key][e];
                };
                if (trace.tokenIds[t.token] >= 0) {
                    ++ids[trace.tokenIds[t.token]];
                    count(ofId, trace.tokenIds[t.token]);
                }
                ++positions[int(t.position)];
                count(ofPosition, int(t.position));
                count(ofBin, int(t.position * 32 / longest));
            }
            const auto expected = [&](const auto& occurrences, auto& counts) {
                std::vector<double> deviations;
                for (const auto& [key, n] : occurrences) {
                    std::vector<double> shares = counts[key];
                    const double all = std::accumulate(shares.begin(), shares.end(), 0.0);
                    for (double& share : shares)
                        share /= all;
                    if (n > least)
                        deviations.push_back(deviation(shares, 0));
                }
                return deviations;
            };
            for (const auto& [metric, deviations] : {std::pair("spread.token_id", expected(ids, ofId)),
                     {"spread.position", expected(positions, ofPosition)}}) {
                const ResultRow* row = findRow(*results, metric, int(site));
                QCOMPARE(row->n, deviations.size());
                QVERIFY(deviations.size() > 3);
                QVERIFY(near(*row->value, mean(deviations), 1e-13));
            }
            const ResultMatrix& matrix = results->matrices[site];
            QCOMPARE(matrix.values.size(), 32u * E);
            for (int bin = 0; bin < 32; ++bin) {
                const double all = std::accumulate(ofBin[bin].begin(), ofBin[bin].end(), 0.0);
                for (unsigned e = 0; e < E; ++e) {
                    const double share = matrix.values[std::size_t(bin) * E + e];
                    QVERIFY(all > 0 ? near(share, ofBin[bin][e] / all, 1e-14) : std::isnan(share));
                }
            }
        }
    }

    void spreadOfCollapseAndChance()
    {
        // Token id 7 always goes to one of 32 experts, id 8 to two in turn: the closed form of metrics 4.
        for (const auto& [experts, expected] : {std::pair(1u, 0.173993), {2u, 0.121031}}) {
            MemoryTrace trace(1, 32, 1);
            trace.editShape().columns.tokenIds = true;
            for (int s = 0; s < 300; ++s)
                trace.addSequence(4);
            for (unsigned t = 0; t < 1200; ++t) {
                trace.tokenIds.push_back(7);
                trace.ids[0].push_back(std::uint16_t(5 + 9 * (t / 4 % experts)));
            }
            const auto rows = analyse(trace, {{"spread"}}, {}, {});
            QVERIFY(near(valueOf(*rows, "spread.token_id", 0), expected, 5.1e-7));
            QVERIFY(near(valueOf(*rows, "spread.position", 0), expected, 5.1e-7));
            const double form = std::sqrt((1.0 / experts - 1.0 / 32) / 32);
            QVERIFY(near(valueOf(*rows, "spread.position", 0), form, 1e-15));
            QCOMPARE(findRow(*rows, "spread.position", 0)->n, 4u);
            QVERIFY(!findRow(*analyse(trace, {{"spread", {{"n_min", "300"}}}}, {}, {}), "spread.position", 0)->value);
        }
        MemoryTrace trace(1, 16, 3);
        trace.editShape().columns.tokenIds = true;
        for (int s = 0; s < 150; ++s)
            trace.addSequence(400);
        fillUniform(trace, 3);
        for (std::size_t t = 0; t < trace.shape().numTokens; ++t)
            trace.tokenIds.push_back(std::int32_t(mix(t) % 300));
        const auto rows = analyse(trace, {{"spread"}}, {}, {});
        for (const char* metric : {"spread.token_id", "spread.position"}) {
            const ResultRow* row = findRow(*rows, metric, 0);
            QVERIFY(row->n >= 300 && near(*row->value, *row->uniform, 0.03 * *row->uniform));
        }
    }
};

EXPERTSCOPE_TEST(TestVocabulary)
#include "tst_vocabulary.moc"
