// SPDX-License-Identifier: GPL-3.0-or-later
//
// Metrics of paths, words, signatures and runs where the answer is known without counting: planted structure, copies,
// routing by chance.
#include "analysis/chance/path_chance.h"
#include "analysis/metrics/series.h"
#include "tests/support/memory_trace.h"
#include "tests/support/near.h"
#include "tests/support/rows.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTest>

#include <map>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

/// Sequences with labels of two values in turn and token ids below `ids`, routed by chance.
MemoryTrace plainTrace(std::uint64_t seed, unsigned sites = 3, std::uint16_t E = 16, std::uint16_t k = 4,
    unsigned sequences = 20, unsigned length = 200, unsigned ids = 40)
{
    MemoryTrace trace(sites, E, k);
    std::vector<std::string> kinds;
    for (unsigned s = 0; s < sequences; ++s) {
        trace.addSequence(length);
        kinds.push_back(s % 2 ? "b" : "a");
    }
    trace.addLabel("kind", kinds);
    trace.editShape().columns.tokenIds = true;
    for (std::uint64_t t = 0; t < trace.shape().numTokens; ++t)
        trace.tokenIds.push_back(std::int32_t(mix(seed * 99 + t) % ids));
    fillUniform(trace, seed);
    return trace;
}

Results of(MemoryTrace& trace, const MetricRequest& metric, const std::string& by = {})
{
    return analyse(trace, {metric}, by, {}).value();
}

Results ofRuns(MemoryTrace& a, MemoryTrace& b, const MetricRequest& metric)
{
    AnalysisRequest request;
    request.metrics = {metric};
    const std::vector<BlockSource*> traces{&a, &b};
    return analyseSeries(traces, {"a", "b"}, request).value();
}

const ResultRow& rowOf(const Results& results, const std::string& metric, int site = -1)
{
    const auto found = std::ranges::find_if(results.rows, [&](const ResultRow& row) {
        return row.metric == metric && (row.site ? int(row.site->value) : -1) == site && !row.label;
    });
    Q_ASSERT(found != results.rows.end());
    return *found;
}

}

class TestClosedForms : public QObject
{
    Q_OBJECT
private slots:
    void pathsOfOneAndOfAll()
    {
        MemoryTrace trace = plainTrace(1, 4);
        for (auto& site : trace.ids) { // the first choice is always 7
            for (std::size_t t = 0; t < trace.shape().numTokens; ++t)
                site[t * 4] = 7;
        }
        const Results one = of(trace, {"path", {{"length", "4"}}});
        QCOMPARE(*rowOf(one, "path.distinct", 0).value, 1.0);
        QCOMPARE(*rowOf(one, "path.entropy", 0).value, 0.0);
        QCOMPARE(*rowOf(one, "path.effective", 0).value, 1.0);
        QCOMPARE(*rowOf(one, "path.top_share", 0).value, 1.0);
        // Of U, 4,096 tokens take all but half of a pair of the 64^4 paths each by itself.
        MemoryTrace U = splitmixTrace('U');
        const Results all = of(U, {"path", {{"length", "4"}}});
        QVERIFY(*rowOf(all, "path.distinct", 0).value >= 4094);
        QVERIFY(near(*rowOf(all, "path.distinct", 0).uniform, 4095.5, 0.01));
        QVERIFY(*rowOf(all, "path.relative", 0).value > 0.9999);
        // A site that repeats the one before adds nothing.
        MemoryTrace copied = plainTrace(2, 2);
        copied.ids[1] = copied.ids[0];
        const Results twice = of(copied, {"path", {{"length", "2"}}});
        QCOMPARE(*rowOf(twice, "path.distinct", 0).value, 16.0);
        QVERIFY(*rowOf(twice, "path.entropy", 0).value <= std::log(16.0));
    }

    /// Against all ways that few tokens can fall into few cells.
    void cellsByChanceAreEnumerated()
    {
        for (const auto& [cells, tokens] : {std::pair(2u, 5u), {4u, 6u}, {7u, 4u}, {9u, 5u}}) {
            std::uint64_t ways = 1;
            for (unsigned t = 0; t < tokens; ++t)
                ways *= cells;
            double distinct = 0, squares = 0, entropy = 0, once = 0;
            for (std::uint64_t way = 0; way < ways; ++way) {
                std::vector<unsigned> counts(cells);
                for (std::uint64_t rest = way, t = 0; t < tokens; ++t, rest /= cells)
                    ++counts[rest % cells];
                double met = 0;
                for (const unsigned c : counts) {
                    met += c > 0;
                    once += c == 1;
                    entropy -= c ? double(c) / tokens * std::log(double(c) / tokens) : 0;
                }
                distinct += met;
                squares += met * met;
            }
            const UniformPaths chance(cells, tokens);
            const double n = double(ways);
            QVERIFY(near(chance.distinct().mean, distinct / n, 1e-12));
            QVERIFY(near(chance.entropy(), entropy / n, 1e-12));
            QVERIFY(near(chance.singletons(), once / n, 1e-12));
            const double sd = std::sqrt(squares / n - distinct / n * distinct / n);
            QVERIFY(near(chance.distinct().sd, sd, 1e-7));
        }
    }

    void theCommonestByChance()
    {
        for (const auto& [cells, tokens, top] :
            {std::tuple(25u, 400u, 1u), {625u, 3000u, 10u}, {100000u, 4000u, 50u}}) {
            double sum = 0;
            constexpr int kDraws = 40;
            for (int d = 0; d < kDraws; ++d) {
                std::map<std::uint64_t, unsigned> counts;
                for (unsigned t = 0; t < tokens; ++t)
                    ++counts[mix(std::uint64_t(d) * 1000003 + t) % cells];
                std::vector<unsigned> sorted;
                for (const auto& [cell, count] : counts)
                    sorted.push_back(count);
                std::ranges::sort(sorted, std::greater());
                for (unsigned i = 0; i < std::min<std::size_t>(top, sorted.size()); ++i)
                    sum += sorted[i];
            }
            const double found = sum / kDraws / tokens;
            QVERIFY(near(UniformPaths(cells, tokens).topShare(top), found, 0.03 * found));
        }
    }

    void aCopyOfATextIsAllLocal()
    {
        // Sequences of 100 different ids, twice; the second time the token goes where it went before.
        MemoryTrace trace = plainTrace(3);
        for (std::size_t s = 0; s < 20; ++s) {
            for (std::size_t t = 0; t < 200; ++t) {
                trace.tokenIds[s * 200 + t] = std::int32_t(t % 100);
                for (auto& site : trace.ids) {
                    if (t >= 100)
                        std::copy_n(&site[(s * 200 + t - 100) * 4], 4, &site[(s * 200 + t) * 4]);
                }
            }
        }
        const Results local = of(trace, {"locality"});
        QCOMPARE(*rowOf(local, "locality.same_token", 1).value, 1.0);
        QCOMPARE(rowOf(local, "locality.same_token", 1).n, 20u * 100);
        const ResultRow& other = rowOf(local, "locality.different_token", 1);
        QVERIFY(near(*other.value, *other.uniform, 5 * *other.uniformSd));
        // By chance the same token is as good as another.
        MemoryTrace chance = plainTrace(4);
        const ResultRow difference = rowOf(of(chance, {"locality"}), "locality.difference", 0);
        QVERIFY(near(*difference.value, 0, 5 * *difference.uniformSd));
    }

    void aHotExpertIsHot()
    {
        MemoryTrace trace(1, 8, 2);
        trace.addSequence(100);
        for (unsigned t = 0; t < 100; ++t) // 0 always, and the others in turn
            trace.ids[0].insert(trace.ids[0].end(), {0, std::uint16_t(1 + t % 7)});
        const Results hot = of(trace, {"hot_set", {{"window", "3/7/50"}}});
        for (const auto& [tokens, touched, hottest] :
            {std::tuple(3.0, 4.0 / 8, 4.0), {7.0, 1.0, 4.0}, {50.0, 1.0, 4.0}}) {
            QCOMPARE(valueAt(hot, "hot_set.touched", {{"window", tokens}}, 0), touched);
            QCOMPARE(valueAt(hot, "hot_set.hottest", {{"window", tokens}}, 0), hottest);
        }
    }

    void liftOfIndependentSets()
    {
        MemoryTrace trace = plainTrace(5, 2, 16, 4, 20, 2000);
        const Results lifts = of(trace, {"cofire"}, "kind");
        const ResultRow& mean = rowOf(lifts, "cofire.mean_lift", 0);
        QVERIFY(near(*mean.uniform, 16.0 / 15 * 3 / 4, 1e-12));
        QVERIFY(near(*mean.value, 16.0 / 15 * 3 / 4, 0.002));
        QCOMPARE(*rowOf(lifts, "cofire.pairs", 0).value, 0.0);
        // Two that always go together in one kind of text alone: support in one value of two.
        for (std::size_t s = 0; s < 20; s += 2) {
            for (std::size_t t = s * 2000; t < (s + 1) * 2000; ++t) {
                std::uint16_t* const ids = &trace.ids[0][t * 4];
                const bool both = mix(t) % 8 == 0;
                std::uint16_t next = 2;
                for (int r = 0; r < 4; ++r)
                    ids[r] = both && r < 2 ? std::uint16_t(r) : std::uint16_t(next++ + mix(t * 4) % 10);
            }
        }
        const Results planted = of(trace, {"cofire"}, "kind");
        QCOMPARE(*rowOf(of(trace, {"cofire", {{"support", "1"}}}, "kind"), "cofire.pairs", 0).value, 0.0);
        const auto support = std::ranges::find_if(planted.matrices,
            [](const ResultMatrix& m) { return m.metric == "cofire.support" && m.site == SiteIndex(0); });
        QVERIFY(support != planted.matrices.end());
        QCOMPARE(support->values[1], 1.0);
        QCOMPARE(support->values[16], 1.0);
        const ResultRow& largest = rowOf(planted, "cofire.max_lift", 0);
        QVERIFY(largest.expert == ExpertIndex(0) && largest.other.at("with") == "1");
    }

    void wordsOfExperts()
    {
        MemoryTrace trace = plainTrace(6, 2, 16, 4, 20, 2000);
        for (std::size_t t = 0; t < trace.shape().numTokens; ++t) { // site 1: the id says the expert
            for (std::uint16_t r = 0; r < 4; ++r)
                trace.ids[1][t * 4 + r] = std::uint16_t((trace.tokenIds[t] * 4 + r) % 16);
        }
        const Results words = of(trace, {"lexical"});
        const ResultRow& chance = rowOf(words, "lexical.excess", 0);
        QVERIFY(near(*chance.value, *chance.uniform, 2e-4)); // of a null of 0.0007
        QVERIFY(*rowOf(words, "lexical.null", 0).value > 5e-4);
        // Site 1: an expert has a quarter of the ids, each as often as in all. p = 4 q there, else 0:
        // (log2(8 / 5) + log2(2 / 5) / 4 + 3 / 4 log2 2) / 2
        const double planted = (std::log2(8.0 / 5) + std::log2(2.0 / 5) / 4 + 0.75) / 2;
        QVERIFY(near(*rowOf(words, "lexical.jsd", 1).value, planted, 0.01));
    }

    void signaturesOfKinds()
    {
        MemoryTrace trace = plainTrace(7);
        for (std::size_t t = 0; t < trace.shape().numTokens; ++t) {
            for (std::uint16_t r = 0; r < 4; ++r) // disjoint halves of the experts
                trace.ids[0][t * 4 + r] = std::uint16_t(t / 200 % 2 * 8 + r);
        }
        const Results kinds = of(trace, {"signature"}, "kind");
        QVERIFY(near(*rowOf(kinds, "signature.within", 0).value, 1, 1e-12));
        QCOMPARE(*rowOf(kinds, "signature.between", 0).value, 0.0);
        QCOMPARE(rowOf(kinds, "signature.within", 0).n, 2u * 45);
        QCOMPARE(rowOf(kinds, "signature.between", 0).n, 100u);
        for (const char* name : {"signature.within", "signature.between"}) {
            const ResultRow& chance = rowOf(kinds, name, 1);
            QVERIFY(near(*chance.value, *chance.uniform, 0.003));
        }
        QCOMPARE(kinds.matrices.size(), std::size_t(1));
        QVERIFY(near(kinds.matrices[0].values[0], 1, 1e-12));
    }

    void listsThatHold()
    {
        MemoryTrace trace = plainTrace(8);
        for (std::size_t t = 0; t < trace.shape().numTokens; ++t) { // "a" tokens like expert 5 at site 0
            std::uint16_t* const ids = &trace.ids[0][t * 4];
            if (t / 200 % 2 == 0 && std::find(ids, ids + 4, 5) == ids + 4 && mix(t) % 2)
                ids[0] = 5;
        }
        const Results lists = of(trace, {"stability", {{"experts", "3"}}}, "kind");
        double listed = 0;
        for (const ResultRow& row : lists.rows) {
            if (row.metric != "stability.frequency" || row.site != SiteIndex(0) || row.label->second != "a")
                continue;
            listed += *row.value;
            if (row.expert == ExpertIndex(5))
                QCOMPARE(*row.value, 1.0);
        }
        QVERIFY(near(listed, 3, 0.02)); // that many a draw, but for ties
    }

    /// One batch of all sequences: the risk difference itself; many batches: its sign in each.
    void batchesOfAllAreTheWhole()
    {
        MemoryTrace trace = plainTrace(9);
        const Results whole = of(trace, {"risk_difference"}, "kind");
        const Results one = of(trace, {"batched_difference", {{"batch", "1000"}}}, "kind");
        int compared = 0;
        for (const ResultRow& row : one.rows) {
            if (row.metric == "batched_difference.sign")
                QVERIFY(*row.value == 1 || *row.value == 0);
            if (row.metric != "batched_difference.value")
                continue;
            const double same = valueOf(
                whole, "risk_difference.value", int(row.site->value), int(row.expert->value), row.label->second);
            QVERIFY(near(*row.value, same, 1e-14));
            ++compared;
        }
        QCOMPARE(compared, 2 * 3 * 16);
        const Results many = of(trace, {"batched_difference", {{"batch", "2"}}}, "kind");
        for (const ResultRow& row : many.rows)
            QCOMPARE(row.n, row.site ? 5u : 15u);
    }

    void runsOfTheSameTokens()
    {
        MemoryTrace a = plainTrace(10), b = a;
        for (const char* name : {"mismatch.sets", "mismatch.slots"})
            QCOMPARE(*rowOf(ofRuns(a, b, {"mismatch"}), name, 1).value, 0.0);
        QCOMPARE(*rowOf(ofRuns(a, b, {"mismatch"}), "mismatch.tokens").value, 0.0);
        // Another order is the same set; another expert is not.
        std::swap(b.ids[1][0], b.ids[1][1]);
        for (std::uint16_t e = 0; e < 16; ++e) {
            std::uint16_t* const ids = &b.ids[2][40];
            if (std::find(ids, ids + 4, e) == ids + 4)
                ids[3] = e;
        }
        const Results runs = ofRuns(a, b, {"mismatch"});
        const double tokens = 4000;
        QCOMPARE(*rowOf(runs, "mismatch.sets", 1).value, 0.0);
        QCOMPARE(*rowOf(runs, "mismatch.slots", 1).value, 2 / (4 * tokens));
        QCOMPARE(*rowOf(runs, "mismatch.sets", 2).value, 1 / tokens);
        QCOMPARE(*rowOf(runs, "mismatch.tokens").value, 1 / tokens);
        QCOMPARE(*rowOf(runs, "mismatch.sites_per_token").value, 1 / tokens);
        // By chance: 1 - 1 / C(16, 4), and all sites are never the same.
        MemoryTrace c = plainTrace(11);
        c.tokenIds = a.tokenIds;
        const Results chance = ofRuns(a, c, {"mismatch"});
        const ResultRow& sets = rowOf(chance, "mismatch.sets", 0);
        QVERIFY(near(*sets.uniform, 1 - 1.0 / 1820, 1e-12)
            && near(*sets.value, *sets.uniform, 5 * std::sqrt(1.0 / 1820 / tokens)));
        QVERIFY(near(*rowOf(chance, "mismatch.sites_per_token").uniform, 3 * (1 - 1.0 / 1820), 1e-12));
    }

    void ownChoicesAreNotReplaced()
    {
        MemoryTrace a = splitmixTrace('M', true), b = splitmixTrace('M', true);
        for (const double ratio : {0.5, 1.0})
            QCOMPARE(*rowOf(ofRuns(a, b, {"replay", {{"ratio", QString::number(ratio).toStdString()}}}),
                         "replay.replaced", 0)
                          .value,
                0.0);
        // Of the weakest's probability and a little more all but the few that are much likelier are below.
        QVERIFY(*rowOf(ofRuns(a, b, {"replay", {{"ratio", "1e9"}}}), "replay.replaced", 0).value == 1);
        MemoryTrace other = splitmixTrace('U', true);
        fillUniform(other, 12);
        const Results chance = ofRuns(other, b, {"replay", {{"ratio", "1"}}});
        const ResultRow& row = rowOf(chance, "replay.replaced", 0);
        QVERIFY(near(*row.uniform, 56.0 / 64, 1e-12)); // all that were not chosen
        QVERIFY(near(*row.value, *row.uniform, 0.01));
    }
};

EXPERTSCOPE_TEST(TestClosedForms)
#include "tst_closed_forms.moc"
