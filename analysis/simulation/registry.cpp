// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/registry.h"

#include "io/base/named.h"

// One line a policy: `PolicySpec NAMEPolicy();` is defined in policies/.
#define EXPERTSCOPE_POLICIES(POLICY) \
    /* all capacities in one replay */ \
    POLICY(lru) \
    POLICY(opt) \
    POLICY(lfu) \
    POLICY(ema) \
    POLICY(staticList) \
    POLICY(sch) \
    /* one replay a capacity */ \
    POLICY(fifo) \
    POLICY(clock) \
    POLICY(sieve) \
    POLICY(s3fifo) \
    POLICY(twoq) \
    POLICY(arc) \
    POLICY(lfru) \
    POLICY(lfuCache) \
    POLICY(random)

namespace expertscope::simulation {

#define DECLARE(NAME) PolicySpec NAME##Policy();
EXPERTSCOPE_POLICIES(DECLARE)
#undef DECLARE

const std::vector<PolicySpec>& policyRegistry()
{
#define LIST(NAME) NAME##Policy(),
    static const std::vector<PolicySpec> policies{EXPERTSCOPE_POLICIES(LIST)};
#undef LIST
    return policies;
}

Expected<const PolicySpec*> checkPolicy(const PolicyRequest& request, const Contract& contract)
{
    ES_ASSIGN(const PolicySpec* const spec, findNamed(policyRegistry(), request.name, "policy"));
    auto params = Parameters::check(spec->params, request.params);
    if (!params) {
        Error error = std::move(params).error();
        error.what = "policy '" + request.name + "': " + error.what;
        return tl::unexpected(std::move(error));
    }
    if (contract.service == Service::Sequential && !spec->sequential)
        return fail("policy '" + request.name + "' serves events atomically only");
    if (contract.service == Service::Sequential && contract.order == Order::ResidentFirst && !spec->residentFirst)
        return fail("policy '" + request.name + "' cannot serve residents first: its order is that of all capacities");
    if (contract.admission == Admission::Bypass && !spec->bypass)
        return fail("policy '" + request.name + "' always admits what it loads");
    return spec;
}

}
