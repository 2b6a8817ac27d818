// SPDX-License-Identifier: GPL-3.0-or-later
//
// How routing settles over the checkpoints of a training (metrics 3.1, 8): router saturation over checkpoints, OLMoE
// (arXiv 2409.02060) section 5; last fluctuation step, StableMoE (arXiv 2204.08396); flips of the first choice.
#include "views/charts/kinds/curve_table.h"
#include "views/charts/wording.h"

#include <QRegularExpression>

#include <algorithm>

namespace expertscope {

namespace {

/// Where checkpoints stand: at the number that ends their names (tokens-000106496), or one after the other.
struct Steps
{
    std::map<std::string, double> places;
    AxisScale axis{"Checkpoint"};
};

/// "Checkpoint (million tokens)": of numbers up to `last`.
AxisScale axisOf(const QString& counted, double last)
{
    if (counted.isEmpty())
        return {"Checkpoint"};
    const char* const many = last >= 2e6 ? "million " : last >= 2e4 ? "thousand " : "";
    return {"Checkpoint " + unbroken('(' + (many + counted) + ')'), last >= 2e6 ? 1e6 : last >= 2e4 ? 1e3 : 1};
}

/// Names that end with rising numbers, behind the same word.
Steps stepsOf(const Study& study)
{
    static const QRegularExpression pattern("^(.*?)[-_. ]?(\\d+)$");
    Steps counted, numbered;
    QString word;
    double last = -1;
    bool rises = true;
    for (const NamedTrace& trace : study.traces()) {
        const auto match = pattern.match(QString::fromStdString(trace.name).section('/', -1));
        const double number = match.captured(2).toDouble();
        rises = rises && match.hasMatch() && number > last && (last < 0 || match.captured(1) == word);
        word = match.captured(1);
        last = number;
        numbered.places[trace.name] = number;
        counted.places.emplace(trace.name, double(counted.places.size() + 1));
    }
    Steps& steps = rises ? numbered : counted;
    if (rises)
        steps.axis = axisOf(word, last);
    steps.axis.low = steps.places.at(study.traces().front().name);
    steps.axis.high = steps.places.at(study.traces().back().name);
    return std::move(steps);
}

Expected<CurveAnswer> ofSeries(const Study& study, const MetricQuestion& question, const Progress& progress)
{
    const Steps steps = stepsOf(study);
    CurveAnswer answer;
    answer.by = question.by;
    answer.axes["checkpoint"] = steps.axis;
    CurveRows& all = answer.traces.emplace_back();
    all.name = QString::fromStdString(study.traces().back().name);
    all.shape.sites = study.shape(study.traces().size() - 1).sites;
    ES_ASSIGN(const auto results, study.series(question, progress));
    for (const ResultsPtr& of : results) {
        for (ResultRow row : of->rows) {
            for (const char* at : {"trace", "to"}) { // a row is of a trace, or of the way from one to the next
                if (const auto place = steps.places.find(row.other[at]); place != steps.places.end())
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
        .definition = "How routing settles over checkpoints of one model, traces of the same tokens, the final one last; "
                      "of the model, or a curve a layer",
        .quantities = {{"saturation", "saturation.top_k", "Router saturation",
                           "share of the final trace's choices that a checkpoint makes already"},
            {"saturation_top1", "saturation.top_1", "Router saturation of first choices",
                "share of tokens with the final first choice"},
            {"flips", "flip_rate.top_1", "First choices that changed", "share of tokens, since the checkpoint before"},
            {"fluctuation", "fluctuation.share_from", "Tokens that still change",
                "share whose first choice differs from the final one there or later"}},
        .axes = {{"checkpoint", "Checkpoint"}},
        .over = "checkpoint",
        .answer = ofSeries,
    });
}

}
