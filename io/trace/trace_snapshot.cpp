// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/trace_snapshot.h"

#include "io/trace/journal.h"
#include "io/trace/trace_assembly.h"

namespace expertscope {

Expected<TraceSnapshot> snapshotTrace(
    const std::filesystem::path& target, const std::filesystem::path& to, std::uint64_t atLeast)
{
    TraceSnapshot snapshot;
    ES_ASSIGN(const Journal journal, Journal::look(journalPath(target)));
    if (!journal.record())
        return snapshot;
    snapshot.tokensPlanned = journal.geometry().numTokens;
    const std::uint64_t there = storedTokens(journal.index(), journal.geometry(), false, true);
    if (there == 0 || there < atLeast)
        return snapshot;
    ES_ASSIGN(snapshot.tokens, assembleTrace(to, journal));
    return snapshot;
}

}
