// SPDX-License-Identifier: GPL-3.0-or-later
//
// Divergence of parallel sequences against goldens, closed forms and a plain restatement.
#include "analysis/metrics/analyse.h"
#include "tests/support/near.h"
#include "tests/support/ragged_scores.h"
#include "tests/support/rows.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTest>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

using Vector = std::vector<double>;

double entropy(const Vector& q)
{
    double sum = 0;
    for (const double v : q)
        sum += v > 0 ? -v * std::log(v) : 0;
    return sum;
}

double jsd(const Vector& a, const Vector& b)
{
    Vector middle;
    for (std::size_t i = 0; i < a.size(); ++i)
        middle.push_back((a[i] + b[i]) / 2);
    return entropy(middle) - (entropy(a) + entropy(b)) / 2;
}

double relative(const Vector& a, const Vector& b)
{
    return jsd(a, b) / (std::log(double(a.size())) - (entropy(a) + entropy(b)) / 2);
}

/// Mean router vector, or shares of choices, of the tokens of all sequences with these label values; every second token
/// from `parity` when that is 0 or 1. Empty when there is nothing.
Vector meanVector(const MemoryTrace& trace, std::size_t site, bool ofIds, const std::string& language,
    const std::string& parallel, int parity, std::uint32_t skip)
{
    const Label &by = *trace.shape().label("language"), &pair = *trace.shape().label("parallel");
    Vector q(trace.shape().sites[site].numExperts);
    double all = 0;
    for (std::size_t s = 0; s < trace.shape().sequences.size(); ++s) {
        const auto is = [s](const Label& label, const std::string& value) {
            return label.codes[s] >= 0 && label.values[std::size_t(label.codes[s])] == value;
        };
        if (!is(by, language) || !is(pair, parallel))
            continue;
        for (std::size_t t = skip; t < trace.shape().sequences[s].length; ++t) {
            if (parity >= 0 && int(t % 2) != parity)
                continue;
            const std::size_t token = std::size_t(trace.shape().sequences[s].begin) + t;
            if (ofIds) {
                for (const std::uint16_t e : plainChoices(trace, site, token)) {
                    ++q[e];
                    ++all;
                }
                continue;
            }
            const auto p = plainProbabilities(trace, site, token);
            for (std::size_t e = 0; e < p.size(); ++e)
                q[e] += p[e];
            all += !p.empty();
        }
    }
    for (double& v : q)
        v /= all;
    return all > 0 ? q : Vector{};
}

Words against(const std::string& reference)
{
    return {{"reference", reference}};
}

/// Two sequences of one token each, de and en, with these logits; ids are the argmax.
MemoryTrace twoTokens(const std::vector<float>& en, const std::vector<float>& de)
{
    MemoryTrace trace(1, std::uint16_t(en.size()), 1);
    trace.editShape().columns.logits = true;
    trace.addSequence(1);
    trace.addSequence(1);
    trace.addLabel("language", {"en", "de"});
    trace.addLabel("parallel", {"x", "x"});
    for (const auto& logits : {en, de}) {
        trace.ids[0].push_back(std::uint16_t(std::ranges::max_element(logits) - logits.begin()));
        trace.logits[0].insert(trace.logits[0].end(), logits.begin(), logits.end());
    }
    return trace;
}

}

class TestDivergence : public QObject
{
    Q_OBJECT
private slots:
    void goldens_data()
    {
        QTest::addColumn<char>("kind");
        QTest::addColumn<QList<double>>("values"); // JSD and D_HJS of sequences 0 and 1; D_HJS over four pairs
        QTest::newRow("U") << 'U' << QList<double>{.001693351, .542861, .486273};
        QTest::newRow("B") << 'B' << QList<double>{.010474529, .510157, .459620};
        QTest::newRow("M") << 'M' << QList<double>{.010968536, .574154, .482907};
    }
    void goldens()
    {
        QFETCH(char, kind);
        QFETCH(QList<double>, values);
        MemoryTrace trace = splitmixTrace(kind, true);
        trace.addLabel("language", {"en", "de", "en", "de", "en", "de", "en", "de"});
        trace.addLabel("parallel", {"p0", "p0", "p1", "p1", "p2", "p2", "p3", "p3"});
        trace.addLabel("first", {"f", "f", "", "", "", "", "", ""});
        const auto four = analyse(trace, {{"divergence"}}, "language", {});
        QVERIFY(near(number(*four, "divergence.d_hjs", 0, against("en"), {}, "de"), values[2], 5.1e-7));
        QCOMPARE(pick(*four, "divergence.d_hjs", 0, against("en"), {}, "de")->n, 4u);
        const auto one = analyse(trace, {{"divergence", {{"pair", "first"}}}}, "language", {});
        QVERIFY(near(number(*one, "divergence.jsd", 0, against("en"), {}, "de"), values[0], 5.1e-10));
        QVERIFY(near(number(*one, "divergence.d_hjs", 0, against("en"), {}, "de"), values[1], 5.1e-7));
        QCOMPARE(pick(*one, "divergence.jsd", 0, against("en"), {}, "de")->n, 1u);
        // It is symmetric. Tokens by chance: a text is as far from itself as from another; blocks of tokens are not.
        const auto other = analyse(trace, {{"divergence", {{"pair", "first"}, {"reference", "de"}}}}, "language", {});
        QVERIFY(near(number(*other, "divergence.jsd", 0, against("de"), {}, "en"), values[0], 5.1e-10));
        QCOMPARE(
            number(*one, "divergence.split_half_d_hjs", 0, against("en"), {}, "de") > 0.8 * values[1], kind == 'U');
        double sum = 0;
        for (int site = 0; site < 4; ++site)
            sum += number(*four, "divergence.jsd", site, against("en"), {}, "de");
        QVERIFY(near(number(*four, "divergence.jsd", -1, against("en"), {}, "de"), sum / 4, 1e-15));
    }

    void closedForms()
    {
        const Words en = against("en");
        MemoryTrace apart = twoTokens({100, 0, 0, 0, 0}, {0, 0, 0, 100, 0});
        for (const std::string metric : {"divergence", "divergence_ids"}) {
            const auto rows = analyse(apart, {{metric}}, "language", {});
            QVERIFY(near(number(*rows, metric + ".jsd", 0, en, {}, "de"), std::log(2), 1e-12));
            QVERIFY(near(number(*rows, metric + ".d_hjs", 0, en, {}, "de"), std::log(2) / std::log(5), 1e-12));
            // One token has no odd half.
            QCOMPARE(pick(*rows, metric + ".split_half_jsd", 0, en, {}, "de")->undefined,
                std::string("no sequence with tokens at even and odd positions"));
        }
        MemoryTrace same = twoTokens({1, 2, 3}, {1, 2, 3});
        const auto none = analyse(same, {{"divergence"}}, "language", {});
        QCOMPARE(number(*none, "divergence.jsd", 0, en, {}, "de"), 0.0);
        QCOMPARE(number(*none, "divergence.d_hjs", 0, en, {}, "de"), 0.0);
        MemoryTrace uniform = twoTokens({7, 7, 7}, {2, 2, 2});
        const auto flat = analyse(uniform, {{"divergence"}}, "language", {});
        QVERIFY(near(number(*flat, "divergence.jsd", 0, en, {}, "de"), 0, 1e-15));
        QCOMPARE(pick(*flat, "divergence.d_hjs", 0, en, {}, "de")->undefined,
            std::string("routed uniformly: there is nothing to normalise by"));
        QVERIFY(!pick(*flat, "divergence.d_hjs", -1, en, {}, "de")->value);
    }

    void isItsRestatement_data()
    {
        QTest::addColumn<bool>("ofIds");
        QTest::addColumn<QString>("reference");
        QTest::newRow("logits") << false << "";
        QTest::newRow("ids") << true << "";
        QTest::newRow("logits, French") << false << "fr";
        QTest::newRow("ids, French") << true << "fr";
    }
    void isItsRestatement()
    {
        QFETCH(bool, ofIds);
        QFETCH(QString, reference);
        MemoryTrace trace = raggedScores(8);
        const std::string from = reference.isEmpty() ? "en" : reference.toStdString();
        const std::string metric = ofIds ? "divergence_ids" : "divergence";
        PassOptions options;
        options.skipFirst = 1;
        options.blockTokens = 17; // pieces
        const auto rows = analyse(trace, {{metric, {{"reference", reference.toStdString()}}}}, "language", options);
        VERIFY_OK(rows);
        for (std::size_t site = 0; site < 3; ++site) {
            for (const std::string value : {"en", "de", "fr"}) {
                if (value == from)
                    continue;
                double pairs = 0, halves = 0;
                Vector sums(4);
                for (const std::string& key : trace.shape().label("parallel")->values) {
                    const auto vector = [&](const std::string& language, int parity) {
                        return meanVector(trace, site, ofIds, language, key, parity, 1);
                    };
                    const Vector a = vector(from, -1), b = vector(value, -1);
                    if (a.empty() || b.empty())
                        continue;
                    ++pairs;
                    sums[0] += jsd(a, b);
                    sums[1] += relative(a, b);
                    const Vector even = vector(value, 0), odd = vector(value, 1);
                    if (even.empty() || odd.empty())
                        continue;
                    ++halves;
                    sums[2] += jsd(even, odd);
                    sums[3] += relative(even, odd);
                }
                QVERIFY(pairs > 2);
                const char* kinds[] = {".jsd", ".d_hjs", ".split_half_jsd", ".split_half_d_hjs"};
                for (std::size_t i = 0; i < 4; ++i) {
                    const ResultRow* row = pick(*rows, metric + kinds[i], int(site), against(from), {}, value);
                    QVERIFY(row && row->value);
                    QVERIFY(near(*row->value, sums[i] / (i < 2 ? pairs : halves), 1e-12));
                    QCOMPARE(row->n, std::uint64_t(i < 2 ? pairs : halves));
                }
            }
        }
    }

    /// Two of the same pair are drawn as two: absorbing a state again changes no mean.
    void repeatedDrawsWeighMore()
    {
        MemoryTrace trace = raggedScores(9);
        AnalysisRequest request;
        request.metrics = {{"divergence"}, {"divergence_ids"}};
        request.by = "language";
        request.simulateUniform = false;
        const auto whole = analyse(trace, request);
        auto once = Analysis::prepare(trace.shape(), request);
        QVERIFY(once->run(trace));
        const std::string state = once->save().value();
        auto twice = Analysis::prepare(trace.shape(), request);
        QVERIFY(twice->absorb(state) && twice->absorb(state));
        const auto doubled = twice->results(trace);
        QCOMPARE(doubled->rows.size(), whole->rows.size());
        for (std::size_t i = 0; i < whole->rows.size(); ++i) {
            QVERIFY(near(*doubled->rows[i].value, *whole->rows[i].value, 1e-14));
            QCOMPARE(doubled->rows[i].n, whole->rows[i].n);
        }
        request.bootstrap = 60;
        const auto bootstrapped = analyse(trace, request);
        QVERIFY(identical(*bootstrapped, *whole));
        const auto interval = pick(*bootstrapped, "divergence.jsd", 0, against("en"), {}, "de")->interval;
        QVERIFY(interval && interval->first < interval->second);
    }

    /// What chance gives the shares of two short texts is simulated beside them.
    void chanceOfIds()
    {
        MemoryTrace trace(20, 16, 2);
        std::vector<std::string> language, parallel;
        for (int s = 0; s < 12; ++s) {
            trace.addSequence(50);
            language.push_back(s % 2 ? "de" : "en");
            parallel.push_back("p" + std::to_string(s / 2));
        }
        trace.addLabel("language", language);
        trace.addLabel("parallel", parallel);
        fillUniform(trace, 5);
        const auto rows = analyse(trace, {{"divergence_ids"}}, "language", {});
        for (const char* kind : {".jsd", ".d_hjs", ".split_half_jsd", ".split_half_d_hjs"}) {
            const ResultRow* row = pick(*rows, std::string("divergence_ids") + kind, -1, against("en"), {}, "de");
            QVERIFY(row->value && row->uniform);
            QVERIFY(near(*row->value / *row->uniform, 1, 0.1));
        }
    }

    void undefinedHasReasons()
    {
        MemoryTrace trace = raggedScores(1);
        const auto reason = [&trace](const std::string& metric, std::map<std::string, std::string> params,
                                const std::string& by, const PassOptions& options = {}) {
            const auto rows = analyse(trace, {{metric, std::move(params)}}, by, options);
            std::string text;
            for (const ResultRow& row : rows->rows) {
                if (row.value)
                    return std::string("has a value");
                text = row.undefined;
            }
            return text;
        };
        QCOMPARE(reason("divergence", {{"pair", "verse"}}, "language"),
            std::string("sequences are paired by the label 'verse', which the trace does not have"));
        QCOMPARE(reason("divergence_ids", {{"reference", "it"}}, "language"),
            std::string("the label 'language' has no value 'it' to compare with"));
        QCOMPARE(
            reason("divergence", {}, ""), std::string("needs a label to compare by; the trace has language, parallel"));
        PassOptions onlyGerman;
        onlyGerman.where = {{"language", "de"}};
        QCOMPARE(
            reason("divergence_ids", {}, "language", onlyGerman), std::string("no pair of sequences with choices"));
        QCOMPARE(reason("divergence", {{"pair", "language"}}, "parallel", {}), std::string("has a value"));
        for (auto& site : trace.logits)
            std::ranges::fill(site, std::numeric_limits<float>::quiet_NaN());
        QCOMPARE(reason("divergence", {}, "language"), std::string("no pair of sequences with logits"));
        for (Site& site : trace.editShape().sites)
            site.score = ScoreFunction::Identity;
        QCOMPARE(reason("divergence", {}, "language"), std::string("scores are raw logits: no probabilities"));
        trace.editShape().columns.logits = false;
        QCOMPARE(reason("divergence", {}, "language"), std::string("the trace does not hold logits"));
    }
};

EXPERTSCOPE_TEST(TestDivergence)
#include "tst_divergence.moc"
