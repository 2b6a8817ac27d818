// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which experts of a site are chosen together: the matrix of the metric "coactivation" (metrics 3.2). OLMoE, Figure 21,
// draws that of neighbours in rank alone.
#include "views/charts/kinds/expert_matrix.h"
#include "views/charts/kinds/one_site.h"

namespace expertscope {

namespace {

Expected<ChartDataPtr> computeCoactivation(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    ES_ASSIGN(const SiteIndex site, chosenSite(study, question));
    return computeExpertMatrix(study, question, {"coactivation"}, "coactivation.conditional", site, site, progress);
}

Expected<ChartPtr> drawCoactivation(const ChartDataPtr& computed, const Parameters& params, Look& look)
{
    const auto data = std::static_pointer_cast<const ExpertMatrix>(computed);
    ShareWords words;
    words.chart = "coactivation";
    words.columnTitle = "Expert chosen too";
    words.whose = "the expert's";
    words.csvLines = {QString("layer %1, site %2; n = %3 tokens")
                          .arg(data->layer(data->from))
                          .arg(data->from.value)
                          .arg(data->matrix->n),
        "share: of the tokens of `expert` those that chose `with` too; uniform: the same under uniform routing"};
    words.csvOther = "with";
    words.csvOfColumn = [](std::size_t column) { return QByteArray::number(qulonglong(column)) + ','; };
    words.columnText = [](std::size_t column) { return "with expert " + QString::number(column); };
    return drawShares(data, words, params, look);
}

}

ChartSpec coactivationChart()
{
    return {
        .name = "coactivation",
        .title = "Co-activation",
        .definition =
            "Which experts of a layer are chosen together: of the tokens of each the share that chose the other too",
        .options = {siteOption(), shareOption(), expertOrderOption()},
        .compute = computeCoactivation,
        .draw = drawCoactivation,
    };
}

}
