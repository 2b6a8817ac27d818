// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which experts of the next router follow those of a site: the matrix "affinity.set" of the metric "affinity"
// (metrics 3.5).
#include "views/charts/kinds/cell_colours.h"
#include "views/charts/kinds/expert_map.h"
#include "views/charts/kinds/expert_pairs.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

/// Of the three matrices of the metric the one that counts all choices of a token, whatever their rank.
constexpr const char* kMatrix = "affinity.set";

struct FlowData final : ChartData
{
    RoutingShape shape;
    SiteIndex from, to;
    QByteArray trace;
    std::string tokens;
    ResultsPtr results;
    const ResultMatrix* matrix = nullptr; ///< of `results`: [experts of `from`, experts of `to`]

    std::size_t rows() const { return matrix->axes[0].keys.size(); }
    std::size_t columns() const { return matrix->axes[1].keys.size(); }
    double share(std::size_t row, std::size_t column) const { return matrix->values[row * columns() + column]; }
    int layer(SiteIndex site) const { return shape.sites[std::size_t(site)].layer; }
};
using FlowDataPtr = std::shared_ptr<const FlowData>;

class FlowMatrix final : public Chart
{
public:
    FlowMatrix(FlowDataPtr data, PicturePtr picture)
        : m_data(std::move(data))
        , m_picture(std::move(picture))
    {
    }

    PicturePtr picture() const override { return m_picture; }
    QByteArray csv() const override;

    /// The row's expert: the share is one of its tokens. A subject has one site, so that the column's is only read out.
    std::optional<Subject> subject(const Mark& mark) const override
    {
        if (mark.panel != 0 || mark.layer != 0 || mark.row >= m_data->rows() || mark.column >= m_data->columns()
            || std::isnan(m_data->share(mark.row, mark.column)))
            return {};
        return Subject{.site = m_data->from, .expert = ExpertIndex(std::uint16_t(mark.row))};
    }

    std::vector<Mark> marks(const Subject& wanted) const override
    {
        return marksOfRows(*this, m_data->from, m_data->rows(), m_data->columns(), wanted);
    }

    QString readout(const Mark& mark) const override
    {
        if (!subject(mark))
            return {};
        const ResultMatrix& matrix = *m_data->matrix;
        const double share = m_data->share(mark.row, mark.column);
        QString said = percentText(share) + " of its tokens", ratio;
        if (matrix.uniform) {
            said += " (uniform " + percentText(*matrix.uniform) + ')';
            ratio = numberText(share / *matrix.uniform) + " of uniform";
        }
        return joinedReadout({siteText(m_data->shape, m_data->from), "expert " + QString::number(mark.row),
            "then layer " + QString::number(m_data->layer(m_data->to)) + " expert " + QString::number(mark.column),
            said, ratio, "n = " + countText(matrix.n) + " tokens"});
    }

private:
    FlowDataPtr m_data;
    PicturePtr m_picture;
};

QByteArray FlowMatrix::csv() const
{
    const ResultMatrix& matrix = *m_data->matrix;
    const auto place = [&](SiteIndex site) {
        return QByteArray::number(m_data->layer(site)) + ',' + QByteArray::number(site.value) + ',';
    };
    const QByteArray from = place(m_data->from), to = place(m_data->to);
    const QByteArray uniform = ',' + csvNumber(matrix.uniform.value_or(std::nan(""))) + ',';
    QByteArray csv = csvHead("affinity", {m_data->trace}, m_data->tokens,
        {QString("from layer %1, site %2, to layer %3, site %4; n = %5 tokens that chose at both")
                .arg(m_data->layer(m_data->from))
                .arg(m_data->from.value)
                .arg(m_data->layer(m_data->to))
                .arg(m_data->to.value)
                .arg(matrix.n),
            "share: of the tokens of `expert` those that chose `to_expert` at the next site; uniform: the same under "
            "uniform routing",
            "value: " + m_picture->key->title});
    csv += "layer,site,expert,to_layer,to_site,to_expert,share,uniform,value\n";
    for (std::size_t i = 0; i < m_data->rows(); ++i) {
        for (std::size_t j = 0; j < m_data->columns(); ++j) {
            const double share = m_data->share(i, j);
            if (!std::isnan(share))
                csv += from + QByteArray::number(qulonglong(i)) + ',' + to + QByteArray::number(qulonglong(j)) + ','
                    + csvNumber(share) + uniform + csvNumber(100 * share) + '\n';
        }
    }
    return csv;
}

/// The site that is asked for, where it and the next one are there and kept.
Expected<SiteIndex> firstSite(const Study& study, const ChartQuestion& question)
{
    const RoutingShape& shape = study.shape(question.trace);
    const std::string name = "site " + question.params.text("site");
    const double number = question.params.number("site");
    const std::size_t count = shape.sites.size();
    if (count < 2)
        return fail(count ? "has one router: affinity needs two in a row" : "has no routers to draw",
            study.traces()[question.trace].path.string());
    if (number >= double(count))
        return fail("there is no such site", name, "sites go from 0 to " + std::to_string(count - 1));
    if (number + 1 == double(count))
        return fail("is the last router: affinity needs one that follows", name,
            "choose " + std::to_string(count - 2) + " or lower");
    ES_ASSIGN(const std::vector<SiteIndex> kept, study.sitesOf(question.trace, question.scope));
    const auto has = [&](unsigned site) { return std::ranges::find(kept, site, &SiteIndex::value) != kept.end(); };
    const SiteIndex site{std::uint16_t(number)};
    const unsigned next = site.value + 1u;
    if (has(site.value) && has(next))
        return site;
    const auto able = std::ranges::find_if(kept, [&](SiteIndex s) { return has(s.value + 1u); });
    return fail(has(site.value)
            ? "the next one, site " + std::to_string(next) + ", is not among the sites that are kept"
            : "is not among the sites that are kept",
        name, able == kept.end() ? "keep two in a row" : "choose " + std::to_string(able->value));
}

Expected<ChartDataPtr> compute(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    auto data = std::make_shared<FlowData>();
    const RoutingShape& shape = study.shape(question.trace);
    ES_ASSIGN(data->from, firstSite(study, question));
    data->to = SiteIndex(std::uint16_t(data->from.value + 1));
    data->shape.sites = shape.sites;
    data->trace = csvTrace(study.traces()[question.trace]);
    data->tokens = describeTokens(question.scope, shape);
    MetricQuestion metric;
    metric.metrics = {{"affinity"}};
    metric.scope = question.scope;
    metric.scope.layers.clear();
    metric.scope.sites = {data->from, data->to}; // a matrix for each pair of sites, of which one is drawn
    ES_ASSIGN(const auto results, study.metrics(question.trace, metric, progress));
    data->results = results.front();
    for (const ResultMatrix& matrix : data->results->matrices) {
        if (matrix.metric == kMatrix && matrix.site == data->from && !matrix.label)
            data->matrix = &matrix;
    }
    const std::string where = data->tokens.empty() ? "site " + std::to_string(data->from.value) : data->tokens;
    if (!data->matrix)
        return fail(std::string("the results of affinity hold no matrix ") + kMatrix + ": nothing to draw", where);
    if (std::ranges::all_of(data->matrix->values, [](double v) { return std::isnan(v); })) {
        for (const ResultRow& row : data->results->rows) {
            if (!row.undefined.empty())
                return fail("nothing to draw: " + row.undefined, where);
        }
        return fail("holds no choices: nothing to draw", where);
    }
    return data;
}

Expected<ChartPtr> draw(const ChartDataPtr& computed, const Parameters&, Look& look)
{
    const auto data = std::static_pointer_cast<const FlowData>(computed);
    const ResultMatrix& matrix = *data->matrix;
    std::vector<float> values(matrix.values.size());
    std::ranges::transform(matrix.values, values.begin(), [](double share) { return float(100 * share); });
    auto map = std::make_shared<HeatMap>();
    map->centre = 100 * matrix.uniform.value_or(0);
    map->values = Pyramid(data->rows(), data->columns(), std::move(values));
    auto picture = std::make_shared<Picture>();
    ES_ASSIGN(picture->key,
        colourCells(look, *map, CellMeaning::Amount, "Share of the row expert's tokens " + unbroken("(%)")));
    const auto axis = [&](SiteIndex site, std::size_t experts) {
        return expertCellAxis("Expert of layer " + QString::number(data->layer(site)), experts);
    };
    picture->panels = {{axis(data->to, data->columns()), axis(data->from, data->rows()), {std::move(map)}}};
    return std::make_shared<FlowMatrix>(data, std::move(picture));
}

}

ChartSpec affinityChart()
{
    return {
        .name = "affinity",
        .title = "Affinity",
        .definition =
            "Which experts of the next layer follow: of the tokens of each expert the share that chose each there",
        .options = {{{.name = "site", // this name follows what is pinned in other views
                         .standard = "0",
                         .meaning = "router, counted from 0 through the model; the next one is the other",
                         .least = 0,
                         .most = 65534,
                         .whole = true},
            "Site", true}},
        .compute = compute,
        .draw = draw,
    };
}

}
