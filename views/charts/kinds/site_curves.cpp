// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/site_curves.h"

#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace expertscope {

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Layers as the model counts them, where each has one router; else routers are counted.
bool layersTell(const SiteSeries& series)
{
    return std::ranges::adjacent_find(series.rows, std::greater_equal(), [&](const ResultRow& row) {
        return series.shape.sites[std::size_t(*row.site)].layer;
    }) == series.rows.end();
}

}

SiteCurves::SiteCurves(QString quantity, QString unit, bool counted, std::vector<SiteSeries> series, QByteArray csvHead)
    : m_quantity(std::move(quantity))
    , m_unit(std::move(unit))
    , m_counted(counted)
    , m_series(std::move(series))
    , m_csv(std::move(csvHead))
{
    draw();
    m_csv += table();
}

void SiteCurves::draw()
{
    const bool layers = std::ranges::all_of(m_series, layersTell);
    Curves curves;
    for (std::size_t i = 0; i < m_series.size(); ++i) {
        const SiteSeries& series = m_series[i];
        Curve curve;
        curve.name = series.name;
        curve.colour = int(i);
        const bool intervals =
            std::ranges::any_of(series.rows, [](const ResultRow& row) { return row.interval.has_value(); });
        for (const ResultRow& row : series.rows) {
            curve.x.push_back(layers ? series.shape.sites[std::size_t(*row.site)].layer : row.site->value);
            curve.y.push_back(row.value.value_or(kNaN));
            if (intervals) {
                curve.low.push_back(row.interval ? row.interval->first : kNaN);
                curve.high.push_back(row.interval ? row.interval->second : kNaN);
            }
        }
        curves.curves.push_back(std::move(curve));
        m_lines.push_back({i, false});
    }
    for (std::size_t i = 0; i < m_series.size(); ++i)
        drawUniform(curves, i);
    auto picture = std::make_shared<Picture>();
    const Axis sites{layers ? "Layer" : "Router", Axis::Scale::Linear, 0, 0, true};
    const QString title = m_unit.isEmpty() ? m_quantity : m_quantity + ' ' + unbroken('(' + m_unit + ')');
    const Axis values{title, Axis::Scale::Linear, 0, 0, m_counted};
    picture->panels = {{sites, values, {std::move(curves)}}};
    m_picture = std::move(picture);
}

void SiteCurves::drawUniform(Curves& curves, std::size_t i)
{
    Curve chance;
    chance.x = curves.curves[i].x;
    for (const ResultRow& row : m_series[i].rows)
        chance.y.push_back(row.uniform.value_or(kNaN));
    chance.colour = -1;
    chance.dashed = true;
    chance.points = false;
    if (std::ranges::all_of(chance.y, [](double v) { return std::isnan(v); }))
        return;
    bool first = true;
    for (std::size_t c = 0; c < curves.curves.size(); ++c) {
        if (!m_lines[c].uniform)
            continue;
        first = false;
        const Curve& drawn = curves.curves[c];
        const bool same = drawn.x == chance.x && std::ranges::equal(drawn.y, chance.y, [](double a, double b) {
            return std::abs(a - b) < 1e-9 * (1 + std::abs(a));
        });
        if (same)
            return;
    }
    chance.name = first ? QString("uniform routing") : "uniform, " + m_series[i].name;
    curves.curves.push_back(std::move(chance));
    m_lines.push_back({i, true});
}

const ResultRow* SiteCurves::rowOf(const Mark& mark) const
{
    if (mark.panel != 0 || mark.layer != 0 || mark.row >= m_lines.size())
        return nullptr;
    const auto& rows = m_series[m_lines[mark.row].series].rows;
    return mark.column < rows.size() ? &rows[mark.column] : nullptr;
}

std::optional<Subject> SiteCurves::subject(const Mark& mark) const
{
    const ResultRow* const row = rowOf(mark);
    if (!row || !(m_lines[mark.row].uniform ? row->uniform : row->value))
        return {};
    return Subject{.site = row->site};
}

std::vector<Mark> SiteCurves::marks(const Subject& wanted) const
{
    std::vector<Mark> marks;
    for (std::size_t line = 0; line < m_lines.size(); ++line) {
        for (std::size_t i = 0; i < m_series[m_lines[line].series].rows.size(); ++i) {
            const Mark mark{0, 0, std::uint32_t(line), std::uint32_t(i)};
            if (const auto here = subject(mark); here && agree(*here, wanted))
                marks.push_back(mark);
        }
    }
    return marks;
}

QString SiteCurves::readout(const Mark& mark) const
{
    const ResultRow* const row = rowOf(mark);
    if (!row || !subject(mark))
        return {};
    const SiteSeries& series = m_series[m_lines[mark.row].series];
    const QString unit = m_unit.isEmpty() ? QString() : ' ' + m_unit;
    QString value = row->value ? numberText(*row->value) + unit : QString("–");
    if (row->uniform)
        value += " (uniform " + numberText(*row->uniform) + ')';
    if (row->interval)
        value += " [" + numberText(row->interval->first) + ", " + numberText(row->interval->second) + ']';
    return joinedReadout({siteText(series.shape, *row->site), m_series.size() > 1 ? series.name : QString(),
        m_quantity.startsWith("KL") ? m_quantity : m_quantity.left(1).toLower() + m_quantity.mid(1), value,
        "n = " + countText(row->n)});
}

QByteArray SiteCurves::table() const
{
    QByteArray csv = "trace,layer,site,metric,value,lower,upper,unit,n,uniform,undefined\n";
    for (const SiteSeries& series : m_series) {
        for (const ResultRow& row : series.rows) {
            csv += csvText(series.name.toStdString()) + ','
                + QByteArray::number(series.shape.sites[std::size_t(*row.site)].layer) + ','
                + QByteArray::number(row.site->value) + ',' + csvText(row.metric) + ','
                + csvNumber(row.value.value_or(kNaN)) + ',' + csvNumber(row.interval ? row.interval->first : kNaN) + ','
                + csvNumber(row.interval ? row.interval->second : kNaN) + ',' + csvText(row.unit) + ','
                + QByteArray::number(qulonglong(row.n)) + ',' + csvNumber(row.uniform.value_or(kNaN)) + ','
                + csvText(row.undefined) + '\n';
        }
    }
    return csv;
}

}
