// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/inspect/inspection_rows.h"

#include "analysis/inspect/random_rows.h"
#include "analysis/inspect/words.h"
#include "io/base/text.h"
#include "io/base/version.h"

#include <tuple>

namespace expertscope::inspect {

namespace {

class Rows
{
public:
    ResultRow& add(const std::string& metric, const std::string& unit, std::optional<double> value)
    {
        ResultRow& row = m_results.rows.emplace_back();
        row.metric = metric;
        row.unit = unit;
        row.value = value;
        row.site = m_site;
        return row;
    }
    void undefined(const std::string& metric, const std::string& unit, const std::string& why)
    {
        add(metric, unit, std::nullopt).undefined = why;
    }
    void at(std::optional<SiteIndex> site) { m_site = site; }
    void spread(const std::string& metric, const Spread& spread, std::size_t n)
    {
        const auto one = [&](const char* statistic, double value, std::optional<std::size_t> expert) {
            ResultRow& row = add(metric, "1", value);
            row.params["statistic"] = statistic;
            row.n = n;
            if (expert) {
                row.expert = ExpertIndex{std::uint16_t(*expert)};
                row.extreme = true;
            }
        };
        one("mean", spread.mean, {});
        one("sd", spread.sd, {});
        one("min", spread.least, spread.leastAt);
        one("max", spread.most, spread.mostAt);
    }
    ResultRow& pair(const std::string& metric, const Pair& pair, double value)
    {
        ResultRow& row = add(metric, "1", value);
        row.expert = ExpertIndex{std::uint16_t(pair.first)};
        row.other["with"] = std::to_string(pair.second);
        row.extreme = true;
        return row;
    }
    void matrix(const std::string& metric, std::size_t experts, const std::vector<float>& values)
    {
        ResultMatrix& matrix = m_results.matrices.emplace_back();
        matrix.metric = metric;
        matrix.site = m_site;
        matrix.axes = {expertAxis("expert", experts), expertAxis("with", experts)};
        matrix.values.assign(values.begin(), values.end());
        matrix.n = 1;
    }
    Results take() { return std::move(m_results); }

private:
    Results m_results;
    std::optional<SiteIndex> m_site;
};

void addSizes(Rows& rows, const Sizes& sizes)
{
    const ModelCounts& counts = sizes.counts;
    rows.add("model.parameters", "parameters", counts.all());
    for (std::size_t p = 0; p < kNumModelParts; ++p) {
        if (counts.parts[p].all() > 0)
            rows.add("model.parameters", "parameters", counts.parts[p].all()).params["part"] = nameOf(ModelPart(p));
    }
    rows.add("model.active", "parameters", counts.active);
    rows.add("model.expert", "parameters", counts.expert);
    rows.add("model.bytes", "bytes", sizes.stored.all());
    for (std::size_t p = 0; p < kNumModelParts; ++p) {
        if (sizes.stored.bytes[p] > 0)
            rows.add("model.bytes", "bytes", sizes.stored.bytes[p]).params["part"] = nameOf(ModelPart(p));
    }
    for (const auto& [form, bytes] : sizes.stored.forms)
        rows.add("model.form_bytes", "bytes", bytes).params["form"] = form;
    if (sizes.stored.leftOut > 0)
        rows.add("model.left_out", "bytes", sizes.stored.leftOut);
    for (const auto& [type, bytes] : {std::pair("fp32", 4.), std::pair("bf16", 2.)})
        rows.add("model.widened_bytes", "bytes", bytes * counts.all()).params["type"] = type;
    rows.add("kv_cache.values", "values/token", sizes.cache.whole + sizes.cache.windowed);
    if (sizes.cache.state > 0)
        rows.add("kv_cache.state", "values/sequence", sizes.cache.state);
    if (sizes.cache.recent > 0)
        rows.add("kv_cache.recent", "values/sequence", sizes.cache.recent);
    if (sizes.cache.windowed > 0)
        rows.add("kv_cache.windowed", "values/token", sizes.cache.windowed).params["window"] = double(sizes.cache.window);
    rows.add("capture.weights", "bytes", sizes.captureCpu).params["device"] = "cpu";
    rows.add("capture.weights", "bytes", sizes.captureCuda).params["device"] = "cuda";
}

void addFit(Rows& rows, const Fit& fit)
{
    const auto add = [&](const char* metric, const char* unit, std::optional<double> value, const std::string& why) {
        ResultRow& row = rows.add(metric, unit, value);
        row.params["hardware"] = fit.machine;
        row.undefined = value ? "" : why;
        return &row;
    };
    add("fit.needed", "bytes", fit.needed, {});
    add("fit.memory", "bytes", fit.memory > 0 ? std::optional(fit.memory) : std::nullopt, fit.notModelled);
    add("fit.residents", "experts/site", fit.residents, fit.notModelled);
    add("fit.streamed", "bytes", fit.memory > 0 ? std::optional(fit.streamed) : std::nullopt, fit.notModelled);
    for (const auto& [metric, value] : {std::pair("fit.decode", fit.decode), std::pair("fit.prefill", fit.prefill)}) {
        ResultRow& row = *add(metric, "s", value, fit.notModelled);
        row.params["time"] = "modelled";
        row.params["level"] = 2.;
    }
}

void addRouter(Rows& rows, const RouterGeometry& router)
{
    const RowGeometry& g = router.geometry;
    if (!g.undefined.empty()) {
        rows.undefined("router_rows.norm", "1", g.undefined);
    } else {
        rows.spread("router_rows.norm", g.norm, g.rows);
    }
    const std::uint64_t pairs = g.rows * (g.rows - 1) / 2;
    if (!g.undefinedCosines.empty()) {
        for (const char* metric : {"router_rows.mean_cosine", "router_rows.largest_cosine", "router_rows.participation"})
            rows.undefined(metric, "1", g.undefinedCosines);
    } else {
        ResultRow& mean = rows.add("router_rows.mean_cosine", "1", g.meanCosine);
        mean.uniform = 0;
        mean.uniformSd = meanCosineSd(g.rows, g.columns);
        mean.n = pairs;
        ResultRow& absolute = rows.add("router_rows.mean_abs_cosine", "1", g.meanAbsoluteCosine);
        absolute.uniform = expectedAbsoluteCosine(g.columns);
        absolute.n = pairs;
        ResultRow& largest = rows.pair("router_rows.largest_cosine", g.largest, g.largest.cosine);
        largest.n = pairs;
        if (g.columns > 1)
            largest.uniform = expectedLargestCosine(g.rows, g.columns);
        ResultRow& participation = rows.add("router_rows.participation", "1", g.participation);
        participation.uniform = expectedParticipation(g.rows, g.columns);
        participation.n = g.rows;
        for (std::size_t i = 0; i < g.alike.size(); ++i) {
            ResultRow& row = rows.pair("router_rows.alike", g.alike[i], g.alike[i].cosine);
            row.params["rank"] = double(i + 1);
            row.n = pairs;
        }
    }
    if (router.selectionBias)
        rows.spread("router_rows.selection_bias", *router.selectionBias, g.rows);
    if (router.bias)
        rows.spread("router_rows.bias", *router.bias, g.rows);
    if (!router.undefinedBias.empty())
        rows.undefined("router_rows.selection_bias", "1", router.undefinedBias);
}

void addExperts(Rows& rows, const ExpertGeometry& g, std::size_t experts)
{
    for (const auto& [matrix, coupling] : {std::pair("gate", &g.gate), std::pair("up", &g.up)}) {
        const std::tuple<const char*, double, double> measures[] = {{"coupling.own", coupling->own, 0},
            {"coupling.own_abs", coupling->ownAbsolute, expectedAbsoluteCosine(g.hidden)},
            {"coupling.others", coupling->others, 0}};
        for (const auto& [metric, value, chance] : measures) {
            const bool known = g.undefinedCoupling.empty();
            ResultRow& row = rows.add(metric, "1", known ? std::optional(value) : std::nullopt);
            row.params["rows"] = matrix;
            row.undefined = g.undefinedCoupling;
            row.n = experts;
            if (known)
                row.uniform = chance;
        }
    }
    if (!g.undefined.empty())
        return rows.undefined("expert_weights.mean_cosine", "1", g.undefined);
    const std::uint64_t pairs = experts * (experts - 1) / 2;
    ResultRow& mean = rows.add("expert_weights.mean_cosine", "1", g.meanCosine);
    mean.uniform = 0;
    mean.uniformSd = meanCosineSd(experts, g.elements);
    mean.n = pairs;
    ResultRow& largest = rows.pair("expert_weights.largest_cosine", g.largest, g.largest.cosine);
    largest.n = pairs;
    largest.uniform = expectedLargestCosine(experts, g.elements);
    for (std::size_t i = 0; i < g.alike.size(); ++i) {
        ResultRow& row = rows.pair("expert_weights.alike", g.alike[i], g.alike[i].cosine);
        row.params["rank"] = double(i + 1);
        row.n = pairs;
    }
    rows.matrix("expert_weights.cosine", experts, g.cosines);
}

}

results::NamedValues describe(const Answer& answer)
{
    const Subject& subject = answer.subject;
    results::NamedValues words{{"model", subject.path.string()}};
    if (subject.refusal)
        words.emplace_back("refused", subject.refusal->message());
    if (!subject.arch) {
        words.emplace_back("model_type", subject.modelType);
        words.insert(words.end(), subject.facts.begin(), subject.facts.end());
        return words;
    }
    const ArchSpec& arch = *subject.arch;
    words.emplace_back("model_type", arch.modelType);
    if (arch.family != arch.modelType)
        words.emplace_back("run as", arch.family);
    words.emplace_back("layers", layersInWords(arch));
    words.emplace_back("experts", expertsInWords(arch));
    words.emplace_back("router", routerInWords(arch));
    words.emplace_back("attention", attentionInWords(arch));
    if (const std::string linear = linearInWords(arch); !linear.empty())
        words.emplace_back("instead", linear);
    words.emplace_back("positions", positionsInWords(arch));
    words.emplace_back("stored as", storedInWords(arch));
    if (!answer.sizes->stored.assumed.empty() && answer.sizes->stored.estimated)
        words.emplace_back("assumed", answer.sizes->stored.assumed);
    if (subject.checkpoint) {
        for (const std::string& note : subject.checkpoint->notes())
            words.emplace_back("note", note);
    } else if (!subject.refusal) {
        words.emplace_back("note", "a config alone: sizes are arithmetic, no weight was seen");
    }
    return words;
}

results::ResultOrigin originOf(const Answer& answer)
{
    results::ResultOrigin origin;
    origin.traces = {describe(answer)};
    origin.tool = {{"name", "expertscope inspect"}, {"version", kVersion}};
    std::vector<std::string> machines;
    for (const Fit& fit : answer.fits)
        machines.push_back(fit.machine);
    origin.options = {{"hardware", joined(machines)}, {"context", std::to_string(answer.question.asked.context)},
        {"experts", answer.question.asked.experts ? "true" : "false"}};
    for (std::size_t s = 0; answer.subject.arch && s < answer.subject.arch->sites.size(); ++s)
        origin.layers[SiteIndex{std::uint16_t(s)}] = answer.subject.arch->sites[s].layer;
    return origin;
}

Results resultsOf(const Answer& answer)
{
    Rows rows;
    if (!answer.sizes) // a refused config: describe() has what there is
        return rows.take();
    addSizes(rows, *answer.sizes);
    for (const Fit& fit : answer.fits)
        addFit(rows, fit);
    for (std::size_t s = 0; s < answer.routers.size(); ++s) {
        rows.at(SiteIndex{std::uint16_t(s)});
        addRouter(rows, answer.routers[s]);
        if (s >= answer.experts.size())
            continue;
        const RowGeometry& g = answer.routers[s].geometry;
        if (g.undefinedCosines.empty())
            rows.matrix("router_rows.cosine", g.rows, g.cosines);
        addExperts(rows, answer.experts[s], g.rows);
    }
    return rows.take();
}

}
