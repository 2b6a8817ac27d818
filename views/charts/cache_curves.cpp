// SPDX-License-Identifier: GPL-3.0-or-later
//
// How often an expert that is asked for lies in a cache, over the size of the cache, a curve a policy.
#include "analysis/simulation/registry.h"
#include "analysis/what_if/byte_sizes.h"
#include "analysis/what_if/cache_rows.h"
#include "analysis/what_if/caches.h"
#include "io/base/text.h"
#include "views/charts/kinds/cache_runs.h"
#include "views/charts/kinds/one_site.h"
#include "views/charts/not_a_number.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

struct CacheData final : ChartData
{
    QByteArray trace;
    std::string tokens, contract;
    std::uint32_t experts = 0; ///< of the largest pool
    std::vector<std::uint32_t> capacities; ///< slots of a pool
    struct Curve
    {
        std::string policy;
        bool knowsFuture;
        std::vector<simulation::Counters> totals; ///< [capacity] of the whole model
    };
    std::vector<Curve> curves;
    std::vector<double> uniform; ///< [capacity] hit rate when experts are drawn by chance, under any policy
    std::optional<std::pair<QString, std::uint32_t>> budget; ///< memory, and the slots that it holds
};

/// OPT that need not admit what it is asked for: the optimum of all caches, where that of `forced` is of those that
/// must.
Expected<void> addFreeOptimum(
    CacheData& data, const Study& study, const ChartQuestion& question, CacheOptions options, const Progress& progress)
{
    options.policies = "opt";
    options.admission = "bypass";
    ES_ASSIGN(CacheQuestion cache, checkCaches(options));
    cache.scope = question.scope;
    ES_ASSIGN(const CacheAnswer answer, simulateCaches(study, question.trace, cache, progress));
    CacheData::Curve& curve = data.curves.emplace_back(CacheData::Curve{"opt, bypass", true, {}});
    for (std::size_t c = 0; c < data.capacities.size(); ++c)
        curve.totals.push_back(wholeModel(answer.policies.front(), c));
    return {};
}

/// How many slots of each layer's cache a memory holds.
Expected<void> addBudget(CacheData& data, const Study& study, const ChartQuestion& question, std::size_t pools)
{
    const std::string& budget = question.params.text("budget");
    if (budget.empty())
        return {};
    const std::string where = "budget=" + budget;
    ES_ASSIGN(const ModelSizes sizes, sizesOf({}, {}, study.traces()[question.trace].summary.provenance));
    CapacityList list;
    const auto bytes = parseSize(budget, where);
    if (!bytes)
        return fail(bytes.error().what, where, "such as 512MiB or 8GiB");
    list.bytes = {*bytes};
    if (auto fits = bytesToSlots(list, sizes, pools); !fits)
        return fail(fits.error().what, where);
    bool cut = false;
    data.budget = {QString::fromStdString(budget), capacitiesOf(list, data.experts, cut).front()};
    return {};
}

Expected<std::shared_ptr<CacheData>> simulate(
    const Study& study, const ChartQuestion& question, const Progress& progress)
{
    CacheOptions options;
    options.policies = joined(question.params.choices("policy"), ",");
    const bool both = question.params.text("optimum") == "both";
    ES_ASSIGN(CacheQuestion cache, checkCaches(options));
    cache.scope = question.scope;
    ES_ASSIGN(
        const CacheAnswer answer, simulateCaches(study, question.trace, cache, partOf(progress, 0, both ? 0.6 : 1)));
    auto data = std::make_shared<CacheData>();
    data->contract = simulation::describe(cache.contract);
    data->experts = answer.poolSize;
    if (answer.events.requests == 0)
        return data;
    data->capacities = answer.capacities;
    for (const simulation::PolicyResult& result : answer.policies) {
        ES_ASSIGN(const simulation::PolicySpec* const spec, simulation::checkPolicy(result.request, cache.contract));
        CacheData::Curve& curve = data->curves.emplace_back(CacheData::Curve{spec->name, spec->knowsFuture, {}});
        for (std::size_t c = 0; c < data->capacities.size(); ++c)
            curve.totals.push_back(wholeModel(result, c));
    }
    if (both)
        ES_TRY(addFreeOptimum(*data, study, question, options, partOf(progress, 0.6, 1)));
    for (const std::uint32_t capacity : data->capacities)
        data->uniform.push_back(chanceHitRate(answer.events.pools, capacity).value_or(kNaN));
    ES_TRY(addBudget(*data, study, question, answer.events.pools.size()));
    return data;
}

class CacheCurves final : public Chart
{
public:
    CacheCurves(std::shared_ptr<const CacheData> data, PicturePtr picture, QByteArray csv)
        : m_data(std::move(data))
        , m_picture(std::move(picture))
        , m_csv(std::move(csv))
    {
    }

    PicturePtr picture() const override { return m_picture; }
    QByteArray csv() const override { return m_csv; }
    /// Caches of all sites together are about nothing that other charts show: a subject, but an empty one.
    std::optional<Subject> subject(const Mark& mark) const override
    {
        const bool there = mark.panel == 0 && mark.layer == 0 && mark.row <= m_data->curves.size()
            && mark.column < m_data->capacities.size();
        return there ? std::optional(Subject()) : std::nullopt;
    }
    std::vector<Mark> marks(const Subject& wanted) const override
    {
        std::vector<Mark> marks;
        for (std::uint32_t r = 0; wanted.empty() && r <= m_data->curves.size(); ++r)
            for (std::uint32_t c = 0; c < m_data->capacities.size(); ++c)
                marks.push_back({0, 0, r, c});
        return marks;
    }
    QString readout(const Mark& mark) const override
    {
        if (!subject(mark))
            return {};
        const std::uint32_t size = m_data->capacities[mark.column];
        const QString where = QString("%1 slots of %2").arg(size).arg(m_data->experts);
        const QString chance = percentText(m_data->uniform[mark.column]);
        if (mark.row == m_data->curves.size())
            return joinedReadout({where, "uniform routing", "hit rate " + chance});
        const auto& total = m_data->curves[mark.row].totals[mark.column];
        return joinedReadout({where, QString::fromStdString(m_data->curves[mark.row].policy),
            "hit rate " + percentText(total.hitRate()) + " (uniform " + chance + ')',
            "n = " + countText(total.requests) + " requests"});
    }

private:
    std::shared_ptr<const CacheData> m_data;
    PicturePtr m_picture;
    QByteArray m_csv;
};

Expected<ChartDataPtr> computeCacheCurves(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    ES_TRY(checkServed(study, question));
    const std::string tokens = describeTokens(question.scope, study.shape(question.trace));
    ES_ASSIGN(auto data, simulate(study, question, progress));
    if (data->curves.empty())
        return nothingToDraw(tokens, study.traces()[question.trace].name);
    data->trace = csvTrace(study.traces()[question.trace]);
    data->tokens = tokens;
    return data;
}

Expected<ChartPtr> drawCacheCurves(const ChartDataPtr& computed, const Parameters&, Look&)
{
    const auto data = std::static_pointer_cast<const CacheData>(computed);
    QByteArray csv = csvHead("cache_curves", {data->trace}, data->tokens,
        {"contract: " + QString::fromStdString(data->contract),
            "capacity: slots of each layer's cache; hit_rate: of requested experts those that were resident"});
    csv += "policy,capacity,share_of_experts,hit_rate,requests,hits\n";
    const std::vector<double> x(data->capacities.begin(), data->capacities.end());
    Curves curves;
    for (std::size_t i = 0; i < data->curves.size(); ++i) {
        const CacheData::Curve& from = data->curves[i];
        Curve curve;
        curve.name = QString::fromStdString(from.policy) + (from.knowsFuture ? "*" : "");
        curve.colour = int(i);
        curve.x = x;
        for (std::size_t c = 0; c < x.size(); ++c) {
            const simulation::Counters& total = from.totals[c];
            curve.y.push_back(100 * total.hitRate());
            csv += csvText(from.policy) + ',' + QByteArray::number(data->capacities[c]) + ','
                + csvNumber(x[c] / data->experts) + ',' + csvNumber(total.hitRate()) + ','
                + QByteArray::number(qulonglong(total.requests)) + ',' + QByteArray::number(qulonglong(total.hits))
                + '\n';
        }
        curves.curves.push_back(std::move(curve));
    }
    Curve chance{.name = "uniform routing", .x = x, .y = {}, .colour = -1, .dashed = true, .points = false};
    for (std::size_t c = 0; c < x.size(); ++c) {
        chance.y.push_back(100 * data->uniform[c]);
        csv += "uniform," + QByteArray::number(data->capacities[c]) + ',' + csvNumber(x[c] / data->experts) + ','
            + csvNumber(data->uniform[c]) + ",,\n";
    }
    curves.curves.push_back(std::move(chance));
    if (data->budget) {
        const double size = data->budget->second;
        Curve line{.name = QString("%1: %2 slots").arg(data->budget->first).arg(data->budget->second),
            .x = {size, size},
            .y = {0, 103},
            .colour = -1,
            .points = false};
        curves.curves.push_back(std::move(line));
    }
    auto picture = std::make_shared<Picture>();
    if (std::ranges::any_of(data->curves, &CacheData::Curve::knowsFuture))
        picture->note = "* knows the future";
    // A little more than all, so that the last dots are whole.
    const Axis sizes{"Slots of a layer's cache", Axis::Scale::Linear, 0, double(data->experts) * 1.03, true};
    const Axis rate{"Hit rate " + unbroken("(%)"), Axis::Scale::Linear, 0, 103};
    picture->panels = {{sizes, rate, {std::move(curves)}}};
    return std::make_shared<CacheCurves>(data, std::move(picture), std::move(csv));
}

}

ChartSpec cacheCurvesChart()
{
    return {
        .name = "cache_curves",
        .title = "Cache curves",
        .definition =
            "How often an expert that is asked for lies in its layer's cache, over the size of that; a curve a policy",
        .options = {policyOption("lru/lfu/opt", true),
            {{.name = "optimum",
                 .standard = "forced",
                 .meaning = "of caches that must admit what they load (opt), or beside it that of all (opt, bypass)",
                 .kind = ParameterSpec::Kind::Choices,
                 .choices = {"forced", "both"}},
                "Optimum", true},
            {{.name = "budget",
                 .standard = "",
                 .meaning = "memory for the experts of all layers, such as 8GiB: a line at the slots that it holds",
                 .kind = ParameterSpec::Kind::Text},
                "Budget", true}},
        .compute = computeCacheCurves,
        .draw = drawCacheCurves,
    };
}

}
