// SPDX-License-Identifier: GPL-3.0-or-later
//
// Metrics of tokens that were picked out of sequences (MetricSpec::anyTokens), against traces that hold no others.
#include "analysis/metrics/analyse.h"
#include "tests/support/labelled_trace.h"
#include "tests/support/picked_tokens.h"
#include "tests/support/rows.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTest>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

/// labelledTrace() with all columns.
MemoryTrace scoredTrace(std::uint64_t seed)
{
    MemoryTrace trace = labelledTrace(seed);
    trace.editShape().columns.entropy = trace.editShape().columns.margin = true;
    for (std::size_t site = 0; site < 3; ++site) {
        for (std::uint64_t t = 0; t < trace.shape().numTokens; ++t) {
            trace.entropy[site].push_back(float(mix(seed + t * 5 + site) % 1000) / 400);
            trace.margin[site].push_back(float(mix(seed + t * 7 + site) % 1000) / 2000);
        }
    }
    return trace;
}

AnalysisRequest requestFor(const std::string& metric, const std::string& by)
{
    AnalysisRequest request;
    request.metrics = {{metric}};
    request.by = by;
    request.simulateUniform = false; // by chance each token of each trace chooses otherwise
    return request;
}

bool readsMoreThanIds(const MetricSpec& spec)
{
    const auto any = [](const Columns& columns) { return columns != Columns(); };
    return std::ranges::any_of(spec.needs, any) || std::ranges::any_of(spec.likes, any);
}

bool anyOf(const MemoryTrace& trace, const TokenSet& tokens, const std::pair<std::string, std::string>& value)
{
    const Label& label = *trace.shape().label(value.first);
    for (std::size_t s = 0; s < label.codes.size(); ++s) {
        const Sequence& sequence = trace.shape().sequences[s];
        if (label.codes[s] >= 0 && label.values[std::size_t(label.codes[s])] == value.second
            && tokens.count({sequence.begin, TokenIndex(sequence.begin.value + sequence.length)}) > 0)
            return true;
    }
    return false;
}

void addMetrics(bool any)
{
    QTest::addColumn<QString>("metric");
    for (const MetricSpec& spec : metricRegistry()) {
        if (spec.anyTokens == any)
            QTest::newRow(spec.name.c_str()) << QString::fromStdString(spec.name);
    }
}

}

class TestAnyTokens : public QObject
{
    Q_OBJECT
private slots:
    void asIfThereWereNoOthers_data() { addMetrics(true); }
    void asIfThereWereNoOthers()
    {
        QFETCH(QString, metric);
        const std::string name = metric.toStdString();
        const MetricSpec& spec = **findMetric(name);
        for (std::uint64_t seed = 1; seed <= 3; ++seed) {
            MemoryTrace trace = scoredTrace(seed);
            const std::uint64_t T = trace.shape().numTokens;
            TokenSet first(T), all(T);
            first.insert(TokenIndex(mix(seed) % T));
            all.insert({TokenIndex(0), TokenIndex(T)});
            for (const TokenSet& tokens : {someTokens(T, seed, 0.5), someTokens(T, seed, 0.03),
                     someTokens(T, seed, 0.6, 9), someTokens(T, seed, 0.3, 400), first, all, TokenSet(T)}) {
                // Who looks at scores or at words does so also where a token chose nobody.
                MemoryTrace others = readsMoreThanIds(spec) ? cutDown(trace, tokens) : blanked(trace, tokens);
                for (const char* by : {"", "language"}) {
                    auto expected = analyse(others, requestFor(name, by));
                    VERIFY_OK(expected);
                    // Of a value without picked tokens there are no rows, as of one without selected sequences.
                    const auto none = [&](const auto& result) {
                        return result.label && !anyOf(trace, tokens, *result.label);
                    };
                    std::erase_if(expected->rows, none);
                    std::erase_if(expected->matrices, none);
                    for (const std::uint32_t blockTokens : {0u, 7u, 64u}) {
                        AnalysisRequest request = requestFor(name, by);
                        request.pass.tokens = std::make_shared<TokenSet>(tokens);
                        request.pass.blockTokens = blockTokens;
                        request.pass.threads = blockTokens == 7 ? 3 : 1;
                        const auto picked = analyse(trace, request);
                        VERIFY_OK(picked);
                        if (identical(*picked, *expected))
                            continue;
                        for (std::size_t i = 0; i < std::min(picked->rows.size(), expected->rows.size()); ++i) {
                            const ResultRow &a = picked->rows[i], &b = expected->rows[i];
                            if (!identical(std::vector{a}, std::vector{b})) {
                                qWarning("%s site %d: %.17g of %llu (uniform %.17g), without the others %.17g of %llu "
                                         "(uniform %.17g); %s; %s",
                                    a.metric.c_str(), a.site ? int(a.site->value) : -1, a.value.value_or(NAN),
                                    (unsigned long long)a.n, a.uniform.value_or(NAN), b.value.value_or(NAN),
                                    (unsigned long long)b.n, b.uniform.value_or(NAN), a.undefined.c_str(),
                                    b.undefined.c_str());
                                break;
                            }
                        }
                        QFAIL(qPrintable(QString("seed %1, %2 of %3 tokens, by '%4', blocks of %5: %6 rows, %7")
                                             .arg(seed)
                                             .arg(tokens.count())
                                             .arg(T)
                                             .arg(by)
                                             .arg(blockTokens)
                                             .arg(picked->rows.size())
                                             .arg(expected->rows.size())));
                    }
                }
            }
        }
    }

    void othersSayWhy_data() { addMetrics(false); }
    void othersSayWhy()
    {
        QFETCH(QString, metric);
        MemoryTrace trace = scoredTrace(1);
        AnalysisRequest request = requestFor(metric.toStdString(), "language");
        request.pass.tokens = std::make_shared<TokenSet>(someTokens(trace.shape().numTokens, 1, 0.5));
        const auto results = analyse(trace, request);
        VERIFY_OK(results);
        QCOMPARE(results->rows.size(), std::size_t(1));
        QVERIFY(results->matrices.empty() && !results->rows[0].value);
        const std::string reason = (*findMetric(metric.toStdString()))->minTraces > 1
            ? "compares traces of the same tokens"
            : "looks at whole sequences, not at tokens picked out of them";
        QVERIFY2(results->rows[0].undefined.starts_with(reason), results->rows[0].undefined.c_str());
    }
};

EXPERTSCOPE_TEST(TestAnyTokens)
#include "tst_any_tokens.moc"
