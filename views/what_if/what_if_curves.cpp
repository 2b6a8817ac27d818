// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/what_if/what_if_curves.h"

#include "views/charts/wording.h"

#include <algorithm>

namespace expertscope {

namespace {

constexpr int kA = 0, kB = 1, kOptimum = 2; ///< of Style::series

/// A curve and what its points say.
struct Line
{
    Curve curve;
    std::string name; ///< in readouts and tables
    std::vector<double> rates; ///< [capacity]; NaN: not known
    std::uint64_t requests = 0;
};

std::vector<double> ratesOf(const TablePolicy& policy)
{
    std::vector<double> rates;
    for (const simulation::Counters& total : policy.totals)
        rates.push_back(total.hitRate());
    return rates;
}

class WhatIfCurves final : public Chart
{
public:
    WhatIfCurves(CacheTablePtr table, std::vector<Line> lines, std::vector<double> difference, QByteArray head)
        : m_table(std::move(table))
        , m_lines(std::move(lines))
        , m_difference(std::move(difference))
        , m_head(std::move(head))
    {
        draw();
    }

    PicturePtr picture() const override { return m_picture; }
    /// Caches of all sites together are about nothing that other charts show: a subject, but an empty one.
    std::optional<Subject> subject(const Mark& mark) const override
    {
        if (mark.layer != 0 || mark.column >= m_table->capacities.size())
            return {};
        const bool curve = mark.panel == 0 && mark.row < m_lines.size()
            && m_lines[mark.row].rates[mark.column] == m_lines[mark.row].rates[mark.column];
        const bool difference = mark.panel == 1 && mark.row == 0 && !m_difference.empty();
        return curve || difference ? std::optional(Subject()) : std::nullopt;
    }
    std::vector<Mark> marks(const Subject& wanted) const override
    {
        std::vector<Mark> marks;
        for (std::uint16_t panel = 0; wanted.empty() && panel < m_picture->panels.size(); ++panel) {
            for (std::uint32_t r = 0; r < (panel ? 1 : m_lines.size()); ++r) {
                for (std::uint32_t c = 0; c < m_table->capacities.size(); ++c) {
                    if (const Mark mark{panel, 0, r, c}; subject(mark))
                        marks.push_back(mark);
                }
            }
        }
        return marks;
    }
    QString readout(const Mark& mark) const override
    {
        if (!subject(mark))
            return {};
        const QString where
            = QString("%1 slots of %2").arg(m_table->capacities[mark.column]).arg(m_table->experts);
        if (mark.panel == 1)
            return joinedReadout({where, "B − A", numberText(100 * m_difference[mark.column]) + " points of hit rate"});
        const Line& line = m_lines[mark.row];
        return joinedReadout({where, QString::fromStdString(line.name),
            "hit rate " + percentText(line.rates[mark.column]) + " (uniform " + percentText(m_table->uniform[mark.column])
                + ')',
            line.requests ? "n = " + countText(line.requests) + " requests" : QString()});
    }
    QByteArray csv() const override
    {
        QByteArray csv = m_head + "curve,capacity,value\n";
        for (const Line& line : m_lines) {
            for (std::size_t c = 0; c < line.rates.size(); ++c)
                csv += record(line.name, c, line.rates[c]);
        }
        for (std::size_t c = 0; c < m_difference.size(); ++c)
            csv += record("B - A", c, m_difference[c]);
        return csv;
    }

private:
    QByteArray record(const std::string& name, std::size_t c, double value) const
    {
        return csvText(name) + ',' + QByteArray::number(m_table->capacities[c]) + ',' + csvNumber(value) + '\n';
    }
    void draw()
    {
        const std::vector<double> x(m_table->capacities.begin(), m_table->capacities.end());
        auto picture = std::make_shared<Picture>();
        const Axis sizes{"Slots of a layer's cache", Axis::Scale::Linear, 0, double(m_table->experts) * 1.03, true};
        Curves curves;
        for (Line& line : m_lines) {
            line.curve.x = x;
            for (const double rate : line.rates)
                line.curve.y.push_back(100 * rate);
            curves.curves.push_back(line.curve);
        }
        picture->panels = {{sizes, {"Hit rate " + unbroken("(%)"), Axis::Scale::Linear, 0, 103}, {std::move(curves)}}};
        if (!m_difference.empty()) {
            Curve curve{.name = "B − A", .x = x, .y = {}, .colour = kB, .points = false};
            for (const double points : m_difference)
                curve.y.push_back(100 * points);
            Curves both;
            both.curves = {std::move(curve), {.name = {}, .x = {0, x.back()}, .y = {0, 0}, .colour = -1, .points = false}};
            picture->panels.push_back({sizes, {"B − A " + unbroken("(points)"), Axis::Scale::Linear}, {std::move(both)}});
        }
        m_picture = std::move(picture);
    }

    CacheTablePtr m_table;
    std::vector<Line> m_lines;
    std::vector<double> m_difference; ///< [capacity] hit rate of B less that of A; empty: nothing is kept
    QByteArray m_head;
    PicturePtr m_picture;
};

Line greyLine(const std::string& name, std::vector<double> rates, std::uint64_t requests)
{
    return {{.name = {}, .x = {}, .y = {}, .colour = -1, .points = false}, name, std::move(rates), requests};
}

}

ChartPtr whatIfCurves(const CacheTablePtr& table, const Configuration& now, const std::optional<KeptConfiguration>& kept,
    const QByteArray& trace, const std::string& tokens)
{
    const TablePolicy* const chosen = table->find(now.policy);
    if (!chosen)
        return {};
    std::vector<Line> lines;
    for (const TablePolicy& policy : table->policies) {
        if (&policy != chosen && policy.request.name != "opt")
            lines.push_back(greyLine(
                policy.request.name + (policy.knowsFuture ? "*" : ""), ratesOf(policy), policy.totals.front().requests));
    }
    if (!lines.empty())
        lines.front().curve.name = "other policies";
    const auto known = [](const std::vector<double>& rates) { return rates.front() == rates.front(); };
    if (known(table->uniform)) {
        Line& chance = lines.emplace_back(greyLine("uniform routing", table->uniform, 0));
        chance.curve.name = "uniform routing";
        chance.curve.dashed = true;
    }
    for (const auto& [name, rates, dashed] : {std::tuple{"OPT, bypass*", &table->freeOptimum, true},
             std::tuple{"OPT, forced*", &table->forcedOptimum, false}}) {
        if (!known(*rates))
            continue;
        Line& optimum = lines.emplace_back(greyLine(name, *rates, table->requests));
        optimum.curve.name = name;
        optimum.curve.colour = kOptimum;
        optimum.curve.dashed = dashed;
    }
    std::vector<double> difference;
    if (kept) {
        const TablePolicy* const before = kept->table->find(kept->configuration.policy);
        if (before && kept->table->capacities == table->capacities) {
            Line& a = lines.emplace_back(
                greyLine("A: " + kept->configuration.policy, ratesOf(*before), before->totals.front().requests));
            a.curve.name = QString::fromStdString(a.name);
            a.curve.colour = kA;
            for (std::size_t c = 0; c < table->capacities.size(); ++c)
                difference.push_back(chosen->totals[c].hitRate() - before->totals[c].hitRate());
        }
    }
    Line& shown = lines.emplace_back(
        greyLine((kept ? "B: " : "") + now.policy, ratesOf(*chosen), chosen->totals.front().requests));
    shown.curve.name = QString::fromStdString(shown.name) + (chosen->knowsFuture ? "*" : "");
    shown.curve.colour = kept ? kB : kA;
    shown.curve.points = true;
    const QByteArray head = csvHead("what-if", {trace}, tokens,
        {"contract: " + QString::fromStdString(simulation::describe(table->contract)),
            "capacity: slots of each layer's cache; value: hit rate, of requested experts those that were resident; * "
            "knows the future"});
    return std::make_shared<WhatIfCurves>(table, std::move(lines), std::move(difference), head);
}

}
