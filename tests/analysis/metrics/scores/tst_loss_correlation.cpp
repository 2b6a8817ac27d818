// SPDX-License-Identifier: GPL-3.0-or-later
//
// The router's certainty beside the loss: closed forms, and the two-pass formula over traces with filters and gaps.
#include "analysis/metrics/analyse.h"
#include "tests/support/near.h"
#include "tests/support/rows.h"
#include "tests/support/scored_trace.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTest>

#include <cmath>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

/// Means first, then deviations from them.
double pearson(const std::vector<double>& x, const std::vector<double>& y)
{
    double meanX = 0, meanY = 0, xx = 0, yy = 0, xy = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        meanX += x[i] / double(x.size());
        meanY += y[i] / double(y.size());
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
        xx += (x[i] - meanX) * (x[i] - meanX);
        yy += (y[i] - meanY) * (y[i] - meanY);
        xy += (x[i] - meanX) * (y[i] - meanY);
    }
    return xy / std::sqrt(xx * yy);
}

/// One sequence at one site whose tokens have these entropies and losses.
MemoryTrace traceOf(const std::vector<float>& entropy, const std::vector<float>& loss)
{
    MemoryTrace trace(1, 4, 1);
    trace.editShape().columns = {.entropy = true, .loss = true};
    trace.addSequence(std::uint32_t(entropy.size()));
    for (std::size_t t = 0; t < entropy.size(); ++t)
        trace.ids[0].push_back(std::uint16_t(t % 4));
    trace.entropy[0] = entropy;
    trace.loss = loss;
    return trace;
}

Expected<Results> correlations(MemoryTrace& trace, std::vector<LabelFilter> where = {})
{
    AnalysisRequest request;
    request.metrics = {{"loss_correlation"}};
    request.pass.where = std::move(where);
    return analyse(trace, request);
}

}

class TestLossCorrelation : public QObject
{
    Q_OBJECT

private slots:
    void closedForms()
    {
        const auto value = [](const std::vector<float>& entropy, const std::vector<float>& loss) {
            MemoryTrace trace = traceOf(entropy, loss);
            return number(*correlations(trace), "loss_correlation.entropy", 0);
        };
        QCOMPARE(value({1, 2, 3}, {2, 4, 6}), 1.0);
        QCOMPARE(value({1, 2, 3}, {6, 4, 2}), -1.0);
        QCOMPARE(value({1, 2, 3, 1, 2, 3}, {1, 1, 1, 2, 2, 2}), 0.0);
        QVERIFY(near(value({0, 1, 0, 1}, {0, 0, 1, 4}), 3 / std::sqrt(1.0 * 43), 1e-12)); // by hand: sxy 1.5, sxx 1, syy 10.75
    }

    void agreesWithTheTwoPassFormula()
    {
        const auto trace = scoredTrace();
        for (const char* language : {"", "fr"}) {
            std::vector<LabelFilter> where;
            if (*language)
                where.push_back({"language", language});
            const auto results = correlations(*trace, where);
            VERIFY_OK(results);
            const Label& label = *trace->shape().label("language");
            for (unsigned site = 0; site < trace->shape().sites.size(); ++site) {
                std::vector<double> entropy, margin, loss;
                for (std::size_t s = 0; s < trace->shape().sequences.size(); ++s) {
                    if (*language && label.values[std::size_t(label.codes[s])] != language)
                        continue;
                    const Sequence& sequence = trace->shape().sequences[s];
                    for (std::size_t t = 0; t + 1 < sequence.length; ++t) { // the last has no loss
                        const std::size_t at = std::size_t(sequence.begin) + t;
                        entropy.push_back(trace->entropy[site][at]);
                        margin.push_back(trace->margin[site][at]);
                        loss.push_back(trace->loss[at]);
                    }
                }
                QVERIFY(near(number(*results, "loss_correlation.entropy", int(site)), pearson(entropy, loss), 1e-9));
                QVERIFY(near(number(*results, "loss_correlation.margin", int(site)), pearson(margin, loss), 1e-9));
                QCOMPARE(pick(*results, "loss_correlation.entropy", int(site))->n, std::uint64_t(loss.size()));
                QCOMPARE(pick(*results, "loss_correlation.entropy", int(site))->uniform, std::optional(0.0));
            }
        }
    }

    void saysWhyThereIsNone()
    {
        const auto reason = [](MemoryTrace trace) {
            const auto results = correlations(trace);
            return QString::fromStdString(results ? pick(*results, "loss_correlation.entropy", 0)->undefined : std::string());
        };
        QCOMPARE(reason(traceOf({1, 2, 3}, {1, 2, NAN})), QString("fewer than 3 tokens with a choice and a loss"));
        QCOMPARE(reason(traceOf({2, 2, 2}, {1, 2, 3})), QString("all tokens have the same one"));
        QCOMPARE(reason(traceOf({1, 2, 3}, {.1f, .1f, .1f})), QString("all tokens have the same one"));
        MemoryTrace bare = traceOf({1, 2, 3}, {1, 2, 3});
        bare.editShape().columns.loss = false;
        const auto results = correlations(bare);
        const std::string said = results ? results->rows.front().undefined : results.error().message();
        QVERIFY2(said.find("losses") != std::string::npos, said.c_str());
    }
};

EXPERTSCOPE_TEST(TestLossCorrelation)
#include "tst_loss_correlation.moc"
