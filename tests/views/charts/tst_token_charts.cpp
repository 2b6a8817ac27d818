// SPDX-License-Identifier: GPL-3.0-or-later
//
// Charts of single tokens and of bars hold the numbers of the trace and of the metrics.
#include "tests/support/scored_trace.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"
#include "tests/views/trace_fixture.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

Expected<ChartPtr> chartOf(const char* name, const Study& study, const std::map<std::string, std::string>& options = {},
    const Scope& scope = {})
{
    const ChartSpec& spec = *findChart(name).value();
    ChartQuestion question;
    question.scope = scope;
    ES_ASSIGN(question.params, checkOptions(spec, options));
    ES_ASSIGN(const ChartDataPtr data, spec.compute(study, question, {}));
    Look look;
    return spec.draw(data, question.params, look);
}

const Layer& layerOf(const Chart& chart, std::size_t panel = 0)
{
    return chart.picture()->panels[panel].layers[0];
}

QString errorOf(const Expected<ChartPtr>& chart)
{
    return chart ? QString("drawn") : QString::fromStdString(chart.error().message());
}

}

class TestTokenCharts : public QObject
{
    Q_OBJECT

private slots:
    void tokensShowWhatTheTraceHolds()
    {
        const auto trace = scoredTrace();
        const Study study = expertscope::testing::studyOf({trace.get()});
        const std::size_t k = trace->shape().numSlots, begin = 2 * 400, site = 3;
        const auto draw = [&](const char* quantity) {
            return chartOf("tokens", study,
                {{"sequence", "2"}, {"site", "3"}, {"quantity", quantity}, {"expert", "5"}, {"from", "10"}})
                .value();
        };
        const auto check = [&](const char* quantity, const std::function<float(std::size_t)>& wanted) {
            const ChartPtr chart = draw(quantity);
            const LayerMarks marks(layerOf(*chart));
            QCOMPARE(marks.rows(), std::size_t(1));
            QCOMPARE(marks.columns(0), std::size_t(390));
            for (std::size_t t = 0; t < 390; t += 7)
                QCOMPARE(float(marks.value(0, t)), wanted(begin + 10 + t));
        };
        check("top1", [&](std::size_t t) { return float(trace->ids[site][t * k]); });
        check("weight", [&](std::size_t t) { return trace->weights[site][t * k]; });
        check("entropy", [&](std::size_t t) { return trace->entropy[site][t]; });
        check("margin", [&](std::size_t t) { return trace->margin[site][t]; });
        check("chosen",
            [&](std::size_t t) { return float(trace->ids[site][t * k] == 5 || trace->ids[site][t * k + 1] == 5); });
        const ChartPtr chart = draw("top1");
        const Subject first = chart->subject({0, 0, 0, 0}).value();
        QCOMPARE(first.token, std::optional(TokenIndex(begin + 10)));
        QCOMPARE(first.sequence, std::optional(SequenceIndex(2)));
        QCOMPARE(first.expert, std::optional(ExpertIndex(trace->ids[site][(begin + 10) * k])));
        // An expert that is pointed at elsewhere lights up all its tokens.
        std::size_t chosen = 0;
        for (std::size_t t = begin + 10; t < begin + 400; ++t)
            chosen += trace->ids[site][t * k] == first.expert->value;
        QCOMPARE(chart->marks({.site = SiteIndex(3), .expert = first.expert}).size(), chosen);
        QVERIFY(chart->marks({.site = SiteIndex(2), .expert = first.expert}).empty());
        QVERIFY2(chart->readout({0, 0, 0, 0}).startsWith("Layer 4 · token 10 (id "),
            qPrintable(chart->readout({0, 0, 0, 0})));
    }

    void severalLayersAreRows()
    {
        const auto trace = scoredTrace();
        const Study study = expertscope::testing::studyOf({trace.get()});
        const ChartPtr chart =
            chartOf("tokens", study, {{"site", "2"}, {"rows", "3"}, {"quantity", "entropy"}}).value();
        const LayerMarks marks(layerOf(*chart));
        QCOMPARE(marks.rows(), std::size_t(3));
        for (std::size_t r = 0; r < 3; ++r) {
            for (std::size_t t = 0; t < 400; t += 9)
                QCOMPARE(float(marks.value(r, t)), trace->entropy[2 + r][t]);
            const Subject subject = chart->subject({0, 0, std::uint32_t(r), 5}).value();
            QCOMPARE(subject.site, std::optional(SiteIndex(std::uint16_t(2 + r))));
        }
        QVERIFY(chart->picture()->note.contains("layers 3, 4, 5"));
        QVERIFY(errorOf(chartOf("tokens", study, {{"rows", "2"}})).contains("quantity=top1"));
        // As many as there are.
        const ChartPtr last = chartOf("tokens", study, {{"site", "5"}, {"rows", "3"}}).value();
        QCOMPARE(LayerMarks(layerOf(*last)).rows(), std::size_t(1));
    }

    void theSevenMostFrequentHaveColours()
    {
        const auto trace = scoredTrace();
        const Study study = expertscope::testing::studyOf({trace.get()});
        const ChartPtr chart = chartOf("tokens", study).value();
        const WordsPtr words = std::get<WordsPtr>(layerOf(*chart));
        std::map<std::uint16_t, std::size_t> counts;
        for (std::size_t t = 0; t < 400; ++t)
            ++counts[trace->ids[0][t * trace->shape().numSlots]];
        const auto legend = words->legend();
        QCOMPARE(legend.size(), std::size_t(8));
        QCOMPARE(legend.back().name, QString("another expert"));
        std::size_t before = SIZE_MAX, least = 0;
        for (std::size_t i = 0; i < 7; ++i) {
            const auto expert = std::uint16_t(legend[i].name.mid(7).toInt());
            QCOMPARE(words->categories.colourOf(expert), int(i));
            QVERIFY(counts[expert] <= before);
            before = least = counts[expert];
        }
        for (const auto& [expert, count] : counts)
            QVERIFY(words->categories.colourOf(expert) != Categories::kRest || count <= least);
    }

    void aScopeTakesTokensOut()
    {
        const auto trace = scoredTrace();
        const Study study = expertscope::testing::studyOf({trace.get()});
        Scope scope;
        scope.chose = {{SiteIndex(0), ExpertIndex(1)}};
        const ChartPtr chart = chartOf("tokens", study, {}, scope).value();
        std::size_t seen = 0;
        for (std::uint32_t t = 0; t < 400; ++t) {
            const bool in = trace->ids[0][t * 2] == 1 || trace->ids[0][t * 2 + 1] == 1;
            QCOMPARE(chart->subject({0, 0, 0, t}).has_value(), in);
            seen += in;
        }
        QVERIFY(seen > 2);
        Scope french;
        french.where = {{"language", "fr"}};
        const ChartPtr first = chartOf("tokens", study, {}, french).value();
        QCOMPARE(first->subject({0, 0, 0, 0})->sequence, std::optional(SequenceIndex(4)));
        QVERIFY(errorOf(chartOf("tokens", study, {{"sequence", "0"}}, french))
                    .contains("sequence 0: is not among the sequences that are kept (choose 4)"));
        QVERIFY(errorOf(chartOf("tokens", study, {{"sequence", "6"}})).contains("sequences go from 0 to 5"));
        QVERIFY(errorOf(chartOf("tokens", study, {{"from", "400"}})).contains("it has 400 tokens"));
        QVERIFY(errorOf(chartOf("tokens", study, {{"quantity", "chosen"}, {"expert", "32"}}))
                    .contains("experts go from 0 to 31"));
        const auto bare = loadTrace();
        QVERIFY(errorOf(chartOf("tokens", expertscope::testing::studyOf({bare.get()}), {{"quantity", "entropy"}}))
                    .contains("quantity=entropy"));
    }

    void timelinesRankAndCompare()
    {
        const auto trace = scoredTrace();
        const Study study = expertscope::testing::studyOf({trace.get()});
        const ChartPtr ranks = chartOf("timeline", study, {{"sequence", "1"}}).value();
        const ChartPtr changes = chartOf("timeline", study, {{"sequence", "1"}, {"quantity", "changes"}}).value();
        const StripsPtr strips = std::get<StripsPtr>(layerOf(*ranks)), news = std::get<StripsPtr>(layerOf(*changes));
        for (std::size_t s = 0; s < 6; ++s) {
            std::map<std::uint16_t, std::size_t> counts;
            for (std::size_t t = 400; t < 800; ++t)
                ++counts[trace->ids[s][2 * t]];
            for (std::size_t t = 0; t < 400; t += 11) {
                const std::uint16_t expert = trace->ids[s][2 * (400 + t)];
                const auto above = std::ranges::count_if(counts, [&](const auto& other) {
                    return other.second > counts[expert] || (other.second == counts[expert] && other.first < expert);
                });
                QCOMPARE(strips->at(s, t), std::uint16_t(above + 1));
                if (t == 0) {
                    QVERIFY(!news->has(s, t)); // nothing before it
                    continue;
                }
                const std::uint16_t* const now = &trace->ids[s][2 * (400 + t)];
                unsigned fresh = 0;
                for (int r = 0; r < 2; ++r)
                    fresh += now[r] != now[-2] && now[r] != now[-1];
                QCOMPARE(news->at(s, t), std::uint16_t(fresh));
            }
        }
    }

    void textsComeFromTheFile()
    {
        const auto trace = loadTrace(2, 8, 50);
        QTemporaryDir folder;
        const std::filesystem::path path = folder.filePath("a.h5").toStdString();
        VERIFY_OK(writeTrace(*trace, path));
        const auto study = Study::open({path});
        QVERIFY(study.has_value());
        const ChartPtr chart = chartOf("tokens", **study).value();
        QCOMPARE(std::get<WordsPtr>(layerOf(*chart))->pieces[3], QString("a"));
        QVERIFY(chart->readout({0, 0, 0, 3}).contains(QString::fromUtf8("token 3 “a”")));
        QVERIFY(chart->csv().contains(",1,a,"));
    }

    void specialisationIsTheMetric()
    {
        const auto trace = scoredTrace();
        const Study study = expertscope::testing::studyOf({trace.get()});
        MetricQuestion question;
        question.metrics = {{"specialisation"}};
        question.by = "language";
        const ResultsPtr results = study.metrics(0, question).value().front();
        const auto value = [&](const char* metric, unsigned site, const char* language, int expert) {
            for (const ResultRow& row : results->rows) {
                if (row.metric == metric && row.site == SiteIndex(std::uint16_t(site)) && row.label
                    && row.label->second == language
                    && (expert < 0 || row.expert == ExpertIndex(std::uint16_t(expert))))
                    return *row.value;
            }
            return std::nan("");
        };
        const ChartPtr shares = chartOf("specialisation", study, {{"site", "4"}, {"label", "language"}}).value();
        QCOMPARE(shares->picture()->panels.size(), std::size_t(3));
        for (std::size_t p = 0; p < 3; ++p) {
            const Bars& bars = std::get<Bars>(layerOf(*shares, p));
            const std::string language = shares->picture()->panels[p].title.mid(9).toStdString();
            for (std::size_t e = 0; e < 32; ++e)
                QCOMPARE(bars.series[0].values[e], 100 * value("specialisation.share", 4, language.c_str(), int(e)));
            QCOMPARE(bars.reference[7], 100 * 2. / 32);
        }
        const ChartPtr extremes = chartOf("specialisation", study,
            {{"quantity", "max_vio"}, {"label", "language"},
                {"choices", "first"}}).value();
        const Bars& bars = std::get<Bars>(layerOf(*extremes));
        QCOMPARE(bars.series.size(), std::size_t(3));
        QCOMPARE(bars.series[0].name, QString("language=de"));
        for (unsigned s = 0; s < 6; ++s)
            QCOMPARE(bars.series[0].values[s], value("specialisation_top1.max_vio", s, "de", -1));
    }

    void expertsPerTokenIsTheMetric()
    {
        const auto trace = scoredTrace();
        for (std::size_t t = 0; t < trace->shape().numTokens; ++t) { // some choose one, some none
            if (t % 3 == 0)
                trace->ids[1][2 * t + 1] = kNoExpert;
            if (t % 12 == 0)
                trace->ids[1][2 * t] = kNoExpert;
        }
        const Study study = expertscope::testing::studyOf({trace.get()});
        const ChartPtr chart = chartOf("experts_per_token", study, {{"site", "1"}}).value();
        const auto& values = std::get<Bars>(layerOf(*chart)).series[0].values;
        QCOMPARE(values.size(), std::size_t(3));
        QVERIFY(std::abs(values[0] - 100. / 12) < 1e-9 && std::abs(values[1] - 25) < 1e-9);
        QVERIFY(std::abs(values[0] + values[1] + values[2] - 100) < 1e-9);
        const ChartPtr means = chartOf("experts_per_token", study, {{"quantity", "mean"}}).value();
        QVERIFY(std::abs(std::get<Bars>(layerOf(*means)).series[0].values[1] - (0.25 + 2 * 2. / 3)) < 1e-9);
    }
};

EXPERTSCOPE_TEST(TestTokenCharts)
#include "tst_token_charts.moc"
