// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/trace_writer.h"

#include "io/base/interrupts.h"
#include "io/base/output_place.h"
#include "io/trace/chunk_packer.h"
#include "io/trace/journal.h"
#include "io/trace/plan_outline.h"
#include "io/trace/trace_assembly.h"
#include "io/trace/trace_import.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>

namespace expertscope {

namespace {

/// What the queue may hold before append() waits.
constexpr std::size_t kQueueBytes = 64u << 20;

/// A slab with memory of its own.
struct OwnedSlab
{
    RoutingSlab shape; ///< its spans are not used
    std::vector<std::uint16_t> expertIds;
    std::vector<float> weights, entropy, margin, logits, loss;
    std::vector<std::int32_t> predictedIds;

    std::size_t bytes() const
    {
        return expertIds.size() * 2
            + (weights.size() + entropy.size() + margin.size() + logits.size() + loss.size() + predictedIds.size()) * 4;
    }
};

/// One chunk of one column at one site that is being filled.
struct ChunkBuffer
{
    std::vector<std::byte> bytes; ///< empty, or a whole chunk
    std::uint64_t nextToken = 0; ///< of this column at this site
};

}

struct TraceWriter::Private
{
    Private(std::filesystem::path path, Journal opened, const WriterOptions& options,
        std::unique_ptr<Unfinished> toRemove = nullptr)
        : target(std::move(path))
        , before(identityOf(target))
        , unfinished(std::move(toRemove))
        , journal(std::move(opened))
        , geometry(journal.geometry())
        , packer(journal, options.packingThreads)
    {
        done = storedTokens(journal.index(), geometry, true, true);
        sites = journal.record()->plan.sites;
        siteTokens.assign(geometry.numSites, done);
        lossTokens = predictedTokens = done;
        for (const auto column : kAllColumns)
            buffers[index(column)].resize(geometry.has(column) ? geometry.sitesOf(column) : 0, ChunkBuffer{{}, done});
        try {
            thread = std::thread([this] { work(); });
        } catch (const std::exception&) { // the system starts no more: append() stores
        }
    }

    ~Private() { stop(); }

    static std::size_t index(Column column) { return static_cast<std::size_t>(column); }

    void stop()
    {
        {
            const std::lock_guard lock(mutex);
            stopping = true;
        }
        changed.notify_all();
        if (thread.joinable())
            thread.join();
    }

    void work()
    {
        std::unique_lock lock(mutex);
        while (true) {
            changed.wait(lock, [&] { return stopping || !queue.empty(); });
            if (queue.empty())
                return;
            const auto slab = std::move(queue.front());
            queue.pop_front();
            if (!error) {
                lock.unlock();
                auto status = storeSafely(slab);
                lock.lock();
                if (!status)
                    error = status.error();
            }
            queuedBytes -= slab.bytes();
            changed.notify_all();
        }
    }

    Expected<void> storeSafely(const OwnedSlab& slab)
    {
        try {
            return store(slab);
        } catch (const std::exception& problem) {
            return fail(reasonOf(problem), target.string());
        }
    }

    Expected<void> store(const OwnedSlab& slab)
    {
        const auto& s = slab.shape;
        const auto as = [](const auto& v) { return std::as_bytes(std::span(v)); };
        for (const auto column : kAllColumns) {
            std::span<const std::byte> data;
            switch (column) {
            case Column::ExpertId:
                data = as(slab.expertIds);
                break;
            case Column::Weight:
                data = as(slab.weights);
                break;
            case Column::Entropy:
                data = as(slab.entropy);
                break;
            case Column::Margin:
                data = as(slab.margin);
                break;
            case Column::Logits:
                data = as(slab.logits);
                break;
            case Column::Loss:
                data = as(slab.loss);
                break;
            case Column::Predicted:
                data = as(slab.predictedIds);
                break;
            }
            if (!geometry.has(column) || data.empty())
                continue;
            const std::uint16_t numSites = isPerToken(column) ? 1 : s.numSites;
            const std::uint16_t firstSite = isPerToken(column) ? 0 : s.firstSite.value;
            for (std::uint16_t i = 0; i < numSites; ++i)
                ES_TRY(fill(
                    column, static_cast<std::uint16_t>(firstSite + i), data, i, numSites, s.firstToken, s.numTokens));
        }
        return {};
    }

    /// Copies site `i` of `numSites` interleaved ones into its chunks; writes those that become full.
    Expected<void> fill(Column column, std::uint16_t site, std::span<const std::byte> data, std::size_t i,
        std::size_t numSites, std::uint64_t firstToken, std::uint32_t numTokens)
    {
        auto& buffer = buffers[index(column)][site];
        const auto rowBytes = geometry.rowBytes(column);
        const std::uint64_t length = geometry.chunkLength(column);
        for (std::uint32_t t = 0; t < numTokens;) {
            const auto token = firstToken + t;
            const auto inChunk = token % length;
            if (buffer.bytes.empty())
                blank(column, buffer.bytes);
            const auto n = static_cast<std::uint32_t>(std::min<std::uint64_t>(numTokens - t, length - inChunk));
            auto* out = buffer.bytes.data() + inChunk * rowBytes;
            const auto* in = data.data() + (t * numSites + i) * rowBytes;
            if (numSites == 1) {
                std::memcpy(out, in, n * rowBytes);
            } else {
                for (std::uint32_t k = 0; k < n; ++k)
                    std::memcpy(out + k * rowBytes, in + k * numSites * rowBytes, rowBytes);
            }
            t += n;
            buffer.nextToken = token + n;
            if (buffer.nextToken % length == 0 || buffer.nextToken == geometry.numTokens)
                ES_TRY(flush(column, site));
        }
        return {};
    }

    void blank(Column column, std::vector<std::byte>& bytes) const
    {
        bytes.resize(geometry.chunkBytes(column));
        if (isInteger(column)) { // 65535 and -1
            std::memset(bytes.data(), 0xff, bytes.size());
        } else {
            const float nan = std::numeric_limits<float>::quiet_NaN();
            for (std::size_t at = 0; at < bytes.size(); at += sizeof nan)
                std::memcpy(bytes.data() + at, &nan, sizeof nan);
        }
    }

    /// Hands what the buffer holds to the packer.
    Expected<void> flush(Column column, std::uint16_t site)
    {
        auto& buffer = buffers[index(column)][site];
        const std::uint64_t length = geometry.chunkLength(column);
        const auto chunk = (buffer.nextToken - 1) / length;
        return packer.put({.column = column,
            .site = site,
            .chunk = chunk,
            .numTokens = static_cast<std::uint32_t>(buffer.nextToken - chunk * length),
            .bytes = std::exchange(buffer.bytes, {})});
    }

    /// A graceful stop: chunks that are not full go into the journal as they are.
    Expected<void> flushPartial()
    {
        for (const auto column : kAllColumns) {
            for (std::size_t site = 0; site < buffers[index(column)].size(); ++site) {
                if (!buffers[index(column)][site].bytes.empty())
                    ES_TRY(flush(column, static_cast<std::uint16_t>(site)));
            }
        }
        return {};
    }

    Error shapeError(const RoutingSlab& slab, const std::string& what) const
    {
        return {what,
            target.string() + ": tokens " + std::to_string(slab.firstToken) + " to "
                + std::to_string(slab.firstToken + slab.numTokens) + ", sites " + std::to_string(slab.firstSite.value)
                + " to " + std::to_string(slab.firstSite.value + slab.numSites),
            {}};
    }

    /// Does the slab fit the plan, and what came before it? (Called with the mutex held.)
    Expected<void> check(const RoutingSlab& slab) const
    {
        const auto bad = [&](const std::string& what) { return tl::unexpected(shapeError(slab, what)); };
        if (slab.numSites == 0 || slab.numTokens == 0)
            return bad("empty slab");
        if (std::size_t(slab.firstSite.value) + slab.numSites > geometry.numSites
            || slab.firstToken + slab.numTokens > geometry.numTokens)
            return bad("outside of the plan (" + std::to_string(geometry.numTokens) + " tokens, "
                + std::to_string(geometry.numSites) + " sites)");
        const std::size_t cells = std::size_t(slab.numTokens) * slab.numSites;
        const auto size = [&](const char* name, std::size_t is, std::size_t should) -> Expected<void> {
            if (is != should)
                return bad(std::string(name) + ": " + std::to_string(is) + " values, not " + std::to_string(should));
            return {};
        };
        const auto& c = geometry.columns;
        ES_TRY(size("expert ids", slab.expertIds.size(), cells * geometry.numSlots));
        ES_TRY(size("weights", slab.weights.size(), c.weights ? cells * geometry.numSlots : slab.weights.size()));
        ES_TRY(size("entropy", slab.entropy.size(), c.entropy ? cells : slab.entropy.size()));
        ES_TRY(size("margin", slab.margin.size(), c.margin ? cells : slab.margin.size()));
        ES_TRY(size("logits", slab.logits.size(), c.logits ? cells * geometry.numExperts : slab.logits.size()));
        for (std::uint16_t i = 0; i < slab.numSites; ++i) {
            const auto next = siteTokens[slab.firstSite.value + i];
            if (next != slab.firstToken)
                return bad(
                    "site " + std::to_string(slab.firstSite.value + i) + " goes on at token " + std::to_string(next));
        }
        if (geometry.columns.loss && !slab.loss.empty()) {
            ES_TRY(size("loss", slab.loss.size(), slab.numTokens));
            if (slab.firstToken != lossTokens)
                return bad("loss goes on at token " + std::to_string(lossTokens));
        }
        if (geometry.columns.predictedIds && !slab.predictedIds.empty()) {
            ES_TRY(size("predicted ids", slab.predictedIds.size(), slab.numTokens));
            if (slab.firstToken != predictedTokens)
                return bad("predicted ids go on at token " + std::to_string(predictedTokens));
        }
        for (std::size_t cell = 0; cell < cells; ++cell) {
            const auto site = slab.firstSite.value + cell % slab.numSites;
            const auto& limits = sites[site];
            for (std::size_t slot = 0; slot < geometry.numSlots; ++slot) {
                const auto id = slab.expertIds[cell * geometry.numSlots + slot];
                if (id != kNoExpert && (id >= limits.numExperts || slot >= limits.topK)) {
                    return bad("expert " + std::to_string(id) + " in slot " + std::to_string(slot) + " of token "
                        + std::to_string(slab.firstToken + cell / slab.numSites) + " at site " + std::to_string(site)
                        + ", which has " + std::to_string(limits.numExperts) + " experts and "
                        + std::to_string(limits.topK) + " slots");
                }
            }
        }
        return {};
    }

    const std::filesystem::path target;
    const std::optional<FileIdentity> before; ///< what was there when the writer was made
    const std::unique_ptr<Unfinished> unfinished; ///< the journal, where nobody will want it
    Journal journal;
    const Geometry geometry;
    std::uint64_t done = 0; ///< when the writer was made
    std::vector<Site> sites;

    // The writer thread's own.
    std::array<std::vector<ChunkBuffer>, kAllColumns.size()> buffers;
    ChunkPacker packer;

    std::mutex mutex;
    std::condition_variable changed;
    std::deque<OwnedSlab> queue;
    std::size_t queuedBytes = 0;
    bool stopping = false;
    bool finished = false;
    std::optional<Error> error;
    std::vector<std::uint64_t> siteTokens; ///< tokens accepted, per site
    std::uint64_t lossTokens = 0, predictedTokens = 0;
    std::thread thread; ///< last: starts when all else is there
};

TraceWriter::TraceWriter(std::unique_ptr<Private> p)
    : d(std::move(p))
{
}

TraceWriter::~TraceWriter() = default;

Expected<std::unique_ptr<TraceWriter>> TraceWriter::create(
    const std::filesystem::path& target, TracePlan plan, const WriterOptions& options)
{
    ES_TRY(checkPlan(plan, target.string()));
    using Access = Journal::Access;
    ES_ASSIGN(auto journal,
        Journal::open(journalPath(target), options.startAnew ? Access::StartAnew : Access::CreateIfMissing));
    if (journal.record() && !journal.index().empty()) {
        return fail("an interrupted capture lies here", journalPath(target).string(),
            "--resume goes on with it, `expertscope repair` keeps what it has, deleting the file gives it up");
    }
    auto unfinished = options.disposable ? std::make_unique<Unfinished>(journalPath(target)) : nullptr;
    if (auto started = journal.start(newRecord(cleaned(std::move(plan)))); !started) {
        journal.remove(); // holds nothing
        return tl::unexpected(std::move(started).error());
    }
    return std::unique_ptr<TraceWriter>(
        new TraceWriter(std::make_unique<Private>(target, std::move(journal), options, std::move(unfinished))));
}

Expected<std::unique_ptr<TraceWriter>> TraceWriter::resume(
    const std::filesystem::path& target, const TracePlan& plan, const WriterOptions& options)
{
    ES_TRY(checkPlan(plan, target.string()));
    auto wanted = cleaned(plan);
    ES_ASSIGN(auto journal, Journal::open(journalPath(target), Journal::Access::CreateIfMissing));
    if (journal.record()) {
        ES_TRY(checkSamePlan(outlineOf(journal.record()->plan), outlineOf(wanted), journalPath(target).string()));
    } else if (std::filesystem::exists(target)) {
        auto status = importTrace(target, wanted, journal);
        if (!status) {
            journal.remove();
            return tl::unexpected(status.error());
        }
    } else {
        ES_TRY(journal.start(newRecord(std::move(wanted))));
    }
    return std::unique_ptr<TraceWriter>(
        new TraceWriter(std::make_unique<Private>(target, std::move(journal), options)));
}

std::uint64_t TraceWriter::tokensDone() const
{
    return d->done;
}

Expected<void> TraceWriter::append(const RoutingSlab& slab)
{
    std::unique_lock lock(d->mutex);
    if (d->error)
        return tl::unexpected(*d->error);
    if (d->finished)
        return fail("the trace is finished", d->target.string());
    ES_TRY(d->check(slab));
    const auto& c = d->geometry.columns;
    const auto copy = [](auto& to, const auto& from, bool wanted) {
        if (wanted)
            to.assign(from.begin(), from.end());
    };
    OwnedSlab owned;
    owned.shape = slab;
    copy(owned.expertIds, slab.expertIds, true);
    copy(owned.weights, slab.weights, c.weights);
    copy(owned.entropy, slab.entropy, c.entropy);
    copy(owned.margin, slab.margin, c.margin);
    copy(owned.logits, slab.logits, c.logits);
    copy(owned.loss, slab.loss, d->geometry.columns.loss);
    copy(owned.predictedIds, slab.predictedIds, c.predictedIds);
    d->changed.wait(
        lock, [&] { return d->queue.empty() || d->queuedBytes + owned.bytes() <= kQueueBytes || d->error; });
    if (d->error)
        return tl::unexpected(*d->error);
    if (!d->thread.joinable()) {
        if (auto stored = d->storeSafely(owned); !stored) {
            d->error = stored.error();
            return stored;
        }
        owned = {};
    }
    for (std::uint16_t i = 0; i < slab.numSites; ++i)
        d->siteTokens[slab.firstSite.value + i] += slab.numTokens;
    if (d->geometry.columns.loss && !slab.loss.empty())
        d->lossTokens += slab.numTokens;
    if (c.predictedIds && !slab.predictedIds.empty())
        d->predictedTokens += slab.numTokens;
    if (!d->thread.joinable())
        return {};
    d->queuedBytes += owned.bytes();
    d->queue.push_back(std::move(owned));
    d->changed.notify_all();
    return {};
}

Expected<void> TraceWriter::suspend()
{
    d->stop();
    if (d->error)
        return tl::unexpected(*d->error);
    d->finished = true;
    ES_TRY(d->flushPartial());
    return d->packer.drain();
}

void TraceWriter::giveUp()
{
    d->stop();
    d->finished = true;
    d->journal.remove();
}

std::uint64_t TraceWriter::journalBytes() const
{
    return d->journal.validBytes();
}

Expected<void> TraceWriter::finish(bool complete)
{
    d->stop();
    if (d->error)
        return tl::unexpected(*d->error);
    if (d->finished)
        return fail("the trace is finished", d->target.string());
    if (complete) {
        for (std::size_t site = 0; site < d->siteTokens.size(); ++site) {
            if (d->siteTokens[site] != d->geometry.numTokens)
                return fail("site " + std::to_string(site) + " has " + std::to_string(d->siteTokens[site]) + " of "
                        + std::to_string(d->geometry.numTokens) + " tokens",
                    d->target.string());
        }
        if (d->geometry.columns.loss && d->lossTokens != d->geometry.numTokens)
            return fail(
                "loss of " + std::to_string(d->lossTokens) + " of " + std::to_string(d->geometry.numTokens) + " tokens",
                d->target.string());
        if (d->geometry.columns.predictedIds && d->predictedTokens != d->geometry.numTokens)
            return fail("predicted ids of " + std::to_string(d->predictedTokens) + " of "
                    + std::to_string(d->geometry.numTokens) + " tokens",
                d->target.string());
    }
    ES_TRY(d->flushPartial());
    ES_TRY(d->packer.drain());
    const std::string journal = journalPath(d->target).string();
    if (identityOf(d->target) != d->before)
        return fail("is another file than when the capture began", d->target.string(),
            "move it away; `expertscope repair` then makes the trace of " + journal);
    if (auto assembled = assembleTrace(d->target, d->journal); !assembled)
        return fail(assembled.error().what, assembled.error().where,
            "all is kept in " + journal + "; `expertscope repair` makes the trace of it");
    d->finished = true;
    d->journal.remove();
    return {};
}

}
