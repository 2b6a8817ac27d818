// SPDX-License-Identifier: GPL-3.0-or-later
//
// How tokens flow from the experts of a few routers in a row to those of the next: as ribbons the pairs that are more
// than independent routers would show, all else as stubs, so that heights always add up (metrics "flow" and
// "flow_weights"). Also of all routers, of the tokens of one expert alone, and of two traces.
#include "views/charts/kinds/against.h"
#include "views/charts/kinds/cell_colours.h"
#include "views/charts/kinds/flow_drawing.h"
#include "views/charts/kinds/one_site.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

constexpr double kRoom = 0.14; ///< beside the outer columns, of the distance between two
constexpr double kLeastReach = 2, kMostReach = 4; ///< of the colours, times and parts of what is expected
constexpr double kNoisy = 0.5; ///< of the excess: with more by chance alone a picture shows little else
constexpr std::size_t kSpinePart = 8; ///< of the ribbons, between columns that stand close

QString percentPoints(double share)
{
    return QString(share > 0 ? "+" : "") + numberText(100 * share) + " points";
}

class FlowChart final : public Chart
{
public:
    FlowChart(PicturePtr picture, FlowWindowPtr data, DrawnFlow flow, QByteArray head)
        : m_picture(std::move(picture))
        , m_data(std::move(data))
        , m_flow(std::move(flow))
        , m_head(std::move(head))
    {
    }

    PicturePtr picture() const override { return m_picture; }

    std::optional<Subject> subject(const Mark& mark) const override
    {
        if (const DrawnBlock* block = blockAt(mark))
            return subjectOf(mark.row, *block);
        if (const DrawnRibbon* ribbon = ribbonAt(mark))
            return subjectOf(gapOf(mark), m_flow.columns[gapOf(mark)][ribbon->cell.from]);
        return {};
    }

    /// Blocks, and the ribbons at either of their ends.
    std::vector<Mark> marks(const Subject& wanted) const override
    {
        std::vector<Mark> marks;
        const auto is = [&](std::size_t column, std::size_t block) {
            return agree(subjectOf(column, m_flow.columns[column][block]), wanted);
        };
        for (std::uint32_t c = 0; c < m_flow.columns.size(); ++c) {
            for (std::uint32_t place = 0; place < m_flow.columns[c].size(); ++place) {
                const Mark mark{0, 0, c, place};
                if (blockAt(mark) && is(c, place))
                    marks.push_back(mark);
            }
        }
        for (std::uint32_t g = 0; g < m_flow.gaps.size(); ++g) {
            for (std::uint32_t r = 0; r < m_flow.gaps[g].ribbons.size(); ++r) {
                const FlowCell& cell = m_flow.gaps[g].ribbons[r].cell;
                if (is(g, cell.from) || is(g + 1, cell.to))
                    marks.push_back({0, 0, std::uint32_t(m_flow.columns.size() + g), r});
            }
        }
        return marks;
    }

    QString readout(const Mark& mark) const override
    {
        if (const DrawnBlock* block = blockAt(mark)) {
            const bool one = block->experts.size() == 1;
            const QString name = one ? "expert " + block->name() : block->name() + " experts";
            if (compares())
                return joinedReadout({siteText(m_data->shape, m_data->sites[mark.row]), name,
                    percentText(block->count.share) + " of the choices of " + traceName(false),
                    percentText(block->against.share) + " of " + traceName(true),
                    "difference " + percentPoints(block->count.share - block->against.share)});
            return joinedReadout({siteText(m_data->shape, m_data->sites[mark.row]), name,
                percentText(block->count.share) + (m_data->weighted() ? " of the weight" : " of the choices"),
                one && !m_data->weighted()
                    ? countText(std::uint64_t(block->count.tokens)) + " of " + countText(block->count.of) + " tokens"
                    : QString()});
        }
        const DrawnRibbon* ribbon = ribbonAt(mark);
        return ribbon ? ribbonText(gapOf(mark), *ribbon) : QString();
    }

    QByteArray csv() const override
    {
        QByteArray csv = m_head;
        const auto place = [&](std::size_t column, std::size_t block) {
            return csvPlace(m_data->shape, m_data->sites[column])
                + csvText(m_flow.columns[column][block].name().toStdString()) + ',';
        };
        const auto count = [&](double value) {
            return m_data->weighted() ? csvNumber(value) : QByteArray::number(value, 'f', 0);
        };
        for (std::size_t c = 0; c < m_flow.columns.size(); ++c) {
            for (std::size_t b = 0; b < m_flow.columns[c].size(); ++b) {
                const DrawnBlock& block = m_flow.columns[c][b];
                if (!(block.size > 0))
                    continue;
                csv += "block," + place(c, b) + ",,," + count(block.count.tokens) + ",,,,,";
                if (compares())
                    csv += csvNumber(100 * block.count.share) + ',' + csvNumber(100 * block.against.share) + ',';
                csv += csvNumber(block.size) + '\n';
            }
        }
        for (std::size_t g = 0; g < m_flow.gaps.size(); ++g) {
            for (const DrawnRibbon& ribbon : m_flow.gaps[g].ribbons) {
                const FlowCell& cell = ribbon.cell;
                csv += "ribbon," + place(g, cell.from) + place(g + 1, cell.to) + count(cell.count) + ','
                    + count(cell.tokens) + ',' + csvNumber(cell.expected) + ',' + csvNumber(cell.lift()) + ','
                    + csvNumber(cell.z) + ',';
                if (compares())
                    csv += csvNumber(100 * ribbon.share) + ',' + csvNumber(100 * ribbon.againstShare) + ',';
                csv += csvNumber(ribbon.size) + '\n';
            }
        }
        return csv;
    }

private:
    bool compares() const { return !m_data->against.empty(); }
    QString traceName(bool against) const
    {
        return QString::fromStdString(against ? m_data->againstName : m_data->name);
    }
    std::size_t gapOf(const Mark& mark) const { return mark.row - m_flow.columns.size(); }

    Subject subjectOf(std::size_t column, const DrawnBlock& block) const
    {
        Subject subject{.site = m_data->sites[column]};
        if (block.experts.size() == 1)
            subject.expert = ExpertIndex(std::uint16_t(block.experts.front()));
        return subject;
    }

    QString ribbonText(std::size_t g, const DrawnRibbon& ribbon) const
    {
        const FlowCell& cell = ribbon.cell;
        const auto end = [&](std::size_t column, std::size_t block) {
            const DrawnBlock& at = m_flow.columns[column][block];
            return QString("L%1 %2").arg(m_data->layer(column)).arg((at.experts.size() == 1 ? "E" : "") + at.name());
        };
        const QString ends = end(g, cell.from) + QStringLiteral(" → ") + end(g + 1, cell.to) + ": ";
        if (compares())
            return ends
                + QString("%1 of the pairs of %2, %3 of %4, difference %5")
                      .arg(percentText(ribbon.share), traceName(false), percentText(ribbon.againstShare),
                          traceName(true), percentPoints(ribbon.share - ribbon.againstShare));
        const QString z = std::isnan(cell.z) ? QString() : ", z " + numberText(cell.z);
        if (m_data->weighted() || m_flow.columns[g][cell.from].experts.size() > 1)
            return ends
                + QString("%1 of the pairs, expected %2, lift %3%4")
                      .arg(percentText(ribbon.share), percentText(cell.expected / m_data->gaps[g].pairs),
                          numberText(cell.lift()), z);
        return ends
            + QString("%1 of %2 (%3), expected %4, lift %5%6")
                  .arg(countText(std::uint64_t(cell.count)), countText(std::uint64_t(cell.tokens)),
                      percentText(cell.count / cell.tokens), percentText(cell.expected / cell.tokens),
                      numberText(cell.lift()), z);
    }

    const DrawnBlock* blockAt(const Mark& mark) const
    {
        if (mark.panel != 0 || mark.layer != 0 || mark.row >= m_flow.columns.size()
            || mark.column >= m_flow.columns[mark.row].size())
            return nullptr;
        const DrawnBlock& block = m_flow.columns[mark.row][mark.column];
        return block.size > 0 ? &block : nullptr;
    }
    const DrawnRibbon* ribbonAt(const Mark& mark) const
    {
        if (mark.panel != 0 || mark.layer != 0 || mark.row < m_flow.columns.size() || gapOf(mark) >= m_flow.gaps.size()
            || mark.column >= m_flow.gaps[gapOf(mark)].ribbons.size())
            return nullptr;
        return &m_flow.gaps[gapOf(mark)].ribbons[mark.column];
    }

    PicturePtr m_picture;
    FlowWindowPtr m_data;
    DrawnFlow m_flow;
    QByteArray m_head;
};

/// "31–43 %", or one number where they agree.
QString rangeText(const std::vector<double>& shares)
{
    const auto [least, largest] = std::ranges::minmax(shares);
    const QString low = QString::number(std::lround(100 * least)), high = QString::number(std::lround(100 * largest));
    return unbroken(low == high ? low + " %" : low + QStringLiteral("–") + high + " %");
}

double meanOf(const std::vector<FlowGap>& gaps, double FlowGap::*of)
{
    double sum = 0;
    for (const FlowGap& gap : gaps)
        sum += gap.*of;
    return sum / double(gaps.size());
}

/// Above a picture of which little is more than chance; or nothing.
QString bannerOf(const FlowWindow& data, const DrawnFlow& flow)
{
    const auto noisy = [](const std::vector<FlowGap>& gaps) {
        return !gaps.empty() && meanOf(gaps, &FlowGap::floor) > kNoisy * meanOf(gaps, &FlowGap::excess);
    };
    if (data.level == FlowWindow::Level::Paths || !(noisy(data.gaps) || noisy(data.against)))
        return {};
    const bool any = std::ranges::any_of(flow.gaps, [](const DrawnGap& gap) { return !gap.ribbons.empty(); });
    return (any ? "Most of the dependence is" : "No more than") + QString(" sampling noise at this size: ")
        + countText(data.gaps.front().tokens) + " tokens";
}

QString noteOf(const FlowWindow& data, const DrawnFlow& flow, const FlowThresholds& least)
{
    std::vector<double> share, excess;
    std::vector<std::size_t> counts;
    for (const DrawnGap& gap : flow.gaps) {
        share.push_back(gap.flow);
        excess.push_back(gap.excess);
        counts.push_back(gap.ribbons.size());
    }
    const auto [fewest, most] = std::ranges::minmax(counts);
    const QString ribbons = (fewest == most ? QString::number(most) : QString("%1–%2").arg(fewest).arg(most))
        + " ribbons a pair of layers = ";
    const QString tokens = countText(data.gaps.front().tokens) + " tokens";
    const QString limits =
        countText(std::uint64_t(least.count)) + " tokens, " + QString::number(least.most) + " at most";
    if (data.level == FlowWindow::Level::Paths)
        return tokens + " that chose it; " + ribbons + rangeText(share) + " of their pairs, the widest of those with "
            + limits + "; the rest is hatched; colours against all tokens";
    QString note = tokens;
    if (!data.against.empty())
        note += " and " + countText(data.against.front().tokens);
    note += "; " + ribbons + rangeText(share) + " of flow, " + rangeText(excess) + " of excess; dependence "
        + numberText(meanOf(data.gaps, &FlowGap::excess)) + " (floor " + numberText(meanOf(data.gaps, &FlowGap::floor))
        + ')';
    if (!data.against.empty())
        note += " and " + numberText(meanOf(data.against, &FlowGap::excess)) + " (floor "
            + numberText(meanOf(data.against, &FlowGap::floor)) + "); widths: the larger share";
    note += QString("; ribbons: z ≥ %1, lift ≥ %2, %3; the rest is hatched")
                .arg(QString::number(least.z), QString::number(least.lift), limits);
    return note;
}

/// Colours of the ribbons' values, log2 about 1 for lifts.
Expected<std::optional<ColourKey>> keyOf(const FlowWindow& data, std::vector<float> values, Look& look)
{
    if (values.empty())
        return std::nullopt;
    const float largest = std::ranges::max(values);
    const bool two = !data.against.empty();
    HeatMap map;
    map.centre = two ? 0 : 1;
    if (two) { // as far to both sides, however the traces are named
        float most = 0;
        for (const float v : values)
            most = std::max(most, std::abs(v));
        values.insert(values.end(), {most, -most});
    }
    map.values = Pyramid(1, values.size(), std::move(values));
    if (!two && !look.limits && !look.percentile && look.scale.value_or(ScaleKind::Log2) == ScaleKind::Log2)
        look.limits =
            largest > kLeastReach ? std::pair(1 / kMostReach, kMostReach) : std::pair(1 / kLeastReach, kLeastReach);
    const QString title = two ? "Share of pairs: " + QString::fromStdString(data.name) + QStringLiteral(" − ")
            + QString::fromStdString(data.againstName) + ' ' + unbroken("(% points)")
        : data.level == FlowWindow::Level::Paths ? QString("Lift (pairs / as all tokens go)")
                                                 : QString("Lift (pairs / expected)");
    ES_ASSIGN(ColourKey key, colourCells(look, map, two ? CellMeaning::Difference : CellMeaning::Ratio, title));
    return key;
}

Expected<ChartPtr> drawFlow(const ChartDataPtr& computed, const Parameters& params, Look& look)
{
    const auto data = std::static_pointer_cast<const FlowWindow>(computed);
    const bool paths = data->level == FlowWindow::Level::Paths, two = !data->against.empty();
    FlowThresholds least{paths ? 0 : params.number("least_z"), paths ? 0 : params.number("least_lift"),
        params.number("least_tokens"), std::size_t(params.number("most"))};
    if (data->level == FlowWindow::Level::Spine)
        least.most = (least.most + kSpinePart - 1) / kSpinePart;
    const std::optional<ExpertAt>& focus = data->focus;
    DrawnFlow flow = drawnFlow(*data, least, params.number("other"), focus);
    auto layer = std::make_shared<Ribbons>();
    std::vector<float> colours;
    for (const auto& column : flow.columns) {
        layer->blocks.emplace_back();
        for (const DrawnBlock& block : column)
            layer->blocks.back().push_back({block.shortName(), block.size});
    }
    for (const DrawnGap& gap : flow.gaps) {
        layer->ribbons.emplace_back();
        for (const DrawnRibbon& ribbon : gap.ribbons) {
            const double colour = two ? 100 * (ribbon.share - ribbon.againstShare) : ribbon.cell.lift();
            layer->ribbons.back().push_back({ribbon.cell.from, ribbon.cell.to, ribbon.size, colour});
            colours.push_back(float(colour));
        }
    }
    auto picture = std::make_shared<Picture>();
    ES_ASSIGN(picture->key, keyOf(*data, std::move(colours), look));
    Axis x{"Layer", Axis::Scale::Cells, -kRoom, double(data->columns()) - 1 + kRoom};
    for (std::size_t c = 0; c < data->columns(); ++c)
        x.names.push_back(data->layer(c));
    double tallest = 100;
    for (const auto& column : layer->blocks) {
        double height = 0;
        for (const FlowBlock& block : column)
            height += block.size;
        tallest = std::max(tallest, height);
    }
    const QString of = data->weighted() ? "weight" : data->choices == "first" ? "first choices" : "choices";
    Axis y{two      ? "Larger share of the layer's " + of + " (%)"
            : paths ? "Share of these tokens' " + of + " (%)"
                    : "Share of the layer's " + of + " (%)",
        Axis::Scale::Linear, 0, tallest};
    picture->panels = {{std::move(x), std::move(y), {std::move(layer)}, bannerOf(*data, flow)}};
    picture->note = noteOf(*data, flow, least);
    if (focus) {
        const auto column = std::size_t(std::ranges::find(data->sites, focus->site) - data->sites.begin());
        picture->note += QString(paths ? "; paths of L%1 E%2" : "; only ribbons of L%1 E%2")
                             .arg(data->layer(column))
                             .arg(focus->expert.value);
    }
    std::vector<QByteArray> traces{data->trace};
    if (two)
        traces.push_back(data->againstTrace);
    QByteArray head = csvHead("flow", traces, data->tokens,
        {picture->note,
            "block: value = share of the layer's " + of
                + " in %, count = its tokens; ribbon: value = share of the pairs "
                  "between the layers in %, count = tokens that chose both, of `tokens` that chose `expert`; expected: "
                + (paths ? "as all tokens go" : "as if the layers were independent")
                + (two ? "; share, against_share: of the two traces, count to z of the first; value: the larger"
                       : "")});
    head += two
        ? "kind,layer,site,expert,to_layer,to_site,to_expert,count,tokens,expected,lift,z,share,against_share,value\n"
        : "kind,layer,site,expert,to_layer,to_site,to_expert,count,tokens,expected,lift,z,value\n";
    return std::make_shared<FlowChart>(std::move(picture), data, std::move(flow), std::move(head));
}

/// Half or twice the ribbons; thresholds off and on; the ribbons of the pinned expert alone, and all.
std::vector<ChartKey> flowKeys()
{
    using Changes = std::map<std::string, std::string>;
    static constexpr double kMostRibbons = 4096;
    const auto ribbons = [](double factor) {
        return [factor](const Parameters& params, const Subject&) {
            const double most = std::clamp(std::round(params.number("most") * factor), 1.0, kMostRibbons);
            return Changes{{"most", std::to_string(int(most))}};
        };
    };
    const auto noise = [](const Parameters& params, const Subject&) {
        return params.number("least_z") > 0
            ? Changes{{"least_z", "0"}, {"least_lift", "0"}, {"least_tokens", "0"}}
            : Changes{{"least_z", "4"}, {"least_lift", "1.5"}, {"least_tokens", "20"}};
    };
    const auto choices = [](const Parameters& params, const Subject&) {
        const std::string& now = params.text("choices");
        return Changes{{"choices", now == "all" ? "first" : now == "first" ? "weights" : "all"}};
    };
    const auto focus = [](const Parameters& params, const Subject& pinned) {
        if (!pinned.site || !pinned.expert)
            return params.text("focus").empty() ? Changes() : Changes{{"focus", ""}};
        const std::string expert = std::to_string(pinned.site->value) + ':' + std::to_string(pinned.expert->value);
        return Changes{{"focus", params.text("focus") == expert ? "" : expert}};
    };
    return {{"[", "half the ribbons", ribbons(0.5)}, {"]", "twice the ribbons", ribbons(2)},
        {"n", "what the thresholds hid, and without it again", noise},
        {"t", "pairs of all choices, of the first, by weights", choices},
        {"p", "only the ribbons of the pinned expert, and all again", focus}};
}

}

ChartSpec flowChart()
{
    const auto number = [](const char* name, const char* standard, const char* meaning, double least, double most,
                            bool whole, const char* title, bool computes) {
        return ChartOption{
            {.name = name, .standard = standard, .meaning = meaning, .least = least, .most = most, .whole = whole},
            title, computes};
    };
    const auto choice = [](const char* name, std::vector<std::string> words, const char* meaning, const char* title) {
        return ChartOption{{.name = name,
                               .standard = words.front(),
                               .meaning = meaning,
                               .kind = ParameterSpec::Kind::Choices,
                               .choices = words},
            title, true};
    };
    const auto text = [](const char* name, const char* meaning, const char* title) {
        return ChartOption{
            {.name = name, .standard = "", .meaning = meaning, .kind = ParameterSpec::Kind::Text}, title, true};
    };
    ChartSpec spec{
        .name = "flow",
        .title = "Flow",
        .definition = "Which experts of the next layers tokens go on to, as far as it is more than chance: widths are "
                      "shares of all pairs, colours how many times as many as independent layers would have",
        .options = {siteOption("first router, counted from 0; earlier where the window would not fit"),
            number("columns", "4", "routers in the window, if there are as many", 2, 16, true, "Columns", true),
            number("distance", "1", "sites from one column to the next", 1, 65535, true, "Distance", true),
            choice("level", {"window", "spine", "paths"},
                "some routers; all of them with an eighth of the ribbons (spine); some, of the tokens alone that chose "
                "the "
                "expert of `focus`, with their widest pairs (paths)",
                "Level"),
            choice("choices", {"all", "first", "weights"},
                "pairs of all choices of a token, of the first alone, or of all by the product of their weights",
                "Choices"),
            number("most", "96", "ribbons between two columns, those of the largest excess", 0, 4096, true, "Ribbons",
                false),
            text("focus",
                "SITE:EXPERT: only the ribbons of that expert, or its paths; none: all, or the paths of the busiest "
                "expert",
                "Focus"),
            number("other", "0", "experts with less than so many times the mean share are one block", 0, 1000, false,
                "Other below", false),
            number("least_z", "4", "standard deviations above independence", 0, 1000, false, "z at least", false),
            number("least_lift", "1.5", "times as many as expected", 0, 1000, false, "Lift at least", false),
            number("least_tokens", "20", "tokens of a ribbon", 0, 1e9, true, "Tokens at least", false)},
        .keys = flowKeys(),
        .compute = computeFlowWindow,
        .draw = drawFlow,
    };
    addAgainst(spec.options); // widths are the larger shares, colours the differences
    return spec;
}

}
