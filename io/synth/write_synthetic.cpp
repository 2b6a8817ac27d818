// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/synth/write_synthetic.h"

#include "io/base/output_place.h"
#include "io/base/text.h"
#include "io/trace/trace_output.h"
#include "io/trace/trace_schema.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <thread>

namespace expertscope {

namespace {

namespace fs = std::filesystem;

std::string sizeText(double bytes)
{
    static constexpr const char* kUnits[] = {"%.0f bytes", "%.1f kB", "%.1f MB", "%.1f GB", "%.1f TB"};
    std::size_t unit = 0;
    for (; bytes >= 1000 && unit + 1 < std::size(kUnits); ++unit)
        bytes /= 1000;
    return format(kUnits[unit], bytes);
}

/// Before anything is made: may the output be written, and is there room for it?
Expected<void> checkOutput(const Generator& generator, const SynthRequest& request)
{
    ES_TRY(checkTraceOutput({.path = request.output, .kind = {}, .inputs = {}, .force = request.force}));
    // Random ids do not pack below their entropy. The journal and the trace lie side by side for a moment.
    const RoutingShape& s = generator.shape();
    const double choices = double(s.numTokens) * double(s.sites.size()) * s.numSlots;
    double bytes = choices * std::log2(double(s.numExperts)) / 8 / generator.redundancy();
    if (s.columns.logits)
        bytes += choices / s.numSlots * s.numExperts / generator.redundancy();
    ES_ASSIGN(const OutputPlace place, OutputPlace::of(request.output));
    std::error_code ignored;
    const auto room = fs::space(place.path.has_parent_path() ? place.path.parent_path() : ".", ignored);
    if (!ignored && 2 * bytes > double(room.available))
        return fail(std::string(std::strerror(ENOSPC)) + ": at least " + sizeText(2 * bytes)
                + " are needed while it is written, " + sizeText(double(room.available)) + " are free",
            request.output.string());
    return {};
}

TracePlan planOf(const Generator& generator, const SynthRequest& request)
{
    const RoutingShape& shape = generator.shape();
    TracePlan plan;
    plan.sites = shape.sites;
    plan.columns = shape.columns;
    plan.sequences.reserve(shape.sequences.size());
    std::vector<bool> occurs;
    for (std::size_t s = 0; s < shape.sequences.size(); ++s) {
        const Sequence& from = shape.sequences[s];
        PlannedSequence to;
        to.name = from.name;
        to.source = "synthetic";
        for (const Label& label : shape.labels) {
            if (label.codes[s] >= 0)
                to.labels[label.name] = label.values[std::size_t(label.codes[s])];
        }
        to.tokenIds.resize(from.length);
        generator.tokenIds(from.begin, to.tokenIds);
        for (const std::int32_t id : to.tokenIds) {
            if (id < 0)
                continue;
            if (std::size_t(id) >= occurs.size())
                occurs.resize(std::size_t(id) + 1);
            occurs[std::size_t(id)] = true;
        }
        plan.sequences.push_back(std::move(to));
    }
    for (std::size_t id = 0; id < occurs.size(); ++id) {
        if (occurs[id])
            plan.vocabulary[static_cast<std::int32_t>(id)] = " w" + std::to_string(id);
    }
    plan.provenance.modelId = "synthetic " + request.kind;
    plan.provenance.modelType = "synthetic";
    plan.provenance.architecture = request.kind;
    plan.provenance.numHiddenLayers = static_cast<std::uint32_t>(shape.sites.size());
    auto& attributes = plan.provenance.attributes;
    attributes["synth"] = request.kind;
    for (const auto& [name, value] : request.parameters) {
        auto key = "synth_" + name;
        std::ranges::replace(key, '-', '_');
        attributes[key] = value;
    }
    if (!request.commandLine.empty())
        attributes["command_line"] = request.commandLine;
    return plan;
}

/// Tokens a slab: whole chunks, so that none waits half full at every site, unless rows are very wide.
std::uint32_t slabTokens(const RoutingShape& shape)
{
    const double row =
        double(shape.numSlots) * (shape.columns.weights ? 6 : 2) + (shape.columns.logits ? 4.0 * shape.numExperts : 0);
    const double most = double(64u << 20) / (row * double(shape.sites.size()));
    std::uint32_t tokens = kChunkTokens;
    while (tokens > 1 && tokens > most)
        tokens /= 2;
    return tokens;
}

Expected<void> write(Generator& generator, const SynthRequest& request, TraceWriter& writer)
{
    const std::uint64_t total = generator.shape().numTokens;
    const std::uint32_t step = slabTokens(generator.shape());
    for (std::uint64_t token = 0; token < total; token += step) {
        const auto n = static_cast<std::uint32_t>(std::min<std::uint64_t>(step, total - token));
        ES_TRY(generator.next(n, [&](const RoutingSlab& slab) { return writer.append(slab); }));
        if (request.progress)
            request.progress(token + n);
    }
    if (request.assembling)
        request.assembling();
    return writer.finish(true);
}

}

Expected<void> writeSynthetic(Generator& generator, const SynthRequest& request)
{
    ES_TRY(checkOutput(generator, request));
    const unsigned threads = request.threads > 0 ? request.threads : std::max(1u, std::thread::hardware_concurrency());
    ES_ASSIGN(auto writer,
        TraceWriter::create(request.output, planOf(generator, request),
            {.startAnew = request.force, .disposable = true, .packingThreads = threads}));
    auto status = write(generator, request, *writer);
    writer.reset();
    if (!status) {
        std::error_code ignored;
        fs::remove(journalPath(request.output), ignored);
        status.error().hint.clear(); // nothing is kept
    }
    return status;
}

}
