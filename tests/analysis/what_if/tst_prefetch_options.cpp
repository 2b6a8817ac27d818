// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/prefetch_options.h"
#include "tests/support/test_main.h"

using namespace expertscope;

class TestPrefetchOptions : public QObject
{
    Q_OBJECT

    static QString error(const std::vector<std::string>& texts, const std::string& chunks = {},
        const simulation::Contract& contract = {})
    {
        const auto request = parsePrefetch(texts, chunks, 1, contract);
        return request ? QString("no error") : QString::fromStdString(request.error().message());
    }

private slots:
    void whatIsMeant()
    {
        const auto request =
            parsePrefetch({"transition:horizon=2,n=4,evict=any,budget=3,previous", "oracle:recall=0.9"}, "8", 42, {});
        QVERIFY2(request, request ? "" : request.error().message().c_str());
        QCOMPARE(request->texts,
            (std::vector<std::string>{"transition:budget=3,evict=any,horizon=2,n=4", "previous", "oracle:recall=0.9"}));
        const prefetch::PrefetchSetup& first = request->setups.front();
        QCOMPARE(first.predictor.name, std::string("transition"));
        QCOMPARE(first.predictor.options.horizon, 2u);
        QCOMPARE(first.predictor.options.n, 4u);
        QCOMPARE(first.predictor.options.seed, 42u);
        QCOMPARE(first.budget, 3u);
        QCOMPARE(first.eviction, prefetch::Eviction::Any);
        QCOMPARE(request->setups[1].eviction, prefetch::Eviction::Unprotected);
        QCOMPARE(request->setups[2].predictor.params.at("recall"), std::string("0.9"));
        QCOMPARE(request->chunks, 8u);
        QVERIFY(parsePrefetch({}, "", 1, {})->setups.empty());
    }

    void whatIsWrong()
    {
        QVERIFY(error({"nobody"}).startsWith("--prefetch: unknown predictor 'nobody' (known: "));
        QVERIFY(error({"previuos"}).startsWith(
            "--prefetch: unknown predictor 'previuos' (did you mean previous? known: "));
        QVERIFY(error({"previous:horizn=1"}).startsWith(
            "--prefetch: predictor 'previous': no parameter 'horizn' (did you mean horizon? known: "));
        QVERIFY(error({""}).startsWith("--prefetch: unknown predictor ''"));
        QVERIFY(error({"recorded"}).startsWith("--prefetch: a trace holds no recorded predictions"));
        QCOMPARE(error({"previous,previous"}), QString("--prefetch: predictor 'previous' is named twice"));
        QCOMPARE(error({"previous", "previous"}), QString("--prefetch: predictor 'previous' is named twice"));
        QCOMPARE(error({"previous:horizon=0"}),
            QString("--prefetch: predictor 'previous': parameter 'horizon': 0 is not from 1 to 65535"));
        QCOMPARE(error({"previous:recall=1"}),
            QString("--prefetch: predictor 'previous': no parameter 'recall' (known: horizon, n, budget, evict)"));
        QCOMPARE(error({"oracle:x=1"}),
            QString("--prefetch: predictor 'oracle': no parameter 'x' (known: recall, horizon, n, budget, evict)"));
        QCOMPARE(error({"previous:evict=never/any"}),
            QString("--prefetch: predictor 'previous': evict is one of never, unprotected, any"));
        for (const char* params : {"horizon=x", "horizon=1.5", "n=-1", "budget=-1", "evict=all", "horizon", "=1",
                 "horizon=1,horizon=2"})
            QVERIFY2(error({std::string("previous:") + params}).startsWith("--prefetch: "), params);
        QVERIFY(error({"oracle:recall=nan"}).startsWith("--prefetch: "));
        for (const char* chunks : {"0", "x", "-1", "5000", "2x"})
            QCOMPARE(error({"previous"}, chunks),
                QString("--chunks: '%1' is no number of chunks (1 to 4096)").arg(chunks));
        QCOMPARE(error({}, "2"),
            QString("--chunks: only a prefetch is interrupted between chunks (name one with --prefetch)"));
        simulation::Contract contract;
        contract.admission = simulation::Admission::Bypass;
        QVERIFY(error({"previous"}, "", contract).startsWith("--prefetch: "));
        QCOMPARE(error({}, "", contract), QString("no error"));
    }

    void policiesAndLevels()
    {
        auto request = parsePrefetch({"previous"}, "", 1, {});
        QVERIFY(choosePrefetchPolicies({{"lru"}, {"opt"}}, {}, *request));
        QCOMPARE(request->policies.size(), 2u);
        const auto fixed = choosePrefetchPolicies({{"static"}}, {}, *request);
        QVERIFY(!fixed && fixed.error().where == "--prefetch");
        PrefetchRequest none;
        QVERIFY(choosePrefetchPolicies({{"static"}}, {}, none));
        TimeRequest time;
        time.machine.emplace();
        QVERIFY(choosePrefetchLevel(time, false, *request) && request->queue);
        QVERIFY(choosePrefetchLevel(time, true, *request) && !request->queue); // level 2 was asked for
        time.level = cost::Level::Queue;
        QVERIFY(choosePrefetchLevel(time, true, *request) && request->queue);
        const auto alone = choosePrefetchLevel(time, true, none);
        QVERIFY(!alone);
        QCOMPARE(QString::fromStdString(alone.error().message()),
            QString("--level: level 3 is for replays with prefetches (name a predictor with --prefetch, or 2)"));
    }
};

EXPERTSCOPE_TEST(TestPrefetchOptions)
#include "tst_prefetch_options.moc"
