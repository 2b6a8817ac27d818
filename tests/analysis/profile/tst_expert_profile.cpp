// SPDX-License-Identifier: GPL-3.0-or-later
//
// The card of an expert against counts made token by token, and against the metrics of `analyze`.
#include "analysis/profile/expert_profile.h"
#include "analysis/profile/weight_sample.h"
#include "analysis/spine/row_query.h"
#include "tests/support/labelled_trace.h"
#include "tests/support/near.h"
#include "tests/support/rows.h"
#include "tests/support/scored_trace.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <map>
#include <set>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

std::shared_ptr<const Study> studyOf(const MemoryTrace& trace, unsigned threads = 0)
{
    return std::make_shared<Study>(
        std::vector<NamedTrace>{{{}, "memory", std::make_shared<MemoryTrace>(trace), {}}}, ResultCache(), threads);
}

ExpertAt at(unsigned site, unsigned expert)
{
    return {SiteIndex(std::uint16_t(site)), ExpertIndex(std::uint16_t(expert))};
}

/// What the naive count finds for tokens of a scope at one site.
struct Naive
{
    std::vector<TokenOfTrace> tokens; ///< with a choice
    std::vector<TokenOfTrace> those; ///< that chose the expert

    Naive(const MemoryTrace& trace, ExpertAt expert, const std::string& language)
    {
        for (TokenOfTrace& token : tokensOf(trace, std::size_t(expert.site))) {
            const Label& label = trace.shape().labels[0];
            if (token.chosen.empty() || (!language.empty() && (token.code < 0 || label.values[std::size_t(token.code)] != language)))
                continue;
            if (token.chose(std::size_t(expert.expert)))
                those.push_back(token);
            tokens.push_back(token);
        }
    }
};

double share(std::size_t some, std::size_t all)
{
    return double(some) / double(all);
}

}

class TestExpertProfile : public QObject
{
    Q_OBJECT

private slots:
    void equalsWhatIsCountedByHand_data()
    {
        QTest::addColumn<int>("site");
        QTest::addColumn<int>("expert");
        QTest::addColumn<QString>("language");
        for (const int site : {0, 1, 2}) {
            for (const int expert : {0, 4}) {
                for (const char* language : {"", "de"})
                    QTest::addRow("site %d expert %d %s", site, expert, language) << site << expert << QString(language);
            }
        }
    }
    void equalsWhatIsCountedByHand()
    {
        QFETCH(int, site);
        QFETCH(int, expert);
        QFETCH(QString, language);
        const MemoryTrace trace = labelledTrace(11);
        const RoutingShape& shape = trace.shape();
        ExpertQuestion question;
        question.expert = at(unsigned(site), unsigned(expert));
        question.least = 4;
        question.most = 1000;
        if (!language.isEmpty())
            question.scope.where = {{"language", language.toStdString()}};
        const auto profile = expertProfile(*studyOf(trace), 0, question);
        VERIFY_OK(profile);
        const Naive naive(trace, question.expert, language.toStdString());
        const std::size_t n = naive.tokens.size(), chosen = naive.those.size();
        QVERIFY(chosen > 20 && chosen < n);
        const double rate = share(chosen, n);
        QCOMPARE(profile->tokens, n);
        QCOMPARE(profile->chosen, chosen);
        std::set<std::size_t> sequences, chosenSequences;
        std::size_t choices = 0;
        std::map<std::size_t, std::size_t> load;
        for (const TokenOfTrace& token : naive.tokens) {
            sequences.insert(token.sequence);
            choices += token.chosen.size();
            for (const std::uint16_t e : token.chosen)
                ++load[e];
        }
        QCOMPARE(profile->sequences, sequences.size());
        QCOMPARE(profile->choices, choices);
        std::uint16_t rank = 1;
        for (const auto& [e, count] : load)
            rank += count > chosen || (count == chosen && e < std::size_t(expert));
        QCOMPARE(profile->rank, rank);

        // Slots and weights, as they stand in the trace.
        std::vector<std::uint64_t> bySlot(shape.sites[std::size_t(site)].topK);
        double weights = 0;
        std::multiset<float> all;
        for (const TokenOfTrace& token : naive.those) {
            chosenSequences.insert(token.sequence);
            for (std::size_t r = 0; r < 3; ++r) {
                if (trace.ids[std::size_t(site)][token.token * 3 + r] != expert)
                    continue;
                ++bySlot[r];
                weights += trace.weights[std::size_t(site)][token.token * 3 + r];
                all.insert(trace.weights[std::size_t(site)][token.token * 3 + r]);
            }
        }
        QCOMPARE(profile->chosenSequences, chosenSequences.size());
        QCOMPARE(profile->bySlot, bySlot);
        QVERIFY(near(profile->weight->mean, weights / double(chosen), 1e-12));

        // Token ids.
        std::map<std::int32_t, std::pair<std::size_t, std::size_t>> ids;
        for (const TokenOfTrace& token : naive.tokens) {
            auto& [occurrences, those] = ids[trace.tokenIds[token.token]];
            ++occurrences;
            those += token.chose(std::size_t(expert));
        }
        std::size_t judged = 0, above = 0;
        for (const auto& [id, count] : ids) {
            if (id < 0 || count.first < question.least)
                continue;
            ++judged;
            above += share(count.second, count.first) > rate;
        }
        QCOMPARE(profile->judgedIds, judged);
        QCOMPARE(profile->tokenLifts.size(), above);
        QCOMPARE(profile->idsAbove, above);
        double last = INFINITY;
        for (const TokenLift& lift : profile->tokenLifts) {
            const auto [occurrences, those] = ids.at(lift.id);
            QCOMPARE(lift.occurrences, occurrences);
            QCOMPARE(lift.chosen, those);
            QVERIFY(near(lift.lift, share(those, occurrences) / rate, 1e-12));
            const double mean = double(occurrences) * rate;
            QVERIFY(near(lift.z, (double(those) - mean) / std::sqrt(mean * (1 - rate)), 1e-12));
            QVERIFY(lift.lift <= last);
            last = lift.lift;
        }

        // Contexts: each a token that chose it, the first with the largest weight, the last with the lowest.
        QCOMPARE(profile->contexts.size(), std::size_t(5));
        QCOMPARE(*profile->contexts.front().contexts.front().weight, double(*all.rbegin()));
        QCOMPARE(*profile->contexts.back().contexts.back().weight, double(*all.begin()));
        std::set<std::uint64_t> shown;
        double lightest = INFINITY;
        for (const ContextsAt& group : profile->contexts) {
            for (const TokenContext& context : group.contexts) {
                QVERIFY(shown.insert(context.token.value).second);
                const std::size_t slot = context.token.value * 3 + context.rank - 1;
                QCOMPARE(int(trace.ids[std::size_t(site)][slot]), expert);
                QCOMPARE(*context.weight, double(trace.weights[std::size_t(site)][slot]));
                QVERIFY(*context.weight <= lightest);
                lightest = *context.weight;
                const Sequence& sequence = shape.sequences[std::size_t(context.sequence)];
                QCOMPARE(context.token.value, sequence.begin.value + context.position);
                QVERIFY(context.position < sequence.length);
                QCOMPARE(context.id, trace.tokenIds[context.token.value]);
            }
        }
        // Half of its tokens lie above the median, within the three that are shown.
        const double median = *profile->contexts[2].contexts[1].weight;
        const auto lower = std::size_t(std::distance(all.begin(), all.lower_bound(float(median))));
        QVERIFY(lower + 3 >= chosen / 2 && lower <= chosen / 2 + 3);

        // Positions: bins that double.
        std::uint64_t binned = 0, binnedChosen = 0;
        for (const PositionShare& bin : profile->positions) {
            std::size_t tokens = 0, those = 0;
            for (const TokenOfTrace& token : naive.tokens) {
                const bool in = token.position >= bin.begin && token.position < bin.end;
                tokens += in;
                those += in && token.chose(std::size_t(expert));
            }
            QCOMPARE(bin.tokens, tokens);
            QCOMPARE(bin.chosen, those);
            QVERIFY(near(bin.lift, share(those, tokens) / rate, 1e-12));
            binned += bin.tokens;
            binnedChosen += bin.chosen;
        }
        QCOMPARE(binned, profile->tokens);
        QCOMPARE(binnedChosen, profile->chosen);

        // Label values.
        for (const LabelShare& label : profile->labels) {
            std::size_t of = 0, some = 0;
            for (const TokenOfTrace& token : naive.tokens) {
                const bool has = token.code >= 0 && shape.labels[0].values[std::size_t(token.code)] == label.value;
                of += has;
                some += has && token.chose(std::size_t(expert));
            }
            QCOMPARE(label.of, of);
            QCOMPARE(label.some, some);
            QVERIFY(near(*label.lift, share(some, of) / rate, 1e-12));
            QVERIFY(near(label.share, share(some, chosen), 1e-12));
            QCOMPARE(label.z.has_value(), language.isEmpty()); // else there is no other value
        }
        QCOMPARE(profile->labels.size(), std::size_t(language.isEmpty() ? 3 : 1));
    }

    void liftsOfOtherExpertsAreThoseOfPairs_data()
    {
        QTest::addColumn<int>("other");
        QTest::newRow("before") << 0;
        QTest::newRow("same") << 1;
        QTest::newRow("after") << 2;
    }
    void liftsOfOtherExpertsAreThoseOfPairs()
    {
        QFETCH(int, other);
        const MemoryTrace trace = labelledTrace(5);
        ExpertQuestion question;
        question.expert = at(1, 3);
        question.least = 1;
        question.most = 1000;
        const auto profile = expertProfile(*studyOf(trace), 0, question);
        VERIFY_OK(profile);
        const ExpertLifts& lifts = other == 0 ? profile->predecessors : other == 1 ? profile->neighbours : profile->successors;
        QCOMPARE(lifts.site, SiteIndex(std::uint16_t(other)));
        std::size_t tokens = 0, chosen = 0;
        std::map<std::uint16_t, std::pair<std::size_t, std::size_t>> counts;
        const auto own = tokensOf(trace, 1), there = tokensOf(trace, std::size_t(other));
        for (std::size_t t = 0; t < own.size(); ++t) {
            if (own[t].chosen.empty() || there[t].chosen.empty())
                continue;
            ++tokens;
            chosen += own[t].chose(3);
            for (const std::uint16_t e : there[t].chosen) {
                ++counts[e].first;
                counts[e].second += own[t].chose(3);
            }
        }
        if (other == 1)
            counts.erase(3);
        std::erase_if(counts, [](const auto& entry) { return entry.second.second == 0; });
        QCOMPARE(lifts.tokens, tokens);
        QCOMPARE(lifts.chosen, chosen);
        QCOMPARE(lifts.experts.size(), counts.size());
        for (const ExpertLift& lift : lifts.experts) {
            const auto [of, together] = counts.at(lift.expert.expert.value);
            QCOMPARE(lift.of, of);
            QCOMPARE(lift.together, together);
            QVERIFY(near(lift.share, share(together, chosen), 1e-12));
            QVERIFY(near(lift.lift, share(together, chosen) / share(of, tokens), 1e-12));
        }
    }

    /// The numbers that `analyze` has too are the same numbers.
    void agreesWithTheMetrics()
    {
        const auto trace = scoredTrace();
        const auto study = studyOf(*trace);
        for (const bool filtered : {false, true}) {
            ExpertQuestion question;
            question.expert = at(3, 9);
            if (filtered) {
                question.scope.where = {{"language", "de"}};
                question.scope.skipFirst = 7;
            }
            const auto profile = expertProfile(*study, 0, question);
            VERIFY_OK(profile);
            MetricQuestion asked;
            asked.scope = question.scope;
            asked.scope.sites = {SiteIndex(3)};
            asked.metrics = {{"load"}, {"coactivation"}};
            asked.by = "language";
            const auto results = study->metrics(0, asked);
            VERIFY_OK(results);
            const Results& load = *(*results)[0];
            QCOMPARE(double(profile->chosen), valueOf(load, "load.count", 3, 9));
            QVERIFY(near(profile->share(), valueOf(load, "load.share", 3, 9), 1e-12));
            QVERIFY(near(profile->relative(), valueOf(load, "load.relative", 3, 9), 1e-12));
            const ResultMatrix* pairs = findMatrix((*results)[1]->matrices, {.metric = "coactivation.conditional", .site = SiteIndex(3)});
            QVERIFY(pairs);
            for (const ExpertLift& lift : profile->neighbours.experts)
                QVERIFY(near(lift.share, pairs->values[9 * 32 + lift.expert.expert.value], 1e-12));
            // Of random routing P(j | i) is that matrix' uniform value, and P(j) k / E.
            QVERIFY(near(*profile->neighbours.uniform, *pairs->uniform / (2.0 / 32), 1e-12));
            // What its tokens' scores are, the scope of its tokens says.
            asked.scope.chose = {question.expert};
            asked.by.clear();
            asked.metrics = {{"router_entropy"}, {"margin"}};
            const auto scores = study->metrics(0, asked);
            VERIFY_OK(scores);
            QVERIFY(near(profile->entropy->mean, valueOf(*(*scores)[0], "router_entropy.mean", 3), 1e-12));
            QVERIFY(near(profile->margin->mean, valueOf(*(*scores)[1], "margin.mean", 3), 1e-12));
        }
    }

    void threadsAndBlocksDoNotShow()
    {
        const MemoryTrace trace = labelledTrace(3);
        ExpertQuestion question;
        question.expert = at(0, 2);
        const auto one = expertProfile(*studyOf(trace, 1), 0, question);
        const auto many = expertProfile(*studyOf(trace, 7), 0, question);
        VERIFY_OK(one);
        VERIFY_OK(many);
        QCOMPARE(one->chosen, many->chosen);
        QCOMPARE(one->weight->mean, many->weight->mean);
        QCOMPARE(one->tokenLifts.size(), many->tokenLifts.size());
        for (std::size_t i = 0; i < one->tokenLifts.size(); ++i)
            QCOMPARE(one->tokenLifts[i].id, many->tokenLifts[i].id);
        for (std::size_t g = 0; g < one->contexts.size(); ++g) {
            for (std::size_t c = 0; c < one->contexts[g].contexts.size(); ++c)
                QCOMPARE(one->contexts[g].contexts[c].token, many->contexts[g].contexts[c].token);
        }
    }

    void sampleDependsOnItsTokensAlone()
    {
        std::vector<WeightedToken> tokens;
        for (std::uint64_t t = 0; t < 10000; ++t)
            tokens.push_back({TokenIndex(t), float(mix(t) >> 40), 0});
        WeightSample whole(1000);
        for (const WeightedToken& token : tokens)
            whole.add(token);
        QVERIFY(whole.oneIn() >= 10 && whole.oneIn() <= 32);
        for (const unsigned cut : {1, 100, 5000, 9999}) {
            WeightSample first(1000), second(1000);
            for (std::size_t t = 0; t < tokens.size(); ++t)
                (mix(t) % 10000 < cut ? first : second).add(tokens[tokens.size() - 1 - t]);
            first.add(second);
            QCOMPARE(first.oneIn(), whole.oneIn());
            const auto a = std::move(first).byWeight();
            const auto b = WeightSample(whole).byWeight();
            QVERIFY(std::ranges::equal(a, b, {}, &WeightedToken::token, &WeightedToken::token));
            QVERIFY(std::ranges::is_sorted(a, std::greater(), &WeightedToken::weight));
        }
    }

    void saysWhatItCannotTell()
    {
        MemoryTrace trace = labelledTrace(2);
        const auto study = studyOf(trace);
        ExpertQuestion question;
        question.expert = at(9, 0);
        QCOMPARE(messageOf(expertProfile(*study, 0, question)), std::string("the trace has no site 9 (its sites: 0-2)"));
        question.expert = at(2, 5);
        QCOMPARE(messageOf(expertProfile(*study, 0, question)), std::string("layer 2 has no expert 5 (its experts: 0-4)"));
        question.expert = at(2, 1);
        question.scope.where = {{"language", "zz"}};
        QVERIFY(messageOf(expertProfile(*study, 0, question)).find("zz") != std::string::npos);
        question.scope = {};
        QCOMPARE(messageOf(expertProfile(*study, 0, question, [](double) { return false; })), std::string(kCancelled));
        // A dead expert is one that nothing is said of.
        for (std::uint16_t& id : trace.ids[0])
            id = id == 7 ? kNoExpert : id;
        question.expert = at(0, 7);
        const auto dead = expertProfile(*studyOf(trace), 0, question);
        VERIFY_OK(dead);
        QCOMPARE(dead->chosen, std::uint64_t(0));
        QCOMPARE(dead->rank, std::uint16_t(12));
        QVERIFY(dead->tokenLifts.empty() && dead->contexts.empty() && !dead->weight && dead->neighbours.experts.empty());
        QVERIFY(!dead->labels.front().lift);
        // Nothing but choices was recorded.
        trace.editShape().columns = {};
        question.expert = at(0, 2);
        const auto bare = expertProfile(*studyOf(trace), 0, question);
        VERIFY_OK(bare);
        QVERIFY(!bare->weight && !bare->entropyOfAll && !bare->loss && !bare->tokenIds && !bare->byWeight);
        QCOMPARE(bare->contexts.size(), std::size_t(5));
        QVERIFY(bare->contexts.front().contexts.front().token < bare->contexts.back().contexts.back().token);
    }

    void tellsItsLifeInASeries()
    {
        const MemoryTrace first = labelledTrace(1), last = labelledTrace(2), narrow = splitmixTrace('U');
        const Study study({{{}, "first", std::make_shared<MemoryTrace>(first), {}},
            {{}, "last", std::make_shared<MemoryTrace>(last), {}}, {{}, "other", std::make_shared<MemoryTrace>(narrow), {}}});
        ExpertQuestion question;
        question.expert = at(1, 2);
        question.scope.where = {{"language", "fr"}};
        const auto profile = expertProfile(study, 0, question);
        VERIFY_OK(profile);
        QCOMPARE(profile->life.size(), std::size_t(3));
        QCOMPARE(profile->life[0].chosen, profile->chosen);
        QCOMPARE(*profile->life[0].rank, profile->rank);
        const auto alone = expertProfile(*studyOf(last), 0, question);
        VERIFY_OK(alone);
        QCOMPARE(profile->life[1].chosen, alone->chosen);
        QCOMPARE(*profile->life[1].rank, alone->rank);
        QVERIFY(!profile->life[2].rank && profile->life[2].undefined.find("language") != std::string::npos);
    }

    /// Clusters: the z of a label value against the same by its definition, sequence by sequence.
    void labelsCountSequencesNotTokens()
    {
        const MemoryTrace trace = labelledTrace(8);
        ExpertQuestion question;
        question.expert = at(0, 1);
        const auto profile = expertProfile(*studyOf(trace), 0, question);
        VERIFY_OK(profile);
        const Naive naive(trace, question.expert, {});
        for (const LabelShare& label : profile->labels) {
            double rate[2], variance[2];
            for (const bool with : {true, false}) {
                std::map<std::size_t, std::pair<double, double>> sequences;
                double tokens = 0, chosen = 0;
                for (const TokenOfTrace& token : naive.tokens) {
                    const bool has = token.code >= 0 && trace.shape().labels[0].values[std::size_t(token.code)] == label.value;
                    if (has != with)
                        continue;
                    auto& [all, some] = sequences[token.sequence];
                    ++all, ++tokens;
                    some += token.chose(1), chosen += token.chose(1);
                }
                rate[with] = chosen / tokens;
                double squares = 0;
                for (const auto& [sequence, counts] : sequences)
                    squares += std::pow(counts.second - rate[with] * counts.first, 2);
                const double m = double(sequences.size());
                variance[with] = m / (m - 1) * squares / (tokens * tokens);
            }
            QVERIFY(near(*label.z, (rate[1] - rate[0]) / std::sqrt(variance[0] + variance[1]), 1e-9));
        }
    }
};

EXPERTSCOPE_TEST(TestExpertProfile)
#include "tst_expert_profile.moc"
