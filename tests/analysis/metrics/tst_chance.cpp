// SPDX-License-Identifier: GPL-3.0-or-later
//
// What stands beside a value as `uniform` is what routing by chance shows of the same tokens, however many experts each of them
// chose: on average, and as far apart as `uniform_sd` says.
#include "analysis/metrics/analyse.h"
#include "analysis/spine/uniform_source.h"
#include "tests/support/labelled_trace.h"
#include "tests/support/near.h"
#include "tests/support/rows.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTest>

#include <set>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

/// Sequences of 40 to 100 tokens at three sites, with token ids and two labels. Ragged: later tokens of a sequence make fewer
/// choices, slots are empty here and there, some tokens choose nothing.
MemoryTrace chanceTrace(bool ragged)
{
    MemoryTrace trace(3, 12, 4);
    trace.editShape().sites[2].numExperts = 6;
    trace.editShape().sites[2].topK = 2;
    trace.editShape().columns.tokenIds = true;
    std::vector<std::string> language, parallel;
    for (unsigned s = 0; s < 24; ++s) {
        trace.addSequence(40 + unsigned(mix(s) % 60));
        language.push_back(std::vector<std::string>{"de", "en", "fr"}[s % 3]);
        parallel.push_back("p" + std::to_string(s / 3));
    }
    trace.addLabel("language", language);
    trace.addLabel("parallel", parallel);
    fillUniform(trace, 1);
    for (std::uint64_t t = 0; t < trace.shape().numTokens; ++t)
        trace.tokenIds.push_back(std::int32_t(mix(t + 77) % 31));
    for (std::size_t site = 0; site < 3 && ragged; ++site) {
        for (const Sequence& sequence : trace.shape().sequences) {
            for (std::size_t p = 0; p < sequence.length; ++p) {
                const std::size_t t = sequence.begin.value + p;
                for (std::size_t r = 0; r < 4; ++r) {
                    if (mix(t * 4 + r + site * 99999) % 12 == 0 || mix(t + site) % 15 == 0 || (p > 50 && r > 0 && site == 0))
                        trace.ids[site][t * 4 + r] = kNoExpert;
                }
            }
        }
    }
    return trace;
}

/// Of one metric, site and so on; experts of a site are alike.
struct Values
{
    double n = 0, sum = 0, squares = 0, uniform = 0, variance = 0, withSd = 0, draws = 0;
};

}

class TestChance : public QObject
{
    Q_OBJECT
private slots:
    void isWhatChanceShows_data()
    {
        QTest::addColumn<bool>("ragged");
        QTest::newRow("all slots full") << false;
        QTest::newRow("ragged") << true;
    }
    void isWhatChanceShows()
    {
        QFETCH(bool, ragged);
        constexpr int kDraws = 60;
        MemoryTrace trace = chanceTrace(ragged);
        std::vector<MetricRequest> requests;
        for (const MetricSpec& spec : metricRegistry()) {
            if (spec.minTraces < 2)
                requests.push_back({spec.name});
        }
        std::map<RowKey, Values> values;
        std::set<std::string> metrics;
        const auto keyIn = [](const ResultRow& row) {
            RowKey key = keyOf(row);
            if (row.expert && !row.extreme)
                std::get<3>(key) = -2;
            return key;
        };
        UniformSource chance(trace);
        for (int draw = 0; draw < kDraws; ++draw) {
            chance.setSeed(1000 + unsigned(draw)); // others than the simulation's
            AnalysisRequest request;
            request.metrics = requests;
            request.by = "language";
            request.pass.threads = 1;
            // Simulations are the same for each draw: one is enough.
            request.simulateUniform = draw == 0;
            const auto results = analyse(chance, request);
            VERIFY_OK(results);
            for (const ResultRow& row : results->rows) {
                if (!row.value || row.metric.starts_with("vocabulary.specialisation"))
                    continue; // of an expert: over ids that it won
                Values& v = values[keyIn(row)];
                if (draw == 0)
                    QVERIFY2(row.uniform.has_value() != !row.uniformUndefined.empty(), row.metric.c_str());
                ++v.n;
                v.sum += *row.value;
                v.squares += *row.value * *row.value;
                if (row.uniform && (draw == 0 || !isSimulated(row.metric))) {
                    ++v.draws;
                    v.uniform += *row.uniform;
                    v.withSd += row.uniformSd.has_value();
                    v.variance += row.uniformSd.value_or(0) * row.uniformSd.value_or(0);
                }
            }
        }
        int compared = 0, scattered = 0, wrong = 0;
        for (const auto& [key, v] : values) {
            if (v.draws == 0 || v.n < kDraws)
                continue;
            const std::string& metric = std::get<0>(key);
            const double mean = v.sum / v.n, uniform = v.uniform / v.draws;
            const double sd = std::sqrt(std::max(0.0, v.squares / v.n - mean * mean));
            // Experts of a draw are not independent; simulations have an error of their own; formulas promise some 2 %.
            const double ownSd = std::max(sd, std::sqrt(v.variance / v.draws));
            // Cells of flow beyond the limits are rare: most sets of draws have none.
            const bool rare = metric == "flow.cells" || metric.starts_with("flow.significant");
            const double spread = rare ? std::max(sd, std::sqrt(v.variance / v.draws)) : sd;
            const double error = spread / std::sqrt(double(kDraws)) + (isSimulated(metric) ? ownSd / std::sqrt(10.0) : 0);
            const std::string text = metric + " site " + std::to_string(std::get<2>(key)) + " "
                + std::get<4>(key).second + ": " + std::to_string(uniform) + " +- "
                + std::to_string(std::sqrt(v.variance / v.draws)) + ", chance shows " + std::to_string(mean) + " +- "
                + std::to_string(sd);
            if (std::abs(uniform - mean) > 4.5 * error + 0.02 * std::abs(mean) + 1e-3) {
                qWarning("mean of %s", text.c_str());
                ++wrong;
            }
            ++compared;
            metrics.insert(metric);
            // Whole numbers jump: few draws do not say how often.
            const bool jumps = metric == "srp.alpha" || metric == "srp.rho_hat" || metric.ends_with("selected") || rare;
            if (v.withSd < v.draws || jumps || metric.starts_with("drop"))
                continue;
            const double claimed = std::sqrt(v.variance / v.draws), least = isSimulated(metric) ? 0.4 : 0.6;
            if (claimed < least * sd - 0.004 * std::abs(mean) - 1e-3
                || claimed > sd / least + 0.004 * std::abs(mean) + 1e-3) {
                qWarning("SD of %s", text.c_str());
                ++wrong;
            }
            ++scattered;
        }
        qInfo("%d means, %d SDs, %d metrics", compared, scattered, int(metrics.size()));
        QCOMPARE(wrong, 0);
        QVERIFY(compared > 500 && scattered > 400 && metrics.size() > 60);
    }

private:
    static bool isSimulated(const std::string& metric)
    {
        const auto spec =
            std::ranges::find(metricRegistry(), metric.substr(0, metric.find('.')), &MetricSpec::name);
        return spec != metricRegistry().end() && spec->simulateUniform;
    }
};

EXPERTSCOPE_TEST(TestChance)
#include "tst_chance.moc"
