// SPDX-License-Identifier: GPL-3.0-or-later
//
// Whether where a token stands decides where it goes (metrics 4): the load of a site's experts over the position in the
// sequence, OpenMoE's (arXiv 2402.01739) polygons of position ids as curves.
#include "views/charts/kinds/expert_curves.h"
#include "views/charts/kinds/one_site.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

/// [bin, expert]; a bin without choices is left out.
void addSteps(const ResultMatrix& matrix, ExpertCurvesData& data)
{
    const std::size_t bins = matrix.axes[0].keys.size(), experts = data.experts();
    const auto percent = [&](std::size_t bin) { return 100 * double(bin) / double(bins); };
    for (std::size_t b = 0; b < bins; ++b) {
        const auto first = matrix.values.begin() + std::ptrdiff_t(b * experts);
        if (std::isnan(*first))
            continue;
        ExpertCurvesData::Step step{(percent(b) + percent(b + 1)) / 2,
            QString("%1 to %2 % of the longest sequence").arg(percent(b), 0, 'g', 3).arg(percent(b + 1), 0, 'g', 3),
            csvNumber(percent(b)) + ',' + csvNumber(percent(b + 1))};
        step.shares.assign(first, first + std::ptrdiff_t(experts));
        step.n = matrix.n;
        data.steps.push_back(std::move(step));
    }
}

Expected<ChartDataPtr> computePosition(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    auto data = std::make_shared<ExpertCurvesData>();
    const NamedTrace& trace = study.traces()[question.trace];
    data->chart = "position";
    data->metric = "spread.by_position";
    data->shape.sites = study.shape(question.trace).sites;
    data->names = {csvTrace(trace)};
    data->columns = "from,to";
    data->x = {"Position in the sequence " + unbroken("(% of the longest)"), Axis::Scale::Linear, 0, 100};
    data->tokens = describeTokens(question.scope, study.shape(question.trace));
    ES_ASSIGN(data->site, chosenSite(study, question));
    MetricQuestion metric;
    metric.metrics = {{"spread"}};
    metric.scope = scopeOfSites(question.scope, {data->site});
    ES_ASSIGN(const auto results, study.metrics(question.trace, metric, progress));
    for (const ResultMatrix& matrix : results.front()->matrices) {
        if (matrix.metric == data->metric && matrix.site == data->site && !matrix.label)
            addSteps(matrix, *data);
    }
    if (data->steps.empty())
        return nothingToDraw(*results.front(), data->tokens, trace.name);
    return data;
}

}

ChartSpec positionChart()
{
    return expertCurvesChart("position", "Load over positions",
        "Which share of a layer's choices experts get over the position in the sequence", computePosition);
}

}
