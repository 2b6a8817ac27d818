// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/curve_series.h"

#include "io/base/named.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace expertscope {

namespace {

constexpr double kMostCounted = 512;

using Dimensions = std::map<std::string, std::string>; ///< "m" -> "16", "ids" -> "next"

std::string textOf(const ParameterValue& value)
{
    if (const auto* number = std::get_if<double>(&value))
        return QString::number(*number, 'g', 9).toStdString();
    return std::get<std::string>(value);
}

/// The name of its column: the table has columns of its own.
QByteArray columnOf(const std::string& name)
{
    static const std::set<std::string> taken{
        "trace", "layer", "site", "metric", "value", "lower", "upper", "unit", "n", "uniform", "undefined"};
    return csvText(taken.contains(name) ? "asked_" + name : name);
}

/// A row that is drawn, and what tells it from the others of its quantity.
struct Candidate
{
    std::size_t trace;
    const ResultRow* row;
    double x;
    Dimensions dimensions; ///< without what stands below
};

/// "7" or the middle of "4-11".
std::optional<double> numberOf(const std::string& text)
{
    const QStringList parts = QString::fromStdString(text).split('-');
    double sum = 0;
    for (const QString& part : parts) {
        bool ok = false;
        sum += part.toDouble(&ok);
        if (!ok)
            return {};
    }
    return sum / double(parts.size());
}

/// Of all traces: layers as the model counts them where each has one router, else routers are counted.
bool layersTell(const CurveAnswer& answer)
{
    return std::ranges::all_of(answer.traces, [](const CurveRows& trace) {
        std::set<SiteIndex> seen;
        for (const ResultRow& row : trace.rows) {
            if (row.site)
                seen.insert(*row.site);
        }
        return std::ranges::adjacent_find(seen, std::greater_equal(), [&](SiteIndex site) {
            return trace.shape.sites[std::size_t(site)].layer;
        }) == seen.end();
    });
}

class Panels
{
public:
    Panels(const CurveTable& table, const CurveAnswer& answer, const CurveView& view)
        : m_table(table)
        , m_answer(answer)
        , m_view(view)
        , m_against(againstOf(table, view))
        , m_overLayers(view.over == "layer" || m_against)
        , m_layers(layersTell(answer))
    {
    }

    Expected<CurvePanels> make()
    {
        std::vector<std::vector<Candidate>> all;
        for (const CurveQuantity* quantity : m_view.quantities) {
            ES_ASSIGN(auto candidates, candidatesOf(*quantity));
            noteDimensions(candidates);
            all.push_back(std::move(candidates));
        }
        CurvePanels made;
        made.places = "trace";
        for (const std::string& name : m_varying)
            made.places += ',' + columnOf(name);
        if (m_overLayers || m_view.eachLayer)
            made.places += ",layer,site";
        if (!m_overLayers || m_against)
            made.places += ',' + columnOf(m_view.over);
        for (std::size_t i = 0; i < all.size(); ++i) {
            made.panels.push_back(panelOf(*m_view.quantities[i], all[i]));
            noteMissing(*m_view.quantities[i], all[i], made);
        }
        return made;
    }

private:
    static const char* againstOf(const CurveTable& table, const CurveView& view)
    {
        const CurveAxis* const axis = named(table.axes, view.over);
        return axis ? axis->row : nullptr;
    }

    std::optional<double> xOf(const CurveRows& trace, const ResultRow& row) const
    {
        if (m_against) {
            const ResultRow* const against = row.site ? partner(trace, row, m_against) : nullptr;
            return against ? against->value : std::nullopt;
        }
        if (m_overLayers)
            return row.site
                ? std::optional<double>(m_layers ? trace.shape.sites[std::size_t(*row.site)].layer : row.site->value)
                : std::nullopt;
        if (row.site.has_value() != m_view.eachLayer)
            return {};
        std::optional<double> x;
        if (const auto param = row.params.find(m_view.over); param != row.params.end())
            x = numberOf(textOf(param->second));
        else if (const auto other = row.other.find(m_view.over); other != row.other.end())
            x = numberOf(other->second);
        return x ? std::optional(*x / scale().units) : std::nullopt;
    }

    AxisScale scale() const
    {
        if (const auto given = m_answer.axes.find(m_view.over); given != m_answer.axes.end())
            return given->second;
        const CurveAxis* const axis = named(m_table.axes, m_view.over);
        return {axis ? axis->title : ""};
    }

    /// A part of `other` that can stand below is looked at only when it does.
    bool isPart(const ResultRow& row) const
    {
        return std::ranges::any_of(m_table.axes,
            [&](const CurveAxis& axis) { return axis.name != m_view.over && row.other.contains(axis.name); });
    }

    Dimensions dimensionsOf(const ResultRow& row) const
    {
        Dimensions dimensions;
        for (const auto& [name, value] : row.params) {
            if (name != "sites" && name != m_view.over) // "sites": how many a mean is over
                dimensions[name] = textOf(value);
        }
        for (const auto& [name, value] : row.other) {
            if (name != m_view.over)
                dimensions[name] = value;
        }
        if (row.label)
            dimensions[row.label->first] = row.label->second;
        return dimensions;
    }

    Expected<std::vector<Candidate>> candidatesOf(const CurveQuantity& quantity) const
    {
        std::vector<Candidate> found;
        std::string reason;
        bool anywhere = false, any = false;
        for (std::size_t t = 0; t < m_answer.traces.size(); ++t) {
            const CurveRows& trace = m_answer.traces[t];
            const auto isOfIt = [&](const ResultRow& row) { return row.metric == quantity.row && !row.expert; };
            const bool labelled = std::ranges::any_of(
                trace.rows, [&](const ResultRow& row) { return isOfIt(row) && row.label.has_value(); });
            for (const ResultRow& row : trace.rows) {
                if (!isOfIt(row))
                    continue;
                anywhere = anywhere || row.value;
                if (reason.empty())
                    reason = row.undefined;
                const auto x = xOf(trace, row);
                if (!x || isPart(row) || labelled != row.label.has_value())
                    continue;
                any = any || row.value;
                found.push_back({t, &row, *x, dimensionsOf(row)});
            }
        }
        if (anywhere && !any)
            return fail("is not known over '" + m_view.over + "'" + (m_view.eachLayer ? " of single layers" : ""),
                quantity.row, "choose another --over");
        if (!any)
            return fail("nothing to draw: " + (reason.empty() ? "there are no such rows" : reason), quantity.row);
        return found;
    }

    /// What rows of a quantity differ in is told in the table, whatever the quantity.
    void noteDimensions(const std::vector<Candidate>& candidates)
    {
        for (const std::string& name : varyingOf(candidates)) {
            if (std::ranges::find(m_varying, name) == m_varying.end())
                m_varying.push_back(name);
        }
    }

    std::vector<std::string> varyingOf(const std::vector<Candidate>& candidates) const
    {
        std::map<std::string, std::set<std::string>> values;
        for (const Candidate& candidate : candidates) {
            for (const auto& [name, value] : candidate.dimensions)
                values[name].insert(value);
        }
        std::vector<std::string> varying;
        if (!m_answer.by.empty() && values.contains(m_answer.by))
            varying.push_back(m_answer.by); // first, and were there one value alone
        for (const auto& [name, of] : values) {
            if (name != m_answer.by && of.size() > 1)
                varying.push_back(name);
        }
        return varying;
    }

    QString nameOf(const Candidate& candidate, const std::vector<std::string>& varying) const
    {
        QStringList parts;
        if (m_answer.traces.size() > 1 || (varying.empty() && m_overLayers))
            parts << m_answer.traces[candidate.trace].name;
        else if (varying.empty() && !m_view.eachLayer)
            parts << (m_answer.someLayers ? "layers kept" : "whole model");
        for (const std::string& name : varying) {
            const auto found = candidate.dimensions.find(name);
            if (found == candidate.dimensions.end())
                continue;
            QString value = QString::fromStdString(found->second);
            if (name != m_answer.by) // a word of ours
                value = numberOf(found->second) ? symbolOf(name) + " = " + value : value.replace('_', ' ');
            parts << value;
        }
        if (m_view.eachLayer && !m_overLayers)
            parts << layerName(candidate);
        return parts.join(", ");
    }

    /// Curves without a value, and those of which a single row says that there are none.
    void noteMissing(const CurveQuantity& quantity, const std::vector<Candidate>& candidates, CurvePanels& made) const
    {
        const auto add = [&](const std::string& reason, const QString& name) {
            if (QStringList& names = made.missing[reason]; !names.contains(name))
                names << name;
        };
        for (const RowSeries& series : made.panels.back().series) {
            if (!hasValues(series))
                add(series.points.front().row.undefined, series.name);
        }
        const std::vector<std::string> varying = varyingOf(candidates);
        for (std::size_t t = 0; t < m_answer.traces.size(); ++t) {
            for (const ResultRow& row : m_answer.traces[t].rows) {
                if (row.metric != quantity.row || row.site || row.undefined.empty() || row.params.contains(m_view.over))
                    continue;
                const Candidate none{t, &row, 0, dimensionsOf(row)};
                const bool drawn = std::ranges::any_of(candidates, [&](const Candidate& candidate) {
                    return candidate.trace == t && candidate.dimensions == none.dimensions;
                });
                if (!drawn && !isPart(row) && m_overLayers)
                    add(row.undefined, nameOf(none, varying));
            }
        }
    }

    QString symbolOf(const std::string& name) const
    {
        const CurveParameter* const parameter = named(m_table.parameters, name);
        return parameter && parameter->symbol ? QString(parameter->symbol) : QString::fromStdString(name);
    }

    QString layerName(const Candidate& candidate) const
    {
        const SiteIndex site = *candidate.row->site;
        return m_layers ? QString("layer %1").arg(m_answer.traces[candidate.trace].shape.sites[std::size_t(site)].layer)
                        : QString("router %1").arg(site.value);
    }

    RowPanel panelOf(const CurveQuantity& quantity, const std::vector<Candidate>& candidates) const
    {
        RowPanel panel;
        panel.quantity = quantity.title;
        panel.unit = quantity.unit;
        panel.counted = quantity.counted;
        panel.beside = quantity.beside;
        panel.x = axisOf(candidates);
        panel.ordered = m_view.eachLayer;
        panel.scatter = m_against != nullptr;
        const std::vector<std::string> varying = varyingOf(candidates);
        std::map<std::tuple<std::size_t, Dimensions, int>, std::size_t> places;
        for (const Candidate& candidate : candidates) {
            const int site = m_overLayers || !candidate.row->site ? -1 : int(candidate.row->site->value);
            const auto [entry, isNew] =
                places.try_emplace({candidate.trace, candidate.dimensions, site}, panel.series.size());
            if (isNew)
                panel.series.push_back({nameOf(candidate, varying), {}});
            panel.series[entry->second].points.push_back(pointOf(quantity, candidate));
        }
        for (RowSeries& series : panel.series)
            std::ranges::stable_sort(series.points, {}, &RowPoint::x);
        return panel;
    }

    RowPoint pointOf(const CurveQuantity& quantity, const Candidate& candidate) const
    {
        const ResultRow& row = *candidate.row;
        const CurveRows& trace = m_answer.traces[candidate.trace];
        RowPoint point;
        point.x = candidate.x;
        point.row = row;
        point.subject.site = row.site;
        if (row.label)
            point.subject.label = LabelFilter{row.label->first, row.label->second};
        point.band = row.interval;
        if (quantity.quantiles && row.value && !point.band) {
            const ResultRow* const low = partner(trace, row, std::string(quantity.quantiles) + ".q05");
            const ResultRow* const high = partner(trace, row, std::string(quantity.quantiles) + ".q95");
            if (low && high && low->value && high->value)
                point.band = {{*low->value, *high->value}};
        }
        if (quantity.beside) {
            const std::string metric =
                std::string(quantity.row).substr(0, std::string(quantity.row).find('.') + 1) + quantity.beside->column;
            if (const ResultRow* const beside = partner(trace, row, metric))
                point.beside = beside->value;
        }
        placePoint(candidate, point);
        return point;
    }

    void placePoint(const Candidate& candidate, RowPoint& point) const
    {
        const ResultRow& row = *candidate.row;
        const CurveRows& trace = m_answer.traces[candidate.trace];
        point.fields = csvText(trace.name.toStdString());
        for (const std::string& name : m_varying) {
            const auto found = candidate.dimensions.find(name);
            point.fields += ',' + (found == candidate.dimensions.end() ? QByteArray() : csvText(found->second));
        }
        if (m_overLayers || m_view.eachLayer)
            point.fields += ',' + QByteArray::number(trace.shape.sites[std::size_t(*row.site)].layer) + ','
                + QByteArray::number(row.site->value);
        if (m_overLayers) {
            point.where = siteText(trace.shape, *row.site);
            if (m_against)
                point.fields += ',' + csvNumber(candidate.x);
            return;
        }
        const auto param = row.params.find(m_view.over);
        const std::string value = param != row.params.end() ? textOf(param->second) : row.other.at(m_view.over);
        point.fields += ',' + csvText(value);
        point.where = QString::fromStdString(m_view.over + (param != row.params.end() ? " = " : " ") + value);
    }

    /// The row of another metric at the same place.
    static const ResultRow* partner(const CurveRows& trace, const ResultRow& row, const std::string& metric)
    {
        const auto found = std::ranges::find_if(trace.rows, [&](const ResultRow& other) {
            return other.metric == metric && other.site == row.site && other.label == row.label && !other.expert
                && other.params == row.params && other.other == row.other;
        });
        return found == trace.rows.end() ? nullptr : &*found;
    }

    Axis axisOf(const std::vector<Candidate>& candidates) const
    {
        if (m_against)
            return {scale().title, Axis::Scale::Linear};
        if (m_overLayers)
            return {m_layers ? "Layer" : "Router", Axis::Scale::Linear, 0, 0, true};
        std::set<double> values;
        for (const Candidate& candidate : candidates)
            values.insert(candidate.x);
        const bool doubled = values.size() > 2 && *values.begin() > 0 && *values.rbegin() / *values.begin() >= 8
            && std::ranges::all_of(values, [](double v) { return std::log2(v) == std::round(std::log2(v)); });
        // A whole axis counts: windows, GPUs; not the tokens of a training, nor middles of parts.
        const bool whole = *values.rbegin() - *values.begin() <= kMostCounted
            && candidates.front().row->params.contains(m_view.over)
            && std::ranges::all_of(values, [](double v) { return v == std::round(v); });
        AxisScale axis = scale();
        if (m_view.quantities.size() == 1) // else panels one above the other are alike
            axis.low = axis.high = 0;
        const double low = axis.low / axis.units, high = axis.high / axis.units, room = 0.03 * (high - low);
        return {axis.title, doubled ? Axis::Scale::Log2 : Axis::Scale::Linear, low - room, high + room, whole};
    }

    const CurveTable& m_table;
    const CurveAnswer& m_answer;
    const CurveView& m_view;
    const char* m_against; ///< row that stands below, or null
    bool m_overLayers, m_layers;
    std::vector<std::string> m_varying; ///< columns of the table
};

}

Expected<CurvePanels> panelsOf(const CurveTable& table, const CurveAnswer& answer, const CurveView& view)
{
    return Panels(table, answer, view).make();
}

}
