// SPDX-License-Identifier: GPL-3.0-or-later
//
// Simulations asked of a study, on the trace that resources/docs/simulation.md works by hand.
#include "analysis/what_if/cache_rows.h"
#include "analysis/what_if/caches.h"
#include "analysis/what_if/reroute.h"
#include "tests/support/test_main.h"
#include "tests/support/trace_files.h"

#include <QTemporaryDir>

using namespace expertscope;
using namespace expertscope::results;
using namespace expertscope::testing;

class TestCaches : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_path;
    std::shared_ptr<const Study> m_study;

    static CacheQuestion ask(const CacheOptions& options)
    {
        const auto question = checkCaches(options);
        if (!question)
            qWarning("%s", question.error().message().c_str());
        return question.value_or(CacheQuestion());
    }
    static CacheOptions lru(const char* capacities)
    {
        CacheOptions options;
        options.policies = "lru";
        options.capacities = capacities;
        return options;
    }
    template <class T> static QString errorOf(const Expected<T>& result)
    {
        return result ? QString("no error") : QString::fromStdString(result.error().message());
    }

private slots:
    void initTestCase()
    {
        m_path = m_folder.filePath("fixture.h5");
        writeCacheFixture(m_path);
        const auto study = Study::open({m_path.toStdString()});
        QVERIFY2(study, qPrintable(errorOf(study)));
        m_study = *study;
    }

    void twelveHits()
    {
        CacheOptions options = lru("2,4");
        options.expertBytes = "1KiB";
        const CacheQuestion question = ask(options);
        const auto answer = simulateCaches(*m_study, 0, question);
        QVERIFY2(answer, qPrintable(errorOf(answer)));
        QCOMPARE(answer->capacities, (std::vector<std::uint32_t>{2, 4}));
        QCOMPARE(answer->poolSize, 4u);
        QVERIFY(!answer->cut && !answer->unequal && !answer->time && !answer->prefetch && answer->quotas.empty());
        QCOMPARE(answer->memory, (std::vector<double>{6 * 1024, 12 * 1024}));
        QCOMPARE(answer->policies.size(), 1u);
        QCOMPARE(wholeModel(answer->policies.front(), 0).hitRate(), 12 / 30.0);
        QCOMPARE(wholeModel(answer->policies.front(), 1).hitRate(), 18 / 30.0);
        const Results results = resultsOf(question, *answer);
        int found = 0;
        for (const ResultRow& row : results.rows) {
            if (row.metric != "cache.hit_rate" || row.site || std::get<double>(row.params.at("capacity")) != 2)
                continue;
            QCOMPARE(*row.value, 12 / 30.0);
            QCOMPARE(std::get<std::string>(row.params.at("policy")), std::string("lru"));
            ++found;
        }
        QCOMPARE(found, 1);
        const ResultOrigin origin = originOf(question, *answer, m_study->traces().front());
        QCOMPARE(origin.traces.front().front().second, m_path.toStdString());
        QVERIFY(std::ranges::find(origin.options, std::pair<std::string, std::string>("policy", "lru"))
            != origin.options.end());
    }

    void scopesOfSites()
    {
        CacheQuestion question = ask(lru("50%,9"));
        question.scope.sites = {SiteIndex(std::uint16_t(1))};
        const auto answer = simulateCaches(*m_study, 0, question);
        QVERIFY2(answer, qPrintable(errorOf(answer)));
        QCOMPARE(answer->events.pools.size(), 1u);
        QCOMPARE(answer->capacities, (std::vector<std::uint32_t>{2, 4}));
        QVERIFY(answer->cut);
        QCOMPARE(wholeModel(answer->policies.front(), 0).hitRate(), 4 / 10.0);
        question.scope.skipFirst = 4;
        QCOMPARE(simulateCaches(*m_study, 0, question)->events.tokens, 1u);
    }

    void quotasAndPrefetches()
    {
        CacheOptions options = lru("2");
        options.quotas = true;
        options.prefetch = {"previous"};
        const CacheQuestion question = ask(options);
        const auto answer = simulateCaches(*m_study, 0, question);
        QVERIFY2(answer, qPrintable(errorOf(answer)));
        QCOMPARE(answer->quotas.size(), 1u);
        QVERIFY(answer->prefetch && answer->prefetch->tokens == 5);
        const Results results = resultsOf(question, *answer);
        for (const char* metric : {"cache.quota_hit_rate", "prefetch.recall", "cache.misses"})
            QVERIFY2(std::ranges::any_of(results.rows, [&](const ResultRow& row) { return row.metric == metric; }), metric);
        options.scope = "global";
        QCOMPARE(errorOf(simulateCaches(*m_study, 0, ask(options))),
            m_path + ": --quotas: slots cannot be divided: there is one pool (leave out --scope, or name several groups)");
    }

    void wholeSequencesOnly()
    {
        const QString refused = m_path
            + ": a cache serves whole sequences: tokens cannot be picked by expert, value or place (choose sequences by "
              "their labels)";
        const ExpertAt expert{SiteIndex(std::uint16_t(0)), ExpertIndex(std::uint16_t(1))};
        for (const int which : {0, 1, 2}) {
            CacheQuestion question = ask(lru("2"));
            if (which == 0)
                question.scope.chose = {expert};
            if (which == 1)
                question.scope.spared = {expert};
            if (which == 2)
                question.scope.tokens = TokenRange{TokenIndex(0), TokenIndex(3)};
            QCOMPARE(errorOf(simulateCaches(*m_study, 0, question)), refused);
        }
        CacheOptions options = lru("2");
        options.reroute = "lambda=0.1";
        auto question = checkReroute(options);
        QVERIFY(question);
        question->scope.chose = {expert};
        QCOMPARE(errorOf(simulateReroute(*m_study, 0, *question)), refused);
        question->scope = {};
        QVERIFY(errorOf(simulateReroute(*m_study, 0, *question)).startsWith(m_path + ": ")); // no logits
    }

    void failures()
    {
        CacheQuestion question = ask(lru("2"));
        question.scope.where = {{"topic", "x"}};
        QVERIFY(errorOf(simulateCaches(*m_study, 0, question)).startsWith(m_path + ": the trace has no label 'topic'"));
        question.scope = {};
        question.scope.sites = {SiteIndex(std::uint16_t(9))};
        QVERIFY(errorOf(simulateCaches(*m_study, 0, question)).startsWith(m_path + ": the trace has no site 9"));
        CacheOptions options = lru("1GiB");
        QVERIFY(errorOf(simulateCaches(*m_study, 0, ask(options)))
                    .startsWith(m_path + ": --capacity: how many slots bytes are is not known"));
        const auto cancelled = simulateCaches(*m_study, 0, ask(lru("1-4")), [](double) { return false; });
        QVERIFY(!cancelled);
        QCOMPARE(cancelled.error().what, std::string(kCancelled));
    }
};

EXPERTSCOPE_TEST(TestCaches)
#include "tst_caches.moc"
