// SPDX-License-Identifier: GPL-3.0-or-later
//
// One cache on one machine, as a what-if asks for it, and the command that computes the same.
#pragma once

#include "analysis/what_if/cache_table.h"

#include <QJsonObject>
#include <QString>
#include <QStringList>

namespace expertscope {

struct Configuration
{
    std::string policy = "lru";
    std::uint32_t capacity = 0; ///< slots of a layer's cache; 0: not chosen yet, a quarter of the experts
    std::string admission = "forced", service = "atomic", phase = "all";
    std::string hardware = "desktop-4090"; ///< a preset
    int level = 2; ///< of the cost model: 1 or 2
    std::optional<double> linkBytesPerSecond = {}, linkLatency = {}; ///< in place of the preset's; s
    std::optional<double> expertBytes = {}, denseSeconds = {}; ///< in place of those of the model's config

    bool operator==(const Configuration&) const = default;
    /// The same simulation: only another look-up.
    bool sameTable(const Configuration& other) const;
};

/// What the table of such a configuration is asked with.
CacheOptions tableOptions(const Configuration& configuration);
/// `scope` with the configuration's phase.
Scope scopeOf(const Configuration& configuration, Scope scope);

/// A place in a table: policy, capacity. None: the table has no such policy.
struct TablePlace
{
    std::size_t policy = 0, capacity = 0;
};
std::optional<TablePlace> placeIn(const CacheTable& table, const Configuration& configuration);

/// The machine with its changes. Error: no such preset.
Expected<cost::Machine> machineOf(const Configuration& configuration);
/// The trace's model with its changes. Errors: what is not known and not given.
Expected<cost::Model> modelOf(const Configuration& configuration, const ModelSizes& sizes);

QJsonObject toJson(const Configuration& configuration);
/// Returns what could not be taken, a phrase each; that stays as it is.
QStringList fromJson(const QJsonObject& json, Configuration& configuration);

/// "expertscope simulate cache trace.h5 --policy lru …": for a shell. A link that was changed is a file that the command
/// writes first. `unsaid`: what of the scope has no option.
QString commandOf(const Configuration& configuration, const CacheTable& table, const Study& study, std::size_t trace,
    const Scope& scope, QStringList& unsaid);

}
