// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/pass.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <thread>

namespace expertscope {

namespace {

// A block of 32768 x 8 ids is 512 KiB: it stays in the second-level cache while the metrics go over it, and spans eight
// chunks of the file.
constexpr std::uint32_t kDefaultBlockTokens = 32768;
// Filtered-out tokens are read along rather than starting a new read for every sequence, up to this many in a row.
constexpr std::uint64_t kMaxGap = 1024;

/// Tokens to read at once and the runs of them that are wanted.
struct PlannedBlock
{
    TokenRange range;
    std::size_t firstRun = 0, numRuns = 0;
};

/// The same at every site: blocks, and tasks of blocks that one worker must take in a row.
struct Plan
{
    std::vector<SequenceRun> runs;
    std::vector<PlannedBlock> blocks;
    std::vector<std::size_t> tasks; ///< first block of each task, and an end mark
    std::uint64_t tokens = 0; ///< wanted ones

    void startTask() { tasks.push_back(blocks.size()); }

    void addRun(const RoutingShape& shape, SequenceIndex s, std::uint32_t position, std::uint32_t length, bool newBlock)
    {
        const std::uint64_t begin = shape.sequences[std::size_t(s)].begin.value + position;
        if (newBlock)
            blocks.push_back({{TokenIndex(begin), TokenIndex(begin)}, runs.size(), 0});
        PlannedBlock& block = blocks.back();
        runs.push_back({s, static_cast<std::uint32_t>(begin - block.range.begin.value), length, position});
        block.range.end = TokenIndex(begin + length);
        ++block.numRuns;
        tokens += length;
    }
};

Plan makePlan(const RoutingShape& shape, const std::vector<SequenceIndex>& sequences, const PassOptions& options)
{
    const std::uint64_t limit = options.blockTokens ? options.blockTokens : kDefaultBlockTokens;
    Plan plan;
    bool fresh = true; // the next sequence starts a task
    for (const SequenceIndex s : sequences) {
        const Sequence& sequence = shape.sequences[std::size_t(s)];
        const std::uint32_t length = sequence.length - options.skipFirst;
        const std::uint64_t begin = sequence.begin.value + options.skipFirst;
        if (length > limit) { // pieces in token order, each the only run of its block
            plan.startTask();
            for (std::uint32_t done = 0; done < length;) {
                const auto piece = static_cast<std::uint32_t>(std::min<std::uint64_t>(limit, length - done));
                plan.addRun(shape, s, options.skipFirst + done, piece, true);
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
        plan.addRun(shape, s, options.skipFirst, length, fresh);
        fresh = false;
    }
    plan.startTask();
    return plan;
}

/// Whether any of the ids is not below `limit`; a loop that the compiler vectorises.
bool anyFrom(std::span<const std::uint16_t> ids, std::uint16_t limit)
{
    std::uint16_t any = 0;
    for (const std::uint16_t id : ids)
        any |= static_cast<std::uint16_t>(id >= limit);
    return any;
}

/// Metrics count into tables of E: an id beyond it must never reach them. Also sets evenSlots, for their fast paths.
Expected<void> checkIds(Block& block, std::uint16_t topK)
{
    const std::size_t stride = block.numSlots, k = std::min<std::size_t>(topK, stride);
    if (k == stride && !anyFrom(block.expertIds, block.numExperts)) {
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
    Pass(BlockSource& source, Columns wanted, Plan plan, std::vector<SiteIndex> sites)
        : m_source(source)
        , m_wanted(wanted)
        , m_plan(std::move(plan))
        , m_sites(std::move(sites))
    {
    }

    std::size_t numTasks() const { return (m_plan.tasks.size() - 1) * m_sites.size(); }

    /// What a worker does: takes tasks until there are none. Site by site, as the file lies on the disk.
    void work(AccumulatorSet& set, const std::function<AccumulatorSet()>& make)
    {
        try {
            set = make(); // in the worker, so that its memory is near it
            takeTasks(set);
        } catch (const std::exception& problem) { // out of memory
            setError(0, {problem.what(), "analysis", {}});
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

    void takeTasks(AccumulatorSet& set)
    {
        BlockBuffer buffer;
        const std::size_t tasksPerSite = m_plan.tasks.size() - 1;
        for (std::size_t task = m_next++; task < numTasks(); task = m_next++) {
            const SiteIndex site = m_sites[task / tasksPerSite];
            const std::size_t inSite = task % tasksPerSite;
            for (std::size_t b = m_plan.tasks[inSite]; b < m_plan.tasks[inSite + 1]; ++b) {
                if (m_cancelled || task > m_errorTask)
                    return;
                if (auto done = observe(site, m_plan.blocks[b], buffer, set); !done)
                    setError(task, std::move(done).error());
            }
        }
    }

    Expected<void> observe(SiteIndex site, const PlannedBlock& planned, BlockBuffer& buffer, AccumulatorSet& set)
    {
        ES_ASSIGN(Block block, m_source.read(site, planned.range, m_wanted, buffer));
        block.runs = std::span(m_plan.runs).subspan(planned.firstRun, planned.numRuns);
        ES_TRY(checkIds(block, m_source.shape().sites[std::size_t(site)].topK));
        std::uint64_t tokens = 0;
        for (const SequenceRun& run : block.runs)
            tokens += run.length;
        for (const auto& accumulator : set)
            accumulator->observe(block);
        m_tokensDone += tokens;
        return {};
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
    std::atomic<std::size_t> m_next{0};
    std::atomic<std::uint64_t> m_tokensDone{0};
    std::atomic<bool> m_stop{false};
    std::mutex m_mutex;
    std::condition_variable m_changed;
    unsigned m_finished = 0;
    std::atomic<bool> m_cancelled{false};
    std::atomic<std::size_t> m_errorTask{kNone}; ///< tasks before it still go on: theirs may be the earlier error
    Error m_error;
};

}

Expected<AccumulatorSet> runPass(
    BlockSource& source, Columns wanted, const std::function<AccumulatorSet()>& make, const PassOptions& options)
{
    const RoutingShape& shape = source.shape();
    ES_ASSIGN(auto sites, selectSites(shape, options));
    ES_ASSIGN(const auto sequences, selectSequences(shape, options));
    Pass pass(source, wanted, makePlan(shape, sequences, options), std::move(sites));

    unsigned workers = options.threads ? options.threads : std::max(1u, std::thread::hardware_concurrency());
    workers = static_cast<unsigned>(std::clamp<std::size_t>(pass.numTasks(), 1, std::min(workers, 1024u)));
    std::vector<AccumulatorSet> sets(workers);
    {
        std::vector<std::jthread> threads;
        for (AccumulatorSet& set : sets)
            threads.emplace_back([&] { pass.work(set, make); });
        pass.wait(workers, options.progress);
    }
    ES_TRY(pass.outcome());
    for (std::size_t w = 1; w < sets.size(); ++w) {
        for (std::size_t i = 0; i < sets[0].size(); ++i)
            sets[0][i]->merge(*sets[w][i]);
    }
    return std::move(sets[0]);
}

}
