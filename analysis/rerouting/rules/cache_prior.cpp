// SPDX-License-Identifier: GPL-3.0-or-later
//
// Cache-prior: z' = z + lambda * D * m, where m is 1 for residents and D the running mean, over the tokens of this site
// so far, of the range of logits. Lambda 0 changes nothing; at 1 nearly all of what is resident outranks what is not.
#include "analysis/rerouting/rule.h"

namespace expertscope::rerouting {

namespace {

class CachePrior final : public Rule
{
public:
    explicit CachePrior(double lambda)
        : m_lambda(lambda)
    {
    }
    Promotion promote(const TokenScores& token) const override
    {
        return {m_lambda * token.meanRange, std::uint32_t(token.logits.size())};
    }

private:
    const double m_lambda;
};

}

RuleSpec cachePriorRule()
{
    return {.name = "prior",
        .definition = "residents get lambda x the mean range of the site's logits so far",
        .strength = {.name = "lambda",
            .standard = "0.05/0.1/0.2/0.5/1",
            .meaning = "0: as recorded; 1: by residency first",
            .kind = ParameterSpec::Kind::Numbers,
            .least = 0},
        .make = [](double lambda) { return std::make_unique<CachePrior>(lambda); }};
}

}
