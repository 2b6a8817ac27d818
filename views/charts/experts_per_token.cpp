// SPDX-License-Identifier: GPL-3.0-or-later
//
// How many experts tokens choose: the metric "experts_per_token", of one router as a histogram, of all as means. As the
// figures of top-p routing (arXiv 2403.07652, Figure 3).
#include "views/charts/kinds/bar_chart.h"
#include "views/charts/kinds/expert_map.h"
#include "views/charts/kinds/one_site.h"
#include "views/charts/not_a_number.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

constexpr const char* kFields = "layer,site,experts,tokens,mean,sd,n,value\n";

struct CountData final : ChartData
{
    RoutingShape shape;
    SiteIndex site;
    QByteArray trace;
    std::string tokens;
    ResultsPtr results;
};

const ResultMatrix* histogramOf(const CountData& data)
{
    const auto found = std::ranges::find_if(data.results->matrices, [&](const ResultMatrix& matrix) {
        return matrix.metric == "experts_per_token.histogram" && matrix.site == data.site && !matrix.label;
    });
    return found == data.results->matrices.end() || found->n == 0 ? nullptr : &*found;
}

Expected<ChartDataPtr> computeExpertsPerToken(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    auto data = std::make_shared<CountData>();
    const RoutingShape& shape = study.shape(question.trace);
    ES_ASSIGN(data->site, chosenSite(study, question));
    data->shape.sites = shape.sites;
    data->trace = csvTrace(study.traces()[question.trace]);
    data->tokens = describeTokens(question.scope, shape);
    MetricQuestion metric;
    metric.metrics = {{"experts_per_token"}};
    metric.scope = question.scope;
    ES_ASSIGN(const auto results, study.metrics(question.trace, metric, progress));
    data->results = results.front();
    if (!histogramOf(*data))
        return nothingToDraw(*data->results, data->tokens, "experts_per_token");
    return data;
}

Expected<ChartPtr> drawHistogram(const CountData& data)
{
    const ResultMatrix& histogram = *histogramOf(data);
    const double n = double(histogram.n);
    BarSeries series;
    std::vector<BarWords> words;
    for (std::size_t count = 0; count < histogram.values.size(); ++count) {
        const double tokens = histogram.values[count], share = tokens / n;
        series.values.push_back(100 * share);
        BarWords& bar = words.emplace_back();
        bar.subject = Subject{.site = data.site};
        bar.readout = joinedReadout(
            {siteText(data.shape, data.site), QString::number(count) + (count == 1 ? " expert" : " experts"),
                percentText(share) + " of tokens (" + countText(std::uint64_t(tokens)) + ')',
                "n = " + countText(histogram.n) + " tokens"});
        bar.record = csvPlace(data.shape, data.site) + QByteArray::number(qulonglong(count)) + ',' + csvNumber(tokens) + ",,,"
            + QByteArray::number(qulonglong(histogram.n)) + ',' + csvNumber(100 * share) + '\n';
    }
    auto picture = std::make_shared<Picture>();
    Axis shares{"Share of tokens " + unbroken("(%)")};
    if (std::ranges::max(series.values) > 50)
        shares.high = 100; // there are no more
    const QString layer = "layer " + QString::number(data.shape.sites[std::size_t(data.site)].layer);
    picture->panels = {{expertCellAxis("Experts that a token chooses at " + layer, series.values.size()), shares,
        {Bars{{std::move(series)}}}}};
    const QByteArray head = csvHead("experts_per_token", {data.trace}, data.tokens,
        {"tokens: that choose so many experts; value: their share (%)"});
    return std::make_shared<BarChart>(std::move(picture), BarChart::Words{{std::move(words)}}, head + kFields);
}

Expected<ChartPtr> drawMeans(const CountData& data)
{
    BarSeries series;
    std::vector<BarWords> words;
    std::vector<SiteIndex> sites;
    for (const ResultRow& row : data.results->rows) {
        if (row.metric != "experts_per_token.mean" || !row.site || row.label)
            continue;
        const auto sd = std::ranges::find_if(data.results->rows, [&](const ResultRow& other) {
            return other.metric == "experts_per_token.sd" && other.site == row.site && !other.label;
        });
        const double mean = row.value.value_or(kNaN),
                     off = sd == data.results->rows.end() ? kNaN : sd->value.value_or(kNaN);
        sites.push_back(*row.site);
        series.values.push_back(mean);
        series.low.push_back(std::max(0.0, mean - off));
        series.high.push_back(mean + off);
        BarWords& bar = words.emplace_back();
        if (std::isnan(mean))
            continue;
        bar.subject = Subject{.site = row.site};
        bar.readout = joinedReadout({siteText(data.shape, *row.site), numberText(mean) + " experts a token",
            "SD " + numberText(off), "n = " + countText(row.n) + " tokens"});
        bar.record = csvPlace(data.shape, *row.site) + ",," + csvNumber(mean) + ',' + csvNumber(off) + ','
            + QByteArray::number(qulonglong(row.n)) + ',' + csvNumber(mean) + '\n';
    }
    auto picture = std::make_shared<Picture>();
    picture->panels = {{siteAxis(sites, data.shape), {"Experts that a token chooses"}, {Bars{{std::move(series)}}}}};
    const QByteArray head =
        csvHead("experts_per_token", {data.trace}, data.tokens, {"value: mean number of experts a token chooses"});
    return std::make_shared<BarChart>(std::move(picture), BarChart::Words{{std::move(words)}}, head + kFields);
}

Expected<ChartPtr> drawExpertsPerToken(const ChartDataPtr& computed, const Parameters& params, Look&)
{
    const auto data = std::static_pointer_cast<const CountData>(computed);
    return params.text("quantity") == "mean" ? drawMeans(*data) : drawHistogram(*data);
}

}

ChartSpec expertsPerTokenChart()
{
    return {
        .name = "experts_per_token",
        .title = "Experts per token",
        .definition = "How many experts tokens choose: a histogram of one router, or the mean of each",
        .options = {{{.name = "quantity",
                         .standard = "histogram",
                         .meaning = "how many tokens choose how many at `site`, or the mean over layers",
                         .kind = ParameterSpec::Kind::Choices,
                         .choices = {"histogram", "mean"}},
                        "Show"},
            siteOption()},
        .metrics = [](const Parameters&) { return std::vector<MetricRequest>{{"experts_per_token"}}; },
        .compute = computeExpertsPerToken,
        .draw = drawExpertsPerToken,
    };
}

}
