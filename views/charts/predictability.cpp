// SPDX-License-Identifier: GPL-3.0-or-later
//
// How far ahead and how surely a layer's experts are foretold: recall of a predictor's list over its length, by layer
// ("prefetch.recall_at" of `simulate cache --prefetch`).
#include "analysis/prefetch/registry.h"
#include "io/base/named.h"
#include "views/charts/kinds/cache_runs.h"
#include "views/charts/kinds/expert_map.h"
#include "views/charts/kinds/matrix_map.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

Expected<ChartDataPtr> computePredictability(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    const RoutingShape& shape = study.shape(question.trace);
    auto named = std::uint32_t(question.params.number("named"));
    if (named == 0)
        named = std::min<std::uint32_t>(2u * shape.numSlots, shape.numExperts);
    CacheOptions options;
    options.policies = "lru";
    options.capacities = "1"; // what predictors say does not depend on the cache
    options.prefetch = {question.params.text("predictor") + ":horizon=" + question.params.text("horizon")
        + ",n=" + std::to_string(named)};
    return runCaches(study, question, options, progress);
}

Expected<ChartPtr> drawPredictability(const ChartDataPtr& computed, const Parameters& params, Look& look)
{
    const auto data = std::static_pointer_cast<const CacheRun>(computed);
    const auto found =
        std::ranges::find(data->results.matrices, std::string("prefetch.recall_at"), &ResultMatrix::metric);
    const bool any = std::ranges::any_of(data->results.rows,
        [](const ResultRow& row) { return row.metric == "prefetch.recall" && row.site && row.value; });
    if (found == data->results.matrices.end() || !any)
        return fail(
            "foretells nothing here", "predictor=" + params.text("predictor"), "choose another, or a nearer horizon");
    const ResultMatrix* const matrix = &*found;
    const std::size_t N = matrix->axes[1].keys.size();
    std::vector<SiteIndex> sites;
    for (const std::string& key : matrix->axes[0].keys)
        sites.emplace_back(std::uint16_t(std::stoul(key)));
    const QString title = "Requests among the named " + unbroken("(%)");
    MatrixCells cells;
    cells.rows.axis = siteAxis(sites, data->shape);
    cells.columns.axis = expertCellAxis("Experts named", N, 1);
    for (const SiteIndex site : sites)
        cells.rows.subjects.push_back({.site = site});
    // A layer out of the predictor's reach has no recall, not one of 0.
    std::vector<bool> reached(sites.size());
    for (const ResultRow& row : data->results.rows) {
        if (row.metric == "prefetch.recall" && row.site && row.value)
            reached[std::size_t(std::ranges::find(sites, *row.site) - sites.begin())] = true;
    }
    for (std::size_t i = 0; i < matrix->values.size(); ++i)
        cells.values.push_back(reached[i / N] ? 100 * matrix->values[i] : std::nan(""));
    cells.note = "Foretold by " + QString::fromStdString(params.text("predictor")) + ", "
        + QString::fromStdString(params.text("horizon"))
        + (params.text("horizon") == "1" ? " event ahead" : " events ahead");
    cells.readout = [data, matrix, sites, N](std::size_t s, std::size_t n) {
        return joinedReadout({siteText(data->shape, sites[s]), QString("%1 named").arg(n + 1),
            percentText(matrix->values[s * N + n]) + " of requests among them"});
    };
    cells.csvHead = csvHead("predictability", {data->trace}, data->tokens,
        {"contract: " + QString::fromStdString(data->contract), cells.note, "value: " + title});
    cells.csvHead += "layer,site,named,value\n";
    cells.csvRecord = [data, sites](std::size_t s, std::size_t n) {
        return csvPlace(data->shape, sites[s]) + QByteArray::number(qulonglong(n + 1)) + ',';
    };
    return drawMatrix(std::move(cells), CellMeaning::Amount, title, look);
}

}

ChartSpec predictabilityChart()
{
    ChartOption predictor{{.name = "predictor",
                              .standard = "previous",
                              .meaning = "who foretells the experts",
                              .kind = ParameterSpec::Kind::Choices,
                              .choices = nameList(prefetch::predictorRegistry())},
        "Predictor", true};
    const auto count = [](const char* name, const char* standard, const char* meaning, const char* title,
                           double least) {
        return ChartOption{
            {.name = name, .standard = standard, .meaning = meaning, .least = least, .most = 65535, .whole = true},
            title, true};
    };
    return {
        .name = "predictability",
        .title = "Predictor reach",
        .definition =
            "How many of a layer's requests are among the first experts that a predictor names, for each layer and "
            "number of names",
        .options = {predictor, count("horizon", "1", "events from the prediction to the request", "Horizon", 1),
            count("named", "0", "experts named at most; 0: twice the k of the model", "Named", 0)},
        .compute = computePredictability,
        .draw = drawPredictability,
    };
}

}
