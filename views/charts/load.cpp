// SPDX-License-Identifier: GPL-3.0-or-later
//
// How often each expert of each site is chosen (metrics 6.1).
#include "views/charts/kinds/cell_colours.h"
#include "views/charts/kinds/expert_map.h"
#include "views/charts/not_a_number.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace expertscope {

namespace {

struct LoadData final : ChartData
{
    RoutingShape shape;
    std::vector<SiteIndex> sites;
    QByteArray trace;
    std::string tokens; ///< which of them
    bool part = false; ///< not the whole trace
    LoadTablePtr selected, all; ///< `all` where a ratio to the whole trace is asked for, else the same
};

enum class Quantity
{
    Relative, ///< count / mean count of the site's experts
    Share, ///< of the site's choices, in percent
    Ratio ///< share / share in the whole trace, or / 1 in E
};

struct Drawing
{
    Quantity quantity;
    bool toAll, byLoad;
};

Drawing drawingOf(const LoadData& data, const Parameters& params)
{
    const std::string &metric = params.text("metric"), &against = params.text("against");
    Drawing drawing{Quantity::Ratio, against == "all", params.text("sort") == "load"};
    const bool sides = !drawing.toAll && against != "uniform"; // other tokens: all and a part are drawn alike
    if (metric == "share")
        drawing.quantity = Quantity::Share;
    else if (metric == "relative" || (metric == "auto" && !data.part && !drawing.toAll && !sides))
        drawing.quantity = Quantity::Relative; // a part is looked at to see how it differs
    return drawing;
}

QString valueTitle(const LoadData& data, const Drawing& drawing)
{
    const QString part = data.tokens.empty() ? QString() : " in " + QString::fromStdString(data.tokens);
    switch (drawing.quantity) {
    case Quantity::Relative:
        return "Relative load" + part + ' ' + unbroken("(1 = uniform)");
    case Quantity::Share:
        return "Share of choices" + part + ' ' + unbroken("(%)");
    case Quantity::Ratio:
        break;
    }
    return "Share" + part + unbroken(drawing.toAll ? " / whole trace" : " / uniform");
}

/// Everything known of a cell.
struct Cell
{
    std::uint64_t count = 0; ///< tokens that chose it
    double share = kNaN; ///< of all choices of the site
    double relative = kNaN; ///< 1 = uniform
    double toAll = kNaN; ///< share / share in the whole trace
    std::size_t rank = 0; ///< by count in its site, 1 = most
};

class Cells
{
public:
    explicit Cells(std::shared_ptr<const LoadData> data)
        : m_data(std::move(data))
    {
        for (const SiteIndex site : m_data->sites) {
            auto& order = m_byLoad.emplace_back(m_data->shape.sites[std::size_t(site)].numExperts);
            std::iota(order.begin(), order.end(), std::uint16_t(0));
            std::ranges::stable_sort(
                order, std::greater(), [&](std::uint16_t e) { return m_data->selected->count(site, ExpertIndex(e)); });
            auto& ranks = m_ranks.emplace_back(order.size());
            for (std::size_t i = 0; i < order.size(); ++i)
                ranks[order[i]] = std::uint16_t(i + 1);
        }
    }

    const LoadData& data() const { return *m_data; }
    const std::vector<std::uint16_t>& byLoad(std::size_t row) const { return m_byLoad[row]; }
    bool seen(std::size_t row) const { return m_data->selected->choices[std::size_t(m_data->sites[row])] > 0; }

    Cell of(std::size_t row, ExpertIndex expert) const
    {
        const SiteIndex site = m_data->sites[row];
        const double choices = double(m_data->selected->choices[std::size_t(site)]);
        const double inAll = double(m_data->all->count(site, expert)) / double(m_data->all->choices[std::size_t(site)]);
        Cell cell;
        cell.count = m_data->selected->count(site, expert);
        cell.rank = m_ranks[row][std::size_t(expert)];
        if (choices > 0) {
            cell.share = double(cell.count) / choices;
            cell.relative = cell.share * m_data->shape.sites[std::size_t(site)].numExperts;
            cell.toAll = inAll > 0 ? cell.share / inAll : kNaN;
        }
        return cell;
    }

private:
    std::shared_ptr<const LoadData> m_data;
    std::vector<std::vector<std::uint16_t>> m_byLoad, m_ranks; ///< [row][rank | expert]
};

double valueOf(const Cell& cell, const Drawing& drawing)
{
    if (drawing.quantity == Quantity::Share)
        return 100 * cell.share;
    return drawing.quantity == Quantity::Ratio && drawing.toAll ? cell.toAll : cell.relative;
}

QByteArray record(const Cells& cells, const Drawing& drawing, std::size_t row, ExpertIndex expert)
{
    const LoadData& data = cells.data();
    const SiteIndex site = data.sites[row];
    const Cell cell = cells.of(row, expert);
    return csvPlace(data.shape, site) + QByteArray::number(expert.value) + ',' + QByteArray::number(qulonglong(cell.rank)) + ','
        + QByteArray::number(qulonglong(cell.count)) + ',' + csvNumber(cell.share) + ',' + csvNumber(cell.relative)
        + ',' + csvNumber(valueOf(cell, drawing)) + '\n';
}

QString readout(const Cells& cells, const Drawing& drawing, SiteIndex site, ExpertIndex expert)
{
    const LoadData& data = cells.data();
    const auto row = std::size_t(std::ranges::find(data.sites, site) - data.sites.begin());
    const Cell cell = cells.of(row, expert);
    const std::uint16_t experts = data.shape.sites[std::size_t(site)].numExperts;
    return joinedReadout({siteText(data.shape, site), "expert " + QString::number(expert.value),
        countText(cell.count) + (cell.count == 1 ? " choice" : " choices"),
        "share " + percentText(cell.share) + " (uniform " + percentText(1.0 / experts) + ")",
        drawing.toAll ? numberText(cell.toAll) + " of the whole trace's" : numberText(cell.relative) + " of uniform",
        "rank " + QString::number(cell.rank) + " of " + QString::number(experts),
        "n = " + countText(data.selected->tokens[std::size_t(site)]) + " tokens"});
}

Expected<ChartDataPtr> computeLoad(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    auto data = std::make_shared<LoadData>();
    const RoutingShape& shape = study.shape(question.trace);
    data->shape.sites = shape.sites;
    ES_ASSIGN(data->sites, study.sitesOf(question.trace, question.scope));
    data->trace = csvTrace(study.traces()[question.trace]);
    data->tokens = describeTokens(question.scope, shape);
    Scope drawnFrom = question.scope;
    drawnFrom.sample = 0; // a sample is looked at for what it says of these
    data->part = !describeTokens(drawnFrom, shape).empty();
    if (shape.sites.empty())
        return fail("has no routers to draw", study.traces()[question.trace].path.string());
    ES_ASSIGN(data->selected, study.load(question.trace, question.scope, progress));
    if (std::ranges::all_of(
            data->sites, [&](SiteIndex site) { return data->selected->choices[std::size_t(site)] == 0; }))
        return fail("holds no choices: nothing to draw", data->part ? data->tokens : "this trace");
    data->all = data->selected;
    if (data->part && question.params.text("against") == "all") {
        Scope whole;
        whole.sites = question.scope.sites;
        whole.layers = question.scope.layers;
        ES_ASSIGN(data->all, study.load(question.trace, whole, progress));
    }
    return data;
}

Expected<ChartPtr> drawLoad(const ChartDataPtr& computed, const Parameters& params, Look& look)
{
    const auto data = std::static_pointer_cast<const LoadData>(computed);
    const Drawing drawing = drawingOf(*data, params);
    const auto cells = std::make_shared<const Cells>(data);
    ExpertCells places(data->sites, data->shape);

    auto map = std::make_shared<HeatMap>();
    std::vector<float> values(places.experts.size(), float(kNaN));
    map->marks.assign(places.experts.size(), 0);
    const QString title = valueTitle(*data, drawing);
    QByteArray head = csvHead("load", {data->trace}, data->tokens,
        {"value: " + title,
            "count: tokens that chose the expert; share: count / choices of the layer; relative_load: count / mean "
            "count of the layer's experts (1 = uniform); rank: by count in the layer, 1 = most"});
    head += "layer,site,expert,rank,count,share,relative_load,value\n";
    for (std::size_t r = 0; r < places.sites.size(); ++r) {
        const auto& byLoad = cells->byLoad(r);
        for (std::size_t c = 0; c < byLoad.size(); ++c) {
            const std::uint16_t expert = drawing.byLoad ? byLoad[c] : std::uint16_t(c);
            const Cell cell = cells->of(r, ExpertIndex(expert));
            places.at(r, c) = expert;
            values[r * places.columns + c] = float(valueOf(cell, drawing));
            map->marks[r * places.columns + c] = cells->seen(r) && cell.count == 0;
        }
    }
    map->markTitle = "never chosen";
    map->centre = drawing.quantity == Quantity::Share ? 100.0 / double(places.columns) : 1;
    map->values = Pyramid(places.sites.size(), places.columns, std::move(values));

    auto picture = std::make_shared<Picture>();
    const auto meaning = drawing.quantity == Quantity::Share ? CellMeaning::Amount : CellMeaning::Ratio;
    ES_ASSIGN(picture->key, colourCells(look, *map, meaning, title));
    const Axis experts = drawing.byLoad ? expertCellAxis("Expert, by load in its layer", places.columns, 1)
                                        : expertCellAxis("Expert", places.columns);
    picture->panels = {{experts, siteAxis(places.sites, data->shape), {std::move(map)}}};
    ExpertMap::Words words;
    words.readout = [cells, drawing](
                        SiteIndex site, ExpertIndex expert) { return readout(*cells, drawing, site, expert); };
    words.csvHead = std::move(head);
    words.csvRecord = [cells, drawing](
                          std::size_t row, ExpertIndex expert) { return record(*cells, drawing, row, expert); };
    words.observations = [data](SiteIndex site, ExpertIndex expert) { return data->selected->count(site, expert); };
    return std::make_shared<ExpertMap>(std::move(picture), std::move(places), std::move(words));
}

}

ChartSpec loadChart()
{
    return {
        .name = "load",
        .title = "Load",
        .definition = "How often each expert of each layer is chosen, against uniform routing or the whole trace",
        .options = {{{.name = "metric",
                         .standard = "auto",
                         .meaning =
                             "relative load (1 = uniform), share of choices, or ratio of shares; auto: relative, "
                             "of a part of the tokens ratio",
                         .kind = ParameterSpec::Kind::Choices,
                         .choices = {"auto", "relative", "share", "ratio"}},
                        "Show"},
            {{.name = "against",
                 .standard = "uniform",
                 .meaning = "what a ratio compares with: uniform routing or all tokens of the trace",
                 .kind = ParameterSpec::Kind::Choices,
                 .choices = {"uniform", "all"}},
                "Against", true},
            {{.name = "sort",
                 .standard = "id",
                 .meaning = "experts of a layer by id or by load",
                 .kind = ParameterSpec::Kind::Choices,
                 .choices = {"id", "load"}},
                "Sort"}},
        .metrics = [](const Parameters&) { return std::vector<MetricRequest>{{"load"}}; },
        .compute = computeLoad,
        .draw = drawLoad,
    };
}

}
