// SPDX-License-Identifier: GPL-3.0-or-later
//
// The trace of load_fixture.h as a file.
#pragma once

#include "io/trace/trace_writer.h"
#include "tests/views/load_fixture.h"

namespace expertscope::testing {

/// Writes `trace` (ids only, weights 1/k) to `path`.
inline Expected<void> writeTrace(const MemoryTrace& trace, const std::filesystem::path& path)
{
    const RoutingShape& shape = trace.shape();
    TracePlan plan;
    plan.sites = shape.sites;
    for (std::size_t s = 0; s < shape.sequences.size(); ++s) {
        PlannedSequence planned;
        planned.name = shape.sequences[s].name;
        planned.source = "prompts.txt:" + std::to_string(s + 1);
        planned.tokenIds.assign(shape.sequences[s].length, 1);
        for (const Label& label : shape.labels) {
            if (label.codes[s] >= 0)
                planned.labels[label.name] = label.values[std::size_t(label.codes[s])];
        }
        plan.sequences.push_back(std::move(planned));
    }
    plan.vocabulary[1] = "a";
    plan.columns.weights = true;
    plan.provenance.modelId = "models/tiny-moe";
    plan.provenance.modelType = "olmoe";
    plan.provenance.architecture = "OlmoeForCausalLM";
    plan.provenance.configJson = "{}";
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
        slab.weights = weights;
        ES_TRY(writer->append(slab));
    }
    return writer->finish(true);
}

}
