// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/events.h"

#include "analysis/simulation/schedule.h"
#include "analysis/spine/pass.h"
#include "analysis/spine/selection.h"
#include "io/base/workers.h"

#include <algorithm>
#include <atomic>

namespace expertscope::simulation {

namespace {

/// The choices of all wanted sites, tokens numbered as in Schedule; filled by several threads, each its own tokens.
struct Choices
{
    std::vector<std::uint16_t> sites; ///< site -> place among the wanted ones
    std::vector<std::vector<std::uint16_t>> ids; ///< [wanted site][token * K]
    ScheduledTokens tokens;
    std::size_t numSlots = 0;
};

class Collector
{
public:
    explicit Collector(Choices& choices)
        : m_choices(choices)
    {
    }
    void observe(const Tile& tile)
    {
        const std::size_t K = m_choices.numSlots;
        for (const Block& block : tile.blocks) {
            auto& ids = m_choices.ids[m_choices.sites[std::size_t(block.site)]];
            for (const SequenceRun& run : block.runs) {
                const std::uint64_t first = m_choices.tokens.numberOf(run), most = m_choices.tokens.numTokens;
                if (first >= most)
                    continue; // beyond what is simulated
                const std::uint64_t count = std::min<std::uint64_t>(run.length, most - first);
                std::copy_n(block.expertIds.begin() + std::ptrdiff_t(run.begin * K), count * K,
                    ids.begin() + std::ptrdiff_t(first * K));
            }
        }
    }

private:
    Choices& m_choices;
};

/// Drops `ends` and `assignments` where they say nothing.
void simplify(EventStream& stream)
{
    stream.numEvents = stream.ends.size();
    std::uint64_t before = 0;
    bool even = true, plain = true;
    for (std::size_t i = 0; i < stream.ends.size(); ++i) {
        const auto size = static_cast<std::uint32_t>(stream.ends[i] - before);
        stream.largestEvent = std::max(stream.largestEvent, size);
        even &= stream.ends[i] == (i + 1) * stream.ends[0];
        plain &= stream.assignments[i] == size;
        before = stream.ends[i];
    }
    if (even && !stream.ends.empty()) {
        stream.fixedSize = static_cast<std::uint32_t>(stream.ends[0]);
        stream.ends = {};
    }
    if (plain)
        stream.assignments = {};
}

Expected<void> checkPreload(const Contract& contract, const RoutingShape& shape)
{
    if (contract.preload.empty())
        return {};
    if (contract.flushBetweenSequences)
        return fail("a cache that is flushed between sequences does not start preloaded");
    if (contract.preload.size() != shape.sites.size())
        return fail("lists of " + std::to_string(contract.preload.size()) + " sites are preloaded; the trace has "
            + std::to_string(shape.sites.size()));
    for (std::size_t site = 0; site < shape.sites.size(); ++site) {
        std::vector<bool> named(shape.sites[site].numExperts);
        for (const std::uint16_t expert : contract.preload[site]) {
            if (expert >= named.size() || named[expert])
                return fail("expert " + std::to_string(expert) + " is preloaded at site " + std::to_string(site)
                    + (expert < named.size() ? " twice" : ", which has " + std::to_string(named.size())));
            named[expert] = true;
        }
    }
    return {};
}

void preload(const std::vector<std::vector<std::uint16_t>>& lists, std::uint32_t steps, EventStream& stream)
{
    for (std::uint32_t wanted = steps; wanted-- > 0;) {
        for (std::size_t s = 0; s < stream.sites.size(); ++s) {
            const auto& experts = lists[std::size_t(stream.sites[s])];
            if (wanted < experts.size())
                stream.objects.push_back(stream.firstObject[s] + experts[wanted]);
            stream.ends.push_back(stream.objects.size());
            stream.assignments.push_back(wanted < experts.size());
        }
    }
}

EventStream makeStream(const RoutingShape& shape, const std::vector<SiteIndex>& sites, const Choices& choices,
    const Schedule& schedule, const Contract& contract)
{
    EventStream stream;
    stream.sites = sites;
    stream.firstObject.push_back(0);
    std::uint64_t slots = 0;
    for (const SiteIndex site : sites) {
        const Site& description = shape.sites[std::size_t(site)];
        stream.firstObject.push_back(stream.firstObject.back() + description.numExperts);
        stream.topK.push_back(description.topK);
        slots += description.topK;
    }
    const std::uint64_t events = schedule.numSteps * sites.size();
    stream.ends.reserve(events);
    stream.assignments.reserve(events);
    if (schedule.tokens.empty())
        stream.objects.reserve(schedule.numSteps * slots);
    const std::uint32_t preloaded = preloadSteps(contract);
    preload(contract.preload, preloaded, stream);
    std::vector<std::uint64_t> lastRequest(stream.numObjects(), UINT64_MAX);
    const std::size_t K = choices.numSlots;
    for (std::uint64_t step = 0; step < schedule.numSteps; ++step) {
        const bool single = schedule.tokens.empty();
        const std::uint64_t begin = single ? step : step ? schedule.ends[step - 1] : 0;
        const std::uint64_t end = single ? step + 1 : schedule.ends[step];
        for (std::size_t s = 0; s < sites.size(); ++s) {
            const auto& ids = choices.ids[choices.sites[std::size_t(sites[s])]];
            const std::uint64_t first = stream.objects.size(); // request of the event
            std::uint32_t assignments = 0;
            for (std::uint64_t i = begin; i < end; ++i) {
                const std::uint16_t* token = ids.data() + (single ? i : schedule.tokens[i]) * K;
                for (std::size_t r = 0; r < K; ++r) {
                    if (token[r] == kNoExpert)
                        continue;
                    ++assignments;
                    const std::uint32_t object = stream.firstObject[s] + token[r];
                    std::uint64_t& request = lastRequest[object];
                    if (request < first || request == UINT64_MAX) {
                        request = stream.objects.size();
                        stream.objects.push_back(object);
                        continue;
                    }
                    if (stream.multiplicities.size() <= request)
                        stream.multiplicities.resize(stream.objects.size(), 1);
                    ++stream.multiplicities[request];
                }
            }
            stream.ends.push_back(stream.objects.size());
            stream.assignments.push_back(assignments);
        }
    }
    for (const std::uint64_t step : schedule.sequenceStarts)
        stream.sequenceStarts.push_back((step + preloaded) * sites.size());
    simplify(stream);
    return stream;
}

}

std::vector<std::vector<SiteIndex>> poolsOf(const std::vector<SiteIndex>& sites, const Contract& contract)
{
    if (contract.scope == PoolScope::Listed) {
        std::vector<std::vector<SiteIndex>> pools(contract.siteGroups.size());
        for (const SiteIndex site : sites) {
            const auto group = std::ranges::find_if(
                contract.siteGroups, [&](const auto& g) { return std::ranges::find(g, site) != g.end(); });
            if (group != contract.siteGroups.end())
                pools[std::size_t(group - contract.siteGroups.begin())].push_back(site);
            else
                pools.push_back({site});
        }
        std::erase_if(pools, [](const auto& pool) { return pool.empty(); });
        return pools;
    }
    std::size_t size = 1;
    if (contract.scope == PoolScope::Global)
        size = sites.size();
    else if (contract.scope == PoolScope::Groups)
        size = std::max<std::size_t>(contract.sitesInGroup, 1);
    std::vector<std::vector<SiteIndex>> pools;
    for (std::size_t i = 0; i < sites.size(); i += std::max<std::size_t>(size, 1))
        pools.emplace_back(sites.begin() + std::ptrdiff_t(i),
            sites.begin() + std::ptrdiff_t(std::min(i + size, sites.size())));
    return pools;
}

Expected<EventSet> readEvents(BlockSource& source, const PassOptions& selection, const StepOptions& steps,
    const Contract& contract, std::uint64_t mostRequests)
{
    const RoutingShape& shape = source.shape();
    ES_ASSIGN(const auto sites, selectSites(shape, selection));
    ES_TRY(checkPreload(contract, shape));
    Choices choices;
    choices.numSlots = shape.numSlots;
    choices.sites.resize(shape.sites.size());
    std::uint64_t slots = 0;
    for (std::size_t i = 0; i < sites.size(); ++i) {
        choices.sites[std::size_t(sites[i])] = static_cast<std::uint16_t>(i);
        slots += shape.sites[std::size_t(sites[i])].topK;
    }
    const std::uint64_t mostTokens = mostRequests / std::max<std::uint64_t>(slots, 1);
    ES_ASSIGN(choices.tokens, scheduleTokens(shape, selection, steps, contract, mostTokens));
    EventSet set;
    set.tokens = choices.tokens.numTokens;
    set.truncated = choices.tokens.truncated;
    for (std::size_t i = 0; i < sites.size(); ++i)
        choices.ids.emplace_back(set.tokens * choices.numSlots, kNoExpert);
    ES_TRY(runPassInto(source, {}, [&] { return Collector(choices); }, selection));

    const Schedule schedule = makeSchedule(choices.tokens.sequences, steps);
    const auto pools = poolsOf(sites, contract);
    set.pools.resize(pools.size());
    set.preloadSteps = preloadSteps(contract);
    set.steps = set.preloadSteps + schedule.numSteps;
    const std::uint64_t warmUp = contract.warmUpSteps - std::min(contract.warmUpSteps, set.preloadSteps);
    set.countedTokens = set.tokens - schedule.numTokensBefore(std::min(warmUp, schedule.numSteps));
    std::atomic<std::size_t> next{0};
    {
        Workers threads;
        const unsigned workers = selection.threads ? selection.threads : std::max(1u, std::thread::hardware_concurrency());
        threads.startOrDo(unsigned(std::min<std::size_t>(workers, pools.size())), [&](unsigned) {
            for (std::size_t p = next++; p < pools.size(); p = next++)
                set.pools[p] = makeStream(shape, pools[p], choices, schedule, contract);
        });
        threads.join();
    }
    for (const EventStream& pool : set.pools)
        set.requests += pool.objects.size();
    return set;
}

}
