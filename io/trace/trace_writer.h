// SPDX-License-Identifier: GPL-3.0-or-later
//
// Writing a trace so that no moment of a kill loses more than one chunk.
#pragma once

#include "io/trace/routing.h"
#include "io/trace/trace_file.h"

namespace expertscope {

/// A sequence as planned before the capture starts.
struct PlannedSequence
{
    std::string name;
    std::string source;
    std::map<std::string, std::string> labels;
    std::vector<std::int32_t> tokenIds;
    std::uint32_t promptLength = 0; ///< 0 = all of them
};

/// Everything that is known before the first token is routed.
struct TracePlan
{
    std::vector<Site> sites;
    std::vector<PlannedSequence> sequences;
    std::map<std::int32_t, std::string> vocabulary; ///< id -> token bytes, of the ids that occur
    Columns columns; ///< expert ids always; tokenIds are always written
    Provenance provenance;
};

/// Routing of consecutive tokens at consecutive sites, in host memory, row-major. Views; copied by the writer.
struct RoutingSlab
{
    SiteIndex firstSite;
    std::uint16_t numSites = 0;
    std::uint64_t firstToken = 0;
    std::uint32_t numTokens = 0;
    std::span<const std::uint16_t> expertIds; ///< [numTokens, numSites, K]
    std::span<const float> weights; ///< [numTokens, numSites, K]
    std::span<const float> entropy; ///< [numTokens, numSites]
    std::span<const float> margin; ///< [numTokens, numSites]
    std::span<const float> logits; ///< [numTokens, numSites, E max] or empty
    std::span<const float> loss; ///< [numTokens] or empty; written once a token
    std::span<const std::int32_t> predictedIds = {}; ///< [numTokens] or empty; written once a token; -1 unknown
};

/// How the writer works; changes no byte of the trace.
struct WriterOptions
{
    /// create() gives up what an interrupted capture into the same file left, unless that still runs.
    bool startAnew = false;
    /// Nobody will want to go on with it: a signal that ends the program removes the journal.
    bool disposable = false;
    /// 1: the writer's own thread packs. More: so many others do, for sources that are faster than one can pack
    /// (about 100 MB/s of raw columns); chunks then reach the journal in any order.
    unsigned packingThreads = 1;
};

/// Token-major (resident capture) or site-major (layer streaming): for each site the slabs must come in token order,
/// without gaps; sites need not advance together.
///
/// Until finish() all data lies in an append-only, checksummed journal beside the target ("trace.h5.part").
///
/// Memory: the plan (4 bytes a token for its ids, some hundred a sequence), a chunk a column and site, 64 MiB of slabs
/// that wait, and about 64 bytes for each chunk that was written.
class TraceWriter
{
public:
    /// Moves from `plan` what is large, if it may.
    static Expected<std::unique_ptr<TraceWriter>> create(
        const std::filesystem::path& target, TracePlan plan, const WriterOptions& options = {});
    /// Goes on with an interrupted capture (journal, or incomplete trace) of the very same plan; a named error when the
    /// trace is complete, or the plan differs: it says in what. `tokensDone()` says where to go on. Where nothing was
    /// begun, begins.
    static Expected<std::unique_ptr<TraceWriter>> resume(
        const std::filesystem::path& target, const TracePlan& plan, const WriterOptions& options = {});
    ~TraceWriter(); ///< without finish(): the journal stays for resume() or repair()

    /// Where capture goes on: the tokens that every site had safely stored when this writer was made, a multiple of the
    /// chunk length (or all of them). 0 for create().
    std::uint64_t tokensDone() const;

    /// Copies and queues the slab; compression and disk are threads' of our own. Blocks only when the queue is full.
    Expected<void> append(const RoutingSlab& slab);

    /// Writes the trace in the place of what was there when this writer was made (anything else stays, and the journal
    /// too) and removes the journal. `complete` false: the user stopped it (readable, marked incomplete,
    /// ends at the last token that every site has). The target appears by rename, whole or not at all.
    Expected<void> finish(bool complete);
    /// All that was appended goes into the journal, which stays for resume() or repair().
    Expected<void> suspend();
    /// Nothing of it is wanted: the journal goes, and what is at the target stays as it is.
    void giveUp();

    /// What finish() would have to copy.
    std::uint64_t journalBytes() const;

private:
    struct Private;
    explicit TraceWriter(std::unique_ptr<Private> d);
    std::unique_ptr<Private> d;
};

/// Is what lies at `target` the complete trace of this very plan, with no journal of another capture beside it? An error,
/// which says in what, where it is complete and of another plan. Attributes that `plan` does not have are not compared.
Expected<bool> isComplete(const std::filesystem::path& target, const TracePlan& plan);

/// What repairTrace() did.
struct RepairReport
{
    bool wasComplete = false; ///< nothing to repair
    bool repaired = false; ///< a journal was turned into a trace
    bool complete = false; ///< the trace is complete now
    std::uint64_t tokensKept = 0;
    std::uint64_t tokensPlanned = 0;
    std::uint64_t bytesDropped = 0; ///< at the journal's end: a torn record, or damage
};

/// Makes a readable, incomplete trace at `target` of what a killed capture left beside it.
Expected<RepairReport> repairTrace(const std::filesystem::path& target);

}
