// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/load/load_map.h"

#include "views/paint/axis_ticks.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

namespace expertscope {

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

QString selectionText(const FigureSpec& spec)
{
    QStringList parts;
    for (const auto& filter : spec.where)
        parts << QString::fromStdString(filter.label) + "=" + QString::fromStdString(filter.value);
    return parts.join(", ");
}

QString valueTitle(const FigureSpec& spec)
{
    const QString selection = selectionText(spec);
    switch (spec.metric) {
    case LoadMetric::Relative:
        return "Relative load (1 = uniform)";
    case LoadMetric::Share:
        return "Share of choices (%)";
    case LoadMetric::Ratio:
        break;
    }
    const QString base = spec.against == Against::All ? "whole trace" : "uniform";
    return selection.isEmpty() ? "Share / " + base : "Share in " + selection + " / " + base;
}

double metricValue(const LoadCell& cell, const FigureSpec& spec)
{
    switch (spec.metric) {
    case LoadMetric::Relative:
        return cell.relative;
    case LoadMetric::Share:
        return 100 * cell.share;
    case LoadMetric::Ratio:
        return spec.against == Against::All ? cell.ratioToAll : cell.relative;
    }
    return kNaN;
}

QByteArray text(double value)
{
    return std::isnan(value) ? QByteArray() : QByteArray::number(value, 'g', 9);
}

QByteArray oneLine(const QString& s)
{
    return s.simplified().toUtf8();
}

QByteArray csvHeader(const FigureSpec& spec)
{
    QByteArray csv = "# " + oneLine(spec.tool) + ", figure load\n# trace: " + oneLine(spec.tracePath);
    if (!spec.traceUuid.isEmpty())
        csv += " uuid " + oneLine(spec.traceUuid);
    const QString selection = selectionText(spec);
    csv += "\n# tokens: " + (selection.isEmpty() ? QByteArray("all") : oneLine(selection));
    csv += "\n# value: " + oneLine(valueTitle(spec));
    csv += "\n# count: tokens that chose the expert; share: count / choices of the layer; relative_load: count / mean "
           "count of the layer's experts (1 = uniform); rank: by count in the layer, 0 = most\n";
    return csv + "layer,site,expert,rank,count,share,relative_load,value\n";
}

}

LoadMap::LoadMap(const LoadTables& tables, const FigureSpec& spec)
    : m_tables(tables)
{
    const auto& sites = tables.shape->sites;
    const std::size_t rows = sites.size();
    assert(tables.selected->choices.size() == rows && tables.all->choices.size() == rows);
    m_columns = 0;
    for (const Site& site : sites)
        m_columns = std::max<std::size_t>(m_columns, site.numExperts);
    m_experts.assign(rows * m_columns, kNoExpert);
    m_ranks.assign(rows * m_columns, 0);

    auto map = std::make_shared<HeatMap>();
    std::vector<float> values(rows * m_columns, float(kNaN));
    map->marks.assign(rows * m_columns, 0);
    map->csv = csvHeader(spec);
    for (std::size_t r = 0; r < rows; ++r) {
        map->rowNames.push_back(sites[r].layer);
        const std::size_t experts = sites[r].numExperts;
        std::vector<std::uint16_t> byLoad(experts);
        std::iota(byLoad.begin(), byLoad.end(), std::uint16_t(0));
        std::stable_sort(byLoad.begin(), byLoad.end(), [&](std::uint16_t a, std::uint16_t b) {
            return tables.selected->count(SiteIndex(std::uint16_t(r)), ExpertIndex(a))
                > tables.selected->count(SiteIndex(std::uint16_t(r)), ExpertIndex(b));
        });
        for (std::size_t i = 0; i < experts; ++i)
            m_ranks[r * m_columns + byLoad[i]] = std::uint16_t(i);
        for (std::size_t c = 0; c < experts; ++c) {
            const std::uint16_t expert = spec.sort == SortExperts::ByLoad ? byLoad[c] : std::uint16_t(c);
            const std::size_t at = r * m_columns + c;
            m_experts[at] = expert;
            const LoadCell cell = describe(r, expert);
            const double value = metricValue(cell, spec);
            values[at] = float(value);
            map->marks[at] = tables.selected->choices[r] > 0 && cell.count == 0;
            map->csv += QByteArray::number(cell.layer) + ',' + QByteArray::number(qulonglong(r)) + ','
                + QByteArray::number(expert) + ',' + QByteArray::number(qulonglong(cell.rank)) + ','
                + QByteArray::number(qulonglong(cell.count)) + ',' + text(cell.share) + ',' + text(cell.relative) + ','
                + text(value) + '\n';
        }
    }
    for (std::size_t c = 0; c < m_columns; ++c)
        map->columnNames.push_back(int(c));
    map->rowTitle = "Layer";
    map->columnTitle = spec.sort == SortExperts::ByLoad ? "Expert, by load in its layer" : "Expert";
    map->valueTitle = valueTitle(spec);
    map->markTitle = "never chosen";
    map->centre = spec.metric == LoadMetric::Share && m_columns > 0 ? 100.0 / double(m_columns) : 1;
    map->values = Pyramid(rows, m_columns, std::move(values));
    m_map = std::move(map);
}

LoadCell LoadMap::describe(std::size_t r, std::size_t expert) const
{
    const SiteIndex site{std::uint16_t(r)};
    const ExpertIndex e{std::uint16_t(expert)};
    const Site& s = m_tables.shape->sites[r];
    LoadCell cell;
    cell.site = site;
    cell.expert = e;
    cell.layer = s.layer;
    cell.rank = m_ranks[r * m_columns + expert];
    cell.count = m_tables.selected->count(site, e);
    const double choices = double(m_tables.selected->choices[r]), allChoices = double(m_tables.all->choices[r]);
    cell.share = choices > 0 ? double(cell.count) / choices : kNaN;
    cell.relative = cell.share * s.numExperts;
    const double inAll = allChoices > 0 ? double(m_tables.all->count(site, e)) / allChoices : kNaN;
    cell.ratioToAll = inAll > 0 ? cell.share / inAll : kNaN;
    return cell;
}

std::optional<LoadCell> LoadMap::cell(std::size_t row, std::size_t column) const
{
    if (row >= m_map->rows() || column >= m_columns || m_experts[row * m_columns + column] == kNoExpert)
        return {};
    return describe(row, m_experts[row * m_columns + column]);
}

Expected<ColourScale> resolveScale(FigureSpec& spec, const HeatMap& map)
{
    const bool ratio = spec.metric == LoadMetric::Ratio;
    if (spec.colours.isEmpty())
        spec.colours = ratio ? "vik" : "viridis";
    ES_ASSIGN(ColourTable table, colourTable(spec.colours));
    if (!spec.scale)
        spec.scale = ratio ? ScaleKind::Log2 : ScaleKind::Linear;
    if (!spec.reducer)
        spec.reducer = ratio ? Reducer::Extreme : Reducer::Max;
    if (!spec.limits) {
        double least = std::numeric_limits<double>::infinity(), largest = -least;
        for (const float v : map.values.values()) {
            if (std::isnan(v) || (*spec.scale == ScaleKind::Log2 && v <= 0))
                continue;
            least = std::min(least, double(v));
            largest = std::max(largest, double(v));
        }
        spec.limits = roundLimits(*spec.scale, least, largest);
    }
    ColourScale scale;
    scale.table = table;
    scale.kind = *spec.scale;
    scale.low = spec.limits->first;
    scale.high = spec.limits->second;
    return scale;
}

Expected<Figure> resolveLoadFigure(const FigureSpec& spec, const LoadMap& load, const QDateTime& created)
{
    Figure figure;
    figure.spec = spec;
    figure.map = load.map();
    figure.created = created;
    const HeatMap& map = *figure.map;
    if (map.rows() == 0 || map.columns() == 0)
        return fail("has no routers to draw", spec.tracePath.toStdString());
    ES_ASSIGN(figure.scale, resolveScale(figure.spec, map));
    if (figure.spec.xTitle.isEmpty())
        figure.spec.xTitle = map.columnTitle;
    if (figure.spec.yTitle.isEmpty())
        figure.spec.yTitle = map.rowTitle;
    if (figure.spec.valueTitle.isEmpty())
        figure.spec.valueTitle = map.valueTitle;
    if (figure.spec.heightMm == 0) {
        // Square cells where that gives a sensible page.
        const double plotWidth = spec.widthMm * 0.78;
        const double wanted = plotWidth * double(map.rows()) / double(map.columns()) + spec.fontSizePt * 1.4;
        figure.spec.heightMm = std::round(std::clamp(wanted, 0.4 * spec.widthMm, 0.9 * spec.widthMm) * 10) / 10;
    }
    ES_TRY(checkFigureSpec(figure.spec, spec.tracePath));
    return figure;
}

}
