// SPDX-License-Identifier: GPL-3.0-or-later
//
// How well experts can be loaded before they are asked for: what predictors name, by layer, and what their prefetches
// make of a cache, over its size (`simulate cache --prefetch`). As MoE-Infinity and Pre-gated MoE compare predictors.
#include "analysis/prefetch/registry.h"
#include "io/base/named.h"
#include "io/base/text.h"
#include "views/charts/kinds/cache_runs.h"
#include "views/charts/wording.h"

#include <algorithm>

namespace expertscope {

namespace {

struct PrefetchQuantity
{
    const char *name, *metric, *title;
    bool share; ///< drawn in percent
    bool byLayer; ///< of the predictor alone; else of a cache, over its size
};
constexpr PrefetchQuantity kPrefetchQuantities[] = {
    {"recall", "prefetch.recall", "Requests that were named", true, true},
    {"precision", "prefetch.precision", "Named experts that were asked for", true, true},
    {"exact", "prefetch.exact", "Events named exactly", true, true},
    {"missing", "prefetch.missing", "Requests that miss", true, false},
    {"on_time", "prefetch.on_time", "Requests met by a prefetch", true, false},
    {"demand_loads", "prefetch.demand_loads_per_token", "Loads on demand a token", false, false},
    {"prefetch_loads", "prefetch.prefetch_loads_per_token", "Prefetches a token", false, false},
    {"wasted_loads", "prefetch.wasted_loads_per_token", "Wasted prefetches a token", false, false},
    {"added_loads", "prefetch.added_loads_per_hit", "Added loads a hit gained", false, false},
};

Expected<ChartDataPtr> computePrefetch(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    CacheOptions options = cacheOptions(question.params);
    const std::string horizon = question.params.text("horizon");
    std::vector<std::string> predictors;
    for (const std::string& name : question.params.choices("predictor"))
        predictors.push_back(name + ":horizon=" + horizon);
    options.prefetch = {joined(predictors, ",")};
    // What a predictor names does not depend on the cache: one of any size will do.
    if (named(kPrefetchQuantities, question.params.text("quantity"))->byLayer && question.params.text("capacity").empty())
        options.capacities = "50%";
    return runCaches(study, question, options, progress);
}

/// "transition" of "transition:horizon=1": the horizon is the same for all.
QString nameOf(const ResultRow& row)
{
    const std::string text = paramText(row, "prefetch");
    return QString::fromStdString(text.substr(0, text.find(':')));
}

RowPanel panelOf(const CacheRun& data, const PrefetchQuantity& quantity)
{
    RowPanel panel{.quantity = quantity.title, .unit = quantity.share ? "%" : ""};
    panel.x = quantity.byLayer ? Axis{"Layer", Axis::Scale::Linear, 0, 0, true}
                               : Axis{"Slots of a layer's cache", Axis::Scale::Linear, 0, data.experts * 1.03, true};
    for (const ResultRow& row : data.results.rows) {
        if (row.metric != quantity.metric || row.site.has_value() != quantity.byLayer)
            continue;
        const QString name = nameOf(row);
        RowPoint point{.row = row};
        if (quantity.share) {
            for (auto* value : {&point.row.value, &point.row.uniform}) {
                if (*value)
                    **value *= 100;
            }
            point.row.unit = "%";
        }
        if (quantity.byLayer) {
            point.x = data.shape.sites[std::size_t(*row.site)].layer;
            point.where = siteText(data.shape, *row.site);
            point.subject.site = row.site;
            point.fields = csvText(name.toStdString()) + ',' + csvPlace(data.shape, *row.site);
        } else {
            const auto size = std::uint32_t(paramNumber(row, "capacity"));
            point.x = size;
            point.where = QString("%1 slots of %2").arg(size).arg(data.experts);
            point.fields = csvText(name.toStdString()) + ",,," + QByteArray::number(size);
        }
        seriesOf(panel, name).points.push_back(std::move(point));
    }
    return panel;
}

Expected<ChartPtr> drawPrefetch(const ChartDataPtr& computed, const Parameters& params, Look&)
{
    const auto data = std::static_pointer_cast<const CacheRun>(computed);
    const PrefetchQuantity& quantity = *named(kPrefetchQuantities, params.text("quantity"));
    RowPanel panel = panelOf(*data, quantity);
    if (std::ranges::none_of(panel.series, hasValues))
        return fail("nothing to draw: no predictor has a value", std::string("quantity=") + quantity.name);
    const QByteArray head = csvHead("prefetch", {data->trace}, data->tokens,
        {"contract: " + QString::fromStdString(data->contract)
                + "; policy: " + QString::fromStdString(params.text("policy")),
            "without times: what was issued an event before is there, however slow the link",
            QString("value: ") + quantity.title});
    const std::vector<std::string> predictors = params.choices("predictor");
    const bool oracle = std::ranges::find(predictors, "oracle") != predictors.end();
    const QString note = oracle ? "Oracle knows the future" : "";
    return std::make_shared<RowCurves>(std::vector{std::move(panel)}, head, "predictor,layer,site,capacity", note);
}

}

ChartSpec prefetchChart()
{
    ChartOption quantity{
        {.name = "quantity",
            .standard = "recall",
            .meaning = "of what predictors name, by layer; or of a cache with prefetches, over its size",
            .kind = ParameterSpec::Kind::Choices,
            .choices = nameList(kPrefetchQuantities)},
        "Show", true};
    ChartOption predictor{{.name = "predictor",
                              .standard = "previous/static/transition",
                              .meaning = "who foretells the experts, with '/' between",
                              .kind = ParameterSpec::Kind::Choices,
                              .choices = nameList(prefetch::predictorRegistry())},
        "Predictors", true, true};
    return {
        .name = "prefetch",
        .title = "Prefetching",
        .definition =
            "How well experts can be loaded before they are asked for: what predictors foretell by layer, and "
            "what prefetches make of a cache",
        .options = {quantity, predictor,
            {{.name = "horizon",
                 .standard = "1",
                 .meaning = "events from the prediction to the request",
                 .least = 1,
                 .most = 65535,
                 .whole = true},
                "Horizon", true},
            policyOption("lru", false, {"lru", "opt", "lfu", "ema"}), capacityOption()},
        .compute = computePrefetch,
        .draw = drawPrefetch,
    };
}

}
