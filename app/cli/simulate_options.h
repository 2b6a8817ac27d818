// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a user asks of a simulation, as text, and what it means. Errors here are wrong uses.
#pragma once

#include "analysis/simulation/simulate.h"

#include <cstdint>
#include <string>
#include <vector>

namespace expertscope {

/// Which part of the trace; both simulations have these.
struct SelectionOptions
{
    std::vector<std::string> where; ///< "label=value" each
    std::string sites; ///< "0-3,7" or empty
    std::uint32_t skipFirst = 0;
    unsigned threads = 0;
};
Expected<PassOptions> checkSelection(const SelectionOptions& options);
/// The same as name-value pairs for files of results.
std::vector<std::pair<std::string, std::string>> describe(const PassOptions& selection);

/// A name and its parameters, as in "ema:halflife=8".
struct NamedParams
{
    std::string name;
    std::map<std::string, std::string> params;
};
/// A list of them with commas between: a part with '=' but no ':' is one more parameter of the name before it. Errors, of
/// `option`: what is no KEY=VALUE (`hint` shows one), a parameter that is named twice.
Expected<std::vector<NamedParams>> parseNamed(const std::string& text, const char* option, const char* hint);
/// The other way round, of one.
std::string namedText(const std::string& name, const std::map<std::string, std::string>& params);

/// "lru,ema:halflife=8,static:learn=half": a part with '=' but no ':' is one more parameter of the policy before it.
/// Errors: unknown policies and parameters, one named twice. Empty result: "all".
Expected<std::vector<simulation::PolicyRequest>> parsePolicies(const std::string& text);
/// The other way round, of one.
std::string policyText(const simulation::PolicyRequest& policy);

/// Capacities as a user gives them: slots, ranges of slots, shares of a pool.
struct CapacityList
{
    std::vector<std::pair<std::uint32_t, std::uint32_t>> slots; ///< first, last
    std::vector<double> percent; ///< of the experts of a pool
    std::vector<double> bytes = {}; ///< of all pools together: bytesToSlots() makes slots of them
};
/// "1-64", "8,16,32", "50%", "8GiB", also mixed. Empty: each sixteenth of a pool.
Expected<CapacityList> parseCapacities(const std::string& text);
/// Slots, ascending, each once; those above `poolSize` become it (`cut` says whether there were any).
std::vector<std::uint32_t> capacitiesOf(const CapacityList& list, std::uint32_t poolSize, bool& cut);

/// "atomic", "sequential", "sequential:ascending" into `contract`.
Expected<void> parseService(const std::string& text, simulation::Contract& contract);
/// "per-site", "global", "groups:4", "groups:0-3/4-11" into `contract`.
Expected<void> parseScope(const std::string& text, simulation::Contract& contract);

/// "512", "1.5MiB", "12 MB": bytes; K, M, G are powers of 1024 with or without "iB", of 1000 with "B".
Expected<double> parseSize(const std::string& text, const std::string& option);
/// "27.5 MiB"
std::string sizeText(double bytes);

}
