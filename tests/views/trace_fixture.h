// SPDX-License-Identifier: GPL-3.0-or-later
//
// The trace of load_fixture.h as a file.
#pragma once

#include "io/trace/trace_writer.h"
#include "tests/views/load_fixture.h"

namespace expertscope::testing {

/// Writes `trace` to `path`: its ids, and what else it records; where that is nothing weights of 1/k.
inline Expected<void> writeTrace(const MemoryTrace& trace, const std::filesystem::path& path)
{
    const RoutingShape& shape = trace.shape();
    TracePlan plan;
    plan.sites = shape.sites;
    for (std::size_t s = 0; s < shape.sequences.size(); ++s) {
        PlannedSequence planned;
        planned.promptLength = shape.sequences[s].promptLength;
        planned.name = shape.sequences[s].name;
        planned.source = "prompts.txt:" + std::to_string(s + 1);
        if (shape.columns.tokenIds) {
            const auto first = trace.tokenIds.begin() + std::ptrdiff_t(std::size_t(shape.sequences[s].begin));
            planned.tokenIds.assign(first, first + shape.sequences[s].length);
        } else
            planned.tokenIds.assign(shape.sequences[s].length, 1);
        for (const Label& label : shape.labels) {
            if (label.codes[s] >= 0)
                planned.labels[label.name] = label.values[std::size_t(label.codes[s])];
        }
        plan.sequences.push_back(std::move(planned));
    }
    plan.vocabulary[1] = "a";
    for (const std::int32_t id : trace.tokenIds)
        plan.vocabulary[id] = std::string(1, char('a' + id % 26));
    plan.columns = shape.columns;
    plan.columns.weights = true;
    plan.provenance.hiddenSize = 192;
    plan.provenance.modelId = "models/tiny-moe";
    plan.provenance.modelType = "olmoe";
    plan.provenance.architecture = "OlmoeForCausalLM";
    plan.provenance.configJson = kConfig;
    plan.provenance.attributes = {{"device", "cpu"}, {"dtype", "float32"},
        {"weight_hash", "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}};
    ES_ASSIGN(auto writer, TraceWriter::create(path, plan));
    const std::size_t k = shape.numSlots;
    const std::vector<float> weights(shape.numTokens * k, 1.f / float(k));
    for (std::size_t site = 0; site < shape.sites.size(); ++site) {
        RoutingSlab slab;
        slab.firstSite = SiteIndex(std::uint16_t(site));
        slab.numSites = 1;
        slab.numTokens = std::uint32_t(shape.numTokens);
        slab.expertIds = trace.ids[site];
        slab.weights = shape.columns.weights ? trace.weights[site] : weights;
        if (shape.columns.entropy)
            slab.entropy = trace.entropy[site];
        if (shape.columns.margin)
            slab.margin = trace.margin[site];
        if (shape.columns.logits)
            slab.logits = trace.logits[site];
        if (shape.columns.predictedIds && site == 0)
            slab.predictedIds = trace.predictedIds;
        if (shape.columns.loss && site == 0)
            slab.loss = trace.loss;
        ES_TRY(writer->append(slab));
    }
    return writer->finish(true);
}

}
