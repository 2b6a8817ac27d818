// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope expert TRACE --layer 5 --expert 27: the card of one expert, the one of the window.
#include "analysis/profile/profile_rows.h"
#include "analysis/study/trace_analysis.h"
#include "app/cli/commands/shared_options.h"
#include "app/cli/terminal/expert_text.h"
#include "app/cli/terminal/progress.h"
#include "app/cli/terminal/table.h"

#include <algorithm>

namespace expertscope {

namespace {

struct Options
{
    std::vector<std::filesystem::path> traces;
    std::optional<unsigned> layer, site;
    unsigned expert = 0;
    unsigned least = 10, most = 20, contexts = 3, around = 8;
    SelectionOptions selection;
    StudyOptions study;
    OutputOptions output;
};

struct Request
{
    ExpertSet expert; ///< one
    ExpertQuestion question;
};

Expected<Request> check(const Options& options)
{
    if (options.layer.has_value() == options.site.has_value())
        return fail(options.layer ? "an expert is named by its layer or by its site, not both" : "of which layer?", "--layer",
            "`expertscope info TRACE` says which there are");
    Request request;
    const ExpertIndex expert{std::uint16_t(options.expert)};
    if (options.layer)
        request.expert.ofLayers = {{std::uint16_t(*options.layer), expert}};
    else
        request.expert.experts = {{SiteIndex(std::uint16_t(*options.site)), expert}};
    ES_ASSIGN(request.question.scope, checkSelection(options.selection));
    request.question.least = options.least;
    request.question.most = options.most;
    request.question.perQuantile = options.contexts;
    request.question.around = options.around;
    return request;
}

results::ResultOrigin originOf(const Study& study, const Options& options, const Request& request)
{
    CheckedRequest asked;
    asked.question.scope = request.question.scope;
    results::ResultOrigin origin = expertscope::originOf(study, asked, "expert");
    std::erase_if(origin.options, [](const auto& option) { return option.first == "metrics" || option.first == "by" || option.first == "bootstrap"; });
    origin.options.insert(origin.options.begin(), {{options.layer ? "layer" : "site", std::to_string(options.layer ? *options.layer : *options.site)},
        {"expert", std::to_string(options.expert)}, {"least", std::to_string(options.least)}, {"most", std::to_string(options.most)}});
    return origin;
}

Expected<void> tell(const Options& options, const ResultOutput& output, const Request& request)
{
    ES_ASSIGN(const auto study, openStudy(options.traces, options.study));
    auto experts = expertsOf(request.expert, study->shape());
    if (!experts)
        return tl::unexpected(inFile(experts.error(), options.traces.front()));
    if (experts->size() != 1)
        return fail("layer " + std::to_string(*options.layer) + " has " + std::to_string(experts->size()) + " routers",
            options.traces.front().string(), "name one by its place: --site " + std::to_string(experts->front().site.value));
    ExpertQuestion question = request.question;
    question.expert = experts->front();
    auto profile = [&] {
        const TerminalProgress progress;
        return expertProfile(*study, 0, question, progress.callback());
    }();
    if (!profile)
        return tl::unexpected(std::move(profile).error());
    if (output.format == OutputFormat::Tables) {
        const Page page = pageOf(output);
        Scope scope = question.scope;
        scope.sites = {question.expert.site};
        scope.layers.clear();
        return writeTableText(output,
            wrapped(headingOf(*study, 0, scope) + kUniformInBrackets, page.width, 2)
                + expertText(*profile, study->shape(), question, page));
    }
    return writeResults(output, {originOf(*study, options, request), rowsOf(*profile)}, true, {}, layersOf(study->shape()));
}

Run declare(Arguments& arguments)
{
    const auto options = std::make_shared<Options>();
    arguments.option("trace", options->traces, "The trace; of several the first, and the expert's share in each").required();
    arguments.option("--layer", options->layer, "The expert's layer, by the model's own number").range(0u, 65535u);
    arguments.option("--site", options->site, "Instead: the place of its router in the trace, from 0")
        .range(0u, 65535u);
    arguments.option("--expert", options->expert, "The expert's number, from 0").range(0u, 65534u).required();
    arguments.option("--least", options->least, "Occurrences below which a token, or another expert, is not listed; default: 10");
    arguments.option("--most", options->most, "Entries of each list; default: 20").range(1u, 1u << 20);
    arguments.option("--contexts", options->contexts, "Texts at each quantile of the weight; default: 3").range(0u, 1000u);
    arguments.option("--around", options->around, "Tokens of a text on either side; default: 8").range(0u, 1000u);
    addTokens(arguments, options->selection);
    addStudy(arguments, options->study);
    addOutput(arguments, options->output);
    return [options] { return runCommand(*options, options->traces, check, tell); };
}

}

Command expertCommand()
{
    return {"expert", "What one expert does: its tokens, contexts, labels, neighbours", declare};
}

}
