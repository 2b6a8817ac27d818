// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/simulate_placement_command.h"

#include "analysis/placement/compare.h"
#include "analysis/placement/placement_json.h"
#include "analysis/placement/registry.h"
#include "app/cli/table.h"
#include "app/cli/trace_analysis.h"
#include "io/base/version.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>

namespace expertscope {

namespace {

struct PlacementRequest
{
    PassOptions selection;
    CompareRequest compare;
    PlanForm form = PlanForm::Full;
};

Expected<std::vector<std::uint32_t>> parseWindows(const std::string& text)
{
    std::vector<std::uint32_t> windows;
    std::stringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');) {
        std::uint32_t length = 0;
        const auto [next, error] = std::from_chars(part.data(), part.data() + part.size(), length);
        if (error != std::errc() || next != part.data() + part.size() || length == 0)
            return fail("'" + part + "' is no number of tokens", "--windows", "such as 256 or 64,1024");
        if (std::ranges::find(windows, length) == windows.end())
            windows.push_back(length);
    }
    return windows;
}

Expected<void> parseWeights(const std::string& text, PlanRequest& plan)
{
    const auto wrong = [&] {
        return fail(
            "'" + text + "' are no weights", "--weights", "three numbers: load, fan-out, cross-site; such as 1,1,0.5");
    };
    double* const weights[] = {&plan.loadWeight, &plan.fanOutWeight, &plan.crossWeight};
    const char *at = text.data(), *const end = at + text.size();
    for (std::size_t i = 0; i < 3; ++i) {
        const auto [next, error] = std::from_chars(at, end, *weights[i]);
        if (error != std::errc() || !(*weights[i] >= 0) || !std::isfinite(*weights[i])
            || (i < 2 ? next == end || *next != ',' : next != end))
            return wrong();
        at = next + 1;
    }
    if (plan.loadWeight + plan.fanOutWeight + plan.crossWeight == 0)
        return wrong();
    return {};
}

Expected<NamedPlan> readPlan(const std::filesystem::path& path, const RoutingShape& shape, const Cluster& cluster)
{
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    if (!file || !(text << file.rdbuf()))
        return fail("cannot be read", path.string());
    ES_ASSIGN(auto plan, placementFromJson(text.str(), shape, cluster, path.string()));
    return NamedPlan{path.stem().string(), std::move(plan)};
}

Expected<void> checkExport(const SimulatePlacementOptions& options, PlacementRequest& request)
{
    static constexpr std::pair<const char*, PlanForm> kForms[] = {
        {"full", PlanForm::Full}, {"sglang", PlanForm::Sglang}, {"list", PlanForm::List}};
    const auto form = std::ranges::find(kForms, options.exportForm, [](const auto& f) { return std::string(f.first); });
    if (form == std::end(kForms))
        return fail("'" + options.exportForm + "' is no form of a plan", "--export-form", "full, sglang or list");
    request.form = form->second;
    if (!options.exportTo.empty() && request.compare.planners.size() != 1)
        return fail("which plan is to be exported?", "--export", "name one with --planner");
    return {};
}

Expected<PlacementRequest> check(const SimulatePlacementOptions& options)
{
    PlacementRequest request;
    ES_ASSIGN(request.selection, checkSelection(options.selection));
    CompareRequest& compare = request.compare;
    compare.plan.cluster = {options.gpus, options.nodes};
    ES_TRY(checkCluster(compare.plan.cluster));
    compare.plan.replicas = options.replicas;
    if (options.groups < 1)
        return fail("0 expert groups", "--groups");
    compare.plan.groups = options.groups;
    if (options.planners != "all") {
        std::stringstream parts(options.planners + ",");
        for (std::string name; std::getline(parts, name, ',');) {
            if (const auto planner = findPlanner(name); !planner)
                return fail(planner.error().what, "--planner", planner.error().hint);
            if (std::ranges::find(compare.planners, name) != compare.planners.end())
                return fail("planner '" + name + "' is named twice", "--planner");
            compare.planners.push_back(name);
        }
    }
    if (options.dispatch != "round-robin" && options.dispatch != "local-first")
        return fail("'" + options.dispatch + "' is no dispatch", "--dispatch", "round-robin or local-first");
    if (options.home != "token" && options.home != "sequence")
        return fail("'" + options.home + "' is no home of tokens", "--home", "token or sequence");
    compare.replay.dispatch = options.dispatch == "round-robin" ? Dispatch::RoundRobin : Dispatch::LocalFirst;
    compare.replay.home = options.home == "token" ? Home::Token : Home::Sequence;
    if (!(options.loadCap >= 1) || !std::isfinite(options.loadCap))
        return fail("no GPU can stay below the mean load", "--load-cap", "a number from 1 on, such as 1.05");
    compare.plan.loadCap = options.loadCap;
    ES_TRY(parseWeights(options.weights, compare.plan));
    ES_ASSIGN(compare.replay.windows, parseWindows(options.windows));
    compare.replay.batch = options.batch;
    if (!options.expertBytes.empty()) {
        ES_ASSIGN(const double bytes, parseSize(options.expertBytes, "--expert-bytes"));
        compare.sizes.expertBytes = {bytes};
    }
    compare.perSite = options.perSite;
    compare.scoreLearning = options.scoreLearning;
    ES_TRY(checkExport(options, request));
    return request;
}

constexpr double kGiB = 1024.0 * 1024 * 1024;

/// A column of the table: a row of the whole model with these parameters besides those that all rows have.
struct Measure
{
    std::string header, metric, note;
    std::map<std::string, ParameterValue> params = {};
    const char* pattern = "%.3f";
    double unit = 1; ///< is divided by
};

std::vector<Measure> measuresOf(const CompareRequest& request, const PlannerComparison& comparison)
{
    double largest = 0;
    for (const ResultRow& row : comparison.results.rows)
        largest = std::max(largest, row.metric == "placement.memory" ? row.value.value_or(0) : 0);
    std::vector<Measure> measures{
        {"max/mean", "max_over_mean", "load of the fullest GPU over the mean, all tokens", {{"window", "all"}}}};
    for (const std::uint32_t window : request.replay.windows) {
        const std::string length = std::to_string(window);
        measures.push_back({"@" + length, "max_over_mean",
            "the same within " + length + " consecutive tokens, mean over such windows", {{"window", length}}});
    }
    if (request.replay.batch > 0) {
        const std::string batch = std::to_string(request.replay.batch);
        measures.push_back({"batch " + batch, "max_over_mean",
            "the same within decode steps of " + batch + " sequences side by side, mean over such steps",
            {{"batch", batch}}});
    }
    measures.push_back({"fan-out", "fan_out", "GPUs a token's experts of one site are on"});
    measures.push_back({"cross", "cross_site", "share of (choice, choice at the next site) pairs on different GPUs",
        {{"between", "gpus"}}});
    measures.push_back(
        {"sent", "sent_states", "hidden states a token sends, all sites", {{"between", "gpus"}, {"dedup", "yes"}}});
    if (request.plan.cluster.nodes > 1) {
        measures.push_back({"node fan-out", "node_fan_out", "nodes a token's experts of one site are on"});
        measures.push_back({"node cross", "cross_site", "such pairs on different nodes", {{"between", "nodes"}}});
        measures.push_back({"node sent", "sent_states", "hidden states a token sends to other nodes, all sites",
            {{"between", "nodes"}, {"dedup", "yes"}}});
    }
    if (request.sizes.hidden)
        measures.push_back({"KiB/token", "dispatch_bytes", "their bytes on the way to the experts, 2 an element",
            {{"between", "gpus"}, {"dedup", "yes"}}, "%.1f", 1024});
    measures.push_back({"moved", "moved_experts", "experts that must be sent to get there from contiguous",
        {{"between", "gpus"}}, "%.0f"});
    if (!request.sizes.expertBytes.empty())
        measures.push_back({largest < kGiB ? "MiB/GPU" : "GiB/GPU", "memory", "experts' weights on the fullest GPU",
            {{"of", "largest"}}, "%.2f", largest < kGiB ? kGiB / 1024 : kGiB});
    return measures;
}

std::string cellOf(
    const PlannerComparison& comparison, const std::string& planner, const char* tokens, const Measure& measure)
{
    for (const ResultRow& row : comparison.results.rows) {
        const auto has = [&](const auto& param) {
            const auto found = row.params.find(param.first);
            return found != row.params.end() && found->second == param.second;
        };
        if (row.site || row.metric != "placement." + measure.metric
            || !has(std::pair{"planner", ParameterValue(planner)}) || !has(std::pair{"tokens", ParameterValue(tokens)})
            || !std::ranges::all_of(measure.params, has))
            continue;
        return row.value ? format(measure.pattern, *row.value / measure.unit) : "-";
    }
    return "-";
}

std::string tables(const CompareRequest& request, const PlannerComparison& comparison)
{
    const std::size_t width = terminalWidth();
    const auto measures = measuresOf(request, comparison);
    std::string text;
    for (const char* tokens : {"held_out", "learning"}) {
        const bool learning = std::string(tokens) == "learning";
        if (learning && !request.scoreLearning)
            continue;
        TextTable table;
        table.addColumn("planner", TextTable::Align::Left, true);
        for (const Measure& measure : measures)
            table.addColumn(measure.header, TextTable::Align::Right);
        for (const NamedPlan& plan : comparison.plans) {
            std::vector<std::string> cells{printable(plan.name)};
            for (const Measure& measure : measures)
                cells.push_back(cellOf(comparison, plan.name, tokens, measure));
            table.addRow(std::move(cells));
        }
        text += learning ? "\nOn the tokens that the plans were learnt from (flattering)\n" : "\nOn held-out tokens\n";
        text += table.toString(width);
    }
    text += '\n';
    for (const Measure& measure : measures)
        text += wrapped(measure.header + ": " + measure.note, width, 2);
    return text;
}

ResultOrigin originOf(const SimulatePlacementOptions& options, const PlacementRequest& request, const NamedTrace& trace,
    const PlannerComparison& comparison)
{
    ResultOrigin origin;
    origin.traces.push_back(describe(trace.path, trace.file->summary()));
    origin.tool = {{"name", "expertscope simulate placement"}, {"version", kVersion}};
    origin.options = {{"contract", comparisonContract(request.compare, comparison)}, {"planner", options.planners},
        {"gpus", std::to_string(options.gpus)}, {"nodes", std::to_string(options.nodes)},
        {"replicas", std::to_string(options.replicas)}, {"groups", std::to_string(options.groups)},
        {"dispatch", options.dispatch}, {"home", options.home}, {"windows", options.windows},
        {"batch", std::to_string(options.batch)}, {"expert_bytes", options.expertBytes}};
    for (const std::filesystem::path& path : options.plans)
        origin.options.emplace_back("plan", path.string());
    for (auto& pair : describe(request.selection))
        origin.options.push_back(std::move(pair));
    return origin;
}

Expected<void> simulatePlacement(const SimulatePlacementOptions& options, OutputFormat format, PlacementRequest request)
{
    ES_ASSIGN(const auto traces, openTraces({options.trace}));
    const NamedTrace& trace = traces.front();
    const Provenance& provenance = trace.file->summary().provenance;
    request.compare.sizes.hidden = provenance.hiddenSize;
    for (const std::filesystem::path& path : options.plans) {
        ES_ASSIGN(auto plan, readPlan(path, trace.file->shape(), request.compare.plan.cluster));
        const bool taken = findPlanner(plan.name).has_value()
            || std::ranges::find(request.compare.given, plan.name, &NamedPlan::name) != request.compare.given.end();
        if (taken)
            plan.name = path.string();
        request.compare.given.push_back(std::move(plan));
    }
    auto comparison = [&] {
        const TerminalProgress progress;
        request.selection.progress = progress.callback();
        return comparePlanners(*trace.file, request.compare, request.selection);
    }();
    if (!comparison)
        return tl::unexpected(inFile(std::move(comparison).error(), trace.path));
    if (!options.exportTo.empty()) {
        ES_ASSIGN(
            const std::string json, toJson(comparison->plans.front().plan, request.form, provenance.numHiddenLayers));
        ES_TRY(writeOutput(options.exportTo, json.ends_with('\n') ? json : json + '\n'));
    }
    if (format == OutputFormat::Tables)
        return writeOutput(options.output.output,
            wrapped(comparisonContract(request.compare, *comparison), terminalWidth(), 2)
                + wrapped(headingOf(trace, request.selection), terminalWidth(), 2)
                + tables(request.compare, *comparison));
    return writeResults(options.output, format,
        {originOf(options, request, trace, *comparison), std::move(comparison->results)}, options.planners != "all", {},
        layersOf(trace.file->shape()));
}

}

std::string plannerHelp()
{
    std::string text = "Planners:\n";
    for (const Planner& planner : plannerRegistry())
        text += wrapped("  " + planner.name + "  " + planner.definition, terminalWidth(), 6);
    return text;
}

int runSimulatePlacement(const SimulatePlacementOptions& options)
{
    return runCommand(options, check, simulatePlacement);
}

}
