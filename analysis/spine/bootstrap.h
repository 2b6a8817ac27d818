// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/spine/metric_spec.h"

namespace expertscope {

/// 95 % intervals over sequences, of value -+ t * SE: SE from leaving out one sequence after the other (jackknife), t of
/// Student's law; longer on the side that the bias lies on, which `replicates` seeded draws with replacement (bootstrap) tell; and
/// within what the metric can be (MetricSpec::ranges). Measured to cover (resources/docs/metrics.md) where the quantiles of the draws do
/// not. Up to kBootstrapGroups sequences each is taken by itself; more are dealt to so many groups in turn (label value by label
/// value where there is one): memory stays bounded. A value that rests on fewer than kLeastGroups of them has no interval.
inline constexpr std::size_t kLeastGroups = 5;
inline constexpr std::size_t kBootstrapGroups = 100;
/// `make` makes the accumulator of one group, `makeReplicate` the same for a context with valuesOnly. `makeWhole`: of
/// metrics whose whole is not its groups merged (MetricSpec::groupsSequences); it is observed apart from them.
std::unique_ptr<Accumulator> bootstrapped(AccumulatorFactory make, AccumulatorFactory makeReplicate,
    const MetricSpec& spec, const MetricContext& context, const Label* by, unsigned replicates,
    const AccumulatorFactory& makeWhole = {});

}
