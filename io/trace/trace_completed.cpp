// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/plan_outline.h"
#include "io/trace/trace_schema.h"

namespace expertscope {

Expected<bool> isComplete(const std::filesystem::path& target, const TracePlan& plan)
{
    std::error_code ignored;
    if (!std::filesystem::exists(target, ignored) || std::filesystem::exists(journalPath(target), ignored))
        return false;
    const hdf5::Lock lock;
    ES_ASSIGN(const auto trace, openTrace(target));
    ES_ASSIGN(const auto summary, readSummary(trace));
    if (!summary.complete)
        return false;
    ES_ASSIGN(const PlanOutline before, outlineOf(trace, summary));
    const std::string differences = planDifferences(before, outlineOf(cleaned(plan)), false);
    if (!differences.empty())
        return fail("is the complete trace of another capture: " + differences, trace.name,
            "give the options and files that it was made with, or --force to replace it");
    return true;
}

}
