// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a user gives site by site, in a file of lines (resources/docs/simulation.md): experts that are pinned, slots.
//
//     5:27      expert 27 of layer 5 (of each of its routers), or 27 slots there
//     s3:27     the same at the router at place 3 of the trace
//     *:16      16 slots at all other sites
//     # words   until the end of the line
#pragma once

#include "analysis/simulation/contract.h"
#include "analysis/study/expert_sets.h"

#include <filesystem>
#include <optional>

namespace expertscope {

/// One line, or a named set.
struct GivenExperts
{
    ExpertSet experts;
    std::string where; ///< "pins.txt:3"
};
/// Slots of a layer, of a site, or (neither) of all others.
struct GivenSlots
{
    std::optional<std::uint16_t> layer;
    std::optional<SiteIndex> site;
    std::uint32_t count = 0;
    std::string where;
};
struct GivenSites
{
    std::vector<GivenExperts> pins;
    std::vector<GivenSlots> quotas;
};

/// "FILE" or "set:FILE#NAME". Errors: a file that cannot be read; a line that is no experts, with its number.
Expected<std::vector<GivenExperts>> readPins(const std::string& text);
/// Errors as well: a layer or site that is named twice.
Expected<std::vector<GivenSlots>> readSlots(const std::filesystem::path& path);

/// The file that readPins() reads.
std::filesystem::path fileOfPins(const std::string& text);

/// Puts what is given into contract.pinned and contract.quotas. Errors: what the trace does not have, with file and
/// line; a site of `sites` without slots; more slots than experts, fewer slots than experts pinned.
Expected<void> giveSites(const GivenSites& given, const RoutingShape& shape, const std::vector<SiteIndex>& sites,
    simulation::Contract& contract);

}
