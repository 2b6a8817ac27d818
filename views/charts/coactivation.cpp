// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which experts of a site are chosen together: the matrix of the metric "coactivation" (metrics 3.2).
#include "views/charts/kinds/cell_colours.h"
#include "views/charts/kinds/expert_pairs.h"
#include "views/charts/kinds/expert_map.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

struct PairData final : ChartData
{
    RoutingShape shape;
    SiteIndex site;
    QByteArray trace;
    std::string tokens;
    ResultsPtr results;
    const ResultMatrix* matrix = nullptr; ///< of `results`
    std::size_t experts() const { return matrix->axes.front().keys.size(); }
};
using PairDataPtr = std::shared_ptr<const PairData>;

class PairMatrix final : public Chart
{
public:
    PairMatrix(PairDataPtr data, bool ratio, PicturePtr picture)
        : m_data(std::move(data))
        , m_ratio(ratio)
        , m_picture(std::move(picture))
    {
    }

    PicturePtr picture() const override { return m_picture; }
    QByteArray csv() const override;

    std::optional<Subject> subject(const Mark& mark) const override
    {
        const std::size_t E = m_data->experts();
        if (mark.panel != 0 || mark.layer != 0 || mark.row >= E || mark.column >= E
            || std::isnan(m_data->matrix->values[mark.row * E + mark.column]))
            return {};
        return Subject{.site = m_data->site, .expert = ExpertIndex(std::uint16_t(mark.row))};
    }

    std::vector<Mark> marks(const Subject& wanted) const override
    {
        return marksOfRows(*this, m_data->site, m_data->experts(), m_data->experts(), wanted);
    }

    QString readout(const Mark& mark) const override
    {
        if (!subject(mark))
            return {};
        const ResultMatrix& matrix = *m_data->matrix;
        const double value = matrix.values[mark.row * m_data->experts() + mark.column];
        QString said = percentText(value) + " of its tokens";
        if (matrix.uniform)
            said += " (uniform " + percentText(*matrix.uniform) + ')';
        return joinedReadout({siteText(m_data->shape, m_data->site), "expert " + QString::number(mark.row),
            "with expert " + QString::number(mark.column), said,
            m_ratio && matrix.uniform ? numberText(value / *matrix.uniform) + " of uniform" : QString(),
            "n = " + countText(matrix.n) + " tokens"});
    }

private:
    PairDataPtr m_data;
    bool m_ratio;
    PicturePtr m_picture;
};

/// What is drawn of a share.
double valueOf(const ResultMatrix& matrix, double share, bool ratio)
{
    return ratio ? share / *matrix.uniform : 100 * share;
}

QByteArray PairMatrix::csv() const
{
    const ResultMatrix& matrix = *m_data->matrix;
    const std::size_t E = m_data->experts();
    const int layer = m_data->shape.sites[std::size_t(m_data->site)].layer;
    QByteArray csv = csvHead("coactivation", {m_data->trace}, m_data->tokens,
        {QString("layer %1, site %2; n = %3 tokens").arg(layer).arg(m_data->site.value).arg(matrix.n),
            "share: of the tokens of `expert` those that chose `with` too; uniform: the same under uniform routing",
            "value: " + m_picture->key->title});
    csv += "layer,site,expert,with,share,uniform,value\n";
    const QByteArray place = QByteArray::number(layer) + ',' + QByteArray::number(m_data->site.value) + ',';
    const QByteArray uniform = ',' + csvNumber(matrix.uniform.value_or(std::nan(""))) + ',';
    for (std::size_t i = 0; i < E; ++i) {
        for (std::size_t j = 0; j < E; ++j) {
            const double share = matrix.values[i * E + j];
            if (!std::isnan(share))
                csv += place + QByteArray::number(qulonglong(i)) + ',' + QByteArray::number(qulonglong(j)) + ','
                    + csvNumber(share) + uniform + csvNumber(valueOf(matrix, share, m_ratio)) + '\n';
        }
    }
    return csv;
}

Expected<ChartDataPtr> compute(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    auto data = std::make_shared<PairData>();
    const RoutingShape& shape = study.shape(question.trace);
    const double number = question.params.number("site");
    if (number >= double(shape.sites.size()))
        return fail("there is no such site", "site " + question.params.text("site"),
            "sites go from 0 to " + std::to_string(shape.sites.size() - 1));
    data->site = SiteIndex(std::uint16_t(number));
    ES_ASSIGN(const std::vector<SiteIndex> kept, study.sitesOf(question.trace, question.scope));
    if (std::ranges::find(kept, data->site) == kept.end())
        return fail("is not among the sites that are kept", "site " + question.params.text("site"),
            "choose " + std::to_string(kept.front().value));
    data->shape.sites = shape.sites;
    data->trace = csvTrace(study.traces()[question.trace]);
    data->tokens = describeTokens(question.scope, shape);
    MetricQuestion metric;
    metric.metrics = {{"coactivation"}};
    metric.scope = question.scope;
    metric.scope.layers.clear();
    metric.scope.sites = {data->site};
    ES_ASSIGN(const auto results, study.metrics(question.trace, metric, progress));
    data->results = results.front();
    for (const ResultMatrix& matrix : data->results->matrices) {
        if (matrix.metric == "coactivation.conditional" && matrix.site == data->site && !matrix.label)
            data->matrix = &matrix;
    }
    if (!data->matrix || std::ranges::all_of(data->matrix->values, [](double v) { return std::isnan(v); })) {
        for (const ResultRow& row : data->results->rows) {
            if (!row.undefined.empty())
                return fail("nothing to draw: " + row.undefined, data->tokens.empty() ? "coactivation" : data->tokens);
        }
        return fail("holds no choices: nothing to draw", data->tokens.empty() ? "coactivation" : data->tokens);
    }
    return data;
}

Expected<ChartPtr> draw(const ChartDataPtr& computed, const Parameters& params, Look& look)
{
    const auto data = std::static_pointer_cast<const PairData>(computed);
    const ResultMatrix& matrix = *data->matrix;
    const bool ratio = params.text("measure") == "ratio";
    if (ratio && !(matrix.uniform.value_or(0) > 0))
        return fail("uniform routing has no pairs to compare with", "measure=ratio", "choose measure=share");
    const std::size_t E = data->experts();
    const int layer = data->shape.sites[std::size_t(data->site)].layer;
    const QString title = ratio ? "Share of the expert's tokens " + unbroken("/ uniform")
                                : "Share of the expert's tokens " + unbroken("(%)");
    std::vector<float> values(E * E);
    std::ranges::transform(
        matrix.values, values.begin(), [&](double share) { return float(valueOf(matrix, share, ratio)); });
    auto map = std::make_shared<HeatMap>();
    map->centre = ratio ? 1 : 100 * matrix.uniform.value_or(0);
    map->values = Pyramid(E, E, std::move(values));
    auto picture = std::make_shared<Picture>();
    ES_ASSIGN(picture->key, colourCells(look, *map, ratio ? CellMeaning::Ratio : CellMeaning::Amount, title));
    picture->panels = {{expertCellAxis("Expert chosen too", E),
        expertCellAxis("Expert of layer " + QString::number(layer), E), {std::move(map)}}};
    return std::make_shared<PairMatrix>(data, ratio, std::move(picture));
}

}

ChartSpec coactivationChart()
{
    return {
        .name = "coactivation",
        .title = "Co-activation",
        .definition =
            "Which experts of a layer are chosen together: of the tokens of each the share that chose the other too",
        .options = {{{.name = "site",
                         .standard = "0",
                         .meaning = "router, counted from 0 through the model",
                         .least = 0,
                         .most = 65534,
                         .whole = true},
                        "Site", true},
            {{.name = "measure",
                 .standard = "share",
                 .meaning = "share of tokens, or ratio to what uniform routing would give",
                 .kind = ParameterSpec::Kind::Choices,
                 .choices = {"share", "ratio"}},
                "Show"}},
        .compute = compute,
        .draw = draw,
    };
}

}
