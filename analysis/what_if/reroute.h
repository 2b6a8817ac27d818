// SPDX-License-Identifier: GPL-3.0-or-later
//
// What if the router knew what is resident: `simulate cache --reroute`.
#pragma once

#include "analysis/rerouting/rerouting.h"
#include "analysis/results/result_document.h"
#include "analysis/what_if/capacities.h"
#include "analysis/what_if/contract_text.h"
#include "analysis/what_if/serving.h"

namespace expertscope {

/// "lambda=0/0.1,keep=2" (rule prior), "max_rank:rank=8/16", "cumulative". Errors: what checkRule() says.
Expected<rerouting::RerouteRequest> parseReroute(const std::string& text);

/// What the options mean, checked without a trace.
struct RerouteQuestion : CacheServing
{
    CacheOptions asked;
    rerouting::RerouteRequest request;
    rerouting::CheckedRule rule;
    PolicyChoice choice; ///< policies; why others cannot reroute
    CapacityList capacities;
    TimeRequest time; ///< only for the size of an expert
    std::optional<double> expertBytes;
};
/// `policies` may be "all": those that go event by event. Errors are wrong uses.
Expected<RerouteQuestion> checkReroute(const CacheOptions& options);

struct RerouteAnswer
{
    rerouting::Rerouting done;
    std::vector<std::uint32_t> capacities; ///< slots of a pool, ascending
    std::uint32_t poolSize = 0; ///< experts of the largest pool
    bool cut = false, unequal = false; ///< as of CacheAnswer
    std::optional<double> expertBytes; ///< as far as known
};
/// Errors: those of the trace and of what it does not hold; a scope that takes tokens out of sequences; kCancelled.
Expected<RerouteAnswer> simulateReroute(
    const Study& study, std::size_t trace, const RerouteQuestion& question, const Progress& progress = {});

/// All of it as rows and matrices (resources/docs/rerouting.md).
Results resultsOf(const RerouteQuestion& question, const RerouteAnswer& answer);
results::ResultOrigin originOf(const RerouteQuestion& question, const RerouteAnswer& answer, const NamedTrace& trace);

}
