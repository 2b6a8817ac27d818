// SPDX-License-Identifier: GPL-3.0-or-later
//
// Batches, auxiliary losses, z-loss, effective k and drops against goldens, closed forms and plain restatements.
#include "analysis/chance/uniform_drop.h"
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

const Words kCorpus{{"level", "corpus"}}, kMicroBatch{{"level", "micro_batch"}}, kSequence{{"level", "sequence"}};

/// Token lists of consecutive selected sequences, `batch` at a time; the last may be smaller.
std::vector<std::vector<std::size_t>> parts(
    const MemoryTrace& trace, std::size_t batch, std::uint32_t skip, const std::string& language)
{
    const Label& label = *trace.shape().label("language");
    std::vector<std::vector<std::size_t>> all;
    std::size_t selected = 0;
    for (std::size_t s = 0; s < trace.shape().sequences.size(); ++s) {
        const Sequence& sequence = trace.shape().sequences[s];
        const std::int32_t code = label.codes[s];
        if (sequence.length <= skip || (!language.empty() && (code < 0 || label.values[std::size_t(code)] != language)))
            continue;
        if (selected++ % batch == 0)
            all.emplace_back();
        for (std::size_t t = skip; t < sequence.length; ++t)
            all.back().push_back(std::size_t(sequence.begin) + t);
    }
    return all;
}

struct PlainLoss
{
    double switchForm = 0, hfForm = 0, n = 0, tokens = 0;

    /// Means over parts.
    PlainLoss(
        const MemoryTrace& trace, const std::vector<std::size_t>& sites, std::vector<std::vector<std::size_t>> parts)
    {
        for (const auto& part : parts) {
            const double E = trace.shape().sites[sites.front()].numExperts;
            std::vector<double> f(std::size_t(E), 0.0), P(std::size_t(E), 0.0);
            double counted = 0, choices = 0;
            for (const std::size_t site : sites) {
                for (const std::size_t t : part) {
                    const auto p = plainProbabilities(trace, site, t);
                    const auto chosen = plainChoices(trace, site, t);
                    if (p.empty())
                        continue;
                    for (const std::uint16_t e : chosen)
                        ++f[e];
                    for (std::size_t e = 0; e < p.size(); ++e)
                        P[e] += p[e];
                    choices += double(chosen.size());
                    ++counted;
                }
            }
            if (choices == 0)
                continue;
            double sum = 0;
            for (std::size_t e = 0; e < f.size(); ++e)
                sum += f[e] * P[e];
            switchForm += E * sum / choices / counted;
            hfForm += E * sum / counted / counted;
            tokens += counted;
            ++n;
        }
        switchForm /= n;
        hfForm /= n;
    }
};

std::vector<std::vector<std::size_t>> together(const std::vector<std::vector<std::size_t>>& parts)
{
    std::vector<std::vector<std::size_t>> one(1);
    for (const auto& part : parts)
        one[0].insert(one[0].end(), part.begin(), part.end());
    return one;
}

}

class TestLosses : public QObject
{
    Q_OBJECT
private slots:
    void goldens_data()
    {
        QTest::addColumn<char>("kind");
        QTest::addColumn<QList<double>>("values"); // corpus switch, hf; by sequence
        QTest::newRow("U") << 'U' << QList<double>{1.000946, 8.007567, 1.007133};
        QTest::newRow("B") << 'B' << QList<double>{1.007643, 8.061145, 1.063839};
        QTest::newRow("M") << 'M' << QList<double>{1.003617, 8.028932, 1.043371};
    }
    void goldens()
    {
        QFETCH(char, kind);
        QFETCH(QList<double>, values);
        MemoryTrace trace = splitmixTrace(kind, true);
        const auto rows = analyse(trace, {{"aux_loss"}, {"effective_k"}, {"z_loss"}, {"drop"}}, {}, {});
        VERIFY_OK(rows);
        QVERIFY(near(number(*rows, "aux_loss.switch", 0, kCorpus), values[0], 5.1e-7));
        QVERIFY(near(number(*rows, "aux_loss.hf", 0, kCorpus), values[1], 5.1e-7));
        QVERIFY(near(number(*rows, "aux_loss.switch", 0, kSequence), values[2], 5.1e-7));
        QVERIFY(near(number(*rows, "aux_loss.hf", 0, kSequence), 8 * values[2], 4.1e-6));
        QCOMPARE(pick(*rows, "aux_loss.switch", 0, kCorpus)->n, 4096u);
        QCOMPARE(pick(*rows, "aux_loss.switch", 0, kSequence)->n, 8u);
        QCOMPARE(pick(*rows, "aux_loss.switch", 0, kMicroBatch, {{"batch", 4.0}})->n, 2u);
        QCOMPARE(*pick(*rows, "aux_loss.switch", 0, kCorpus)->uniform, 1.0);
        QCOMPARE(*pick(*rows, "aux_loss.hf", 0, kCorpus)->uniform, 8.0);
        // Layers concatenated hide what is uneven within each: less than k times the mean over layers.
        const ResultRow* model = pick(*rows, "aux_loss.hf", -1, kCorpus);
        QVERIFY(*model->value < 8 * number(*rows, "aux_loss.switch", -1, kCorpus) - 1e-4);
        QCOMPARE(model->n, 4u * 4096);
        const PlainLoss plain(trace, {0, 1, 2, 3}, together(plainParts(8)));
        QVERIFY(near(*model->value, plain.hfForm, 1e-12));
    }

    /// Equal scores: 1 and k. All tokens on the same k experts, sure of them: E / k and E.
    void closedForms()
    {
        const unsigned E = 8, k = 2, T = 40;
        for (const bool collapsed : {false, true}) {
            MemoryTrace trace(1, E, k);
            trace.editShape().columns.logits = true;
            for (int s = 0; s < 5; ++s)
                trace.addSequence(T / 5);
            for (unsigned t = 0; t < T; ++t) {
                for (unsigned r = 0; r < k; ++r)
                    trace.ids[0].push_back(std::uint16_t(collapsed ? 5 - r : (t * k + r) % E));
                for (unsigned e = 0; e < E; ++e)
                    trace.logits[0].push_back(collapsed ? (e == 4 || e == 5 ? 100.0f : -100.0f) : 0.25f);
            }
            const auto rows = analyse(trace,
                {{"aux_loss", {{"batch", "2"}}}, {"effective_k"}, {"z_loss"}, {"balance", {{"batch", "2"}}}}, {}, {});
            VERIFY_OK(rows);
            for (const Words& level : {kCorpus, kMicroBatch, kSequence}) {
                const Numbers params = level == kMicroBatch ? Numbers{{"batch", 2.0}} : Numbers{};
                for (const int site : {0, -1}) {
                    QVERIFY(near(
                        number(*rows, "aux_loss.switch", site, level, params), collapsed ? double(E) / k : 1, 1e-12));
                    QVERIFY(near(number(*rows, "aux_loss.hf", site, level, params), collapsed ? E : k, 1e-12));
                }
            }
            QCOMPARE(pick(*rows, "aux_loss.switch", 0, kMicroBatch, {{"batch", 2.0}})->n, 3u); // 2 + 2 + 1 sequences
            const double lse = collapsed ? 100 + std::log(2) : 0.25 + std::log(8);
            QVERIFY(near(number(*rows, "z_loss.mean", 0), lse * lse, 1e-9));
            const ResultRow* mass = pick(*rows, "effective_k.mean", 0, {}, {{"mass", 0.9}});
            QCOMPARE(*mass->value, collapsed ? 2.0 : 8.0);
            QCOMPARE(*mass->uniform, 8.0); // ceil(0.9 * 8)
            QVERIFY(near(number(*rows, "effective_k.perplexity", 0), collapsed ? 2 : 8, 1e-9));
            QVERIFY(near(number(*rows, "balance.max_vio_batch", 0, {}, {{"batch", 2.0}}),
                collapsed ? double(E) / k - 1 : 0, 1e-12));
        }
    }

    /// The fewest experts for a mass are not one too many where equal probabilities just reach it.
    void effectiveKIsExactForEqualScores()
    {
        for (const unsigned E : {10u, 20u, 30u, 70u, 100u}) {
            MemoryTrace trace(1, std::uint16_t(E), 1);
            trace.editShape().columns.logits = true;
            trace.addSequence(1);
            trace.ids[0] = {0};
            trace.logits[0].assign(E, 1.5f);
            for (const int percent : {10, 30, 50, 70, 90, 100}) {
                const double mass = percent / 100.0;
                const auto rows = analyse(trace, {{"effective_k", {{"mass", std::to_string(mass)}}}}, {}, {});
                const ResultRow* row = pick(*rows, "effective_k.mean", 0, {}, {{"mass", mass}});
                QCOMPARE(*row->value, double(E * unsigned(percent) / 100));
                QCOMPARE(*row->uniform, *row->value);
            }
        }
    }

    void lossesAreTheirRestatement()
    {
        MemoryTrace trace = raggedScores(3);
        for (const char* language : {"", "de"}) {
            for (const std::uint32_t skip : {0u, 2u}) {
                PassOptions options;
                options.skipFirst = skip;
                options.blockTokens = 41;
                if (*language)
                    options.where = {{"language", language}};
                const auto rows = analyse(trace,
                    {{"aux_loss", {{"batch", "3"}}}, {"z_loss"}, {"effective_k", {{"mass", "0.75"}}},
                        {"balance", {{"batch", "3"}}}},
                    {}, options);
                VERIFY_OK(rows);
                const auto sequences = parts(trace, 1, skip, language), batches = parts(trace, 3, skip, language);
                const std::vector<std::size_t> tokens = together(sequences)[0];
                const Numbers batch{{"batch", 3.0}};
                for (std::size_t site = 0; site < 3; ++site) {
                    const int at = int(site);
                    const PlainLoss all(trace, {site}, together(sequences)), by3(trace, {site}, batches),
                        by1(trace, {site}, sequences);
                    QVERIFY(near(number(*rows, "aux_loss.switch", at, kCorpus), all.switchForm, 1e-12));
                    QVERIFY(near(number(*rows, "aux_loss.hf", at, kCorpus), all.hfForm, 1e-12));
                    QVERIFY(near(number(*rows, "aux_loss.switch", at, kMicroBatch, batch), by3.switchForm, 1e-12));
                    QVERIFY(near(number(*rows, "aux_loss.hf", at, kMicroBatch, batch), by3.hfForm, 1e-12));
                    QVERIFY(near(number(*rows, "aux_loss.switch", at, kSequence), by1.switchForm, 1e-12));
                    QVERIFY(near(number(*rows, "aux_loss.hf", at, kSequence), by1.hfForm, 1e-12));
                    QCOMPARE(pick(*rows, "aux_loss.hf", at, kCorpus)->n, std::uint64_t(all.tokens));
                    QCOMPARE(pick(*rows, "aux_loss.hf", at, kMicroBatch, batch)->n, std::uint64_t(by3.n));
                    QCOMPARE(pick(*rows, "aux_loss.hf", at, kSequence)->n, std::uint64_t(by1.n));

                    double z = 0, spread = 0, experts = 0, n = 0;
                    for (const std::size_t t : tokens) {
                        std::vector<double> p = plainProbabilities(trace, site, t);
                        if (p.empty())
                            continue;
                        double sum = 0, entropy = 0, mass = 0;
                        for (std::size_t e = 0; e < p.size(); ++e) {
                            sum += std::exp(double(trace.logits[site][t * p.size() + e]));
                            entropy -= p[e] * std::log(p[e]);
                        }
                        std::ranges::sort(p, std::greater());
                        for (std::size_t e = 0; mass < 0.75; ++e, ++experts)
                            mass += p[e];
                        z += std::log(sum) * std::log(sum);
                        spread += std::exp(entropy);
                        ++n;
                    }
                    QVERIFY(near(number(*rows, "z_loss.mean", at), z / n, 1e-12));
                    QVERIFY(near(number(*rows, "effective_k.mean", at, {}, {{"mass", 0.75}}), experts / n, 1e-12));
                    QVERIFY(near(number(*rows, "effective_k.perplexity", at), spread / n, 1e-12));
                    QCOMPARE(pick(*rows, "z_loss.mean", at)->n, std::uint64_t(n));

                    double violation = 0, counted = 0;
                    for (const auto& part : batches) {
                        std::vector<double> c(trace.shape().sites[site].numExperts);
                        double choices = 0;
                        for (const std::size_t t : part) {
                            for (const std::uint16_t e : plainChoices(trace, site, t)) {
                                ++c[e];
                                ++choices;
                            }
                        }
                        if (choices == 0)
                            continue;
                        violation += *std::ranges::max_element(c) * double(c.size()) / choices - 1;
                        ++counted;
                    }
                    QVERIFY(near(number(*rows, "balance.max_vio_batch", at, {}, batch), violation / counted, 1e-12));
                    QCOMPARE(pick(*rows, "balance.max_vio_batch", at, {}, batch)->n, std::uint64_t(counted));
                }
                QCOMPARE(pick(*rows, "aux_loss.hf", -1, kCorpus)->undefined,
                    std::string("sites have different numbers of experts"));
                // Layers are concatenated part by part: neither the mean over sites nor called one.
                options.sites = {SiteIndex(0), SiteIndex(1)};
                const auto two = analyse(trace, {{"aux_loss", {{"batch", "3"}}}}, {}, options);
                const auto concatenated = [&](const Words& level, const Numbers& params, const auto& all) {
                    const ResultRow* row = pick(*two, "aux_loss.hf", -1, level, params);
                    const PlainLoss plain(trace, {0, 1}, all);
                    QVERIFY(row && near(*row->value, plain.hfForm, 1e-12));
                    QVERIFY(!row->params.contains("sites"));
                    QCOMPARE(row->n, std::uint64_t(level == kCorpus ? plain.tokens : plain.n));
                    QVERIFY(pick(*two, "aux_loss.switch", -1, level, params)->params.contains("sites"));
                };
                concatenated(kCorpus, {}, together(sequences));
                concatenated(kMicroBatch, batch, batches);
                concatenated(kSequence, {}, sequences);
                QCOMPARE(pick(*rows, "aux_loss.hf", -1, kSequence)->undefined,
                    std::string("sites have different numbers of experts"));
            }
        }
    }

    /// Batches of a label value are batches of its own sequences, however the trace was cut into blocks and shards.
    void batchesOfALabelValueAreItsOwn()
    {
        MemoryTrace trace = raggedScores(4);
        AnalysisRequest request;
        request.metrics = {{"aux_loss", {{"batch", "4"}}}, {"balance", {{"batch", "5"}}}};
        request.by = "language";
        const auto whole = analyse(trace, request);
        for (const std::string language : {"", "en", "de", "fr"}) {
            const PlainLoss plain(trace, {0}, parts(trace, 4, 0, language));
            QVERIFY(near(number(*whole, "aux_loss.switch", 0, kMicroBatch, {{"batch", 4.0}}, language),
                plain.switchForm, 1e-12));
        }
        for (const unsigned shards : {2u, 5u, 26u}) {
            auto merged = Analysis::prepare(trace.shape(), request);
            for (unsigned i = 0; i < shards; ++i) {
                AnalysisRequest part = request;
                part.pass.shard = {shards - 1 - i, shards};
                part.pass.blockTokens = 30;
                part.pass.threads = 3;
                auto analysis = Analysis::prepare(trace.shape(), part);
                QVERIFY(analysis->run(trace));
                QVERIFY(merged->absorb(analysis->save().value()));
            }
            QVERIFY(identical(*merged->results(trace), *whole));
        }
        // Intervals come from draws of single sequences: none for batches, the values stay.
        request.bootstrap = 50;
        const auto bootstrapped = analyse(trace, request);
        QVERIFY(identical(*bootstrapped, *whole));
        QVERIFY(pick(*bootstrapped, "balance.max_vio", 0, {}, {}, "de")->interval);
        QVERIFY(pick(*bootstrapped, "aux_loss.switch", 0, kSequence, {}, "de")->interval);
        QVERIFY(!pick(*bootstrapped, "aux_loss.switch", 0, kMicroBatch, {{"batch", 4.0}}, "de")->interval);
        QVERIFY(!pick(*bootstrapped, "balance.max_vio_batch", 0, {}, {{"batch", 5.0}})->interval);
    }

    void dropsAreTheirRestatement_data()
    {
        QTest::addColumn<QString>("cf");
        QTest::addColumn<double>("factor");
        QTest::addColumn<int>("bins");
        QTest::newRow("1") << "1" << 1.0 << 16;
        QTest::newRow("1.25, 7 bins") << "1.25" << 1.25 << 7;
        QTest::newRow("0.5, 1 bin") << "0.5" << 0.5 << 1;
        QTest::newRow("2, more bins than positions") << "2" << 2.0 << 200;
        QTest::newRow("0") << "0" << 0.0 << 3;
    }
    /// Fills the experts token by token, slot by slot.
    void dropsAreTheirRestatement()
    {
        QFETCH(QString, cf);
        QFETCH(double, factor);
        QFETCH(int, bins);
        MemoryTrace trace = raggedScores(6);
        std::size_t longest = 0;
        for (const Sequence& sequence : trace.shape().sequences)
            longest = std::max<std::size_t>(longest, sequence.length);
        PassOptions options;
        options.skipFirst = 1;
        options.blockTokens = 23; // pieces
        const auto rows =
            analyse(trace, {{"drop", {{"cf", cf.toStdString()}, {"bins", std::to_string(bins)}}}}, {}, options);
        VERIFY_OK(rows);
        const Numbers params{{"cf", factor}};
        for (std::size_t site = 0; site < 3; ++site) {
            const unsigned E = trace.shape().sites[site].numExperts;
            std::vector<double> assigned(longest), dropped(longest), counts(E);
            double all = 0;
            for (const Sequence& sequence : trace.shape().sequences) {
                const double tokens = sequence.length > 1 ? double(sequence.length - 1) : 0;
                all += tokens;
                const int room = int(std::ceil(factor * tokens * trace.shape().sites[site].topK / E));
                std::vector<int> used(E);
                for (std::size_t t = 1; t < sequence.length; ++t) {
                    for (const std::uint16_t e : plainChoices(trace, site, std::size_t(sequence.begin) + t)) {
                        ++assigned[t];
                        ++counts[e];
                        dropped[t] += ++used[e] > room;
                    }
                }
            }
            const double choices = std::accumulate(assigned.begin(), assigned.end(), 0.0);
            const double lost = std::accumulate(dropped.begin(), dropped.end(), 0.0);
            QVERIFY(near(number(*rows, "drop.ratio", int(site), {}, params), lost / choices, 1e-13));
            QCOMPARE(pick(*rows, "drop.ratio", int(site), {}, params)->n, std::uint64_t(choices));
            QVERIFY(pick(*rows, "drop.ratio", int(site), {}, params)->uniform); // whatever tokens choose
            double corpus = 0;
            for (const double c : counts)
                corpus += std::max(0.0, c - std::ceil(factor * all * trace.shape().sites[site].topK / E));
            QVERIFY(near(number(*rows, "drop.corpus", int(site), {}, params), corpus / choices, 1e-13));
            for (std::size_t b = 0; b < std::size_t(bins); ++b) {
                double here = 0, gone = 0;
                std::size_t first = longest, last = 0;
                for (std::size_t t = 0; t < longest; ++t) {
                    if (t * std::size_t(bins) / longest != b)
                        continue;
                    first = std::min(first, t);
                    last = t;
                    here += assigned[t];
                    gone += dropped[t];
                }
                if (first == longest)
                    continue;
                const ResultRow* row = pick(*rows, "drop.ratio", int(site),
                    {{"position", std::to_string(first) + "-" + std::to_string(last)}}, params);
                QVERIFY(row);
                QCOMPARE(row->n, std::uint64_t(here));
                if (here)
                    QVERIFY(near(*row->value, gone / here, 1e-13));
                else
                    QVERIFY(!row->value && !row->undefined.empty());
            }
        }
    }

    void dropsOfChance_data()
    {
        QTest::addColumn<int>("E");
        QTest::addColumn<int>("k");
        QTest::addColumn<QString>("cf");
        QTest::newRow("64,8") << 64 << 8 << "1/1.25";
        QTest::newRow("8,2") << 8 << 2 << "1/1.1";
        QTest::newRow("16,1") << 16 << 1 << "0.5/1";
        QTest::newRow("6,5") << 6 << 5 << "0.9/1";
        QTest::newRow("all of 4") << 4 << 4 << "0.75/1";
    }
    /// The closed form beside each value, against routing by chance.
    void dropsOfChance()
    {
        QFETCH(int, E);
        QFETCH(int, k);
        QFETCH(QString, cf);
        MemoryTrace trace(8, std::uint16_t(E), std::uint16_t(k));
        for (int s = 0; s < 60; ++s)
            trace.addSequence(std::array{128u, 200u, 61u}[std::size_t(s % 3)]);
        fillUniform(trace, std::uint64_t(E + k));
        const auto rows = analyse(trace, {{"drop", {{"cf", cf.toStdString()}, {"bins", "8"}}}}, {}, {});
        double compared = 0;
        for (const ResultRow& row : rows->rows) {
            if (row.site || row.metric != "drop.ratio")
                continue;
            // Drops of a sequence are not independent: at most one decision an expert and sequence is assumed.
            const double error = std::sqrt(std::max(*row.uniform, 1e-4) / (60 * 8 * std::min(E, 16)));
            QVERIFY(near(*row.value, *row.uniform, 4 * error));
            compared += *row.value;
        }
        QVERIFY(compared > 0);
    }

    void excessOfBinomialCounts()
    {
        // E[max(0, X - c)] summed by hand.
        for (const unsigned N : {1u, 7u, 40u}) {
            for (const auto& [E, k] : {std::pair(8u, 2u), std::pair(5u, 4u), std::pair(64u, 8u)}) {
                const double p = double(k) / E;
                for (unsigned c = 0; c <= N + 1; ++c) {
                    double expected = 0;
                    for (unsigned x = c + 1; x <= N; ++x)
                        expected += (x - c)
                            * std::exp(std::lgamma(N + 1.0) - std::lgamma(x + 1.0) - std::lgamma(N - x + 1.0))
                            * std::pow(p, x) * std::pow(1 - p, N - x);
                    QVERIFY(near(uniformDropped(E, k, N, c), E * expected, 1e-10));
                }
            }
        }
        QCOMPARE(uniformDropped(4, 4, 100, 75), 100.0);
        QCOMPARE(uniformDropped(4, 2, 0, 0), 0.0);
        // At the seam between the sum and the normal form: variance 10^6.
        const std::uint64_t N = 16'000'000'000u / 1750;
        const double below = uniformDropped(64, 8, N - 2000, (N - 2000) / 8 + 300);
        const double above = uniformDropped(64, 8, N + 2000, (N + 2000) / 8 + 300);
        QVERIFY(near(below / above, 1, 2e-3));
    }

    void undefinedIsUndefined()
    {
        MemoryTrace trace = raggedScores(2);
        trace.editShape().sites[0].score = ScoreFunction::Identity;
        for (float& z : trace.logits[1])
            z = std::numeric_limits<float>::quiet_NaN();
        std::ranges::fill(trace.ids[2], kNoExpert);
        const auto rows = analyse(trace, {{"aux_loss"}, {"z_loss"}, {"effective_k"}, {"drop"}, {"balance"}}, {}, {});
        VERIFY_OK(rows);
        QCOMPARE(pick(*rows, "aux_loss.switch", 0, kCorpus)->undefined,
            std::string("scores are raw logits: no probabilities"));
        QCOMPARE(
            pick(*rows, "aux_loss.hf", 1, kSequence)->undefined, std::string("no tokens with logits and a choice"));
        QVERIFY(!pick(*rows, "aux_loss.hf", 2, kSequence)->undefined.empty());
        QVERIFY(!pick(*rows, "aux_loss.hf", -1, kCorpus)->undefined.empty());
        QVERIFY(!pick(*rows, "effective_k.perplexity", 0)->undefined.empty());
        QVERIFY(!pick(*rows, "effective_k.mean", 1, {}, {{"mass", 0.9}})->undefined.empty());
        QCOMPARE(pick(*rows, "effective_k.perplexity", 2)->undefined, std::string("no tokens with a choice and logits"));
        QVERIFY(pick(*rows, "z_loss.mean", 0)->value);
        QVERIFY(!pick(*rows, "z_loss.mean", 1)->undefined.empty());
        QVERIFY(!pick(*rows, "drop.ratio", 2, {}, {{"cf", 1.0}})->undefined.empty());
        QVERIFY(!pick(*rows, "drop.corpus", 2, {}, {{"cf", 1.25}})->undefined.empty());
        QVERIFY(!pick(*rows, "balance.max_vio_batch", 2, {}, {{"batch", 4.0}})->undefined.empty());
        QVERIFY(pick(*rows, "drop.ratio", 1, {}, {{"cf", 1.0}})->value);
    }

private:
    /// 8 sequences of 512 tokens, as the splitmix traces have them.
    static std::vector<std::vector<std::size_t>> plainParts(std::size_t sequences)
    {
        std::vector<std::vector<std::size_t>> all(sequences);
        for (std::size_t t = 0; t < sequences * 512; ++t)
            all[t / 512].push_back(t);
        return all;
    }
};

EXPERTSCOPE_TEST(TestLosses)
#include "tst_losses.moc"
