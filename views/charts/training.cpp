// SPDX-License-Identifier: GPL-3.0-or-later
//
// How routing settles over the checkpoints of a training (metrics 3.1, 8): router saturation over checkpoints, OLMoE
// (arXiv 2409.02060) section 5; last fluctuation step, StableMoE (arXiv 2204.08396); flips of the first choice; how
// dependence between layers, paths and locality form.
#include "views/charts/kinds/checkpoints.h"
#include "views/charts/kinds/curve_table.h"

#include <algorithm>
#include <functional>

namespace expertscope {

namespace {

/// Rows of metrics that compare the traces.
Expected<void> addCompared(const Study& study, const MetricQuestion& question, const Checkpoints& checkpoints,
    CurveRows& all, const Progress& progress)
{
    ES_ASSIGN(const auto results, study.series(question, progress));
    for (const ResultsPtr& of : results) {
        for (ResultRow row : of->rows) {
            for (const char* at : {"trace", "to"}) { // a row is of a trace, or of the way from one to the next
                if (const auto place = checkpoints.places.find(row.other[at]); place != checkpoints.places.end())
                    row.params["checkpoint"] = place->second;
            }
            row.other.clear();
            all.rows.push_back(std::move(row));
        }
    }
    return {};
}

/// Rows of metrics of one trace, of each of them.
Expected<void> addEach(const Study& study, const MetricQuestion& question, const Checkpoints& checkpoints,
    CurveRows& all, const Progress& progress)
{
    const std::size_t count = study.traces().size();
    for (std::size_t trace = 0; trace < count; ++trace) {
        ES_ASSIGN(const auto results,
            study.metrics(
                trace, question, partOf(progress, double(trace) / double(count), double(trace + 1) / double(count))));
        for (const ResultsPtr& of : results) {
            for (ResultRow row : of->rows) {
                if (row.expert)
                    continue;
                row.params["checkpoint"] = checkpoints.places.at(study.traces()[trace].name);
                row.other.clear();
                all.rows.push_back(std::move(row));
            }
        }
    }
    return {};
}

Expected<CurveAnswer> ofSeries(const Study& study, const MetricQuestion& question, const Progress& progress)
{
    const Checkpoints checkpoints = checkpointsOf(study);
    CurveAnswer answer;
    answer.by = question.by;
    answer.axes["checkpoint"] = {checkpoints.title, checkpoints.units, checkpoints.first, checkpoints.last};
    CurveRows& all = answer.traces.emplace_back();
    all.name = QString::fromStdString(study.traces().back().name);
    all.shape.sites = study.shape(study.traces().size() - 1).sites;
    MetricQuestion compared = question, each = question;
    const auto compares = [](const MetricRequest& metric) { return (*findMetric(metric.name))->minTraces > 1; };
    std::erase_if(compared.metrics, std::not_fn(compares));
    std::erase_if(each.metrics, compares);
    if (!compared.metrics.empty())
        ES_TRY(addCompared(study, compared, checkpoints, all, partOf(progress, 0, each.metrics.empty() ? 1 : 0.5)));
    if (!each.metrics.empty())
        ES_TRY(addEach(study, each, checkpoints, all, partOf(progress, compared.metrics.empty() ? 0 : 0.5, 1)));
    return answer;
}

}

ChartSpec trainingChart()
{
    return curvesChart({
        .name = "training",
        .title = "Routing over training",
        .definition =
            "How routing settles over checkpoints of one model, traces of the same tokens, the final one last; "
            "of the model, or a curve a layer",
        .quantities = {{"saturation", "saturation.top_k", "Router saturation",
                           "share of the final trace's choices that a checkpoint makes already"},
            {"saturation_top1", "saturation.top_1", "Router saturation of first choices",
                "share of tokens with the final first choice"},
            {"flips", "flip_rate.top_1", "First choices that changed", "share of tokens, since the checkpoint before"},
            {"fluctuation", "fluctuation.share_from", "Tokens that still change",
                "share whose first choice differs from the final one there or later"},
            {"mismatch", "mismatch.sets", "Sets of experts that differ from the final ones",
                "share of tokens, mean over layers"},
            {"replaced", "replay.replaced", "Choices that the final trace would replace",
                "share below `ratio` of the probability of its own weakest choice"},
            {"flow", "flow.excess", "Dependence between neighbouring layers",
                "total variation of flow from independent layers", "", false, nullptr,
                RowBeside{"by sampling alone", "floor"}},
            {"paths", "path.effective", "Effective number of paths", "e to the entropy of first choices", "paths"},
            {"same_token", "locality.same_token", "Jaccard index with the same token before",
                "the last one in the sequence"},
            {"locality", "locality.difference", "Jaccard index: same less other token", "what is the token's own"}},
        .parameters = {{"ratio", "Ratio"}, {"length", "Layers of a path", "2", "layers"}},
        .axes = {{"checkpoint", "Checkpoint"}},
        .over = "checkpoint",
        .answer = ofSeries,
    });
}

}
