// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope merge PART...: results of all parts that `expertscope analyze --shard` wrote.
#include "analysis/study/shards.h"
#include "analysis/study/trace_analysis.h"
#include "app/cli/commands/shared_options.h"

namespace expertscope {

namespace {

struct Options
{
    std::vector<std::filesystem::path> parts;
    std::filesystem::path trace; ///< empty: where the first part says
    OutputOptions output;
};

Expected<void> merge(const Options& options, ResultOutput output)
{
    ES_ASSIGN(const ShardFile first, checkParts(options.parts));
    output.output.inputs.push_back(options.trace.empty() ? first.trace : options.trace);
    ES_TRY(checkOutput(output.output));
    const auto checked = requestOf(first);
    if (!checked)
        return tl::unexpected(inFile(checked.error(), options.parts.front()));
    ES_ASSIGN(const auto study, Study::open({options.trace.empty() ? first.trace : options.trace}));
    ES_ASSIGN(Results results, mergeParts(*study, *checked, first, options.parts));
    return writeResults(output, {originOf(*study, *checked, "analyze"), std::move(results)},
        checked->named, headingOf(*study, 0, checked->question.scope) + kUniformInBrackets, layersOf(study->shape()));
}

int run(const Options& options)
{
    const auto output = resultOutput(options.output, options.parts);
    if (!output)
        return failed(output.error(), 2);
    const auto done = merge(options, *output);
    return done ? 0 : failed(done.error());
}

Run declare(Arguments& arguments)
{
    const auto options = std::make_shared<Options>();
    arguments.option("part", options->parts, "The parts, in any order").required();
    arguments.option("--trace", options->trace, "The trace; default: where it was for the first part");
    addOutput(arguments, options->output);
    addFull(arguments, options->output);
    return [options] { return run(*options); };
}

}

Command mergeCommand()
{
    return {"merge", "Make results of all parts that analyze --shard wrote", declare};
}

}
