// SPDX-License-Identifier: GPL-3.0-or-later
//
// Experts spread over GPUs by a planner: how evenly the GPUs are loaded at each layer, and who sends to whom
// (`simulate placement`, on tokens that the plan was not learnt from). As DeepSeek's EPLB is judged.
#include "analysis/what_if/placement.h"
#include "analysis/placement/registry.h"
#include "io/base/named.h"
#include "views/charts/kinds/expert_map.h"
#include "views/charts/kinds/matrix_map.h"
#include "views/charts/kinds/one_site.h"
#include "views/charts/not_a_number.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace expertscope {

namespace {

struct PlacementData final : ChartData
{
    RoutingShape shape;
    QByteArray trace;
    std::string tokens, contract, planner;
    std::uint32_t gpus = 0;
    std::vector<SiteIndex> sites;
    placement::Score score;
    Results results;
    double bytes = 0; ///< of a hidden state on its way there; 0: not known

    double relative(std::size_t site, std::size_t gpu) const
    {
        const placement::SiteScore& of = score.sites[site];
        return of.choices ? double(of.load[gpu]) * gpus / double(of.choices) : kNaN;
    }
    /// The row of the whole trace at a site, or of the mean over them.
    const ResultRow* maxOverMean(std::optional<SiteIndex> site) const
    {
        const auto found = std::ranges::find_if(results.rows, [&](const ResultRow& row) {
            const auto window = row.params.find("window");
            return row.metric == "placement.max_over_mean" && row.site == site && row.value
                && window != row.params.end() && window->second == ParameterValue(std::string("all"));
        });
        return found == results.rows.end() ? nullptr : &*found;
    }
};
using PlacementDataPtr = std::shared_ptr<const PlacementData>;

Expected<ChartDataPtr> computePlacement(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    const RoutingShape& shape = study.shape(question.trace);
    auto data = std::make_shared<PlacementData>();
    data->shape.sites = shape.sites;
    data->trace = csvTrace(study.traces()[question.trace]);
    data->tokens = describeTokens(question.scope, shape);
    data->planner = question.params.text("planner");
    data->gpus = std::uint32_t(question.params.number("gpus"));
    PlacementOptions options;
    options.gpus = data->gpus;
    options.nodes = std::uint32_t(question.params.number("nodes"));
    options.replicas = std::uint32_t(question.params.number("replicas"));
    options.planners = data->planner;
    options.home = question.params.text("home");
    options.perSite = true;
    auto asked = checkPlacement(options);
    if (!asked)
        return fail(asked.error().what,
            "gpus=" + question.params.text("gpus") + ", nodes=" + question.params.text("nodes"), asked.error().hint);
    asked->scope = question.scope;
    asked->compare.replay.traffic = true;
    ES_ASSIGN(PlacementAnswer answer, comparePlacements(study, question.trace, *asked, progress));
    data->contract = placement::comparisonContract(answer.compare, answer.comparison);
    for (const auto& site : answer.comparison.plans.front().plan.sites())
        data->sites.push_back(site.site);
    data->score = std::move(answer.comparison.scores.front());
    data->results = std::move(answer.comparison.results);
    data->bytes = answer.compare.sizes.hidden * answer.compare.sizes.dispatchBytes;
    if (std::ranges::all_of(data->score.sites, [](const placement::SiteScore& site) { return site.choices == 0; }))
        return nothingToDraw(data->tokens, study.traces()[question.trace].name);
    return data;
}

Axis gpuAxis(const QString& title, std::uint32_t gpus)
{
    return expertCellAxis(title, gpus);
}

Expected<ChartPtr> drawLoad(const PlacementDataPtr& data, Look& look)
{
    const std::size_t G = data->gpus;
    const QString planner = QString::fromStdString(data->planner);
    const QString title = "Load of the GPU, " + planner + ' ' + unbroken("(1 = mean)");
    MatrixCells cells;
    cells.rows.axis = siteAxis(data->sites, data->shape);
    cells.columns.axis = gpuAxis("GPU", data->gpus);
    for (std::size_t s = 0; s < data->sites.size(); ++s) {
        cells.rows.subjects.push_back({.site = data->sites[s]});
        for (std::size_t g = 0; g < G; ++g)
            cells.values.push_back(data->relative(s, g));
    }
    cells.centre = 1;
    if (const ResultRow* const mean = data->maxOverMean({}))
        cells.note = "Largest load / mean: " + numberText(*mean->value) + ", mean over layers";
    cells.readout = [data](std::size_t s, std::size_t g) {
        const placement::SiteScore& score = data->score.sites[s];
        const ResultRow* const most = data->maxOverMean(data->sites[s]);
        return joinedReadout({siteText(data->shape, data->sites[s]), "GPU " + QString::number(g),
            countText(score.load[g]) + " choices", numberText(data->relative(s, g)) + " of the mean",
            most ? "largest of the layer " + numberText(*most->value) : QString(),
            "n = " + countText(score.tokens) + " tokens"});
    };
    cells.csvHead = csvHead("placement", {data->trace}, data->tokens,
        {QString::fromStdString("planner: " + data->planner + "; " + data->contract),
            "choices: computed on the GPU; max_over_mean: of the layer", "value: " + title});
    cells.csvHead += "layer,site,gpu,choices,max_over_mean,value\n";
    cells.csvRecord = [data](std::size_t s, std::size_t g) {
        const ResultRow* const most = data->maxOverMean(data->sites[s]);
        return csvPlace(data->shape, data->sites[s]) + QByteArray::number(qulonglong(g)) + ','
            + QByteArray::number(qulonglong(data->score.sites[s].load[g])) + ',' + csvNumber(most ? *most->value : kNaN)
            + ',';
    };
    return drawMatrix(std::move(cells), CellMeaning::Ratio, title, look);
}

Expected<ChartPtr> drawTraffic(const PlacementDataPtr& data, Look& look)
{
    const std::size_t G = data->gpus;
    const double each = data->bytes > 0 ? data->bytes / double(data->score.tokens) : 1 / double(data->score.tokens);
    const QString unit = data->bytes > 0 ? "bytes a token" : "hidden states a token";
    const QString title =
        "Sent to the experts' GPUs, " + QString::fromStdString(data->planner) + ' ' + unbroken('(' + unit + ')');
    MatrixCells cells;
    cells.rows.axis = gpuAxis("GPU of the token", data->gpus);
    cells.columns.axis = gpuAxis("GPU of the experts", data->gpus);
    for (std::size_t from = 0; from < G; ++from) {
        for (std::size_t to = 0; to < G; ++to)
            cells.values.push_back(from == to ? kNaN : each * double(data->score.sent[from * G + to]));
    }
    cells.readout = [data, each, unit, G](std::size_t from, std::size_t to) {
        const std::uint64_t sent = data->score.sent[from * G + to];
        return joinedReadout({QString("From GPU %1 to GPU %2").arg(from).arg(to), countText(sent) + " hidden states",
            numberText(each * double(sent)) + ' ' + unit, "n = " + countText(data->score.tokens) + " tokens"});
    };
    cells.csvHead = csvHead("placement", {data->trace}, data->tokens,
        {QString::fromStdString("planner: " + data->planner + "; " + data->contract),
            QString("hidden_states: sent once a token, layer and GPU, over all layers; n = %1 tokens")
                .arg(data->score.tokens),
            "value: " + title});
    cells.csvHead += "from_gpu,to_gpu,hidden_states,value\n";
    cells.csvRecord = [data, G](std::size_t from, std::size_t to) {
        return QByteArray::number(qulonglong(from)) + ',' + QByteArray::number(qulonglong(to)) + ','
            + QByteArray::number(qulonglong(data->score.sent[from * G + to])) + ',';
    };
    return drawMatrix(std::move(cells), CellMeaning::Amount, title, look);
}

Expected<ChartPtr> drawPlacement(const ChartDataPtr& computed, const Parameters& params, Look& look)
{
    const auto data = std::static_pointer_cast<const PlacementData>(computed);
    if (params.text("measure") == "load")
        return drawLoad(data, look);
    if (data->gpus < 2)
        return fail("one GPU sends to nobody", "measure=traffic", "choose gpus=2 or more");
    return drawTraffic(data, look);
}

}

ChartSpec placementChart()
{
    ChartOption planner{{.name = "planner",
                            .standard = "contiguous",
                            .meaning = "who says which GPU holds which expert",
                            .kind = ParameterSpec::Kind::Choices,
                            .choices = nameList(placement::plannerRegistry())},
        "Planner", true};
    const auto count = [](const char* name, const char* standard, const char* meaning, const char* title,
                           double least) {
        return ChartOption{{.name = name,
                               .standard = standard,
                               .meaning = meaning,
                               .least = least,
                               .most = placement::kMostGpus,
                               .whole = true},
            title, true};
    };
    return {
        .name = "placement",
        .title = "Placement",
        .definition =
            "How evenly GPUs are loaded at each layer when experts are spread over them by a planner, or who sends "
            "to whom",
        .options = {{{.name = "measure",
                         .standard = "load",
                         .meaning = "load of each GPU at each layer against the mean, or what GPUs send to each other",
                         .kind = ParameterSpec::Kind::Choices,
                         .choices = {"load", "traffic"}},
                        "Show"},
            planner, count("gpus", "8", "GPUs that the experts are spread over", "GPUs", 1),
            count("nodes", "1", "machines that the GPUs are in", "Nodes", 1),
            count("replicas", "0", "slots of a layer beyond one an expert", "Replicas", 0),
            {{.name = "home",
                 .standard = "token",
                 .meaning = "which GPU a token lives on: by hash, or that of its sequence",
                 .kind = ParameterSpec::Kind::Choices,
                 .choices = {"token", "sequence"}},
                "Home", true}},
        .compute = computePlacement,
        .draw = drawPlacement,
    };
}

}
