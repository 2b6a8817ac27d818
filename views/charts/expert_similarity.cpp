// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which experts of a site are asked for alike: the matrix of the metric "mc_smoe" (metrics 7), which MC-SMoE merges
// experts by.
#include "views/charts/kinds/expert_matrix.h"
#include "views/charts/kinds/one_site.h"
#include "views/charts/wording.h"

#include <limits>

namespace expertscope {

namespace {

constexpr double kUnlike = 0.5; ///< similarity of two experts whose logits have nothing to do with each other

Expected<ChartDataPtr> computeExpertSimilarity(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    ES_ASSIGN(const SiteIndex site, chosenSite(study, question));
    return computeExpertMatrix(study, question, {"mc_smoe"}, "mc_smoe.similarity", site, site, progress, kUnlike);
}

Expected<ChartPtr> drawExpertSimilarity(const ChartDataPtr& computed, const Parameters& params, Look& look)
{
    const auto data = std::static_pointer_cast<const ExpertMatrix>(computed);
    const std::size_t E = data->rows();
    const int layer = data->layer(data->from);
    const QString title = "Similarity of router logits " + unbroken("(0.5: none)");
    MatrixCells cells;
    cells.rows.axis = orderedExpertAxis("Expert of layer " + QString::number(layer), E, params);
    cells.columns.axis = orderedExpertAxis("Other expert", E, params);
    cells.rows.order = cells.columns.order = data->rowOrder;
    cells.values = data->matrix->values;
    for (std::size_t e = 0; e < E; ++e) {
        cells.values[e * E + e] = std::numeric_limits<double>::quiet_NaN(); // 1 by definition
        cells.rows.subjects.push_back({.site = data->from, .expert = ExpertIndex(std::uint16_t(e))});
    }
    cells.centre = kUnlike;
    cells.readout = [data](std::size_t row, std::size_t column) {
        return joinedReadout({siteText(data->shape, data->from), "expert " + QString::number(row),
            "with expert " + QString::number(column), "similarity " + numberText(data->value(row, column)),
            "n = " + countText(data->matrix->n) + " tokens"});
    };
    cells.csvHead = csvHead("expert_similarity", {data->trace}, data->tokens,
        {QString("layer %1, site %2; n = %3 tokens").arg(layer).arg(data->from.value).arg(data->matrix->n),
            "value: (cosine of the router logits of two experts over all tokens + 1) / 2"});
    cells.csvHead += "layer,site,expert,with,value\n";
    cells.csvRecord = [data](std::size_t row, std::size_t column) {
        return csvPlace(data->shape, data->from) + QByteArray::number(qulonglong(row)) + ',' + QByteArray::number(qulonglong(column)) + ',';
    };
    return drawMatrix(std::move(cells), CellMeaning::Difference, title, look);
}

}

ChartSpec expertSimilarityChart()
{
    return {
        .name = "expert_similarity",
        .title = "Similarity of experts",
        .definition =
            "How alike the router's logits of two experts of a layer are over all tokens: what MC-SMoE merges by",
        .options = {siteOption(), expertOrderOption()},
        .compute = computeExpertSimilarity,
        .draw = drawExpertSimilarity,
    };
}

}
