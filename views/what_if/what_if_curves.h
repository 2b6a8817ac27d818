// SPDX-License-Identifier: GPL-3.0-or-later
//
// Hit rates of all policies over the size of a cache, the chosen one in colour between the optima and chance.
#pragma once

#include "views/charts/chart.h"
#include "views/what_if/configuration.h"

namespace expertscope {

/// What is drawn beside the present configuration.
struct KeptConfiguration
{
    Configuration configuration;
    CacheTablePtr table; ///< of the same experts
};

/// Depends on the policies, not on the capacities: a drag draws nothing anew. Null: the table lacks the policy.
ChartPtr whatIfCurves(const CacheTablePtr& table, const Configuration& now, const std::optional<KeptConfiguration>& kept,
    const QByteArray& trace, const std::string& tokens);

}
