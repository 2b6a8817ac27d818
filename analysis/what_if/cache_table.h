// SPDX-License-Identifier: GPL-3.0-or-later
//
// Caches of all policies and sizes, simulated once: what moves with a slider then only looks up.
#pragma once

#include "analysis/what_if/caches.h"

#include <memory>

namespace expertscope {

/// One policy of a table.
struct TablePolicy
{
    simulation::PolicyRequest request;
    bool knowsFuture = false;
    std::vector<simulation::PoolCurve> pools; ///< without watched steps: those are in the tally
    std::vector<simulation::Counters> totals; ///< [capacity] of the whole model
};

struct CacheTable
{
    simulation::Contract contract;
    std::string run; ///< describeRun()
    std::vector<std::uint32_t> capacities; ///< slots of a pool, ascending: at most kTableCapacities
    std::uint32_t experts = 0; ///< of the largest pool
    std::uint32_t topK = 0; ///< of the site with most
    std::uint64_t tokens = 0, requests = 0; ///< counted ones
    std::vector<TablePolicy> policies;
    std::vector<double> forcedOptimum, freeOptimum; ///< [capacity] hit rate of OPT that must admit, and that need not;
                                                    ///< NaN: cannot serve the contract
    std::vector<double> uniform; ///< [capacity] hit rate by chance; NaN: not known
    ModelSizes sizes; ///< as far as they are known
    cost::StepTally tally;
    std::vector<std::uint64_t> totalSlots; ///< [capacity] of all pools together

    /// Place of the largest capacity that is at most `size`; the first where there is none.
    std::size_t placeOf(std::uint32_t size) const;
    /// Null: not in the table.
    const TablePolicy* find(const std::string& policy) const;
};
using CacheTablePtr = std::shared_ptr<const CacheTable>;

inline constexpr std::uint32_t kTableCapacities = 64;

/// Every size up to 64 experts, of more experts 64 sizes in equal steps.
std::vector<std::uint32_t> tableCapacities(std::uint32_t experts);

/// `options`: their policies and capacities are not looked at, nor times: sizes of machine and model come with each
/// look-up. Errors: those of checkCaches() and simulateCaches(); nothing is asked for.
Expected<CacheTablePtr> tabulateCaches(
    const Study& study, std::size_t trace, const CacheOptions& options, const Scope& scope, const Progress& progress = {});

/// Modelled time of one policy at one place of the capacities; fast enough for every move of a slider.
cost::ModelledPoint modelPoint(const CacheTable& table, std::size_t policy, std::size_t capacity,
    const cost::Machine& machine, const cost::Model& model, cost::Level level);

/// The same slots in all, divided in three ways.
struct SlotDivision
{
    std::vector<SiteIndex> sites; ///< [pool] its first site
    simulation::Quotas even, best;
    std::uint64_t requests = 0;
    std::vector<double> evenRates, bestRates; ///< [pool] hit rate
};
/// Of `capacity` slots a pool on average. Error: pools are one.
Expected<SlotDivision> divideSlots(const CacheTable& table, std::size_t policy, std::size_t capacity);

}
