// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a cache is worth on a machine: modelled tokens per second, time between tokens and stalls over the memory for
// experts, a curve a policy (`simulate cache --hardware`, simulation.md 3.21). As Mixtral-offloading and MoE-Infinity
// plot speed over cache size; theirs are measured, these are modelled, and the axis says so.
#include "analysis/hardware/hardware_presets.h"
#include "io/base/named.h"
#include "views/charts/kinds/cache_runs.h"
#include "views/charts/wording.h"

#include <algorithm>

namespace expertscope {

namespace {

struct CacheTimeQuantity
{
    const char *name, *metric, *statistic, *title, *unit;
    double units = 1; ///< of the row's, in one drawn
};
constexpr CacheTimeQuantity kCacheTimeQuantities[] = {
    {"tokens_per_second", "cache.tokens_per_second", "", "Modelled tokens a second", ""},
    {"time", "cache.time_between_tokens", "mean", "Modelled time between tokens", "ms", 1e-3},
    {"p50", "cache.time_between_tokens", "p50", "Modelled time between tokens, median", "ms", 1e-3},
    {"p95", "cache.time_between_tokens", "p95", "Modelled time between tokens, 95th percentile", "ms", 1e-3},
    {"p99", "cache.time_between_tokens", "p99", "Modelled time between tokens, 99th percentile", "ms", 1e-3},
    {"stall_share", "cache.stall_share", "", "Modelled share of time in stalls", "%", 0.01},
    {"link_use", "cache.link_use", "", "Modelled use of the link", "%", 0.01},
};

Expected<ChartDataPtr> computeCacheTime(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    CacheOptions options = cacheOptions(question.params);
    options.time.hardware = question.params.text("hardware");
    options.time.denseMs = question.params.text("dense_ms");
    options.expertBytes = question.params.text("expert_bytes");
    return runCaches(study, question, options, progress);
}

Expected<ChartPtr> drawCacheTime(const ChartDataPtr& computed, const Parameters& params, Look&)
{
    const auto data = std::static_pointer_cast<const CacheRun>(computed);
    const CacheTimeQuantity& quantity = *named(kCacheTimeQuantities, params.text("quantity"));
    const auto [unit, bytes] = memoryUnit(data->memory.back());
    RowPanel panel{.quantity = quantity.title, .unit = quantity.unit};
    panel.x = {"Memory for experts " + unbroken(QString("(%1)").arg(unit)), Axis::Scale::Linear, 0,
        data->memory.back() / bytes * 1.03};
    for (const ResultRow& row : data->results.rows) {
        if (row.metric != quantity.metric || row.site || paramText(row, "statistic") != quantity.statistic)
            continue;
        const std::string policy = paramText(row, "policy");
        const auto size = std::uint32_t(paramNumber(row, "capacity"));
        const auto place = std::size_t(std::ranges::find(data->capacities, size) - data->capacities.begin());
        RowPoint point{.x = data->memory[place] / bytes, .row = row};
        if (point.row.value)
            *point.row.value /= quantity.units;
        if (*quantity.unit)
            point.row.unit = quantity.unit;
        point.where = QString("%1 %2, %3 slots of %4").arg(numberText(point.x), unit).arg(size).arg(data->experts);
        point.fields = csvText(policy) + ',' + QByteArray::number(size) + ',' + csvNumber(data->memory[place]);
        seriesOf(panel, QString::fromStdString(policy)).points.push_back(std::move(point));
    }
    if (std::ranges::none_of(panel.series, hasValues)) {
        const auto row = std::ranges::find_if(data->results.rows,
            [&](const ResultRow& r) { return r.metric == quantity.metric && !r.undefined.empty(); });
        return fail(row == data->results.rows.end() ? "is not modelled" : "nothing to draw: " + row->undefined,
            std::string("quantity=") + quantity.name);
    }
    std::vector<QString> lines{"contract: " + QString::fromStdString(data->contract),
        "capacity: slots of each layer's cache; memory_bytes: of all slots; times are modelled, not measured:"};
    for (const auto& [name, text] : data->modelled)
        lines.push_back(QString::fromStdString(name + ": " + text));
    lines.push_back(QString("value: ") + quantity.title);
    const QByteArray head = csvHead("cache_time", {data->trace}, data->tokens, lines);
    const QString note = "Modelled for " + QString::fromStdString(params.text("hardware"));
    return std::make_shared<RowCurves>(std::vector{std::move(panel)}, head, "policy,capacity,memory_bytes", note);
}

}

ChartSpec cacheTimeChart()
{
    ChartOption quantity{{.name = "quantity",
                             .standard = "tokens_per_second",
                             .meaning = "what is modelled",
                             .kind = ParameterSpec::Kind::Choices,
                             .choices = nameList(kCacheTimeQuantities)},
        "Show"};
    ChartOption hardware{{.name = "hardware",
                             .standard = "desktop-4090",
                             .meaning = "machine: see `expertscope simulate cache --help` for what it is made of",
                             .kind = ParameterSpec::Kind::Choices},
        "Machine", true};
    for (const cost::HardwarePreset& preset : cost::hardwarePresets()) {
        if (preset.kind == cost::PartKind::Machine)
            hardware.choices.push_back(preset.name);
    }
    return {
        .name = "cache_time",
        .title = "Modelled time",
        .definition =
            "What an expert cache is worth on a machine: modelled speed over the memory for experts; a curve a "
            "policy",
        .options = {quantity, hardware, policyOption("lru/opt", true), capacityOption(),
            {{.name = "expert_bytes",
                 .standard = "",
                 .meaning = "size of an expert, such as 27MiB; default: by the model's config",
                 .kind = ParameterSpec::Kind::Text},
                "Expert size", true},
            {{.name = "dense_ms",
                 .standard = "",
                 .meaning = "milliseconds of a step outside the experts; default: by the model's config",
                 .kind = ParameterSpec::Kind::Text},
                "Dense time (ms)", true}},
        .compute = computeCacheTime,
        .draw = drawCacheTime,
    };
}

}
