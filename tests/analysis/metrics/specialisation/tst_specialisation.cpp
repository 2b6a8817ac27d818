// SPDX-License-Identifier: GPL-3.0-or-later
//
// Domain CV and risk difference against plain restatements and closed forms.
#include "analysis/metrics/analyse.h"
#include "tests/support/restatement.h"
#include "tests/support/rows.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTest>

#include <map>

using namespace expertscope;
using namespace expertscope::testing;

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
        VERIFY_OK(rows);
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
                QVERIFY(row->uniform || !row->uniformUndefined.empty());
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

    void riskDifferenceIsItsRestatement_data()
    {
        QTest::addColumn<QString>("reference");
        QTest::addColumn<unsigned>("skipFirst");
        QTest::newRow("rest") << "" << 0u;
        QTest::newRow("en") << "en" << 2u;
    }
    void riskDifferenceIsItsRestatement()
    {
        QFETCH(QString, reference);
        QFETCH(unsigned, skipFirst);
        const std::string name = reference.toStdString();
        MemoryTrace trace = labelledTrace(12);
        const auto rows = analyse(
            trace, {{"risk_difference", {{"reference", name}, {"tau", "0.05"}}}}, "language", piecesOf(21, skipFirst));
        VERIFY_OK(rows);
        const Label& language = trace.shape().labels[0];
        std::map<std::string, std::vector<double>> largest;
        bool anyAbove = false;
        for (std::size_t site = 0; site < 3; ++site) {
            const unsigned E = trace.shape().sites[site].numExperts;
            const auto tokens = tokensOf(trace, site, skipFirst);
            const auto rate = [&](const auto& isIn, unsigned e) {
                double chosen = 0, all = 0;
                for (const TokenOfTrace& t : tokens) {
                    if (t.code < 0 || t.chosen.empty() || !isIn(language.values[std::size_t(t.code)]))
                        continue;
                    chosen += t.chose(e);
                    ++all;
                }
                return std::pair(chosen / all, all);
            };
            for (const std::string& value : language.values) {
                double most = 0, above = 0, n = 0;
                for (unsigned e = 0; e < E; ++e) {
                    const ResultRow* row = findRow(*rows, "risk_difference.value", int(site), int(e), value);
                    QCOMPARE(row != nullptr, value != name);
                    if (!row)
                        continue;
                    const auto of = rate([&](const std::string& v) { return v == value; }, e);
                    const auto other =
                        rate([&](const std::string& v) { return name.empty() ? v != value : v == name; }, e);
                    const double difference = of.first - other.first;
                    QVERIFY(near(*row->value, difference, 1e-13));
                    QCOMPARE(row->n, std::uint64_t(of.second));
                    QCOMPARE(row->other.at("reference"), name.empty() ? "rest" : name);
                    most = std::max(most, std::abs(difference));
                    above += difference > 0.05;
                    n = of.second;
                }
                if (n == 0)
                    continue;
                QVERIFY(near(valueOf(*rows, "risk_difference.max_abs", int(site), -1, value), most, 1e-13));
                QCOMPARE(valueOf(*rows, "risk_difference.above_tau", int(site), -1, value), above);
                anyAbove |= above > 0;
                largest[value].push_back(most);
            }
        }
        for (const auto& [value, most] : largest)
            QVERIFY(near(valueOf(*rows, "risk_difference.max_abs", -1, -1, value), mean(most), 1e-13));
        QVERIFY(largest.size() >= 2 && anyAbove);
    }

    void riskDifferenceOfChance()
    {
        for (const unsigned E : {4u, 32u}) {
            MemoryTrace trace(60, std::uint16_t(E), 2);
            std::vector<std::string> domain;
            for (unsigned s = 0; s < 30; ++s) {
                trace.addSequence(100);
                domain.push_back(s % 3 ? "a" : "b");
            }
            trace.addLabel("domain", domain);
            fillUniform(trace, E);
            const auto rows = analyse(trace, {{"risk_difference", {{"tau", "0.02"}}}}, "domain", {});
            const double a = 2.0 / E, error = std::sqrt(a * (1 - a) * (1 / 2000.0 + 1 / 1000.0));
            std::vector<double> most, above;
            int beyond = 0, all = 0;
            for (const ResultRow& row : rows->rows) {
                if (!row.site || row.label->second != "b")
                    continue;
                if (row.expert) {
                    beyond += std::abs(*row.value) > 3 * error;
                    QCOMPARE(*row.uniform, 0.0);
                    ++all;
                } else {
                    (row.metric.ends_with("tau") ? above : most).push_back(*row.value);
                }
            }
            QVERIFY(beyond < 0.01 * all); // 0.27 % are expected beyond three standard errors
            for (const auto& [metric, values] :
                {std::pair("risk_difference.max_abs", most), {"risk_difference.above_tau", above}}) {
                const ResultRow* row = findRow(*rows, metric, -1, -1, "b");
                QVERIFY(near(
                    mean(values), *row->uniform, 3 * deviation(values, 1) / std::sqrt(60.0) + 0.02 * *row->uniform));
            }
        }
    }

    void riskDifferenceWithoutAReference()
    {
        MemoryTrace trace = labelledTrace(2);
        const auto unknown = analyse(trace, {{"risk_difference", {{"reference", "xx"}}}}, "language", {});
        QCOMPARE(
            findRow(*unknown, "risk_difference.max_abs", 0)->undefined, std::string("the label has no value 'xx'"));
        PassOptions onlyOne;
        onlyOne.where = {{"language", "de"}};
        const auto one = analyse(trace, {{"risk_difference"}}, "language", onlyOne);
        QCOMPARE(findRow(*one, "risk_difference.max_abs", 0, -1, "de")->undefined,
            std::string("the reference has no tokens"));
    }
};

EXPERTSCOPE_TEST(TestSpecialisation)
#include "tst_specialisation.moc"
