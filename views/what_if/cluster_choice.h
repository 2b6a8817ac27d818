// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/what_if/placement.h"

#include <QJsonObject>
#include <QStringList>

#include <string>

namespace expertscope {

/// A cluster, as the placement what-if asks for it.
struct ClusterChoice
{
    int gpus = 8, nodes = 1, replicas = 0;
    std::string planner = "eplb", home = "token", dispatch = "round-robin";

    bool operator==(const ClusterChoice&) const = default;
    /// The same question: only another of its plans.
    bool sameQuestion(const ClusterChoice& other) const;
    /// Nodes share the GPUs equally: with other GPUs there are as many nodes as before or the next fewer that do, with other
    /// nodes the next fewer GPUs, at least one a node.
    ClusterChoice withGpus(int gpus) const;
    ClusterChoice withNodes(int nodes) const;
};

/// What it asks for, of all planners.
PlacementOptions optionsOf(const ClusterChoice& choice);
QJsonObject toJson(const ClusterChoice& choice);
/// Returns what could not be taken, a phrase each; that stays as it is.
QStringList fromJson(const QJsonObject& json, ClusterChoice& choice);

}
