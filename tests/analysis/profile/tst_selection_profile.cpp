// SPDX-License-Identifier: GPL-3.0-or-later
//
// The numbers of the selection panel are those of `analyze` for the same tokens; unions are counted by hand.
#include "analysis/profile/selection_profile.h"
#include "analysis/spine/row_query.h"
#include "tests/support/labelled_trace.h"
#include "tests/support/near.h"
#include "tests/support/rows.h"
#include "tests/support/scored_trace.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <set>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

std::shared_ptr<const Study> studyOf(std::shared_ptr<MemoryTrace> trace)
{
    return std::make_shared<Study>(std::vector<NamedTrace>{{{}, "memory", std::move(trace), {}}});
}

ExpertAt expertAt(unsigned site, unsigned expert)
{
    return {SiteIndex(std::uint16_t(site)), ExpertIndex(std::uint16_t(expert))};
}

}

class TestSelectionProfile : public QObject
{
    Q_OBJECT

private slots:
    void equalsTheMetricsOfTheSameScope_data()
    {
        QTest::addColumn<bool>("filtered");
        QTest::addColumn<int>("part"); // -1: none
        for (const bool filtered : {false, true}) {
            for (const int part : {-1, 0, 1, 2, 3})
                QTest::addRow("%s part %d", filtered ? "filtered" : "all", part) << filtered << part;
        }
    }
    void equalsTheMetricsOfTheSameScope()
    {
        QFETCH(bool, filtered);
        QFETCH(int, part);
        const auto study = studyOf(scoredTrace());
        SelectionQuestion question;
        question.site = SiteIndex(2);
        Scope parts[4], whole;
        parts[0].chose = {expertAt(4, 5)};
        parts[1].where = {{"language", "en"}};
        parts[2].tokens = TokenRange{TokenIndex(350), TokenIndex(700)};
        parts[3].choseAny = {{{expertAt(1, 2), expertAt(4, 5)}}};
        if (filtered)
            question.scope.without = whole.without = {{"language", "fr"}};
        Scope some = whole;
        if (part >= 0) {
            question.parts = {parts[part]};
            some = parts[part];
            some.without = whole.without;
        }
        question.experts = {expertAt(4, 5)};
        const auto profile = selectionProfile(*study, 0, question);
        VERIFY_OK(profile);
        for (const bool all : {false, true}) {
            MetricQuestion asked;
            asked.scope = all ? whole : some;
            asked.scope.sites = {question.site};
            asked.metrics = {{"load"}, {"router_entropy"}, {"margin"}, {"top_k_mass"}};
            const auto results = study->metrics(0, asked);
            VERIFY_OK(results);
            const auto extent = study->extentOf(0, asked.scope);
            VERIFY_OK(extent);
            QCOMPARE(all ? profile->tokensOfAll : profile->tokens, extent->tokens);
            QCOMPARE(all ? profile->sequencesOfAll : profile->sequences, extent->sequences);
            const RouterScores& scores = all ? profile->scoresOfAll : profile->scores;
            QCOMPARE(*scores.entropy.value, valueOf(*(*results)[1], "router_entropy.mean", 2));
            QCOMPARE(*scores.margin.value, valueOf(*(*results)[2], "margin.mean", 2));
            QCOMPARE(*scores.mass.value, valueOf(*(*results)[3], "top_k_mass", 2));
            for (const ExpertLoad& load : all ? profile->loadOfAll : profile->load) {
                QCOMPARE(load.share(), valueOf(*(*results)[0], "load.share", 2, load.expert.expert.value));
                QCOMPARE(double(load.chosen), valueOf(*(*results)[0], "load.count", 2, load.expert.expert.value));
            }
        }
        // Ranks: as many as have a lower one are chosen more often, or as often with a lower id.
        for (const ExpertLoad& a : profile->load) {
            std::uint16_t rank = 1;
            for (const ExpertLoad& b : profile->load)
                rank += std::pair(b.chosen, a.expert.expert) > std::pair(a.chosen, b.expert.expert);
            QCOMPARE(a.rank, rank);
        }
        // The pinned expert's load is that of all tokens of the scope.
        MetricQuestion asked;
        asked.scope = whole;
        asked.metrics = {{"load"}};
        const auto loads = study->metrics(0, asked);
        VERIFY_OK(loads);
        QCOMPARE(profile->experts.front().share(), valueOf(*loads->front(), "load.share", 4, 5));
    }

    void partsAreCountedTogetherOnce()
    {
        const auto trace = std::make_shared<MemoryTrace>(labelledTrace(6));
        const auto study = studyOf(trace);
        SelectionQuestion question;
        question.site = SiteIndex(1);
        question.parts.resize(3);
        question.parts[0].chose = {expertAt(0, 2)};
        question.parts[1].where = {{"language", "de"}};
        question.parts[2].tokens = TokenRange{TokenIndex(40), TokenIndex(90)};
        const auto profile = selectionProfile(*study, 0, question);
        VERIFY_OK(profile);
        std::size_t counts[3] = {}, all = 0;
        std::set<std::size_t> sequences;
        double weights = 0, n = 0;
        const auto own = tokensOf(*trace, 1);
        const auto other = tokensOf(*trace, 0);
        for (std::size_t t = 0; t < own.size(); ++t) {
            const bool in[3] = {other[t].chose(2),
                own[t].code >= 0 && trace->shape().labels[0].values[std::size_t(own[t].code)] == "de", own[t].token >= 40 && own[t].token < 90};
            for (int p = 0; p < 3; ++p)
                counts[p] += in[p];
            if (!in[0] && !in[1] && !in[2])
                continue;
            ++all;
            sequences.insert(own[t].sequence);
            if (const float first = trace->weights[1][own[t].token * 3]; !std::isnan(first)) {
                weights += first;
                ++n;
            }
        }
        QCOMPARE(profile->tokens, all);
        QCOMPARE(profile->sequences, sequences.size());
        for (int p = 0; p < 3; ++p)
            QCOMPARE(profile->parts[std::size_t(p)].tokens, counts[p]);
        QVERIFY(near(*profile->scores.firstWeight.value, weights / n, 1e-12));
        QCOMPARE(profile->scores.firstWeight.n, std::uint64_t(n));
        double share = 0;
        for (const LabelShare& label : profile->labels)
            share += label.value == "de" ? label.share : 0;
        QVERIFY(near(share, double(counts[1]) / double(all), 1e-12));
    }

    void nothingIsSaidOfNothing()
    {
        const auto trace = std::make_shared<MemoryTrace>(labelledTrace(6));
        for (std::uint16_t& id : trace->ids[0])
            id = id == 7 ? kNoExpert : id;
        const auto study = studyOf(trace);
        SelectionQuestion question;
        question.parts.resize(1);
        question.parts[0].chose = {expertAt(0, 7)}; // dead
        const auto profile = selectionProfile(*study, 0, question);
        VERIFY_OK(profile);
        QCOMPARE(profile->tokens, std::uint64_t(0));
        QVERIFY(profile->tokensOfAll > 0 && !profile->scores.entropy.value && profile->load.empty() && !profile->loss);
        question.experts = {expertAt(0, 12)};
        QVERIFY(!selectionProfile(*study, 0, question));
        question.experts.clear();
        QCOMPARE(messageOf(selectionProfile(*study, 0, question, [](double) { return false; })), std::string(kCancelled));
        // A column that is not there says so.
        trace->editShape().columns = {};
        question.parts.clear();
        const auto bare = selectionProfile(*studyOf(trace), 0, question);
        VERIFY_OK(bare);
        for (const ScoreValue* score : {&bare->scores.entropy, &bare->scores.margin, &bare->scores.mass, &bare->scores.firstWeight})
            QVERIFY(!score->value && !score->undefined.empty() && score->undefined != "not computed");
    }
};

EXPERTSCOPE_TEST(TestSelectionProfile)
#include "tst_selection_profile.moc"
