// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope analyze TRACE...: routing metrics; with --shard the state of a part of them, for `expertscope merge`.
#include "analysis/study/sampling.h"
#include "analysis/study/shards.h"
#include "analysis/study/trace_analysis.h"
#include "app/cli/commands/shared_options.h"
#include "app/cli/terminal/progress.h"
#include "io/base/text.h"

#include <cstdio>
#include <set>

namespace expertscope {

namespace {

struct Options
{
    std::vector<std::filesystem::path> traces;
    AnalysisOptions analysis;
    StudyOptions study;
    OutputOptions output;
    std::string shard; ///< "3/16": write the state of that part instead of results
};

Expected<void> checkUse(const Options& options)
{
    std::set<std::filesystem::path> seen;
    for (const std::filesystem::path& path : options.traces) {
        if (!seen.insert(path.lexically_normal()).second)
            return fail("trace '" + path.string() + "' is named twice");
    }
    if (options.shard.empty())
        return {};
    if (options.traces.size() > 1)
        return fail("traces are compared whole: --shard takes one", "--shard");
    if (options.output.json || options.output.csv || options.output.latex || options.output.hdf5)
        return fail("a part has no results yet: the format is an option of `expertscope merge`", "--shard");
    if (options.output.output.empty())
        return fail("a part needs a file to go to", "--shard", "-o PART.esp");
    return {};
}

Expected<void> writeShard(const Options& options, const CheckedRequest& checked, Shard part)
{
    const Output output{options.output.output, shardKind(), options.traces, options.output.force};
    ES_TRY(checkOutput(output));
    ES_ASSIGN(const auto study, openStudy(options.traces, options.study));
    auto shard = [&] {
        const TerminalProgress progress;
        return analyseShard(*study, checked, part, progress.callback());
    }();
    if (!shard)
        return tl::unexpected(std::move(shard).error());
    return writeShardFile(output, *shard);
}

Expected<void> analyze(const Options& options, const ResultOutput& output, const CheckedRequest& checked)
{
    ES_TRY(checkOutput(output.output));
    ES_ASSIGN(const auto study, openStudy(options.traces, options.study));
    ES_TRY(tellCosts(*study, checked));
    auto results = [&] {
        const TerminalProgress progress;
        return analyseTraces(*study, checked, progress.callback());
    }();
    if (!results)
        return tl::unexpected(std::move(results).error());
    std::string heading;
    for (std::size_t t = 0; t < study->traces().size(); ++t)
        addPart(heading, headingOf(*study, t, checked.question.scope), " ");
    heading += kUniformInBrackets;
    if (const std::string more = onRequestText(*study, 0, checked.question.scope);
        options.analysis.metrics.empty() && !more.empty())
        heading += " On request, named with --metric, in about so much time of a core: " + more + '.';
    return writeResults(output, {originOf(*study, checked, "analyze"), std::move(*results)}, checked.named,
        heading,
        study->traces().size() == 1 ? layersOf(study->shape()) : std::vector<std::uint16_t>());
}

int run(const Options& options)
{
    if (const auto use = checkUse(options); !use)
        return failed(use.error(), 2);
    const auto checked = checkOptions(options.analysis, options.traces.size(), !options.shard.empty());
    if (!checked)
        return failed(checked.error(), 2);
    if (!options.shard.empty()) {
        const auto part = parseShard(options.shard);
        if (!part)
            return failed(part.error(), 2);
        if (!checked->leftOut.empty())
            std::fprintf(stderr, "expertscope: left out, as they cannot be computed in parts: %s\n",
                joined(checked->leftOut).c_str());
        const auto done = writeShard(options, *checked, *part);
        return done ? 0 : failed(done.error());
    }
    const auto output = resultOutput(options.output, options.traces);
    if (!output)
        return failed(output.error(), 2);
    const auto done = analyze(options, *output, *checked);
    return done ? 0 : failed(done.error());
}

Run declare(Arguments& arguments)
{
    const auto options = std::make_shared<Options>();
    arguments
        .option("trace", options->traces,
            "The trace; several of the same tokens are compared, the last is the final one")
        .required();
    addAnalysis(arguments, options->analysis, options->study);
    addOutput(arguments, options->output);
    addFull(arguments, options->output);
    arguments
        .option("--shard", options->shard,
            "Analyse the I-th of N parts (from 1) and write its state to -o PART.esp, for merge")
        .value("I/N");
    return [options] { return run(*options); };
}

}

Command analyzeCommand()
{
    return {"analyze", "Compute routing metrics of traces", declare};
}

}
