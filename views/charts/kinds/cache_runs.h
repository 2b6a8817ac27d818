// SPDX-License-Identifier: GPL-3.0-or-later
//
// What charts of simulated caches share: the simulation, and its rows as curves.
#pragma once

#include "analysis/what_if/serving.h"
#include "views/charts/kinds/row_curves.h"

namespace expertscope {

/// A simulation and the rows that `expertscope simulate cache` prints of it.
struct CacheRun final : ChartData
{
    RoutingShape shape;
    QByteArray trace;
    std::string tokens, contract;
    std::vector<std::pair<std::string, std::string>> modelled; ///< what times are made of; empty: there are none
    Results results;
    std::uint32_t experts = 0; ///< of the largest pool
    std::vector<std::uint32_t> capacities; ///< slots of a pool, ascending
    std::vector<double> memory; ///< [capacity] bytes of all slots; empty: not known
};
using CacheRunPtr = std::shared_ptr<const CacheRun>;

/// Error: a cache serves whole sequences, and the scope takes tokens out of them.
Expected<void> checkServed(const Study& study, const ChartQuestion& question);

/// An error in options of the command line, said of options of a chart.
Error inChart(Error error);

/// What the options "policy" and "capacity" ask for.
CacheOptions cacheOptions(const Parameters& params);

/// Errors: checkServed(); those of checkCaches() and simulateCaches(), with options named as the chart names them;
/// nothing is asked for.
Expected<std::shared_ptr<CacheRun>> runCaches(
    const Study& study, const ChartQuestion& question, CacheOptions options, const Progress& progress);

/// Replacement policies: one word, or several where `list`. `able`: those that are offered, by name; empty: all.
ChartOption policyOption(std::string standard, bool list, const std::vector<std::string>& able = {});
ChartOption capacityOption();

/// The row's parameter as text ("lru", "12"); empty: it has none.
std::string paramText(const ResultRow& row, const std::string& name);
double paramNumber(const ResultRow& row, const std::string& name);

/// "MiB" or "GiB", and its bytes: that in which `most` bytes are said.
std::pair<const char*, double> memoryUnit(double most);

}
