// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands/analyze.h"

#include "analysis/study/result_cache.h"
#include "analysis/study/trace_analysis.h"
#include "app/cli/commands/merge.h"

#include <cstdio>
#include <set>

namespace expertscope {

namespace {

Expected<void> checkUse(const AnalyzeOptions& options)
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

Expected<void> analyze(const AnalyzeOptions& options, OutputFormat format, CheckedRequest checked)
{
    ES_TRY(checkOutput(options.output.output));
    ES_ASSIGN(const auto traces, openTraces(options.traces));
    const ResultCache cache = options.analysis.noCache ? ResultCache() : ResultCache::standard();
    auto results = [&] {
        const TerminalProgress progress;
        checked.request.pass.progress = progress.callback();
        return analyseTraces(traces, checked, cache);
    }();
    if (!results)
        return tl::unexpected(std::move(results).error());
    std::string heading;
    for (const NamedTrace& trace : traces)
        heading += (heading.empty() ? "" : " ") + headingOf(trace, checked.request.pass);
    return writeResults(options.output, format, {originOf(traces, checked, "analyze"), std::move(*results)},
        checked.named, heading + kUniformInBrackets,
        traces.size() == 1 ? layersOf(traces.front().file->shape()) : std::vector<std::uint16_t>());
}

}

int runAnalyze(const AnalyzeOptions& options)
{
    if (const auto use = checkUse(options); !use)
        return failed(use.error(), 2);
    auto checked = checkOptions(options.analysis, options.traces.size(), !options.shard.empty());
    if (!checked)
        return failed(checked.error(), 2);
    if (!options.shard.empty()) {
        const auto shard = parseShard(options.shard);
        if (!shard)
            return failed(shard.error(), 2);
        checked->request.pass.shard = *shard;
        std::string leftOut;
        for (const std::string& name : checked->leftOut)
            leftOut += (leftOut.empty() ? "" : ", ") + name;
        if (!leftOut.empty())
            std::fprintf(stderr, "expertscope: left out, as they cannot be computed in parts: %s\n", leftOut.c_str());
        const auto done = writeShard(options.traces.front(), std::move(*checked), options.output.output);
        return done ? 0 : failed(done.error());
    }
    const auto format = formatOf(options.output);
    if (!format)
        return failed(format.error(), 2);
    if (const auto done = analyze(options, *format, std::move(*checked)); !done)
        return failed(done.error());
    return 0;
}

}
