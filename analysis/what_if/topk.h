// SPDX-License-Identifier: GPL-3.0-or-later
//
// What if: fewer experts a token than the model chose. From options as text to what is lost and what is saved.
#pragma once

#include "analysis/topk/cut_counts.h"
#include "analysis/what_if/caches.h"

namespace expertscope {

struct TopkOptions
{
    CacheOptions cache; ///< selection, sizes, and what a cache does then; capacities "none": no caches
    std::string keep; ///< "1-6", "2,4"; empty: each number below k; "none"
    std::string shares; ///< "0.5,0.9" of the weights; empty: some, where weights are recorded; "none"
    std::string probabilities; ///< "0.5,0.9" of the router's probability; empty: none
};
/// lru, at a quarter, half and three quarters of the experts.
TopkOptions standardTopk();

/// What the options mean, checked without a trace.
struct TopkQuestion
{
    TopkOptions asked;
    Scope scope;
    std::optional<std::vector<std::pair<std::uint32_t, std::uint32_t>>> keep; ///< first, last; not set: the standard
    std::optional<std::vector<double>> shares; ///< ascending; not set: the standard
    std::vector<double> probabilities; ///< ascending
    std::optional<CacheQuestion> cache; ///< none: not asked for
    TimeRequest time; ///< only for the size of an expert
    std::optional<double> expertBytes;
};
/// Errors are wrong uses.
Expected<TopkQuestion> checkTopk(const TopkOptions& options);

struct TopkAnswer
{
    std::vector<topk::Cut> cuts; ///< the first one is as recorded
    std::vector<SiteIndex> sites;
    std::vector<topk::SiteCounts> counts; ///< [site], each over `cuts`
    bool weights = false, logits = false; ///< recorded
    std::optional<double> expertBytes; ///< as far as known
    std::vector<Results> caches; ///< [cut] rows of cacheRows(); empty: see noCaches
    std::string noCaches; ///< why: not asked for, or tokens were picked out of sequences
    std::string run; ///< describeRun() as recorded
    std::vector<std::uint32_t> capacities; ///< slots of a pool, ascending
    std::uint32_t poolSize = 0; ///< experts of the largest pool
    bool cutCapacities = false, unequal = false; ///< as of CacheAnswer
};
/// Errors: those of the trace and of what it does not hold (weights, logits); more experts than tokens choose; kCancelled.
Expected<TopkAnswer> simulateTopk(
    const Study& study, std::size_t trace, const TopkQuestion& question, const Progress& progress = {});

/// All sites together.
topk::SiteCounts wholeModel(const TopkAnswer& answer);
/// All of it as rows (resources/docs/fewer-experts.md).
Results resultsOf(const TopkAnswer& answer);
results::ResultOrigin originOf(const TopkQuestion& question, const TopkAnswer& answer, const NamedTrace& trace);

}
