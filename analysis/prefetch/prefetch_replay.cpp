// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/prefetch/prefetch_replay.h"

#include "analysis/prefetch/replay_loop.h"

namespace expertscope::prefetch {

using namespace simulation;

namespace {

/// ps that the whole walk takes at most.
double longest(const Walk& walk, const QueueTimes& times)
{
    double choices = 0, tokens = double(walk.events().tokens) * double(walk.numSites());
    for (const EventStream& pool : walk.events().pools) {
        choices += double(pool.objects.size());
        for (const std::uint32_t assignments : pool.assignments)
            choices += assignments;
    }
    const double events = double(walk.numEvents()), load = double(times.latency) + double(times.transfer);
    tokens = std::max(tokens, events);
    return events * (double(times.dense.fixed) + 2 * load) + tokens * double(times.dense.each)
        + choices * (load + double(times.expert.fixed) + double(times.expert.each));
}

}

PrefetchCounters& PrefetchCounters::operator+=(const PrefetchCounters& other)
{
    cache += other.cache;
    for (const auto member : {&PrefetchCounters::onTime, &PrefetchCounters::late, &PrefetchCounters::onCpu,
             &PrefetchCounters::issued, &PrefetchCounters::wasted, &PrefetchCounters::cancelled,
             &PrefetchCounters::unused, &PrefetchCounters::there, &PrefetchCounters::noRoom,
             &PrefetchCounters::evictedByPrefetch, &PrefetchCounters::stall})
        this->*member += other.*member;
    return *this;
}

PrefetchCounters PrefetchResult::total() const
{
    PrefetchCounters all;
    for (const PrefetchCounters& site : sites)
        all += site;
    return all;
}

Expected<PrefetchResult> replayPrefetch(const Walk& walk, const Contract& contract, const CacheMaker& cache,
    std::uint32_t capacity, const Predictions* predictions, const PrefetchOptions& options, const std::stop_token& stop)
{
    ES_TRY(checkPrefetchContract(contract));
    if (options.times && longest(walk, *options.times) > 0x1p62)
        return fail("modelled times of this trace are too long to be added up");
    if (options.times)
        return Replay<true>(walk, contract, cache, capacity, predictions, options).run(stop);
    return Replay<false>(walk, contract, cache, capacity, predictions, options).run(stop);
}

Expected<void> checkPrefetchContract(const Contract& contract)
{
    if (contract.service != Service::Atomic || contract.admission != Admission::Forced)
        return fail("prefetches are replayed under the atomic contract with forced admission only");
    if (contract.coldStart != ColdStart::Empty)
        return fail("prefetches are replayed from an empty cache only: what would fill its free slots at no cost?");
    return {};
}

}
