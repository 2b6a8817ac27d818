// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/policy.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace expertscope::simulation {

namespace {

Expected<std::unique_ptr<Policy>> makePolicy(const PolicyRequest& request, const Contract& contract)
{
    std::string known;
    for (const PolicySpec& spec : policyRegistry()) {
        if (spec.name == request.name) {
            auto params = Parameters::check(spec.params, request.params);
            if (!params) {
                Error error = std::move(params).error();
                error.what = "policy '" + request.name + "': " + error.what;
                return tl::unexpected(std::move(error));
            }
            if (contract.service == Service::Sequential && !spec.sequential)
                return fail("policy '" + request.name + "' serves events atomically only");
            if (contract.admission == Admission::Bypass && !spec.bypass)
                return fail("policy '" + request.name + "' always admits what it loads");
            return spec.make(*params);
        }
        known += (known.empty() ? "" : ", ") + spec.name;
    }
    return fail("unknown policy '" + request.name + "'", {}, "known: " + known);
}

}

Expected<std::vector<PolicyResult>> simulateCaches(const EventSet& events, const Contract& contract,
    const std::vector<PolicyRequest>& policies, const std::vector<std::uint32_t>& capacities, unsigned threads,
    const std::function<bool(double)>& progress)
{
    std::vector<std::unique_ptr<Policy>> made;
    for (const PolicyRequest& request : policies) {
        ES_ASSIGN(auto policy, makePolicy(request, contract));
        made.push_back(std::move(policy));
    }
    if (!std::ranges::is_sorted(capacities) || capacities.empty() || capacities.front() == 0)
        return fail("capacities must be ascending, from 1 on");
    std::vector<PolicyResult> results;
    for (const PolicyRequest& request : policies)
        results.push_back({request, std::vector<PoolCurve>(events.pools.size())});
    if (progress && !progress(0))
        return fail(kCancelled);

    const std::size_t tasks = made.size() * events.pools.size();
    std::atomic<std::size_t> next{0};
    std::size_t done = 0, finished = 0;
    std::mutex mutex;
    std::condition_variable changed;
    std::atomic<bool> cancelled{false};
    const unsigned workers = static_cast<unsigned>(std::clamp<std::size_t>(
        threads ? threads : std::max(1u, std::thread::hardware_concurrency()), 1, std::max<std::size_t>(tasks, 1)));
    {
        std::vector<std::jthread> running;
        for (unsigned w = 0; w < workers; ++w)
            running.emplace_back([&] {
                for (std::size_t task = next++; task < tasks && !cancelled; task = next++) {
                    const std::size_t p = task / events.pools.size(), pool = task % events.pools.size();
                    PoolCurve curve = made[p]->replay(events.pools[pool], contract, capacities);
                    const std::lock_guard lock(mutex);
                    results[p].pools[pool] = std::move(curve);
                    ++done;
                    changed.notify_all();
                }
                const std::lock_guard lock(mutex);
                ++finished;
                changed.notify_all();
            });
        std::unique_lock lock(mutex);
        while (finished < workers) {
            changed.wait_for(lock, std::chrono::milliseconds(50));
            if (progress && !cancelled) {
                const double fraction = double(done) / double(std::max<std::size_t>(tasks, 1));
                lock.unlock();
                const bool goOn = progress(fraction);
                lock.lock();
                cancelled = !goOn && finished < workers;
            }
        }
    }
    if (cancelled)
        return fail(kCancelled);
    return results;
}

}
