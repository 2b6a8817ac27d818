// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/contract.h"

namespace expertscope::simulation {

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
    case Scope::PerSite:
        text += ", one pool a site";
        break;
    case Scope::Global:
        text += ", one pool for all sites";
        break;
    case Scope::Groups:
        text += ", one pool for each " + std::to_string(contract.sitesInGroup) + " sites";
        break;
    case Scope::Listed:
        text += ", one pool for sites ";
        for (std::size_t g = 0; g < contract.siteGroups.size(); ++g) {
            text += g ? ", one for " : "";
            for (const SiteIndex site : contract.siteGroups[g])
                text += std::to_string(std::size_t(site)) + (site == contract.siteGroups[g].back() ? "" : "+");
        }
        text += ", one for each other site";
        break;
    }
    text += contract.coldStart == ColdStart::Empty ? ", empty at start" : ", first free";
    if (contract.flushBetweenSequences)
        text += ", flushed between sequences";
    if (contract.warmUpSteps)
        text += ", " + std::to_string(contract.warmUpSteps) + " warm-up steps not counted";
    return text;
}

}
