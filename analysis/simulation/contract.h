// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a simulated cache promises: the knobs that change hit rates as much as the policy does (simulation.md 2). Every
// result carries its contract, and every output says it in full.
#pragma once

#include "io/base/indices.h"

#include <cstdint>
#include <string>
#include <vector>

namespace expertscope::simulation {

/// How the experts that one event asks for at once are served.
enum class Service : std::uint8_t
{
    Atomic, ///< hits are judged on the residency at the event's start; all misses are loaded, then victims are chosen
    Sequential ///< one by one: each may evict what a later one of the same event wants
};

/// In which order a sequential event is served. Of no meaning to an atomic one.
enum class Order : std::uint8_t
{
    RouterRank, ///< as recorded: highest score first
    AscendingId,
    ResidentFirst,
    SeededRandom
};

/// What happens to a missing expert when the cache is full.
enum class Admission : std::uint8_t
{
    Forced, ///< it enters: the event's experts are all resident afterwards (if they fit) and none of them is a victim
    Bypass ///< it is used and kept only if the policy prefers it to what is resident
};

enum class ColdStart : std::uint8_t
{
    Empty,
    FirstFree ///< misses that fill a free slot with an expert never asked for before count as hits (moe-lrc's frame)
};

/// What shares one pool of slots.
enum class PoolScope : std::uint8_t
{
    PerSite,
    Global, ///< all sites
    Groups, ///< runs of `sitesInGroup` consecutive sites
    Listed ///< each of `siteGroups`; a site that is in none by itself
};

struct Contract
{
    Service service = Service::Atomic;
    Order order = Order::RouterRank;
    Admission admission = Admission::Forced;
    ColdStart coldStart = ColdStart::Empty;
    PoolScope scope = PoolScope::PerSite;
    std::uint16_t sitesInGroup = 0; ///< with PoolScope::Groups
    std::vector<std::vector<SiteIndex>> siteGroups = {}; ///< with PoolScope::Listed
    bool flushBetweenSequences = false; ///< each sequence starts with an empty cache, all experts "never asked for"; only with batch 1
    std::uint32_t warmUpSteps = 0; ///< steps that are served but not counted, those of `preload` included
    /// [site of the trace] experts that are loaded before the first step, most wanted first; or empty. They are asked
    /// for one a step and site, the most wanted last: policies take that as a use. Whatever the policy, of more than fit
    /// those that come last stay.
    std::vector<std::vector<std::uint16_t>> preload = {};
    /// [site of the trace] experts that are resident from the start and never leave, each named once; or empty. They take
    /// slots of their pool; the policy has the others, and sees only what else is asked for: what is left of an event is
    /// its S, what is left of the slots its c (an event overflows if it asks for more than these).
    std::vector<std::vector<std::uint16_t>> pinned = {};
    /// [site of the trace] slots in place of the one capacity, of sites that share a pool together; or empty.
    std::vector<std::uint32_t> quotas = {};
    std::string given = {}; ///< where these come from, as describe() says it
    std::uint64_t seed = 1; ///< of random orders and random policies
};

/// Steps that go before those of the trace to load `contract.preload`.
std::uint32_t preloadSteps(const Contract& contract);

/// "atomic, forced, per site, empty at start": in full, in a fixed order, for output and file names.
std::string describe(const Contract& contract);

}
