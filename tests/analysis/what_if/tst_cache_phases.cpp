// SPDX-License-Identifier: GPL-3.0-or-later
//
// Prefill and decode side by side: each is the simulation of its tokens alone, and what is built to differ does.
#include "analysis/what_if/cache_phases.h"
#include "analysis/what_if/cache_rows.h"
#include "tests/support/memory_trace.h"
#include "tests/support/rows.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

using namespace expertscope;
using namespace expertscope::testing;

namespace {

/// 2 sites of 8 experts, one a token: prompts go round experts 0, 1, 2, 3; what is generated round all 8.
Study generating(std::uint32_t prompt, std::uint32_t length)
{
    auto trace = std::make_shared<MemoryTrace>(2, 8, 1);
    for (int s = 0; s < 3; ++s) {
        trace->addSequence(length);
        trace->editShape().sequences.back().promptLength = prompt;
    }
    for (std::size_t site = 0; site < 2; ++site) {
        for (int s = 0; s < 3; ++s) {
            for (std::uint32_t t = 0; t < length; ++t)
                trace->ids[site].push_back(std::uint16_t(t < prompt ? t % 4 : (t - prompt) % 8));
        }
    }
    NamedTrace named;
    named.path = named.name = "memory";
    named.source = trace;
    return Study({named});
}

CacheQuestion askingLru(const char* capacities)
{
    CacheOptions options;
    options.policies = "lru";
    options.capacities = capacities;
    return checkCaches(options).value();
}

}

class TestCachePhases : public QObject
{
    Q_OBJECT

private slots:
    void byHand()
    {
        const Study study = generating(40, 72);
        const CacheQuestion question = askingLru("4,7,8");
        const auto phases = simulatePhases(study, 0, question);
        VERIFY_OK(phases);
        QCOMPARE(phases->size(), 2u);
        const auto hitRate = [&](std::size_t phase, std::size_t c) {
            return wholeModel((*phases)[phase].answer.policies.front(), c).hitRate();
        };
        QCOMPARE((*phases)[0].answer.events.tokens, 120u);
        QCOMPARE((*phases)[1].answer.events.tokens, 96u);
        // 4 slots hold what prompts ask for: 4 first uses of 120 miss. Going round 8 experts, LRU of less finds nothing.
        QCOMPARE(hitRate(0, 0), 116 / 120.0);
        QCOMPARE(hitRate(1, 0), 0.0);
        QCOMPARE(hitRate(1, 1), 0.0);
        QCOMPARE(hitRate(1, 2), 88 / 96.0);
    }

    void eachIsItsPhaseAlone()
    {
        const Study study = generating(13, 50);
        CacheQuestion question = askingLru("1-8");
        const Results both = resultsOf(question, *simulatePhases(study, 0, question));
        for (const auto& [phase, name] : {std::pair{Phase::Prompt, "prefill"}, {Phase::Decode, "decode"}}) {
            CacheQuestion one = question;
            one.scope.phase = phase;
            Results alone = resultsOf(one, simulateCaches(study, 0, one).value());
            std::vector<ResultRow> own;
            for (const ResultRow& row : both.rows) {
                if (row.params.at("phase") == ParameterValue(std::string(name)))
                    own.push_back(row);
            }
            for (ResultRow& row : alone.rows)
                row.params["phase"] = std::string(name);
            QVERIFY(own.size() > 100 && identical(own, alone.rows));
            // A scope of one phase has that one.
            const auto only = simulatePhases(study, 0, one);
            VERIFY_OK(only);
            QVERIFY(only->size() == 1 && only->front().phase == phase);
        }
    }

    void onePhaseAlone()
    {
        const Study prefill = generating(20, 20), decode = generating(0, 20);
        const auto given = simulatePhases(prefill, 0, askingLru("4"));
        const auto generated = simulatePhases(decode, 0, askingLru("4"));
        QVERIFY(given && given->size() == 1 && given->front().phase == Phase::Prompt);
        QVERIFY(generated && generated->size() == 1 && generated->front().phase == Phase::Decode);
        CacheQuestion none = askingLru("4");
        none.scope.skipFirst = 30;
        QVERIFY(!simulatePhases(prefill, 0, none));
    }
};

EXPERTSCOPE_TEST(TestCachePhases)
#include "tst_cache_phases.moc"
