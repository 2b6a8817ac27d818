// SPDX-License-Identifier: GPL-3.0-or-later
//
// What plans cost, in words and tables: for the placement what-if.
#pragma once

#include "views/charts/kinds/placement_run.h"
#include "views/widgets/card_writer.h"

namespace expertscope {

/// What one plan costs, in a line.
QString placementFacts(const PlacementRun& run, std::size_t plan);
/// `facts`, and all planners of a run side by side, the one of `plan` bold.
Card plannersCard(const PlacementRun& run, std::size_t plan, const QString& facts);
/// The numbers of that table, and of the hottest links.
QByteArray plannersCsv(const PlacementRun& run, const std::string& chosen);

}
