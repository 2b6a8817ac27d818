// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/trace_columns.h"

#include <algorithm>

namespace expertscope {

Expected<NumericDataset> openColumn(const OpenTrace& trace, const TraceSummary& summary, Column column)
{
    std::vector<hsize_t> dims{summary.numTokens};
    if (!isPerToken(column))
        dims.push_back(summary.sites.size());
    if (column == Column::ExpertId || column == Column::Weight) {
        dims.push_back(summary.numSlots);
    } else if (column == Column::Logits) {
        std::uint16_t experts = 0;
        for (const Site& site : summary.sites)
            experts = std::max(experts, site.numExperts);
        dims.push_back(experts);
    }
    ES_ASSIGN(auto dataset,
        NumericDataset::open(trace.file, columnInfo(column).path,
            isInteger(column) ? NumericDataset::Kind::Integer : NumericDataset::Kind::Float, dims, trace.name,
            trace.bytes, static_cast<std::uint64_t>(column)));
    if (isPerToken(column) && !summary.complete)
        dataset.fillGaps(); // a capture that was stopped had them of fewer tokens
    return dataset;
}

std::vector<Column> columnsOf(const TraceSummary& summary)
{
    const Columns& c = summary.columns;
    std::vector<Column> columns{Column::ExpertId};
    for (const auto& [there, column] : {std::pair(c.weights, Column::Weight), std::pair(c.entropy, Column::Entropy),
             std::pair(c.margin, Column::Margin), std::pair(c.logits, Column::Logits),
             std::pair(summary.columns.loss, Column::Loss), std::pair(c.predictedIds, Column::Predicted)}) {
        if (there)
            columns.push_back(column);
    }
    return columns;
}

}
