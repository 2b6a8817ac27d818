// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/trace_import.h"

#include "io/base/interrupts.h"
#include "io/trace/chunk_codec.h"
#include "io/trace/numeric_dataset.h"
#include "io/trace/plan_outline.h"
#include "io/trace/trace_tables.h"

namespace expertscope {

namespace {

/// Copies the whole chunks of one column.
Expected<void> importColumn(
    const OpenTrace& trace, const TraceSummary& summary, const Geometry& g, Column column, Journal& journal)
{
    const bool ids = column == Column::ExpertId, predicted = column == Column::Predicted;
    std::vector<hsize_t> dims{summary.numTokens}, chunkShape{g.chunkLength(column)};
    if (!isPerToken(column)) {
        dims.push_back(g.numSites);
        chunkShape.push_back(1);
    }
    if (ids || column == Column::Weight || column == Column::Logits) {
        dims.push_back(g.width(column));
        chunkShape.push_back(g.width(column));
    }
    ES_ASSIGN(auto dataset,
        NumericDataset::open(trace.file, columnInfo(column).path,
            isInteger(column) ? NumericDataset::Kind::Integer : NumericDataset::Kind::Float, dims, trace.name, trace.bytes));
    const bool asWeStore = ids ? dataset.isStoredAs<std::uint16_t>()
        : predicted            ? dataset.isStoredAs<std::int32_t>()
                               : dataset.isStoredAs<float>();
    if (!dataset.isPlain() || dataset.chunk() != chunkShape || !asWeStore)
        return fail(
            "was rewritten in another layout by another program; a capture cannot go on with it", dataset.where());
    if (isPerToken(column))
        dataset.fillGaps();
    const std::uint64_t length = g.chunkLength(column);
    // A chunk of the planned end may be partial and yet whole.
    const auto wholeChunks = summary.numTokens == g.numTokens ? g.numChunks(column) : summary.numTokens / length;
    std::vector<std::byte> packed, raw(g.chunkBytes(column));
    for (std::uint16_t site = 0; site < g.sitesOf(column); ++site) {
        for (std::uint64_t chunk = 0; chunk < wholeChunks; ++chunk) {
            const auto place = dataset.placeOf(chunk, site);
            std::uint32_t skipped = 0;
            ES_ASSIGN(
                const bool there, dataset.readPacked(chunk, site, packedBound(raw.size()), packed, skipped));
            if (!there)
                break; // a column of no site that lags behind
            // What is damaged must not become the foundation of the rest.
            if (skipped != 0)
                return fail("was written without its filters", place);
            if (auto status = unpackChunk(packed, true, true, g.elementSize(column), raw); !status)
                return fail(status.error().what, place);
            const auto tokens = std::min(length, g.numTokens - chunk * length);
            ES_TRY(journal.append(column, site, chunk, static_cast<std::uint32_t>(tokens), packed));
        }
    }
    return {};
}

}

Expected<void> importTrace(const std::filesystem::path& source, const TracePlan& plan, Journal& journal)
{
    const hdf5::Lock lock;
    ES_ASSIGN(const auto trace, openTrace(source));
    ES_ASSIGN(const auto summary, readSummary(trace));
    if (summary.complete)
        return fail("the trace is complete; there is nothing to go on with", trace.name);
    ES_ASSIGN(const PlanOutline before, outlineOf(trace, summary));
    ES_TRY(checkSamePlan(before, outlineOf(plan), trace.name));
    const auto g = geometryOf(plan);
    if (summary.numTokens > g.numTokens || summary.sites != plan.sites)
        return fail("does not fit its own plan", trace.name);

    const Unfinished whole(journalPath(source)); // until all is copied the trace is what there is to go on with
    auto record = newRecord(plan);
    if (!summary.uuid.empty())
        record.uuid = summary.uuid;
    if (!summary.created.empty())
        record.created = summary.created;
    ES_TRY(journal.start(std::move(record), true));
    for (const auto column : kAllColumns) {
        if (g.has(column))
            ES_TRY(importColumn(trace, summary, g, column, journal));
    }
    return journal.endImport();
}

Expected<std::uint64_t> plannedTokens(const std::filesystem::path& source)
{
    const hdf5::Lock lock;
    ES_ASSIGN(const auto trace, openTrace(source));
    ES_ASSIGN(const auto summary, readSummary(trace));
    ES_ASSIGN(const bool there, hdf5::hasAttribute(trace.file, "planned_tokens", trace.name));
    if (!there)
        return summary.numTokens;
    ES_ASSIGN(const auto planned, hdf5::readInteger(trace.file, "planned_tokens", trace.name));
    if (planned < 0 || static_cast<std::uint64_t>(planned) < summary.numTokens)
        return fail("is " + std::to_string(planned) + ", less than the " + std::to_string(summary.numTokens)
                + " tokens there are",
            trace.name + ": attribute 'planned_tokens'");
    return static_cast<std::uint64_t>(planned);
}

}
