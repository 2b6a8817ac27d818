// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/difference.h"

#include "io/base/named.h"
#include "views/charts/kinds/against.h"
#include "views/charts/kinds/cell_colours.h"
#include "views/charts/kinds/counted_cells.h"
#include "views/charts/kinds/side_by_side.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace expertscope {

namespace {

constexpr std::uint64_t kEnough = 5; ///< observations: of fewer a ratio says nothing

struct TwoSides final : ChartData
{
    ChartDataPtr first, second;
    AskedSides sides;
    std::vector<QByteArray> traces; ///< for the table
    QString firstWords, secondWords; ///< what each is
    std::string tokens, secondTokens, commonTokens; ///< of the first, of the second, of both
};

struct How
{
    bool ratio = false, beside = false;
    QString name; ///< "de − fr", "de / fr"
};

How howOf(const TwoSides& data, const Parameters& params)
{
    const bool ratio = params.text(kAgainstAs) == "ratio";
    const auto name = [](const std::string& text) { return QString::fromStdString(text); };
    return {ratio, params.text(kAgainstAs) == kBeside, unbroken(name(data.sides.names.first) + (ratio ? QStringLiteral(" / ") : QStringLiteral(" − "))
                       + name(data.sides.names.second))};
}

class DifferenceMap final : public Chart
{
public:
    DifferenceMap(
        std::string chart, std::shared_ptr<const TwoSides> data, How how, ChartPtr first, ChartPtr second, PicturePtr picture)
        : m_chart(std::move(chart))
        , m_how(std::move(how))
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
        const double value = at(*m_picture, mark);
        const QString said = (value > 0 ? "+" : "") + numberText(value);
        const auto side = [&](const std::string& name, const Chart& chart, const Study::Extent& extent) {
            return QString::fromStdString(name) + ' ' + numberText(at(*chart.picture(), mark)) + " (n = "
                + countText(extent.tokens) + " tokens)";
        };
        return joinedReadout({m_first->readout(mark), side(m_data->sides.names.first, *m_first, m_data->sides.extents.first),
            side(m_data->sides.names.second, *m_second, m_data->sides.extents.second),
            m_how.ratio ? "log2 ratio " + said + " (× " + numberText(std::exp2(value)) + ')' : "difference " + said});
    }
    QByteArray csv() const override;

private:
    static double at(const Picture& picture, const Mark& mark)
    {
        return std::get<HeatMapPtr>(picture.panels[mark.panel].layers[mark.layer])->values.at(mark.row, mark.column);
    }

    std::string m_chart;
    How m_how;
    std::shared_ptr<const TwoSides> m_data;
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
    QByteArray csv = csvHead(m_chart.c_str(), m_data->traces, m_data->commonTokens,
        {"first: " + m_data->firstWords, "second: " + m_data->secondWords,
            "row: " + named.y.title + "; column: " + named.x.title + "; first, second: as drawn of each side",
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

/// Which side fails, where the chart does not say it by itself.
Error ofSide(Error error, const Study& study, const Side& side)
{
    const std::string name = describe(study, side);
    if (error.what != kCancelled && error.where.find(study.traces()[side.trace].path.string()) == std::string::npos
        && error.where.find(name) == std::string::npos)
        error.where = name + (error.where.empty() ? "" : ": " + error.where);
    return error;
}

Expected<ChartDataPtr> computeBoth(const ChartSpec& spec, const Study& study, const ChartQuestion& question,
    AskedSides sides, const Progress& progress)
{
    for (const char* order : {"order", "sort"}) {
        const auto given = question.params.all().find(order);
        if (given != question.params.all().end() && given->second != "id")
            return fail("each side has an order of its own: cells of different experts are not subtracted",
                given->first + '=' + given->second, "choose " + given->first + "=id");
    }
    auto data = std::make_shared<TwoSides>();
    ES_ASSIGN(data->first, spec.compute(study, question, partOf(progress, 0, 0.5)));
    ChartQuestion second = question;
    second.trace = sides.b.trace;
    second.scope = sides.b.scope;
    auto computed = spec.compute(study, second, partOf(progress, 0.5, 1));
    if (!computed)
        return tl::unexpected(ofSide(std::move(computed).error(), study, sides.b));
    data->second = *computed;
    for (const Side* const side : {&sides.a, &sides.b}) {
        if (side == &sides.a || side->trace != sides.a.trace)
            data->traces.push_back(csvTrace(study.traces()[side->trace]));
    }
    data->firstWords = sideWords(study, sides.a, sides.names.first, sides.extents.first);
    data->secondWords = sideWords(study, sides.b, sides.names.second, sides.extents.second);
    data->tokens = describeTokens(question.scope, study.shape(question.trace));
    data->secondTokens = describeTokens(sides.b.scope, study.shape(sides.b.trace));
    data->commonTokens = describeTokens(sides.common, study.shape(question.trace));
    data->sides = std::move(sides);
    return data;
}

/// Minuend and subtrahend must be maps of the same rows and columns.
Expected<void> checkAlike(const TwoSides& data, const Picture& first, const Picture& second)
{
    const std::string where = data.sides.names.first + ", " + data.sides.names.second;
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

/// Cells of a ratio that are left out, by reason.
struct LeftOut
{
    std::size_t few = 0, none = 0;

    QString note(const QString& what) const
    {
        QStringList said;
        const auto add = [&](std::size_t count, const QString& why) {
            if (count > 0)
                said << countText(count) + (count == 1 ? " cell " : " cells ") + why;
        };
        add(few, QString("with fewer than %1 %2 on a side left out").arg(kEnough).arg(what));
        add(none, "that are 0 on a side left out");
        return said.join("; ");
    }
};

bool enough(const ChartPtr& chart, const Mark& mark)
{
    const auto* const counted = dynamic_cast<const CountedCells*>(chart.get());
    const auto count = counted ? counted->observations(mark) : std::nullopt;
    return !count || *count >= kEnough;
}

/// log2(a / b) of what there is enough of.
Expected<std::vector<float>> ratios(
    const HeatMap& a, const HeatMap& b, std::uint16_t panel, const ChartPtr& first, const ChartPtr& second, LeftOut& left)
{
    std::vector<float> values(a.values.values().size(), std::numeric_limits<float>::quiet_NaN());
    for (std::size_t i = 0; i < values.size(); ++i) {
        const float x = a.values.values()[i], y = b.values.values()[i];
        if (std::isnan(x) || std::isnan(y))
            continue;
        if (x < 0 || y < 0)
            return fail("has values below 0: their ratio says nothing", kAgainstAs + std::string("=ratio"),
                "choose against_as=difference");
        const Mark mark{panel, 0, std::uint32_t(i / a.columns()), std::uint32_t(i % a.columns())};
        if (!enough(first, mark) || !enough(second, mark))
            ++left.few;
        else if (x == 0 || y == 0)
            ++left.none;
        else
            values[i] = std::log2(x / y);
    }
    return values;
}

QString lowered(QString title)
{
    if (title.size() > 1 && title[1].isLower()) // no abbreviation
        title[0] = title[0].toLower();
    return title;
}

/// "Share in language=de / uniform": what both have in common is said, not what is the first one's alone.
QString titleOf(const QString& title, const TwoSides& data)
{
    QString common = title;
    const QString own = " in " + QString::fromStdString(data.tokens);
    if (data.tokens != data.commonTokens && !data.tokens.empty())
        common.replace(
            own, data.commonTokens.empty() ? QString() : " in " + QString::fromStdString(data.commonTokens));
    return common;
}

/// Each as it is drawn alone, with what the user chose of colours.
Expected<ChartPtr> drawBeside(
    const ChartSpec& spec, const TwoSides& data, const Parameters& params, const QString& note, Look& look)
{
    Look ofFirst = look, ofSecond = look;
    ES_ASSIGN(const ChartPtr first, spec.draw(data.first, params, ofFirst));
    ES_ASSIGN(const ChartPtr second, spec.draw(data.second, params, ofSecond));
    look = ofFirst;
    const auto text = [](const std::string& words) { return QString::fromStdString(words); };
    return sideBySide(spec.name, first, second, {text(data.sides.names.first), text(data.sides.names.second)},
        {text(data.tokens), text(data.secondTokens)}, text(data.commonTokens), note, look);
}

Expected<ChartPtr> drawDifference(
    const ChartSpec& spec, const std::shared_ptr<const TwoSides>& data, const Parameters& params, Look& look)
{
    const How how = howOf(*data, params);
    const QString what = data->tokens != data->commonTokens || data->sides.extents.first.tokens != data->sides.extents.second.tokens
        ? data->firstWords + "; " + data->secondWords
        : QString(); // of two traces a title says enough
    if (how.beside)
        return drawBeside(spec, *data, params, what, look);
    Look ownFirst, ownSecond;
    ES_ASSIGN(const ChartPtr first, spec.draw(data->first, params, ownFirst));
    ES_ASSIGN(const ChartPtr second, spec.draw(data->second, params, ownSecond));
    const Picture &a = *first->picture(), &b = *second->picture();
    ES_TRY(checkAlike(*data, a, b));
    auto picture = std::make_shared<Picture>(a);
    std::vector<float> everything;
    LeftOut left;
    for (std::size_t p = 0; p < a.panels.size(); ++p) {
        const auto &from = *std::get<HeatMapPtr>(a.panels[p].layers[0]),
                   &less = *std::get<HeatMapPtr>(b.panels[p].layers[0]);
        auto map = std::make_shared<HeatMap>();
        std::vector<float> values(from.values.values().size());
        if (how.ratio) {
            ES_ASSIGN(values, ratios(from, less, std::uint16_t(p), first, second, left));
        } else {
            std::ranges::transform(from.values.values(), less.values.values(), values.begin(), std::minus());
        }
        everything.insert(everything.end(), values.begin(), values.end());
        map->values = Pyramid(from.rows(), from.columns(), std::move(values));
        picture->panels[p].layers = {HeatMapPtr(std::move(map))};
    }
    if (how.ratio && std::ranges::all_of(everything, [](float v) { return std::isnan(v); }))
        return fail("no cell has enough on both sides for a ratio", how.name.toStdString(), "choose against_as=difference");
    HeatMap whole;
    const std::size_t cells = everything.size();
    whole.values = Pyramid(1, cells, std::move(everything));
    const QString quantity = titleOf(a.key->title, *data);
    ES_ASSIGN(picture->key,
        colourCells(look, whole, CellMeaning::Difference,
            (how.ratio ? "log2 of " + lowered(quantity) : quantity) + ": " + how.name));
    QStringList notes{what, a.note, left.note("choices")};
    notes.removeAll(QString());
    notes.removeDuplicates();
    picture->note = notes.join("; ");
    return std::make_shared<DifferenceMap>(spec.name, data, how, first, second, std::move(picture));
}

}

ChartSpec withDifference(ChartSpec spec)
{
    const auto inner = std::make_shared<const ChartSpec>(spec);
    const ChartOption* const words = named(inner->options, kAgainst);
    const std::vector<std::string> own = words ? words->choices : std::vector<std::string>();
    addAgainst(spec.options);
    spec.options.push_back({{.name = kAgainstAs,
                                .standard = "difference",
                                .meaning = "how two sides are compared: what is drawn of the first minus that of the "
                                           "second, log2 of their ratio, or both side by side",
                                .kind = ParameterSpec::Kind::Choices,
                                .choices = {"difference", "ratio", kBeside}},
        "Compared as"});
    spec.compute = [inner, own](const Study& study, const ChartQuestion& question,
                       const Progress& progress) -> Expected<ChartDataPtr> {
        ES_ASSIGN(auto sides, askedSides(study, question, own, progress));
        return sides ? computeBoth(*inner, study, question, std::move(*sides), progress)
                     : inner->compute(study, question, progress);
    };
    spec.draw = [inner](const ChartDataPtr& data, const Parameters& params, Look& look) {
        const auto both = std::dynamic_pointer_cast<const TwoSides>(data);
        return both ? drawDifference(*inner, both, params, look) : inner->draw(data, params, look);
    };
    return spec;
}

}
