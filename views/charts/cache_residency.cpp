// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a cache does with each expert of each layer: how long it is resident, how often it is found, how often loaded
// ("cache.residency" and its like of `simulate cache --by-expert`).
#include "analysis/prefetch/caches.h"
#include "io/base/named.h"
#include "views/charts/kinds/cache_runs.h"
#include "views/charts/kinds/expert_rows.h"
#include "views/charts/wording.h"

namespace expertscope {

namespace {

struct Residency final : ChartData
{
    std::shared_ptr<ExpertRows> rows;
    std::string contract, policy, capacity;
};

struct ResidencyMeasure
{
    const char* name;
    const char* metric;
    const char* title;
    const char* what; ///< in the readout
    const char* counted;
    double factor;
    const char* measured; ///< in the table's head
};

constexpr ResidencyMeasure kMeasures[] = {
    {"residency", "cache.residency", "Steps with the expert resident (%)", "resident", "steps", 100,
        "share of steps after which `expert` is resident"},
    {"hit_rate", "cache.expert_hit_rate", "Requests that find the expert (%)", "found", "requests", 100,
        "share of requests for `expert` that found it resident"},
    {"loads", "cache.loads", "Loads", "loaded", "requests", 1, "how often `expert` is loaded"},
    {"stay", "cache.stay", "Steps that a load stays", "stays", "loads", 1,
        "steps that a load of `expert` stays resident, on average"},
};

Expected<ChartDataPtr> computeResidency(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    CacheOptions options = cacheOptions(question.params);
    options.byExpert = true;
    ES_ASSIGN(const auto run, runCaches(study, question, options, progress));
    auto data = std::make_shared<Residency>();
    data->contract = run->contract;
    data->policy = question.params.text("policy");
    data->capacity = std::to_string(run->capacities.front());
    data->rows = std::make_shared<ExpertRows>();
    data->rows->shape = run->shape;
    ES_ASSIGN(data->rows->sites, study.sitesOf(question.trace, question.scope));
    data->rows->trace = run->trace;
    data->rows->tokens = run->tokens;
    data->rows->results = {std::make_shared<const Results>(std::move(run->results))};
    return data;
}

Expected<ChartPtr> drawResidency(const ChartDataPtr& computed, const Parameters& params, Look& look)
{
    const auto data = std::static_pointer_cast<const Residency>(computed);
    const ResidencyMeasure& measure = *named(kMeasures, params.text("measure"));
    const bool share = measure.factor != 1;
    ExpertRowWords words;
    words.chart = "cache_residency";
    words.title = measure.title;
    words.factor = measure.factor;
    words.what = measure.what;
    words.said = [&measure, share](double value) {
        return share ? percentText(value)
                     : numberText(value) + (std::string_view(measure.name) == "stay" ? " steps" : " times");
    };
    words.counted = measure.counted;
    words.note = QString::fromStdString(data->policy) + ", " + QString::fromStdString(data->capacity) + " slots a layer";
    words.csvLines = {"contract: " + QString::fromStdString(data->contract) + "; policy: "
            + QString::fromStdString(data->policy) + "; " + QString::fromStdString(data->capacity)
            + " slots of each layer's cache",
        QString("measured: ") + measure.measured};
    return drawExpertRows(data->rows, data->rows->rowsOf(measure.metric), words, look);
}

}

ChartSpec cacheResidencyChart()
{
    ChartOption size = capacityOption();
    size.standard = "25%";
    size.meaning = "slots of a layer's cache, one size: 16 or 25%";
    return {
        .name = "cache_residency",
        .title = "Cache residency",
        .definition = "What a cache does with each expert of each layer: the share of steps after which it is resident, "
                      "how often it is found there, how often it is loaded and for how long",
        .options = {policyOption("lru", false, prefetch::steppedPolicies()), size,
            {{.name = "measure",
                 .standard = "residency",
                 .meaning = "share of steps with the expert resident; share of its requests that find it (hit_rate); how "
                            "often it is loaded (loads); steps that a load stays (stay)",
                 .kind = ParameterSpec::Kind::Choices,
                 .choices = nameList(kMeasures)},
                "Show"}},
        .ofCache = {"policy", "capacity"},
        .compute = computeResidency,
        .draw = drawResidency,
    };
}

}
