// SPDX-License-Identifier: GPL-3.0-or-later
//
// Load alone: longest processing time first, then swaps that lower the largest load.
#pragma once

#include "analysis/placement/items.h"

namespace expertscope::placement {

/// Items by load, descending (equal ones in order), each to the least loaded GPU with room that has no copy of its
/// expert; if there is none, to the least loaded with room.
Assignment packByLoad(const SiteItems& items);

/// Swaps of an item of the most loaded GPU with one of another GPU, each time the pair of items that leaves the larger
/// of the two loads smallest, as long as that lowers the larger load. Never worsens the largest load; never brings two
/// copies of an expert together.
void lowerLargestLoad(const SiteItems& items, Assignment& gpuOf);

}
