// SPDX-License-Identifier: GPL-3.0-or-later
//
// Cumulative threshold: max-rank with a rank for each token, the fewest experts that hold a share p of the router's
// probability. So a router that is sure is left alone.
#include "analysis/rerouting/rule.h"

#include <limits>

namespace expertscope::rerouting {

namespace {

class Cumulative final : public Rule
{
public:
    explicit Cumulative(double share)
        : m_share(share)
    {
    }
    Promotion promote(const TokenScores& token) const override
    {
        std::uint32_t window = 0;
        for (double sum = 0; sum < m_share && window < token.probabilities.size(); ++window)
            sum += double(token.probabilities[window]);
        return {std::numeric_limits<double>::infinity(), window};
    }

private:
    const double m_share;
};

}

RuleSpec cumulativeRule()
{
    return {.name = "cumulative",
        .definition = "residents among the fewest experts that hold `share` of the probability come first",
        .strength = {.name = "share",
            .standard = "0.3/0.5/0.7/0.9",
            .meaning = "of the router's probability over all experts; 0: as recorded",
            .kind = ParameterSpec::Kind::Numbers,
            .least = 0,
            .most = 1},
        .make = [](double share) { return std::make_unique<Cumulative>(share); }};
}

}
