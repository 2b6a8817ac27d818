// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/policy.h"

// One line a policy: `PolicySpec NAMEPolicy();` is defined in policies/.
#define EXPERTSCOPE_POLICIES(POLICY) \
    /* all capacities in one replay */ \
    POLICY(lru) \
    POLICY(lfu) \
    POLICY(ema) \
    POLICY(staticList) \
    POLICY(sch) \
    POLICY(opt) \
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

}
