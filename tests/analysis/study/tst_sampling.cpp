// SPDX-License-Identifier: GPL-3.0-or-later
//
// Samples of sequences: which ones, that their numbers are those of these sequences alone and say so, and when metrics
// look at one unasked.
#include "analysis/metrics/registry.h"
#include "analysis/spine/row_query.h"
#include "analysis/spine/selection.h"
#include "analysis/study/sampling.h"
#include "io/base/named.h"
#include "tests/support/memory_trace.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTest>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

/// So many sequences, some of 50 tokens, some of 51, …, of which `kept` are left in.
std::shared_ptr<MemoryTrace> traceOf(std::size_t sequences, const std::vector<SequenceIndex>& kept)
{
    auto trace = std::make_shared<MemoryTrace>(2, 16, 3);
    std::uint64_t token = 0;
    for (std::size_t s = 0; s < sequences; ++s) {
        const auto length = std::uint32_t(50 + s % 7);
        const bool there = std::ranges::find(kept, SequenceIndex(std::uint32_t(s))) != kept.end();
        if (there)
            trace->addSequence(length);
        for (std::uint32_t t = 0; t < length; ++t, ++token) {
            for (std::size_t site = 0; there && site < 2; ++site) {
                const std::uint64_t first = mix(2 * token + site) % 16;
                for (const std::uint64_t step : {0, 5, 11})
                    trace->ids[site].push_back(std::uint16_t((first + step) % 16));
            }
        }
    }
    return trace;
}

Study studyOf(BlockSource& source)
{
    return Study({{"t.h5", "t", std::shared_ptr<BlockSource>(std::shared_ptr<void>(), &source), {}, -1}});
}

std::vector<SequenceIndex> all(std::size_t sequences)
{
    std::vector<SequenceIndex> list;
    for (std::size_t s = 0; s < sequences; ++s)
        list.emplace_back(std::uint32_t(s));
    return list;
}

}

class TestSampling : public QObject
{
    Q_OBJECT
private slots:
    void oneOfEachStretch()
    {
        const auto trace = traceOf(97, all(97));
        PassOptions options;
        std::size_t others = 0;
        for (const std::uint32_t sample : {2u, 10u, 96u}) {
            options.sample = sample;
            const auto drawn = selectSequences(trace->shape(), options);
            VERIFY_OK(drawn);
            QCOMPARE(drawn->size(), std::size_t(sample));
            for (std::size_t i = 0; i < drawn->size(); ++i) {
                QVERIFY((*drawn)[i].value >= i * 97 / sample && (*drawn)[i].value < (i + 1) * 97 / sample);
                others += (*drawn)[i].value != i * 97 / sample;
            }
            QCOMPARE(*selectSequences(trace->shape(), options), *drawn);
        }
        QVERIFY(others > 5); // not each so-many-th
        for (const std::uint32_t sample : {0u, 97u, 1000u}) {
            options.sample = sample;
            QCOMPARE(*selectSequences(trace->shape(), options), all(97));
        }
    }

    /// All metrics that need ids alone, slow ones too: as of a trace that holds nothing but the sample.
    void numbersAreOfTheSampleAndSaySo()
    {
        const auto whole = traceOf(40, all(40));
        PassOptions options;
        options.sample = 11;
        const auto drawn = selectSequences(whole->shape(), options);
        VERIFY_OK(drawn);
        const auto part = traceOf(40, *drawn);
        MetricQuestion question;
        for (const MetricSpec& spec : metricRegistry()) {
            if (spec.needs.empty() && spec.minTraces == 1 && !spec.needsLabel)
                question.metrics.push_back({spec.name});
        }
        QVERIFY(question.metrics.size() > 12);
        const Study ofPart = studyOf(*part), ofWhole = studyOf(*whole);
        const auto expected = ofPart.metrics(0, question);
        question.scope.sample = 11;
        const auto found = ofWhole.metrics(0, question);
        VERIFY_OK(expected);
        VERIFY_OK(found);
        for (std::size_t m = 0; m < found->size(); ++m) {
            const std::vector<ResultRow>& rows = (*found)[m]->rows;
            QCOMPARE(rows.size(), (*expected)[m]->rows.size());
            for (std::size_t r = 0; r < rows.size(); ++r) {
                const ResultRow& same = (*expected)[m]->rows[r];
                QVERIFY(keyOf(rows[r]) == keyOf(same)); // a sample is no other question
                QCOMPARE(rows[r].value, same.value);
                QCOMPARE(rows[r].n, same.n);
                QVERIFY(rows[r].params.contains("sample") && !same.params.contains("sample"));
                QCOMPARE(std::get<double>(rows[r].params.at("sample")), 11.);
            }
            for (const ResultMatrix& matrix : (*found)[m]->matrices)
                QVERIFY(matrix.params.contains("sample"));
        }
        // More than there are is no sample.
        question.scope.sample = 40;
        const auto everything = ofWhole.metrics(0, question);
        VERIFY_OK(everything);
        QVERIFY(!everything->front()->rows.front().params.contains("sample"));
        QVERIFY((*everything)[0]->rows.front().value != (*found)[0]->rows.front().value);
    }

    void longOnesLookAtASample()
    {
        MemoryTrace trace(16, 64, 8); // never read
        for (int s = 0; s < 1000; ++s)
            trace.addSequence(2000);
        const Study study = studyOf(trace);
        MetricQuestion question;
        question.metrics = {{"load"}, {"sequence_cache"}, {"sequence_cache", {{"rho", "1"}}}};
        const double choices = 16 * 8 * 2e6, cost = named(metricRegistry(), "sequence_cache")->cost;
        const auto costs = costsOf(study, 0, question);
        VERIFY_OK(costs);
        QCOMPARE((*costs)[0].sample, 0u);
        const MetricCost& cache = (*costs)[1];
        QCOMPARE(cache.allSeconds, choices * cost * 1e-9);
        QCOMPARE((*costs)[2].allSeconds, cache.allSeconds / 4); // one size instead of four
        QVERIFY(cache.allSeconds > 20);
        QVERIFY(cache.sample > 0 && cache.seconds <= kSampledSeconds && cache.seconds > 0.8 * kSampledSeconds);
        QCOMPARE(cache.sample % 10, 0u);
        QCOMPARE(cache.seconds, cache.allSeconds * cache.sample / 1000);
        const auto lines = describeCosts(question.metrics, *costs, false);
        QCOMPARE(lines.size(), std::size_t(1));
        QVERIFY2(lines[0].starts_with(
                     "sequence_cache: a sample of " + std::to_string(cache.sample) + " of 1000 sequences, about "),
            lines[0].c_str());
        QVERIFY(describeCosts(question.metrics, *costs, true).front().starts_with("sequence_cache: about "));
        // A tenth of the sites takes a tenth of the time; who asks for a sample gets it.
        question.scope.sites = {SiteIndex(0)};
        QCOMPARE((*costsOf(study, 0, question))[1].sample, 0u);
        question.scope.sites = {};
        question.scope.sample = 900;
        QCOMPARE((*costsOf(study, 0, question))[1].sample, 0u);
        QVERIFY(onRequestText(study, 0, {}).find("sequence_cache (") != std::string::npos);
        QVERIFY(onRequestText(study, 0, {}).find("vocabulary") == std::string::npos); // no token ids
    }

    void aFirstPictureIsOfASample()
    {
        MemoryTrace trace(16, 64, 8); // never read
        for (int s = 0; s < 4000; ++s)
            trace.addSequence(2000);
        const Study study = studyOf(trace);
        MetricQuestion question;
        question.metrics = {{"load"}};
        const auto first = [&](double patience = kPatienceSeconds) {
            const auto sample = firstSample(study, 0, question, patience);
            return sample ? int(*sample) : -1;
        };
        const int ofLoad = first(); // a thousand million choices
        QVERIFY(ofLoad >= 100 && ofLoad <= 400);
        QCOMPARE(first(60), 0);
        QVERIFY(first(2) > 1.8 * ofLoad && first(2) < 2.2 * ofLoad);
        question.metrics = {{"load"}, {"sequence_cache"}};
        QCOMPARE(first(), int(kLeastSampled));
        question.metrics = {{"load"}};
        question.scope.sites = {SiteIndex(3)};
        QCOMPARE(first(), 0); // a sixteenth of it
        question.scope = {};
        question.scope.sample = 2000;
        QCOMPARE(first(), 0);
        question.scope = {};
        question.scope.tokens = TokenRange{TokenIndex(0), TokenIndex(7'000'000)};
        QCOMPARE(first(), 0);
        question.scope = {};
        question.scope.where = {{"language", "de"}};
        QCOMPARE(first(), -1);
        MemoryTrace few(16, 64, 8);
        for (int s = 0; s < 100; ++s)
            few.addSequence(100'000);
        QCOMPARE(*firstSample(studyOf(few), 0, {{{"load"}}, {}, {}}), 0u);
    }

    void whatIsKnownIsSaid()
    {
        const auto trace = traceOf(40, all(40));
        const Study study = studyOf(*trace);
        MetricQuestion question;
        question.metrics = {{"load"}, {"balance"}};
        QVERIFY(!study.knows(0, question));
        MetricQuestion half = question;
        half.metrics.pop_back();
        VERIFY_OK(study.metrics(0, half));
        QVERIFY(study.knows(0, half) && !study.knows(0, question));
        half.scope.sample = 20;
        QVERIFY(!study.knows(0, half));
    }

    void fewSequencesAreTakenWhole()
    {
        MemoryTrace trace(16, 64, 8); // never read
        for (int s = 0; s < 20; ++s)
            trace.addSequence(1'000'000);
        MetricQuestion question;
        question.metrics = {{"sch"}};
        const auto costs = costsOf(studyOf(trace), 0, question);
        VERIFY_OK(costs);
        QVERIFY((*costs)[0].allSeconds > 100);
        QCOMPARE((*costs)[0].sample, 0u);
    }

    void shortOnesAreExact()
    {
        const auto trace = traceOf(40, all(40));
        const Study study = studyOf(*trace);
        MetricQuestion question;
        question.metrics = {{"sch_cover"}, {"load"}};
        const auto sampled = sampledMetrics(study, 0, question), exact = study.metrics(0, question);
        VERIFY_OK(sampled);
        VERIFY_OK(exact);
        for (std::size_t m = 0; m < 2; ++m)
            QCOMPARE((*sampled)[m]->rows.front().value, (*exact)[m]->rows.front().value);
    }
};

EXPERTSCOPE_TEST(TestSampling)
#include "tst_sampling.moc"
