// SPDX-License-Identifier: GPL-3.0-or-later
//
// The trace that resources/docs/simulation.md works by hand: 3 sites, 4 experts; {0,1},{0,2},{0,1},{0,3},{0,1} at each.
#pragma once

#include "io/trace/trace_writer.h"

#include <QTest>

namespace expertscope::testing {

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
