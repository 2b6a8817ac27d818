// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/rerouting/registry.h"

#include "io/base/named.h"

#include <algorithm>

// One line a rule: `RuleSpec NAMERule();` is defined in rules/.
#define EXPERTSCOPE_RULES(RULE)                                                                                        \
    RULE(cachePrior)                                                                                                   \
    RULE(maxRank)                                                                                                      \
    RULE(cumulative)

namespace expertscope::rerouting {

#define DECLARE(NAME) RuleSpec NAME##Rule();
EXPERTSCOPE_RULES(DECLARE)
#undef DECLARE

const std::vector<RuleSpec>& ruleRegistry()
{
#define LIST(NAME) NAME##Rule(),
    static const std::vector<RuleSpec> rules{EXPERTSCOPE_RULES(LIST)};
#undef LIST
    return rules;
}

Expected<CheckedRule> checkRule(const RerouteRequest& request)
{
    ES_ASSIGN(const RuleSpec* const spec, findNamed(ruleRegistry(), request.rule, "rule"));
    const std::vector<ParameterSpec> params{spec->strength,
        {.name = "keep",
            .standard = "1",
            .meaning = "so many largest logits are chosen, resident or not",
            .whole = true},
        {.name = "tolerance",
            .standard = "0.01",
            .meaning = "share of a site's tokens that may have been routed by more than their logits; they stay as "
                       "recorded",
            .least = 0,
            .most = 1}};
    auto checked = Parameters::check(params, request.params);
    if (!checked) {
        Error error = std::move(checked).error();
        error.what = "rule '" + request.rule + "': " + error.what;
        return tl::unexpected(std::move(error));
    }
    CheckedRule rule{spec, checked->numbers(spec->strength.name), std::uint32_t(checked->number("keep")),
        checked->number("tolerance")};
    for (auto i = rule.strengths.begin(); i != rule.strengths.end(); ++i) {
        if (std::find(rule.strengths.begin(), i, *i) != i)
            return fail("rule '" + request.rule + "': " + spec->strength.name + " names a value twice");
    }
    return rule;
}

}
