// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/journal.h"
#include "io/trace/trace_assembly.h"
#include "io/trace/trace_import.h"

namespace expertscope {

namespace {

/// What to say of a trace that no journal lies beside.
Expected<RepairReport> nothingToRepair(const std::filesystem::path& target)
{
    RepairReport report;
    ES_ASSIGN(const auto summary, TraceFile::summary(target));
    report.wasComplete = report.complete = summary.complete;
    report.tokensKept = summary.numTokens;
    ES_ASSIGN(report.tokensPlanned, plannedTokens(target));
    return report;
}

}

Expected<RepairReport> repairTrace(const std::filesystem::path& target)
{
    const auto part = journalPath(target);
    if (!std::filesystem::exists(part))
        return nothingToRepair(target);
    ES_ASSIGN(auto journal, Journal::open(part, Journal::Access::MustExist));
    if (!journal.record()) {
        // Killed before the first record was whole, or while an incomplete trace was taken in: nothing is in it.
        if (std::filesystem::exists(target)) {
            auto report = nothingToRepair(target);
            if (report)
                journal.remove();
            return report;
        }
        journal.remove();
        return fail("the capture was killed before it had written anything", part.string(), "capture anew");
    }
    if (std::filesystem::exists(target)) {
        // A resumed capture keeps the identity of its trace. Anything else must not be replaced by a fragment.
        const auto there = TraceFile::summary(target);
        if (!there)
            return fail("is in the way, and cannot be read: " + there.error().what, there.error().where,
                "move it away, or delete " + part.string());
        if (there->uuid != journal.record()->uuid)
            return fail("is in the way: it is not the trace that the interrupted capture was writing", target.string(),
                "move it away, or delete " + part.string());
    }
    RepairReport report;
    report.repaired = true;
    report.tokensPlanned = journal.geometry().numTokens;
    report.bytesDropped = journal.tornBytes();
    ES_ASSIGN(report.tokensKept, assembleTrace(target, journal));
    report.complete = storedTokens(journal.index(), journal.geometry(), false, true) == report.tokensPlanned;
    journal.remove();
    return report;
}

}
