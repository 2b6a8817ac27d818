// SPDX-License-Identifier: GPL-3.0-or-later
//
// The life of a router's experts over a training: which share of the choices each gets at every checkpoint, after the
// early-routing figures of OpenMoE (arXiv 2402.01739) section 4.
#include "views/charts/kinds/checkpoints.h"
#include "views/charts/kinds/expert_curves.h"
#include "views/charts/kinds/one_site.h"
#include "views/charts/wording.h"

namespace expertscope {

namespace {

/// Error: traces that are not of one model.
Expected<void> checkSites(const Study& study, SiteIndex site)
{
    if (study.traces().size() < 2)
        return fail("a training needs at least two traces", study.traces().front().name, "checkpoints in their order");
    const Site& first = study.shape(0).sites[std::size_t(site)];
    for (std::size_t i = 1; i < study.traces().size(); ++i) {
        const std::vector<Site>& sites = study.shape(i).sites;
        if (std::size_t(site) >= sites.size() || sites[std::size_t(site)].numExperts != first.numExperts
            || sites[std::size_t(site)].layer != first.layer)
            return fail(
                "has other experts at site " + std::to_string(site.value) + " than " + study.traces().front().name,
                study.traces()[i].name, "name checkpoints of one model");
    }
    return {};
}

Expected<ChartDataPtr> computeExpertLife(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    auto data = std::make_shared<ExpertCurvesData>();
    data->chart = "expert_life";
    data->metric = "load.share";
    data->shape.sites = study.shape(0).sites;
    data->columns = "trace,checkpoint";
    data->tokens = describeTokens(question.scope, study.shape(0));
    ChartQuestion first = question;
    first.trace = 0;
    ES_ASSIGN(data->site, chosenSite(study, first));
    ES_TRY(checkSites(study, data->site));
    const Checkpoints checkpoints = checkpointsOf(study);
    const double low = checkpoints.first / checkpoints.units, high = checkpoints.last / checkpoints.units;
    const double room = 0.03 * (high - low);
    data->x = {checkpoints.title, Axis::Scale::Linear, low - room, high + room};
    const double count = double(study.traces().size());
    for (std::size_t i = 0; i < study.traces().size(); ++i) {
        const NamedTrace& trace = study.traces()[i];
        data->names.push_back(csvTrace(trace));
        ES_ASSIGN(const LoadTablePtr load,
            study.load(i, scopeOfSites(question.scope, {data->site}),
                partOf(progress, double(i) / count, double(i + 1) / count)));
        const std::uint64_t choices = load->choices[std::size_t(data->site)];
        if (choices == 0)
            return nothingToDraw(data->tokens, trace.name);
        const double place = checkpoints.places.at(trace.name);
        ExpertCurvesData::Step step{place / checkpoints.units, QString::fromStdString(trace.name),
            csvText(trace.name) + ',' + csvNumber(place)};
        step.n = choices;
        for (std::size_t e = 0; e < data->experts(); ++e)
            step.shares.push_back(double(load->count(data->site, ExpertIndex(std::uint16_t(e)))) / double(choices));
        data->steps.push_back(std::move(step));
    }
    return data;
}

}

ChartSpec expertLifeChart()
{
    return expertCurvesChart("expert_life", "Experts over training",
        "Which share of a layer's choices experts get at each checkpoint of a training", computeExpertLife);
}

}
