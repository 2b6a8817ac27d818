// SPDX-License-Identifier: GPL-3.0-or-later
//
// How routing settles over the checkpoints of a training (metrics 3.1, 8): router saturation over checkpoints, OLMoE
// (arXiv 2409.02060) section 5; last fluctuation step, StableMoE (arXiv 2204.08396); flips of the first choice.
#include "views/charts/kinds/checkpoints.h"
#include "views/charts/kinds/curve_table.h"

namespace expertscope {

namespace {

Expected<CurveAnswer> ofSeries(const Study& study, const MetricQuestion& question, const Progress& progress)
{
    const Checkpoints checkpoints = checkpointsOf(study);
    CurveAnswer answer;
    answer.by = question.by;
    answer.axes["checkpoint"] = {checkpoints.title, checkpoints.units, checkpoints.first, checkpoints.last};
    CurveRows& all = answer.traces.emplace_back();
    all.name = QString::fromStdString(study.traces().back().name);
    all.shape.sites = study.shape(study.traces().size() - 1).sites;
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
                "share below `ratio` of the probability of its own weakest choice"}},
        .parameters = {{"ratio", "Ratio"}},
        .axes = {{"checkpoint", "Checkpoint"}},
        .over = "checkpoint",
        .answer = ofSeries,
    });
}

}
