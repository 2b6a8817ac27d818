// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/contract_text.h"

#include "analysis/simulation/registry.h"
#include "analysis/study/request_text.h"
#include "analysis/what_if/named_params.h"
#include "io/base/named.h"

#include <set>

namespace expertscope {

using namespace simulation;

Expected<std::vector<PolicyRequest>> parsePolicies(const std::string& text)
{
    std::vector<PolicyRequest> policies;
    if (text == "all")
        return policies;
    ES_ASSIGN(auto named, parseNamed(text, "--policy", "such as ema:halflife=8,lru"));
    for (NamedParams& policy : named)
        policies.push_back({std::move(policy.name), std::move(policy.params)});
    std::set<std::string> seen;
    for (const PolicyRequest& policy : policies) {
        ES_ASSIGN(const PolicySpec* const spec,
            findNamed(policyRegistry(), policy.name, "policy", "--policy", "all, or of "));
        if (auto checked = Parameters::check(spec->params, policy.params); !checked)
            return fail("policy '" + policy.name + "': " + checked.error().what, "--policy", checked.error().hint);
        if (!seen.insert(policyText(policy)).second)
            return fail("policy '" + policyText(policy) + "' is named twice", "--policy");
    }
    return policies;
}

std::string policyText(const PolicyRequest& policy)
{
    return namedText(policy.name, policy.params);
}

Expected<PolicyChoice> choosePolicies(
    const std::string& text, const std::function<Expected<void>(const PolicyRequest&)>& able)
{
    PolicyChoice choice;
    ES_ASSIGN(choice.policies, parsePolicies(text));
    for (const PolicyRequest& policy : choice.policies)
        ES_TRY(able(policy));
    if (!choice.policies.empty())
        return choice;
    for (const PolicySpec& spec : policyRegistry()) {
        const auto can = able({spec.name});
        if (can) {
            choice.policies.push_back({spec.name});
            continue;
        }
        std::string why = can.error().what;
        if (const std::string subject = "policy '" + spec.name + "' "; why.starts_with(subject))
            why.erase(0, subject.size());
        addPart(choice.leftOut[why], spec.name);
    }
    return choice;
}

std::string leftOutText(const PolicyChoice& choice)
{
    return joined(choice.leftOut, "; ", [](const auto& why) { return why.second + ": " + why.first; });
}

Expected<void> parseService(const std::string& text, Contract& contract)
{
    static constexpr std::pair<const char*, Order> kOrders[] = {{"router", Order::RouterRank},
        {"ascending", Order::AscendingId}, {"resident", Order::ResidentFirst}, {"random", Order::SeededRandom}};
    if (text == "atomic") {
        contract.service = Service::Atomic;
        return {};
    }
    contract.service = Service::Sequential;
    if (text == "sequential")
        return {};
    for (const auto& [name, order] : kOrders) {
        if (text == std::string("sequential:") + name) {
            contract.order = order;
            return {};
        }
    }
    return fail("'" + text + "' is no contract", "--contract",
        "atomic, sequential, or sequential:router, :ascending, :resident, :random");
}

Expected<void> parsePools(const std::string& text, Contract& contract)
{
    if (text == "per-site") {
        contract.scope = simulation::PoolScope::PerSite;
    } else if (text == "global") {
        contract.scope = simulation::PoolScope::Global;
    } else if (text.starts_with("groups:") && readWhole(text.substr(7), contract.sitesInGroup)
        && contract.sitesInGroup > 0) {
        contract.scope = simulation::PoolScope::Groups;
    } else if (text.starts_with("groups:") && text.find_first_of("-,/") != std::string::npos) {
        contract.scope = simulation::PoolScope::Listed;
        for (std::size_t begin = 7; begin <= text.size();) {
            const std::size_t end = std::min(text.find('/', begin), text.size());
            auto sites = parseSites(text.substr(begin, end - begin));
            if (!sites)
                return fail(sites.error().what, "--scope", "such as groups:0-3/4-11, sites that share a pool");
            contract.siteGroups.push_back(std::move(*sites));
            begin = end + 1;
        }
    } else {
        return fail("'" + text + "' is no scope", "--scope",
            "per-site, global, groups:N (N consecutive sites share a pool) or groups:0-3/4-11");
    }
    return {};
}

}
