// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/contract.h"

#include <algorithm>

namespace expertscope::simulation {

std::uint32_t preloadSteps(const Contract& contract)
{
    std::size_t longest = 0;
    for (const auto& experts : contract.preload)
        longest = std::max(longest, experts.size());
    return static_cast<std::uint32_t>(longest);
}

std::string describe(const Contract& contract)
{
    std::string text;
    if (contract.service == Service::Atomic) {
        text = "atomic";
    } else {
        text = "sequential (";
        switch (contract.order) {
        case Order::RouterRank:
            text += "router rank)";
            break;
        case Order::AscendingId:
            text += "ascending id)";
            break;
        case Order::ResidentFirst:
            text += "resident first)";
            break;
        case Order::SeededRandom:
            text += "random, seed " + std::to_string(contract.seed) + ")";
            break;
        }
    }
    text += contract.admission == Admission::Forced ? ", forced admission" : ", bypass allowed";
    switch (contract.scope) {
    case PoolScope::PerSite:
        text += ", one pool a site";
        break;
    case PoolScope::Global:
        text += ", one pool for all sites";
        break;
    case PoolScope::Groups:
        text += ", one pool for each " + std::to_string(contract.sitesInGroup) + " sites";
        break;
    case PoolScope::Listed:
        text += ", one pool for sites ";
        for (std::size_t g = 0; g < contract.siteGroups.size(); ++g) {
            text += g ? ", one for " : "";
            for (const SiteIndex site : contract.siteGroups[g])
                text += std::to_string(std::size_t(site)) + (site == contract.siteGroups[g].back() ? "" : "+");
        }
        text += ", one for each other site";
        break;
    }
    if (contract.coldStart == ColdStart::FirstFree)
        text += ", first free";
    else
        text += contract.preload.empty() ? ", empty at start" : ", preloaded";
    if (!contract.given.empty())
        text += ", " + contract.given;
    if (contract.flushBetweenSequences)
        text += ", flushed between sequences";
    if (const std::uint32_t steps = contract.warmUpSteps - std::min(contract.warmUpSteps, preloadSteps(contract)))
        text += ", " + std::to_string(steps) + " warm-up steps not counted";
    return text;
}

}
