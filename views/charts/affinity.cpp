// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which experts of the next router follow those of a site: the matrix "affinity.set" of the metric "affinity"
// (metrics 3.5).
#include "views/charts/kinds/expert_matrix.h"
#include "views/charts/kinds/one_site.h"
#include "views/charts/wording.h"

#include <algorithm>

namespace expertscope {

namespace {

/// Of the three matrices of the metric the one that counts all choices of a token, whatever their rank.
constexpr const char* kMatrix = "affinity.set";

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

Expected<ChartDataPtr> computeAffinity(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    ES_ASSIGN(const SiteIndex from, firstSite(study, question));
    const SiteIndex to(std::uint16_t(from.value + 1));
    return computeExpertMatrix(study, question, {"affinity"}, kMatrix, from, to, progress);
}

Expected<ChartPtr> drawAffinity(const ChartDataPtr& computed, const Parameters& params, Look& look)
{
    const auto data = std::static_pointer_cast<const ExpertMatrix>(computed);
    const int layer = data->layer(data->to);
    ShareWords words;
    words.chart = "affinity";
    words.columnTitle = "Expert of layer " + QString::number(layer);
    words.whose = "the row expert's";
    words.csvLines = {QString("from layer %1, site %2, to layer %3, site %4; n = %5 tokens that chose at both")
                          .arg(data->layer(data->from))
                          .arg(data->from.value)
                          .arg(layer)
                          .arg(data->to.value)
                          .arg(data->matrix->n),
        "share: of the tokens of `expert` those that chose `to_expert` at the next site; uniform: the same under "
        "uniform routing"};
    words.csvOther = "to_layer,to_site,to_expert";
    words.csvOfColumn = [data](std::size_t column) {
        return csvPlace(data->shape, data->to) + QByteArray::number(qulonglong(column)) + ',';
    };
    words.columnText = [layer](std::size_t column) {
        return "then layer " + QString::number(layer) + " expert " + QString::number(column);
    };
    words.alwaysRatio = true;
    return drawShares(data, words, params, look);
}

}

ChartSpec affinityChart()
{
    return {
        .name = "affinity",
        .title = "Affinity",
        .definition =
            "Which experts of the next layer follow: of the tokens of each expert the share that chose each there",
        .options = {siteOption("router, counted from 0 through the model; the next one is the other"), shareOption(),
            expertOrderOption()},
        .compute = computeAffinity,
        .draw = drawAffinity,
    };
}

}
