// SPDX-License-Identifier: GPL-3.0-or-later
//
// From metrics asked for by name to results: one pass (two where a metric must learn first), shards, intervals.
#pragma once

#include "analysis/metrics/registry.h"
#include "analysis/spine/pass.h"

namespace expertscope {

/// A metric asked for by name; parameters that are left out take their defaults.
struct MetricRequest
{
    std::string name;
    std::map<std::string, std::string> params = {};

    bool operator==(const MetricRequest&) const = default;
};

struct AnalysisRequest
{
    std::vector<MetricRequest> metrics;
    /// Name of a label, or empty. Metrics that compare its values do so; of the others there are rows over all
    /// sequences (without label) and rows for each value.
    std::string by;
    PassOptions pass;
    unsigned bootstrap = 0; ///< replicates for intervals; 0: none
    bool simulateUniform = true; ///< for metrics without a closed form: run them on routing by chance too
    std::vector<std::string> series; ///< names of the traces, when the source is a SeriesSource
};

/// The metrics of one request over one trace. prepare(), then run(); or, on a cluster, run() and save() a shard on each
/// machine, and absorb() them all in one place; then results().
class Analysis
{
public:
    /// Checks the request. `shape` must outlive the analysis.
    /// Errors: unknown metric, parameter, label, value or site.
    static Expected<Analysis> prepare(const RoutingShape& shape, AnalysisRequest request);
    Analysis(Analysis&&) noexcept;
    Analysis& operator=(Analysis&&) noexcept;
    ~Analysis();

    /// Reads the source. Errors: those of the source; kCancelled.
    Expected<void> run(BlockSource& source);

    /// The state as bytes. Error: metrics that need a second pass cannot be split into shards.
    Expected<std::string> save() const;
    /// Adds a state that was saved by an analysis of the same request (but for the shard) over the same trace.
    /// Error: the bytes do not fit.
    Expected<void> absorb(std::string_view state);

    /// Rows, metric by metric in the order asked for. A metric that needs a column or a label which is not there
    /// yields one row that says so; the rest works. `source`: for the token ids that uniform routing is simulated on.
    Expected<Results> results(BlockSource& source) const;
    /// The same, those of each metric asked for by themselves.
    Expected<std::vector<Results>> resultsOfEach(BlockSource& source) const;

private:
    struct Private;
    explicit Analysis(std::unique_ptr<Private> d);
    std::unique_ptr<Private> d;
};

/// prepare(), run() and results() in one go.
Expected<Results> analyse(BlockSource& source, AnalysisRequest request);
Expected<Results> analyse(
    BlockSource& source, const std::vector<MetricRequest>& requests, const std::string& by, const PassOptions& options);

}
