// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/spine/metric_spec.h"

namespace expertscope {

/// 95 % intervals by the basic bootstrap over sequences (2 theta - quantile, as moe-lrc does): `replicates` draws with
/// replacement, seeded. Up to kBootstrapGroups sequences each is drawn by itself; more are dealt to so many groups in
/// turn (label value by label value where there is one), and groups are drawn: memory stays bounded.
inline constexpr std::size_t kBootstrapGroups = 100;
/// `make` makes the accumulator of one group, `makeReplicate` the same for a context with valuesOnly. `makeWhole`: of
/// metrics whose whole is not its groups merged (MetricSpec::groupsSequences); it is observed apart from them.
std::unique_ptr<Accumulator> bootstrapped(AccumulatorFactory make, AccumulatorFactory makeReplicate,
    const MetricContext& context, const Label* by, unsigned replicates, const AccumulatorFactory& makeWhole = {});

}
