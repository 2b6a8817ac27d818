// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/difference.h"

#include "views/charts/kinds/cell_colours.h"
#include "views/charts/kinds/other_trace.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

struct TwoTraces final : ChartData
{
    ChartDataPtr first, second;
    std::string firstName, secondName;
    QByteArray firstTrace, secondTrace; ///< for the table
    std::string tokens;
};

class DifferenceMap final : public Chart
{
public:
    DifferenceMap(
        std::string chart, std::shared_ptr<const TwoTraces> data, ChartPtr first, ChartPtr second, PicturePtr picture)
        : m_chart(std::move(chart))
        , m_data(std::move(data))
        , m_first(std::move(first))
        , m_second(std::move(second))
        , m_picture(std::move(picture))
    {
    }

    PicturePtr picture() const override { return m_picture; }
    std::optional<Subject> subject(const Mark& mark) const override
    {
        const auto here = m_first->subject(mark);
        return here && !std::isnan(at(*m_picture, mark)) ? here : std::nullopt;
    }
    std::vector<Mark> marks(const Subject& subject) const override
    {
        std::vector<Mark> marks = m_first->marks(subject);
        std::erase_if(marks, [&](const Mark& mark) { return std::isnan(at(*m_picture, mark)); });
        return marks;
    }
    QString readout(const Mark& mark) const override
    {
        if (!subject(mark))
            return {};
        const double difference = at(*m_picture, mark);
        return joinedReadout({m_first->readout(mark),
            QString::fromStdString(m_data->secondName) + ' ' + numberText(at(*m_second->picture(), mark)),
            "difference " + QString(difference > 0 ? "+" : "") + numberText(difference)});
    }
    QByteArray csv() const override;

private:
    static double at(const Picture& picture, const Mark& mark)
    {
        return std::get<HeatMapPtr>(picture.panels[mark.panel].layers[mark.layer])->values.at(mark.row, mark.column);
    }

    std::string m_chart;
    std::shared_ptr<const TwoTraces> m_data;
    ChartPtr m_first, m_second;
    PicturePtr m_picture;
};

QByteArray nameOf(const Axis& axis, std::size_t cell)
{
    return axis.words.empty() ? QByteArray::number(axis.names[cell]) : csvText(axis.words[cell].toStdString());
}

QByteArray DifferenceMap::csv() const
{
    const Panel& named = m_picture->panels.front();
    QByteArray csv = csvHead(m_chart.c_str(), {m_data->firstTrace, m_data->secondTrace}, m_data->tokens,
        {"row: " + named.y.title + "; column: " + named.x.title + "; first, second: as drawn of each trace",
            "value: " + m_picture->key->title});
    const bool panels = m_picture->panels.size() > 1;
    csv += panels ? "panel,row,column,first,second,value\n" : "row,column,first,second,value\n";
    for (std::size_t p = 0; p < m_picture->panels.size(); ++p) {
        const Panel& panel = m_picture->panels[p];
        for (std::size_t r = 0; r < panel.y.cells(); ++r) {
            for (std::size_t c = 0; c < panel.x.cells(); ++c) {
                const Mark mark{std::uint16_t(p), 0, std::uint32_t(r), std::uint32_t(c)};
                if (!subject(mark))
                    continue;
                csv += (panels ? csvText(panel.title.toStdString()) + ',' : QByteArray()) + nameOf(panel.y, r) + ','
                    + nameOf(panel.x, c) + ',' + csvNumber(at(*m_first->picture(), mark)) + ','
                    + csvNumber(at(*m_second->picture(), mark)) + ',' + csvNumber(at(*m_picture, mark)) + '\n';
            }
        }
    }
    return csv;
}

Expected<ChartDataPtr> computeBoth(
    const ChartSpec& spec, const Study& study, const ChartQuestion& question, const Progress& progress)
{
    for (const char* order : {"order", "sort"}) {
        const auto given = question.params.all().find(order);
        if (given != question.params.all().end() && given->second != "id")
            return fail("each trace has an order of its own: cells of different experts are not subtracted",
                given->first + '=' + given->second, "choose " + given->first + "=id");
    }
    ES_ASSIGN(const std::size_t other, otherTrace(study, question));
    auto data = std::make_shared<TwoTraces>();
    ES_ASSIGN(data->first, spec.compute(study, question, partOf(progress, 0, 0.5)));
    ChartQuestion second = question;
    second.trace = other;
    auto computed = spec.compute(study, second, partOf(progress, 0.5, 1));
    const NamedTrace& trace = study.traces()[other];
    if (!computed) {
        Error error = computed.error();
        if (error.what != kCancelled && error.where.find(trace.path.string()) == std::string::npos)
            error.where = trace.name + (error.where.empty() ? "" : ": " + error.where);
        return tl::unexpected(std::move(error));
    }
    data->second = *computed;
    data->firstName = study.traces()[question.trace].name;
    data->secondName = trace.name;
    data->firstTrace = csvTrace(study.traces()[question.trace]);
    data->secondTrace = csvTrace(trace);
    data->tokens = describeTokens(question.scope, study.shape(question.trace));
    return data;
}

/// Minuend and subtrahend must be maps of the same rows and columns.
Expected<void> checkAlike(const TwoTraces& data, const Picture& first, const Picture& second)
{
    const std::string where = data.firstName + ", " + data.secondName;
    if (first.panels.size() != second.panels.size())
        return fail("do not have as many maps: no difference can be drawn", where);
    for (std::size_t p = 0; p < first.panels.size(); ++p) {
        for (const auto& [axis, what] : {std::pair(&Panel::y, "rows"), std::pair(&Panel::x, "columns")}) {
            const Axis &a = first.panels[p].*axis, &b = second.panels[p].*axis;
            if (a.names == b.names && a.words == b.words)
                continue;
            const auto count = [](const Axis& of) { return std::to_string(of.cells()); };
            return fail(a.cells() == b.cells()
                    ? std::string("do not have the same ") + what + ": no difference can be drawn"
                    : count(a) + " and " + count(b) + ' ' + what + " (" + a.title.toStdString()
                        + "): no difference can be drawn",
                where);
        }
    }
    return {};
}

Expected<ChartPtr> drawDifference(
    const ChartSpec& spec, const std::shared_ptr<const TwoTraces>& data, const Parameters& params, Look& look)
{
    Look ownFirst, ownSecond;
    ES_ASSIGN(const ChartPtr first, spec.draw(data->first, params, ownFirst));
    ES_ASSIGN(const ChartPtr second, spec.draw(data->second, params, ownSecond));
    const Picture &a = *first->picture(), &b = *second->picture();
    ES_TRY(checkAlike(*data, a, b));
    auto picture = std::make_shared<Picture>(a);
    std::vector<float> everything;
    for (std::size_t p = 0; p < a.panels.size(); ++p) {
        const auto &from = *std::get<HeatMapPtr>(a.panels[p].layers[0]),
                   &less = *std::get<HeatMapPtr>(b.panels[p].layers[0]);
        auto map = std::make_shared<HeatMap>();
        std::vector<float> values(from.values.values().size());
        std::ranges::transform(from.values.values(), less.values.values(), values.begin(), std::minus());
        everything.insert(everything.end(), values.begin(), values.end());
        map->values = Pyramid(from.rows(), from.columns(), std::move(values));
        picture->panels[p].layers = {HeatMapPtr(std::move(map))};
    }
    HeatMap whole;
    const std::size_t cells = everything.size();
    whole.values = Pyramid(1, cells, std::move(everything));
    const QString names = unbroken(
        QString::fromStdString(data->firstName) + QStringLiteral(" − ") + QString::fromStdString(data->secondName));
    ES_ASSIGN(picture->key, colourCells(look, whole, CellMeaning::Difference, a.key->title + ": " + names));
    return std::make_shared<DifferenceMap>(spec.name, data, first, second, std::move(picture));
}

}

ChartSpec withDifference(ChartSpec spec)
{
    const auto inner = std::make_shared<const ChartSpec>(spec);
    spec.options.push_back({{.name = kAgainstTrace,
                                .standard = "",
                                .meaning = "another trace, by name or by its place from 1, whose map is subtracted",
                                .kind = ParameterSpec::Kind::Text},
        "Minus trace", true});
    spec.compute = [inner](const Study& study, const ChartQuestion& question, const Progress& progress) {
        return question.params.text(kAgainstTrace).empty() ? inner->compute(study, question, progress)
                                                     : computeBoth(*inner, study, question, progress);
    };
    spec.draw = [inner](const ChartDataPtr& data, const Parameters& params, Look& look) {
        const auto both = std::dynamic_pointer_cast<const TwoTraces>(data);
        return both ? drawDifference(*inner, both, params, look) : inner->draw(data, params, look);
    };
    return spec;
}

}
