// SPDX-License-Identifier: GPL-3.0-or-later
//
// Domain CV, vocabulary, spread and risk difference against plain restatements and closed forms.
#include "labelled_trace.h"
#include "rows.h"

#include <QTest>

#include <map>

using namespace expertscope;
using namespace expertscope::testing;

static bool near(double value, double expected, double tolerance)
{
    if (std::abs(value - expected) <= tolerance)
        return true;
    qWarning("%.12g is not %.12g +- %.3g", value, expected, tolerance);
    return false;
}

static PassOptions piecesOf(std::uint32_t blockTokens, std::uint32_t skipFirst)
{
    PassOptions options;
    options.blockTokens = blockTokens;
    options.skipFirst = skipFirst;
    return options;
}

static double mean(const std::vector<double>& values)
{
    return std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
}

static double deviation(const std::vector<double>& values, double lessOfN)
{
    double squares = 0;
    for (const double value : values)
        squares += (value - mean(values)) * (value - mean(values));
    return std::sqrt(squares / (double(values.size()) - lessOfN));
}

class TestSpecialisation : public QObject
{
    Q_OBJECT
private slots:
    void domainCvIsItsRestatement_data()
    {
        QTest::addColumn<unsigned>("m");
        QTest::addColumn<unsigned>("skipFirst");
        for (const unsigned m : {1u, 16u, 100u}) {
            for (const unsigned skipFirst : {0u, 3u})
                QTest::addRow("m=%u, skip %u", m, skipFirst) << m << skipFirst;
        }
    }
    void domainCvIsItsRestatement()
    {
        QFETCH(unsigned, m);
        QFETCH(unsigned, skipFirst);
        MemoryTrace trace = labelledTrace(3);
        const auto rows =
            analyse(trace, {{"domain_cv", {{"m", std::to_string(m)}}}}, "language", piecesOf(17, skipFirst));
        QVERIFY(rows);
        std::vector<double> everything;
        for (std::size_t site = 0; site < 3; ++site) {
            const unsigned E = trace.shape().sites[site].numExperts;
            std::vector<double> ofSite;
            for (unsigned e = 0; e < E; ++e) {
                std::map<int, std::pair<double, double>> windows; // sum of f, m * windows
                for (std::size_t s = 0; s < 40; ++s) {
                    const std::uint32_t length = trace.shape().sequences[s].length;
                    const int code = trace.shape().labels[0].codes[s];
                    for (std::uint32_t p = skipFirst; p + m <= length && code >= 0; ++p) {
                        for (std::uint32_t t = p; t < p + m; ++t)
                            windows[code].first += TokenOfTrace(trace, site, s, t).chose(e);
                        windows[code].second += m;
                    }
                }
                std::vector<double> rates;
                for (const auto& [code, sums] : windows) {
                    if (sums.first / sums.second > 1e-5)
                        rates.push_back(sums.first / sums.second);
                }
                const ResultRow* row = findRow(*rows, "domain_cv.value", int(site), int(e));
                QCOMPARE(row->n, rates.size());
                QVERIFY(rates.size() > 1);
                ofSite.push_back(deviation(rates, 1) / mean(rates));
                QVERIFY(near(*row->value, ofSite.back(), 1e-12));
                QVERIFY(!row->uniform); // tokens choose differently many
            }
            QVERIFY(near(valueOf(*rows, "domain_cv.mean", int(site)), mean(ofSite), 1e-12));
            everything.insert(everything.end(), ofSite.begin(), ofSite.end());
        }
        QVERIFY(near(valueOf(*rows, "domain_cv.mean", -1), mean(everything), 1e-12));
        QCOMPARE(findRow(*rows, "domain_cv.mean", -1)->n, 29u);
    }

    void domainCvByHand()
    {
        // Windows of 2 over a b b | a a a: expert 1 is in 0+1, 1+1 of 2 * 2 places, and in none of the other's.
        MemoryTrace trace(1, 3, 1);
        trace.addSequence(3);
        trace.addSequence(3);
        trace.addLabel("domain", {"x", "y"});
        trace.ids[0] = {0, 1, 1, 0, 0, 0};
        const auto rows = analyse(trace, {{"domain_cv", {{"m", "2"}}}}, "domain", {});
        // expert 0: rates 1/4 and 1: mean .625, sample SD .75 / sqrt 2
        QVERIFY(near(valueOf(*rows, "domain_cv.value", 0, 0), 0.75 / std::sqrt(2.0) / 0.625, 1e-15));
        for (int e : {1, 2})
            QVERIFY(!findRow(*rows, "domain_cv.value", 0, e)->value);
        QCOMPARE(findRow(*rows, "domain_cv.mean", 0)->n, 1u);
        const auto none = analyse(trace, {{"domain_cv"}}, "domain", {}); // no sequence has 16 tokens
        for (const ResultRow& row : none->rows)
            QVERIFY(!row.value && !row.undefined.empty());
    }

    void domainCvOfChance()
    {
        for (const unsigned values : {2u, 5u}) {
            MemoryTrace trace(30, 16, 2);
            std::vector<std::string> domain;
            for (unsigned s = 0; s < 40; ++s) {
                trace.addSequence(60 + s % 7);
                domain.push_back(std::to_string(s % values));
            }
            trace.addLabel("domain", domain);
            fillUniform(trace, 5);
            const auto rows = analyse(trace, {{"domain_cv"}}, "domain", {});
            std::vector<double> cv;
            for (const ResultRow& row : rows->rows) {
                if (row.expert)
                    cv.push_back(*row.value);
            }
            const ResultRow* model = findRow(*rows, "domain_cv.mean", -1);
            QVERIFY(model->uniform && *model->uniform > 0.05);
            QVERIFY(near(mean(cv), *model->uniform,
                3 * deviation(cv, 1) / std::sqrt(double(cv.size())) + 0.01 * *model->uniform));
        }
    }
};

QTEST_GUILESS_MAIN(TestSpecialisation)
#include "tst_specialisation.moc"
