// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/rerouting/rerouting.h"

#include "analysis/rerouting/choose.h"
#include "analysis/rerouting/scored_tokens.h"
#include "analysis/simulation/run_tasks.h"
#include "analysis/spine/selection.h"

#include <algorithm>

namespace expertscope::rerouting {

using namespace simulation;

namespace {

/// What all replays of one pool share.
struct Pool
{
    const RoutingShape& shape;
    const Contract& contract;
    const ScheduledTokens& tokens;
    const Schedule& schedule;
    std::uint32_t keep = 1;
    std::vector<ScoredSite> sites;
    EventStream stream; ///< without events
};

EventStream emptyStream(const RoutingShape& shape, const std::vector<SiteIndex>& sites, const Schedule& schedule)
{
    EventStream stream;
    stream.sites = sites;
    stream.firstObject.push_back(0);
    std::uint64_t largestStep = schedule.numSteps ? 1 : 0, begin = 0;
    for (const std::uint64_t end : schedule.ends) {
        largestStep = std::max(largestStep, end - begin);
        begin = end;
    }
    for (const SiteIndex site : sites) {
        const Site& description = shape.sites[std::size_t(site)];
        stream.firstObject.push_back(stream.firstObject.back() + description.numExperts);
        stream.topK.push_back(description.topK);
        stream.largestEvent = std::max(stream.largestEvent, // a bound
            std::uint32_t(std::min<std::uint64_t>(description.numExperts, largestStep * shape.numSlots)));
    }
    for (const std::uint64_t step : schedule.sequenceStarts)
        stream.sequenceStarts.push_back(step * sites.size());
    stream.numEvents = schedule.numSteps * sites.size();
    return stream;
}

/// One policy, capacity and strength over one pool.
class Replay
{
public:
    /// `rule`: null: as recorded.
    Replay(
        const Pool& pool, const PolicySpec& policy, const Parameters& params, std::uint32_t capacity, const Rule* rule)
        : m_pool(pool)
        , m_rule(rule)
        , m_stream(pool.stream)
        , m_choices(pool.sites.size())
        , m_lastRequest(pool.stream.numObjects(), UINT64_MAX)
    {
        m_stream.multiplicities = {1}; // there may be more
        m_cache = policy.makeStepped(params, m_stream, pool.contract, capacity);
    }
    Replay(const Replay&) = delete;
    Replay& operator=(const Replay&) = delete;

    void run(const std::stop_token& stop)
    {
        const Schedule& schedule = m_pool.schedule;
        const std::size_t numSites = m_pool.sites.size();
        m_stream.ends.reserve(m_stream.numEvents);
        for (std::uint64_t step = 0; step < schedule.numSteps; ++step) {
            if (step % 1024 == 0 && stop.stop_requested())
                return;
            const std::uint64_t begin = schedule.numTokensBefore(step), end = schedule.numTokensBefore(step + 1);
            m_counting = step >= m_pool.contract.warmUpSteps;
            for (std::size_t s = 0; s < numSites; ++s) {
                const std::uint64_t event = step * numSites + s;
                m_cache->begin(event);
                m_first = m_stream.objects.size();
                std::uint32_t assignments = 0;
                for (std::uint64_t i = begin; i < end; ++i)
                    assignments += ask(s, schedule.tokens.empty() ? i : schedule.tokens[i]);
                m_stream.ends.push_back(m_stream.objects.size());
                m_stream.assignments.push_back(assignments);
                m_largest = std::max<std::size_t>(m_largest, m_stream.event(event).size());
                m_cache->serve(event);
            }
        }
    }
    std::vector<Counters> takeCache()
    {
        auto counters = m_cache->take();
        for (Counters& site : counters)
            site.missesPerEvent.resize(m_largest + 1); // the bound was larger
        return counters;
    }
    std::vector<ChoiceCounters> takeChoices() { return std::move(m_choices); }

private:
    /// Adds what the token chooses to the event. How many slots it fills.
    std::uint32_t ask(std::size_t s, std::uint64_t token)
    {
        const ScoredSite& site = m_pool.sites[s];
        const std::uint32_t k = site.filled[token];
        if (k == 0)
            return 0;
        const std::size_t K = m_pool.shape.numSlots;
        const std::uint16_t* order = site.order.data() + token * site.numExperts;
        const std::uint32_t first = m_stream.firstObject[s];
        bool anew = m_rule && site.state[token] == ScoredSite::Scored;
        if (anew) {
            chooseExperts(
                site.logitsOf(token), k, m_pool.keep, m_rule->promote(site.scoresOf(token)),
                [&](std::uint32_t place) { return m_cache->holds(first + order[place]); }, m_places);
            anew = m_places.back() >= k; // else these are the recorded ones
        }
        if (m_counting)
            count(m_choices[s], site, token, anew);
        const auto add = [&](std::uint32_t object) {
            std::uint64_t& request = m_lastRequest[object];
            if (request < m_first || request == UINT64_MAX) {
                request = m_stream.objects.size();
                m_stream.objects.push_back(object);
                return;
            }
            if (m_stream.multiplicities.size() <= request)
                m_stream.multiplicities.resize(m_stream.objects.size(), 1);
            ++m_stream.multiplicities[request];
        };
        if (anew) {
            for (const std::uint32_t place : m_places)
                add(first + order[place]);
        } else {
            for (std::size_t r = 0; r < K; ++r) {
                if (const std::uint16_t id = site.ids[token * K + r]; id != kNoExpert)
                    add(first + id);
            }
        }
        return k;
    }
    void count(ChoiceCounters& counters, const ScoredSite& site, std::uint64_t token, bool anew)
    {
        const std::uint32_t k = site.filled[token];
        ++counters.tokens;
        counters.left += site.state[token] != ScoredSite::Scored;
        counters.choices += k;
        if (!anew)
            return;
        const float* p = site.probabilities.data() + token * site.numExperts;
        std::size_t kept = 0;
        for (; m_places[kept] < k; ++kept)
            ;
        counters.changed += k - kept;
        for (std::size_t place = 0, i = 0; place < k; ++place) {
            if (i < kept && m_places[i] == place)
                ++i;
            else
                counters.dropped += double(p[place]);
        }
        for (std::size_t i = kept; i < k; ++i)
            counters.added += double(p[m_places[i]]);
    }

    const Pool& m_pool;
    const Rule* const m_rule;
    EventStream m_stream;
    std::vector<ChoiceCounters> m_choices;
    std::vector<std::uint64_t> m_lastRequest;
    std::uint64_t m_first = 0; ///< request of the event
    std::unique_ptr<SteppedReplay> m_cache;
    std::vector<std::uint32_t> m_places;
    std::size_t m_largest = 0;
    bool m_counting = true;
};

struct Policies
{
    std::vector<const PolicySpec*> specs;
    std::vector<Parameters> params;
};

Expected<const PolicySpec*> steppedPolicy(const PolicyRequest& request, const Contract& contract)
{
    ES_ASSIGN(const PolicySpec* const spec, checkPolicy(request, contract));
    if (!spec->makeStepped)
        return fail("policy '" + request.name + "' needs to know all requests before it starts");
    return spec;
}

}

ChoiceCounters& ChoiceCounters::operator+=(const ChoiceCounters& other)
{
    tokens += other.tokens;
    left += other.left;
    choices += other.choices;
    changed += other.changed;
    dropped += other.dropped;
    added += other.added;
    return *this;
}

Expected<void> canReroute(const PolicyRequest& policy, const Contract& contract)
{
    ES_TRY(steppedPolicy(policy, contract));
    return {};
}

Expected<Rerouting> simulateRerouting(BlockSource& source, const PassOptions& selection, const StepOptions& steps,
    const Contract& contract, const RerouteOptions& options)
{
    const RoutingShape& shape = source.shape();
    ES_ASSIGN(const auto sites, selectSites(shape, selection));
    ES_ASSIGN(const CheckedRule rule, checkRule(options.rule));
    Policies policies;
    for (const PolicyRequest& request : options.policies) {
        ES_ASSIGN(const PolicySpec* const spec, steppedPolicy(request, contract));
        policies.specs.push_back(spec);
        policies.params.push_back(*Parameters::check(spec->params, request.params));
    }
    const auto& capacities = options.capacities;
    if (capacities.empty() || capacities.front() == 0
        || std::ranges::adjacent_find(capacities, std::greater_equal()) != capacities.end())
        return fail("capacities must be ascending, from 1 on");

    Rerouting rerouting;
    rerouting.pools = poolsOf(sites, contract);
    std::uint64_t bytes = 1;
    for (const auto& pool : rerouting.pools)
        bytes = std::max(bytes, scoredBytes(shape, pool));
    ES_ASSIGN(
        const ScheduledTokens tokens, scheduleTokens(shape, selection, steps, contract, options.mostBytes / bytes));
    const Schedule schedule = makeSchedule(tokens.sequences, steps);
    rerouting.steps = schedule.numSteps;
    rerouting.tokens = tokens.numTokens;
    rerouting.truncated = tokens.truncated;
    rerouting.countedTokens =
        tokens.numTokens - schedule.numTokensBefore(std::min<std::uint64_t>(contract.warmUpSteps, schedule.numSteps));

    std::vector<std::unique_ptr<Rule>> rules(1); // as recorded
    for (const double strength : rule.strengths)
        rules.push_back(rule.spec->make(strength));
    for (const PolicyRequest& request : options.policies) {
        for (std::size_t r = 0; r < rules.size(); ++r) {
            rerouting.results.push_back({{}, {request, {}}, {}});
            if (r > 0)
                rerouting.results.back().strength = rule.strengths[r - 1];
        }
    }
    const auto report = [&](double fraction) { return !options.progress || options.progress(fraction); };
    const auto numPools = double(rerouting.pools.size());
    for (std::size_t p = 0; p < rerouting.pools.size(); ++p) {
        if (!report(double(p) / numPools))
            return fail(kCancelled);
        PassOptions pass = selection;
        pass.threads = options.threads;
        pass.progress = [&](double f) { return report((double(p) + f / 4) / numPools); };
        Pool pool{shape, contract, tokens, schedule, rule.keep, {}, emptyStream(shape, rerouting.pools[p], schedule)};
        ES_ASSIGN(pool.sites, readScoredSites(source, rerouting.pools[p], pass, tokens, schedule, rule.tolerance));
        for (ReroutedCache& result : rerouting.results) {
            result.cache.pools.push_back({capacities, std::vector<std::vector<Counters>>(capacities.size())});
            result.choices.emplace_back(capacities.size());
        }
        const std::size_t numTasks = rerouting.results.size() * capacities.size();
        const auto work = [&](std::size_t i, const std::stop_token& stop) {
            const std::size_t r = i / capacities.size(), c = i % capacities.size(), policy = r / rules.size();
            Replay replay(
                pool, *policies.specs[policy], policies.params[policy], capacities[c], rules[r % rules.size()].get());
            replay.run(stop);
            rerouting.results[r].cache.pools[p].sites[c] = replay.takeCache();
            rerouting.results[r].choices[p][c] = replay.takeChoices();
        };
        if (!runTasks(numTasks, options.threads, work,
                [&](double f) { return report((double(p) + 0.25 + f * 0.75) / numPools); }))
            return fail(kCancelled);
    }
    return rerouting;
}

}
