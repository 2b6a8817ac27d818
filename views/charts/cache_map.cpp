// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which layers a cache serves well: the hit rate of each site over the size of its cache, and how slots of the same
// number in all are best divided ("cache.hit_rate" and "cache.quota" of `simulate cache --quotas`).
#include "views/charts/kinds/cache_runs.h"
#include "views/charts/kinds/expert_map.h"
#include "views/charts/kinds/matrix_map.h"
#include "views/charts/not_a_number.h"
#include "views/charts/wording.h"

#include <algorithm>

namespace expertscope {

namespace {

Expected<ChartDataPtr> computeCacheMap(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    CacheOptions options = cacheOptions(question.params);
    ES_TRY(checkServed(study, question));
    ES_ASSIGN(const std::vector<SiteIndex> kept, study.sitesOf(question.trace, question.scope));
    options.quotas = kept.size() > 1 && question.params.text("quotas") == "yes";
    return runCaches(study, question, options, progress);
}

/// Rows of the sites, [site, capacity]; null where there is none.
struct SiteRows
{
    std::vector<SiteIndex> sites;
    std::vector<const ResultRow*> rates, quotas;
};

SiteRows siteRows(const CacheRun& data)
{
    SiteRows found;
    for (const ResultRow& row : data.results.rows) {
        if (row.metric == "cache.hit_rate" && row.site
            && std::ranges::find(found.sites, *row.site) == found.sites.end())
            found.sites.push_back(*row.site);
    }
    const std::size_t C = data.capacities.size();
    found.rates.resize(found.sites.size() * C);
    found.quotas.resize(found.rates.size());
    for (const ResultRow& row : data.results.rows) {
        const bool rate = row.metric == "cache.hit_rate";
        if (!row.site || (!rate && row.metric != "cache.quota"))
            continue;
        const auto site = std::size_t(std::ranges::find(found.sites, *row.site) - found.sites.begin());
        const auto size = std::uint32_t(paramNumber(row, "capacity"));
        const auto place = std::size_t(std::ranges::find(data.capacities, size) - data.capacities.begin());
        if (site < found.sites.size() && place < C)
            (rate ? found.rates : found.quotas)[site * C + place] = &row;
    }
    return found;
}

Expected<ChartPtr> drawCacheMap(const ChartDataPtr& computed, const Parameters& params, Look& look)
{
    const auto data = std::static_pointer_cast<const CacheRun>(computed);
    const auto rows = std::make_shared<const SiteRows>(siteRows(*data));
    const bool gain = params.text("measure") == "gain";
    const std::size_t C = data->capacities.size();
    const QString policy = QString::fromStdString(params.text("policy"));
    const QString title = gain ? "Gain over uniform " + unbroken("(points)") : "Hit rate " + unbroken("(%)");
    MatrixCells cells;
    cells.rows.axis = siteAxis(rows->sites, data->shape);
    cells.columns.axis = {"Slots of the layer's cache", Axis::Scale::Cells};
    for (const std::uint32_t size : data->capacities)
        cells.columns.axis.names.push_back(int(size));
    for (const SiteIndex site : rows->sites)
        cells.rows.subjects.push_back({.site = site});
    for (const ResultRow* row : rows->rates) {
        const bool known = row && row->value && (!gain || row->uniform);
        cells.values.push_back(known ? 100 * (*row->value - (gain ? *row->uniform : 0)) : kNaN);
    }
    if (std::ranges::all_of(cells.values, [](double v) { return v != v; }))
        return fail("there is no hit rate by chance to compare with", "policy=" + params.text("policy"),
            "it knows the future: choose measure=hit_rate");
    cells.note = "Caches by " + policy;
    cells.readout = [data, rows, C](std::size_t r, std::size_t c) {
        const ResultRow& row = *rows->rates[r * C + c];
        const ResultRow* const quota = rows->quotas[r * C + c];
        QString rate = "hit rate " + percentText(*row.value);
        if (row.uniform)
            rate += " (uniform " + percentText(*row.uniform) + ')';
        return joinedReadout({siteText(data->shape, rows->sites[r]),
            QString("%1 slots of %2").arg(data->capacities[c]).arg(data->experts), rate,
            quota && quota->value ? "best with " + numberText(*quota->value) + " of as many in all" : QString(),
            "n = " + countText(row.n) + " requests"});
    };
    cells.csvHead = csvHead("cache_map", {data->trace}, data->tokens,
        {"contract: " + QString::fromStdString(data->contract) + "; policy: " + policy,
            "capacity: slots of each layer's cache; hit_rate: of requested experts those that were resident; "
            "best_slots: "
            "this layer's, of as many in all layers together divided so that fewest requests miss",
            "value: " + title});
    cells.csvHead += "layer,site,capacity,hit_rate,uniform,requests,best_slots,value\n";
    cells.csvRecord = [data, rows, C](std::size_t r, std::size_t c) {
        const ResultRow& row = *rows->rates[r * C + c];
        const ResultRow* const quota = rows->quotas[r * C + c];
        return csvPlace(data->shape, rows->sites[r]) + QByteArray::number(data->capacities[c]) + ','
            + csvNumber(*row.value) + ',' + csvNumber(row.uniform.value_or(kNaN)) + ','
            + QByteArray::number(qulonglong(row.n)) + ',' + csvNumber(quota ? quota->value.value_or(kNaN) : kNaN) + ',';
    };
    return drawMatrix(std::move(cells), gain ? CellMeaning::Difference : CellMeaning::Amount, title, look);
}

}

ChartSpec cacheMapChart()
{
    return {
        .name = "cache_map",
        .title = "Cache map",
        .definition =
            "How often an expert that is asked for lies in its layer's cache, for each layer and size of the cache",
        .options = {policyOption("lru", false), capacityOption(),
            {{.name = "measure",
                 .standard = "hit_rate",
                 .meaning = "hit rate, or what it gains over uniform routing",
                 .kind = ParameterSpec::Kind::Choices,
                 .choices = {"hit_rate", "gain"}},
                "Show"},
            {{.name = "quotas",
                 .standard = "no",
                 .meaning = "say of each layer how many slots it should have of as many in all",
                 .kind = ParameterSpec::Kind::Choices,
                 .choices = {"no", "yes"}},
                "Best division", true}},
        .ofCache = {"policy"},
        .compute = computeCacheMap,
        .draw = drawCacheMap,
    };
}

}
