// SPDX-License-Identifier: GPL-3.0-or-later
//
// Several traces of the same tokens, the checkpoints of one model: how routing settles.
#pragma once

#include "analysis/metrics/analyse.h"

#include <span>

namespace expertscope {

/// C traces of M sites each as one source of C * M sites: site c * M + s is site s of trace c. Labels and the names of
/// sequences are those of the last trace, the final one; columns are what all of them hold.
class SeriesSource final : public BlockSource
{
public:
    /// The traces must outlive this. Token ids are compared where two traces hold them (one reading of that column).
    /// Errors: fewer than two traces, names that do not tell them apart, different tokens, sequences or sites (the
    /// first difference is named); what the traces report.
    static Expected<SeriesSource> over(std::span<BlockSource* const> traces, std::vector<std::string> names);

    const RoutingShape& shape() const override { return m_shape; }
    Expected<Block> read(SiteIndex site, TokenRange range, Columns wanted, BlockBuffer& buffer) override;

    const std::vector<std::string>& names() const { return m_names; } ///< [C]
    std::size_t sitesPerTrace() const { return m_sitesPerTrace; } ///< M

    /// A request whose sites are those of one trace (none: all), made one for this source.
    /// Errors: a metric that looks at one trace only; a site that the traces do not have.
    Expected<AnalysisRequest> expanded(AnalysisRequest request) const;

private:
    SeriesSource() = default;
    Expected<void> sameTokenIds() const;

    std::vector<BlockSource*> m_traces;
    std::vector<std::string> m_names;
    std::size_t m_sitesPerTrace = 0;
    RoutingShape m_shape;
};

/// analyse() for metrics that compare traces (MetricSpec::minTraces); rows have the sites of one trace.
Expected<Results> analyseSeries(
    std::span<BlockSource* const> traces, const std::vector<std::string>& names, AnalysisRequest request);

}
