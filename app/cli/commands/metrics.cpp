// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope metrics: lists the named metrics, or all, with definition, source, parameters and needs.
#include "analysis/metrics/needs.h"
#include "analysis/metrics/registry.h"
#include "app/cli/arguments.h"
#include "app/cli/reading/page.h"
#include "app/cli/terminal/result_output.h"
#include "app/cli/terminal/table.h"
#include "io/base/named.h"
#include "io/base/standard_streams.h"

#include <nlohmann/json.hpp>

#include <charconv>

namespace expertscope {

namespace {

using Json = nlohmann::ordered_json;

std::string needsOf(const MetricSpec& spec)
{
    std::string needs = describeNeeds(spec.needs);
    if (needs.empty())
        needs = "expert ids";
    if (spec.needsLabel)
        needs += "; a label to compare by (--by)";
    if (spec.minTraces > 1)
        needs += "; at least " + std::to_string(spec.minTraces) + " traces of the same tokens, the final one last";
    return needs;
}

/// What is to be said of a metric besides; empty when nothing.
std::string remarksOf(const MetricSpec& spec)
{
    std::string text;
    const auto add = [&](bool holds, const char* remark) {
        if (holds)
            addPart(text, remark, "; ");
    };
    add(spec.onRequest, "computed only when named, or with --metric all");
    add(spec.twoPasses, "goes over the trace twice: not with --shard");
    add(spec.simulateUniform, "the uniform value is simulated");
    return text;
}

const char* kindName(ParameterSpec::Kind kind)
{
    static constexpr const char* kNames[] = {"number", "numbers", "text", "choices"};
    return kNames[static_cast<int>(kind)];
}

std::string plain(double value)
{
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

std::string rangeOf(const ParameterSpec& param)
{
    using Kind = ParameterSpec::Kind;
    const bool list = param.kind == Kind::Numbers || param.kind == Kind::Choices;
    std::string text;
    if (param.kind == Kind::Number || param.kind == Kind::Numbers) {
        text = (param.whole ? "whole, " : "") + plain(param.least) + " to " + plain(param.most);
    } else if (param.kind == Kind::Choices) {
        text = "of " + joined(param.choices);
    } else {
        text = "text";
    }
    return list ? "list with '/', " + text : text;
}

Json toJson(const MetricSpec& spec)
{
    Json params = Json::array();
    for (const ParameterSpec& param : spec.params) {
        Json json{{"name", param.name}, {"default", param.standard}, {"meaning", param.meaning},
            {"kind", kindName(param.kind)}};
        if (param.kind == ParameterSpec::Kind::Number || param.kind == ParameterSpec::Kind::Numbers) {
            json["least"] = param.least;
            json["most"] = param.most;
            json["whole"] = param.whole;
        }
        if (param.kind == ParameterSpec::Kind::Choices)
            json["choices"] = param.choices;
        params.push_back(std::move(json));
    }
    return {{"name", spec.name}, {"definition", spec.definition}, {"source", spec.source},
        {"params", std::move(params)}, {"needs", needsOf(spec)}, {"needs_label", spec.needsLabel},
        {"least_traces", spec.minTraces}, {"on_request", spec.onRequest}, {"two_passes", spec.twoPasses},
        {"uniform_simulated", spec.simulateUniform}};
}

std::string toText(const MetricSpec& spec, const Page& page)
{
    const std::size_t width = page.width;
    std::string text = page.emphasis.strong(spec.name) + '\n' + wrapped("  " + spec.definition, width, 2)
        + wrapped("  source: " + spec.source, width, 10) + wrapped("  needs:  " + needsOf(spec), width, 10);
    for (const ParameterSpec& param : spec.params)
        text += wrapped(
            "  param:  " + param.name + "=" + param.standard + "  " + param.meaning + " (" + rangeOf(param) + ")",
            width, 10);
    if (const std::string remarks = remarksOf(spec); !remarks.empty())
        text += wrapped("  note:   " + remarks, width, 10);
    return text;
}

int run(const std::vector<std::string>& names, bool json)
{
    std::vector<const MetricSpec*> specs;
    for (const std::string& name : names) {
        const MetricSpec* spec = named(metricRegistry(), name);
        if (!spec)
            return failed({"unknown metric '" + name + "'", "metrics", "without a name all are listed"}, 2);
        specs.push_back(spec);
    }
    if (names.empty()) {
        for (const MetricSpec& spec : metricRegistry())
            specs.push_back(&spec);
    }
    const Page page = pageOf(false);
    std::string text;
    Json list = Json::array();
    for (const MetricSpec* spec : specs) {
        if (json)
            list.push_back(toJson(*spec));
        else
            text += toText(*spec, page);
    }
    const auto written = json ? print(list.dump(1) + '\n') : showPage(page, text);
    return written ? 0 : failed(written.error());
}

struct Options
{
    std::vector<std::string> names;
    bool json = false;
};

Run declare(Arguments& arguments)
{
    const auto options = std::make_shared<Options>();
    arguments.option("metric", options->names, "Names; default: all").choices([] {
        std::vector<std::string> names;
        for (const MetricSpec& metric : metricRegistry())
            names.push_back(metric.name);
        return names;
    });
    arguments.flag("--json", options->json, "Write JSON");
    return [options] { return run(options->names, options->json); };
}

}

Command metricsCommand()
{
    return {"metrics", "List the metrics: definition, source, parameters, needs", declare};
}

}
