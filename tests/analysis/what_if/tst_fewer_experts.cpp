// SPDX-License-Identifier: GPL-3.0-or-later
//
// Fewer experts asked of a study: its rows are the counts, and its caches those of a trace that was recorded so.
#include "analysis/what_if/topk.h"
#include "tests/support/memory_trace.h"
#include "tests/support/near.h"
#include "tests/support/rows.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

using namespace expertscope;
using namespace expertscope::testing;

namespace {

std::shared_ptr<MemoryTrace> weighted(std::uint64_t seed)
{
    auto trace = std::make_shared<MemoryTrace>(3, 12, 4);
    trace->editShape().columns.weights = true;
    trace->addSequence(40, "a");
    trace->addSequence(25, "b");
    trace->addLabel("language", {"de", "fr"});
    fillUniform(*trace, seed);
    for (std::size_t s = 0; s < 3; ++s) {
        for (std::size_t i = 0; i < trace->ids[s].size(); ++i)
            trace->weights[s].push_back(float(1 + mix(seed * 1000 + s * 300 + i) % 16) / 16);
    }
    return trace;
}

Study studyOfOne(std::shared_ptr<BlockSource> source)
{
    NamedTrace trace;
    trace.path = trace.name = "memory";
    trace.source = std::move(source);
    return Study({trace});
}

TopkOptions asking(const std::string& keep, const std::string& shares, const std::string& capacities)
{
    TopkOptions options = standardTopk();
    options.keep = keep;
    options.shares = shares;
    options.cache.capacities = capacities;
    options.cache.expertBytes = "1000";
    return options;
}

TopkAnswer answerTo(const Study& study, const TopkOptions& options, const Scope& scope = {})
{
    auto question = checkTopk(options);
    if (!question)
        throw std::runtime_error(question.error().message());
    question->scope = scope;
    auto answer = simulateTopk(study, 0, *question);
    if (!answer)
        throw std::runtime_error(answer.error().message());
    return std::move(*answer);
}

/// Value of a row of the whole model (-1) or a site that has this parameter.
double valueWith(const Results& results, const std::string& metric, int site, const std::string& param, double amount,
    double capacity = 0)
{
    for (const ResultRow& row : results.rows) {
        const auto number = [&](const std::string& name) {
            const auto found = row.params.find(name);
            return found == row.params.end() ? -1 : std::get<double>(found->second);
        };
        if (row.metric != metric || (row.site ? int(std::size_t(*row.site)) : -1) != site || !row.value)
            continue;
        const bool fits = param == "none" ? std::get<std::string>(row.params.at("cut")) == "none" : number(param) == amount;
        if (fits && (capacity == 0 || number("capacity") == capacity))
            return *row.value;
    }
    return std::nan("");
}

}

class TestFewerExperts : public QObject
{
    Q_OBJECT

    template <class T> static QString errorOf(const Expected<T>& result)
    {
        return result ? QString("no error") : QString::fromStdString(result.error().message());
    }

private slots:
    /// Caches of what is left are those of a trace in which the model had chosen so.
    void cachesAreThoseOfTheCutTrace()
    {
        for (std::uint64_t seed = 0; seed < 10; ++seed) {
            const auto trace = weighted(seed);
            const Study study = studyOfOne(trace);
            const Results results = resultsOf(answerTo(study, asking("1-4", "none", "2,5,9")));
            for (int keep = 1; keep <= 4; ++keep) {
                auto recorded = std::make_shared<MemoryTrace>(3, 12, keep);
                recorded->addSequence(40);
                recorded->addSequence(25);
                for (std::size_t s = 0; s < 3; ++s) {
                    for (std::size_t i = 0; i < trace->ids[s].size(); ++i) {
                        if (int(i % 4) < keep)
                            recorded->ids[s].push_back(trace->ids[s][i]);
                    }
                }
                CacheOptions options = standardTopk().cache;
                options.capacities = "2,5,9";
                options.expertBytes = "1000";
                const CacheQuestion question = checkCaches(options).value();
                const Study apart = studyOfOne(recorded);
                const Results plain = resultsOf(question, simulateCaches(apart, 0, question).value());
                int compared = 0;
                for (const ResultRow& row : plain.rows) {
                    if (!row.value)
                        continue;
                    QCOMPARE(valueWith(results, row.metric, row.site ? int(std::size_t(*row.site)) : -1, "keep", keep,
                                 std::get<double>(row.params.at("capacity"))),
                        *row.value);
                    ++compared;
                }
                QVERIFY(compared > 60);
            }
            // All that is recorded: as if nothing was cut.
            for (const double capacity : {2.0, 5.0, 9.0})
                QCOMPARE(valueWith(results, "cache.hit_rate", -1, "keep", 4, capacity),
                    valueWith(results, "cache.hit_rate", -1, "none", 0, capacity));
        }
    }

    void rowsAreTheCounts()
    {
        const auto trace = weighted(3);
        const Study study = studyOfOne(trace);
        const TopkAnswer answer = answerTo(study, asking("2", "0.5,1", "none"));
        QVERIFY(answer.caches.empty() && answer.noCaches == "no caches were asked for");
        const Results results = resultsOf(answer);
        double lost = 0;
        for (int site = 0; site < 3; ++site) {
            double own = 0;
            for (std::size_t t = 0; t < 65; ++t) {
                const float* w = &trace->weights[std::size_t(site)][4 * t];
                own += double(w[2] + w[3]) / double(w[0] + w[1] + w[2] + w[3]);
            }
            QVERIFY(nearly(valueWith(results, "topk.lost_weight", site, "keep", 2), own / 65));
            QCOMPARE(valueWith(results, "topk.bytes_saved", site, "keep", 2), 2000.0);
            lost += own;
        }
        QVERIFY(nearly(valueWith(results, "topk.lost_weight", -1, "keep", 2), lost / 195));
        QCOMPARE(valueWith(results, "topk.bytes_saved", -1, "keep", 2), 6000.0); // a token, at all sites
        QCOMPARE(valueWith(results, "topk.experts", -1, "keep", 2), 2.0);
        QCOMPARE(valueWith(results, "topk.experts", -1, "none", 0), 4.0);
        QCOMPARE(valueWith(results, "topk.same", -1, "share", 1), 1.0);
        QVERIFY(valueWith(results, "topk.lost_weight", -1, "share", 0.5) <= 0.5);
        int undefined = 0;
        for (const ResultRow& row : results.rows) {
            if (row.metric == "topk.lost_probability") {
                QCOMPARE(row.undefined, std::string("the trace has no router logits"));
                ++undefined;
            }
        }
        QCOMPARE(undefined, 4 * 4);
    }

    void scopes()
    {
        const Study study = studyOfOne(weighted(5));
        Scope german;
        german.where = {{"language", "de", {}}};
        const TopkAnswer part = answerTo(study, asking("2", "none", "4"), german);
        QCOMPARE(part.counts.front().tokens, 40u);
        QVERIFY(!part.caches.empty() && part.run.find("40 tokens") != std::string::npos);
        // Tokens picked out: they can be weighed, and have no cache.
        Scope chose;
        chose.chose = {{SiteIndex(0), ExpertIndex(1)}};
        const TopkAnswer picked = answerTo(study, asking("2", "none", "4"), chose);
        QVERIFY(picked.counts.front().tokens < 65 && picked.counts.front().tokens > 0);
        QVERIFY(picked.caches.empty() && picked.noCaches.find("whole sequences") != std::string::npos);
        Scope one;
        one.sites = {SiteIndex(2)};
        QCOMPARE(answerTo(study, asking("2", "none", "4"), one).sites, std::vector{SiteIndex(2)});
    }

    void wrongUse()
    {
        const auto asked = [](const char* keep, const char* shares, const char* probabilities) {
            TopkOptions options = standardTopk();
            options.keep = keep;
            options.shares = shares;
            options.probabilities = probabilities;
            return checkTopk(options);
        };
        for (const char* keep : {"0", "2-1", "x", "1,", ",", "-1", "1.5", "1-", "99999999999"})
            QVERIFY2(errorOf(asked(keep, "", "")).startsWith("--keep: "), qPrintable(errorOf(asked(keep, "", ""))));
        for (const char* share : {"0", "1.1", "-0.5", "x", "0.5,", "nan", "50%"}) {
            QVERIFY2(errorOf(asked("", share, "")).startsWith("--share: "), qPrintable(errorOf(asked("", share, ""))));
            QVERIFY(errorOf(asked("", "", share)).startsWith("--probability: "));
        }
        QVERIFY(asked("none", "none", "none"));
        TopkOptions options = standardTopk();
        options.cache.capacities = "0";
        QVERIFY(errorOf(checkTopk(options)).startsWith("--capacity: "));

        const Study study = studyOfOne(weighted(1));
        const auto answered = [&](const TopkOptions& o) { return errorOf(simulateTopk(study, 0, checkTopk(o).value())); };
        options = standardTopk();
        options.keep = "5";
        QCOMPARE(answered(options), QString("memory: --keep: tokens choose at most 4 experts here, not 5"));
        options.keep = "1";
        options.probabilities = "0.5";
        QVERIFY(answered(options).startsWith("memory: --probability: the trace has no router logits"));
        auto plain = std::make_shared<MemoryTrace>(1, 8, 2);
        plain->addSequence(10);
        fillUniform(*plain, 2);
        const Study choices = studyOfOne(plain);
        options = standardTopk();
        options.shares = "0.5";
        QVERIFY(errorOf(simulateTopk(choices, 0, checkTopk(options).value())).startsWith("memory: --share: the trace has no weights"));
        // Without being asked for: what can be said is said.
        options.shares.clear();
        const TopkAnswer answer = answerTo(choices, options);
        QCOMPARE(answer.cuts.size(), 2u);
        const ResultRow* const row = findRow(resultsOf(answer), "topk.lost_weight", -1);
        QVERIFY(row && !row->value);
    }

    void cancelled()
    {
        const Study study = studyOfOne(weighted(1));
        int calls = 0;
        const auto result =
            simulateTopk(study, 0, checkTopk(standardTopk()).value(), [&](double) { return ++calls < 3; });
        QVERIFY(!result && result.error().what == kCancelled);
    }
};

EXPERTSCOPE_TEST(TestFewerExperts)
#include "tst_fewer_experts.moc"
