// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/prefetch_rows.h"

#include "analysis/what_if/contract_text.h"

#include <cmath>

namespace expertscope {

using namespace prefetch;

namespace {

using Params = std::map<std::string, ParameterValue>;

constexpr const char* kNoEvents = "nothing was asked for";
constexpr const char* kNoTokens = "the number of counted tokens is not known";
constexpr const char* kNoTimes =
    "without times whatever was issued an event before is there: name a machine with --hardware";

class Rows
{
public:
    explicit Rows(std::vector<ResultRow>& rows)
        : m_rows(rows)
    {
    }
    Params params;
    std::optional<SiteIndex> site;

    /// An empty `undefined`: the value holds.
    void add(
        const std::string& name, double value, const char* unit, std::uint64_t n, const std::string& undefined = {})
    {
        ResultRow row;
        row.metric = "prefetch." + name;
        row.params = params;
        row.site = site;
        row.unit = unit;
        row.n = n;
        if (undefined.empty() && std::isfinite(value))
            row.value = value;
        else
            row.undefined = undefined.empty() ? "not finite" : undefined;
        m_rows.push_back(std::move(row));
    }
    void uniform(double value)
    {
        if (m_rows.back().value)
            m_rows.back().uniform = value;
    }

private:
    std::vector<ResultRow>& m_rows;
};

void addScore(Rows& rows, const PredictionScore& score)
{
    const std::string none = score.events ? "" : score.unreached ? "out of the predictor's reach" : kNoEvents;
    const double requests = double(score.requests), named = double(score.named);
    rows.add("recall", double(score.shared) / requests, "1", score.requests, none);
    rows.uniform(score.byChance / requests);
    rows.add("precision", double(score.shared) / named, "1", score.named,
        none.empty() && score.named == 0 ? "nobody was named" : none);
    rows.uniform(score.byChance / named);
    rows.add("exact", double(score.exact) / double(score.events), "1", score.events, none);
    rows.add("reached", double(score.events) / double(score.events + score.unreached), "1",
        score.events + score.unreached, score.events + score.unreached ? "" : kNoEvents);
}

ResultMatrix recallMatrix(const PrefetchModel& model, std::size_t setup, const Params& params)
{
    const auto& scores = model.comparison.scores[setup];
    ResultMatrix matrix;
    matrix.metric = "prefetch.recall_at";
    matrix.params = params;
    std::size_t most = 0;
    for (const PredictionScore& score : scores)
        most = std::max(most, score.sharedAt.size());
    matrix.axes = {{"site", {}}, {"named", {}}};
    for (std::size_t n = 1; n <= most; ++n)
        matrix.axes[1].keys.push_back(std::to_string(n));
    for (std::size_t s = 0; s < scores.size(); ++s) {
        matrix.axes[0].keys.push_back(std::to_string(model.sites[s].value));
        matrix.n += scores[s].requests;
        for (std::size_t n = 0; n < most; ++n)
            matrix.values.push_back(n < scores[s].sharedAt.size() && scores[s].requests
                    ? double(scores[s].sharedAt[n]) / double(scores[s].requests)
                    : NAN);
    }
    return matrix;
}

void addOutcome(Rows& rows, const PrefetchModel& model, const PrefetchCounters& c)
{
    const std::uint64_t n = c.cache.requests;
    const std::string none = n ? "" : kNoEvents;
    const auto share = [&](const char* name, std::uint64_t part, const std::string& undefined = {}) {
        rows.add(name, double(part) / double(n), "1", n, n ? undefined : none);
    };
    share("resident", c.resident());
    share("on_time", c.onTime);
    share("late", c.late, model.machine ? "" : kNoTimes);
    share("missing", c.cache.misses());
    if (model.machine && model.machine->cpu)
        share("on_cpu", c.onCpu);
    const auto count = [&](const char* name, std::uint64_t value, const std::string& undefined = {}) {
        rows.add(name, double(value), "experts", n, n ? undefined : none);
    };
    count("issued", c.issued);
    count("wasted", c.wasted);
    count("cancelled", c.cancelled, model.machine ? "" : kNoTimes);
    count("unused", c.unused);
    count("already_there", c.there);
    count("no_room", c.noRoom);
    count("evictions", c.cache.evictions);
    const std::string noTokens = !none.empty() ? none : model.tokens ? "" : kNoTokens;
    const auto perToken = [&](const std::string& what, std::uint64_t loads) {
        rows.add(
            what + "_loads_per_token", double(loads) / double(model.tokens), "experts/token", model.tokens, noTokens);
        if (model.expertBytes)
            rows.add(what + "_bytes_per_token", double(loads) * *model.expertBytes / double(model.tokens),
                "bytes/token", model.tokens, noTokens);
    };
    perToken("demand", c.demandLoads());
    perToken("prefetch", c.prefetchLoads());
    perToken("wasted", c.wasted);
}

/// Loads that prefetching adds, and hits that it gains.
struct Gain
{
    double loads, hits;
};
Gain gainOf(const PrefetchCounters& without, const PrefetchCounters& with)
{
    return {double(with.demandLoads() + with.prefetchLoads()) - double(without.demandLoads()),
        double(with.cache.hits) - double(without.cache.hits)};
}

void addGain(Rows& rows, const PrefetchModel& model, const PrefetchCounters& without, const PrefetchCounters& with)
{
    const Gain gain = gainOf(without, with);
    const std::string none = gain.hits > 0 ? "" : "no hit is gained";
    rows.add("added_loads_per_hit", gain.loads / gain.hits, "experts", with.cache.requests, none);
    if (!model.expertBytes)
        return;
    rows.add("added_bytes_per_hit", gain.loads / gain.hits * *model.expertBytes, "bytes", with.cache.requests, none);
    if (!model.computeSeconds)
        return;
    const auto bandwidth = breakEvenBandwidth(without, with, *model.expertBytes, *model.computeSeconds);
    rows.add("break_even_bandwidth", bandwidth.value_or(0), "bytes/s", with.cache.requests,
        bandwidth ? "" : "no load on demand is saved");
}

void addTimes(Rows& rows, const PrefetchModel& model, const PrefetchPoint& point)
{
    rows.params["level"] = double(cost::Level::Queue);
    rows.params["hardware"] = model.machine->name;
    rows.params["time"] = "modelled";
    const StepTimes times = point.times.value_or(StepTimes{});
    const std::string none = times.steps == 0 ? "no steps are counted" : times.total > 0 ? "" : "a step takes no time";
    const std::string noTokens = !none.empty() || model.tokens ? none : kNoTokens;
    rows.add("tokens_per_second", double(model.tokens) / times.total, "tokens/s", model.tokens, noTokens);
    const std::string noSteps = times.steps ? "" : none;
    for (const auto& [statistic, value] :
        {std::pair{"mean", times.total / double(std::max<std::uint64_t>(times.steps, 1))}, {"p50", times.p50},
            {"p95", times.p95}, {"p99", times.p99}}) {
        rows.params["statistic"] = std::string(statistic);
        rows.add("time_between_tokens", value, "s", times.steps, noSteps);
    }
    rows.params.erase("statistic");
    rows.add("stall_share", times.stall / times.total, "1", times.steps, none);
    rows.add("link_use", times.linkUse, "1", times.steps, none);
}

}

Results prefetchRows(const PrefetchModel& model, const Params& params)
{
    Results results;
    Rows rows(results.rows);
    const PrefetchComparison& comparison = model.comparison;
    for (std::size_t s = 0; s < model.request.setups.size(); ++s) {
        rows.params = {{"prefetch", model.request.texts[s]},
            {"horizon", double(model.request.setups[s].predictor.options.horizon)}, {"batch", params.at("batch")}};
        PredictionScore all;
        for (std::size_t site = 0; site < model.sites.size(); ++site) {
            rows.site = model.sites[site];
            addScore(rows, comparison.scores[s][site]);
            all += comparison.scores[s][site];
        }
        rows.site.reset();
        addScore(rows, all);
        results.matrices.push_back(recallMatrix(model, s, rows.params));
    }
    for (std::size_t p = 0; p < model.request.policies.size(); ++p) {
        for (std::size_t c = 0; c < model.capacities.size(); ++c) {
            const auto& points = comparison.points[p][c];
            for (std::size_t s = 0; s < points.size(); ++s) {
                Params own = params;
                own["policy"] = policyText(model.request.policies[p]);
                own["capacity"] = double(model.capacities[c]);
                own["prefetch"] = s ? model.request.texts[s - 1] : "none";
                rows.params = own;
                for (std::size_t site = 0; site < model.sites.size(); ++site) {
                    rows.site = model.sites[site];
                    addOutcome(rows, model, points[s].sites[site]);
                }
                rows.site.reset();
                addOutcome(rows, model, points[s].total);
                if (s)
                    addGain(rows, model, points[0].total, points[s].total);
                if (model.machine)
                    addTimes(rows, model, points[s]);
            }
        }
    }
    return results;
}

}
