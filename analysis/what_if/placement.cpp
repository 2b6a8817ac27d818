// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/placement.h"

#include "analysis/placement/registry.h"
#include "analysis/study/trace_analysis.h"
#include "analysis/what_if/byte_sizes.h"
#include "analysis/what_if/named_params.h"
#include "io/base/version.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

namespace expertscope {

using namespace placement;
using namespace results;

namespace {

Expected<std::vector<std::uint32_t>> parseWindows(const std::string& text)
{
    std::vector<std::uint32_t> windows;
    std::stringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');) {
        std::uint32_t length = 0;
        if (!readWhole(part, length) || length == 0)
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

Expected<void> checkExport(const PlacementOptions& options, PlacementQuestion& question)
{
    static constexpr std::pair<const char*, PlanForm> kForms[] = {
        {"full", PlanForm::Full}, {"sglang", PlanForm::Sglang}, {"list", PlanForm::List}};
    const auto form = std::ranges::find(kForms, options.exportForm, [](const auto& f) { return std::string(f.first); });
    if (form == std::end(kForms))
        return fail("'" + options.exportForm + "' is no form of a plan", "--export-form", "full, sglang or list");
    question.form = form->second;
    if (!options.exportTo.empty() && question.compare.planners.size() != 1)
        return fail("which plan is to be exported?", "--export", "name one with --planner");
    return {};
}

}

Expected<PlacementQuestion> checkPlacement(const PlacementOptions& options)
{
    PlacementQuestion question;
    question.asked = options;
    ES_ASSIGN(question.scope, checkSelection(options.selection));
    CompareRequest& compare = question.compare;
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
    ES_TRY(checkExport(options, question));
    return question;
}

Expected<PlacementAnswer> comparePlacements(
    const Study& study, std::size_t trace, const PlacementQuestion& question, const Progress& progress)
{
    const NamedTrace& of = study.traces()[trace];
    PlacementAnswer answer{question.compare, {}};
    CompareRequest& compare = answer.compare;
    compare.sizes.hidden = of.summary.provenance.hiddenSize;
    for (const std::filesystem::path& path : question.asked.plans) {
        ES_ASSIGN(auto plan, readPlan(path, study.shape(trace), compare.plan.cluster));
        const bool taken = findPlanner(plan.name).has_value()
            || std::ranges::find(compare.given, plan.name, &NamedPlan::name) != compare.given.end();
        if (taken)
            plan.name = path.string();
        compare.given.push_back(std::move(plan));
    }
    auto comparison = [&]() -> Expected<PlannerComparison> {
        if (question.scope.splitsSequences())
            return fail("plans are scored on whole sequences: tokens cannot be picked by expert, value or place", {},
                "choose sequences by their labels");
        ES_ASSIGN(PassOptions selection, study.passOf(trace, question.scope, progress));
        selection.progress = progress;
        return comparePlanners(*of.source, compare, selection);
    }();
    if (!comparison)
        return tl::unexpected(inFile(std::move(comparison).error(), of.path));
    answer.comparison = std::move(*comparison);
    return answer;
}

Expected<std::string> exportedPlan(
    const PlacementQuestion& question, const PlacementAnswer& answer, const NamedTrace& trace)
{
    ES_ASSIGN(std::string json,
        toJson(answer.comparison.plans.front().plan, question.form, trace.summary.provenance.numHiddenLayers));
    return json.ends_with('\n') ? json : json + '\n';
}

ResultOrigin originOf(const PlacementQuestion& question, const PlacementAnswer& answer, const NamedTrace& trace)
{
    const PlacementOptions& asked = question.asked;
    ResultOrigin origin;
    origin.traces.push_back(describe(trace));
    origin.layers = layersBySite(trace.source->shape());
    origin.tool = {{"name", "expertscope simulate placement"}, {"version", kVersion}};
    origin.options = {{"contract", comparisonContract(answer.compare, answer.comparison)}, {"planner", asked.planners},
        {"gpus", std::to_string(asked.gpus)}, {"nodes", std::to_string(asked.nodes)},
        {"replicas", std::to_string(asked.replicas)}, {"groups", std::to_string(asked.groups)},
        {"dispatch", asked.dispatch}, {"home", asked.home}, {"windows", asked.windows},
        {"batch", std::to_string(asked.batch)}, {"expert_bytes", asked.expertBytes}};
    for (const std::filesystem::path& path : asked.plans)
        origin.options.emplace_back("plan", path.string());
    std::ranges::move(describe(question.scope), std::back_inserter(origin.options));
    return origin;
}

}
