// SPDX-License-Identifier: GPL-3.0-or-later
//
// Traces that were opened together, and what was asked of them: every front end asks here, and what one of them asked
// for the others find again.
#pragma once

#include "analysis/counts/load_table.h"
#include "analysis/metrics/analyse.h"
#include "analysis/study/scope.h"
#include "io/trace/trace_file.h"

#include <filesystem>
#include <functional>
#include <memory>

namespace expertscope {

/// Called often with the fraction that is done, from the thread that asks; false cancels.
using Progress = std::function<bool(double fraction)>;

/// A trace that was opened, and what rows call it.
struct NamedTrace
{
    std::filesystem::path path;
    std::string name; ///< of the file, without its ending; the path where names are not unique
    std::shared_ptr<BlockSource> source;
    TraceSummary summary;
};

using ResultsPtr = std::shared_ptr<const Results>;
using LoadTablePtr = std::shared_ptr<const LoadTable>;

/// Metrics of some tokens of one trace.
struct MetricQuestion
{
    std::vector<MetricRequest> metrics;
    Scope scope;
    std::string by; ///< name of a label, or empty: AnalysisRequest::by
    unsigned bootstrap = 0;
    bool simulateUniform = true;
};

/// Immutable to those who ask; what it keeps it keeps behind a lock. Safe to call from several threads; a question that
/// is asked twice at the same time is computed twice.
class Study
{
public:
    /// Errors: what TraceFile::open says.
    static Expected<std::shared_ptr<const Study>> open(const std::vector<std::filesystem::path>& paths);
    /// Of traces that are open already.
    explicit Study(std::vector<NamedTrace> traces);

    const std::vector<NamedTrace>& traces() const { return m_traces; }
    const RoutingShape& shape(std::size_t trace = 0) const { return m_traces[trace].source->shape(); }

    /// One Results a metric, in order. What is known (of this metric with these parameters) is not computed again; one
    /// pass serves the rest. Errors: those of Analysis::prepare() and run().
    Expected<std::vector<ResultsPtr>> metrics(
        std::size_t trace, const MetricQuestion& question, const Progress& progress = {}) const;

    /// The counts of the metric "load" as a table.
    Expected<LoadTablePtr> load(std::size_t trace, const Scope& scope, const Progress& progress = {}) const;

    /// What a pass needs to know of a scope. Errors: labels, values, sites, experts that the trace does not have; what
    /// finding the tokens that chose an expert fails with (one reading of that site, kept).
    Expected<PassOptions> passOf(std::size_t trace, const Scope& scope, const Progress& progress = {}) const;

    /// How many tokens and sequences a scope holds.
    struct Extent
    {
        std::uint64_t tokens = 0, sequences = 0;
    };
    Expected<Extent> extentOf(std::size_t trace, const Scope& scope, const Progress& progress = {}) const;

private:
    using TokenSetPtr = std::shared_ptr<const TokenSet>;
    Expected<TokenSetPtr> tokensThatChose(std::size_t trace, ExpertAt expert, const Progress& progress) const;

    struct Kept;
    std::vector<NamedTrace> m_traces;
    std::shared_ptr<Kept> m_kept;
};

}
