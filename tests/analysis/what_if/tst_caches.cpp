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

    /// lru and opt are told before the others follow; the answer is as it was asked for.
    void quickOnesFirst()
    {
        CacheOptions options = lru("2,4");
        options.policies = "fifo,opt,ema:halflife=8,lru,ema";
        const CacheQuestion question = ask(options);
        int told = 0;
        const auto answer = simulateCaches(*m_study, 0, question, {}, [&](const CacheAnswer& soFar) {
            ++told;
            QCOMPARE(soFar.policies.size(), std::size_t(2));
            QCOMPARE(soFar.policies[0].request.name, std::string("opt"));
            QCOMPARE(wholeModel(soFar.policies[1], 0).hits, 12u);
        });
        const auto plain = simulateCaches(*m_study, 0, question);
        QVERIFY2(answer && plain, qPrintable(errorOf(answer)));
        QCOMPARE(told, 1);
        for (std::size_t p = 0; p < 5; ++p) {
            QCOMPARE(answer->policies[p].request.name, question.choice.policies[p].name);
            QCOMPARE(answer->policies[p].request.params, question.choice.policies[p].params);
            for (std::size_t c = 0; c < 2; ++c)
                QCOMPARE(wholeModel(answer->policies[p], c), wholeModel(plain->policies[p], c));
        }
        QVERIFY(simulateCaches(*m_study, 0, ask(lru("2")), {}, [&](const CacheAnswer&) { ++told; }));
        QCOMPARE(told, 1);
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

    /// A file of lines; its path.
    std::string lines(const char* name, const char* text)
    {
        QFile file(m_folder.filePath(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(text) < 0)
            qWarning("no file %s", name);
        return file.fileName().toStdString();
    }

    /// 0 is pinned at the first two sites, so there 1, 2, 1, 3, 1 have one slot: 5 hits of 10; the third has both for all: 4.
    void pinnedExperts()
    {
        CacheOptions options = lru("2,4");
        options.pin = lines("pins.txt", "# the first two\ns0:0\n\n s1:0 # again\ns1:0\n");
        const CacheQuestion question = ask(options);
        const auto answer = simulateCaches(*m_study, 0, question);
        QVERIFY2(answer, qPrintable(errorOf(answer)));
        QCOMPARE(wholeModel(answer->policies.front(), 0).hits, 5u + 5u + 4u);
        QCOMPARE(wholeModel(answer->policies.front(), 0).requests, 30u);
        QVERIFY(QString::fromStdString(describe(question.contract)).endsWith(", pinned: " + QString::fromStdString(options.pin)));
        for (const ResultRow& row : resultsOf(question, *answer).rows)
            QCOMPARE(std::get<std::string>(row.params.at("pinned")), options.pin);
        const auto files = filesOf(options);
        QVERIFY(std::ranges::find(files, std::filesystem::path(options.pin)) != files.end());

        // A named set does the same; standard capacities that are too small are left out.
        options.pin = "set:" + lines("sets.json", R"({"format": "expertscope-expert-sets", "sets": {"two": ["s0:0", "s0:1"]}})") + "#two";
        options.capacities = {};
        const auto two = simulateCaches(*m_study, 0, ask(options));
        QVERIFY2(two, qPrintable(errorOf(two)));
        QVERIFY(two->belowPins);
        QCOMPARE(two->capacities, (std::vector<std::uint32_t>{2, 3, 4}));
        QCOMPARE(two->policies.front().pools[0].total(0).hits, 8u); // of 0 and 1, always
    }

    void slotsOfSites()
    {
        CacheOptions options = lru("");
        const std::string path = lines("quotas.txt", "s0:4\n*:2\ns2:0\n");
        options.capacities = "quotas:" + path;
        options.expertBytes = "1KiB";
        const CacheQuestion question = ask(options);
        const auto answer = simulateCaches(*m_study, 0, question);
        QVERIFY2(answer, qPrintable(errorOf(answer)));
        QCOMPARE(answer->capacities, std::vector<std::uint32_t>{2});
        QCOMPARE(answer->memory, std::vector<double>{6 * 1024});
        QCOMPARE(wholeModel(answer->policies.front(), 0).hits, 6u + 4u);
        std::map<std::size_t, double> capacityOf;
        for (const ResultRow& row : resultsOf(question, *answer).rows) {
            QCOMPARE(std::get<std::string>(row.params.at("quotas")), path);
            if (row.metric == "cache.hit_rate")
                capacityOf[row.site ? std::size_t(*row.site) : 9] = std::get<double>(row.params.at("capacity"));
        }
        QCOMPARE(capacityOf, (std::map<std::size_t, double>{{0, 4}, {1, 2}, {2, 0}, {9, 2}}));
        // Sites that share a pool share their slots.
        options.scope = "global";
        const auto shared = simulateCaches(*m_study, 0, ask(options));
        QVERIFY2(shared, qPrintable(errorOf(shared)));
        QCOMPARE(shared->capacities, std::vector<std::uint32_t>{6});
    }

    void linesThatAreWrong()
    {
        const QString folder = m_folder.path() + "/";
        const auto pinned = [&](const char* text, const char* capacities = "2") {
            CacheOptions options = lru(capacities);
            options.pin = lines("wrong.txt", text);
            const auto question = checkCaches(options);
            return (question ? errorOf(simulateCaches(*m_study, 0, *question)) : errorOf(question)).replace(folder, "");
        };
        const auto divided = [&](const char* text) {
            CacheOptions options = lru("");
            options.capacities = "quotas:" + lines("wrong.txt", text);
            const auto question = checkCaches(options);
            return (question ? errorOf(simulateCaches(*m_study, 0, *question)) : errorOf(question)).replace(folder, "");
        };
        QCOMPARE(pinned("s0:1\n5-27\n"),
            QString("wrong.txt:2: '5-27' is no LAYER:EXPERT (such as 5:27, 5:27|5:30 for both, s3:27 by the router's place)"));
        QVERIFY(pinned("s0:1\n\ns7:0").startsWith("fixture.h5: wrong.txt:3: the trace has no site 7"));
        QVERIFY(pinned("s0:4").startsWith("fixture.h5: wrong.txt:1: layer "));
        QCOMPARE(pinned("# nothing\n"), QString("wrong.txt: holds no lines"));
        QVERIFY(pinned("s1:0|s1:1|s1:2").startsWith("fixture.h5: --capacity: 3 experts are pinned in the pool of layer "));
        QVERIFY(pinned("s1:0|s1:1|s1:2").endsWith(", which has 2 slots (from 3 slots on)"));
        QVERIFY(divided("s0:2\n").startsWith("fixture.h5: wrong.txt: has no slots for layer "));
        QVERIFY(divided("s0:5\n*:1").startsWith("fixture.h5: wrong.txt:1: 5 slots: site 0 has 4 experts"));
        QVERIFY(divided("*:1\ns0:2\ns0:3").startsWith("wrong.txt:3: site 0 was given slots before (at "));
        QVERIFY(divided("*:1\ns9:2").startsWith("fixture.h5: wrong.txt:2: the trace has no site 9"));
        QVERIFY(divided("*=1").startsWith("wrong.txt:1: '*=1' is no LAYER:SLOTS"));
        CacheOptions options = lru("2");
        options.pin = lines("pins.txt", "s0:0");
        for (const auto& change : std::vector<std::function<void(CacheOptions&)>>{
                 [](auto& o) { o.prefetch = {"previous"}; }, [](auto& o) { o.quotas = true; }}) {
            CacheOptions other = options;
            change(other);
            QVERIFY(!checkCaches(other));
        }
        options.reroute = "lambda=0.1";
        QVERIFY(!checkReroute(options));
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
