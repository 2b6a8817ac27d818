// SPDX-License-Identifier: GPL-3.0-or-later
//
// Max-rank: residents among the M experts with the largest logits come before all others.
#include "analysis/rerouting/rule.h"

#include <limits>

namespace expertscope::rerouting {

namespace {

class MaxRank final : public Rule
{
public:
    explicit MaxRank(double rank)
        : m_rank(std::uint32_t(rank))
    {
    }
    Promotion promote(const TokenScores&) const override { return {std::numeric_limits<double>::infinity(), m_rank}; }

private:
    const std::uint32_t m_rank;
};

}

RuleSpec maxRankRule()
{
    return {.name = "max_rank",
        .definition = "residents among the `rank` experts with the largest logits come first",
        .strength = {.name = "rank",
            .standard = "8/12/16/32",
            .meaning = "up to k: as recorded",
            .kind = ParameterSpec::Kind::Numbers,
            .least = 0,
            .most = 65535,
            .whole = true},
        .make = [](double rank) { return std::make_unique<MaxRank>(rank); }};
}

}
