// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a router that sees the residents gains and loses: hit rate over the probability of the recorded experts that it
// gives up, a curve a size of the cache, a point a strength of the rule (`simulate cache --reroute`). The figure of
// Skliar et al. (arXiv 2412.00099), which has perplexity where a trace has the router's own probabilities.
#include "analysis/what_if/reroute.h"
#include "analysis/rerouting/registry.h"
#include "io/base/named.h"
#include "views/charts/kinds/cache_runs.h"
#include "views/charts/kinds/one_site.h"
#include "views/charts/wording.h"

#include <algorithm>

namespace expertscope {

namespace {

/// Strengths of each rule that span its range.
std::string strengthsOf(const std::string& rule, std::uint32_t topK, std::uint32_t experts)
{
    if (rule == "prior")
        return "0.05/0.1/0.3/1";
    if (rule == "cumulative")
        return "0.3/0.5/0.7/0.8/0.9/0.95/0.99";
    std::string ranks;
    for (std::uint32_t rank = topK + 1; rank < experts; rank += std::max<std::uint32_t>(1, rank / 3))
        ranks += std::to_string(rank) + '/';
    return ranks + std::to_string(experts);
}

struct Reroutes final : ChartData
{
    QByteArray trace;
    std::string tokens, contract, rule, strength; ///< strength: what the rule calls it
    Results results;
    std::uint32_t experts = 0;
};

Expected<ChartDataPtr> computeReroute(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    ES_TRY(checkServed(study, question));
    const RoutingShape& shape = study.shape(question.trace);
    const std::string rule = question.params.text("rule");
    std::string strengths = question.params.text("strength");
    if (strengths.empty())
        strengths = strengthsOf(rule, shape.numSlots, shape.numExperts);
    auto data = std::make_shared<Reroutes>();
    for (const rerouting::RuleSpec& spec : rerouting::ruleRegistry()) {
        if (spec.name == rule)
            data->strength = spec.strength.name;
    }
    CacheOptions options = cacheOptions(question.params);
    options.reroute = rule + ':' + data->strength + '=' + strengths + ",keep=" + question.params.text("keep");
    auto asked = checkReroute(options);
    if (!asked)
        return fail(asked.error().what, "strength=" + strengths, asked.error().hint);
    asked->scope = question.scope;
    ES_ASSIGN(const RerouteAnswer answer, simulateReroute(study, question.trace, *asked, progress));
    data->trace = csvTrace(study.traces()[question.trace]);
    data->tokens = describeTokens(question.scope, shape);
    data->contract = simulation::describe(asked->contract);
    data->rule = rule;
    data->results = resultsOf(*asked, answer);
    data->experts = answer.poolSize;
    const bool any = std::ranges::any_of(data->results.rows,
        [](const ResultRow& row) { return row.metric == "reroute.dropped" && !row.site && row.value; });
    if (!any)
        return nothingToDraw(data->tokens, study.traces()[question.trace].name);
    return data;
}

/// What a row is of: its capacity and strength.
bool sameRun(const ResultRow& a, const ResultRow& b, const std::string& strength)
{
    return paramText(a, "capacity") == paramText(b, "capacity") && paramText(a, strength) == paramText(b, strength);
}

const ResultRow* lossOf(const Reroutes& data, const ResultRow& hits, const std::string& metric)
{
    const auto found = std::ranges::find_if(data.results.rows,
        [&](const ResultRow& row) { return row.metric == metric && !row.site && sameRun(row, hits, data.strength); });
    return found == data.results.rows.end() ? nullptr : &*found;
}

Expected<ChartPtr> drawReroute(const ChartDataPtr& computed, const Parameters& params, Look&)
{
    const auto data = std::static_pointer_cast<const Reroutes>(computed);
    const bool dropped = params.text("loss") == "dropped";
    const std::string metric = dropped ? "reroute.dropped" : "reroute.changed";
    RowPanel panel{.quantity = "Hit rate", .unit = "%"};
    panel.x = {(dropped ? "Probability given up " : "Choices changed ") + unbroken("(%)"), Axis::Scale::Linear};
    panel.ordered = true;
    for (const ResultRow& row : data->results.rows) {
        if (row.metric != "cache.hit_rate" || row.site || !row.value)
            continue;
        const bool recorded = paramText(row, "reroute") == "none";
        const ResultRow* const loss = recorded ? nullptr : lossOf(*data, row, metric);
        if (!recorded && (!loss || !loss->value))
            continue;
        const std::string size = paramText(row, "capacity"), strength = paramText(row, data->strength);
        const QString name = QString::fromStdString(size) + (size == "1" ? " slot" : " slots");
        RowPoint point{.x = loss ? 100 * *loss->value : 0, .row = row};
        *point.row.value *= 100;
        point.row.unit = "%";
        point.row.uniform.reset(); // of the run as recorded alone
        point.where = recorded
            ? QString("As recorded")
            : QString("%1 %2 · %3 % %4")
                  .arg(QString::fromStdString(data->strength), QString::fromStdString(strength), numberText(point.x),
                      dropped ? "of the probability given up" : "of choices changed");
        point.fields = csvText(size) + ',' + csvText(recorded ? "none" : data->rule) + ',' + csvText(strength) + ','
            + csvNumber(point.x / 100);
        seriesOf(panel, name).points.push_back(std::move(point));
    }
    for (RowSeries& series : panel.series)
        std::ranges::stable_sort(series.points, {}, &RowPoint::x);
    const QByteArray head = csvHead("reroute", {data->trace}, data->tokens,
        {"contract: " + QString::fromStdString(data->contract)
                + "; policy: " + QString::fromStdString(params.text("policy")),
            QString("capacity: slots of each layer's cache; loss: %1; value: hit rate in %")
                .arg(dropped ? "probability of the recorded experts that are not chosen, a token"
                             : "share of choices that are not among the recorded ones")});
    return std::make_shared<RowCurves>(std::vector{std::move(panel)}, head, "capacity,reroute,strength,loss");
}

}

ChartSpec rerouteChart()
{
    ChartOption rule{{.name = "rule",
                         .standard = "prior",
                         .meaning = "how residents are preferred",
                         .kind = ParameterSpec::Kind::Choices,
                         .choices = nameList(rerouting::ruleRegistry())},
        "Rule", true};
    ChartOption capacity = capacityOption();
    capacity.standard = "25%/50%/75%";
    capacity.meaning = "slots of a layer's cache, a curve each: 8/16/32, 50%";
    return {
        .name = "reroute",
        .title = "Rerouting",
        .definition =
            "What a router that prefers resident experts gains in hits for what it gives up; a curve a size of the "
            "cache, a point a strength of the rule",
        .options = {rule,
            {{.name = "loss",
                 .standard = "dropped",
                 .meaning =
                     "what it costs: probability of recorded experts that are given up, or share of changed choices",
                 .kind = ParameterSpec::Kind::Choices,
                 .choices = {"dropped", "changed"}},
                "Loss"},
            {{.name = "strength",
                 .standard = "",
                 .meaning = "of the rule, with '/' between; default: over its range",
                 .kind = ParameterSpec::Kind::Text},
                "Strengths", true},
            {{.name = "keep",
                 .standard = "1",
                 .meaning = "so many best experts are chosen in any case",
                 .least = 0,
                 .most = 65535,
                 .whole = true},
                "Keep", true},
            policyOption("lru", false,
                {"lru", "fifo", "clock", "sieve", "s3fifo", "twoq", "arc", "lfru", "lfu_cache", "random"}),
            capacity},
        .compute = computeReroute,
        .draw = drawReroute,
    };
}

}
