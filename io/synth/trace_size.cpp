// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/synth/trace_size.h"

#include "io/trace/trace_schema.h"

#include <algorithm>
#include <cstdio>
#include <unistd.h>

namespace expertscope {

namespace {

std::string gigabytes(double bytes)
{
    char text[48];
    std::snprintf(text, sizeof text, bytes < 1e10 ? "%.1f GB" : "%.0f GB", bytes / 1e9);
    return text;
}

/// What TraceWriter keeps (trace_writer.h): the ids of the tokens, the sequences, the chunks being filled, the list of
/// those that were written.
double writerBytes(const TraceSize& s, std::uint64_t sequences)
{
    const double chunk = std::min<double>(kChunkTokens, double(s.tokens));
    double row = double(s.topK) * 2, columns = 1;
    for (const auto& [there, bytes] :
        {std::pair(s.columns.weights, 4.0 * double(s.topK)), std::pair(s.columns.entropy, 4.0),
            std::pair(s.columns.margin, 4.0), std::pair(s.columns.logits, double(s.experts))}) { // logits: 1/4 chunks
        row += there ? bytes : 0;
        columns += there;
    }
    return double(s.tokens) * 4 + double(sequences) * 400 + double(s.sites) * row * chunk
        + double(s.tokens) / chunk * double(s.sites) * columns * 64;
}

}

Expected<RoutingShape> makeShape(const TraceSize& size)
{
    if (size.topK > size.experts)
        return fail(
            "a token cannot choose " + std::to_string(size.topK) + " of " + std::to_string(size.experts) + " experts",
            "--top-k");
    if (size.length > 0xffffffffull || (size.length == 0 && size.tokens > 0xffffffffull))
        return fail("a sequence has at most 4,294,967,295 tokens", "--length");
    const std::uint64_t length = size.length == 0 ? size.tokens : size.length;
    const std::uint64_t sequences = (size.tokens + length - 1) / length;
    if (sequences > 0x7fffffffull)
        return fail(std::to_string(sequences) + " sequences, at most 2,147,483,647 are allowed", "--length");
    const double needs = writerBytes(size, sequences) + double(size.generatorBytes);
    const double memory = double(sysconf(_SC_PHYS_PAGES)) * double(sysconf(_SC_PAGESIZE));
    if (needs > memory)
        return fail(
            "writing this trace takes " + gigabytes(needs) + " of memory, this machine has " + gigabytes(memory),
            std::to_string(size.tokens) + " tokens x " + std::to_string(size.sites) + " sites");

    RoutingShape shape;
    shape.numTokens = size.tokens;
    shape.numSlots = static_cast<std::uint16_t>(size.topK);
    shape.numExperts = static_cast<std::uint16_t>(size.experts);
    shape.columns = size.columns;
    for (std::uint64_t l = 0; l < size.sites; ++l) {
        Site site;
        site.layer = static_cast<std::uint16_t>(l);
        site.numExperts = shape.numExperts;
        site.topK = shape.numSlots;
        shape.sites.push_back(site);
    }
    ES_TRY(checkSites(shape.sites, "synth"));
    shape.sequences.reserve(sequences);
    for (std::uint64_t s = 0; s < sequences; ++s) {
        const auto n = static_cast<std::uint32_t>(std::min(length, size.tokens - s * length));
        shape.sequences.push_back({TokenIndex(s * length), n, n, "s" + std::to_string(s), {}});
    }
    if (size.labelValues > 0) {
        Label label{"domain", {}, {}};
        for (std::uint64_t v = 0; v < std::min(size.labelValues, sequences); ++v)
            label.values.push_back("d" + std::to_string(v));
        for (std::uint64_t s = 0; s < sequences; ++s)
            label.codes.push_back(static_cast<std::int32_t>(s % size.labelValues));
        shape.labels.push_back(std::move(label));
    }
    return shape;
}

std::vector<SynthParameter> siteParameters(const char* sites, const char* experts, const char* topK)
{
    return {{"sites", "Routers", sites, 1, double(kMaxSites)},
        {"experts", "Experts of each router", experts, 1, double(kMaxExperts)},
        {"top-k", "Experts that a token chooses at each router", topK, 1, double(kMaxSlots)}};
}

std::vector<SynthParameter> tokenParameters(const char* tokens, const char* length)
{
    return {{"tokens", "Tokens in all; 100000000, 1e8 and 100M are the same", tokens, 1, 1e12},
        {"length", "Tokens of a sequence; 0: one sequence of all", length, 0, 4294967295.0}};
}

SynthParameter seedParameter(const char* seed)
{
    return {"seed", "Of the random numbers", seed, 0, 18446744073709551615.0};
}

}
