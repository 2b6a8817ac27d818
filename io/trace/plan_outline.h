// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is kept of a capture's plan, in its journal or its trace: enough to say in what another one differs.
#pragma once

#include "io/trace/plan_codec.h"
#include "io/trace/trace_tables.h"

namespace expertscope {

struct PlanOutline
{
    PlanFingerprint fingerprint;
    std::uint64_t numTokens = 0;
    std::vector<Site> sites;
    Columns columns;
    Provenance provenance;
};

PlanOutline outlineOf(const TracePlan& plan);
/// Errors: not written by us.
Expected<PlanOutline> outlineOf(const OpenTrace& trace, const TraceSummary& summary);

/// In what `now` differs from `before`, in words: "dtype is float32 and was bfloat16; logits are recorded and were
/// not". Empty: in nothing that decides what is routed where. `whole` false: `now` does not know all its attributes
/// yet.
std::string planDifferences(const PlanOutline& before, const PlanOutline& now, bool whole);

/// An error that says in what they differ; `where` is what was captured before.
Expected<void> checkSamePlan(const PlanOutline& before, const PlanOutline& now, const std::string& where);

}
