// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/row_curves.h"

#include "views/charts/not_a_number.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace expertscope {

namespace {

/// Which of the series that are to be seen have a colour of their own: all, unless they are too many.
std::vector<std::size_t> chosenSeries(const RowPanel& panel)
{
    std::vector<std::size_t> seen;
    for (std::size_t i = 0; i < panel.series.size(); ++i) {
        if (hasValues(panel.series[i]))
            seen.push_back(i);
    }
    if (seen.size() <= kMostColours)
        return seen;
    std::vector<std::size_t> chosen;
    if (panel.ordered) {
        for (std::size_t c = 0; c < kMostColours; ++c)
            chosen.push_back(seen[c * (seen.size() - 1) / (kMostColours - 1)]);
        return chosen;
    }
    std::ranges::stable_sort(seen, std::greater(), [&](std::size_t i) {
        std::uint64_t n = 0;
        for (const RowPoint& point : panel.series[i].points)
            n += point.row.n;
        return n;
    });
    chosen.assign(seen.begin(), seen.begin() + kMostColours);
    std::ranges::sort(chosen);
    return chosen;
}

std::vector<int> coloursOf(const RowPanel& panel)
{
    std::vector<int> colours(panel.series.size(), kGreySeries);
    const std::vector<std::size_t> chosen = chosenSeries(panel);
    for (std::size_t c = 0; c < chosen.size(); ++c)
        colours[chosen[c]] = int(c);
    return colours;
}

QString inWords(const QString& title)
{
    const bool word = title.size() > 1 && title[1].isLower(); // no abbreviation
    return word ? title.left(1).toLower() + title.mid(1) : title;
}

QString valueWords(const RowPanel& panel, const RowPoint& point)
{
    const ResultRow& row = point.row;
    const QString unit = panel.unit.isEmpty() ? QString() : ' ' + panel.unit;
    QString value = row.value ? numberText(*row.value) + unit : QString("–");
    if (row.uniform)
        value += " (uniform " + numberText(*row.uniform) + ')';
    if (panel.beside && point.beside)
        value += QString(" (%1 %2)").arg(panel.beside->name, numberText(*point.beside));
    if (point.band)
        value += " [" + numberText(point.band->first) + ", " + numberText(point.band->second) + ']';
    return value;
}

QString words(const RowPanel& panel, const RowSeries& series, const RowPoint& point)
{
    return joinedReadout({point.where, panel.series.size() > 1 ? series.name : QString(), inWords(panel.quantity),
        valueWords(panel, point), "n = " + countText(point.row.n)});
}

bool allUndefined(const std::vector<double>& values)
{
    return std::ranges::all_of(values, [](double v) { return std::isnan(v); });
}

/// Two curves that a reader could not tell apart where both are.
bool same(const Curve& a, const Curve& b)
{
    return a.x == b.x && std::ranges::equal(a.y, b.y, [](double v, double w) {
        return std::isnan(v) || std::isnan(w) || std::abs(v - w) < 1e-9 * (1 + std::abs(v));
    });
}

Curve reference(const RowSeries& series, std::optional<double> (*valueOf)(const RowPoint&))
{
    Curve curve;
    curve.colour = -1;
    curve.points = false;
    for (const RowPoint& point : series.points) {
        curve.x.push_back(point.x);
        curve.y.push_back(valueOf(point).value_or(kNaN));
    }
    return curve;
}

/// Shares that come near 1, or 100 %, end there, not at the next round number.
Axis valueAxis(const RowPanel& panel, const Curves& curves)
{
    const QString title =
        panel.unit.isEmpty() ? panel.quantity : panel.quantity + ' ' + unbroken('(' + panel.unit + ')');
    Axis axis{title, Axis::Scale::Linear, 0, 0, panel.counted};
    double least = INFINITY, largest = -INFINITY;
    for (const Curve& curve : curves.curves) {
        for (const std::vector<double>* values : {&curve.y, &curve.low, &curve.high}) {
            for (const double v : *values) {
                least = std::fmin(least, v);
                largest = std::fmax(largest, v);
            }
        }
    }
    const double all = panel.unit == "%" ? 100 : 1;
    if (least >= 0 && least < 0.6 * all && largest > 0.94 * all && largest <= all)
        axis.high = 1.03 * all; // room for a dot
    return axis;
}

/// Columns for what panels are drawn beside, each once.
std::vector<QByteArray> besideColumns(const std::vector<RowPanel>& panels)
{
    std::vector<QByteArray> columns;
    for (const RowPanel& panel : panels) {
        if (panel.beside && std::ranges::find(columns, QByteArray(panel.beside->column)) == columns.end())
            columns.emplace_back(panel.beside->column);
    }
    return columns;
}

}

RowSeries& seriesOf(RowPanel& panel, const QString& name)
{
    const auto known = std::ranges::find(panel.series, name, &RowSeries::name);
    return known != panel.series.end() ? *known : panel.series.emplace_back(RowSeries{name});
}

bool hasValues(const RowSeries& series)
{
    return std::ranges::any_of(series.points, [](const RowPoint& point) { return point.row.value.has_value(); });
}

RowCurves::RowCurves(std::vector<RowPanel> panels, QByteArray head, const QByteArray& places, QString note)
    : m_csv(std::move(head))
{
    auto picture = std::make_shared<Picture>();
    picture->note = std::move(note);
    picture->columns = panels.size() == 4 ? 2 : std::min<std::size_t>(panels.size(), 3); // a narrow page has fewer
    for (const RowPanel& panel : panels) {
        Drawing drawing = drawn(panel);
        Axis values = valueAxis(panel, drawing.curves);
        picture->panels.push_back({panel.x, std::move(values), {std::move(drawing.curves)}});
        m_lines.push_back(std::move(drawing.lines));
    }
    m_picture = std::move(picture);
    m_csv += table(panels, places);
}

RowCurves::Drawing RowCurves::drawn(const RowPanel& panel)
{
    Drawing drawing;
    drawSeries(panel, drawing);
    drawUniform(panel, drawing);
    if (panel.beside && panel.beside->floor)
        drawFloor(panel, drawing);
    else if (panel.beside)
        drawBeside(panel, drawing);
    return drawing;
}

void RowCurves::drawSeries(const RowPanel& panel, Drawing& into)
{
    const std::vector<int> colours = coloursOf(panel);
    for (std::size_t i = 0; i < panel.series.size(); ++i) {
        const RowSeries& series = panel.series[i];
        Curve curve;
        Line line;
        curve.colour = colours[i];
        curve.line = !panel.scatter;
        const bool bands =
            std::ranges::any_of(series.points, [](const RowPoint& point) { return point.band.has_value(); });
        for (const RowPoint& point : series.points) {
            curve.x.push_back(point.x);
            curve.y.push_back(point.row.value.value_or(kNaN));
            if (bands) {
                curve.low.push_back(point.band ? point.band->first : kNaN);
                curve.high.push_back(point.band ? point.band->second : kNaN);
            }
            line.push_back({point.subject, point.row.value ? words(panel, series, point) : QString()});
        }
        if (curve.colour != kGreySeries)
            curve.name = series.name;
        into.curves.curves.push_back(std::move(curve));
        into.lines.push_back(std::move(line));
    }
}

void RowCurves::drawUniform(const RowPanel& panel, Drawing& into)
{
    std::vector<std::pair<Curve, const RowSeries*>> all;
    const std::vector<int> colours = coloursOf(panel);
    for (std::size_t s = 0; s < panel.series.size(); ++s) {
        const RowSeries& series = panel.series[s];
        Curve chance = reference(series, [](const RowPoint& point) { return point.row.uniform; });
        chance.dashed = true;
        if (!allUndefined(chance.y)
            && std::ranges::none_of(all, [&](const auto& drawn) { return same(drawn.first, chance); })) {
            chance.comparedWith = colours[s];
            all.emplace_back(std::move(chance), &series);
        }
    }
    if (all.size() == 1)
        all.front().first.comparedWith = -1; // of all
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto& [chance, series] = all[i];
        if (i == 0)
            chance.name = "uniform routing";
        Line line;
        for (const RowPoint& point : series->points)
            line.push_back({point.subject, point.row.uniform ? words(panel, *series, point) : QString()});
        into.curves.curves.push_back(std::move(chance));
        into.lines.push_back(std::move(line));
    }
}

void RowCurves::drawBeside(const RowPanel& panel, Drawing& into)
{
    std::vector<Curve> all;
    for (const RowSeries& series : panel.series) {
        Curve beside = reference(series, [](const RowPoint& point) { return point.beside; });
        if (allUndefined(beside.y) || std::ranges::any_of(all, [&](const Curve& drawn) { return same(drawn, beside); }))
            continue;
        if (all.empty())
            beside.name = panel.beside->name;
        Line line;
        for (const RowPoint& point : series.points)
            line.push_back({point.subject, point.beside ? words(panel, series, point) : QString()});
        all.push_back(beside);
        into.curves.curves.push_back(std::move(beside));
        into.lines.push_back(std::move(line));
    }
}

void RowCurves::drawFloor(const RowPanel& panel, Drawing& into)
{
    std::map<double, const RowPoint*> largest; // by x
    for (const RowSeries& series : panel.series) {
        for (const RowPoint& point : series.points) {
            const RowPoint*& most = largest[point.x];
            if (point.beside && (!most || *most->beside < *point.beside))
                most = &point;
        }
    }
    Curve floor;
    floor.name = panel.beside->name;
    floor.colour = -1;
    floor.points = false;
    Line line;
    for (const auto& [x, most] : largest) {
        floor.x.push_back(x);
        floor.y.push_back(most ? *most->beside : kNaN);
        floor.low.push_back(most ? 0 : kNaN);
        floor.high.push_back(floor.y.back());
        Subject subject;
        if (most)
            subject.site = most->subject.site;
        line.push_back(
            {subject, most ? joinedReadout({most->where, panel.beside->name, numberText(*most->beside)}) : QString()});
    }
    if (allUndefined(floor.y))
        return;
    into.curves.curves.push_back(std::move(floor));
    into.lines.push_back(std::move(line));
}

const RowCurves::Place* RowCurves::placeOf(const Mark& mark) const
{
    if (mark.layer != 0 || mark.panel >= m_lines.size() || mark.row >= m_lines[mark.panel].size())
        return nullptr;
    const Line& line = m_lines[mark.panel][mark.row];
    return mark.column < line.size() && !line[mark.column].words.isEmpty() ? &line[mark.column] : nullptr;
}

std::optional<Subject> RowCurves::subject(const Mark& mark) const
{
    const Place* const place = placeOf(mark);
    return place ? std::optional(place->subject) : std::nullopt;
}

std::vector<Mark> RowCurves::marks(const Subject& wanted) const
{
    std::vector<Mark> marks;
    for (std::size_t panel = 0; panel < m_lines.size(); ++panel) {
        for (std::size_t line = 0; line < m_lines[panel].size(); ++line) {
            for (std::size_t i = 0; i < m_lines[panel][line].size(); ++i) {
                const Mark mark{std::uint16_t(panel), 0, std::uint32_t(line), std::uint32_t(i)};
                // What is of the whole model has a subject, but an empty one.
                if (const auto here = subject(mark); here && (agree(*here, wanted) || *here == wanted))
                    marks.push_back(mark);
            }
        }
    }
    return marks;
}

QString RowCurves::readout(const Mark& mark) const
{
    const Place* const place = placeOf(mark);
    return place ? place->words : QString();
}

QByteArray RowCurves::table(const std::vector<RowPanel>& panels, const QByteArray& places)
{
    const std::vector<QByteArray> besides = besideColumns(panels);
    QByteArray csv = places + ",metric,value,lower,upper,unit,n,uniform,undefined";
    for (const QByteArray& column : besides)
        csv += ',' + column;
    csv += '\n';
    for (const RowPanel& panel : panels) {
        for (const RowSeries& series : panel.series) {
            for (const RowPoint& point : series.points) {
                const ResultRow& row = point.row;
                csv += point.fields + ',' + csvText(row.metric) + ',' + csvNumber(row.value.value_or(kNaN)) + ','
                    + csvNumber(point.band ? point.band->first : kNaN) + ','
                    + csvNumber(point.band ? point.band->second : kNaN) + ',' + csvText(row.unit) + ','
                    + QByteArray::number(qulonglong(row.n)) + ',' + csvNumber(row.uniform.value_or(kNaN)) + ','
                    + csvText(row.undefined);
                for (const QByteArray& column : besides)
                    csv += ','
                        + csvNumber(
                            panel.beside && column == panel.beside->column ? point.beside.value_or(kNaN) : kNaN);
                csv += '\n';
            }
        }
    }
    return csv;
}

}
