// SPDX-License-Identifier: GPL-3.0-or-later
//
// Traces that were opened together, and what was asked of them: every front end asks here, and what one of them asked
// for the others find again, in memory or on disk.
#pragma once

#include "analysis/counts/load_table.h"
#include "analysis/metrics/analyse.h"
#include "analysis/study/result_cache.h"
#include "analysis/study/scope.h"
#include "io/trace/trace_file.h"

#include <filesystem>
#include <functional>
#include <memory>

namespace expertscope {

class SummaryFile;

/// Called often with the fraction that is done, from the thread that asks; false cancels.
using Progress = std::function<bool(double fraction)>;

/// Of a part of the work: its 0 to 1 are `from` to `to` of the whole.
Progress partOf(const Progress& whole, double from, double to);

/// A trace that was opened, and what rows call it.
struct NamedTrace
{
    std::filesystem::path path;
    std::string name; ///< of the file, without its ending; the path where names are not unique
    std::shared_ptr<BlockSource> source;
    TraceSummary summary;
    int file = -1; ///< descriptor of what `source` reads and keeps open; -1: no file
    std::shared_ptr<const SummaryFile> answers = {}; ///< of a summary: all that is known of it
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
/// is asked twice at the same time is computed twice. Errors name the file.
class Study
{
public:
    /// `threads`: of each pass, 0: all cores. Errors: what TraceFile::open says.
    static Expected<std::shared_ptr<const Study>> open(
        const std::vector<std::filesystem::path>& paths, ResultCache cache = {}, unsigned threads = 0);
    /// Of traces that are open already. Results of one that is no file are kept in memory only.
    explicit Study(std::vector<NamedTrace> traces, ResultCache cache = {}, unsigned threads = 0);

    const std::vector<NamedTrace>& traces() const { return m_traces; }
    const RoutingShape& shape(std::size_t trace = 0) const { return m_traces[trace].source->shape(); }

    /// One Results a metric, in order, without numbers that are not finite. What is known (of this metric with these
    /// parameters) is not computed again; one pass serves the rest. Errors: those of Analysis::prepare() and run().
    Expected<std::vector<ResultsPtr>> metrics(
        std::size_t trace, const MetricQuestion& question, const Progress& progress = {}) const;

    /// Whether metrics() of this has all its answers, so that nothing would be computed. May look on disk.
    bool knows(std::size_t trace, const MetricQuestion& question) const;

    /// Metrics that compare the traces, the last one being the final one; else as metrics(). Traces that cannot be
    /// compared give one row a metric that says why. `scope.sites` are those of each trace.
    Expected<std::vector<ResultsPtr>> series(const MetricQuestion& question, const Progress& progress = {}) const;

    /// The counts of the metric "load" as a table. Cheap: a file is never hashed just for these.
    Expected<LoadTablePtr> load(std::size_t trace, const Scope& scope, const Progress& progress = {}) const;

    /// What Analysis::prepare() is told of a question. Errors: those of passOf().
    Expected<AnalysisRequest> requestOf(
        std::size_t trace, const MetricQuestion& question, const Progress& progress = {}) const;

    /// What a pass needs to know of a scope. Errors: labels, values, sites, experts that the trace does not have; a scope
    /// that leaves no token; what finding the tokens that chose an expert fails with (one reading of that site, kept).
    Expected<PassOptions> passOf(std::size_t trace, const Scope& scope, const Progress& progress = {}) const;

    /// sitesOf(); the error names the file.
    Expected<std::vector<SiteIndex>> sitesOf(std::size_t trace, const Scope& scope) const;

    /// How many tokens and sequences a scope holds.
    struct Extent
    {
        std::uint64_t tokens = 0, sequences = 0;
    };
    Expected<Extent> extentOf(std::size_t trace, const Scope& scope, const Progress& progress = {}) const;

private:
    using TokenSetPtr = std::shared_ptr<const TokenSet>;
    struct Places; ///< where answers to a question are kept
    struct Kept;
    using Compute = std::function<Expected<std::vector<Results>>(std::vector<MetricRequest>)>;

    /// passOf() of a scope that may leave nothing.
    Expected<PassOptions> optionsOf(std::size_t trace, const Scope& scope, const Progress& progress) const;
    Expected<TokenSetPtr> tokensThatChose(
        std::size_t trace, SiteIndex site, const std::vector<ExpertIndex>& experts, const Progress& progress) const;
    Expected<TokenSet> tokensThatChose(std::size_t trace, const ExpertSet& set, const Progress& progress) const;
    Expected<TokenSetPtr> tokensWithValue(
        std::size_t trace, SiteIndex site, const ValueBound& bound, const Progress& progress) const;
    /// The hash of the bytes that are read, while the file is as it was opened, else nothing; nothing either when
    /// `progress` cancels.
    std::string contentOf(std::size_t trace, bool read, const Progress& progress = {}) const;
    /// From the answers of a summary. What is not there is an error, of several metrics a row that says so.
    Expected<std::vector<Results>> summarised(
        std::size_t trace, const MetricQuestion& question, const std::vector<MetricRequest>& metrics) const;
    /// One of them; of some sites what the answer about all says of these. Null: it is not there. Error: it is damaged.
    Expected<ResultsPtr> heldAnswer(
        std::size_t trace, const MetricQuestion& question, const MetricRequest& metric) const;
    ResultsPtr find(const Places& places, const MetricRequest& metric) const;
    Expected<std::vector<ResultsPtr>> answer(
        const Places& places, const std::vector<MetricRequest>& metrics, const Compute& compute) const;

    std::vector<NamedTrace> m_traces;
    std::vector<FileState> m_states; ///< [trace] of the open file; empty: it changed while it was opened
    ResultCache m_cache;
    unsigned m_threads = 0;
    std::shared_ptr<Kept> m_kept;
};

/// The error with the file's name in front.
Error inFile(Error error, const std::filesystem::path& path);

}
