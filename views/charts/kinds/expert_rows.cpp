// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/expert_rows.h"

#include "views/charts/kinds/one_site.h"
#include "views/charts/not_a_number.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

double valueOf(const ResultRow* row, const ExpertRowWords& words)
{
    if (!row || !row->value)
        return kNaN;
    if (!words.ratio)
        return words.factor * *row->value;
    return row->uniform.value_or(0) > 0 ? *row->value / *row->uniform : kNaN;
}

}

std::vector<std::vector<const ResultRow*>> ExpertRows::rowsOf(
    const std::string& metric, const std::optional<std::pair<std::string, std::string>>& label) const
{
    std::vector<std::vector<const ResultRow*>> found(sites.size());
    std::vector<std::size_t> places(shape.sites.size(), sites.size());
    for (std::size_t i = 0; i < sites.size(); ++i) {
        found[i].resize(shape.sites[std::size_t(sites[i])].numExperts);
        places[std::size_t(sites[i])] = i;
    }
    for (const ResultsPtr& part : results) {
        for (const ResultRow& row : part->rows) {
            if (row.metric != metric || !row.site || !row.expert || row.label != label)
                continue;
            if (const std::size_t place = places[std::size_t(*row.site)]; place < sites.size())
                found[place][std::size_t(*row.expert)] = &row;
        }
    }
    return found;
}

Expected<std::shared_ptr<ExpertRows>> computeExpertRows(const Study& study, const ChartQuestion& question,
    const std::vector<MetricRequest>& metrics, const std::string& by, const Progress& progress)
{
    auto data = std::make_shared<ExpertRows>();
    const RoutingShape& shape = study.shape(question.trace);
    data->shape.sites = shape.sites;
    if (shape.sites.empty())
        return fail("has no routers to draw", study.traces()[question.trace].path.string());
    ES_ASSIGN(data->sites, study.sitesOf(question.trace, question.scope));
    data->trace = csvTrace(study.traces()[question.trace]);
    data->tokens = describeTokens(question.scope, shape);
    MetricQuestion asked;
    asked.metrics = metrics;
    asked.scope = question.scope;
    asked.by = by;
    ES_ASSIGN(data->results, study.metrics(question.trace, asked, progress));
    return data;
}

Expected<ChartPtr> drawExpertRows(
    const ExpertRowsPtr& data, std::vector<std::vector<const ResultRow*>> rows, const ExpertRowWords& words, Look& look)
{
    ExpertCells places(data->sites, data->shape);
    auto map = std::make_shared<HeatMap>();
    std::vector<float> values(places.experts.size(), float(kNaN));
    bool any = false;
    for (std::size_t r = 0; r < rows.size(); ++r) {
        for (std::size_t e = 0; e < rows[r].size(); ++e) {
            const double value = valueOf(rows[r][e], words);
            if (std::isnan(value))
                continue;
            any = true;
            places.at(r, e) = std::uint16_t(e);
            values[r * places.columns + e] = float(value);
        }
    }
    if (!any)
        return nothingToDraw(*data->results.front(), data->tokens, words.chart);
    map->centre = words.centre;
    map->values = Pyramid(places.sites.size(), places.columns, std::move(values));
    auto picture = std::make_shared<Picture>();
    ES_ASSIGN(picture->key, colourCells(look, *map, words.meaning, words.title));
    picture->panels = {
        {expertCellAxis("Expert", places.columns), siteAxis(places.sites, data->shape), {std::move(map)}}};
    picture->note = words.note;
    const auto shared = std::make_shared<const std::vector<std::vector<const ResultRow*>>>(std::move(rows));
    ExpertMap::Words said;
    std::vector<QString> lines = words.csvLines;
    lines.push_back("value: " + words.title);
    said.csvHead = csvHead(words.chart, {data->trace}, data->tokens, lines);
    said.csvHead += words.members.empty() ? "layer,site,expert,metric,measured,uniform,n,value\n"
                                          : "layer,site,expert,metric,measured,uniform,n,member,value\n";
    said.csvRecord = [data, shared, words](std::size_t row, ExpertIndex expert) {
        const ResultRow& of = *(*shared)[row][std::size_t(expert)];
        return csvPlace(data->shape, *of.site) + QByteArray::number(expert.value) + ',' + csvText(of.metric)
            + ',' + csvNumber(*of.value) + ',' + csvNumber(of.uniform.value_or(kNaN)) + ','
            + QByteArray::number(qulonglong(of.n)) + ','
            + (words.members.empty()                          ? ""
                    : words.members[row][std::size_t(expert)] ? "1,"
                                                              : "0,")
            + csvNumber(valueOf(&of, words)) + '\n';
    };
    said.readout = [data, shared, words](SiteIndex site, ExpertIndex expert) {
        const auto row = std::size_t(std::ranges::find(data->sites, site) - data->sites.begin());
        const ResultRow& of = *(*shared)[row][std::size_t(expert)];
        QString value = words.what + ' ' + words.said(*of.value);
        if (of.uniform)
            value += " (uniform " + words.said(*of.uniform) + ')';
        const bool member = !words.members.empty() && words.members[row][std::size_t(expert)];
        return joinedReadout({siteText(data->shape, site), "expert " + QString::number(expert.value), value,
            words.ratio ? numberText(valueOf(&of, words)) + " of uniform" : QString(),
            member ? words.memberTitle : QString(), of.n ? "n = " + countText(of.n) + ' ' + words.counted : QString()});
    };
    return std::make_shared<ExpertMap>(std::move(picture), std::move(places), std::move(said));
}

}
