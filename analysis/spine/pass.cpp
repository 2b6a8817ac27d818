// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/spine/pass.h"

#include "analysis/bits/bit_kernels.h"
#include "analysis/spine/selection.h"
#include "io/base/workers.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <limits>
#include <mutex>

namespace expertscope {

namespace {

// A block of 16384 x 8 ids is 256 KiB, with its bits 512: it stays in the second-level cache while the metrics of its
// site go over it, and spans four chunks of the file. Tiles of many sites or of logits are shorter, down to one chunk.
constexpr std::uint64_t kMostBlockTokens = 16384, kLeastBlockTokens = 4096;
constexpr std::uint64_t kTileBytes = 32u << 20;
// Filtered-out tokens are read along rather than starting a new read for every sequence, up to this many in a row.
constexpr std::uint64_t kMaxGap = 1024;

/// Tokens to read at once and the runs of them that are wanted.
struct PlannedBlock
{
    TokenRange range;
    std::size_t firstRun = 0, numRuns = 0;
};

std::uint64_t blockLimit(const RoutingShape& shape, const PassNeeds& needs, std::size_t sitesInTile)
{
    const Columns& columns = needs.columns;
    std::uint64_t bytes = 2u * shape.numSlots;
    if (columns.weights)
        bytes += 4u * shape.numSlots;
    if (columns.logits)
        bytes += 4u * shape.numExperts;
    bytes += (columns.entropy ? 4u : 0u) + (columns.margin ? 4u : 0u);
    return std::clamp(kTileBytes / std::max<std::uint64_t>(bytes * sitesInTile, 1), kLeastBlockTokens, kMostBlockTokens);
}

/// The same at every site: blocks, and tasks of blocks that one worker must take in a row.
struct Plan
{
    std::vector<SequenceRun> runs;
    std::vector<PlannedBlock> blocks;
    std::vector<std::size_t> tasks; ///< first block of each task, and an end mark
    std::uint64_t tokens = 0; ///< wanted ones

    void startTask() { tasks.push_back(blocks.size()); }

    /// A piece of a sequence, or the runs of it that are in `wanted` (null: all).
    void addPiece(const RoutingShape& shape, SequenceIndex s, std::uint32_t position, std::uint32_t length,
        bool newBlock, const TokenSet* wanted)
    {
        const std::uint64_t start = shape.sequences[std::size_t(s)].begin.value;
        const TokenIndex first(start + position), end(start + position + length);
        if (newBlock)
            blocks.push_back({{first, first}, runs.size(), 0});
        PlannedBlock& block = blocks.back();
        block.range.end = end;
        for (TokenIndex at = wanted ? wanted->next(first, end) : first; at < end;) {
            const TokenIndex gap = wanted ? wanted->nextGap(at, end) : end;
            const auto run = static_cast<std::uint32_t>(gap.value - at.value);
            runs.push_back({s, static_cast<std::uint32_t>(at.value - block.range.begin.value), run,
                static_cast<std::uint32_t>(at.value - start)});
            ++block.numRuns;
            tokens += run;
            at = wanted ? wanted->next(gap, end) : end;
        }
    }
};

Plan makePlan(const RoutingShape& shape, std::span<const SequenceIndex> sequences, const PassOptions& options,
    std::uint64_t limit)
{
    Plan plan;
    bool fresh = true; // the next sequence starts a task
    for (std::size_t i = 0; i < sequences.size(); i += std::max(options.everySequence, 1u)) {
        const SequenceIndex s = sequences[i];
        const Sequence& sequence = shape.sequences[std::size_t(s)];
        const PositionRange kept = keptPositions(sequence, options);
        const std::uint32_t length = kept.length();
        const std::uint64_t begin = sequence.begin.value + kept.begin;
        if (length > limit) { // pieces in token order, each the only run of its block
            plan.startTask();
            for (std::uint32_t done = 0; done < length;) {
                const auto piece = static_cast<std::uint32_t>(std::min<std::uint64_t>(limit, length - done));
                plan.addPiece(shape, s, kept.begin + done, piece, true, options.tokens.get());
                done += piece;
            }
            fresh = true;
            continue;
        }
        if (!fresh) {
            const TokenRange& range = plan.blocks.back().range;
            fresh = begin - range.end.value > kMaxGap || begin + length - range.begin.value > limit;
        }
        if (fresh)
            plan.startTask();
        plan.addPiece(shape, s, kept.begin, length, fresh, options.tokens.get());
        fresh = false;
    }
    plan.startTask();
    return plan;
}

std::span<const SequenceIndex> sequencesOfShard(
    const RoutingShape& shape, const std::vector<SequenceIndex>& sequences, const PassOptions& options)
{
    const Shard& shard = options.shard;
    std::uint64_t all = 0;
    for (const SequenceIndex s : sequences)
        all += keptPositions(shape.sequences[std::size_t(s)], options).length();
    // A sequence belongs to the shard in whose share of the tokens it begins: each to just one.
    const auto share = [&](unsigned i) { return all / shard.count * i + all % shard.count * i / shard.count; };
    std::size_t first = sequences.size(), last = sequences.size();
    std::uint64_t before = 0;
    for (std::size_t i = 0; i < sequences.size(); ++i) {
        if (before >= share(shard.index) && first == sequences.size())
            first = i;
        if (before >= share(shard.index + 1) && shard.index + 1 < shard.count) {
            last = i;
            break;
        }
        before += keptPositions(shape.sequences[std::size_t(sequences[i])], options).length();
    }
    first = std::min(first, last);
    return std::span(sequences).subspan(first, last - first);
}

/// Metrics count into tables of E: an id beyond it must never reach them. Also sets evenSlots, for their fast paths.
Expected<void> checkIds(Block& block, std::uint16_t topK)
{
    const std::size_t stride = block.numSlots, k = std::min<std::size_t>(topK, stride);
    if (k == stride && !bitKernels().anyFrom(block.expertIds.data(), block.expertIds.size(), block.numExperts)) {
        block.evenSlots = block.numSlots;
        return {};
    }
    bool even = k > 0;
    for (std::size_t i = 0; i < block.expertIds.size(); ++i) {
        const std::uint16_t id = block.expertIds[i];
        if (id >= block.numExperts && id != kNoExpert)
            return fail("expert id " + std::to_string(id) + ", but the site has " + std::to_string(block.numExperts)
                    + " experts",
                "site " + std::to_string(block.site.value) + ", token "
                    + std::to_string(block.firstToken.value + i / stride));
        even &= (id == kNoExpert) == (i % stride >= k);
    }
    block.evenSlots = even ? static_cast<std::uint16_t>(k) : 0;
    return {};
}

/// What the workers of a pass share.
class Pass
{
public:
    Pass(BlockSource& source, const PassNeeds& needs, Plan plan, std::vector<SiteIndex> sites)
        : m_source(source)
        , m_wanted(needs.columns)
        , m_plan(std::move(plan))
        , m_sites(std::move(sites))
        , m_sitesInTile(needs.sitesTogether ? std::max<std::size_t>(m_sites.size(), 1) : 1)
    {
    }

    std::size_t numTasks() const { return (m_plan.tasks.size() - 1) * (m_sites.size() / m_sitesInTile); }

    /// What a worker does: takes tasks until there are none. Site by site, as the file lies on the disk, unless they
    /// are wanted together.
    void work(const std::function<std::vector<TileObserver*>()>& start)
    {
        try {
            takeTasks(start());
        } catch (const std::exception& problem) {
            setError(0, {reasonOf(problem), "analysis", {}});
        }
        const std::lock_guard lock(m_mutex);
        ++m_finished;
        m_changed.notify_all();
    }

    /// Waits for `workers` of them, reports progress, and hands on a cancel.
    void wait(unsigned workers, const std::function<bool(double)>& progress)
    {
        const double all = double(m_plan.tokens) * double(m_sites.size());
        std::unique_lock lock(m_mutex);
        while (m_finished < workers) {
            m_changed.wait_for(lock, std::chrono::milliseconds(50), [&] { return m_finished == workers; });
            if (!progress || m_cancelled)
                continue;
            lock.unlock(); // the callback may take its time
            const bool goOn = progress(all > 0 ? double(m_tokensDone) / all : 1.0);
            lock.lock();
            m_cancelled = !goOn && m_finished < workers;
        }
    }

    Expected<void> outcome() const
    {
        if (m_cancelled)
            return fail(kCancelled);
        if (m_errorTask != kNone)
            return tl::unexpected(m_error);
        return {};
    }

private:
    static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

    /// A worker's memory: as many blocks as a tile has sites.
    struct TileBuffer
    {
        std::vector<BlockBuffer> sites;
        std::vector<Block> blocks;
        std::vector<ChoiceBits> bits;
    };

    void takeTasks(const std::vector<TileObserver*>& observers)
    {
        TileBuffer buffer;
        buffer.sites.resize(m_sitesInTile);
        buffer.bits.resize(m_sitesInTile);
        const std::size_t tasksPerGroup = m_plan.tasks.size() - 1;
        for (std::size_t task = m_next++; task < numTasks(); task = m_next++) {
            const auto sites = std::span(m_sites).subspan(task / tasksPerGroup * m_sitesInTile, m_sitesInTile);
            const std::size_t inGroup = task % tasksPerGroup;
            for (std::size_t b = m_plan.tasks[inGroup]; b < m_plan.tasks[inGroup + 1]; ++b) {
                if (m_cancelled || task > m_errorTask)
                    return;
                if (auto done = observe(sites, m_plan.blocks[b], buffer, observers); !done)
                    setError(task, std::move(done).error());
            }
        }
    }

    Expected<void> observe(std::span<const SiteIndex> sites, const PlannedBlock& planned, TileBuffer& buffer,
        const std::vector<TileObserver*>& observers)
    {
        if (planned.numRuns == 0) // no token of it was picked
            return {};
        buffer.blocks.clear();
        const auto runs = std::span(m_plan.runs).subspan(planned.firstRun, planned.numRuns);
        for (std::size_t i = 0; i < sites.size(); ++i) {
            if (m_cancelled) // a tile of all sites may be long
                return {};
            Columns wanted = m_wanted;
            wanted.tokenIds &= i == 0; // the same at every site: read once a tile
            wanted.predictedIds &= i == 0;
            wanted.loss &= i == 0;
            ES_ASSIGN(Block block, m_source.read(sites[i], planned.range, wanted, buffer.sites[i]));
            block.runs = runs;
            if (i > 0) {
                block.tokenIds = buffer.blocks.front().tokenIds;
                block.predictedIds = buffer.blocks.front().predictedIds;
                block.loss = buffer.blocks.front().loss;
            }
            ES_TRY(checkIds(block, m_source.shape().sites[std::size_t(sites[i])].topK));
            buffer.blocks.push_back(block);
            buffer.bits[i].reset(block);
            show(observers, true, {std::span(buffer.blocks).last(1), std::span(buffer.bits).subspan(i, 1)});
        }
        std::uint64_t tokens = 0;
        for (const SequenceRun& run : runs)
            tokens += run.length;
        show(observers, false, {buffer.blocks, buffer.bits});
        m_tokensDone += tokens * sites.size();
        return {};
    }

    static void show(const std::vector<TileObserver*>& observers, bool takingSites, const Tile& tile)
    {
        for (TileObserver* const observer : observers) {
            if (observer->takesSites() == takingSites)
                observer->observe(tile);
        }
    }

    /// Keeps the error of the earliest task, so that the same file gives the same message.
    void setError(std::size_t task, Error error)
    {
        const std::lock_guard lock(m_mutex);
        if (task < m_errorTask) {
            m_errorTask = task;
            m_error = std::move(error);
        }
    }

    BlockSource& m_source;
    const Columns m_wanted;
    const Plan m_plan;
    const std::vector<SiteIndex> m_sites;
    const std::size_t m_sitesInTile;
    std::atomic<std::size_t> m_next{0};
    std::atomic<std::uint64_t> m_tokensDone{0};
    std::mutex m_mutex;
    std::condition_variable m_changed;
    unsigned m_finished = 0;
    std::atomic<bool> m_cancelled{false};
    std::atomic<std::size_t> m_errorTask{kNone}; ///< tasks before it still go on: theirs may be the earlier error
    Error m_error;
};

}

Expected<unsigned> showTiles(BlockSource& source, const PassNeeds& needs,
    const std::function<std::vector<TileObserver*>(unsigned worker)>& start, const PassOptions& options)
{
    const RoutingShape& shape = source.shape();
    ES_ASSIGN(auto sites, selectSites(shape, options));
    ES_ASSIGN(const auto sequences, selectSequences(shape, options));
    const std::uint64_t limit = options.blockTokens ? options.blockTokens
                                                    : blockLimit(shape, needs, needs.sitesTogether ? sites.size() : 1);
    Plan plan = makePlan(shape, sequencesOfShard(shape, sequences, options), options, limit);
    Pass pass(source, needs, std::move(plan), std::move(sites));

    unsigned workers = options.threads ? options.threads : std::max(1u, std::thread::hardware_concurrency());
    workers = static_cast<unsigned>(std::clamp<std::size_t>(pass.numTasks(), 1, std::min(workers, kMostWorkers)));
    if (options.progress && !options.progress(0)) // before a short pass is over
        return fail(kCancelled);
    {
        Workers threads;
        workers = threads.startOrDo(workers, [&](unsigned worker) { pass.work([&] { return start(worker); }); });
        pass.wait(workers, options.progress);
    }
    ES_TRY(pass.outcome());
    return workers;
}

Expected<AccumulatorSet> runPass(
    BlockSource& source, const PassNeeds& needs, const std::function<AccumulatorSet()>& make, const PassOptions& options)
{
    std::vector<AccumulatorSet> sets(kMostWorkers);
    const auto start = [&](unsigned worker) {
        sets[worker] = make();
        std::vector<TileObserver*> observers;
        for (const auto& accumulator : sets[worker])
            observers.push_back(accumulator.get());
        return observers;
    };
    ES_ASSIGN(const unsigned workers, showTiles(source, needs, start, options));
    for (unsigned w = 1; w < workers; ++w) {
        for (std::size_t i = 0; i < sets[0].size(); ++i)
            sets[0][i]->merge(*sets[w][i]);
    }
    return std::move(sets[0]);
}

}
