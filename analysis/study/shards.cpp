// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/study/shards.h"

#include "analysis/results/result_document.h"
#include "io/base/text.h"
#include "io/base/version.h"

#include <map>

namespace expertscope {

using namespace results;

namespace {

/// What differs between two parts that should be of one analysis, or empty.
std::string difference(const ShardFile& a, const ShardFile& b)
{
    if (a.uuid != b.uuid || a.fingerprint != b.fingerprint)
        return "is of another trace";
    if (a.shard.count != b.shard.count)
        return "is one of " + std::to_string(b.shard.count) + " parts, not of " + std::to_string(a.shard.count);
    const AnalysisOptions &x = a.options, &y = b.options;
    const bool same = x.metrics == y.metrics && x.by == y.by && x.where == y.where && x.sites == y.sites && x.layers == y.layers
        && x.skipFirst == y.skipFirst && x.phase == y.phase && x.chose == y.chose && x.spared == y.spared && x.having == y.having
        && x.sample == y.sample && x.bootstrap == y.bootstrap && a.named == b.named;
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
        const std::string first = std::to_string(i + 1);
        addPart(text, last > i ? first + "-" + std::to_string(last + 1) : first);
        i = last;
    }
    return text;
}

}

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

Expected<CheckedRequest> requestOf(const ShardFile& part)
{
    ES_ASSIGN(CheckedRequest checked, checkOptions(part.options, 1, true));
    checked.named = part.named;
    return checked;
}

Expected<ShardFile> analyseShard(
    const Study& study, const CheckedRequest& checked, Shard part, const Progress& progress)
{
    const NamedTrace& trace = study.traces().front();
    ShardFile shard;
    shard.program = kVersion;
    shard.options = asOptions(checked);
    shard.named = checked.named;
    shard.shard = part;
    shard.trace = trace.path; // as given: results name it like that
    shard.uuid = trace.summary.uuid;
    shard.fingerprint = fingerprintOf(trace.file);
    auto state = [&]() -> Expected<std::string> {
        ES_ASSIGN(AnalysisRequest request, study.requestOf(0, checked.question, progress));
        request.pass.shard = part;
        ES_ASSIGN(Analysis analysis, Analysis::prepare(study.shape(), std::move(request)));
        ES_TRY(analysis.run(*trace.source));
        return analysis.save();
    }();
    if (!state)
        return tl::unexpected(inFile(std::move(state).error(), trace.path));
    shard.state = std::move(*state);
    return shard;
}

Expected<Results> mergeParts(const Study& study, const CheckedRequest& checked, const ShardFile& first,
    const std::vector<std::filesystem::path>& parts)
{
    const NamedTrace& trace = study.traces().front();
    if (trace.summary.uuid != first.uuid || fingerprintOf(trace.file) != first.fingerprint)
        return fail("is not the trace that the parts are of", trace.path.string(), "--trace names another one");
    ES_ASSIGN(AnalysisRequest request, study.requestOf(0, checked.question));
    auto analysis = Analysis::prepare(study.shape(), std::move(request));
    if (!analysis)
        return tl::unexpected(inFile(std::move(analysis).error(), trace.path));
    for (const std::filesystem::path& part : parts) {
        ES_ASSIGN(const ShardFile shard, readShardFile(part));
        if (auto absorbed = analysis->absorb(shard.state); !absorbed)
            return tl::unexpected(inFile(std::move(absorbed).error(), part));
    }
    auto results = analysis->results(*trace.source);
    if (!results)
        return tl::unexpected(inFile(std::move(results).error(), trace.path));
    makeFinite(*results);
    return results;
}

}
