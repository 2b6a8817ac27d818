// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands/merge.h"

#include "analysis/study/shard_file.h"
#include "io/base/version.h"

#include <algorithm>
#include <map>

namespace expertscope {

namespace {

AnalysisOptions asOptions(const CheckedRequest& checked)
{
    AnalysisOptions options;
    const AnalysisRequest& request = checked.request;
    for (const MetricRequest& metric : request.metrics)
        options.metrics.push_back(metricText(metric));
    for (const LabelFilter& filter : request.pass.where)
        options.where.push_back(filter.label + "=" + filter.value);
    options.by = request.by;
    options.sites = sitesText(request.pass.sites);
    options.skipFirst = request.pass.skipFirst;
    options.bootstrap = request.bootstrap;
    return options;
}

/// What differs between two parts that should be of one analysis, or empty.
std::string difference(const ShardFile& a, const ShardFile& b)
{
    if (a.uuid != b.uuid || a.fingerprint != b.fingerprint)
        return "is of another trace";
    if (a.shard.count != b.shard.count)
        return "is one of " + std::to_string(b.shard.count) + " parts, not of " + std::to_string(a.shard.count);
    const AnalysisOptions &x = a.options, &y = b.options;
    const bool same = x.metrics == y.metrics && x.by == y.by && x.where == y.where && x.sites == y.sites
        && x.skipFirst == y.skipFirst && x.bootstrap == y.bootstrap && a.named == b.named;
    return same ? "" : "was made with other options";
}

/// "2, 5-7": the parts that are not there.
std::string missing(const std::map<unsigned, std::filesystem::path>& there, unsigned count)
{
    std::string text;
    for (unsigned i = 0; i < count; ++i) {
        if (there.contains(i))
            continue;
        unsigned last = i;
        while (last + 1 < count && !there.contains(last + 1))
            ++last;
        text += (text.empty() ? "" : ", ") + std::to_string(i + 1) + (last > i ? "-" + std::to_string(last + 1) : "");
        i = last;
    }
    return text;
}

/// Reads every part but keeps one state at a time.
Expected<ShardFile> checkParts(const std::vector<std::filesystem::path>& parts)
{
    ES_ASSIGN(ShardFile first, readShardFile(parts.front()));
    first.state.clear();
    std::map<unsigned, std::filesystem::path> there{{first.shard.index, parts.front()}};
    for (std::size_t i = 1; i < parts.size(); ++i) {
        ES_ASSIGN(const ShardFile part, readShardFile(parts[i]));
        if (const std::string what = difference(first, part); !what.empty())
            return fail(what, parts[i].string(), "the first part: " + parts.front().string());
        const auto [known, isNew] = there.try_emplace(part.shard.index, parts[i]);
        if (!isNew)
            return fail("is part " + std::to_string(part.shard.index + 1) + " again", parts[i].string(),
                "that is " + known->second.string());
    }
    if (const std::string gaps = missing(there, first.shard.count); !gaps.empty())
        return fail("not all parts are there: of " + std::to_string(first.shard.count) + " these are missing: " + gaps);
    return first;
}

Expected<void> merge(const MergeOptions& options, OutputFormat format)
{
    ES_TRY(checkOutput(options.output.output));
    ES_ASSIGN(const ShardFile first, checkParts(options.parts));
    auto checked = checkOptions(first.options, 1, true);
    if (!checked)
        return tl::unexpected(inFile(checked.error(), options.parts.front()));
    checked->named = first.named;
    const std::filesystem::path path = options.trace.empty() ? first.trace : options.trace;
    ES_ASSIGN(const auto traces, openTraces({path}));
    TraceFile& trace = *traces.front().file;
    if (trace.summary().uuid != first.uuid || fingerprintOf(path) != first.fingerprint)
        return fail("is not the trace that the parts are of", path.string(), "--trace names another one");

    auto analysis = Analysis::prepare(trace.shape(), checked->request);
    if (!analysis)
        return tl::unexpected(inFile(std::move(analysis).error(), path));
    for (const std::filesystem::path& part : options.parts) {
        ES_ASSIGN(const ShardFile shard, readShardFile(part));
        if (auto absorbed = analysis->absorb(shard.state); !absorbed)
            return tl::unexpected(inFile(std::move(absorbed).error(), part));
    }
    auto results = analysis->results(trace);
    if (!results)
        return tl::unexpected(inFile(std::move(results).error(), path));
    makeFinite(*results);
    return writeResults(options.output, format, {originOf(traces, *checked, "analyze"), std::move(*results)},
        checked->named, headingOf(traces.front(), checked->request.pass) + kUniformInBrackets, layersOf(trace.shape()));
}

}

Expected<void> writeShard(
    const std::filesystem::path& path, CheckedRequest checked, const std::filesystem::path& output)
{
    ES_TRY(checkOutput(output));
    ES_ASSIGN(const auto traces, openTraces({path}));
    TraceFile& trace = *traces.front().file;
    ShardFile shard;
    shard.program = kVersion;
    shard.options = asOptions(checked);
    shard.named = checked.named;
    shard.shard = checked.request.pass.shard;
    shard.trace = path; // as given: results name it like that
    shard.uuid = trace.summary().uuid;
    shard.fingerprint = fingerprintOf(path);
    auto state = [&]() -> Expected<std::string> {
        const TerminalProgress progress;
        checked.request.pass.progress = progress.callback();
        ES_ASSIGN(Analysis analysis, Analysis::prepare(trace.shape(), std::move(checked.request)));
        ES_TRY(analysis.run(trace));
        return analysis.save();
    }();
    if (!state)
        return tl::unexpected(inFile(std::move(state).error(), path));
    shard.state = std::move(*state);
    return writeShardFile(output, shard);
}

int runMerge(const MergeOptions& options)
{
    const auto format = formatOf(options.output);
    if (!format)
        return failed(format.error(), 2);
    if (const auto done = merge(options, *format); !done)
        return failed(done.error());
    return 0;
}

}
