// SPDX-License-Identifier: GPL-3.0-or-later
//
// Fewer experts a token, restated from the definitions of resources/docs/fewer-experts.md: every subset of a token's
// experts is tried.
#include "analysis/topk/cut_counts.h"
#include "analysis/topk/cut_source.h"
#include "tests/support/memory_trace.h"
#include "tests/support/near.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTest>

using namespace expertscope;
using namespace expertscope::topk;
using namespace expertscope::testing;

namespace {

/// Ragged: sites of different sizes, empty slots in the middle, tokens without experts, weights that are equal, 0,
/// negative or no number, logits that are no number.
std::shared_ptr<MemoryTrace> randomTrace(std::uint64_t seed)
{
    std::uint64_t state = mix(seed + 1000);
    const auto draw = [&](std::uint64_t n) { return (state = mix(state)) % n; };
    const auto E = std::uint16_t(5 + draw(6)), K = std::uint16_t(1 + draw(5));
    auto trace = std::make_shared<MemoryTrace>(1 + draw(3), E, K);
    RoutingShape& shape = trace->editShape();
    shape.columns.weights = shape.columns.logits = true;
    for (std::size_t s = 0; s < shape.sites.size(); ++s) {
        shape.sites[s].topK = std::uint16_t(s ? 1 + draw(K) : K);
        shape.sites[s].score = draw(2) ? ScoreFunction::Softmax : ScoreFunction::Sigmoid;
    }
    for (std::uint64_t s = 0; s < 1 + draw(5); ++s)
        trace->addSequence(std::uint32_t(draw(20)));
    trace->addSequence(7);
    for (std::size_t s = 0; s < shape.sites.size(); ++s) {
        for (std::uint64_t t = 0; t < shape.numTokens; ++t) {
            std::vector<std::uint16_t> order(E);
            std::iota(order.begin(), order.end(), std::uint16_t(0));
            for (std::size_t e = 0; e + 1 < E; ++e)
                std::swap(order[e], order[e + draw(E - e)]);
            const bool none = draw(12) == 0, odd = draw(12) == 0;
            for (std::size_t r = 0; r < K; ++r) {
                const bool filled = !none && r < shape.sites[s].topK && draw(10) > 0;
                trace->ids[s].push_back(filled ? order[r] : kNoExpert);
                float weight = float(draw(9)) / 16;
                if (odd && draw(2))
                    weight = draw(2) ? -0.25f : std::nanf("");
                trace->weights[s].push_back(filled ? weight : std::nanf(""));
            }
            for (std::size_t e = 0; e < E; ++e)
                trace->logits[s].push_back(odd && e == 0 ? INFINITY : float(draw(100)) / 20);
        }
    }
    return trace;
}

const std::vector<Cut>& allCuts()
{
    static const std::vector<Cut> cuts = [] {
        std::vector<Cut> all{{}};
        for (int k = 1; k <= 6; ++k)
            all.push_back({Cut::By::Keep, double(k)});
        for (const double share : {0.25, 0.5, 0.75, 0.9, 1.0}) {
            all.push_back({Cut::By::Share, share});
            all.push_back({Cut::By::Probability, share});
        }
        return all;
    }();
    return cuts;
}

std::vector<double> probabilitiesOf(const MemoryTrace& trace, std::size_t site, std::uint64_t token)
{
    const Site& at = trace.shape().sites[site];
    std::vector<double> p;
    double sum = 0;
    for (std::size_t e = 0; e < at.numExperts; ++e) {
        const double z = trace.logits[site][token * at.numExperts + e];
        p.push_back(at.score == ScoreFunction::Sigmoid ? 1 / (1 + std::exp(-z)) : std::exp(z));
        sum += p.back();
    }
    for (double& v : p)
        v /= sum;
    return p;
}

/// What stays of a token by definition, as a set of slots in bits.
struct NaiveToken
{
    std::uint32_t filled = 0;
    std::vector<double> weight, probability; ///< [K]; empty: not known
    double weights = 0;

    NaiveToken(const MemoryTrace& trace, std::size_t site, std::uint64_t token)
    {
        const std::size_t K = trace.shape().numSlots;
        const auto p = probabilitiesOf(trace, site, token);
        bool weighed = true, scored = true;
        for (std::size_t r = 0; r < K; ++r) {
            const std::uint16_t id = trace.ids[site][token * K + r];
            const bool there = id != kNoExpert;
            filled |= std::uint32_t(there) << r;
            const double w = there ? double(trace.weights[site][token * K + r]) : 0;
            weighed &= w >= 0;
            weight.push_back(w);
            weights += w;
            probability.push_back(there ? p[id] : 0);
        }
        for (const double v : p)
            scored &= std::isfinite(v);
        if (!weighed || !(weights > 0))
            weight.clear();
        if (!scored || !filled)
            probability.clear();
    }
    static double sum(const std::vector<double>& worth, std::uint32_t set)
    {
        double all = 0;
        for (std::size_t r = 0; r < worth.size(); ++r)
            all += set >> r & 1 ? worth[r] : 0;
        return all;
    }
    /// Of the smallest sets that hold enough that which holds most, of equals the one of higher ranks.
    std::uint32_t fewest(const std::vector<double>& worth, double wanted) const
    {
        std::uint32_t best = filled;
        bool any = false;
        for (std::uint32_t set = 1; set < 64; ++set) {
            if ((set & filled) != set || sum(worth, set) < wanted - 1e-11)
                continue;
            const int size = std::popcount(set), least = std::popcount(best);
            const double more = sum(worth, set) - sum(worth, best);
            const auto ranks = [](std::uint32_t s) { // lower: higher ranks
                std::vector<int> list;
                for (int r = 0; r < 6; ++r) {
                    if (s >> r & 1)
                        list.push_back(r);
                }
                return list;
            };
            if (!any || size < least || (size == least && (more > 1e-12 || (more > -1e-12 && ranks(set) < ranks(best)))))
                best = set;
            any = true;
        }
        return best;
    }
    std::uint32_t kept(const Cut& cut) const
    {
        if (cut.by == Cut::By::Keep)
            return filled & ((1u << int(cut.amount)) - 1);
        if (cut.by == Cut::By::Share && !weight.empty())
            return fewest(weight, cut.amount * weights);
        if (cut.by == Cut::By::Probability && !probability.empty())
            return fewest(probability, cut.amount);
        return filled;
    }
};

std::vector<SiteCounts> counted(BlockSource& source, const std::vector<Cut>& cuts, const PassOptions& options = {})
{
    auto counts = countCuts(source, cuts, options);
    if (!counts)
        throw std::runtime_error(counts.error().message());
    return std::move(*counts);
}

}

class TestTopk : public QObject
{
    Q_OBJECT

private slots:
    void likeTheDefinition_data()
    {
        QTest::addColumn<int>("seed");
        for (int seed = 0; seed < 30; ++seed)
            QTest::addRow("%d", seed) << seed;
    }
    void likeTheDefinition()
    {
        QFETCH(const int, seed);
        const auto trace = randomTrace(std::uint64_t(seed));
        const std::size_t K = trace->shape().numSlots;
        const auto counts = counted(*trace, allCuts());
        for (std::size_t s = 0; s < trace->shape().sites.size(); ++s) {
            SiteCounts naive;
            std::vector<double> weight(allCuts().size()), probability(allCuts().size());
            std::vector<std::uint64_t> kept(allCuts().size()), same(allCuts().size());
            for (std::uint64_t t = 0; t < trace->shape().numTokens; ++t) {
                const NaiveToken token(*trace, s, t);
                ++naive.tokens;
                naive.choosing += token.filled != 0;
                naive.choices += std::uint64_t(std::popcount(token.filled));
                naive.weighed += !token.weight.empty();
                naive.scored += !token.probability.empty();
                for (std::size_t c = 0; c < allCuts().size(); ++c) {
                    const std::uint32_t stays = token.kept(allCuts()[c]);
                    kept[c] += std::uint64_t(std::popcount(stays));
                    same[c] += token.filled && stays == token.filled;
                    if (!token.weight.empty())
                        weight[c] += NaiveToken::sum(token.weight, token.filled & ~stays) / token.weights;
                    if (!token.probability.empty())
                        probability[c] += NaiveToken::sum(token.probability, token.filled & ~stays);
                }
            }
            QCOMPARE(counts[s].tokens, naive.tokens);
            QCOMPARE(counts[s].choosing, naive.choosing);
            QCOMPARE(counts[s].choices, naive.choices);
            QCOMPARE(counts[s].weighed, naive.weighed);
            QCOMPARE(counts[s].scored, naive.scored);
            for (std::size_t c = 0; c < allCuts().size(); ++c) {
                const CutCounts& cut = counts[s].cuts[c];
                QCOMPARE(cut.kept, kept[c]);
                QCOMPARE(cut.same, same[c]);
                QVERIFY(near(cut.lostWeight.sum(), weight[c], 1e-9));
                QVERIFY(near(cut.lostProbability.sum(), probability[c], 1e-9));
            }
        }
        // The trace that is left: slot by slot.
        for (const Cut& cut : allCuts()) {
            CutSource source(trace, cut);
            for (std::size_t s = 0; s < trace->shape().sites.size(); ++s) {
                BlockBuffer buffer;
                const TokenRange all{TokenIndex(0), TokenIndex(trace->shape().numTokens)};
                const auto block = source.read(SiteIndex(std::uint16_t(s)), all, {.weights = true}, buffer);
                VERIFY_OK(block);
                QVERIFY(block->weights.empty() && block->logits.empty());
                for (std::uint64_t t = 0; t < trace->shape().numTokens; ++t) {
                    const std::uint32_t stays = NaiveToken(*trace, s, t).kept(cut);
                    for (std::size_t r = 0; r < K; ++r)
                        QCOMPARE(block->expertIds[t * K + r],
                            stays >> r & 1 ? trace->ids[s][t * K + r] : kNoExpert);
                }
            }
        }
    }

    void closedForms()
    {
        // Equal weights: k' of k lose 1 - k'/k; the share of a weight is the number that it takes.
        MemoryTrace even(2, 16, 8);
        even.addSequence(100);
        fillUniform(even, 3);
        even.editShape().columns.weights = true;
        for (auto& weights : even.weights)
            weights.assign(800, 0.3125f);
        std::vector<Cut> cuts;
        for (int k = 1; k <= 8; ++k) {
            cuts.push_back({Cut::By::Keep, double(k)});
            cuts.push_back({Cut::By::Share, k / 8.0});
        }
        for (const SiteCounts& site : counted(even, cuts)) {
            for (int k = 1; k <= 8; ++k) {
                for (int by = 0; by < 2; ++by) {
                    const CutCounts& cut = site.cuts[std::size_t(2 * (k - 1) + by)];
                    QCOMPARE(cut.lostWeight.mean(), 1 - k / 8.0);
                    QCOMPARE(cut.kept, std::uint64_t(100 * k));
                    QCOMPARE(cut.same, k == 8 ? 100u : 0u);
                }
            }
        }
        // The k-th power of two: the first k' hold 1 - 2^-k' of what all hold, but for the last.
        MemoryTrace halves(1, 4, 4);
        halves.addSequence(10);
        fillUniform(halves, 5);
        halves.editShape().columns.weights = true;
        for (int t = 0; t < 10; ++t)
            halves.weights[0].insert(halves.weights[0].end(), {0.5f, 0.25f, 0.125f, 0.125f});
        const auto counts = counted(halves,
            {{Cut::By::Keep, 1}, {Cut::By::Keep, 2}, {Cut::By::Keep, 3}, {Cut::By::Keep, 4}, {Cut::By::Share, 0.5},
                {Cut::By::Share, 0.51}, {Cut::By::Share, 0.75}, {Cut::By::Share, 0.76}, {Cut::By::Share, 1}});
        const double lost[] = {0.5, 0.25, 0.125, 0, 0.5, 0.25, 0.25, 0.125, 0};
        for (std::size_t c = 0; c < 9; ++c)
            QCOMPARE(counts[0].cuts[c].lostWeight.mean(), lost[c]);
    }

    void moreIsNeverWorse()
    {
        for (std::uint64_t seed = 0; seed < 30; ++seed) {
            const auto trace = randomTrace(seed);
            std::vector<Cut> cuts;
            for (int i = 1; i <= 6; ++i)
                cuts.push_back({Cut::By::Keep, double(i)});
            for (int i = 1; i <= 20; ++i)
                cuts.push_back({Cut::By::Share, i / 20.0});
            for (int i = 1; i <= 20; ++i)
                cuts.push_back({Cut::By::Probability, i / 20.0});
            for (const SiteCounts& site : counted(*trace, cuts)) {
                for (std::size_t c = 1; c < cuts.size(); ++c) {
                    if (cuts[c].by != cuts[c - 1].by)
                        continue;
                    QVERIFY(site.cuts[c].kept >= site.cuts[c - 1].kept);
                    QVERIFY(site.cuts[c].same >= site.cuts[c - 1].same);
                    QVERIFY(site.cuts[c].lostWeight.sum() <= site.cuts[c - 1].lostWeight.sum() + 1e-9);
                    // A share is held: what is lost is at most the rest.
                    if (cuts[c].by == Cut::By::Share && site.weighed)
                        QVERIFY(site.cuts[c].lostWeight.mean() <= 1 - cuts[c].amount + 1e-9);
                }
            }
        }
    }

    void threadsAndBlocksDoNotShow()
    {
        const auto trace = randomTrace(4);
        const auto whole = counted(*trace, allCuts());
        for (const std::uint32_t block : {1u, 3u, 16u}) {
            PassOptions options;
            options.blockTokens = block;
            options.threads = 2;
            const auto pieces = counted(*trace, allCuts(), options);
            for (std::size_t s = 0; s < whole.size(); ++s) {
                for (std::size_t c = 0; c < allCuts().size(); ++c) {
                    QCOMPARE(pieces[s].cuts[c].kept, whole[s].cuts[c].kept);
                    QCOMPARE(pieces[s].cuts[c].lostWeight.sum(), whole[s].cuts[c].lostWeight.sum());
                    QCOMPARE(pieces[s].cuts[c].lostProbability.sum(), whole[s].cuts[c].lostProbability.sum());
                }
            }
        }
        PassOptions part;
        part.sites = {SiteIndex(0)};
        part.skipFirst = 5;
        const auto fewer = counted(*trace, allCuts(), part);
        QCOMPARE(fewer.size(), 1u);
        QVERIFY(fewer[0].tokens < whole[0].tokens);
    }

    void choicesAlone()
    {
        MemoryTrace plain(1, 8, 2);
        plain.addSequence(20);
        fillUniform(plain, 1);
        const auto counts = counted(plain, {{}, {Cut::By::Keep, 1}, {Cut::By::Share, 0.5}});
        QCOMPARE(counts[0].weighed, 0u);
        QCOMPARE(counts[0].scored, 0u);
        QCOMPARE(counts[0].cuts[1].kept, 20u);
        QCOMPARE(counts[0].cuts[2].kept, 40u); // nothing is known of shares
    }

    void whatASourceSays()
    {
        const auto trace = randomTrace(9);
        const CutSource one(trace, {Cut::By::Keep, 1});
        for (const Site& site : one.shape().sites)
            QCOMPARE(site.topK, std::uint16_t(1));
        QVERIFY(!one.shape().columns.weights && !one.shape().columns.logits && !one.shape().columns.margin);
        QCOMPARE(one.shape().numTokens, trace->shape().numTokens);
        const CutSource share(trace, {Cut::By::Share, 0.5});
        QCOMPARE(share.shape().sites[0].topK, trace->shape().sites[0].topK);
    }
};

EXPERTSCOPE_TEST(TestTopk)
#include "tst_topk.moc"
