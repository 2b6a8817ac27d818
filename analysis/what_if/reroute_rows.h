// SPDX-License-Identifier: GPL-3.0-or-later
//
// Rerouted caches as rows of the results schema (resources/docs/rerouting.md lists them).
#pragma once

#include "analysis/rerouting/rerouting.h"
#include "analysis/what_if/cache_rows.h"

namespace expertscope {

/// The pools without their requests, and how many were recorded of these.
simulation::EventSet outlineOf(const rerouting::Rerouting& done);

/// cacheRows() of each policy and strength, with params `reroute` (the rule, or none: as recorded), `keep` and the
/// strength by its name; and rows `reroute.*` of the choices.
Results rerouteRows(
    const rerouting::Rerouting& done, const rerouting::CheckedRule& rule, const CacheRowContext& context);

/// Over all pools.
rerouting::ChoiceCounters allChoices(const rerouting::ReroutedCache& result, std::size_t c);

}
