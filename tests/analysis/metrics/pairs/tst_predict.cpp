// SPDX-License-Identifier: GPL-3.0-or-later
//
// Predictors against a plain restatement: matrices made anew for every token, sums in rational numbers where ties may
// decide.
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

using Set = std::set<unsigned>;
static const char* const kMeasures[] = {
    "predict.recall", "predict.precision", "predict.exact", "predict.f1", "predict.label_accuracy"};

/// Sticky routing: of a token's slots many repeat the token before, and the second site follows the first. With empty
/// slots and sites of different E and k when `ragged`.
static MemoryTrace predictedTrace(bool ragged, std::uint64_t seed, unsigned sequences = 14)
{
    MemoryTrace trace(4, 18, 4);
    if (ragged) {
        trace.editShape().sites[1].numExperts = 7;
        trace.editShape().sites[1].topK = 2;
    }
    std::vector<std::string> language;
    for (unsigned s = 0; s < sequences; ++s) {
        trace.addSequence(s == 3 ? 1 : s == 6 ? 2 : 20 + unsigned(mix(seed + s) % 70));
        language.push_back(std::vector<std::string>{"de", "en", "fr"}[mix(seed + 50 + s) % 3]);
    }
    trace.addLabel("language", language);
    fillUniform(trace, seed);
    for (std::size_t site = 0; site < 4; ++site) {
        auto& ids = trace.ids[site];
        for (std::size_t t = 1; t < trace.shape().numTokens; ++t) {
            if (mix(seed + t * 4 + site) % 2 && trace.shape().sites[site].topK == 4)
                std::copy_n(&ids[(t - 1) * 4], 4, &ids[t * 4]);
            if (site == 3 && mix(seed + t) % 3)
                std::copy_n(&trace.ids[2][t * 4], 4, &ids[t * 4]);
        }
        for (std::size_t i = 0; ragged && i < ids.size(); ++i) {
            if (mix(seed + i + 99 * site) % 4 == 0)
                ids[i] = kNoExpert;
        }
    }
    return trace;
}

/// What the restatement says of one site: sums of the five measures, and tokens.
struct Expected5
{
    double sum[5] = {};
    double n = 0;

    void score(const Set& Q, const Set& S, double E)
    {
        if (Q.empty() || S.empty())
            return;
        Set both;
        std::ranges::set_intersection(Q, S, std::inserter(both, both.end()));
        const double q = double(Q.size()), s = double(S.size()), b = double(both.size());
        sum[0] += b / s;
        sum[1] += b / q;
        sum[2] += Q == S;
        sum[3] += 2 * b / (q + s);
        double right = 0;
        for (unsigned e = 0; e < unsigned(E); ++e)
            right += Q.contains(e) == S.contains(e);
        sum[4] += right / E;
        ++n;
    }
};

template <class Score> static Set largest(const std::vector<Score>& scores, std::size_t n)
{
    std::vector<unsigned> ids(scores.size());
    std::iota(ids.begin(), ids.end(), 0u);
    std::ranges::stable_sort(ids, [&](unsigned a, unsigned b) { return scores[a] > scores[b]; });
    return Set(ids.begin(), ids.begin() + std::ptrdiff_t(std::min(n, ids.size())));
}

/// A number of which nearly equal ones are equal.
struct Rough
{
    long double value = 0;
    bool operator>(const Rough& other) const { return value > other.value + 1e-13L; }
};

class Restatement
{
public:
    Restatement(const MemoryTrace& trace, const std::vector<std::size_t>& selected, std::uint32_t skip)
        : m_trace(trace)
        , m_skip(skip)
    {
        for (std::size_t rank = 0; rank < selected.size(); ++rank)
            (rank % 2 ? m_test : m_fit).push_back(selected[rank]);
    }

    Set set(std::size_t site, std::size_t t) const
    {
        Set s(&m_trace.ids[site][t * 4], &m_trace.ids[site][t * 4] + 4);
        s.erase(kNoExpert);
        return s;
    }
    std::size_t E(std::size_t site) const { return m_trace.shape().sites[site].numExperts; }
    std::size_t begin(std::size_t s) const { return m_trace.shape().sequences[s].begin.value + m_skip; }
    std::size_t end(std::size_t s) const
    {
        return m_trace.shape().sequences[s].begin.value + m_trace.shape().sequences[s].length;
    }

    std::vector<double> countsOf(const std::vector<std::size_t>& sequences, std::size_t site) const
    {
        std::vector<double> counts(E(site));
        for (const std::size_t s : sequences) {
            for (std::size_t t = begin(s); t < end(s); ++t) {
                for (const unsigned e : set(site, t))
                    ++counts[e];
            }
        }
        return counts;
    }

    Expected5 previous(std::size_t site, std::size_t) const
    {
        Expected5 expected;
        for (const std::size_t s : m_test) {
            for (std::size_t t = begin(s) + 1; t < end(s); ++t)
                expected.score(set(site, t - 1), set(site, t), double(E(site)));
        }
        return expected;
    }

    Expected5 frequent(std::size_t site, std::size_t n) const
    {
        Expected5 expected;
        const Set Q = largest(countsOf(m_fit, site), n);
        for (const std::size_t s : m_test) {
            for (std::size_t t = begin(s); t < end(s); ++t)
                expected.score(Q, set(site, t), double(E(site)));
        }
        return expected;
    }

    Expected5 transition(std::size_t site, std::size_t n) const
    {
        Expected5 expected;
        if (site == 0)
            return expected;
        std::map<std::pair<unsigned, unsigned>, double> both;
        std::map<unsigned, double> single;
        for (const std::size_t s : m_fit) {
            for (std::size_t t = begin(s); t < end(s); ++t) {
                const Set X = set(site - 1, t), Y = set(site, t);
                for (const unsigned i : X) {
                    single[i] += !Y.empty();
                    for (const unsigned j : Y)
                        ++both[{i, j}];
                }
            }
        }
        for (const std::size_t s : m_test) {
            for (std::size_t t = begin(s); t < end(s); ++t) {
                const Set X = set(site - 1, t);
                if (X.empty())
                    continue;
                std::vector<Rough> scores(E(site));
                for (const unsigned i : X) {
                    for (unsigned j = 0; j < E(site); ++j) {
                        const auto found = both.find({i, j});
                        if (found != both.end())
                            scores[j].value +=
                                static_cast<long double>(found->second) / static_cast<long double>(single[i]);
                    }
                }
                expected.score(largest(scores, n), set(site, t), double(E(site)));
            }
        }
        return expected;
    }

    Expected5 eam(std::size_t site, std::size_t n, std::size_t library) const
    {
        Expected5 expected;
        std::vector<std::vector<std::vector<double>>> stored; // [sequence][site][E]
        for (std::size_t f = 0; f < std::min(library, m_fit.size()); ++f) {
            stored.emplace_back();
            for (std::size_t i = 0; i < 4; ++i)
                stored.back().push_back(countsOf({m_fit[f]}, i));
        }
        for (const std::size_t s : m_test) {
            for (std::size_t t = begin(s) + 1; t < end(s); ++t) {
                std::vector<Rough> closeness(stored.size());
                for (std::size_t i = 0; i < 4; ++i) {
                    std::vector<double> now(E(i));
                    for (std::size_t u = begin(s); u < t; ++u) {
                        for (const unsigned e : set(i, u))
                            ++now[e];
                    }
                    for (std::size_t f = 0; f < stored.size(); ++f) {
                        long double dot = 0, a = 0, b = 0;
                        for (std::size_t e = 0; e < E(i); ++e) {
                            dot += now[e] * stored[f][i][e];
                            a += now[e] * now[e];
                            b += stored[f][i][e] * stored[f][i][e];
                        }
                        closeness[f].value += a > 0 && b > 0 ? dot / std::sqrt(a * b) : 0;
                    }
                }
                const unsigned best = *largest(closeness, 1).begin();
                expected.score(largest(stored[best][site], n), set(site, t), double(E(site)));
            }
        }
        return expected;
    }

private:
    const MemoryTrace& m_trace;
    const std::uint32_t m_skip;
    std::vector<std::size_t> m_fit, m_test;
};

static const ResultRow* findRow(const Results& results, const std::string& metric, int site,
    const std::string& predictor, double n, const std::string& label = {})
{
    for (const ResultRow& row : results.rows) {
        if (row.metric == metric && row.params.at("predictor") == ParameterValue(predictor)
            && row.params.at("n") == ParameterValue(n) && (site < 0 ? !row.site : row.site && row.site->value == site)
            && (label.empty() ? !row.label : row.label && row.label->second == label))
            return &row;
    }
    return nullptr;
}

class TestPredict : public QObject
{
    Q_OBJECT
private slots:
    void restatement_data()
    {
        QTest::addColumn<bool>("ragged");
        QTest::addColumn<int>("skip");
        QTest::addColumn<bool>("where");
        QTest::addColumn<int>("library");
        QTest::addColumn<int>("block");
        QTest::newRow("full slots") << false << 0 << false << 128 << 0;
        QTest::newRow("empty slots") << true << 0 << false << 128 << 0;
        QTest::newRow("from the second token, small blocks") << true << 1 << false << 128 << 17;
        QTest::newRow("of one language") << true << 2 << true << 128 << 5;
        QTest::newRow("few stored") << false << 1 << false << 2 << 1;
        QTest::newRow("one stored") << true << 0 << true << 1 << 0;
    }
    void restatement()
    {
        QFETCH(bool, ragged);
        QFETCH(int, skip);
        QFETCH(bool, where);
        QFETCH(int, library);
        QFETCH(int, block);
        MemoryTrace trace = predictedTrace(ragged, std::uint64_t(skip * 10 + library));
        PassOptions options;
        options.skipFirst = std::uint32_t(skip);
        options.blockTokens = std::uint32_t(block);
        if (where)
            options.where = {{"language", "en"}};
        std::vector<std::size_t> selected;
        const Label& language = *trace.shape().label("language");
        for (std::size_t s = 0; s < trace.shape().sequences.size(); ++s) {
            const bool wanted = !where || language.values[std::size_t(language.codes[s])] == "en";
            if (wanted && trace.shape().sequences[s].length > std::uint32_t(skip))
                selected.push_back(s);
        }
        QVERIFY(selected.size() > 2);
        const Restatement plain(trace, selected, std::uint32_t(skip));
        const auto results =
            analyse(trace, {{"predict", {{"n", "0/1/6/40"}, {"library", std::to_string(library)}}}}, {}, options);
        VERIFY_OK(results);
        QCOMPARE(results->rows.size(), std::size_t(4 * 4 * 5 * 5));
        std::map<std::string, double> values;
        for (const unsigned n : {0u, 1u, 6u, 40u}) {
            for (std::size_t site = 0; site < 4; ++site) {
                const std::size_t size = n ? n : trace.shape().sites[site].topK;
                compare(*results, "previous", n, int(site), plain.previous(site, size));
                compare(*results, "static", n, int(site), plain.frequent(site, size));
                compare(*results, "transition", n, int(site), plain.transition(site, size));
                compare(*results, "eam", n, int(site), plain.eam(site, size, std::size_t(library)));
                if (QTest::currentTestFailed())
                    return;
            }
        }
        // Each has something to say here: sites repeat themselves, and the last one repeats the third.
        QVERIFY(*findRow(*results, "predict.recall", 0, "previous", 0)->value > 0.4);
        QVERIFY(*findRow(*results, "predict.recall", 3, "transition", 0)->value > (ragged ? 0.25 : 0.3));
        QCOMPARE(findRow(*results, "predict.exact", 2, "static", 40)->value.value(), 0.0);
        QCOMPARE(findRow(*results, "predict.recall", 2, "static", 40)->value.value(), 1.0);
        // Means over sites.
        double sum = 0;
        for (int site = 1; site < 4; ++site)
            sum += *findRow(*results, "predict.f1", site, "transition", 6)->value;
        const ResultRow* mean = findRow(*results, "predict.f1", -1, "transition", 6);
        QVERIFY(near(*mean->value, sum / 3, 1e-14));
        QCOMPARE(mean->params.at("sites"), ParameterValue(3.0));
    }

    /// By label: learnt from all fit sequences, scored on those of the value.
    void byLabelLearnsFromAll()
    {
        MemoryTrace trace = predictedTrace(true, 77, 20);
        const auto split = analyse(trace, {{"predict"}}, "language", {});
        const auto whole = analyse(trace, {{"predict"}}, {}, {});
        QVERIFY(split && whole);
        for (const char* predictor : {"previous", "static", "transition", "eam"}) {
            for (int site = 0; site < 4; ++site) {
                const ResultRow* all = findRow(*whole, "predict.recall", site, predictor, 0);
                const ResultRow* same = findRow(*split, "predict.recall", site, predictor, 0);
                QCOMPARE(same->n, all->n);
                if (!all->value)
                    continue;
                QVERIFY(near(*same->value, *all->value, 1e-15));
                double n = 0, sum = 0;
                for (const char* language : {"de", "en", "fr"}) {
                    if (const ResultRow* row = findRow(*split, "predict.recall", site, predictor, 0, language);
                        row && row->value) {
                        n += double(row->n);
                        sum += *row->value * double(row->n);
                    }
                }
                QCOMPARE(n, double(all->n));
                QVERIFY(near(sum / n, *all->value, 1e-12));
            }
        }
    }

    void previousIsRepetition()
    {
        // Of 2 sequences the second is scored: the overlap of neighbours, as `repetition` knows it.
        MemoryTrace trace = predictedTrace(false, 5, 2);
        trace.addLabel("which", {"first", "second"});
        const auto predicted = analyse(trace, {{"predict", {{"predictor", "previous"}}}}, {}, {});
        PassOptions second;
        second.where = {{"which", "second"}};
        const auto repeated = analyse(trace, {{"repetition"}}, {}, second);
        for (int site = 0; site < 4; ++site)
            QVERIFY(near(*findRow(*predicted, "predict.recall", site, "previous", 0)->value,
                valueOf(*repeated, "repetition.overlap", site), 1e-14));
    }

    void uniformIsChance()
    {
        // Independent routing: every predictor is as good as the closed form says, within 3 standard errors or so.
        MemoryTrace trace(3, 16, 4);
        for (int s = 0; s < 40; ++s)
            trace.addSequence(300);
        fillUniform(trace, 8);
        const auto results = analyse(trace, {{"predict", {{"n", "4/7"}}}}, {}, {});
        QVERIFY(near(*findRow(*results, "predict.recall", 1, "static", 7)->uniform, 7.0 / 16, 1e-14));
        QVERIFY(near(*findRow(*results, "predict.precision", 1, "static", 7)->uniform, 4.0 / 16, 1e-14));
        QVERIFY(near(*findRow(*results, "predict.exact", 1, "static", 4)->uniform, 1 / 1820.0, 1e-12));
        QCOMPARE(*findRow(*results, "predict.exact", 1, "static", 7)->uniform, 0.0);
        for (const ResultRow& row : results->rows) {
            if (!row.value || !row.site)
                continue;
            // Recall has a variance of at most 1/E of ... 0.25 / 4 bounds that of all but exact.
            const double error =
                row.metric == "predict.exact" ? std::sqrt(1 / 1820.0 / double(row.n)) : 0.25 / std::sqrt(double(row.n));
            QVERIFY2(near(*row.value, *row.uniform, 3.5 * error), row.metric.c_str());
        }
    }

    void eamTiesGoToTheEarlier()
    {
        // What the second sequence chose so far is in neither stored one: both are as far, so the first foretells.
        MemoryTrace trace(1, 6, 2);
        for (const unsigned length : {2u, 2u, 2u})
            trace.addSequence(length);
        trace.ids[0] = {0, 1, 0, 1, 4, 5, 0, 1, 2, 3, 2, 3};
        const auto results = analyse(trace, {{"predict", {{"predictor", "eam"}}}}, {}, {});
        const ResultRow* row = findRow(*results, "predict.exact", 0, "eam", 0);
        QCOMPARE(row->value.value(), 1.0);
        QCOMPARE(row->n, 1u);
    }

    void nothingToPredict()
    {
        MemoryTrace trace = predictedTrace(false, 3, 1); // the only sequence is learnt from
        const auto results = analyse(trace, {{"predict"}}, {}, {});
        QCOMPARE(results->rows.size(), std::size_t(4 * 5 * 5));
        for (const ResultRow& row : results->rows)
            QVERIFY(!row.value && row.undefined.starts_with("nothing to predict") && row.n == 0);
        QCOMPARE(analyse(trace, {{"predict", {{"predictor", "next"}}}}, {}, {}).error().what,
            std::string("metric 'predict': parameter 'predictor': unknown 'next'"));
    }

private:
    static void compare(
        const Results& results, const std::string& predictor, unsigned n, int site, const Expected5& expected)
    {
        for (int m = 0; m < 5; ++m) {
            const ResultRow* row = findRow(results, kMeasures[m], site, predictor, n);
            QVERIFY(row);
            QCOMPARE(row->n, std::uint64_t(expected.n));
            QCOMPARE(row->value.has_value(), expected.n > 0);
            if (row->value)
                QVERIFY2(near(*row->value, expected.sum[m] / expected.n, 1e-12),
                    (predictor + " " + kMeasures[m] + " n=" + std::to_string(n) + " site " + std::to_string(site))
                        .c_str());
        }
    }
};

EXPERTSCOPE_TEST(TestPredict)
#include "tst_predict.moc"
