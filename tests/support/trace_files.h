// SPDX-License-Identifier: GPL-3.0-or-later
//
// Traces as files: trace M of metrics.md 9.1, and the one that resources/docs/simulation.md works by hand.
#pragma once

#include "io/trace/trace_writer.h"
#include "tests/support/memory_trace.h"

#include <QTest>

namespace expertscope::testing {

/// Columns: weights, entropy, margin, token ids; labels language (one sequence has none) and half.
/// `kind`: U, B or M.
inline void writeTraceM(const QString& path, char kind = 'M')
{
    const MemoryTrace source = splitmixTrace(kind, true);
    const RoutingShape& shape = source.shape();
    TracePlan plan;
    plan.sites = shape.sites;
    plan.columns = {.weights = true, .entropy = true, .margin = true, .logits = false, .tokenIds = true};
    const char* languages[] = {"de", "de", "日本語", "日本語", "", "a,\"b\"", "a,\"b\"", "a,\"b\""};
    for (std::size_t s = 0; s < 8; ++s) {
        PlannedSequence sequence;
        sequence.name = "s" + std::to_string(s);
        if (*languages[s])
            sequence.labels["language"] = languages[s];
        sequence.labels["half"] = s < 4 ? "first" : "second";
        sequence.tokenIds.assign(512, 1);
        plan.sequences.push_back(sequence);
    }
    auto writer = TraceWriter::create(path.toStdString(), plan);
    QVERIFY2(writer, writer ? "" : writer.error().message().c_str());
    for (std::uint16_t site = 0; site < 4; ++site) {
        RoutingSlab slab;
        slab.firstSite = SiteIndex(site);
        slab.numSites = 1;
        slab.numTokens = 4096;
        slab.expertIds = source.ids[site];
        slab.weights = source.weights[site];
        slab.entropy = source.entropy[site];
        slab.margin = source.margin[site];
        const auto appended = (*writer)->append(slab);
        QVERIFY2(appended, appended ? "" : appended.error().message().c_str());
    }
    const auto finished = (*writer)->finish(true);
    QVERIFY2(finished, finished ? "" : finished.error().message().c_str());
}

/// 3 sites, 4 experts; {0,1},{0,2},{0,1},{0,3},{0,1} at each.
inline void writeCacheFixture(const QString& path, const std::string& configJson = {})
{
    TracePlan plan;
    plan.provenance.configJson = configJson;
    for (std::uint16_t layer = 0; layer < 3; ++layer)
        plan.sites.push_back({.layer = layer, .numExperts = 4, .topK = 2});
    PlannedSequence sequence;
    sequence.name = "fixture";
    sequence.tokenIds.assign(5, 1);
    plan.sequences.push_back(sequence);
    auto writer = TraceWriter::create(path.toStdString(), plan);
    QVERIFY2(writer, writer ? "" : writer.error().message().c_str());
    std::vector<std::uint16_t> ids;
    for (const std::uint16_t second : {1, 2, 1, 3, 1}) {
        for (int site = 0; site < 3; ++site)
            ids.insert(ids.end(), {std::uint16_t(0), second});
    }
    RoutingSlab slab;
    slab.firstSite = SiteIndex(std::uint16_t(0));
    slab.numSites = 3;
    slab.numTokens = 5;
    slab.expertIds = ids;
    QVERIFY((*writer)->append(slab));
    QVERIFY((*writer)->finish(true));
}

}
