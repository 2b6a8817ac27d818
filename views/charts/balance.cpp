// SPDX-License-Identifier: GPL-3.0-or-later
//
// How evenly the experts of each layer are used: the metric "balance" as curves, one a trace.
#include "views/charts/kinds/site_curves.h"
#include "views/charts/wording.h"

#include <algorithm>

namespace expertscope {

namespace {

struct Quantity
{
    const char *name, *title, *meaning;
    const char* unit = "";
    bool counted = false; ///< whole numbers
};
constexpr Quantity kQuantities[] = {
    {"max_vio", "Largest load / mean − 1", "MaxVio"},
    {"gini", "Gini coefficient of the load", "0: all experts alike"},
    {"cv", "Coefficient of variation of the load", "standard deviation / mean"},
    {"entropy", "Entropy of the load", "1: all experts alike", "log E"},
    {"kl", "KL divergence of the load from uniform", "0: all experts alike", "nats"},
    {"min_load", "Least relative load", "1: as much as all others"},
    {"dead", "Experts never chosen", "how many", "", true},
    {"max_vio_sequence", "Largest load / mean − 1 in a sequence", "MaxVio, mean over sequences"},
    {"max_vio_batch", "Largest load / mean − 1 in a batch", "MaxVio, mean over batches of 4 sequences"},
};

struct BalanceData final : ChartData
{
    std::vector<SiteSeries> traces; ///< rows of every quantity
    std::vector<QByteArray> names; ///< as tables name them
    std::string tokens;
};

Expected<ChartDataPtr> compute(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    auto data = std::make_shared<BalanceData>();
    data->tokens = describeTokens(question.scope, study.shape(question.trace));
    const std::size_t count = study.traces().size();
    for (std::size_t trace = 0; trace < count; ++trace) {
        const auto part = [&](double done) { return !progress || progress((double(trace) + done) / double(count)); };
        MetricQuestion metric;
        metric.metrics = {{"balance"}};
        metric.scope = question.scope;
        auto results = study.metrics(trace, metric, part);
        if (!results) {
            Error error = results.error();
            if (count > 1 && error.what != kCancelled) // which of them does not have it
                error.where = study.traces()[trace].name + (error.where.empty() ? "" : ": " + error.where);
            return tl::unexpected(std::move(error));
        }
        SiteSeries series{QString::fromStdString(study.traces()[trace].name), {}, {}};
        series.shape.sites = study.shape(trace).sites;
        std::ranges::copy_if(results->front()->rows, std::back_inserter(series.rows),
            [](const ResultRow& row) { return row.site.has_value() && !row.expert; });
        if (std::ranges::none_of(series.rows, [](const ResultRow& row) { return row.value.has_value(); }))
            return fail(
                "holds no choices: nothing to draw", data->tokens.empty() ? series.name.toStdString() : data->tokens);
        data->names.push_back(csvTrace(study.traces()[trace]));
        data->traces.push_back(std::move(series));
    }
    return data;
}

Expected<ChartPtr> draw(const ChartDataPtr& computed, const Parameters& params, Look&)
{
    const auto data = std::static_pointer_cast<const BalanceData>(computed);
    const auto quantity =
        std::ranges::find(kQuantities, params.text("quantity"), [](const Quantity& q) { return std::string(q.name); });
    std::vector<SiteSeries> drawn;
    for (const SiteSeries& trace : data->traces) {
        SiteSeries& series = drawn.emplace_back(SiteSeries{trace.name, trace.shape, {}});
        std::ranges::copy_if(trace.rows, std::back_inserter(series.rows),
            [&](const ResultRow& row) { return row.metric == std::string("balance.") + quantity->name; });
    }
    const QByteArray head = csvHead(
        "balance", data->names, data->tokens, {QString("value: ") + quantity->title + ": " + quantity->meaning});
    return std::make_shared<SiteCurves>(quantity->title, quantity->unit, quantity->counted, std::move(drawn), head);
}

}

ChartSpec balanceChart()
{
    ChartOption quantity{{.name = "quantity",
                             .standard = "max_vio",
                             .meaning = "what is drawn of the metric \"balance\"",
                             .kind = ParameterSpec::Kind::Choices},
        "Show"};
    for (const Quantity& q : kQuantities)
        quantity.choices.emplace_back(q.name);
    return {
        .name = "balance",
        .title = "Balance by layer",
        .definition = "How evenly the experts of each layer are used, beside uniform routing; a curve a trace",
        .options = {quantity},
        .metrics = [](const Parameters&) { return std::vector<MetricRequest>{{"balance"}}; },
        .compute = compute,
        .draw = draw,
    };
}

}
