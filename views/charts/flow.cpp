// SPDX-License-Identifier: GPL-3.0-or-later
//
// How tokens flow from the experts of a few routers in a row to those of the next: as ribbons the pairs that are more
// than independent routers would show, all else as stubs, so that heights always add up (metric "flow").
#include "views/charts/kinds/cell_colours.h"
#include "views/charts/kinds/flow_window.h"
#include "views/charts/kinds/one_site.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

constexpr double kRoom = 0.14; ///< beside the outer columns, of the distance between two
constexpr double kLeastReach = 2, kMostReach = 4; ///< of the colours, times and parts of what is expected
constexpr double kNoisy = 0.5; ///< of the excess: with more by chance alone a picture shows little else

/// An expert whose ribbons alone are drawn.
struct Focus
{
    std::size_t column = 0, expert = 0;

    /// A ribbon between column `gap` and the next.
    bool touches(std::size_t gap, const FlowCell& cell) const
    {
        return (column == gap && expert == cell.from) || (column == gap + 1 && expert == cell.to);
    }
};

/// "SITE:EXPERT", or nothing. Error: no such expert in the window.
Expected<std::optional<Focus>> focusOf(const FlowWindow& data, const std::string& text)
{
    if (text.empty())
        return std::nullopt;
    const QStringList parts = QString::fromStdString(text).split(':');
    bool isSite = false, isExpert = false;
    const unsigned site = parts[0].toUInt(&isSite), expert = parts.size() == 2 ? parts[1].toUInt(&isExpert) : 0;
    if (!isSite || !isExpert)
        return fail("is not SITE:EXPERT, such as 2:17", "focus " + text);
    const auto found = std::ranges::find(data.sites, site, &SiteIndex::value);
    if (found == data.sites.end())
        return fail("is not among the columns", "focus: site " + std::to_string(site));
    const auto column = std::size_t(found - data.sites.begin());
    if (expert >= data.places[column].size())
        return fail("there is no such expert", "focus " + text,
            "experts go from 0 to " + std::to_string(data.places[column].size() - 1));
    return Focus{column, expert};
}

/// What is drawn between two columns, smallest excess first.
struct DrawnGap
{
    std::vector<FlowCell> cells;
    double flow = 0, excess = 0; ///< shares that are drawn
};

struct Thresholds
{
    double z, lift, count;
    std::size_t most;
};

DrawnGap chooseCells(const FlowWindow& data, std::size_t at, const Thresholds& least, const std::optional<Focus>& focus)
{
    const FlowGap& gap = data.gaps[at];
    DrawnGap drawn;
    for (std::size_t i = 0; i < gap.rows(); ++i) {
        for (std::size_t j = 0; j < gap.columns(); ++j) {
            const FlowCell cell = gap.cell(i, j);
            if ((!focus || focus->touches(at, cell)) && cell.count > 0 && cell.count >= least.count
                && cell.lift() >= least.lift && cell.z >= least.z)
                drawn.cells.push_back(cell);
        }
    }
    std::ranges::stable_sort(drawn.cells, std::greater(), &FlowCell::excess);
    drawn.cells.resize(std::min(drawn.cells.size(), least.most));
    std::ranges::reverse(drawn.cells);
    for (const FlowCell& cell : drawn.cells) {
        drawn.flow += cell.count / gap.pairs;
        drawn.excess += std::max(0.0, cell.excess());
    }
    drawn.excess = gap.excess > 0 ? drawn.excess / (gap.excess * gap.pairs) : 0;
    return drawn;
}

class FlowChart final : public Chart
{
public:
    FlowChart(PicturePtr picture, FlowWindowPtr data, std::vector<DrawnGap> gaps, QByteArray head)
        : m_picture(std::move(picture))
        , m_data(std::move(data))
        , m_gaps(std::move(gaps))
        , m_head(std::move(head))
    {
    }

    PicturePtr picture() const override { return m_picture; }

    std::optional<Subject> subject(const Mark& mark) const override
    {
        if (const auto block = blockAt(mark))
            return Subject{.site = m_data->sites[mark.row], .expert = ExpertIndex(std::uint16_t(*block))};
        if (const FlowCell* cell = cellAt(mark))
            return Subject{.site = m_data->sites[gapOf(mark)], .expert = ExpertIndex(std::uint16_t(cell->from))};
        return {};
    }

    /// Blocks, and the ribbons at either of their ends.
    std::vector<Mark> marks(const Subject& wanted) const override
    {
        std::vector<Mark> marks;
        const auto is = [&](std::size_t column, std::size_t expert) {
            return agree({.site = m_data->sites[column], .expert = ExpertIndex(std::uint16_t(expert))}, wanted);
        };
        for (std::uint32_t c = 0; c < m_data->columns(); ++c) {
            for (std::uint32_t place = 0; place < m_data->orders[c].size(); ++place) {
                const Mark mark{0, 0, c, place};
                if (blockAt(mark) && is(c, m_data->orders[c][place]))
                    marks.push_back(mark);
            }
        }
        for (std::uint32_t g = 0; g < m_gaps.size(); ++g) {
            for (std::uint32_t r = 0; r < m_gaps[g].cells.size(); ++r) {
                const FlowCell& cell = m_gaps[g].cells[r];
                if (is(g, cell.from) || is(g + 1, cell.to))
                    marks.push_back({0, 0, std::uint32_t(m_data->columns() + g), r});
            }
        }
        return marks;
    }

    QString readout(const Mark& mark) const override
    {
        if (const auto block = blockAt(mark)) {
            const FlowBlockCount count = m_data->block(mark.row, *block);
            return joinedReadout({siteText(m_data->shape, m_data->sites[mark.row]), "expert " + QString::number(*block),
                percentText(count.share) + " of the choices",
                countText(count.tokens) + " of " + countText(count.of) + " tokens"});
        }
        const FlowCell* cell = cellAt(mark);
        if (!cell)
            return {};
        const std::size_t g = gapOf(mark);
        const auto end = [&](std::size_t column, std::size_t expert) {
            return QString("L%1 E%2").arg(m_data->layer(column)).arg(expert);
        };
        return QString("%1 → %2: %3 of %4 (%5), expected %6, lift %7, z %8")
            .arg(end(g, cell->from), end(g + 1, cell->to), countText(std::uint64_t(cell->count)),
                countText(std::uint64_t(cell->tokens)), percentText(cell->count / cell->tokens),
                percentText(cell->expected / cell->tokens), numberText(cell->lift()), numberText(cell->z));
    }

    QByteArray csv() const override
    {
        QByteArray csv = m_head;
        const auto place = [&](std::size_t column, std::size_t expert) {
            return csvPlace(m_data->shape, m_data->sites[column]) + QByteArray::number(qulonglong(expert)) + ',';
        };
        for (std::size_t c = 0; c < m_data->columns(); ++c) {
            for (const std::size_t expert : m_data->orders[c]) {
                const FlowBlockCount count = m_data->block(c, expert);
                if (count.share > 0)
                    csv += "block," + place(c, expert) + ",,," + QByteArray::number(qulonglong(count.tokens)) + ",,,,,"
                        + csvNumber(100 * count.share) + '\n';
            }
        }
        for (std::size_t g = 0; g < m_gaps.size(); ++g) {
            for (const FlowCell& cell : m_gaps[g].cells)
                csv += "ribbon," + place(g, cell.from) + place(g + 1, cell.to) + csvNumber(cell.count) + ','
                    + csvNumber(cell.tokens) + ',' + csvNumber(cell.expected) + ',' + csvNumber(cell.lift()) + ','
                    + csvNumber(cell.z) + ',' + csvNumber(100 * cell.count / m_data->gaps[g].pairs) + '\n';
        }
        return csv;
    }

private:
    std::size_t gapOf(const Mark& mark) const { return mark.row - m_data->columns(); }
    /// Its expert.
    std::optional<std::size_t> blockAt(const Mark& mark) const
    {
        if (mark.panel != 0 || mark.layer != 0 || mark.row >= m_data->columns()
            || mark.column >= m_data->orders[mark.row].size())
            return {};
        const std::size_t expert = m_data->orders[mark.row][mark.column];
        return m_data->block(mark.row, expert).share > 0 ? std::optional(expert) : std::nullopt;
    }
    const FlowCell* cellAt(const Mark& mark) const
    {
        if (mark.panel != 0 || mark.layer != 0 || mark.row < m_data->columns() || gapOf(mark) >= m_gaps.size()
            || mark.column >= m_gaps[gapOf(mark)].cells.size())
            return nullptr;
        return &m_gaps[gapOf(mark)].cells[mark.column];
    }

    PicturePtr m_picture;
    FlowWindowPtr m_data;
    std::vector<DrawnGap> m_gaps;
    QByteArray m_head;
};

/// "31–43 %", or one number where they agree.
QString rangeText(const std::vector<double>& shares)
{
    const auto [least, largest] = std::ranges::minmax(shares);
    const QString low = QString::number(std::lround(100 * least)), high = QString::number(std::lround(100 * largest));
    return unbroken(low == high ? low + " %" : low + "–" + high + " %");
}

QString noteOf(const FlowWindow& data, const std::vector<DrawnGap>& gaps, const Thresholds& least)
{
    std::vector<double> flow, excess, dependence, floor;
    std::vector<std::size_t> counts;
    for (std::size_t g = 0; g < gaps.size(); ++g) {
        flow.push_back(gaps[g].flow);
        excess.push_back(gaps[g].excess);
        dependence.push_back(data.gaps[g].excess);
        floor.push_back(data.gaps[g].floor);
        counts.push_back(gaps[g].cells.size());
    }
    const auto mean = [](const std::vector<double>& v) {
        double sum = 0;
        for (const double x : v)
            sum += x;
        return sum / double(v.size());
    };
    const auto [fewest, most] = std::ranges::minmax(counts);
    const QString ribbons = fewest == most ? QString::number(most) : QString("%1–%2").arg(fewest).arg(most);
    QString note;
    if (mean(floor) > kNoisy * mean(dependence))
        note = "most of the dependence is sampling noise at this size; ";
    note += QString("%1 tokens; %2 ribbons a pair of layers = %3 of flow, %4 of excess; dependence %5 (floor %6)")
                .arg(countText(data.gaps.front().tokens), ribbons, rangeText(flow), rangeText(excess),
                    numberText(mean(dependence)), numberText(mean(floor)));
    note += QString("; ribbons: z ≥ %1, lift ≥ %2, %3 tokens, %4 at most; the rest is hatched")
                .arg(QString::number(least.z), QString::number(least.lift), countText(std::uint64_t(least.count)))
                .arg(least.most);
    return note;
}

Expected<ChartPtr> draw(const ChartDataPtr& computed, const Parameters& params, Look& look)
{
    const auto data = std::static_pointer_cast<const FlowWindow>(computed);
    const Thresholds least{params.number("least_z"), params.number("least_lift"), params.number("least_tokens"),
        std::size_t(params.number("most"))};
    ES_ASSIGN(const std::optional<Focus> focus, focusOf(*data, params.text("focus")));
    auto layer = std::make_shared<Ribbons>();
    std::vector<DrawnGap> gaps;
    std::vector<float> lifts;
    for (std::size_t c = 0; c < data->columns(); ++c) {
        layer->blocks.emplace_back();
        for (const std::size_t expert : data->orders[c])
            layer->blocks.back().push_back({QString::number(expert), 100 * data->block(c, expert).share});
    }
    for (std::size_t g = 0; g < data->gaps.size(); ++g) {
        gaps.push_back(chooseCells(*data, g, least, focus));
        layer->ribbons.emplace_back();
        for (const FlowCell& cell : gaps[g].cells) {
            layer->ribbons.back().push_back({data->places[g][cell.from], data->places[g + 1][cell.to],
                100 * cell.count / data->gaps[g].pairs, cell.lift()});
            lifts.push_back(float(cell.lift()));
        }
    }
    auto picture = std::make_shared<Picture>();
    if (!lifts.empty()) {
        const float largest = std::ranges::max(lifts);
        HeatMap map;
        map.centre = 1;
        map.values = Pyramid(1, lifts.size(), std::move(lifts));
        if (!look.limits && !look.percentile && look.scale.value_or(ScaleKind::Log2) == ScaleKind::Log2)
            look.limits =
                largest > kLeastReach ? std::pair(1 / kMostReach, kMostReach) : std::pair(1 / kLeastReach, kLeastReach);
        ES_ASSIGN(picture->key, colourCells(look, map, CellMeaning::Ratio, "Lift (pairs / expected)"));
    }
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
    Axis y{"Share of the layer's choices (%)", Axis::Scale::Linear, 0, tallest};
    picture->panels = {{std::move(x), std::move(y), {std::move(layer)}, {}}};
    picture->note = noteOf(*data, gaps, least);
    if (focus)
        picture->note += QString("; only ribbons of L%1 E%2").arg(data->layer(focus->column)).arg(focus->expert);
    QByteArray head = csvHead("flow", {data->trace}, data->tokens,
        {picture->note,
            "block: value = share of the layer's choices in %, count = its tokens; ribbon: value = share of the pairs "
            "between the layers in %, count = tokens that chose both, of `tokens` that chose `expert`; expected: as if "
            "the layers were independent"});
    head += "kind,layer,site,expert,to_layer,to_site,to_expert,count,tokens,expected,lift,z,value\n";
    return std::make_shared<FlowChart>(std::move(picture), data, std::move(gaps), std::move(head));
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
    return {
        .name = "flow",
        .title = "Flow",
        .definition = "Which experts of the next layers tokens go on to, as far as it is more than chance: widths are "
                      "shares of all pairs, colours how many times as many as independent layers would have",
        .options = {siteOption("first router, counted from 0; earlier where the window would not fit"),
            number("columns", "4", "routers in the window, if there are as many", 2, 16, true, "Columns", true),
            number("distance", "1", "sites from one column to the next", 1, 65535, true, "Distance", true),
            number("most", "96", "ribbons between two columns, those of the largest excess", 0, 4096, true, "Ribbons",
                false),
            ChartOption{{.name = "focus",
                            .standard = "",
                            .meaning = "SITE:EXPERT: only the ribbons of that expert; none: all",
                            .kind = ParameterSpec::Kind::Text},
                "Focus"},
            number("least_z", "4", "standard deviations above independence", 0, 1000, false, "z at least", false),
            number("least_lift", "1.5", "times as many as expected", 0, 1000, false, "Lift at least", false),
            number("least_tokens", "20", "tokens of a ribbon", 0, 1e9, true, "Tokens at least", false)},
        .compute = computeFlowWindow,
        .draw = draw,
    };
}

}
