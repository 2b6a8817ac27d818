// SPDX-License-Identifier: GPL-3.0-or-later
//
// What tokens lose with fewer experts than they chose, and what that saves: over the number that they keep, or over the
// share of their weights that they keep (`simulate topk`).
#include "analysis/what_if/topk.h"
#include "io/base/named.h"
#include "views/charts/kinds/cache_runs.h"
#include "views/charts/kinds/one_site.h"
#include "views/charts/wording.h"

#include <algorithm>

namespace expertscope {

namespace {

/// What can be drawn of it.
struct FewerQuantity
{
    const char *name, *row, *title, *meaning;
    const char* unit = "%";
    double scale = 100; ///< of the row's value
};
constexpr FewerQuantity kFewerQuantities[] = {
    {"lost", "topk.lost_weight", "Weight lost", "share of a token's weights that goes"},
    {"probability", "topk.lost_probability", "Probability lost",
        "of the router's probability over all experts, from logits"},
    {"same", "topk.same", "Tokens that lose nothing", "of which all experts stay"},
    {"experts", "topk.experts", "Experts kept", "a token at a router, on average", "", 1},
    {"hits", "cache.hit_rate", "Hit rate", "of a cache that is asked for what stays, a curve a size"},
    {"misses", "cache.misses_per_token", "Misses a token", "of such a cache", "experts/token", 1},
};
const FewerQuantity& fewerQuantity(const Parameters& params)
{
    return *named(kFewerQuantities, params.text("quantity"));
}
bool ofCaches(const FewerQuantity& quantity)
{
    return std::string(quantity.row).starts_with("cache.");
}

struct FewerData final : ChartData
{
    RoutingShape shape; ///< its sites
    QByteArray trace;
    std::string tokens, contract;
    std::vector<SiteIndex> sites;
    Results results;
    std::uint32_t most = 0; ///< k
};

Expected<ChartDataPtr> computeFewer(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    const FewerQuantity& quantity = fewerQuantity(question.params);
    const RoutingShape& shape = study.shape(question.trace);
    const std::string& over = question.params.text("over");
    TopkOptions options = standardTopk();
    options.cache.policies = question.params.text("policy");
    options.cache.capacities = question.params.text("capacity");
    std::ranges::replace(options.cache.capacities, '/', ',');
    if (ofCaches(quantity))
        ES_TRY(checkServed(study, question));
    else
        options.cache.capacities = "none";
    // Only what is drawn: with caches each cut is a reading of its own.
    options.keep = options.shares = "none";
    const std::string shares = "0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,0.95,0.99,1";
    if (over == "keep")
        options.keep = "1-" + std::to_string(std::max<unsigned>(shape.numSlots, 1));
    else
        (over == "share" ? options.shares : options.probabilities) = shares;
    auto asked = checkTopk(options);
    if (!asked)
        return fail(asked.error().what, "capacity=" + question.params.text("capacity"), asked.error().hint);
    asked->scope = question.scope;
    ES_ASSIGN(const TopkAnswer answer, simulateTopk(study, question.trace, *asked, progress));
    auto data = std::make_shared<FewerData>();
    data->shape.sites = shape.sites;
    data->trace = csvTrace(study.traces()[question.trace]);
    data->tokens = describeTokens(question.scope, shape);
    if (asked->cache)
        data->contract = simulation::describe(asked->cache->contract) + "; policy: " + options.cache.policies;
    data->sites = answer.sites;
    data->most = shape.numSlots;
    data->results = resultsOf(answer);
    std::erase_if(data->results.rows,
        [&](const ResultRow& row) { return row.metric != quantity.row || paramText(row, "cut") != over; });
    if (std::ranges::none_of(data->results.rows, [](const ResultRow& row) { return row.value.has_value(); }))
        return nothingToDraw(data->results, data->tokens, study.traces()[question.trace].name);
    return data;
}

Expected<ChartPtr> drawFewer(const ChartDataPtr& computed, const Parameters& params, Look&)
{
    const auto data = std::static_pointer_cast<const FewerData>(computed);
    const FewerQuantity& quantity = fewerQuantity(params);
    const std::string& over = params.text("over");
    const bool caches = ofCaches(quantity), number = over == "keep";
    RowPanel panel{.quantity = quantity.title, .unit = quantity.unit};
    panel.x = {number ? QString("Experts a token keeps, of %1").arg(data->most)
                      : (over == "share" ? "Share of the weights kept " : "Probability kept ") + unbroken("(%)"),
        Axis::Scale::Linear, 0, number ? data->most * 1.02 : 102, number};
    panel.ordered = true;
    for (ResultRow row : data->results.rows) {
        if (caches && row.site)
            continue; // a curve a size
        const double x = paramNumber(row, over) * (number ? 1 : 100);
        const std::string size = paramText(row, "capacity");
        QString name;
        if (caches)
            name = QString::fromStdString(size) + (size == "1" ? " slot" : " slots");
        else
            name = row.site ? siteText(data->shape, *row.site) : QString("All layers");
        if (!row.site && !caches && data->sites.size() == 1)
            continue; // its one site says it
        RowPoint point{.x = x, .row = row};
        if (row.value)
            *point.row.value *= quantity.scale;
        point.row.unit = quantity.unit;
        point.row.uniform.reset(); // of the sites alone, and of as many requests
        point.where = (caches ? QString() : name + " · ")
            + (number ? QString("%1 of %2 experts").arg(numberText(x)).arg(data->most)
                      : numberText(x) + (over == "share" ? " % of the weights kept" : " % of the probability kept"));
        point.fields = csvText(over) + ',' + csvNumber(number ? x : x / 100) + ','
            + (row.site ? csvPlace(data->shape, *row.site) : QByteArray(",,")) + csvText(size);
        if (row.site)
            point.subject.site = row.site;
        seriesOf(panel, name).points.push_back(std::move(point));
    }
    for (RowSeries& series : panel.series)
        std::ranges::stable_sort(series.points, {}, &RowPoint::x);
    std::vector<QString> lines{QString("keep: a token's first so many slots; share: the fewest experts that hold so much "
                                       "of its weights; probability: of the router's; value: %1%2")
                                   .arg(QString(quantity.title).toLower(), *quantity.unit ? QString(" in ") + quantity.unit
                                                                                         : QString())};
    if (caches)
        lines.insert(lines.begin(), "contract: " + QString::fromStdString(data->contract));
    return std::make_shared<RowCurves>(std::vector{std::move(panel)},
        csvHead("fewer_experts", {data->trace}, data->tokens, lines), "cut,amount,layer,site,capacity");
}

}

ChartSpec fewerExpertsChart()
{
    ChartOption quantity{{.name = "quantity",
                             .standard = "lost",
                             .meaning = {},
                             .kind = ParameterSpec::Kind::Choices},
        "Quantity", true};
    for (const FewerQuantity& q : kFewerQuantities) {
        quantity.choices.push_back(q.name);
        quantity.meaning += (quantity.meaning.empty() ? "" : "; ") + std::string(q.name) + ": " + q.meaning;
    }
    ChartOption capacity = capacityOption();
    capacity.standard = "25%/50%/75%";
    capacity.meaning = "of hits and misses: slots of a layer's cache, a curve each: 8/16/32, 50%";
    return {
        .name = "fewer_experts",
        .title = "Fewer experts",
        .definition =
            "What tokens lose with fewer experts than they chose, over the number or the share of weights that they "
            "keep; a curve a layer, or a size of a cache that is asked for the rest",
        .options = {quantity,
            {{.name = "over",
                 .standard = "keep",
                 .meaning = "keep: number of experts; share: of the weights; probability: of the router's, from logits",
                 .kind = ParameterSpec::Kind::Choices,
                 .choices = {"keep", "share", "probability"}},
                "Over", true},
            policyOption("lru", false), capacity},
        .compute = computeFewer,
        .draw = drawFewer,
    };
}

}
