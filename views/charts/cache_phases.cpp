// SPDX-License-Identifier: GPL-3.0-or-later
//
// A cache while the prompt is read and while the model generates, over its size: what decode needs that prefill hides.
#include "analysis/what_if/cache_phases.h"
#include "views/charts/kinds/cache_runs.h"
#include "views/charts/kinds/one_site.h"
#include "views/charts/wording.h"

#include <algorithm>

namespace expertscope {

namespace {

struct PhaseCurves final : ChartData
{
    QByteArray trace;
    std::string tokens, contract;
    Results results; ///< of the whole model
    std::uint32_t experts = 0; ///< of the largest pool
    std::size_t phases = 0;
};

Expected<ChartDataPtr> computePhases(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    ES_TRY(checkServed(study, question));
    CacheOptions options = cacheOptions(question.params);
    options.prefillChunk = std::uint32_t(question.params.number("prefill_chunk"));
    auto asked = checkCaches(options);
    if (!asked)
        return fail(asked.error().what, "capacity=" + options.capacities, asked.error().hint);
    asked->scope = question.scope;
    auto data = std::make_shared<PhaseCurves>();
    data->trace = csvTrace(study.traces()[question.trace]);
    data->tokens = describeTokens(question.scope, study.shape(question.trace));
    data->contract = simulation::describe(asked->contract);
    ES_ASSIGN(const auto phases, simulatePhases(study, question.trace, *asked, progress));
    std::uint64_t requests = 0;
    for (const PhaseAnswer& phase : phases) {
        data->experts = std::max(data->experts, phase.answer.poolSize);
        requests += phase.answer.events.requests;
    }
    if (requests == 0)
        return nothingToDraw(data->tokens, study.traces()[question.trace].name);
    data->phases = phases.size();
    data->results = resultsOf(*asked, phases);
    std::erase_if(data->results.rows, [](const ResultRow& row) { return row.site.has_value(); });
    return data;
}

Expected<ChartPtr> drawPhases(const ChartDataPtr& computed, const Parameters& params, Look&)
{
    const auto data = std::static_pointer_cast<const PhaseCurves>(computed);
    const bool hits = params.text("quantity") == "hits";
    const std::string metric = hits ? "cache.hit_rate" : "cache.misses_per_token";
    RowPanel panel{.quantity = hits ? "Hit rate" : "Misses", .unit = hits ? "%" : "experts/token"};
    panel.x = {"Slots of a layer's cache", Axis::Scale::Linear, 0, double(data->experts) * 1.03, true};
    for (const ResultRow& row : data->results.rows) {
        if (row.metric != metric)
            continue;
        const QString phase = QString::fromStdString(paramText(row, "phase"));
        const QString name = phase + ", " + QString::fromStdString(paramText(row, "policy"));
        RowPoint point{.x = paramNumber(row, "capacity"), .row = row};
        point.row.unit = hits ? "%" : "experts/token";
        if (hits && point.row.value)
            *point.row.value *= 100;
        if (hits && point.row.uniform)
            *point.row.uniform *= 100;
        point.where = name + " · " + QString("%1 slots of %2").arg(numberText(point.x)).arg(data->experts);
        point.fields = csvText(phase.toStdString()) + ',' + csvText(paramText(row, "policy")) + ','
            + csvText(paramText(row, "capacity"));
        seriesOf(panel, name).points.push_back(std::move(point));
    }
    const QString note = data->phases < 2 && !panel.series.empty()
        ? "All tokens are of one phase: " + panel.series.front().name.section(',', 0, 0)
        : QString();
    const QByteArray head = csvHead("cache_phases", {data->trace}, data->tokens,
        {"contract: " + QString::fromStdString(data->contract),
            QString("phase: prefill, what was given; decode, what the model generated; each by itself from an empty cache; "
                    "capacity: slots of each layer's cache; value: %1")
                .arg(hits ? "hit rate in %" : "misses in experts/token")});
    return std::make_shared<RowCurves>(std::vector{std::move(panel)}, head, "phase,policy,capacity", note);
}

}

ChartSpec cachePhasesChart()
{
    return {
        .name = "cache_phases",
        .title = "Prefill and decode",
        .definition = "How often an expert that is asked for lies in its layer's cache, while the prompt is read and while "
                      "the model generates, over the size of the cache",
        .options = {{{.name = "quantity",
                         .standard = "hits",
                         .meaning = "hits: hit rate; misses: experts that are loaded, a token",
                         .kind = ParameterSpec::Kind::Choices,
                         .choices = {"hits", "misses"}},
                        "Quantity"},
            policyOption("lru", true), capacityOption(),
            {{.name = "prefill_chunk",
                 .standard = "0",
                 .meaning = "prompts come in chunks of so many tokens, as engines read them; 0: token by token",
                 .least = 0,
                 .most = 1 << 20,
                 .whole = true},
                "Prompt chunk", true}},
        .compute = computePhases,
        .draw = drawPhases,
    };
}

}
